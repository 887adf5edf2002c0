# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run ends with, line by line."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins import run_facts
from unit.plugins.run_facts import DISK_FULL, SET, Facts, failed

from ansible_collections.identityops.groupid.plugins.module_utils import (
    prediction,
    rehearsal_claims,
    rehearsal_report,
    summary,
)
from ansible_collections.identityops.groupid.plugins.module_utils.columns import WIDTH

PATH = f"D:\\Backups\\hq\\{SET}"
SAFETY = "20261123T120000Z-before-restore"
UNREACHABLE = {"unreachable": True, "msg": "no route to host"}
KINDS: tuple[summary.Kind, ...] = ("preflight", "backup", "verify", "restore")


def done(server: str) -> dict[str, t.Any]:
    """What a host holds when everything that a run can do was done."""
    verified = {"state": "verified", "mode": "full", "set_id": SET, "sealed": True}
    return {
        "__groupid_set_id": SET,
        "__groupid_verify_set": SET,
        "__groupid_narrowed": [],
        "__groupid_part": {
            "state": "complete",
            "version": "10.0",
            "files": 12_345,
            "bytes": 567_800_000,
            "seconds": 12.34,
            "problem_count": 0,
            "set_path": PATH,
        },
        "__groupid_verified": {**verified, "files": 12_345, "bytes": 567_800_000, "seconds": 3.0},
        "__groupid_seals": {SET: {"prepared": "d", "sealed": "d"}},
        "__groupid_restored": {
            "set_id": SET,
            "server": server.partition(".")[0],
            "added": 3,
            "replaced": 1,
            "removed": 0,
            "attributes": 0,
            "seconds": 1.0,
            "safety": {"set_id": SAFETY},
        },
    }


def healthy(*servers: str, **values: t.Any) -> Facts:
    """Hosts of hq that have done everything."""
    facts = run_facts.make("hq", *servers, set_id=SET, **values)
    for server in servers:
        facts[server].update(done(server))
    return facts


def lines(facts: Facts, kind: summary.Kind, check: bool = False) -> list[str]:
    return summary.lines(facts, run_facts.planned(facts), kind, check)


def row(found: t.Sequence[str], name: str) -> list[str]:
    """The cells of a name, the blocks of its table side by side."""
    [first, *others] = [line.split() for line in found if line.startswith(f"{name} ")]
    return [*first, *(cell for line in others for cell in line[1:])]


@pytest.fixture
def facts() -> Facts:
    return healthy("web01", "web02")


def test_a_backup_in_columns(facts: Facts) -> None:
    facts["web02"]["__groupid_part"].update(files=7, bytes=1_000_000, seconds=0.5)
    assert lines(facts, "backup") == [
        "host   deployment  version  part      check      files     MB  seconds  problems",
        "web01  hq          10.0     complete  verified  12,345  567.8     12.3         0",
        "web02  hq          10.0     complete  verified       7    1.0      0.5         0",
        "",
        "deployment  part              state",
        "hq          database          not configured",
        "hq          group attributes  not configured",
        "",
        "deployment  set               sealed  narrowed",
        f"hq          {SET}  yes     no",
        f"hq: {PATH}",
    ]


def test_what_is_not_configured_is_reported_once_and_by_preflight_and_backup_alone(facts: Facts) -> None:
    reported = {kind: "\n".join(lines(facts, kind)).count(summary.NOT_CONFIGURED) for kind in KINDS}
    assert reported == {"preflight": 2, "backup": 2, "verify": 0, "restore": 0}


def test_a_computer_that_is_called_otherwise_than_its_host_is_named(facts: Facts) -> None:
    facts["web02"]["__groupid_probe"]["computer"]["server"] = "web99"
    found = lines(facts, "verify")
    assert found[0].split()[:3] == ["host", "deployment", "server"]
    assert row(found, "web02")[:3] == ["web02", "hq", "web99"]


