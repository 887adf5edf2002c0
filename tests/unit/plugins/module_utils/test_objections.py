# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against each step: each fault once, and nothing when all is well."""

from __future__ import annotations

import inspect
import re
import typing as t

import pytest
from unit.plugins import run_facts
from unit.plugins.run_facts import DISK_FULL, SET, Facts, ask, listed, part, probe, verdict

from ansible_collections.identityops.groupid.plugins.module_utils import (
    objections,
    quiesce_proof,
    restore_choice,
    review,
    run_state,
    signature,
    steps,
)
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure

Change = t.Callable[[Facts], t.Any]

VERIFIED = {"state": "verified", "mode": "full", "set_id": SET, "sealed": True}
ALLOWED = {"ok": True, "reasons": []}
FORBIDDEN = {"ok": False, "reasons": ["The log is full.", "Ask the administrator."]}


@pytest.fixture
def facts() -> Facts:
    """Two servers of hq and nothing that stands against anything, for a new set or for the one that is there."""
    facts = run_facts.make("hq", "web01", "web02", sql_server="sql01", sql_database="GroupID", set_id=SET)
    for server, host in facts.items():
        own = [part(server), *([part("database")] if server == "web01" else [])]
        host.update(
            __groupid_probe=probe(server, listed(*own, members=["database", "web01", "web02"], decider="web01")),
            __groupid_source={"server": server, "mapped": False},
            __groupid_set_id=SET,
            __groupid_part={**part(server), "finished_at": "2026-11-22T12:00:01.0000000Z"},
            __groupid_verified={**VERIFIED},
            __groupid_quiesced={"mode": "all", "running": run_facts.IDLE, "stopped": None, "resumed": None},
        )
    facts["web01"]["__groupid_sql"] = {"can_backup": ALLOWED, "can_verify": ALLOWED}
    facts["web01"]["__groupid_sql_reread"] = {**VERIFIED, "details": {"database": "GroupID"}}
    return facts


def new_set(facts: Facts) -> None:
    """Ask for a new set instead of the one that is there."""
    ask(facts, set_id="")


def against(facts: Facts, step: str, host: str = "web01") -> list[str]:
    run_facts.planned(facts, ["web01", "web02"])
    return [failure.code for failure in objections.against(facts, host, step)]


@pytest.mark.parametrize("step", sorted(objections.STEPS))
def test_nothing_stands_against_anything_when_all_is_well(facts: Facts, step: str) -> None:
    if step == "backup":
        new_set(facts)
    for host in facts:
        if step not in ("restore_database", "unsealed_database", "database") or host == "web01":
            assert against(facts, step, host) == []


def _set(name: str, **values: t.Any) -> Change:
    return lambda facts: facts["web01"][name].update(values)


def _root(**values: t.Any) -> Change:
    return lambda facts: facts["web01"]["__groupid_probe"]["backup_root"].update(values)


def _sets(*sets: dict[str, t.Any]) -> Change:
    return _root(sets=list(sets))


def _ask(**values: t.Any) -> Change:
    return lambda facts: ask(facts, **values)


def _lone(facts: Facts) -> None:
    """Leave a member outside of the run."""
    facts["web03"] = {"groupid_deployment": "hq"}


def _both(*changes: Change) -> Change:
    def change(facts: Facts) -> None:
        for one in changes:
            one(facts)

    return change


def _twin(facts: Facts) -> None:
    facts["web02"]["__groupid_probe"]["computer"].update(server="web01", fqdn="web01.corp.example")


def _domain_in_set(facts: Facts) -> None:
    parts = [part("web01"), part("group_attributes.corp.example")]
    _sets(listed(*parts, decider="web01"))(facts)


def _narrowed(facts: Facts) -> None:
    """Leave no full set on any root."""
    for server, host in facts.items():
        host["__groupid_probe"] = probe(server, listed(part(server), narrowed=["groupid_include: HR"]))


UNSEALED = listed(part("web01"), sealed=False, seal_sha256=None)


def _no_room(facts: Facts) -> None:
    failure = Failure(
        "space",
        "There is not enough free space for a backup of hq",
        "40 MB are needed there, and 2 MB are free",
        "Make room.",
    )
    facts["web01"]["__groupid_predictions"] = {"hq": {"failures": [failure.explained()]}}


