# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What groupid_restore_folder asks and tells."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins.recorded_host import Host, answer, error, job

from ansible_collections.identityops.groupid.plugins.module_utils.products import traps_request

Make = t.Callable[..., Host]
SAFETY = "20261123T000000Z-before-restore"
ARGS = {"backup_root": "D:\\Backups", "deployment": "HQ", "set_id": "20261122T150405Z", "safety_set_id": SAFETY}


def listing(set_id: str = ARGS["set_id"], **parts: dict[str, str]) -> dict[str, t.Any]:
    """Answer a probe of web01 with one set that has these parts (server -> status by component)."""
    facts = dict.fromkeys(
        ("part_sha256", "epoch", "machine_guid", "version", "files", "directories", "bytes", "finished"), None
    )
    one = {
        **dict.fromkeys(("prepared_sha256", "seal_sha256", "members", "decider"), None),
        "deployment": "hq",
        "set_id": set_id,
        "path": "D:\\Backups\\hq\\20261122T150405Z",
        "sealed": True,
        "prepared": True,
        "parts": [{"server": name, "state": "complete", "components": held, **facts} for name, held in parts.items()],
    }
    return answer("probe", computer={"server": "web01"}, roots=[{"path": "D:\\Backups", "sets": [one]}])


def restored(made: Host) -> dict[str, str] | None:
    """Return the policies that the restore was asked for, by component."""
    assert made.run()["failed"] is False
    request = made.operations[-1]
    assert request["operation"] == "restore"
    if request["components"] is None:
        return None
    return {component["name"]: component["policy"] for component in request["components"]}


@pytest.mark.parametrize("choice", ["auto", "original", "inherit"])
def test_security_is_as_asked(host: Make, choice: str) -> None:
    made = host("groupid_restore_folder", {**ARGS, "components": ["reports"], "security": choice}, job("restore"))
    assert made.run()["failed"] is False
    assert made.operations[0]["security"] == choice


def test_another_security_is_refused(host: Make) -> None:
    made = host("groupid_restore_folder", {**ARGS, "components": ["reports"], "security": "none"}, answer("restore"))
    result = made.run()
    assert (result["failed"], made.requests) == (True, [])
    assert "security" in result["msg"]


def test_request(host: Make) -> None:
    args = {**ARGS, "components": ["reports"], "targets": {"reports": "E:\\R"}, "include": ["a"], "exclude": ["b"]}
    made = host("groupid_restore_folder", args, answer("restore"), check_mode=True)
    made.run()
    assert made.operations == [
        {
            "protocol": 1,
            "operation": "restore",
            "check": True,
            "root": "D:\\Backups",
            "deployment": "hq",
            "set_id": "20261122T150405Z",
            "server": None,
            "seal_sha256": None,
            "unsealed": False,
            "other_machine": False,
            "components": [
                {
                    "name": "reports",
                    "target": "E:\\R",
                    "policy": "merge",
                    "overwrite": "always",
                    "include": ["a"],
                    "exclude": ["b"],
                }
            ],
            "security": "auto",
            "safety_set_id": SAFETY,
            "safety_keep": 3,
            "allow_open_roots": [],
            "traps": traps_request(),
            "threads": 0,
            "diff_limit": 200,
        }
    ]


def test_all_components_of_the_hosts_own_part(host: Make) -> None:
    probe = listing(web01={"elasticsearch": "copied", "reports": "partial", "password_center_user": "absent"}, web02={})
    made = host("groupid_restore_folder", ARGS, probe, job("restore"))
    assert restored(made) == {"elasticsearch": "mirror", "reports": "merge"}
    assert (made.operations[0]["operation"], made.operations[0]["deployment"]) == ("probe", "hq")


def test_all_components_of_another_part(host: Make) -> None:
    probe = listing(web01={"reports": "copied"}, web02={"portals": "copied"})
    made = host("groupid_restore_folder", {**ARGS, "server": "WEB02", "policy": "mirror"}, probe, job("restore"))
    assert restored(made) == {"portals": "mirror"}


@pytest.mark.parametrize("parts", [{}, {"web01": {}}, {"web02": {"reports": "copied"}}])
def test_missing_part_is_left_to_the_agent(host: Make, parts: dict[str, dict[str, str]]) -> None:
    assert restored(host("groupid_restore_folder", ARGS, listing(**parts), job("restore"))) is None


