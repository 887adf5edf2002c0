# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""state: what runs of GroupID is found by name, by program and by folder, reported as it is, and nothing is changed."""

from __future__ import annotations

import json
import typing as t

import pytest
from unit.agent.conftest import Host
from unit.agent.runtime_host import RuntimeHost

from lab.appcmd import Pool

Answer = dict[str, t.Any]


@pytest.fixture
def server(host: Host) -> RuntimeHost:
    return RuntimeHost(host)


def look(server: RuntimeHost, **members: t.Any) -> Answer:
    """Return the answer; nothing on the host has changed."""
    server.write()
    before = server.host.picture()
    answer = server.ask("state", **members)
    assert answer["changed"] is False
    assert server.host.picture() == before
    return answer


def found(answer: Answer, kind: str, name: str = "name") -> dict[str, tuple[str | None, str]]:
    """Return what was found of a kind, in order: version, and how."""
    return {item[name]: (item["version"], item["found_by"]) for item in answer[kind]}


def test_services_by_name_by_program_and_by_folder(server: RuntimeHost) -> None:
    server.service("es10", command=f'"{server.folder}/ElasticSearch/elasticsearch-6.2.4/bin/x.exe" //RS//es10')
    server.service("ImanamiRepl", display_name="Imanami Replication service", command="C:\\Other\\r.exe")
    server.service("Mailer")
    server.service("Spooler", command="C:\\Windows\\System32\\spoolsv.exe")
    server.service("GroupIDLike", command="C:\\Elsewhere\\x.exe")
    answer = look(server)
    assert answer["versions"] == ["10.0"]
    # In the order in which they stop: what has no row first, Elasticsearch last.
    assert list(found(answer, "services").items()) == [
        ("Mailer", ("10.0", "folder")),
        ("ImanamiRepl", ("10.0", "name")),
        ("es10", ("10.0", "folder")),
    ]
    assert answer["similar"] == [{"kind": "service", "name": "GroupIDLike"}]


def test_what_only_looks_like_groupid_is_not_shown_of_a_kind_that_is_named(server: RuntimeHost) -> None:
    """Netwrix makes other products too. Somebody who names the services has looked."""
    server.service("Repl")
    server.service("NetwrixAuditor", display_name="Netwrix Auditor", command="C:\\Elsewhere\\x.exe")
    server.task("\\Netwrix report", programs=["cmd.exe"])
    server.write()
    assert server.ask("state")["similar"] == [
        {"kind": "service", "name": "NetwrixAuditor"},
        {"kind": "task", "name": "\\Netwrix report"},
    ]
    answer = server.ask("state", services=[{"kind": "service", "name": "Repl"}])
    assert answer["similar"] == [{"kind": "task", "name": "\\Netwrix report"}]


def test_which_services_are_of_elasticsearch(server: RuntimeHost) -> None:
    """By a row, also where people name the service themselves; or by the program that Elastic's own script installs."""
    server.service("es10", command=f'"{server.folder}/ElasticSearch/elasticsearch-6.2.4/bin/x.exe" //RS//es10')
    server.service("Repl")
    server.service("Own", command='"C:/Search/elasticsearch-8.0.0/bin/elasticsearch-service-x64.exe" //RS//Own')
    server.service("GroupIDElasticSearchService11", command="C:/Moved/bin/x.exe")
    expected = {"es10": True, "Repl": False}
    assert {one["name"]: one["elasticsearch"] for one in look(server)["services"]} == expected
    named = [{"kind": "service", "name": name} for name in server.services]
    expected = {**expected, "Own": True, "GroupIDElasticSearchService11": True}
    assert {one["name"]: one["elasticsearch"] for one in look(server, services=named)["services"]} == expected