RECORD = {
    "epoch": SET,
    "run": "8f1d2c3b4a596877",
    "controller": "ansible01",
    "user": "CORP\\svc-backup",
    "started": "2026-11-22T15:04:05.1234567Z",
    "begun": True,
    "resumed": None,
}


def _running(facts: Facts, **answer: t.Any) -> None:
    """Let a new set be made while something of GroupID runs."""
    new_set(facts)
    elastic = {"name": "Elastic", "state": "running"}
    for host in facts.values():
        host["__groupid_running"] = {"schema": 1, "services": [elastic], "record": None, **answer}


def _forks(forks: int, batched: bool = True) -> Change:
    def change(facts: Facts) -> None:
        _running(facts)
        for host in facts.values():
            host["__groupid_run"] = {"forks": forks, "batched": batched}

    return change


def _unstopped(answer: dict[str, t.Any] | None) -> Change:
    """Let a new set be made without stopping anything, while Elasticsearch runs or nobody knows."""

    def change(facts: Facts) -> None:
        _running(facts)
        ask(facts, quiesce="none")
        for host in facts.values():
            host["__groupid_quiesced"] = {"mode": "none", "running": answer, "stopped": None, "resumed": None}

    return change


ELASTIC = {**run_facts.IDLE, "services": [{"name": "es", "display_name": "Elasticsearch", "state": "running"}]}


def _hidden(**values: t.Any) -> Change:
    """Let GroupID be stopped by a run whose login does not see the sessions of others."""

    def change(facts: Facts) -> None:
        _running(facts)
        found = {"database": {"sessions": None}, "server": {"login": "groupid_backup"}}
        facts["web01"]["__groupid_sql"].update(found)
        ask(facts, **values)

    return change


def _restarted(facts: Facts) -> None:
    quiesced = {"mode": "all", "running": ELASTIC, "stopped": None, "resumed": None}
    facts["web02"]["__groupid_quiesced"] = quiesced


def _unprepared(facts: Facts) -> None:
    """Let no earlier run have prepared the set."""
    for host in facts.values():
        host["__groupid_probe"]["backup_root"]["sets"] = []


def _copied(facts: Facts) -> None:
    _unprepared(facts)
    for host in facts.values():
        host["__groupid_part"] = {**host["__groupid_part"], "components": {"elasticsearch": "copied"}}
        host["__groupid_quiesced"] = {"mode": "none", "running": ELASTIC, "stopped": None, "resumed": None}


def _connected(facts: Facts) -> None:
    """Let GroupID be stopped on one server as it should be, and others use the database."""
    _unprepared(facts)
    head = {"record": {"epoch": SET}, "entries": [{}]}
    proof = {"samples": 3, "longest_gap_ms": 2000, "broken": None, "resumed_by": "run"}
    quiesced = {"mode": "all", "running": ELASTIC, "stopped": head, "resumed": {**head, "proof": proof}}
    somebody = {"login": "CORP\\svc", "host": "WEB09", "program": "Report", "count": 2}
    sessions = {"visible": True, "before": [somebody], "after": []}
    database = {"part": facts["web01"]["__groupid_part"], "backup": {"sessions": sessions}, "verified": VERIFIED}
    facts["web01"].update(__groupid_quiesced=quiesced, __groupid_database=database)


def _slow(facts: Facts) -> None:
    _running(facts)
    facts["web01"]["__groupid_predictions"] = {"hq": {"failures": [], "seconds": 7201.0}}


