# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set's backup is made once, counts only when msdb says so, and a lost connection is never taken for success."""

from __future__ import annotations

import collections.abc as c
import datetime
import itertools
import typing as t

import pytest
from unit.plugins.scripted_session import Answer, ScriptedSession, rows

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.model import Order
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.run import BackupError, BackupRun
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.progress import Progress
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.reconnect import (
    RECONNECT_SECONDS,
    Reconnect,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Message,
    NoConnectionError,
    Outcome,
    Session,
    SqlError,
)

FAMILY = "b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
FILE = r"D:\b\GroupID.bak"
ORDER = Order("GroupID", "groupid hq 20261122T150405Z", "groupid 0123456789abcdef", (FILE,))
RECOVERING = "RECOVERING"
GET, RELEASE, FIND, BACKUP, VERIFY = (
    "sp_getapplock",
    "sp_releaseapplock",
    "msdb.dbo.backupset",
    "BACKUP DATABASE",
    "VERIFY",
)
GRANTED = rows({"code": 0, "session_id": 57})
HELD = rows({"code": -1, "session_id": 58})
NONE = rows(columns=["backup_set_id"])
DONE = Outcome(
    messages=(Message(3211, "50 percent processed."), Message(3014, "BACKUP DATABASE successfully processed."))
)
LOST = ConnectionLostError(None, "Communication link failure", statement="")


def recorded(**changes: t.Any) -> Outcome:
    """msdb's record of ORDER's backup."""
    now = datetime.datetime(2026, 11, 22, 15, 4, 6)
    row = {
        "backup_set_id": 1,
        "backup_set_uuid": "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
        "family_guid": FAMILY.upper(),
        "database_name": "GroupID",
        "name": ORDER.name,
        "position": 1,
        "backup_size": 5_000_000,
        "compressed_backup_size": 1_000_000,
        "first_lsn": 36,
        "last_lsn": 38,
        "checkpoint_lsn": 37,
        "backup_start_date": now,
        "backup_finish_date": now,
        "time_zone": 0,
        "is_copy_only": True,
        "has_backup_checksums": True,
        "is_damaged": False,
        "user_name": "backup",
        "server_name": "SQL01",
        "media_name": ORDER.media,
        "is_compressed": True,
        "physical_device_name": FILE,
        "encryptor_thumbprint": None,
    }
    return rows({**row, **changes})


def session(**rules: Answer | c.Sequence[Answer]) -> ScriptedSession:
    """A server on which all goes well, but for what is given, by the names of the constants."""
    usual: dict[str, t.Any] = {
        "GET": GRANTED,
        "RELEASE": Outcome(),
        "BACKUP": DONE,
        "VERIFY": Outcome(),
        "FIND": [NONE, recorded()],
        "RECOVERING": rows(columns=["name"]),
    }
    return ScriptedSession({globals()[name]: answer for name, answer in {**usual, **rules}.items()})


def run(first: Session, *others: Session | NoConnectionError, order: Order = ORDER, **changes: t.Any) -> BackupRun:
    """A run on the first session; others: what opening further ones gives."""
    further = iter(others)

    def opener() -> Session:
        found = next(further)
        if isinstance(found, NoConnectionError):
            raise found
        return found

    settings = {"major_version": 16, "family_guid": FAMILY, "progress": Progress()}
    settings["reconnect"] = Reconnect(opener, sleep=lambda dummy: None)
    return BackupRun(first, opener, order, **{**settings, **changes})


def failed(this: BackupRun, patience: float = 0) -> BackupError:
    with pytest.raises(BackupError) as raised:
        this.make(patience)
    return raised.value


def test_made_under_the_claim_and_confirmed_before_it_is_given_back() -> None:
    first = session()
    progress = Progress()
    made = run(first, progress=progress).make(60)
    assert [next(word for word in (GET, RELEASE, BACKUP, FIND) if word in batch) for batch in first.executed] == [
        GET,
        FIND,
        BACKUP,
        FIND,
        RELEASE,
    ]
    assert not made.shared
    assert made.record.files == (FILE,)
    assert [step[1] for step in progress.steps] == [50.0]