@pytest.mark.parametrize(
    ("command", "ours"),
    [
        ("{folder}\\bin\\a.exe -k x", True),
        ('"{folder}\\bin\\a.exe"', True),
        ("\\??\\{folder}\\bin\\a.exe", True),
        ("%ProgramFiles%\\Imanami\\GroupID 10.0\\a.exe", True),
        ("{folder} other\\a.exe", False),
        ('"C:\\x.exe" {folder}\\bin\\a.exe', False),
        ("C:\\x.exe {folder}\\bin\\a.exe", False),
        ("", False),
    ],
)
def test_the_program_of_a_command(server: RuntimeHost, command: str, ours: bool) -> None:
    server.service("s", command=command.format(folder=server.folder).replace("\\??\\", "//??//").replace("\\", "/"))
    server.services["s"]["command"] = server.services["s"]["command"].replace("//??//", "\\??\\")
    assert list(found(look(server), "services")) == (["s"] if ours else [])


def test_what_a_service_is(server: RuntimeHost) -> None:
    server.service("a", delayed=True, recovery=True, recovers_from_errors=True)
    server.service("b", "stopped", "disabled", depends_on=["a"])
    server.service("c", "paused", "manual", depends_on=["a"], recovery=True)
    answer = look(server)
    program = f"{server.folder}/bin/a.exe"
    usual = {"version": "10.0", "found_by": "folder"}
    assert answer["services"][0] == {
        **usual,
        "name": "a",
        "display_name": "a",
        "state": "running",
        "start_type": "automatic",
        "delayed": True,
        "process": 100,
        "program": program,
        "recovery": "errors",
        "dependents": ["c"],
        "elasticsearch": False,
    }
    facts = [(one["state"], one["start_type"], one["recovery"], one["process"]) for one in answer["services"][1:]]
    assert facts == [("stopped", "disabled", "none", 0), ("paused", "manual", "crashes", 102)]


def test_a_transition_is_reported_as_one(server: RuntimeHost) -> None:
    server.service("a", "stop_pending", due_ms=2**60, target="stopped")
    server.service("b", "start_pending", due_ms=0, target="running")
    assert [one["state"] for one in look(server)["services"]] == ["stop_pending", "running"]


def test_a_version_is_named(server: RuntimeHost) -> None:
    other = RuntimeHost.__new__(RuntimeHost)
    other.folder = server.folder.with_name("GroupID 11.0")
    other.folder.mkdir()
    server.service("GroupIDElasticSearchService11", command=f"{other.folder}/elasticsearch/x.exe")
    server.service("ten")
    assert list(found(look(server), "services")) == ["ten", "GroupIDElasticSearchService11"]
    assert list(found(look(server, version="10.0"), "services")) == ["ten"]
    assert look(server, version="11.0")["versions"] == ["11.0"]


def test_nothing_is_installed(host: Host) -> None:
    answer = host.send(
        json.dumps({"protocol": 1, "operation": "state", "version": "auto", "products": [], "similar": ["*GroupID*"]})
    )
    assert (answer["versions"], answer["services"], answer["pools"], answer["tasks"]) == ([], [], [], [])
    assert answer["iis"] == {"installed": False, "shared_configuration": False}


def test_what_the_request_names_takes_the_place_of_its_kind(server: RuntimeHost) -> None:
    server.service("a")
    server.service("b", command="C:\\Elsewhere\\b.exe")
    server.task("\\Imanami\\t")
    named = [{"kind": "service", "name": "B"}, {"kind": "service", "name": "gone*"}]
    answer = look(server, services=named)
    assert found(answer, "services") == {"b": (None, "request")}
    assert list(found(answer, "tasks", "path")) == ["\\Imanami\\t"]
    assert answer["unmatched"] == [{"kind": "service", "name": "gone*"}]


def test_pools(server: RuntimeHost) -> None:
    portal = f"{server.folder}/SelfService/Inetpub/HR"
    server.web(
        Pool("GroupID App Pool", applications={"GroupIDSite/HR": portal}),
        Pool("Käse & <Brot>", "Stopped", False, {"Site/": "%SystemDrive%/inetpub", "Site/x": portal}),
        Pool("DefaultAppPool", applications={"Default/": "C:\\inetpub\\wwwroot"}),
        Pool("GroupID old"),
    )
    answer = look(server)
    assert answer["iis"] == {"installed": True, "shared_configuration": False}
    assert found(answer, "pools") == {"Käse & <Brot>": ("10.0", "folder"), "GroupID App Pool": ("10.0", "name")}
    shared, own = answer["pools"]
    assert (own["state"], own["auto_start"], own["outside"]) == ("started", True, [])
    assert own["applications"] == [{"name": "GroupIDSite/HR", "folders": [portal]}]
    assert (shared["state"], shared["auto_start"], shared["outside"]) == ("stopped", False, ["Site/"])
    assert answer["similar"] == [{"kind": "pool", "name": "GroupID old"}]
    assert "pool-secret-4711" not in json.dumps(answer)