def test_a_host_that_failed_stands_below_and_not_in_the_table(facts: Facts) -> None:
    facts["web01"].update(__groupid_part={"failed": True}, __groupid_verified={"skipped": True}, __groupid_seals={})
    facts["web01"]["__groupid_failures"] = failed(DISK_FULL, phase="backup")
    facts["web02"].update(__groupid_part={"skipped": True}, __groupid_verified={"skipped": True}, __groupid_seals={})
    found = lines(facts, "backup")
    assert not [line for line in found if line.startswith("web01")]
    assert row(found, "web02") == ["web02", "hq", "not", "done"]
    assert found[-2:] == ["FAILED in backup: web01", f"  {DISK_FULL}"]
    # Nothing was made of the set, which so is not named.
    assert "hq          no" in found


def test_a_decision_that_has_not_reached_all(facts: Facts) -> None:
    facts["web02"].update(__groupid_seals={SET: {"prepared": "d"}}, __groupid_failures=failed(DISK_FULL, phase="seal"))
    assert f"hq          {SET}  yes, not yet on all  no" in lines(facts, "backup")


def test_a_narrowed_set_is_named_so(facts: Facts) -> None:
    facts["web02"]["__groupid_narrowed"] = ["groupid_include: HR"]
    assert f"hq          {SET}  yes     yes" in lines(facts, "backup")


def test_a_part_that_an_earlier_run_completed_is_reported(facts: Facts) -> None:
    facts["web01"]["__groupid_part"].update(taken=True)
    assert row(lines(facts, "backup"), "web01")[3:5] == ["complete", "before"]


@pytest.mark.parametrize("kind", ["backup", "restore"])
def test_check_mode_says_would_and_names_nothing_that_will_not_exist(facts: Facts, kind: summary.Kind) -> None:
    for host in facts:
        facts[host].update(__groupid_seals={}, __groupid_verified={"skipped": True})
    facts["web01"]["__groupid_database"] = {**DATABASE, "part": {"state": "complete", "bytes": 1}}
    facts["web01"]["__groupid_sql_source"] = DATABASE
    facts["web01"]["__groupid_sql_restored"] = {"outcome": "restored", "safety": {"name": "groupid-safety x"}}
    restored = {"counts": {"differing": 1}, "safety": {"set_id": SAFETY}}
    facts["web01"]["__groupid_attributes"] = {"corp.example": {"part": {"state": "complete"}, "restore": restored}}
    found = lines(facts, kind, check=True)
    assert found[0] == "Check mode: nothing was changed. This is what a run would do."
    text = "\n".join(found)
    assert SAFETY not in text
    assert "groupid-safety x" not in text
    assert not [line for line in found if line.startswith(("web", "hq  ")) and "would" not in line]
    if kind == "backup":
        assert SET not in text


def test_a_set_that_would_not_be_sealed_is_not_promised(facts: Facts) -> None:
    for host in facts:
        facts[host]["__groupid_seals"] = {}
    assert "hq          would be  no" in lines(facts, "backup", check=True)
    facts["web03"] = {"groupid_deployment": "hq"}
    assert "hq          no      no" in lines(facts, "backup", check=True)


def test_check_mode_means_nothing_where_nothing_is_ever_changed(facts: Facts) -> None:
    for kind in ("preflight", "verify"):
        assert lines(facts, kind, check=True) == lines(facts, kind)


def test_preflight_counts_sealed_sets_only(facts: Facts) -> None:
    sets = facts["web01"]["__groupid_probe"]["backup_root"]["sets"]
    sets.append({**sets[0], "set_id": "20301122T120000Z", "sealed": False})
    facts["web01"]["__groupid_database"] = DATABASE
    facts["web01"]["__groupid_attributes"] = {"corp.example": {"found": FOUND}}
    found = lines(facts, "preflight")
    assert found[:3] == [
        "host   deployment  version  state  free GB",
        "web01  hq          10.0     ready     53.7",
        "web02  hq          10.0     ready     53.7",
    ]
    assert found[-3:] == [
        "deployment  servers  sealed sets  newest sealed set",
        f"hq                2            1  {SET}",
        "hq: backup root D:\\Backups",
    ]


