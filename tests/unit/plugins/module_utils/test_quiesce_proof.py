# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set is sealed as one point in time on proof only; what is accepted by name stands in the seal."""

from __future__ import annotations

import copy
import dataclasses
import json
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.plugins import run_facts
from unit.plugins.run_facts import SET, Facts, listed, part, probe, verdict

from ansible_collections.identityops.groupid.plugins.module_utils import (
    backup_set,
    decisions,
    quiesce_proof,
    steps,
)
from ansible_collections.identityops.groupid.plugins.module_utils.objections import by_step

HOSTS = ["web01", "web02"]
FINISHED = "2026-11-22T12:00:01.0000000Z"
ELASTIC = {"name": "elasticsearch-service-x64", "display_name": "Elasticsearch 7", "state": "running"}
PORTAL = {"name": "GroupIDAppPool", "state": "started"}
RUNNING = {"schema": 1, "services": [ELASTIC], "pools": [PORTAL], "tasks": [], "processes": [], "record": None}
NOTHING = {"schema": 1, "services": [], "pools": [], "tasks": [], "processes": [], "record": None}
HEAD = {"epoch": SET, "run": "r1"}
STOPPED = {"schema": 1, "record": HEAD, "entries": [{"kind": "service", "name": ELASTIC["name"]}], "processes": []}
PROOF = {"samples": 46, "longest_gap_ms": 2210, "broken": None, "resumed_by": "run"}
RESUMED = {"schema": 1, "record": HEAD, "entries": STOPPED["entries"], "down_ms": 95120, "proof": PROOF}
NOBODY = {"visible": True, "before": [], "after": []}
SOMEBODY = {"login": "CORP\\svc", "host": "WEB09", "program": "Report", "count": 2}


def quiesced(mode: str = "all", **values: t.Any) -> dict[str, t.Any]:
    """What is known of a host on which all went well."""
    stops = mode != "none"
    usual = {"running": RUNNING, "stopped": STOPPED if stops else None, "resumed": RESUMED if stops else None}
    return copy.deepcopy({"mode": mode, **usual, **values})


def made(mode: str = "all", waive: t.Sequence[str] = (), **asked: t.Any) -> Facts:
    """Two servers and a database whose parts are all made and verified, with Elasticsearch's folder in them."""
    facts = run_facts.make("hq", *HOSTS, sql_server="sql01", sql_database="GroupID", waive=list(waive), **asked)
    verified = {"state": "verified", "mode": "full", "set_id": SET}
    components = [{"name": "elasticsearch", "status": "copied"}, {"name": "reports", "status": "copied"}]
    for server, host in facts.items():
        own = {**part(server), "finished_at": FINISHED, "components": components}
        host.update(__groupid_set_id=SET, __groupid_part=own, __groupid_verified=verified)
        host["__groupid_quiesced"] = quiesced(mode)
        host["__groupid_probe"] = probe(server)
    facts["web01"]["__groupid_database"] = {
        "holder": "web01",
        "part": {**part("database"), "finished_at": FINISHED},
        "backup": {"schema": 1, "shared": False, "sessions": copy.deepcopy(NOBODY)},
        "verified": verified,
    }
    run_facts.planned(facts, HOSTS)
    return facts


def codes(facts: Facts, host: str = "web01") -> list[str]:
    return [failure.code for failure in by_step.against(facts, host, "seal")]


def document(facts: Facts) -> dict[str, t.Any]:
    """The document of the set, as the task of the role makes it."""
    step = steps.QUESTIONS["seal"](facts, "web01")
    made_ = backup_set.seal_document("hq", SET, step["decider"], step["members"], quiesce=step["quiesce"])
    found: dict[str, t.Any] = json.loads(made_.text)
    return found


def test_what_was_stopped_and_proved_stands_in_the_seal() -> None:
    facts = made()
    assert codes(facts) == []
    sealed = document(facts)
    proof = {"samples": 46, "longest_gap_ms": 2210, "down_ms": 95120}
    servers = {"web01": proof, "web02": proof}
    assert sealed["quiesce"] == {"mode": "all", "epoch": SET, "servers": servers, "waived": []}
    assert sealed["quiesced"] is True


