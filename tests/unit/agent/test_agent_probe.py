# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations that only look: what is installed, where components lie, what a backup root holds."""

from __future__ import annotations

import json
import typing as t

import pytest
from unit.agent.conftest import hold

KEY = "SOFTWARE\\Imanami\\GroupID\\Version 10.0"


def product(version: str = "10.0") -> dict[str, t.Any]:
    return {
        "version": version,
        "registry": [KEY.replace("10.0", version)],
        "installation": f"Program Files\\Imanami\\GroupID {version}",
        "data": f"Imanami\\GroupID {version}",
        "components": [
            {
                "name": "portals",
                "base": "installation",
                "path": "SelfService\\Inetpub",
                "required": True,
                "default": True,
            },
            {"name": "reports", "base": "data", "path": "Reports", "required": False, "default": True},
            {"name": "jobs", "base": "data", "path": "Jobs", "required": False},
        ],
    }


def install(host: t.Any, version: str = "10.0", drive: str = "C") -> str:
    folder = host.folder / drive / "Program Files" / "Imanami" / f"GroupID {version}"
    (folder / "SelfService" / "Inetpub").mkdir(parents=True)
    (folder / "SelfService" / "Inetpub" / "web.config").write_text("<x/>")
    data = host.folder / "C" / "ProgramData" / "Imanami" / f"GroupID {version}" / "Reports"
    data.mkdir(parents=True, exist_ok=True)
    (data / "r.xml").write_text("report")
    return str(folder)


def probe(host: t.Any, **members: t.Any) -> dict[str, t.Any]:
    answer: dict[str, t.Any] = host.call("probe", **{"products": [product("9.0"), product()], "roots": [], **members})
    assert not answer["failed"], answer
    assert not answer["changed"]
    return answer