FAULTS: list[tuple[str, Change, str, str]] = [
    ("server", _root(error="Access is denied. (5)"), "root_unusable", "CORP\\svc-backup"),
    ("server", _root(inside="C:\\GroupID 10.0"), "root_in_product", "GroupID's own folder C:\\GroupID 10.0"),
    ("server", _twin, "one_computer", "web01 and web02"),
    (
        "running",
        lambda facts: _running(facts, record=RECORD),
        "quiesced",
        "run 8f1d2c3b4a596877 on ansible01, as CORP\\svc-backup",
    ),
    ("running", lambda facts: _running(facts, record=RECORD), "quiesced", "the playbook identityops.groupid.resume"),
    ("running", lambda facts: _running(facts, record=RECORD), "quiesced", "another run has stopped GroupID on this"),
    (
        "running",
        lambda facts: _running(facts, record={**RECORD, "begun": False}),
        "quiesced",
        "another run has recorded what runs of GroupID on this server, and has stopped nothing yet: run 8f1d2c3b4a59",
    ),
    (
        "running",
        _forks(1),
        "forks",
        "with --forks 2, as in: ansible-playbook -i INVENTORY identityops.groupid.backup --forks 2",
    ),
    ("running", _forks(1, batched=False), "forks", "this play has 2"),
    ("running", _both(_running, _ask(quiesce_max=0)), "epoch_broken", "groupid_quiesce_max is 0"),
    ("running", _unstopped(ELASTIC), "elasticsearch_running", "Elasticsearch runs on web01"),
    ("running", _unstopped(None), "elasticsearch_running", "it is not known whether Elasticsearch runs on web01"),
    ("database", _hidden(), "sessions_unknown", "the login groupid_backup does not see"),
    ("seal", _copied, "elasticsearch_running", "copied on web01, web02"),
    ("seal", _connected, "sessions_open", "before the backup 2 of CORP\\svc from WEB09 (Report)"),
    ("seal", _restarted, "epoch_broken", "web02 was not stopped, although GroupID ran there"),
    ("duration", _slow, "too_long", "takes about 120 min, and after groupid_quiesce_max (7200 s)"),
    (
        "rehearsal",
        lambda facts: facts["web01"].update(__groupid_rehearsal={"losses": ["Files are not restored."]}),
        "rehearsal",
        "Files are not restored.",
    ),
    (
        "rehearsal",
        lambda facts: facts["web01"].update(__groupid_sql_rehearsal={"losses": ["Rows are lost."]}),
        "rehearsal",
        "Rows are lost.",
    ),
    ("backup", _both(new_set, _set("__groupid_asked", set_label="a")), "differing", "groupid_set_label"),
    ("backup", _both(new_set, _ask(deployment_servers=["web02", "web03"]), _lone), "undeclared", "web02, web03"),
    ("backup", _both(new_set, _lone), "members_missing", "web03"),
    ("backup", _both(new_set, _ask(components=["database"])), "no_folders", "database"),
    ("backup", _both(new_set, _set("__groupid_probe", installations=[])), "which_product", "this one has: none"),
    (
        "backup",
        _both(new_set, _set("__groupid_probe", installations=[{"version": "10.0"}, {"version": "11.0"}])),
        "which_product",
        "10.0, 11.0",
    ),
    ("backup", _both(new_set, _ask(version="11.0")), "which_product", "one GroupID 11.0"),
    ("backup", _ask(set_id="latest"), "set_id", "'latest' cannot be the id"),
    ("backup", lambda _facts: None, "set_sealed", SET),
    (
        "backup",
        _sets(listed(part("web01", state="unfinished"), sealed=False)),
        "part_unfinished",
        "no job is working on it",
    ),
    (
        "database",
        _set("__groupid_sql", can_backup=FORBIDDEN, can_verify=FORBIDDEN),
        "database_not_ready",
        "The log is full.",
    ),
    ("database", _set("__groupid_sql", can_verify=FORBIDDEN), "database_not_ready", "GroupID on sql01"),
    (
        "unseen_database",
        _both(_lone, _ask(components=["reports", "database"], sql_backup_mode="external")),
        "members_missing",
        "web03",
    ),
    ("unseen_domains", _both(_lone, _ask(components=["group_attributes"])), "members_missing", "web03"),
    ("space", _no_room, "space", "40 MB are needed"),
    ("seal", lambda facts: facts["web02"].update(__groupid_part={"skipped": True}), "not_sealed", "web02 has no part"),
    ("seal", _set("__groupid_verified", mode="quick"), "not_sealed", "in the mode quick"),
    ("verify", _both(_ask(set_id="latest"), _narrowed), "no_full_set", "is narrowed (groupid_include: HR)"),
    ("restore", _set("__groupid_asked", set_id="20261123T120000Z"), "differing", "groupid_set_id"),
    ("restore", _sets(), "part_missing", "existing sets: none"),
    ("restore", _sets(listed(part("web02"))), "part_missing", "no part of web01"),
    ("restore", _sets(UNSEALED), "not_sealed", "is not sealed"),
    ("restore", _sets(listed(part("web01", state="partial"))), "not_sealed", "is partial"),
    ("restore", _sets(listed(part("web01", machine_guid="x"))), "other_machine", "{web01: web01}"),
    ("verify", _sets(listed(part("web01"), signature=verdict("wrong"))), "signature_wrong", f"hq\\{SET}\\set.json"),
    ("restore", _sets(listed(part("web01"), signature=verdict("wrong"))), "signature_wrong", f"hq\\{SET}\\set.json"),
    ("restore", _sets(listed(part("web01"), signature=verdict("other_key"))), "signing_key_unknown", "b" * 16),
    (
        "restore",
        _sets(listed(part("web01"), signature=verdict("missing"))),
        "signature_missing",
        "signing_key=",
    ),
    (
        "restore",
        _both(_ask(restore_unsealed=True), _sets({**UNSEALED, "signature": verdict("missing")})),
        "signature_missing",
        "groupid_signing_key",
    ),
    ("restore", _root(writable_by=["Everyone"]), "root_open", "changed by Everyone"),
    (
        "restore",
        _both(_root(writable_by=["Everyone"]), _ask(allow_open_roots=["D:\\Backups"])),
        "root_open",
        "groupid_signing_key",
    ),
    (
        "restore",
        _both(_sets(listed(part("web01"), signature=verdict("valid"))), _root(writable_by=["Everyone"])),
        "root_open",
        "groupid_allow_open_roots",
    ),
    (
        "restore_database",
        _both(_root(writable_by=["Everyone"]), _ask(allow_open_roots=["D:\\Backups"])),
        "root_open",
        "name only the other components",
    ),
    ("restore_database", _sets(listed(part("web01"))), "component_missing", "groupid_components"),
    ("restore_database", _ask(sql_server=""), "sql_server_missing", "groupid_sql_server"),
    ("unsealed_database", _set("__groupid_sql_reread", sealed=False), "not_sealed", "the computer that holds it"),
    (
        "unsealed_database",
        _set("__groupid_sql_reread", details={"database": "Payroll"}),
        "other_database",
        "database Payroll, and groupid_sql_database is GroupID",
    ),
    (
        "unsealed_database",
        _both(_set("__groupid_sql_reread", details=None), _ask(sql_database="")),
        "not_recorded",
        "does not name the database",
    ),
    ("restore_domains", _ask(components=["group_attributes"]), "component_missing", "holds none"),
    ("restore_domains", _domain_in_set, "domain_unknown", "corp.example"),
]