def test_where_nothing_runs_there_is_nothing_to_prove() -> None:
    facts = made()
    for host in HOSTS:
        facts[host]["__groupid_quiesced"] = quiesced(running=NOTHING, stopped=None, resumed=None)
    del facts["web01"]["__groupid_database"]["backup"]["sessions"]
    assert codes(facts) == []
    assert document(facts)["quiesce"] == {"mode": "all", "epoch": None, "servers": {}, "waived": []}


def _host(**values: t.Any) -> t.Callable[[Facts], None]:
    return lambda facts: facts["web02"].update(__groupid_quiesced=quiesced(**values))


def _proof(**values: t.Any) -> t.Callable[[Facts], None]:
    return _host(resumed={**RESUMED, "proof": {**PROOF, **values}})


BROKEN: dict[str, t.Callable[[Facts], t.Any]] = {
    "web02 does not say whether GroupID was stopped": lambda facts: facts["web02"].pop("__groupid_quiesced"),
    "web02 does not say what was stopped": _host(mode="some"),
    "web02 does not say what ran there": _host(running=None, stopped=None, resumed=None),
    "web02 was not stopped, although GroupID ran there": _host(stopped=None, resumed=None),
    "web02 was not stopped as a whole": _host(stopped={**STOPPED, "failed": True, "msg": "no"}),
    "web02 was not started again as it was": _host(resumed=None),
    "web02 was stopped for something else": _host(stopped={**STOPPED, "record": {"epoch": "20261122T120001Z"}}),
    "web02 has no proof": _host(resumed={**RESUMED, "proof": None}),
    "web02 did not stay stopped: The service X ran": _proof(broken="The service X ran at\n12:00."),
    "web02 did not stay stopped: the reason is not known": _proof(broken=""),
    "web02 was started again by its watchdog": _proof(resumed_by="watchdog"),
    "web02 has a proof without samples": _proof(samples=0),
    "groupid_quiesce differs between its servers (all, none)": _host(mode="none"),
}


@pytest.mark.parametrize("cause", BROKEN)
def test_a_broken_epoch_is_not_sealed_and_cannot_be_accepted(cause: str) -> None:
    facts = made(waive=quiesce_proof.INHIBITORS)
    BROKEN[cause](facts)
    assert "epoch_broken" in codes(facts)
    [failure] = [one for one in by_step.against(facts, "web01", "seal") if one.code == "epoch_broken"]
    assert cause in failure.cause
    assert failure.cause.isprintable()


def _copied(*hosts: str, **values: t.Any) -> t.Callable[[Facts], None]:
    def change(facts: Facts) -> None:
        for host in hosts:
            facts[host]["__groupid_quiesced"] = quiesced(**values)

    return change


def _sessions(sessions: t.Any) -> t.Callable[[Facts], None]:
    return lambda facts: facts["web01"]["__groupid_database"]["backup"].update(sessions=sessions)


CONSOLE = {"id": 8, "program": "C:\\Program Files\\Imanami\\GroupID 10.0\\GroupID\x1b.exe"}
JAVA = {"id": 7, "program": "C:\\GroupID\\ElasticSearch\\jdk\\bin\\java.exe"}
INHIBITED: dict[str, tuple[str, t.Callable[[Facts], t.Any], str]] = {
    "nothing was stopped": ("elasticsearch_running", _copied(*HOSTS, mode="none"), "copied on web01, web02"),
    "it is not known what ran": ("elasticsearch_running", _copied(*HOSTS, mode="none", running=None), "web01, web02"),
    "it is a program that goes on": (
        "elasticsearch_running",
        _copied("web02", stopped={**STOPPED, "processes": [JAVA]}),
        "copied on web02",
    ),
    "an earlier run made the part": (
        "elasticsearch_running",
        lambda facts: facts["web02"]["__groupid_part"].update(taken=True, components={"elasticsearch": "copied"}),
        "copied on web02",
    ),
    "a program goes on": (
        "programs_running",
        _copied("web02", stopped={**STOPPED, "processes": [CONSOLE, CONSOLE]}),
        "on web02 (GroupID",
    ),
    "worker processes are hidden": (
        "workers_unknown",
        _proof(unknown="Windows does not show\nthe command lines."),
        "on web02 (Windows does not show",
    ),
    "others before": ("sessions_open", _sessions({**NOBODY, "before": [SOMEBODY]}), "before the backup 2 of CORP\\svc"),
    "others after": ("sessions_open", _sessions({**NOBODY, "after": [SOMEBODY] * 9}), "and 6 more"),
    "hidden": ("sessions_unknown", _sessions({"visible": False, "before": [], "after": []}), "it is not known"),
    "not asked": ("sessions_unknown", _sessions(None), "it is not known"),
    "nonsense": ("sessions_unknown", _sessions({"visible": True, "before": None, "after": []}), "it is not known"),
}


