# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a restore, its refusals and its ways back, without a server."""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
import re
import typing as t

import pytest
from unit.plugins.scripted_session import ScriptedSession, rows

from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.checks import check_request
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.facts import read_target
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import (
    ABSENT,
    SAFETY,
    STATES,
    BackupFile,
    BackupHeader,
    Facts,
    RefusedError,
    Request,
    Restored,
    Safety,
    ServerState,
    Target,
    TargetFile,
    journal_name,
    read_restore_mark,
    set_id_of,
    write_restore_mark,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.plan import Plan, make_plan
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.rollback import (
    Ending,
    Progress,
    decide_ending,
    find_earlier_safety,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.facts import ServerFacts

DOCUMENT = pathlib.Path(__file__).parents[6] / "docs" / "restore-database.md"
SET = "20261122T150405Z"
FAMILY = "5b0fd5b0-6b1f-4a8f-a6d6-3f4f1b2a7c22"
NOW = datetime.datetime(2026, 11, 23, 8, 15, 0, 123456, datetime.timezone.utc)
GB = 1024**3

REQUEST = Request("GroupID", (r"\\nas01\backup\GroupID.bak",), SET)
HEADER = BackupHeader(
    1, 1, f"groupid hq {SET}", "GroupID", FAMILY, "8f6c0a0e", 16, "2026-11-22 16:04:17", True, False, False, None
)
FILES = (
    BackupFile("GroupID", r"E:\Old\GroupID.mdf", "D", GB, None),
    BackupFile("Archive", r"E:\Old\Archive.ndf", "D", GB, None),
    BackupFile("GroupID_log", r"E:\Old\GroupID_log.ldf", "L", GB, None),
    BackupFile("Photos", r"E:\Old\Photos", "S", GB, None),
)
SERVER = ServerFacts(
    name="SQL01",
    version="16.0.4236.2",
    edition="Standard Edition (64-bit)",
    engine_edition=2,
    login="groupid_restore",
    sysadmin=False,
    may_create=True,
    view_server_state=True,
    alter_any_database=True,
    windows_only=False,
    hadr=False,
    data_path="D:\\Data\\",
    log_path="D:\\Log\\",
    backup_path=r"D:\Backup",
    view_definitions=True,
)
TARGET = Target(
    "GroupID",
    "ONLINE",
    family_guid=FAMILY.upper(),
    identified=True,
    files=(
        TargetFile("GroupID", r"F:\SQL\GroupID.mdf"),
        TargetFile("GroupID_log", r"G:\SQL\GroupID_log.ldf"),
    ),
)
EARLIER = Safety(f"{SAFETY} GroupID {SET} 20261123T081500.123Z", SET, (r"D:\Backup\safety.bak",), 1, "1e0a7f3e")


def facts(target: Target = TARGET, **changes: t.Any) -> Facts:
    given = Facts(SERVER, ServerState(), target, (HEADER,), FILES)
    return dataclasses.replace(given, **changes)


def planned(target: Target = TARGET, request: Request = REQUEST, **changes: t.Any) -> Plan:
    return make_plan(request, facts(target, **changes), NOW)


def refusal(request: Request = REQUEST, target: Target = TARGET, **changes: t.Any) -> str:
    with pytest.raises(RefusedError) as caught:
        make_plan(request, facts(target, **changes), NOW)
    assert caught.value.failure.cause.endswith(".")
    assert caught.value.failure.next
    return caught.value.failure.code


@pytest.mark.parametrize(
    ("state", "reported", "identified"),
    [
        ("ONLINE", "its own", True),
        ("ONLINE", None, False),
        ("RESTORING", "a leftover", False),
        ("OFFLINE", None, False),
    ],
)
def test_only_an_online_database_shows_its_family(state: str, reported: str | None, identified: bool) -> None:
    access = {"user_access_desc": "MULTI_USER", "recovery_model_desc": "FULL", "is_in_standby": 0}
    kept = {"is_encrypted": 0, "is_trustworthy_on": 0, "is_broker_enabled": 1, "owner": "sa"}
    kept |= {"last_log_backup_lsn": None}
    row = {"name": "GroupID", "database_id": 7, "state_desc": state, "family_guid": reported, "mirroring_guid": None}
    session = ScriptedSession(
        {
            "d.state_desc": rows({**row, **access, **kept, "replica_id": None}),
            "msdb.dbo.backupset": rows({"family_guid": "of msdb"}),
            "source_database_id": rows(columns=["name"]),
            "sys.master_files": rows(columns=["name", "physical_name"]),
        }
    )
    found = read_target(session, "GroupID")
    assert (found.family_guid, found.identified) == ("its own" if identified else "of msdb", identified)


def stages(plan: Plan) -> list[str]:
    return [step.stage for step in plan.steps]


# --- states ----------------------------------------------------------------------------------------------------------


def test_the_guide_has_the_states_of_the_code() -> None:
    text = DOCUMENT.read_text(encoding="utf-8").partition("## States")[2].partition("## ")[0]
    assert re.findall(r"^- `([A-Z_]+)`", text, re.MULTILINE) == list(STATES)


@pytest.mark.parametrize(
    ("state", "access", "expected"),
    [
        ("ONLINE", "MULTI_USER", ["safety", "verify_safety", "take", "restore", "give_back"]),
        ("ONLINE", "RESTRICTED_USER", ["safety", "verify_safety", "take", "restore", "give_back"]),
        ("ONLINE", "SINGLE_USER", ["open", "safety", "verify_safety", "take", "restore", "give_back"]),
        ("OFFLINE", "MULTI_USER", ["open", "open", "safety", "verify_safety", "take", "restore", "give_back"]),
        ("OFFLINE", "SINGLE_USER", ["open", "open", "safety", "verify_safety", "take", "restore", "give_back"]),
        ("RESTORING", "MULTI_USER", ["verify_safety", "restore", "give_back"]),
        ("RECOVERY_PENDING", "MULTI_USER", ["verify_safety", "restore", "give_back"]),
        ("SUSPECT", "MULTI_USER", ["verify_safety", "restore", "give_back"]),
        (ABSENT, "MULTI_USER", ["restore", "give_back"]),
    ],
)
def test_steps_by_state(state: str, access: str, expected: list[str]) -> None:
    found = dataclasses.replace(TARGET, state=state, user_access=access)
    assert stages(planned(found, earlier=EARLIER)) == expected


@pytest.mark.parametrize("state", ["RECOVERING", "EMERGENCY", "OFFLINE_SECONDARY"])
def test_states_that_are_refused(state: str) -> None:
    assert refusal(target=dataclasses.replace(TARGET, state=state)) == "state"


def test_nothing_of_ours_ever_says_single_user() -> None:
    for approach in STATES.values():
        assert "SINGLE_USER" not in " ".join((*approach.opening, approach.taking))


@pytest.mark.parametrize(
    ("state", "model", "tail", "replace"),
    [
        ("ONLINE", "SIMPLE", False, False),
        ("ONLINE", "FULL", False, True),
        ("ONLINE", "BULK_LOGGED", False, True),
        ("ONLINE", "FULL", True, False),
        ("OFFLINE", "SIMPLE", False, False),
        ("RESTORING", "SIMPLE", False, True),
        ("SUSPECT", "SIMPLE", False, True),
        (ABSENT, "SIMPLE", False, False),
    ],
)
def test_replace_only_where_the_state_requires_it(state: str, model: str, tail: bool, replace: bool) -> None:
    found = dataclasses.replace(TARGET, state=state, recovery_model=model)
    plan = planned(found, dataclasses.replace(REQUEST, tail_log=tail), earlier=EARLIER)
    statement = next(step.statement for step in plan.steps if step.stage == "restore")
    assert (plan.replace, ", REPLACE," in statement) == (replace, replace)


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": 2}, "not_full"),
        ({"kind": 0, "name": "*** INCOMPLETE ***"}, "incomplete"),
        ({"damaged": True}, "damaged"),
        ({"checksums": False}, "no_checksums"),
        ({"name": "groupid hq 20261121T000000Z"}, "other_set"),
        ({"database": "Payroll"}, "other_database"),
        ({"family_guid": "another"}, "other_family"),
        ({"server_major": 17}, "newer_server"),
        ({"contained": True}, "contained"),
        ({"thumbprint": "0xAB"}, "certificate_missing"),
    ],
)
def test_backups_that_are_refused(changes: dict[str, t.Any], code: str) -> None:
    assert refusal(headers=(dataclasses.replace(HEADER, **changes),)) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"standby": True}, "standby"),
        ({"grouped": True}, "availability_group"),
        ({"mirrored": True}, "availability_group"),
        ({"snapshots": ("before",)}, "snapshots"),
        ({"state": "SUSPECT"}, "no_safety"),
        ({"name": "Other", "family_guid": None}, "other_family"),
    ],
)
def test_databases_that_are_refused(changes: dict[str, t.Any], code: str) -> None:
    assert refusal(target=dataclasses.replace(TARGET, **changes)) == code