def test_backup_that_is_there_is_shared() -> None:
    first = session(FIND=recorded(media_name="groupid of another"))
    made = run(first).make(60)
    assert made.shared
    assert not first.sent(BACKUP)


def test_claim_that_others_keep_ends_it_before_anything() -> None:
    first = ScriptedSession({GET: HELD, "dm_tran_locks": rows(columns=["session_id"])})
    error = failed(run(first))
    assert error.failure.explained()["code"] == "claim"
    assert "claim_timeout" in error.failure.explained()["next"]
    assert not first.sent(BACKUP)


def test_backup_without_a_record_is_not_done() -> None:
    said = Outcome(messages=(Message(3009, "Could not insert a backup or restore history/detail record."),))
    error = failed(run(session(FIND=NONE, BACKUP=said)))
    assert error.failure.explained()["code"] == "not_recorded"
    assert "3009" in error.failure.explained()["cause"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"position": 2}, "appended"),
        ({"has_backup_checksums": False}, "no checksums"),
        ({"family_guid": "c" * 8}, f"database is of {FAMILY}"),
    ],
)
def test_record_of_something_else_is_not_done(change: dict[str, t.Any], words: str) -> None:
    for answers in ([NONE, recorded(**change)], recorded(**change)):
        error = failed(run(session(FIND=answers)))
        assert error.failure.explained()["code"] == "not_confirmed"
        assert words in error.failure.explained()["cause"]
        assert error.record is not None


def test_shared_backup_must_be_encrypted_when_that_is_asked_for() -> None:
    order = Order(**{**ORDER.__dict__, "certificate": "BackupCert"})
    error = failed(run(session(FIND=recorded()), order=order))
    assert "not encrypted" in error.failure.explained()["cause"]
    run(session(FIND=recorded(encryptor_thumbprint=b"\x01")), order=order).make(0)


def test_refused_backup_leads_with_the_server_s_words_and_gives_the_claim_back() -> None:
    denied = "Cannot open backup device 'D:\\b\\GroupID.bak'. Operating system error 5(Access is denied.)."
    first = session(BACKUP=SqlError(3201, denied))
    error = failed(run(first))
    assert error.failure.explained()["code"] == "sql_3201"
    assert denied in str(error)
    assert "delete" not in error.failure.explained()["next"]
    assert first.sent(RELEASE)


@pytest.mark.parametrize("number", [4037, 3241, 3098])
def test_backup_makes_way_for_a_file_that_is_there_already(number: int) -> None:
    beside = r"D:\b\GroupID_89abcdef.bak"
    first = session(BACKUP=[SqlError(number, "no"), DONE], FIND=[NONE, recorded(physical_device_name=beside)])
    made = run(first).make(0)
    assert [FILE in batch for batch in first.sent(BACKUP)] == [True, False]
    assert beside in first.sent(BACKUP)[1]
    assert made.record.files == (beside,)
    assert FILE in made.warnings[0]


def test_files_that_are_all_there_already_are_said_so() -> None:
    error = failed(run(session(BACKUP=SqlError(4037, "no"))))
    assert error.failure.explained()["code"] == "file_exists"
    assert "GroupID_89abcdef.bak" in error.failure.explained()["next"]


@pytest.mark.parametrize("rules", [{"GET": LOST}, {"FIND": LOST}])
def test_connection_lost_before_backup_is_said_to_have_started_nothing(rules: dict[str, Answer]) -> None:
    first = session(**rules)
    error = failed(run(first))
    assert error.failure.explained()["code"] == "connection_lost"
    assert "was not started" in str(error)
    assert not first.sent(BACKUP)