@pytest.mark.parametrize("name", INHIBITED)
def test_what_may_be_accepted_is_refused_until_it_is_named_and_stands_in_the_seal(name: str) -> None:
    code, change, words = INHIBITED[name]
    facts = made()
    change(facts)
    [failure] = by_step.against(facts, "web01", "seal")
    assert failure.code == code
    assert words in failure.cause
    assert f"groupid_waive={code}" in failure.next
    others = [one for one in quiesce_proof.INHIBITORS if one != code]
    run_facts.ask(facts, waive=others)
    assert codes(facts) == [code]
    run_facts.ask(facts, waive=[code])
    assert codes(facts) == []
    assert document(facts)["quiesce"]["waived"] == [code]
    assert document(facts)["quiesced"] is False
    [note] = [one for one in decisions.backup_notes(facts, "web01") if one.startswith("Accepted by groupid_waive")]
    assert code in note
    assert not [one for one in decisions.backup_notes(facts, "web02") if "groupid_waive" in one]


def test_what_was_named_and_did_not_happen_is_not_in_the_seal() -> None:
    facts = made(waive=quiesce_proof.INHIBITORS)
    assert codes(facts) == []
    assert document(facts)["quiesce"]["waived"] == []
    assert not [one for one in decisions.backup_notes(facts, "web01") if "groupid_waive" in one]


def test_sessions_of_groupid_itself_are_no_fault_while_it_goes_on() -> None:
    for mode in ("elasticsearch", "none"):
        facts = made(mode)
        _sessions({**NOBODY, "before": [SOMEBODY]})(facts)
        assert "sessions_open" not in codes(facts)
    assert codes(made("elasticsearch")) == []
    assert document(made("elasticsearch"))["quiesce"]["mode"] == "elasticsearch"


def test_a_folder_that_is_not_copied_may_run() -> None:
    facts = made("none")
    for host in HOSTS:
        facts[host]["__groupid_part"]["components"] = [{"name": "elasticsearch", "status": "absent"}]
    assert codes(facts) == []
    assert document(facts)["quiesce"] == {"mode": "none", "epoch": None, "servers": {}, "waived": []}


def test_names_of_clients_cannot_write_on_a_terminal() -> None:
    facts = made()
    hostile = {"login": "sa\x1b[2J", "host": "\r\nWEB", "program": "x" * 9999, "count": "many"}
    _sessions({**NOBODY, "after": [hostile]})(facts)
    [failure] = by_step.against(facts, "web01", "seal")
    assert failure.cause.isprintable()
    assert len(failure.cause) < 1000


# A set that another run has prepared


def prepared(facts: Facts, quiesce: t.Any, state: t.Any = None) -> Facts:
    """Let an earlier run have prepared the set on web01."""
    one = {"prepared_signature": None if state is None else verdict(state), "quiesce": quiesce}
    root = listed(part("web01"), sealed=False, seal_sha256=None, members=HOSTS, **one)
    facts["web01"]["__groupid_probe"] = probe("web01", root)
    for host in HOSTS:
        taken = {"taken": True, "components": {"elasticsearch": "copied"}}
        facts[host]["__groupid_part"] = {**part(host), "finished_at": FINISHED, **taken}
        facts[host]["__groupid_quiesced"] = quiesced("none")
    return facts


EARLIER = {
    "mode": "all",
    "epoch": SET,
    "servers": {"web01": {"samples": 3, "longest_gap_ms": 2000, "down_ms": None}},
    "waived": ["sessions_unknown"],
}


@pytest.mark.parametrize("state", [None, "valid", "unchecked"])
def test_what_one_run_has_prepared_another_one_finishes_unchanged(state: t.Any) -> None:
    facts = prepared(made(), EARLIER, state)
    assert codes(facts) == []
    assert document(facts)["quiesce"] == EARLIER