def test_iis_without_its_program_is_refused(server: RuntimeHost) -> None:
    server.web()
    server.iis.program.unlink()
    error = look(server)["error"]
    assert (error["code"], error["path"]) == ("appcmd_missing", str(server.iis.program))


@pytest.mark.parametrize("enabled", [True, False])
def test_shared_configuration(server: RuntimeHost, enabled: bool) -> None:
    server.web()
    server.iis.share_configuration(enabled)
    assert look(server)["iis"]["shared_configuration"] is enabled


def test_a_broken_redirection_is_refused(server: RuntimeHost) -> None:
    server.web()
    server.iis.share_configuration()
    (server.iis.program.parent / "config" / "redirection.config").write_text("<configuration>")
    assert look(server)["error"]["code"] == "iis_configuration"


@pytest.mark.parametrize(
    ("output", "cause"),
    [
        ("ERROR ( message:Cannot read configuration )", "not XML: one tag expected"),
        ("<html/>", "has no tag 'appcmd'"),
        ("<appcmd><APPPOOL", "not XML"),
        ("<appcmd><APPPOOL APPPOOL.NAME='a'/></appcmd>", "'APPPOOL' has no 'state'"),
        ('<appcmd><ERROR message="Access denied &amp; more." /></appcmd>', "Access denied & more."),
        ("<appcmd>" + "<!-- x -->" * 2_000_000 + "</appcmd>", "too long"),
    ],
)
def test_an_answer_of_appcmd_that_cannot_be_is_refused(server: RuntimeHost, output: str, cause: str) -> None:
    server.web()
    server.iis.answer(output)
    error = look(server)["error"]
    assert error["code"] == "appcmd_failed"
    assert cause in error["cause"]


def test_tasks(server: RuntimeHost) -> None:
    server.task("\\Imanami\\Job 1", busy_until_ms=2**60)
    server.task("\\Schema Replication", programs=["C:\\Elsewhere\\x.exe"])
    server.task("\\Off", enabled=False, programs=[f'"{server.folder}/a.exe"'])
    server.task("\\Microsoft\\Windows\\Defrag", programs=["%windir%\\system32\\defrag.exe"])
    server.task("\\GroupID nightly", programs=["cmd.exe"])
    answer = look(server)
    assert found(answer, "tasks", "path") == {
        "\\Imanami\\Job 1": ("10.0", "folder"),
        "\\Off": ("10.0", "folder"),
        "\\Schema Replication": ("10.0", "name"),
    }
    facts = {one["path"]: (one["enabled"], one["state"], one["instances"]) for one in answer["tasks"]}
    assert facts["\\Imanami\\Job 1"] == (True, "running", 1)
    assert facts["\\Off"] == (False, "disabled", 0)
    assert facts["\\Schema Replication"] == (True, "ready", 0)
    assert answer["similar"] == [{"kind": "task", "name": "\\GroupID nightly"}]


def test_processes(server: RuntimeHost) -> None:
    server.processes = [{"id": 7, "program": f"{server.folder}/Console.exe"}, {"id": 8, "program": "C:\\x.exe"}]
    answer = look(server)
    program = f"{server.folder}/Console.exe"
    assert answer["processes"] == [{"id": 7, "program": program, "version": "10.0", "found_by": "folder"}]


@pytest.mark.parametrize(
    "named",
    [{"kind": "site", "name": "a"}, {"kind": "service", "name": "a/../b"}, {"kind": "service", "name": 1}],
)
def test_a_row_that_cannot_be_is_refused(server: RuntimeHost, named: dict[str, t.Any]) -> None:
    assert look(server, services=[named])["error"]["code"] == "bad_request"