def test_a_safety_set_of_its_own_is_later_than_all_that_are_there(host: Make) -> None:
    probe = listing("20991231T235958Z", web01={"reports": "copied"})
    args = {**ARGS, "components": ["reports"], "safety_set_id": None}
    made = host("groupid_restore_folder", args, probe, job("restore"))
    restored(made)
    assert made.operations[-1]["safety_set_id"] == "20991231T235959Z-before-restore"


def test_no_safety_set_where_none_is_wanted_and_then_nothing_is_asked_for_it(host: Make) -> None:
    args = {**ARGS, "components": ["reports"], "safety": False, "overwrite": "if-changed"}
    made = host("groupid_restore_folder", args, job("restore"))
    restored(made)
    assert (made.operations[0]["safety_set_id"], len(made.operations)) == (None, 1)
    assert made.operations[0]["components"][0]["overwrite"] == "if-changed"


def test_an_empty_list_of_components_is_not_all_of_them(host: Make) -> None:
    args = {**ARGS, "components": [], "safety_set_id": None}
    made = host("groupid_restore_folder", args, listing(web01={"reports": "copied"}), job("restore"))
    assert restored(made) == {}


def test_no_restore_without_knowing_the_components(host: Make) -> None:
    made = host("groupid_restore_folder", ARGS, answer("probe", **error("bad_request")), job("restore"))
    result = made.run()
    assert (result["failed"], result["error"]["code"]) == (True, "bad_request")
    assert len(made.operations) == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (
            {"components": ["reports"], "targets": {"portals": "E:\\P"}},
            "groupid_restore_targets (targets of the module) names p",
        ),
        (
            {"components": ["elasticsearch", "reports"], "include": ["a"]},
            "elasticsearch can only be restored as a whole",
        ),
        ({"components": ["elasticsearch"], "exclude": ["a"]}, "elasticsearch can only be restored as a whole"),
        ({"components": ["../x"]}, "'../x'"),
        ({"set_id": "latest"}, "'latest'"),
        ({"policy": "replace"}, "policy"),
        ({"overwrite": "newer"}, "overwrite"),
        ({"components": ["elasticsearch"], "overwrite": "never"}, "elasticsearch can only be restored as a whole"),
        ({"safety_set_id": "before-restore"}, "'before-restore'"),
    ],
)
def test_mistake_is_named_before_the_host_is_asked(host: Make, args: dict[str, t.Any], words: str) -> None:
    made = host("groupid_restore_folder", {**ARGS, **args})
    result = made.run()
    assert result["failed"] is True
    assert words in result["msg"]
    assert made.operations == []


COUNTS = {"added": 1, "replaced": 0, "removed": 0, "attributes": 0}
PATHS = {"added": ["reports/a"], "replaced": [], "removed": [], "attributes": []}


def test_differences_are_data_always_and_a_diff_on_demand(host: Make) -> None:
    args = {**ARGS, "components": ["reports"]}
    done = job("restore", changed=True, diff=PATHS, **COUNTS)
    plain = host("groupid_restore_folder", args, done).run()
    assert plain["differences"] == PATHS
    assert "diff" not in plain
    shown = host("groupid_restore_folder", args, done, diff=True).run()
    assert shown["diff"] == {"prepared": "added: 1\n+ reports/a\n"}


def test_paths_are_understood_as_people_write_them(host: Make) -> None:
    args = {"backup_root": '"d:/Backups/"', "components": ["reports"], "targets": {"reports": " //nas/r\\ "}}
    made = host("groupid_restore_folder", {**ARGS, **args}, answer("restore"), check_mode=True)
    assert made.run()["failed"] is False
    assert (made.operations[0]["root"], made.operations[0]["components"][0]["target"]) == ("D:\\Backups", "\\\\nas\\r")


@pytest.mark.parametrize(
    ("args", "reported"),
    [
        ({"backup_root": "D:"}, "backup_root is 'D:'"),
        ({"targets": {"reports": "\\\\nas01:\\x"}}, "targets.reports is '\\\\nas01:\\x'"),
    ],
)
def test_a_path_that_could_mean_several_is_refused_as_typed(host: Make, args: dict[str, t.Any], reported: str) -> None:
    made = host("groupid_restore_folder", {**ARGS, "components": ["reports"], **args})
    result = made.run()
    assert (result["failed"], made.requests) == (True, [])
    assert reported in result["msg"]
