# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An include or a component of which nothing is left stops a backup and a restore before anything is touched."""

from __future__ import annotations

import typing as t

import pytest
from unit.agent.test_agent_places import untouched

CHECK = pytest.mark.parametrize("check", [False, True])


@pytest.fixture
def portals(host: t.Any) -> t.Any:
    for name in ("HRPortal", "Helpdesk", "Reports", "Archive", "Old", "Very Old"):
        host.file(f"{name}/Web/web.config")
    host.file("HRPortal/log/today.txt")
    host.file("readme.txt")
    return host


def error_of(answer: dict[str, t.Any]) -> tuple[str, str | None, str]:
    assert answer["failed"]
    assert not answer["changed"]
    return answer["error"]["code"], answer["error"]["component"], answer["error"]["cause"]


@CHECK
def test_an_include_that_matches_no_file_is_refused_with_the_closest_names(portals: t.Any, check: bool) -> None:
    before = untouched(portals)
    answer = portals.backup(include=["HRPotral"], check=check)
    code, component, cause = error_of(answer)
    assert (code, component, answer["error"]["path"]) == ("nothing_matched", "data", str(portals.source))
    assert cause == (
        "No file there matches include 'HRPotral'. "
        "Existing folders: 'HRPortal', 'Reports', 'Archive', 'Helpdesk', 'Old'."
    )
    assert "groupid_include" in answer["error"]["next"]
    assert untouched(portals) == before


@pytest.mark.parametrize(
    ("include", "near"),
    [
        ("HRPortal/Wbe/**", "Existing folders: 'HRPortal/Web', 'HRPortal/log'."),
        ("hrportal\\webb", "Existing folders: 'HRPortal/Web', 'HRPortal/log'."),
        ("*/nothing", "Existing folders: 'Old', "),
        ("HRPortal/Web/Design", "Existing folders: 'HRPortal/Web', "),
    ],
)
def test_the_closest_names_are_those_where_the_include_goes_astray(portals: t.Any, include: str, near: str) -> None:
    assert near in error_of(portals.backup(include=[include]))[2]


def test_names_of_a_disk_are_shown_as_they_are(host: t.Any) -> None:
    host.file("a\nb /x")
    host.file("\U0001f4be/x")
    cause = error_of(host.backup(include=["ab"]))[2]
    assert "'a\\u000ab '" in cause
    assert "'\U0001f4be'" in cause


@CHECK
def test_an_include_that_meets_nothing_in_any_component_is_refused(portals: t.Any, check: bool) -> None:
    answer = portals.backup(include=["HRPortal", "Helpdesc"], check=check)
    code, component, cause = error_of(answer)
    assert (code, component) == ("nothing_matched", "data")
    assert cause.startswith(f"Include 'Helpdesc' matches nothing in data ({portals.source}). Existing folders")
    assert "'Helpdesk', " in cause


def test_each_component_needs_a_file_and_each_include_a_component(portals: t.Any) -> None:
    other = portals.folder / "C" / "Other"
    (other / "HRPortal").mkdir(parents=True)
    include = {"include": ["HRPortal", "Old"]}
    components = [
        {"name": "data", "path": str(portals.source), **include},
        {"name": "other", "path": str(other), **include},
    ]
    assert error_of(portals.backup(components=components))[:2] == ("nothing_matched", "other")
    (other / "HRPortal" / "x").touch()
    assert not portals.backup(components=components)["failed"]


def test_a_component_that_is_not_there_needs_no_file(portals: t.Any) -> None:
    gone = {"name": "gone", "path": str(portals.folder / "C" / "Gone"), "required": False, "include": ["HRPortal"]}
    data = {"name": "data", "path": str(portals.source), "include": ["HRPortal"]}
    assert not portals.backup(components=[data, gone], check=True)["failed"]
    code, component, cause = error_of(portals.backup(components=[gone]))
    assert (code, component, cause) == (
        "nothing_matched",
        None,
        "Include 'HRPortal' matches nothing: none of the components exists.",
    )


