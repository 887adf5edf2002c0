# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal of a SQL Server on the double: what it tells, and that it drops its own and nothing else."""

from __future__ import annotations

import collections.abc as c
import itertools
import json
import pathlib
import re
import typing as t

import pytest
from ansible.module_utils import basic
from unit.plugins import sql_drivers
from unit.plugins.recorded_host import Host
from unit.plugins.scripted_session import ScriptedSession, rows

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    DATABASE_CLAIMS,
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    Finding,
    gathered,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.rehearsal import rehearsal, scratch
from ansible_collections.identityops.groupid.plugins.module_utils.sql.rehearsal.rehearsal import (
    OF_SCRATCH,
    Outcome,
    Subject,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.reconnect import Reconnect
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Outcome as SessionOutcome
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target
from ansible_collections.identityops.groupid.plugins.modules import groupid_sql_rehearsal
from lab.sql import readme_logins
from lab.sql.engine import Certificate
from lab.sql.faults import Fault
from lab.sql.server import SqlServerDouble
from lab.sql.wire import Message
from lab.waiting import until

README = pathlib.Path(__file__).parents[4] / "README.md"
FOLDER = r"D:\Backups"
SYSTEM = {"master", "tempdb", "model", "msdb"}
# Batches of a rehearsal without a scratch database. A procedure that reads the registry is one of the double's server.
READS = ("SELECT", "EXEC master.dbo.xp_instance_regread ", "EXEC master.dbo.xp_fileexist ")
IN_USE = 'Cannot drop database "{}" because it is currently in use.'
# On this double there is no encryption, and no log chain was begun.
USUAL = {"sql.encrypted": NOT_HELD, "sql.certificate": NOT_HELD, "sql.key_saved": NOT_TRIED}


@pytest.fixture
def server(tmp_path: pathlib.Path, statements: list[str]) -> c.Iterator[SqlServerDouble]:
    with SqlServerDouble(tmp_path) as double:
        double.engine.add_database("GroupID", last_full_lsn=1)
        double.engine.map_path(FOLDER).mkdir(parents=True)
        yield double
    statements += double.statements


def run(
    double: SqlServerDouble, driver: str = "FreeTDS", login: dict[str, str] | None = None, **asked: t.Any
) -> Outcome:
    where = sql_drivers.target(double, driver, **(login or {}))
    subject = Subject("GroupID", **{"path": FOLDER, "encrypt": "off", "scratch": True, **asked})
    return rehearsal.rehearse(lambda: open_session(where), subject, patience=3)


def answers(outcome: Outcome) -> dict[str, Finding]:
    return {one.id: one for one in gathered(outcome.findings, DATABASE_CLAIMS)}


def databases(double: SqlServerDouble) -> set[str]:
    return {one.name for one in double.engine.databases.values()} - SYSTEM


def files(double: SqlServerDouble) -> list[str]:
    return sorted(path.name for path in double.engine.map_path(FOLDER).iterdir())


@sql_drivers.both_drivers
def test_a_healthy_server_holds_everything_and_nothing_stays(server: SqlServerDouble, driver: str) -> None:
    before = server.engine.sql("GroupID", "SELECT * FROM sqlite_master")
    outcome = run(server, driver)
    reported = answers(outcome)
    assert {
        one.id: (one.verdict, one.seen) for one in reported.values() if one.verdict != USUAL.get(one.id, HELD)
    } == {}
    assert databases(server) == {"GroupID"}
    assert files(server) == []
    assert (outcome.left, outcome.files, outcome.changed) == ([], [], True)
    assert server.engine.sql("GroupID", "SELECT * FROM sqlite_master") == before
    touched = [one for one in server.statements if re.match(r"BACKUP|RESTORE|DROP|IF|CREATE|INSERT|DBCC", one)]
    assert touched
    assert not [one for one in touched if "[GroupID]" in one or "N'GroupID'" in one]
    assert not server.engine.locks.holds()


def test_without_a_scratch_database_every_batch_only_reads(server: SqlServerDouble) -> None:
    reported = answers(run(server, scratch=False))
    assert {one for one in reported if reported[one].verdict == NOT_TRIED} == {*OF_SCRATCH, "sql.key_saved"}
    assert server.statements
    assert [one for one in server.statements if not one.startswith(READS)] == []
    writing = re.compile(r"\b(INTO|UPDATE|DELETE|CREATE|DROP|ALTER|BACKUP|RESTORE) ", re.IGNORECASE)
    assert [one for one in server.statements if writing.search(re.sub(r"N'[^']*'", "", one))] == []


def test_a_login_that_may_not_create_makes_nothing(server: SqlServerDouble) -> None:
    login = server.engine.add_login("reader", "Reader-1!")
    outcome = run(server, login={"username": login.name, "password": login.password})
    reported = answers(outcome)
    assert reported["sql.scratch"].verdict == REFUSED
    assert "262" in reported["sql.scratch"].seen
    assert reported["sql.verify_right"].verdict == REFUSED
    assert reported["sql.restore_right"].verdict == REFUSED
    assert reported["sql.backup"].verdict == NOT_TRIED
    assert (outcome.changed, outcome.left, files(server)) == (False, [], [])
    assert databases(server) == {"GroupID"}


def test_a_login_that_may_create_rehearses_and_names_the_file_that_it_may_not_remove(server: SqlServerDouble) -> None:
    login = server.engine.add_login("maker", "Maker-1!", roles={"dbcreator"})
    outcome = run(server, login={"username": login.name, "password": login.password})
    reported = answers(outcome)
    assert {reported[one].verdict for one in OF_SCRATCH[:-1]} == {HELD}, outcome.findings
    assert reported["sql.file_removed"].verdict == REFUSED
    [file] = files(server)
    assert outcome.files == [rf"{FOLDER}\{file}"]
    assert file in reported["sql.file_removed"].seen
    assert databases(server) == {"GroupID"}


@pytest.mark.parametrize("sees_volumes", [False, True])
@sql_drivers.both_drivers
def test_no_room_for_the_test_restore_says_nothing_of_the_backup(
    server: SqlServerDouble, driver: str, sees_volumes: bool
) -> None:
    rights = {"VIEW SERVER STATE"} if sees_volumes else set()
    login = server.engine.add_login("maker", "Maker-1!", roles={"dbcreator"}, permissions=rights)
    server.engine.volume_free = 1024
    outcome = run(server, driver, login={"username": login.name, "password": login.password})
    reported = answers(outcome)
    assert reported["sql.backup"].verdict == HELD
    assert reported["sql.test_restore"].verdict == NOT_TRIED
    assert "1024 bytes" in reported["sql.test_restore"].seen.replace(",", "")
    assert databases(server) == {"GroupID"}


@pytest.mark.parametrize("restores", [False, True])
@sql_drivers.both_drivers
def test_both_logins_of_the_readme_rehearse(server: SqlServerDouble, driver: str, restores: bool) -> None:
    [sql] = re.findall(r"```sql\n(-- backup and verify.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    granted = sql if restores else sql.partition("-- and restore")[0]
    readme_logins.add_login(server.engine, server.engine.database("GroupID"), granted, "groupid_backup", "Readme-1!")
    outcome = run(server, driver, login={"username": "groupid_backup", "password": "Readme-1!"})
    reported = answers(outcome)
    usual = {**USUAL, "sql.file_removed": REFUSED, **({} if restores else {"sql.restore_right": REFUSED})}
    usual["sql.folder"] = reported["sql.folder"].verdict  # the server shows this login some folders
    assert {
        one.id: (one.verdict, one.seen) for one in reported.values() if one.verdict != usual.get(one.id, HELD)
    } == {}
    assert databases(server) == {"GroupID"}


def through(
    server: SqlServerDouble,
    host: c.Callable[..., Host],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    **options: t.Any,
) -> dict[str, t.Any]:
    """Run the module in its action, as a task does."""
    where = sql_drivers.target(server, "FreeTDS")
    names = ("server", "port", "username", "password", "encrypt", "driver")
    given = {**{name: getattr(where, name) for name in names}, "database": "GroupID", "deployment": "HQ", **options}

    def execute(_self: object, *, module_args: dict[str, t.Any], **_rest: t.Any) -> dict[str, t.Any]:
        text = json.dumps({"ANSIBLE_MODULE_ARGS": {"_ansible_remote_tmp": "/tmp", **module_args}})
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", text.encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit):
            groupid_sql_rehearsal.main()
        return t.cast("dict[str, t.Any]", json.loads(capsys.readouterr().out.strip().splitlines()[-1]))

    made = host("groupid_sql_rehearsal", given)
    monkeypatch.setattr(type(made.action), "_execute_module", execute)
    return made.run()


def test_the_result_stays_on_the_controller(
    server: SqlServerDouble,
    host: c.Callable[..., Host],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: pathlib.Path,
) -> None:
    asked = {"path": FOLDER, "scratch": True, "directory": str(tmp_path / "kept")}
    result = through(server, host, monkeypatch, capsys, **asked)
    assert not result.get("failed"), result
    assert result["changed"]
    assert result["losses"] == []
    assert "document" not in result
    kept = tmp_path / "kept" / "rehearsal-hq-database.json"
    assert result["file"] == str(kept)
    assert json.loads(kept.read_text())["claims"] == result["claims"]
    assert max(map(len, result["table"])) <= 80
    for name in ("127.0.0.1", FOLDER, server.password, "SQL01"):
        assert name not in kept.read_text()
    assert through(server, host, monkeypatch, capsys)["changed"] is False


def test_a_result_that_cannot_be_written_is_refused_before_anything_is_made(
    server: SqlServerDouble,
    host: c.Callable[..., Host],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: pathlib.Path,
) -> None:
    (tmp_path / "kept" / "rehearsal-hq-database.json").mkdir(parents=True)
    asked = {"path": FOLDER, "scratch": True, "directory": str(tmp_path / "kept")}
    result = through(server, host, monkeypatch, capsys, **asked)
    assert result["error"]["code"] == "result_file"
    assert server.statements == []


def test_a_result_that_cannot_be_written_afterwards_still_names_what_is_left(
    server: SqlServerDouble,
    host: c.Callable[..., Host],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: pathlib.Path,
) -> None:
    file = tmp_path / "kept" / "rehearsal-hq-database.json"
    server.faults.errors(r"DROP DATABASE \[groupid_rehearsal_", (3702, IN_USE.format("it")))
    server.faults.first("^BACKUP DATABASE", file.mkdir)
    asked = {"path": FOLDER, "scratch": True, "directory": str(tmp_path / "kept")}
    result = through(server, host, monkeypatch, capsys, **asked)
    assert (result["error"]["code"], result["file"]) == ("scratch_left", None)
    assert result["left"] == sorted(databases(server) - {"GroupID"})


def test_a_task_fails_with_its_claims_where_a_database_is_left(
    server: SqlServerDouble,
    host: c.Callable[..., Host],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.faults.errors(r"DROP DATABASE \[groupid_rehearsal_", (3702, IN_USE.format("it")))
    result = through(server, host, monkeypatch, capsys, path=FOLDER, scratch=True)
    [left] = databases(server) - {"GroupID"}
    assert result["failed"]
    assert result["error"]["code"] == "scratch_left"
    assert left in result["error"]["next"]
    assert result["left"] == [left]
    assert {one["id"] for one in result["claims"]} == {claim.id for claim in DATABASE_CLAIMS}


def test_a_file_that_the_caller_removes_is_left_to_it(server: SqlServerDouble) -> None:
    outcome = run(server, keep_file=True)
    assert answers(outcome)["sql.file_removed"].verdict == NOT_TRIED
    assert outcome.files == [rf"{FOLDER}\{one}" for one in files(server)] != []


def test_a_folder_that_cannot_be_written_is_found(server: SqlServerDouble) -> None:
    server.engine.os_errors[FOLDER] = 5
    outcome = run(server)
    reported = answers(outcome)
    assert reported["sql.backup"].verdict == NOT_HELD
    assert "3201" in reported["sql.backup"].seen
    assert reported["sql.test_restore"].verdict == NOT_TRIED
    assert reported["sql.scratch_dropped"].verdict == HELD
    assert (databases(server), outcome.left, outcome.files) == ({"GroupID"}, [], [])


def test_a_folder_that_is_not_there_is_found(server: SqlServerDouble) -> None:
    reported = answers(run(server, path=r"D:\Nowhere"))
    assert reported["sql.folder"].verdict == NOT_HELD
    assert reported["sql.backup"].verdict == NOT_HELD


def test_a_folder_whose_path_is_too_long_for_the_scratch_is_not_tried(server: SqlServerDouble) -> None:
    reported = answers(run(server, path="D:\\" + "a" * 220))
    assert reported["sql.backup"].verdict == NOT_TRIED
    assert "250 characters" in reported["sql.backup"].seen
    assert databases(server) == {"GroupID"}


def damage(server: SqlServerDouble) -> None:
    [path] = server.engine.map_path(FOLDER).iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def test_damage_of_the_backup_is_found_by_its_checksums(server: SqlServerDouble) -> None:
    server.faults.first("VERIFYONLY", lambda: damage(server))
    reported = answers(run(server))
    assert (reported["sql.backup"].verdict, reported["sql.verify"].verdict) == (HELD, NOT_HELD)
    assert reported["sql.test_restore"].verdict == NOT_TRIED
    assert (databases(server), files(server)) == ({"GroupID"}, [])


def test_damage_after_the_verification_is_found_by_the_test_restore(server: SqlServerDouble) -> None:
    server.faults.first("^RESTORE DATABASE", lambda: damage(server))
    reported = answers(run(server))
    assert (reported["sql.verify"].verdict, reported["sql.test_restore"].verdict) == (HELD, NOT_HELD)
    assert (databases(server), files(server)) == ({"GroupID"}, [])


def test_a_row_that_does_not_come_back_is_found(server: SqlServerDouble) -> None:
    def lose() -> None:
        [name] = [one for one in databases(server) if one.startswith("groupid_test_")]
        server.engine.sql(name, 'DELETE FROM "dbo.known_rows" WHERE number = 7')

    server.faults.first("^DBCC CHECKDB", lose)
    reported = answers(run(server))
    assert reported["sql.test_restore"].verdict == HELD
    assert reported["sql.rows"].verdict == NOT_HELD
    assert "1 are missing" in reported["sql.rows"].seen
    assert databases(server) == {"GroupID"}


@pytest.mark.parametrize("kind", ["rehearsal", "test"])
def test_a_drop_that_is_refused_is_reported_with_the_name(server: SqlServerDouble, kind: str) -> None:
    server.faults.errors(rf"DROP DATABASE \[groupid_{kind}_", (3702, IN_USE.format("it")), nth=1)
    outcome = run(server)
    [left] = databases(server) - {"GroupID"}
    assert outcome.left == [left]
    assert left.startswith(f"groupid_{kind}_")
    reported = answers(outcome)
    assert reported["sql.scratch_dropped"].verdict == NOT_HELD
    assert left in reported["sql.scratch_dropped"].seen
    failure = groupid_sql_rehearsal.left_failure(outcome)
    assert failure.code == "scratch_left"
    assert f"DROP DATABASE [{left}];" in failure.next


def test_a_database_that_somebody_else_made_under_the_name_is_never_dropped(
    server: SqlServerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "groupid_rehearsal_0123456789abcdef"
    monkeypatch.setattr(scratch, "scratch_name", lambda: name)
    server.engine.add_database(name)
    outcome = run(server)
    assert answers(outcome)["sql.scratch"].verdict == REFUSED
    assert answers(outcome)["sql.leftovers"].verdict == NOT_HELD
    assert databases(server) == {"GroupID", name}
    assert (outcome.changed, outcome.left) == (False, [])


def test_a_database_that_is_there_after_create_was_refused_is_named_and_never_dropped(
    server: SqlServerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error ends the statement, not what was done before it: CREATE DATABASE was done, and the SELECT failed."""
    name = "groupid_rehearsal_0123456789abcdef"
    monkeypatch.setattr(scratch, "scratch_name", lambda: name)
    deadlock = Message(1205, "Transaction was deadlocked on lock resources with another process.", 13)
    made = Fault("^CREATE DATABASE", messages=(deadlock,), act=lambda: server.engine.add_database(name))
    server.faults.add(made)
    outcome = run(server)
    assert answers(outcome)["sql.scratch"].verdict == REFUSED
    assert name in answers(outcome)["sql.scratch_dropped"].seen
    assert (outcome.left, outcome.changed) == ([name], True)
    assert databases(server) == {"GroupID", name}


def test_an_azure_service_gets_no_scratch_database(server: SqlServerDouble) -> None:
    server.engine.edition = "SQL Azure"
    outcome = run(server)
    reported = answers(outcome)
    assert reported["sql.files"].verdict == NOT_HELD
    assert {reported[one].verdict for one in OF_SCRATCH} == {NOT_TRIED}
    assert {reported[one].seen for one in OF_SCRATCH} == {reported["sql.files"].seen}
    assert not [one for one in server.statements if one.startswith("CREATE")]


def test_a_database_that_took_the_name_meanwhile_is_never_dropped(server: SqlServerDouble) -> None:
    """Somebody drops the scratch database and makes another one of its name, with the same number."""

    def exchange() -> None:
        [name] = [one for one in databases(server) if one.startswith("groupid_rehearsal_")]
        old = server.engine.database(name)
        server.engine.drop(old)
        server.engine.add_database(name, {}, database_id=old.database_id)

    server.faults.first(r"DROP DATABASE \[groupid_rehearsal_", exchange)
    outcome = run(server)
    [name] = databases(server) - {"GroupID"}
    assert "another database has its name" in answers(outcome)["sql.scratch_dropped"].seen
    assert outcome.left == [name]


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (None, None),
        ({"broker": None}, "does not identify it any more"),
        ({}, "did not drop it"),
        ({"number": "8"}, "another database has its name"),
    ],
)
def test_a_database_counts_as_dropped_when_nothing_has_its_name(now: dict[str, t.Any] | None, said: str | None) -> None:
    made = scratch.Identity("7", "2026-01-01T00:00:00", "0F")
    found = rows(columns=["number"]) if now is None else rows({**made._asdict(), **now})
    session = ScriptedSession({"DROP DATABASE": SessionOutcome(), "SELECT": found})
    refused = scratch.drop(session, "groupid_rehearsal_0123456789abcdef", made)
    assert refused is None if said is None else said in str(refused)


# Where a connection is lost: batch, which of its kind, and when.
MOMENTS = [
    *(
        (pattern, nth, when)
        for when in ("before", "after")
        for pattern, nth in (
            ("sp_getapplock", 1),
            ("^CREATE DATABASE", 1),
            ("^CREATE TABLE", 1),
            ("^INSERT", 1),
            (r"sys\.databases AS d", 2),
            ("sp_getapplock", 2),
            ("^BACKUP DATABASE", 1),
            ("backupmediafamily", 2),
            ("VERIFYONLY", 1),
            ("sp_getapplock", 3),
            ("FILELISTONLY", 1),
            ("^RESTORE DATABASE", 1),
            ("^DBCC CHECKDB", 1),
            ("^SELECT number, words", 1),
            (r"DROP DATABASE \[groupid_test_", 1),
            (r"DROP DATABASE \[groupid_rehearsal_", 1),
            ("sp_releaseapplock", 1),
        )
    ),
    *(("^BACKUP DATABASE", percent, "during") for percent in (10, 90)),
    *(("^RESTORE DATABASE", percent, "during") for percent in (10, 90)),
]


@pytest.mark.parametrize(("pattern", "number", "when"), MOMENTS)
def test_what_a_lost_connection_leaves_is_reported_and_the_next_run_names_it(
    server: SqlServerDouble, pattern: str, number: int, when: t.Literal["before", "during", "after"]
) -> None:
    if when == "during":
        server.engine.backup_seconds = 0.3
        server.faults.drop(pattern, when, percent=number)
    else:
        server.faults.drop(pattern, when, nth=number)
    outcome = run(server)
    stayed = databases(server) - {"GroupID"}
    assert set(outcome.left) == stayed
    in_creation = pattern == "^CREATE DATABASE" and when == "after"
    assert bool(stayed) == in_creation
    reported = answers(outcome)
    assert not [one for one in reported.values() if one.verdict == NOT_HELD and one.id not in (*USUAL, *LOSSES)]
    assert set(files(server)) <= {path.rpartition("\\")[2] for path in outcome.files}
    server.faults.clear()
    server.engine.backup_seconds = 0.0
    again = run(server)
    assert databases(server) - {"GroupID"} == stayed
    assert again.left == []
    leftover = answers(again)["sql.leftovers"]
    assert leftover.verdict == (NOT_HELD if stayed else HELD)
    assert all(name in leftover.seen for name in stayed)


# Where the server starts again, until it has recovered its databases, and how much longer msdb takes.
RESTARTS = list(zip(MOMENTS, itertools.cycle([(0.05, 0), (0.4, 0), (0.05, 0.4), (0.3, 0.3), (0.1, 5)]), strict=False))


@pytest.mark.parametrize(
    ("moment", "seconds"), RESTARTS, ids=["-".join(map(str, moment)) for moment, dummy in RESTARTS]
)
def test_what_a_restart_leaves_is_reported_and_no_claim_is_refuted_by_it(
    server: SqlServerDouble,
    monkeypatch: pytest.MonkeyPatch,
    moment: tuple[str, int, t.Literal["before", "during", "after"]],
    seconds: tuple[float, float],
) -> None:
    for module in ("rehearsal.rehearsal", "restore.trial", "backup.run"):
        name = f"ansible_collections.identityops.groupid.plugins.module_utils.sql.{module}.Reconnect"
        monkeypatch.setattr(name, lambda opener, timeout=20: Reconnect(opener, timeout, pause=0.05))
    pattern, number, when = moment
    during = when == "during"
    server.engine.backup_seconds = 0.3 if during else 0.0
    percent = number if during else 0
    server.faults.add(
        Fault(pattern, 1 if during else number, drop=when, percent=percent, restart=(0.05, *seconds))  # type: ignore[arg-type]
    )
    outcome = run(server)
    stayed = databases(server) - {"GroupID"}
    assert set(outcome.left) == stayed
    assert bool(stayed) == (pattern == "^CREATE DATABASE" and when == "after")
    refuted = {one.id for one in answers(outcome).values() if one.verdict == NOT_HELD}
    assert refuted <= {*USUAL, *LOSSES}
    assert not [one for one in answers(outcome).values() if one.verdict == REFUSED and one.id != "sql.file_removed"]
    assert set(files(server)) <= {path.rpartition("\\")[2] for path in outcome.files}
    until(lambda: all(one.state != "RECOVERING" for one in server.engine.databases.values()))
    server.faults.clear()
    server.engine.backup_seconds = 0.0
    again = run(server)
    assert (databases(server) - {"GroupID"}, again.left) == (stayed, [])
    assert answers(again)["sql.test_restore"].verdict == HELD


# What a lost connection may be reported as.
LOSSES = ("sql.connection_lasts", "sql.scratch_dropped")


@pytest.mark.parametrize("pattern", ["^CREATE TABLE", "^BACKUP DATABASE", "^RESTORE DATABASE", "DROP DATABASE"])
def test_a_server_that_does_not_come_back_is_reported_with_what_may_be_left(
    server: SqlServerDouble, pattern: str
) -> None:
    server.faults.drop(pattern, "before", outage=True)
    where = sql_drivers.target(server, "FreeTDS", login_timeout=1)
    subject = Subject("GroupID", path=FOLDER, encrypt="off", scratch=True)
    outcome = rehearsal.rehearse(lambda: open_session(where), subject, patience=0.1)
    stayed = databases(server) - {"GroupID"}
    assert stayed
    assert stayed <= set(outcome.left)
    assert answers(outcome)["sql.connection_lasts"].verdict == NOT_HELD


def test_a_login_that_is_refused_answers_every_claim(server: SqlServerDouble) -> None:
    outcome = run(server, login={"password": "wrong"})
    reported = answers(outcome)
    assert outcome.refused is not None
    assert outcome.refused.code == "login"
    assert reported["sql.connect"].verdict == NOT_HELD
    assert "18456" in reported["sql.connect"].seen
    assert {one.verdict for one in reported.values() if one.id != "sql.connect"} == {NOT_TRIED}


def test_facts_that_stand_against_a_restore_are_reported(server: SqlServerDouble) -> None:
    database = server.engine.database("GroupID")
    database.recovery_model, database.availability_group = "SIMPLE", "AG1"
    certificate = Certificate("TdeCert")
    server.engine.certificates.append(certificate)
    database.tde_thumbprint = certificate.thumbprint
    server.engine.volume_free = 1024
    reported = answers(run(server, scratch=False))
    assert "4208" in reported["sql.tail_log"].seen
    assert "AG1" in reported["sql.restore_right"].seen
    assert reported["sql.key_saved"].verdict == NOT_HELD
    assert reported["sql.room"].verdict == NOT_HELD
    reported = answers(run(server, scratch=False, path=r"D:\Nowhere"))
    assert reported["sql.folder"].verdict == NOT_HELD
    del server.engine.databases["groupid"]
    reported = answers(run(server, scratch=False))
    assert reported["sql.database"].verdict == NOT_HELD


def test_an_unforeseen_fault_drops_what_was_made(server: SqlServerDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*dummy: t.Any) -> t.Any:
        raise RuntimeError("a fault of the program")

    monkeypatch.setattr(rehearsal, "decide", fault)
    with pytest.raises(RuntimeError):
        run(server)
    assert databases(server) == {"GroupID"}


def test_names_are_masked_unless_asked_for(server: SqlServerDouble) -> None:
    where = Target("sql01.corp.example", username="sa", password="Secret-1!")
    subject = Subject("GroupID", path=FOLDER)
    outcome = run(server, path=r"D:\Nowhere", scratch=False)
    outcome.findings.append(
        Finding("sql.history", NOT_HELD, r"sql01.corp.example SQL01 GroupID D:\Backups corp.example 10.1.2.3")
    )
    kept = groupid_sql_rehearsal.document_of(outcome, subject, where, "hq", names=False)
    shown = str(kept["claims"])
    assert not re.search(r"sql01|corp|Backups|10\.1|GroupID\b", shown)
    kept = groupid_sql_rehearsal.document_of(outcome, subject, where, "hq", names=True)
    assert "sql01.corp.example" in str(kept["claims"])


def test_what_a_server_answers_with_other_names_is_masked_too(server: SqlServerDouble) -> None:
    server.engine.database("GroupID").availability_group = "HqGroup"
    server.engine.certificates.append(Certificate("BackupCert"))
    certificate = "OtherCert"
    outcome = run(server, certificate=certificate)
    assert {"HqGroup", "BackupCert", certificate} <= set(re.findall(r"\w+", str(outcome.findings)))
    subject = Subject("GroupID", path=FOLDER, certificate=certificate)
    kept = groupid_sql_rehearsal.document_of(outcome, subject, Target("sql01"), "hq", names=False)
    assert not re.search(r"HqGroup|BackupCert|OtherCert", str(kept))