def test_preflight_says_how_much_is_free_on_the_drives_of_the_folders_and_whether_a_restore_has_room(
    facts: Facts,
) -> None:
    drives = {
        "web01": [("C:\\", 7 * 10**10, 9 * 10**10), ("E:\\", 10**9, 5 * 10**10), ("\\\\nas01\\a", 10**9, None)],
        "web02": [("C:\\", 7 * 10**10, 10**9), ("E:\\", 0, 0)],
    }
    parts = [
        {
            **prediction.domain(host, {"bytes": 10**6, "files": 1, "seconds": 1.0}, "D:\\Backups"),
            "kind": "folders",
            "sources": [{"path": path, "needed_bytes": needed, "free_bytes": free} for path, needed, free in found],
        }
        for host, found in drives.items()
    ]
    for host in facts:
        facts[host]["__groupid_predictions"] = {"hq": {"parts": parts, "seconds": 0.0, "untimed": [], "rooms": []}}
    found = lines(facts, "preflight")
    assert found[:3] == [
        "host   deployment  version  state  files   MB  needs MB  free GB  source GB",
        "web01  hq          10.0     ready      1  1.0      17.8     53.7       50.0",
        "web02  hq          10.0     ready      1  1.0      17.8     53.7        1.0",
    ]
    assert [line for line in found if line.startswith("Note")] == [
        "Note (web02): A restore that writes all files needs 70,000 MB on C:\\ beside the old ones, and 1,000 MB are "
        "free."
    ]


def test_verify_says_of_which_set_how_and_whether_it_is_sealed(facts: Facts) -> None:
    facts["web02"]["__groupid_verified"].update(state="damaged", mode="2/7", sealed=False)
    assert lines(facts, "verify") == [
        "host   deployment  part      mode  sealed   files     MB  seconds",
        "web01  hq          verified  full  yes     12,345  567.8      3.0",
        "web02  hq          damaged   2/7   no      12,345  567.8      3.0",
        "",
        f"hq: set {SET}",
    ]


def test_restore_counts_what_changed_and_names_where_the_old_is(facts: Facts) -> None:
    facts["web02"]["__groupid_restored"] = {"skipped": True}
    assert lines(facts, "restore") == [
        "host   deployment  state     added  replaced  removed  attributes  seconds",
        "web01  hq          restored      3         1        0           0      1.0",
        "web02  hq          not done      -         -        -           -        -",
        "",
        f"hq: set {SET}",
        f"hq: the replaced files are in set {SAFETY}",
    ]


def test_restore_names_the_part_that_another_server_made(facts: Facts) -> None:
    facts["web02"]["__groupid_restored"]["server"] = "web09"
    found = lines(facts, "restore")
    assert found[0].split()[2:4] == ["part", "of"]
    assert (found[1].split()[2], found[2].split()[2]) == ("-", "web09")


def test_notes_are_reported_once_with_the_hosts_that_share_them(facts: Facts) -> None:
    for host in facts:
        facts[host]["__groupid_notes"] = ["Mind the gap."]
    assert [line for line in lines(facts, "backup") if "gap" in line] == ["Note (web01, web02): Mind the gap."]


# Twenty servers.

TWENTY = [f"web{number:02}" for number in range(1, 21)]


def configured(facts: Facts) -> Facts:
    """With a database and a domain beside the servers."""
    part = {"state": "complete", "bytes": 5_000_000}
    first = facts[min(facts)]
    first["__groupid_database"] = {**DATABASE, "part": part, "backup": {"seconds": 2.0}}
    first["__groupid_sql"] = {"database": {"bytes": 8_000_000}, "can_backup": {"reasons": []}}
    first["__groupid_sql_source"] = DATABASE
    first["__groupid_sql_restored"] = {"outcome": "restored", "seconds": 3.0, "safety": {"name": "groupid-safety x"}}
    known = {"found": FOUND, "part": {**FOUND, **part}, "verified": {"state": "verified", "details": FOUND}}
    restored = {"directory_server": "dc01", "counts": {"differing": 7, "written": 6}, "safety": {"set_id": SAFETY}}
    first["__groupid_attributes"] = {"corp.example": {**known, "restore": restored}}
    return facts


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("named", ["{}", "{}.customer.corp.example"])
def test_twenty_healthy_servers_take_two_lines_each_and_eighty_columns(
    kind: summary.Kind, check: bool, named: str
) -> None:
    facts = configured(healthy(*(named.format(server) for server in TWENTY)))
    for host in facts:
        facts[host]["__groupid_probe"]["computer"]["server"] = host.partition(".")[0]
    for host in facts if check else []:
        facts[host]["__groupid_verified"] = done(host)["__groupid_verified"] if kind == "verify" else {"skipped": True}
    found = lines(facts, kind, check)
    assert all(sum(line.startswith(f"{host} ") for line in found) <= 2 for host in facts)
    assert len(found) <= 2 * len(TWENTY) + (0 if named == "{}" else 12)
    # A single path or id may be longer than the line.
    assert not [line for line in found if len(line) > WIDTH and len(line) - len(max(line.split(), key=len)) > 20]
    assert not [line for line in found if line != line.rstrip()]