def test_a_document_of_an_older_version_is_finished_as_it_is() -> None:
    facts = prepared(made(), None)
    assert codes(facts) == []
    assert "quiesce" not in document(facts)


@pytest.mark.parametrize("state", ["missing", "other_key", "wrong"])
def test_a_prepared_document_that_is_not_trusted_decides_nothing(state: t.Any) -> None:
    assert codes(prepared(made(), EARLIER, state)) == ["elasticsearch_running"]


def test_a_broken_epoch_of_this_run_is_not_hidden_by_another_one() -> None:
    facts = prepared(made(), EARLIER)
    facts["web02"]["__groupid_quiesced"] = quiesced(resumed=None)
    assert "epoch_broken" in codes(facts)


# What a person is told of a set


@pytest.mark.parametrize(
    ("quiesce", "said"),
    [
        (None, ""),
        ({"mode": "later"}, ""),
        ("all", ""),
        (EARLIER | {"waived": []}, ""),
        (EARLIER, "its seal accepts sessions_unknown"),
        ({"mode": "none", "epoch": None, "servers": None, "waived": []}, "GroupID was not stopped for it"),
        (
            {"mode": "elasticsearch", "epoch": SET, "servers": {}, "waived": ["elasticsearch_running"]},
            "only Elasticsearch was stopped for it; its seal accepts elasticsearch_running",
        ),
    ],
)
def test_a_set_that_is_no_point_in_time_is_named(quiesce: t.Any, said: str) -> None:
    wanted = [f"Set {SET} of hq is not one point in time: {said}."] if said else []
    assert quiesce_proof.told(SET, "hq", quiesce) == wanted
    for kind in ("verify", "restore"):
        facts = run_facts.make("hq", *HOSTS, role=kind, set_id=SET)
        run_facts.planned(facts, HOSTS)
        for host in HOSTS:
            facts[host]["__groupid_probe"]["backup_root"]["sets"][0]["quiesce"] = quiesce
            facts[host]["__groupid_source"] = {"server": host, "mapped": False}
        notes = getattr(decisions, f"{kind}_notes")
        assert notes(facts, "web01") == wanted
        assert notes(facts, "web02") == []


def test_a_restore_warns_of_an_elasticsearch_that_was_copied_while_it_ran() -> None:
    facts = run_facts.make("hq", *HOSTS, role="restore", set_id=SET)
    run_facts.planned(facts, HOSTS)
    waived = {"mode": "all", "epoch": SET, "servers": None, "waived": ["elasticsearch_running"]}
    for host, components in (("web01", {"reports": "copied"}), ("web02", {"elasticsearch": "copied"})):
        sets = [listed(part(host, components=components), members=HOSTS, quiesce=waived)]
        facts[host]["__groupid_probe"]["backup_root"]["sets"] = sets
        facts[host]["__groupid_source"] = {"server": host, "mapped": False}
    assert not [note for note in decisions.restore_notes(facts, "web01") if "Elastic does" in note]
    [note] = decisions.restore_notes(facts, "web02")
    assert "Elastic does not support such a copy" in note
    run_facts.ask(facts, components=["reports"])
    assert decisions.restore_notes(facts, "web02") == []


# Every combination