@pytest.mark.parametrize(("step", "change", "code", "text"), FAULTS, ids=[f"{one[0]}-{one[2]}" for one in FAULTS])
def test_each_fault_is_reported_once_with_why_and_what_to_do(
    facts: Facts, step: str, change: Change, code: str, text: str
) -> None:
    change(facts)
    assert against(facts, step).count(code) == 1
    [failure] = [one for one in objections.against(facts, "web01", step) if one.code == code]
    assert text in str(failure)
    assert failure.what
    assert failure.cause
    assert failure.next
    assert len(str(failure).splitlines()) == 1


def test_every_step_and_every_code_has_a_fault_in_the_table() -> None:
    """A check that no step calls has a code that no fault can have."""
    assert {one[0] for one in FAULTS} == objections.STEPS.keys(), "add a row to FAULTS"
    source = inspect.getsource(objections) + inspect.getsource(signature)
    source += inspect.getsource(quiesce_proof)
    codes = set(re.findall(r'\bFailure\(\s*"(\w+)"', source))
    assert codes | {"no_full_set", "space"} == {one[2] for one in FAULTS}, "add a row to FAULTS"


def test_every_step_is_asked_for() -> None:
    askers = "".join(map(inspect.getsource, (review, run_state, steps)))
    assert [step for step in objections.STEPS if f'"{step}"' not in askers] == [], "review.py or run_state.py asks"


