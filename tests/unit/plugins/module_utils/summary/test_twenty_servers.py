# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary of twenty servers is short."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins import run_facts
from unit.plugins.module_utils.summary.hosts import KINDS, configured, done, healthy, lines
from unit.plugins.run_facts import DISK_FULL, SET, failed

from ansible_collections.identityops.groupid.plugins.module_utils import prediction, rehearsal_claims, rehearsal_report
from ansible_collections.identityops.groupid.plugins.module_utils.columns import WIDTH
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind

TWENTY = [f"web{number:02}" for number in range(1, 21)]
UNREACHABLE = {"unreachable": True, "msg": "no route to host"}


NODE = "GroupIDElasticSearchService10"
RUNNING = {
    "schema": 1,
    "services": [
        {"name": name, "state": "running"} for name in (NODE, "GroupIDEmailService", "Imanami Replication Service")
    ],
    "pools": [{"name": "GroupIDSecurityService10AppPool", "state": "started"}],
    "tasks": [{"path": "\\GroupID\\Smart Group Update", "enabled": True}],
}


def at_work(facts: run_facts.Facts, kind: Kind) -> None:
    """Let GroupID run on all servers, with what a preflight predicts, or what parts of a backup warn of."""
    run_facts.planned(run_facts.ask(facts, set_id="") if kind == "preflight" else facts)
    sources = [{"path": "C:\\", "needed_bytes": 7 * 10**10, "free_bytes": 10**9}]
    parts = [
        {
            **prediction.domain(host, {"bytes": 10**9, "files": 12_345, "seconds": 60.0}, "D:\\Backups"),
            "kind": "folders",
            "sources": sources,
            "time_basis": f"last set {SET}",
        }
        for host in facts
    ]
    room = {"host": "", "root": "\\\\nas01\\backups", "needed_bytes": 10**12, "free_bytes": 5 * 10**12}
    rooms = [{**room, "unknown": ["hq/database"], "parts": ["hq/database"], "enough": None}]
    untimed = ["hq/database", "hq/customer.corp.example"]
    for host in facts:
        facts[host]["__groupid_running"] = RUNNING
        predicted = {"hq": {"parts": parts, "seconds": 1200.0, "untimed": untimed, "rooms": rooms}}
        facts[host]["__groupid_predictions"] = predicted if kind == "preflight" else {}
        facts[host]["__groupid_warnings"] = [
            f"Elasticsearch (service '{NODE}') was green before it was stopped, and 120 seconds after its start it is "
            "red. The rest was started. If other nodes of its cluster are not started yet, it waits for them. "
            "Otherwise check its log."
        ] * (kind == "backup")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("named", ["{}", "{}.customer.corp.example"])
def test_twenty_healthy_servers_take_two_lines_each_and_eighty_columns(kind: Kind, check: bool, named: str) -> None:
    facts = configured(healthy(*(named.format(server) for server in TWENTY)))
    for host in facts:
        facts[host]["__groupid_probe"]["computer"]["server"] = host.partition(".")[0]
    at_work(facts, kind)
    for host in facts if check else []:
        facts[host]["__groupid_verified"] = done(host)["__groupid_verified"] if kind == "verify" else {"skipped": True}
    found = lines(facts, kind, check)
    assert all(sum(line.startswith(f"{host} ") for line in found) <= 2 for host in facts)
    starts = [number for number, line in enumerate(found) if line.startswith(("Note (", "Warning ("))]
    assert len(starts) == {"preflight": 2, "backup": 1}.get(kind, 0)
    tables = found[: starts[0]] if starts else found
    assert len(tables) <= 2 * len(TWENTY) + (0 if named == "{}" else 14)
    assert len(found) - len(tables) <= 6
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
    kind: Kind, registered: str, answer: t.Callable[[str], dict[str, t.Any]], check: bool, named: str
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


@pytest.mark.parametrize("kind", KINDS)
def test_one_fault_of_twenty_servers_is_reported_once(kind: Kind) -> None:
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