@pytest.mark.parametrize("rules", [{"BACKUP": LOST}, {"FIND": [NONE, LOST]}])
def test_connection_lost_later_and_recorded_is_done_with_a_warning(rules: dict[str, t.Any]) -> None:
    second = session(FIND=recorded())
    this = run(session(**rules), second)
    made = this.make(0)
    assert not made.shared
    assert "connection was lost" in made.warnings[0]
    assert "Communication link failure" in made.warnings[0]
    assert this.session is second
    assert GET in second.executed[0]
    assert not second.sent(BACKUP)


def test_connection_lost_and_not_recorded_is_cut() -> None:
    first = session(BACKUP=LOST)
    error = failed(run(first, session(FIND=NONE)))
    assert error.failure.explained()["code"] == "backup_cut"
    assert "new set id" in error.failure.explained()["next"]
    assert first.closed


def test_backup_that_another_run_made_after_the_loss_is_shared() -> None:
    made = run(session(BACKUP=LOST), session(FIND=recorded(media_name="groupid of another"))).make(0)
    assert made.shared
    assert "Another run made the backup" in made.warnings[0]


def test_server_that_cannot_be_reached_again_leaves_it_unknown() -> None:
    gone = NoConnectionError(None, "No route to host")
    moments = itertools.count(0.0, 30.0)

    def opener() -> Session:
        raise gone

    again = Reconnect(opener, clock=lambda: next(moments), sleep=lambda dummy: None)
    error = failed(run(session(BACKUP=LOST), reconnect=again))
    assert error.failure.explained()["code"] == "backup_unknown"
    assert "No route to host" in error.failure.explained()["cause"]
    assert "same set id" in error.failure.explained()["next"]
    assert next(moments) > RECONNECT_SECONDS


def test_msdb_is_asked_after_it_was_recovered() -> None:
    second = session(RECOVERING=[rows({"name": "msdb"}), rows(columns=["name"])], FIND=recorded())
    assert run(session(BACKUP=LOST), second).make(0).warnings
    looks = [word for batch in second.executed for word in (RECOVERING, FIND) if word in batch]
    assert looks == [RECOVERING, RECOVERING, FIND]


def test_server_that_comes_back_in_time_settles_it() -> None:
    gone = NoConnectionError(None, "No route to host")
    assert run(session(BACKUP=LOST), gone, gone, session(FIND=recorded())).make(0).warnings


def test_server_that_has_not_ended_the_lost_session_leaves_it_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.run"
    monkeypatch.setattr(f"{module}._SETTLE", 0.0)
    second = ScriptedSession({GET: HELD, "dm_tran_locks": rows(columns=["session_id"])})
    error = failed(run(session(BACKUP=LOST), second))
    assert error.failure.explained()["code"] == "backup_unknown"
    assert not second.sent(FIND)


def test_connection_lost_twice_leaves_it_unknown() -> None:
    assert failed(run(session(BACKUP=LOST), session(FIND=LOST))).failure.explained()["code"] == "backup_unknown"


def test_verification_reads_the_recorded_files() -> None:
    first = session(FIND=recorded(physical_device_name="E:\\other.bak"))
    this = run(first)
    this.verify(this.make(0).record)
    assert "N'E:\\other.bak'" in first.sent(VERIFY)[0]


def test_failed_verification_keeps_the_record() -> None:
    this = run(session(VERIFY=SqlError(3189, "Damage to the backup set was detected.")))
    record = this.make(0).record
    with pytest.raises(BackupError, match="did not pass RESTORE VERIFYONLY") as raised:
        this.verify(record)
    assert raised.value.record is record
    assert raised.value.failure.explained()["code"] == "sql_3189"


def test_verification_that_was_cut_says_how_to_go_on() -> None:
    this = run(session(VERIFY=LOST))
    record = this.make(0).record
    with pytest.raises(BackupError, match="was not verified") as raised:
        this.verify(record)
    assert "same set id" in raised.value.failure.explained()["next"]