def test_safety_backup_of_another_set_is_named_and_not_used() -> None:
    other = dataclasses.replace(EARLIER, set_id="20261121T000000Z")
    found = dataclasses.replace(TARGET, state="RESTORING")
    assert refusal(target=found, earlier=other) == "no_safety"
    with pytest.raises(RefusedError, match=r"20261121T000000Z.*safety\.bak"):
        planned(found, earlier=other)


def test_express_holds_ten_gigabytes_and_since_2025_fifty() -> None:
    large = (dataclasses.replace(FILES[0], size=11 * GB),)
    express = dataclasses.replace(SERVER, edition="Express Edition (64-bit)")
    assert refusal(files=large, server=express) == "express_size"
    assert planned(files=large, server=dataclasses.replace(express, version="17.0.1000.7"))


def test_a_name_is_enough_only_while_the_family_is_not_known() -> None:
    assert planned(dataclasses.replace(TARGET, family_guid=None))


@pytest.mark.parametrize(
    ("changes", "confirm"),
    [
        ({}, "20261122T150406Z"),
        ({"database": "master"}, SET),
        ({"as_database": "TempDB"}, SET),
        ({"files": ()}, SET),
        ({"files": ("a\nb",)}, SET),
        ({"set_id": "latest"}, "latest"),
        ({"login_map": {"a\0": "b"}}, SET),
    ],
)
def test_requests_that_are_refused_before_any_connection(changes: dict[str, t.Any], confirm: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        check_request(dataclasses.replace(REQUEST, **changes), confirm)


# --- files -----------------------------------------------------------------------------------------------------------


def paths(plan: Plan) -> dict[str, str]:
    return {move.logical_name: move.path for move in plan.moves}


def test_files_that_are_there_stay_and_others_go_beside_them() -> None:
    assert paths(planned()) == {
        "GroupID": r"F:\SQL\GroupID.mdf",
        "Archive": r"F:\SQL\Archive.ndf",
        "GroupID_log": r"G:\SQL\GroupID_log.ldf",
        "Photos": r"D:\Data\Photos",
    }


def test_a_new_database_goes_into_the_servers_folders_and_avoids_other_databases() -> None:
    foreign = ServerState(foreign_files=("d:\\data\\GROUPID.mdf", "D:/Data/GroupID_2.mdf"))
    assert paths(planned(Target("GroupID"), server_state=foreign)) == {
        "GroupID": r"D:\Data\GroupID_3.mdf",
        "Archive": r"D:\Data\Archive.ndf",
        "GroupID_log": r"D:\Log\GroupID_log.ldf",
        "Photos": r"D:\Data\Photos",
    }


def test_under_another_name_files_are_named_after_it() -> None:
    request = dataclasses.replace(REQUEST, as_database="Copy/1", data_path="/var/data", log_path="/var/log/")
    assert paths(planned(Target("Copy/1"), request)) == {
        "GroupID": "/var/data/Copy_1.mdf",
        "Archive": "/var/data/Copy_1_Archive.ndf",
        "GroupID_log": "/var/log/Copy_1_log.ldf",
        "Photos": "/var/data/Copy_1_Photos",
    }


def test_a_path_asked_for_moves_what_is_elsewhere_and_keeps_what_is_there() -> None:
    plan = planned(request=dataclasses.replace(REQUEST, data_path="f:\\sql\\", log_path=r"H:\Log"))
    assert paths(plan)["GroupID"] == r"F:\SQL\GroupID.mdf"
    assert paths(plan)["GroupID_log"] == r"H:\Log\GroupID_log.ldf"
    assert [move.kept for move in plan.moves] == [True, False, False, False]


# --- the journal -----------------------------------------------------------------------------------------------------


def test_names_in_msdb_are_read_back_and_never_too_long() -> None:
    name = journal_name(SAFETY, "GroupID", SET, NOW)
    assert (name, set_id_of(name)) == (EARLIER.name, SET)
    labelled = f"{SET}-{'x' * 40}"
    longest = journal_name(SAFETY, "😀" * 64, labelled, NOW)
    assert len(longest.encode("utf-16-le")) // 2 <= 128
    assert set_id_of(longest) == labelled
    assert set_id_of(f"groupid hq {SET}") == SET
    assert set_id_of("nightly full") is None


def row(name: str, hour: float, uuid: str = "u", file: str = "f", **others: t.Any) -> dict[str, t.Any]:
    began = datetime.datetime(2026, 11, 23) + datetime.timedelta(hours=hour)
    return {
        "name": name,
        "description": None,
        "position": 1,
        "backup_set_uuid": uuid,
        "backup_start_date": began,
        "server_name": "SQL01",
        "physical_device_name": file,
        **others,
    }


def a_restore(hour: float, number: int = 7) -> Restored:
    return Restored(number, datetime.datetime(2026, 11, 23) + datetime.timedelta(hours=hour), "b")


def test_the_newest_backup_counts_when_nothing_came_after_it() -> None:
    newest = [row(f"groupid-tail GroupID {SET} x", 9), row(EARLIER.name, 8, "s", "a"), row(EARLIER.name, 8, "s", "b")]
    found = find_earlier_safety([*newest, row("nightly", 1)], None)
    assert found is not None
    assert (found.set_id, found.files, found.backup_set_uuid) == (SET, ("a", "b"), "s")


def test_a_later_restore_or_backup_shows_that_it_was_in_use_again() -> None:
    safety = row(EARLIER.name, 8)
    assert find_earlier_safety([safety], a_restore(9)) is None
    assert find_earlier_safety([safety], dataclasses.replace(a_restore(7), finished=None)) is None
    assert find_earlier_safety([row("nightly", 9), safety], None) is None
    assert find_earlier_safety([row(f"groupid hq {SET}", 9), safety], None) is None
    assert find_earlier_safety([], None) is None


def test_backups_that_a_restore_brought_from_another_server_are_no_use_of_the_database() -> None:
    safety = row(EARLIER.name, 8)
    assert find_earlier_safety([row("nightly", 1, server_name="SQL02"), safety], None) is not None


@pytest.mark.parametrize(
    ("hour", "number", "counts"),
    [
        (8 + 0.4 / 3600, 7, True),  # the backup's date has no fractions: this was before it, within its second
        (8.9, 7, True),  # clocks were turned back in between
        (8 + 0.4 / 3600, 8, False),
        (7, 8, False),  # clocks were turned back, and the restore came after the backup
        (10.5, 7, False),  # msdb was made anew, and counts from 1 again
    ],
)
def test_the_key_in_its_description_shows_what_came_after_a_safety_backup(
    hour: float, number: int, counts: bool
) -> None:
    safety = row(EARLIER.name, 8, description=write_restore_mark(a_restore(7, 7)))
    assert (find_earlier_safety([safety], a_restore(hour, number)) is not None) == counts


def test_a_key_is_read_back_and_nothing_else_is() -> None:
    assert [read_restore_mark(write_restore_mark(one)) for one in (None, a_restore(1, 12))] == [0, 12]
    others = (None, "", "7", "nightly 7", f"{write_restore_mark(None)}x", f"{write_restore_mark(None)}\n")
    assert [read_restore_mark(text) for text in others] == [None] * 6


# --- the rollback ----------------------------------------------------------------------------------------------------


def found(state: str, access: str = "MULTI_USER") -> Target:
    return dataclasses.replace(TARGET, state=state, user_access=access)


def words(ending: Ending) -> list[str]:
    return [step.statement.replace("[GroupID] ", "").removeprefix("ALTER DATABASE SET ") for step in ending.steps]


SAVED = Progress(opened=True, safety=EARLIER)
RESTORING = dataclasses.replace(SAVED, restoring=True)


@pytest.mark.parametrize(
    ("start", "progress", "now", "outcome", "steps"),
    [
        ("ONLINE", Progress(safety=EARLIER), found("ONLINE"), "as_found", []),
        ("ONLINE", SAVED, found("ONLINE"), "as_found", []),
        ("ONLINE", SAVED, found("OFFLINE"), "as_found", ["ONLINE"]),
        ("ONLINE", SAVED, found("ONLINE", "RESTRICTED_USER"), "as_found", ["MULTI_USER"]),
        ("ONLINE", RESTORING, found("OFFLINE"), "as_found", ["ONLINE"]),
        ("ONLINE", dataclasses.replace(RESTORING, rolled=True), found("ONLINE"), "rolled_back", ["MULTI_USER"]),
        (
            "OFFLINE",
            SAVED,
            found("ONLINE", "RESTRICTED_USER"),
            "as_found",
            ["OFFLINE WITH ROLLBACK IMMEDIATE", "MULTI_USER"],
        ),
        ("OFFLINE", RESTORING, found("OFFLINE"), "as_found", []),
        ("OFFLINE", RESTORING, found("OFFLINE", "RESTRICTED_USER"), "as_found", ["MULTI_USER"]),
        (
            "OFFLINE",
            dataclasses.replace(RESTORING, rolled=True),
            found("ONLINE", "RESTRICTED_USER"),
            "rolled_back",
            ["OFFLINE WITH ROLLBACK IMMEDIATE", "MULTI_USER"],
        ),
        ("OFFLINE", SAVED, found("OFFLINE", "RESTRICTED_USER"), "as_found", ["MULTI_USER"]),
        ("OFFLINE", SAVED, found("RECOVERY_PENDING"), "as_found", ["OFFLINE"]),
        ("ONLINE", dataclasses.replace(RESTORING, safety=None), found("RESTORING"), "broken", []),
        ("RESTORING", dataclasses.replace(RESTORING, safety=None), found("SUSPECT"), "broken", []),
        (ABSENT, Progress(restoring=True), found("RESTORING"), "as_found", ["DROP DATABASE [GroupID]"]),
        (ABSENT, Progress(restoring=True), found(ABSENT), "as_found", []),
    ],
)
def test_ways_back(start: str, progress: Progress, now: Target, outcome: str, steps: list[str]) -> None:
    plan = dataclasses.replace(planned(), target=found(start))
    ending = decide_ending(plan, progress, now)
    assert (ending.outcome, words(ending)) == (outcome, steps)


@pytest.mark.parametrize("state", ["RESTORING", "SUSPECT", "RECOVERY_PENDING", ABSENT])
def test_what_cannot_be_used_is_rolled_back_from_the_safety_backup(state: str) -> None:
    ending = decide_ending(planned(), RESTORING, found(state))
    assert ending.outcome == "rolled_back"
    assert "safety.bak" in ending.steps[0].statement
    assert (", REPLACE," in ending.steps[0].statement) == (state != ABSENT)
    assert words(ending)[-1] == "MULTI_USER"


def test_what_was_offline_is_closed_after_it_was_rolled_back() -> None:
    plan = dataclasses.replace(planned(), target=found("OFFLINE"))
    ending = decide_ending(plan, RESTORING, found("RESTORING"))
    assert (ending.outcome, words(ending)[1:]) == ("rolled_back", ["OFFLINE WITH ROLLBACK IMMEDIATE", "MULTI_USER"])


def test_an_offline_database_that_does_not_come_back_is_rolled_back() -> None:
    ending = decide_ending(planned(), dataclasses.replace(SAVED, unopened=True), found("OFFLINE"))
    assert ending.outcome == "rolled_back"


def test_the_tail_is_recovered_before_restore_and_rolled_in_after_it() -> None:
    full = dataclasses.replace(TARGET, recovery_model="FULL")
    plan = planned(full, dataclasses.replace(REQUEST, tail_log=True))
    tailed = dataclasses.replace(SAVED, tail=True)
    assert words(decide_ending(plan, tailed, found("RESTORING"))) == ["RESTORE DATABASE WITH RECOVERY", "MULTI_USER"]
    kinds = [
        statement.split()[1]
        for statement in words(decide_ending(plan, dataclasses.replace(tailed, restoring=True), found("RESTORING")))[:2]
    ]
    assert kinds == ["DATABASE", "LOG"]