def rehearsed(host: str) -> dict[str, t.Any]:
    """Return the answer of a server on which every claim is held, or cannot be tried."""
    claims = [
        {
            "id": one.id,
            "verdict": rehearsal_claims.HELD if number % 9 else rehearsal_claims.NOT_TRIED,
            "seen": "as expected",
        }
        for number, one in enumerate(rehearsal_claims.CLAIMS)
    ]
    measured = {"mb_per_second": 1_021.4, "files_per_second": 12_310, "ms_per_call": 2100, "seconds": 148}
    kept = {"claims": claims, "measured": measured}
    return {**kept, **rehearsal_report.judged(kept), "file": f"/home/ops/rehearsals/{host}-20261122T120000Z.json"}


def sets_of(host: str) -> dict[str, t.Any]:
    """Return the one set that a server with a backup root of its own lists."""
    record = {"state": "verified", "mode": "9999/9999", "time": "2026", "age": 9_000_000, "parts": 1}
    own = {"server": host.partition(".")[0], "state": "complete", "files": 12_345, "bytes": 10**11, "verified": record}
    known = {"deployment": "hq", "set_id": SET, "age": 10_000_000, "future": False, "bytes": 10**11}
    seal = {"sealed": True, "prepared": True, "members": [own["server"]], "narrowed": [], "quiesce": None}
    root = {"backup_root": "D:\\Backups", "exists": True, "unlisted": 1_234}
    seal["signature"] = run_facts.verdict("unchecked")
    return {**root, "sets": [{**known, **seal, "parts": [own], "part_count": 1}]}


def resumed(host: str) -> dict[str, t.Any]:
    """Return the answer of a server that started everything again."""
    names = ("GroupID Data Service", "\\GroupID\\Smart Group Update", "GroupIDSecurityService10AppPool")
    kinds = ("service", "task", "pool")
    return {
        "entries": [
            {"kind": kind, "name": name, "outcome": "resumed", "note": None}
            for kind, name in zip(kinds, names, strict=True)
        ]
    }


@pytest.mark.parametrize(
    ("kind", "registered", "answer"),
    [
        ("rehearse", "__groupid_rehearsal", rehearsed),
        ("list", "__groupid_sets", sets_of),
        ("resume", "__groupid_resumed", resumed),
    ],
)
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("named", ["{}", "{}.customer-with-a-long-name.corp.example"])
def test_other_reports_of_twenty_healthy_servers_are_as_short(
    kind: summary.Kind, registered: str, answer: t.Callable[[str], dict[str, t.Any]], check: bool, named: str
) -> None:
    facts = healthy(*(named.format(server) for server in TWENTY))
    for host in facts:
        facts[host]["__groupid_probe"]["computer"]["server"] = host.partition(".")[0]
        facts[host][registered] = answer(host)
    found = lines(facts, kind, check)
    assert all(any(host in line for line in found) for host in facts)
    assert all(sum(host in line for line in found) <= 2 for host in facts)
    assert len(found) <= 2 * len(TWENTY) + 8
    # A single path or id may be longer than the line.
    assert not [line for line in found if len(line) > WIDTH and len(line) - len(max(line.split(), key=len)) > 20]


def test_what_a_resume_names_is_folded() -> None:
    facts = healthy("web01")
    note = "it was disabled meanwhile, and stays so; the record says that it ran before"
    entry = {"kind": "service", "name": "GroupID Replication Service of the branch", "outcome": "changed", "note": note}
    facts["web01"]["__groupid_resumed"] = {"entries": [entry]}
    found = lines(facts, "resume")
    assert max(map(len, found)) <= WIDTH
    assert " ".join(" ".join(found).split()).endswith(f"service {entry['name']}: {note}")


