# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run ends with, line by line."""

from __future__ import annotations

import pytest
from unit.plugins import run_facts
from unit.plugins.module_utils.summary.hosts import DATABASE, KINDS, PATH, SAFETY, configured, healthy, lines, row
from unit.plugins.run_facts import DISK_FULL, SET, Facts, failed

from ansible_collections.identityops.groupid.plugins.module_utils.columns import WIDTH
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind


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


def test_a_database_that_was_restored_before_its_host_failed_is_reported() -> None:
    facts = configured(healthy("web01"))
    facts["web01"].update(__groupid_restored={"failed": True}, __groupid_failures=failed(DISK_FULL, phase="restore"))
    facts["web01"]["__groupid_attributes"] = {"corp.example": {"preflight": {"counts": {"differing": 7}}}}
    assert lines(facts, "restore") == [
        "deployment  part              where  state     seconds",
        "hq          database GroupID  sql01  restored      3.0",
        "hq, database GroupID: safety backup: groupid-safety x",
        "",
        f"hq: set {SET}",
        "",
        "FAILED in restore: web01",
        f"  {DISK_FULL}",
    ]


def test_a_database_that_was_saved_before_its_host_failed_is_reported_with_its_set() -> None:
    facts = configured(healthy("web01"))
    facts["web01"].update(__groupid_part={"failed": True}, __groupid_verified={"skipped": True}, __groupid_seals={})
    facts["web01"].update(__groupid_attributes={}, __groupid_failures=failed(DISK_FULL, phase="backup"))
    assert lines(facts, "backup") == [
        "deployment  part              where  state      MB  seconds",
        "hq          database GroupID  sql01  complete  5.0      2.0",
        "",
        "deployment  set               sealed  narrowed",
        f"hq          {SET}  no      no",
        "",
        "FAILED in backup: web01",
        f"  {DISK_FULL}",
    ]


@pytest.mark.parametrize("kind", ["backup", "restore"])
def test_check_mode_says_would_and_names_nothing_that_will_not_exist(facts: Facts, kind: Kind) -> None:
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


def test_check_mode_means_nothing_where_nothing_is_ever_changed(facts: Facts) -> None:
    for kind in ("preflight", "verify"):
        assert lines(facts, kind, check=True) == lines(facts, kind)


def test_notes_are_reported_once_with_the_hosts_that_share_them(facts: Facts) -> None:
    for host in facts:
        facts[host]["__groupid_notes"] = ["Mind the gap."]
    assert [line for line in lines(facts, "backup") if "gap" in line] == ["Note (web01, web02): Mind the gap."]


def test_a_long_note_is_folded(facts: Facts) -> None:
    for host in facts:
        facts[host]["__groupid_notes"] = ["Mind the gap. " * 10]
    [first, *others] = lines(facts, "backup")[-3:]
    assert first.startswith("Note (web01, web02): Mind the gap. ")
    assert all(line.startswith("  ") for line in others)
    assert max(map(len, [first, *others])) <= WIDTH


def test_warnings_of_the_parts_are_reported_once_with_their_servers_also_if_the_part_failed(facts: Facts) -> None:
    for host in facts:
        facts[host]["__groupid_warnings"] = ["Elasticsearch is red."]
    facts["web02"]["__groupid_warnings"].append("A file was open.")
    facts["web02"]["__groupid_failures"] = failed(DISK_FULL, phase="backup")
    assert lines(facts, "backup")[-6:] == [
        "",
        "Warning (web01, web02): Elasticsearch is red.",
        "Warning (web02): A file was open.",
        "",
        "FAILED in backup: web02",
        f"  {DISK_FULL}",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_preflight_says_at_its_end_what_a_backup_stops(facts: Facts, kind: Kind) -> None:
    """A backup says it before it stops anything."""
    run_facts.planned(run_facts.ask(facts, set_id=""))
    for host in facts:
        facts[host]["__groupid_running"] = {"schema": 1, "services": [{"name": "Data", "state": "running"}]}
    said = [line for line in lines(facts, kind) if "stops" in line]
    assert said == (["Note (web01, web02): A backup stops service Data."] if kind == "preflight" else [])


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


def test_what_a_resume_names_is_folded() -> None:
    facts = healthy("web01")
    note = "it was disabled meanwhile, and stays so; the record says that it ran before"
    entry = {"kind": "service", "name": "GroupID Replication Service of the branch", "outcome": "changed", "note": note}
    facts["web01"]["__groupid_resumed"] = {"entries": [entry]}
    found = lines(facts, "resume")
    assert max(map(len, found)) <= WIDTH
    assert " ".join(" ".join(found).split()).endswith(f"service {entry['name']}: {note}")
