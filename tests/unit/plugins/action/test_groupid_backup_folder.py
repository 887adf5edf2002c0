# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What groupid_backup_folder asks."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins.recorded_host import Host, answer, job

from ansible_collections.identityops.groupid.plugins.module_utils.products import (
    DEFAULT_EXCLUDES,
    default_components,
    traps_request,
)

Make = t.Callable[..., Host]
ARGS = {"backup_root": "D:\\Backups", "deployment": "HQ", "set_id": "20261122T150405Z"}


def request_of(host: Make, **args: t.Any) -> dict[str, t.Any]:
    made = host("groupid_backup_folder", {**ARGS, **args}, job("backup"))
    assert made.run()["failed"] is False
    return made.operations[0]


def test_request(host: Make) -> None:
    request = request_of(host, version="10.0", retry_wait=0.25, threads=4, allow_partial=["reports/**"])
    components = request.pop("components")
    assert request.pop("products")
    assert request == {
        "protocol": 1,
        "operation": "backup",
        "check": False,
        "root": "D:\\Backups",
        "deployment": "hq",
        "set_id": "20261122T150405Z",
        "epoch": "20261122T150405Z",
        "inventory_name": "web01.inventory",
        "version": "10.0",
        "component_paths": {},
        "defaults": None,
        "allow_partial": ["reports/**"],
        "link_unchanged": False,
        "link_seals": None,
        "narrowed": None,
        "scope": None,
        "traps": traps_request(),
        "allow_open_roots": [],
        "threads": 4,
        "retries": 3,
        "retry_wait_ms": 250,
    }
    assert components[0] == {
        "name": "elasticsearch",
        "required": True,
        "path": None,
        "include": [],
        "exclude": list(DEFAULT_EXCLUDES),
    }


def test_links(host: Make) -> None:
    assert request_of(host, components=["reports"], link_unchanged=True)["link_unchanged"] is True


@pytest.mark.parametrize("narrowed", [[], ["groupid_include: HR Portal"]])
def test_what_the_record_keeps(host: Make, narrowed: list[str]) -> None:
    request = request_of(host, components=["reports"], narrowed=narrowed, scope={"exclude": ["*.bak"]})
    assert (request["narrowed"], request["scope"]) == (narrowed, {"exclude": ["*.bak"]})


def test_sample_is_for_check_mode_alone(host: Make) -> None:
    made = host("groupid_backup_folder", {**ARGS, "sample": True}, answer("backup"), check_mode=True)
    assert made.run()["failed"] is False
    [request] = made.requests
    assert (request["check"], request["sample_ms"]) == (True, 2000)
    assert "sample_ms" not in request_of(host, sample=True)


def test_own_epoch(host: Make) -> None:
    assert request_of(host, components=["reports"], epoch="quiesce-7")["epoch"] == "quiesce-7"


def test_host_adds_the_default_components_of_the_version_that_it_finds(host: Make) -> None:
    folder = {"name": "scripts", "path": "D:\\Scripts"}
    request = request_of(host, include=["Portal1"], exclude=["*.bak"], exclude_defaults=[], folders=[folder])
    assert (request["version"], [one["name"] for one in request["components"]]) == ("auto", ["scripts"])
    assert request["defaults"] == {"include": ["Portal1"], "exclude": ["*.bak"]}


def test_default_components_of_a_version_that_is_named(host: Make) -> None:
    request = request_of(host, version="9.0")
    assert [component["name"] for component in request["components"]] == default_components("9.0")
    assert request["defaults"] is None


def test_filters_are_for_components_only(host: Make) -> None:
    folder = {"name": "scripts", "path": "D:\\Scripts", "exclude": ["*.tmp"]}
    args = {"include": ["Portal1"], "exclude": ["*.bak"], "exclude_defaults": [], "folders": [folder]}
    reports, scripts = request_of(host, components=["reports"], **args)["components"]
    assert (reports["include"], reports["exclude"]) == (["Portal1"], ["*.bak"])
    assert scripts == {
        "name": "scripts",
        "path": "D:\\Scripts",
        "required": True,
        "include": [],
        "exclude": ["*.tmp"],
    }


def test_nothing_but_a_folder(host: Make) -> None:
    request = request_of(host, components=[], folders=[{"name": "scripts", "path": "D:\\Scripts", "required": False}])
    assert [(one["name"], one["required"]) for one in request["components"]] == [("scripts", False)]


def test_time_does_not_take_ansibles_own_word(host: Make) -> None:
    done = job("backup", finished="2026-11-22T15:04:17.1234567Z")
    result = host("groupid_backup_folder", {**ARGS, "components": ["reports"]}, done).run()
    assert result["finished_at"] == "2026-11-22T15:04:17.1234567Z"
    assert "finished" not in result


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"components": []}, "nothing to back up"),
        ({"components": ["reports", "reports"]}, "reports: a part can have only one"),
        ({"components": ["report"]}, "report: not a component"),
        ({"version": "9.0", "components": ["elasticsearch"]}, "not a component of GroupID 9.0"),
        ({"component_paths": {"report": "E:\\R"}}, "report: not a component"),
        ({"folders": [{"name": "reports", "path": "E:\\R"}]}, "component_paths"),
        ({"folders": [{"name": "a b", "path": "E:\\R"}]}, "'a b'"),
        ({"set_id": "today"}, "'today'"),
        ({"deployment": "h/q"}, "'h/q'"),
        ({"threads": "many"}, "threads"),
    ],
)
def test_mistake_is_named_before_the_host_is_asked(host: Make, args: dict[str, t.Any], words: str) -> None:
    made = host("groupid_backup_folder", {**ARGS, **args})
    result = made.run()
    assert result["failed"] is True
    assert words in result["msg"]
    assert made.requests == []