@pytest.mark.parametrize("kind", KINDS)
def test_one_fault_of_twenty_servers_is_reported_once(kind: summary.Kind) -> None:
    facts = healthy(*TWENTY)
    for host in facts:
        facts[host]["__groupid_failures"] = failed(DISK_FULL)
    assert lines(facts, kind) == ["FAILED in preflight: web[01:20]", f"  {DISK_FULL}"]


def test_twenty_servers_that_nobody_could_reach() -> None:
    facts = run_facts.make("hq", *TWENTY)
    unreachable = run_facts.failures.of_result(UNREACHABLE)
    assert unreachable
    for host in facts:
        facts[host].update(__groupid_probe=UNREACHABLE, __groupid_failures=failed(unreachable))
    for kind in KINDS:
        assert lines(facts, kind) == ["FAILED in preflight: web[01:20]", "  no route to host."]


# What a deployment has once.


def room(host: str = "", free_bytes: int | None = 5 * 10**12, **fields: t.Any) -> dict[str, t.Any]:
    size = {"needed_bytes": 10**12, "unknown": [], "parts": ["hq/database"], "enough": None}
    return {"host": host, "root": "E:\\Dumps" if host else "\\\\nas01\\b", "free_bytes": free_bytes, **size, **fields}


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (room(), "1,000,000.0 MB needed, 5,000,000.0 MB free on \\\\nas01\\b"),
        (room("sql01"), "1,000,000.0 MB needed, 5,000,000.0 MB free on sql01, E:\\Dumps"),
        (room("sql01", None), "1,000,000.0 MB needed, an unknown number of MB free on sql01, E:\\Dumps"),
        (
            room("sql01", unknown=["hq/database"]),
            "more than 1,000,000.0 MB needed, 5,000,000.0 MB free on sql01, E:\\Dumps",
        ),
        (
            room("sql01", needed_bytes=0, unknown=["hq/database"]),
            "an unknown number of MB needed, 5,000,000.0 MB free on sql01, E:\\Dumps",
        ),
        (room("web01", parts=["hq/web01"]), None),
    ],
)
def test_preflight_says_what_the_backup_of_the_database_needs_and_finds(
    facts: Facts, one: dict[str, t.Any], line: str | None
) -> None:
    found = {"parts": [], "seconds": 0.0, "untimed": [], "rooms": [one]}
    facts["web01"]["__groupid_predictions"] = {"hq": found}
    assert [text for text in lines(facts, "preflight") if " needed, " in text] == ([f"hq: {line}"] if line else [])


DATABASE = {"database": "GroupID", "server": "sql01", "mode": "unc"}


@pytest.mark.parametrize(
    ("known", "cells"),
    [
        ({}, "not done"),
        (
            {"part": {"state": "complete", "bytes": 5_000_000, "external": []}, "backup": {"seconds": 2.0}},
            "complete 5.0 2.0",
        ),
        ({"verified": {"state": "verified", "bytes": 5_000_000, "seconds": 1.0, "external": []}}, "verified 5.0 1.0"),
        (
            {"verified": {"state": "verified", "mode": "quick", "bytes": 5_000_000, "seconds": 1.0, "external": []}},
            "verified (quick) 5.0 1.0",
        ),
    ],
)
def test_database(facts: Facts, known: dict[str, t.Any], cells: str) -> None:
    facts["web01"]["__groupid_database"] = {**DATABASE, **known}
    facts["web01"]["__groupid_attributes"] = {}
    [line] = [line for line in lines(facts, "verify") if "sql01" in line]
    assert " ".join(line.split()) == f"hq database GroupID sql01 {cells}"


def test_database_that_lies_elsewhere(facts: Facts) -> None:
    part = {"state": "complete", "bytes": 0, "external": ["database"]}
    facts["web01"]["__groupid_database"] = {**DATABASE, "part": part, "backup": {"bytes": 7_000_000, "shared": True}}
    text = " ".join(" ".join(lines(facts, "verify")).split())
    assert "hq database GroupID sql01 recorded 7.0 " in text
    assert "hq, database GroupID: made by another run, not hashed, not pruned " in text


def test_restored_database(facts: Facts) -> None:
    facts["web01"]["__groupid_sql_source"] = DATABASE
    done_ = {"outcome": "restored", "seconds": 3.0, "safety": {"name": "groupid-safety x"}}
    facts["web01"]["__groupid_sql_restored"] = done_
    text = " ".join(" ".join(lines(facts, "restore")).split())
    assert "hq database GroupID sql01 restored 3.0 " in text
    assert "hq, database GroupID: safety backup: groupid-safety x " in text