def test_includes_within_each_other_are_all_met(portals: t.Any) -> None:
    answer = portals.backup(include=["HRPortal", "HRPortal/Web", "**/web.config", "HRPortal/**/today.txt"])
    assert (answer["failed"], answer["warnings"]) == (False, [])
    assert answer["files"] == 7


def test_what_is_included_and_excluded_is_not_taken_for_met(portals: t.Any) -> None:
    code, dummy, cause = error_of(portals.backup(include=["HRPortal/log"], exclude=["*/log"]))
    assert code == "nothing_matched"
    assert cause.startswith("No file there matches include 'HRPortal/log' and is not excluded.")


def test_a_file_that_cannot_be_read_is_a_match(portals: t.Any) -> None:
    (portals.source / "link").symlink_to("readme.txt")
    assert portals.backup(include=["link"])["error"]["code"] == "partial"


@CHECK
def test_an_exclude_that_leaves_nothing_is_refused(portals: t.Any, check: bool) -> None:
    before = untouched(portals)
    code, component, cause = error_of(portals.backup(exclude=["**"], check=check))
    assert (code, component) == ("nothing_left", "data")
    assert cause == "There are files, but exclude leaves none of them: '**'."
    assert untouched(portals) == before


def test_empty_folders_that_are_excluded_leave_what_was_there(host: t.Any) -> None:
    (host.source / "log").mkdir()
    answer = host.backup(exclude=["log"], required=False)
    assert (answer["failed"], answer["warnings"]) == (False, [])


@CHECK
def test_a_required_component_without_a_file_is_a_warning(host: t.Any, check: bool) -> None:
    (host.source / "empty").mkdir()
    answer = host.backup(check=check)
    assert not answer["failed"]
    assert answer["warnings"] == [
        f"data: the folder {host.source} has no file. If its data was moved, name the new folder in "
        "groupid_component_paths."
    ]
    assert host.backup(check=True, required=False, set_id="20260102T000000Z")["warnings"] == []


def test_a_part_without_any_component_is_a_warning(host: t.Any) -> None:
    gone = {"name": "gone", "path": str(host.folder / "C" / "Gone"), "required": False}
    answer = host.backup(components=[gone])
    assert answer["warnings"] == ["None of the components exists on this server: this part is empty."]


def test_a_literal_exclude_that_meets_nothing_is_a_warning(portals: t.Any) -> None:
    exclude = ["HRPortal/logs", "*/cache", "*/log", "HRPortal/log/today.txt", "Old", "very old"]
    answer = portals.backup(exclude=exclude)
    assert not answer["failed"]
    assert answer["warnings"] == [f"Exclude 'HRPortal/logs' matches nothing in data ({portals.source})."]


@CHECK
@pytest.mark.parametrize("policy", ["merge", "mirror"])
def test_an_include_that_meets_nothing_in_the_part_restores_nothing(portals: t.Any, policy: str, check: bool) -> None:
    assert not portals.backup()["failed"]
    portals.file("New/live.txt")
    portals.file("HRPortal/Web/web.config", "changed")
    before = untouched(portals)
    code, component, cause = error_of(portals.restore(include=["HRPortal", "New"], policy=policy, check=check))
    assert (code, component) == ("nothing_matched", "data")
    assert cause.startswith(f"Include 'New' matches nothing in data ({portals.source}). Existing folders: 'Old', ")
    cause = error_of(portals.restore(include=["HRPortal/Wbe"], policy=policy, check=check))[2]
    assert cause == ("No file there matches include 'HRPortal/Wbe'. Existing folders: 'HRPortal/Web', 'HRPortal/log'.")
    assert error_of(portals.restore(exclude=["**"], policy=policy, check=check))[0] == "nothing_left"
    assert untouched(portals) == before