@dataclasses.dataclass(frozen=True)
class Server:
    """One server of a scenario, by what happened there."""

    mode: str
    ran: bool
    elasticsearch_ran: bool
    known: bool
    was_stopped: bool
    stop_failed: bool
    was_resumed: bool
    epoch: str
    has_proof: bool
    broken: str | None
    resumed_by: str
    samples: int
    copied: bool
    taken: bool
    java: bool

    def facts(self) -> dict[str, t.Any]:
        services = [ELASTIC] if self.elasticsearch_ran else []
        running = {**NOTHING, "services": services, "pools": [PORTAL] if self.ran else []}
        head = {"epoch": self.epoch}
        failed = {"failed": True, "msg": "no"} if self.stop_failed else {}
        stopped = {**STOPPED, "record": head, "processes": [JAVA] if self.java else [], **failed}
        proof = {
            "samples": self.samples,
            "longest_gap_ms": 2000,
            "broken": self.broken,
            "resumed_by": self.resumed_by,
        }
        resumed = {**RESUMED, "record": head, "proof": proof if self.has_proof else None}
        return {
            "mode": self.mode,
            "running": running if self.known else None,
            "stopped": stopped if self.was_stopped else None,
            "resumed": resumed if self.was_stopped and self.was_resumed else None,
        }

    def is_broken(self) -> bool:
        """Say so as a person would."""
        if self.was_stopped:
            whole = not self.stop_failed and self.was_resumed and self.epoch == SET
            seen = self.has_proof and self.broken is None and self.resumed_by == "run" and self.samples > 0
            return self.mode == "none" or not (whole and seen)
        unknown = self.mode != "none" and not self.known
        wanted = self.elasticsearch_ran or (self.ran and self.mode == "all")
        return unknown or (self.mode != "none" and wanted)

    def copied_running(self) -> bool:
        """Say so as a person would."""
        if not self.copied:
            return False
        proven = self.java is False if self.was_stopped else self.known and not self.elasticsearch_ran
        return self.taken or not proven


SERVER = st.builds(
    Server,
    mode=st.sampled_from(["all", "all", "all", "elasticsearch", "none"]),
    ran=st.booleans(),
    elasticsearch_ran=st.booleans(),
    known=st.sampled_from([True, True, True, False]),
    was_stopped=st.sampled_from([True, True, True, False]),
    stop_failed=st.sampled_from([False] * 9 + [True]),
    was_resumed=st.sampled_from([True] * 9 + [False]),
    epoch=st.sampled_from([SET] * 9 + ["20261122T120001Z"]),
    has_proof=st.sampled_from([True] * 9 + [False]),
    broken=st.sampled_from([None] * 9 + ["X ran", ""]),
    resumed_by=st.sampled_from(["run"] * 9 + ["watchdog", "nobody"]),
    samples=st.sampled_from([46] * 9 + [0]),
    copied=st.booleans(),
    taken=st.sampled_from([False] * 5 + [True]),
    java=st.sampled_from([False] * 5 + [True]),
)
SESSIONS = st.sampled_from(
    [
        NOBODY,
        NOBODY,
        NOBODY,
        {**NOBODY, "before": [SOMEBODY]},
        {**NOBODY, "after": [SOMEBODY]},
        {"visible": False},
        None,
    ]
)
WAIVE = st.lists(st.sampled_from(quiesce_proof.INHIBITORS), unique=True)


@settings(max_examples=600, deadline=None)
@given(servers=st.tuples(SERVER, SERVER), sessions=SESSIONS, waive=WAIVE, database=st.booleans())
def test_nothing_seals_a_broken_epoch_or_what_was_not_accepted(
    servers: tuple[Server, Server], sessions: t.Any, waive: list[str], database: bool
) -> None:
    facts = made(waive=waive)
    for host, server in zip(HOSTS, servers, strict=True):
        facts[host]["__groupid_quiesced"] = server.facts()
        status = "copied" if server.copied else "absent"
        shape: t.Any = {"elasticsearch": status} if server.taken else [{"name": "elasticsearch", "status": status}]
        facts[host]["__groupid_part"].update(components=shape, taken=server.taken)
    _sessions(sessions)(facts)
    if not database:
        del facts["web01"]["__groupid_database"]
    broken = any(one.is_broken() for one in servers) or servers[0].mode != servers[1].mode
    there = {"elasticsearch_running"} if any(one.copied_running() for one in servers) else set()
    if database and any(one.mode == "all" and one.was_stopped for one in servers):
        if sessions is None or not sessions["visible"]:
            there.add("sessions_unknown")
        elif sessions["before"] or sessions["after"]:
            there.add("sessions_open")
    for host in HOSTS:
        wanted = ({"epoch_broken"} if broken else set()) | (there - set(waive))
        assert set(codes(facts, host)) == wanted
    if not broken and there <= set(waive):
        sealed = document(facts)
        assert sealed["quiesce"]["waived"] == sorted(there)
        stopped = {host for host, one in zip(HOSTS, servers, strict=True) if one.was_stopped}
        assert set(sealed["quiesce"]["servers"]) == stopped
        assert sealed["quiesce"]["epoch"] == (SET if stopped else None)
        assert sealed["quiesced"] == (servers[0].mode == "all" and not there)