def test_database_of_a_preflight(facts: Facts) -> None:
    facts["web01"]["__groupid_database"] = DATABASE
    facts["web01"]["__groupid_sql"] = {"database": {"bytes": 8_000_000}, "can_backup": {"reasons": ["Mind the log."]}}
    text = " ".join(" ".join(lines(facts, "preflight")).split())
    assert "hq database GroupID sql01 ready 8.0 " in text
    assert "hq, database GroupID: Mind the log. " in text


FOUND = {"directory_server": "dc01", "engine": "ldap", "groups": 1240, "exported": 1016, "seconds": 2.5}


def domain_line(facts: Facts, kind: summary.Kind) -> str:
    """The line of corp.example."""
    [line] = [line for line in lines(facts, kind) if "corp.example" in line]
    return " ".join(line.split())


@pytest.mark.parametrize(
    ("kind", "known", "cells"),
    [
        ("preflight", {"found": FOUND}, "dc01 ready 1,240 -"),
        ("verify", {"found": FOUND}, "dc01 ready 1,240"),
        ("backup", {"found": FOUND, "part": {**FOUND, "state": "complete"}}, "dc01 complete 1,240 2.5"),
        (
            "backup",
            {"part": {**FOUND, "state": "complete"}, "verified": {"state": "verified"}},
            "dc01 verified 1,240 2.5",
        ),
        ("verify", {"verified": {"state": "verified", "details": FOUND, "seconds": 0.5}}, "dc01 verified 1,240 0.5"),
        ("verify", {"verified": {"state": "verified", "mode": "1/3", "details": FOUND}}, "dc01 verified (1/3) 1,240"),
    ],
)
def test_group_attributes(facts: Facts, kind: summary.Kind, known: dict[str, t.Any], cells: str) -> None:
    facts["web01"]["__groupid_attributes"] = {"corp.example": known}
    assert domain_line(facts, kind) == f"hq corp.example {cells}".removesuffix(" -")


def test_attributes_that_the_schema_lacks_are_noted(facts: Facts) -> None:
    found = {**FOUND, "missing_attributes": ["extensionData"]}
    facts["web01"]["__groupid_attributes"] = {"corp.example": {"found": found}}
    assert "not in the schema: extensionData" in "\n".join(lines(facts, "preflight"))


def test_restored_group_attributes(facts: Facts) -> None:
    counts = {"differing": 7, "written": 6, "conflicts": 1, "gone": 2, "new": 3, "set_since": 4}
    restored = {"directory_server": "dc01", "counts": counts, "seconds": 1.5, "safety": {"set_id": SAFETY}}
    facts["web01"]["__groupid_attributes"] = {"corp.example": {"preflight": restored, "restore": restored}}
    text = " ".join(" ".join(lines(facts, "restore")).split())
    assert "hq corp.example dc01 restored 7 6 1.5" in text
    assert f"1 conflicts, 2 gone, 3 new, 4 set since, undo: {SAFETY}" in text
    facts["web01"]["__groupid_attributes"] = {"corp.example": {"preflight": restored}}
    assert "not done" in domain_line(facts, "restore")


def test_a_resume_says_what_was_started_and_what_somebody_changed() -> None:
    facts = healthy("web01", "web02", "web03")
    items = [
        {"kind": "task", "name": "\\Job", "outcome": "resumed", "note": None},
        {"kind": "service", "name": "Repl", "outcome": "changed", "note": "it is no longer there"},
    ]
    facts["web01"]["__groupid_resumed"] = {"entries": items}
    facts["web02"]["__groupid_resumed"] = {"entries": []}
    facts["web03"]["__groupid_failures"] = failed(DISK_FULL, phase="resume")
    said = lines(facts, "resume")
    assert said[:3] == [
        "web01: 2 things, 1 started again",
        "  service Repl: it is no longer there",
        "web02: nothing was stopped",
    ]
    assert not [line for line in said if line.startswith("web03: ")]
    assert any("web03" in line for line in said)
    assert lines(facts, "resume", check=True)[0] == "web01: 2 things, 1 would be started again"