@pytest.mark.parametrize(
    ("step", "change"),
    [
        # A set that is at work is waited for, and a whole part is taken.
        (
            "backup",
            _both(
                _sets(listed(part("web01", state="unfinished"), sealed=False)),
                _set("__groupid_probe", busy={"operation": "backup", "subject": f"hq {SET}"}),
            ),
        ),
        ("backup", _sets(listed(part("web01"), sealed=False))),
        ("backup", _both(_lone, _sets())),
        (
            "backup",
            _both(new_set, _set("__groupid_probe", installations=[]), _ask(component_paths={"reports": "E:\\"})),
        ),
        ("backup", _both(new_set, _ask(components=["database"], folders=[{"name": "web", "path": "D:\\Web"}]))),
        ("unseen_database", _both(_lone, _ask(components=["reports"], sql_backup_mode="external"))),
        ("unseen_database", _both(_lone, _ask(components=["database"], sql_backup_mode="unc"))),
        ("unseen_domains", _both(_lone, _ask(components=["group_attributes"], backup_root="\\\\nas\\backup"))),
        ("database", lambda facts: facts["web01"].update(__groupid_sql={"skipped": True})),
        ("database", _hidden(waive=["sessions_unknown"])),
        ("database", _hidden(quiesce="elasticsearch")),
        ("running", _both(_unstopped(ELASTIC), _ask(waive=["elasticsearch_running"]))),
        ("running", _both(_unstopped(ELASTIC), _ask(components=["reports"]))),
        ("running", _unstopped(run_facts.IDLE)),
        ("running", _ask(quiesce_max=0)),
        ("seal", _both(_copied, _ask(waive=["elasticsearch_running"]))),
        ("database", lambda facts: facts["web01"].update(__groupid_sql={"failed": True, "msg": "no"})),
        ("seal", _both(_ask(verify_after=False), lambda facts: facts["web01"].pop("__groupid_verified"))),
        ("restore", _both(_ask(restore_unsealed=True), _sets(UNSEALED))),
        ("restore", _sets(listed(part("web01"), signature=verdict("unchecked")))),
        (
            "restore",
            _both(
                _sets(listed(part("web01"), signature=verdict("valid"))),
                _root(writable_by=["Everyone"]),
                _ask(allow_open_roots=["d:\\BACKUPS"]),
            ),
        ),
        ("verify", _root(writable_by=["Everyone"])),
        ("restore", _both(_ask(set_id=f"{SET}-before-restore"), _sets())),
        ("restore", _sets(listed(part("web01", details={"kind": "before_restore"}), sealed=False))),
        (
            "restore",
            _both(_set("__groupid_source", mapped=True), _sets(listed(part("web01", machine_guid="x")))),
        ),
        ("unsealed_database", _both(_ask(restore_unsealed=True), _set("__groupid_sql_reread", sealed=False))),
        ("unsealed_database", _set("__groupid_sql_reread", details={"database": "GROUPID"})),
        ("unsealed_database", lambda facts: facts["web01"].update(__groupid_sql_reread={"skipped": True})),
        ("restore_domains", _both(_domain_in_set, _ask(domains=[{"name": "Corp.Example"}]))),
    ],
)
def test_what_was_meant_is_let_through(facts: Facts, step: str, change: Change) -> None:
    change(facts)
    assert against(facts, step) == []


def test_what_stands_against_the_whole_restore_is_read_from_the_choice() -> None:
    choice: restore_choice.Choice = {
        "plan": {"hosts": [], "deployments": {}},
        "sources": {},
        "refusals": [DISK_FULL.explained()],
    }
    assert objections.of_choice(choice) == [DISK_FULL]


def test_the_database_of_another_deployment_is_not_written_over(facts: Facts) -> None:
    facts["srv"] = {
        "groupid_deployment": "branch",
        "groupid_sql_server": "SQL01",
        "groupid_sql_port": 1433,
        "groupid_sql_database": "Branch",
    }
    ask({"web01": facts["web01"], "web02": facts["web02"]}, sql_database="")
    facts["web01"]["__groupid_sql_reread"]["details"] = {"database": "branch"}
    assert against(facts, "unsealed_database") == ["other_database"]
    facts["srv"]["groupid_sql_server"] = "sql02"
    assert against(facts, "unsealed_database") == []


def test_a_set_restored_before_is_waited_for_by_its_own_deployment_alone(facts: Facts) -> None:
    _sets(listed(part("web01", state="unfinished"), sealed=False))(facts)
    facts["web01"]["__groupid_probe"]["busy"] = {"operation": "backup", "subject": f"branch {SET}"}
    assert against(facts, "backup") == ["part_unfinished"]