def code(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


def backup(host: t.Any, *names: str, **members: t.Any) -> dict[str, t.Any]:
    components = [{"name": name, "path": None, "required": name == "portals"} for name in names]
    answer: dict[str, t.Any] = host.call(
        "backup", **{"check": True, "products": [product("9.0"), product()], "components": components, **members}
    )
    return answer


def test_computer_and_drives(host: t.Any) -> None:
    before = host.picture()
    answer = probe(host)
    assert answer["computer"]["server"] == "web01"
    assert answer["computer"]["fqdn"] == "web01.corp.example"
    assert answer["computer"]["machine_guid"] == host.machine_guid
    assert answer["computer"]["user"] == "CORP\\svc"
    assert [drive["root"] for drive in answer["drives"]] == [f"{host.folder}/C/", f"{host.folder}/D/"]
    assert answer["installations"] == []
    assert host.picture() == before


def test_an_installation_found_by_its_folder(host: t.Any) -> None:
    folder = install(host, drive="D")
    [found] = probe(host)["installations"]
    assert (found["version"], found["folder"], found["found_by"]) == ("10.0", folder, "folder")
    portals, reports, _jobs = found["components"]
    assert (portals["path"], portals["exists"], portals["files"]) == (f"{folder}/SelfService/Inetpub", True, None)
    assert reports["path"] == f"{host.folder}/C/ProgramData/Imanami/GroupID 10.0/Reports"


def test_measure_counts_and_own_paths_win(host: t.Any) -> None:
    install(host)
    host.write(a="12345", sub__b="6")
    (host.source / "link").symlink_to("a.txt")
    [found] = probe(host, measure=True, component_paths={"reports": str(host.source)})["installations"]
    portals, reports, _jobs = found["components"]
    assert (portals["files"], portals["directories"], portals["bytes"], portals["problems"]) == (1, 1, 4, 0)
    assert reports["path"] == str(host.source)
    assert (reports["files"], reports["directories"], reports["bytes"], reports["problems"]) == (2, 2, 6, 1)


@pytest.mark.parametrize("separator", ["", "/"])
def test_the_registry_names_the_folder(host: t.Any, separator: str) -> None:
    moved = host.folder / "D" / "Apps" / "GroupID 10.0"
    moved.mkdir(parents=True)
    values = {"Path": f"{moved}{separator}", "Other": str(host.source), "Text": "x", "Empty": ""}
    (host.folder / "registry.json").write_text(json.dumps({KEY: values}))
    install(host)
    [found] = probe(host)["installations"]
    assert (found["folder"], found["found_by"]) == (str(moved), "registry")


def test_a_registry_value_that_does_not_hold_is_passed_over(host: t.Any) -> None:
    (host.folder / "registry.json").write_text(json.dumps({KEY: {"Path": str(host.folder / "GroupID 10.0")}}))
    [found] = probe(host)["installations"]
    assert (found["folder"], found["found_by"]) == (None, "registry")
    folder = install(host)
    [found] = probe(host)["installations"]
    assert (found["folder"], found["found_by"]) == (folder, "folder")


def test_backup_finds_its_sources(host: t.Any) -> None:
    folder = install(host)
    answer = backup(host, "portals", "reports")
    assert (code(answer), answer["version"], answer["files"]) == ("none", "10.0", 2)
    assert answer["components"][0]["source"] == f"{folder}/SelfService/Inetpub"


def test_defaults_are_those_of_the_version_found(host: t.Any) -> None:
    filters = {"include": [], "exclude": ["*.xml"]}
    assert code(backup(host, version="auto", defaults=filters)) == "no_installation"
    install(host)
    host.write(portals__a="x", scripts__a="x")
    (host.folder / "C" / "ProgramData" / "Imanami" / "GroupID 10.0" / "Reports" / "r.txt").touch()
    own = {"name": "scripts", "path": str(host.source / "scripts")}
    moved = {"portals": str(host.source / "portals")}
    answer = backup(host, defaults=filters, components=[own], component_paths=moved)
    assert (code(answer), answer["version"]) == ("none", "10.0")
    seen = [(one["name"], one["required"], one["files"], one["exclude"]) for one in answer["components"]]
    assert seen == [("portals", True, 1, ["*.xml"]), ("reports", False, 1, ["*.xml"]), ("scripts", True, 1, [])]
    twice = backup(host, defaults=filters, components=[{"name": "reports", "path": str(host.source)}])
    assert (code(twice), "reports twice" in twice["error"]["cause"]) == ("bad_request", True)


def test_auto_demands_exactly_one(host: t.Any) -> None:
    assert code(backup(host, "portals")) == "no_installation"
    install(host)
    install(host, "9.0")
    answer = backup(host, "portals")
    assert code(answer) == "several_installations"
    assert "9.0" in answer["error"]["cause"]
    assert backup(host, "portals", version="9.0")["version"] == "9.0"
    install(host, "9.0", drive="D")
    assert code(backup(host, "portals", version="9.0")) == "several_installations"
    assert code(backup(host, "reports", version="9.0")) == "none"


def test_own_paths_need_no_installation(host: t.Any) -> None:
    host.write(a="x")
    answer = backup(host, "portals", component_paths={"portals": str(host.source)})
    assert (code(answer), answer["version"], answer["files"]) == ("none", None, 1)


def test_a_version_whose_folder_is_not_known(host: t.Any) -> None:
    assert code(backup(host, "portals", version="10.0")) == "no_installation"
    assert code(backup(host, "reports", version="10.0")) == "none"


def test_an_unknown_component(host: t.Any) -> None:
    install(host)
    answer = backup(host, "schedules")
    assert (code(answer), answer["error"]["component"]) == ("component_unknown", "schedules")


def test_a_list_says_whether_the_root_is_there(host: t.Any) -> None:
    answer = host.call("list")
    assert (answer["failed"], answer["exists"], answer["sets"]) == (False, False, [])
    host.root.mkdir()
    assert host.call("list")["exists"] is True


def test_sets_are_listed_newest_first_with_their_parts(host: t.Any) -> None:
    host.write(a="x")
    for number in (1, 3, 2):
        host.backup(set_id=f"2026010{number}T000000Z")
    host.backup(deployment="branch", set_id="20260102T120000Z-label")
    sets = host.call("list", deployment=None)["sets"]
    assert [one["set_id"][:11] for one in sets] == ["20260103T00", "20260102T12", "20260102T00", "20260101T00"]
    assert [one["set_id"] for one in host.call("list", deployment="branch")["sets"]] == ["20260102T120000Z-label"]
    [part] = sets[0]["parts"]
    assert (part["server"], part["state"], part["files"], part["components"]) == (
        "web01",
        "complete",
        1,
        {"data": "copied"},
    )
    [root] = probe(host, roots=[str(host.root)], deployment=None)["roots"]
    assert (root["exists"], root["error"], root["sets"]) == (True, None, sets)
    assert root["free_bytes"] > 0


def test_what_is_not_a_set_is_not_listed(host: t.Any) -> None:
    host.write(a="x")
    host.backup()
    for name in (
        "hq/not a set",
        "hq/20260101T000000Z-UPPER",
        "UPPER/20260101T000000Z",
        "hq/20260101T000000Z/not_a-server-",
    ):
        (host.root / name).mkdir(parents=True)
    (host.root / "hq" / "20260202T000000Z").symlink_to(host.part().parent)
    (host.root / "file").write_text("x")
    [only] = host.call("list", deployment=None)["sets"]
    assert [part["server"] for part in only["parts"]] == ["web01"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema": 1}', b"\xff\xfe", b"[" * 100_000])
def test_an_unreadable_part_is_listed_as_that(host: t.Any, content: bytes) -> None:
    host.write(a="x")
    host.backup()
    (host.part() / "part.json").write_bytes(content)
    [part] = host.call("list")["sets"][0]["parts"]
    assert (part["state"], part["part_sha256"], part["files"], part["components"]) == ("unreadable", None, None, {})


def test_a_root_that_is_not_there_is_empty(host: t.Any) -> None:
    assert host.call("list")["sets"] == []
    [root] = probe(host, roots=[str(host.root)])["roots"]
    assert (root["exists"], root["sets"], root["error"]) == (False, [], None)


def test_a_root_that_cannot_be_read_says_why(host: t.Any) -> None:
    host.root.mkdir()
    host.faults = {"denied": [str(host.root)]}
    [root] = probe(host, roots=[str(host.root)])["roots"]
    assert "(5)" in root["error"]
    assert code(host.call("list")) == "root_unreadable"


def test_who_is_at_work(host: t.Any) -> None:
    assert probe(host)["busy"] is None
    assert not host.lock.parent.exists()
    host.write(a="x")
    host.backup()
    assert probe(host)["busy"] is None
    before = host.picture()
    with host.lock.open("r+") as file:
        hold(file)
        assert probe(host)["busy"] == {"operation": "backup", "subject": "hq 20260101T000000Z"}
    assert host.picture() == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"operation": 1, "set": 2}', '{"a":' * 100_000])
def test_who_has_only_begun_is_not_known(host: t.Any, content: str) -> None:
    host.write(a="x")
    host.backup()
    with host.lock.open("r+") as file:
        hold(file)
        host.lock.write_text(content)
        assert probe(host)["busy"] == {"operation": None, "subject": None}


@pytest.mark.parametrize(
    "request_text",
    [
        "",
        "\0",
        "[]",
        "{",
        "{}",
        '{"a":' * 100_000,
        '{"operation":1}',
        '{"operation":"format_disk","protocol":1}',
        '{"operation":"probe","protocol":2}',
        '{"operation":"list","protocol":1,"protocol":1}',
        '{"operation":"list","protocol":1,"root":7}',
    ],
)
def test_a_senseless_request_gets_an_answer(host: t.Any, request_text: str) -> None:
    assert host.send(request_text)["error"]["code"] == "bad_request"
