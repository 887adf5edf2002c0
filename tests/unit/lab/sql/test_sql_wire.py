# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire: logins, TLS, types, messages as they come, cancelling, lost connections. Every test with both drivers."""

from __future__ import annotations

import datetime
import decimal
import pathlib
import time

import pyodbc
import pytest

from lab.sql import grammar
from lab.sql.server import SqlServerDouble, make_certificate
from lab.waiting import HANG, until

BACKUP = r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\g.bak' WITH COPY_ONLY, CHECKSUM, STATS = 10"


def refusal(connect, *arguments, **options) -> str:
    with pytest.raises(pyodbc.Error) as caught:
        connect(*arguments, **options)
    return str(caught.value.args[-1])


def test_a_login_gets_in_and_says_who_it_is(double, connect) -> None:
    row = connect().run("SELECT @@SPID, SUSER_SNAME(), DB_NAME(), HOST_NAME()").sets[0][0]
    assert row[0] > 50
    assert row[1:3] == ("sa", "master")
    assert row[3] == double.logins_seen[-1].host


@pytest.mark.parametrize("user", ["sa", "nobody"])
def test_a_wrong_password_and_an_unknown_login_sound_the_same(connect, user: str) -> None:
    assert f"Login failed for user '{user}'." in refusal(connect, user, "wrong")


def test_a_server_for_windows_logins_alone_refuses_sql_logins(double, connect) -> None:
    double.engine.windows_only = True
    assert "Login failed" in refusal(connect)


@pytest.mark.parametrize("password", ["a}b{c'ü𝄞", "a;b'c{ "])
def test_a_password_with_every_kind_of_sign(double, connect, password: str) -> None:
    double.engine.add_login("odd", password)
    assert connect("odd", password).run("SELECT SUSER_SNAME()").value() == "odd"


@pytest.mark.parametrize("why", ["absent", "held", "offline"])
def test_a_login_that_names_a_database_it_cannot_have(double, connect, driver, why: str) -> None:
    name = "nosuch" if why == "absent" else "GroupID"
    if why == "held":
        connect().run("ALTER DATABASE GroupID SET SINGLE_USER")
    if why == "offline":
        double.engine.database("GroupID").state = "OFFLINE"
    # FreeTDS shows the second of the two errors.
    first = f'Cannot open database "{name}"' if driver.name == "Microsoft" else "Login failed for user 'sa'"
    assert first in refusal(connect, database=name)


@pytest.mark.parametrize("version", ["7.2", "7.3", "7.4"])
def test_versions_of_the_protocol(double, connect, driver, version: str) -> None:
    assert (
        connect(version=version).run("SELECT N'é' + name FROM sys.databases WHERE database_id = 1").value() == "émaster"
    )
    if driver.name == "FreeTDS":
        assert double.logins_seen[-1].tds_version >> 24 == int(version.replace(".", ""), 16)


@pytest.mark.parametrize("encryption", ["login", "forced"])
@pytest.mark.parametrize("tls", [False, True])
def test_tls(tmp_path: pathlib.Path, driver, encryption: str, tls: bool) -> None:
    with SqlServerDouble(tmp_path, encryption=encryption) as double:
        text = driver.connection_string(double.port, "sa", double.password, tls=tls)
        with pyodbc.connect(text, autocommit=True, timeout=60) as connection:
            row = connection.execute("SELECT encrypt_option FROM sys.dm_exec_connections").fetchone()
            text = connection.execute("SELECT REPLACE(N'" + "x" * 9000 + "', N'x', N'y')").fetchone()[0]
    assert row[0] == ("TRUE" if tls or encryption == "forced" else "FALSE")
    assert text == "y" * 9000


def test_a_client_that_wants_tls_meets_a_server_without(double, connect) -> None:
    assert refusal(connect, tls=True)


def test_microsofts_driver_does_not_trust_a_certificate_of_our_own(tmp_path: pathlib.Path, driver) -> None:
    with SqlServerDouble(tmp_path, encryption="forced") as double:
        text = driver.connection_string(double.port, "sa", double.password)
        text = text.replace("Encrypt=no;TrustServerCertificate=yes", "Encrypt=yes")
        if driver.name == "FreeTDS":
            with pyodbc.connect(text, autocommit=True, timeout=60) as connection:
                assert connection.execute("SELECT 1").fetchone()[0] == 1
        else:
            with pytest.raises(pyodbc.Error, match="certificate"):
                pyodbc.connect(text, timeout=60)


def test_a_certificate_carries_the_names_it_is_asked_for(tmp_path: pathlib.Path) -> None:
    certificate, key = make_certificate(tmp_path, ["sql01.corp.example"])
    assert certificate.read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert key.stat().st_mode & 0o077 == 0


def test_types_arrive_as_themselves(connect) -> None:
    answer = connect().run(
        "SELECT database_id, name, is_read_only, create_date, owner_sid, source_database_id FROM sys.databases"
        " WHERE name = N'GroupID'; SELECT family_guid FROM sys.database_recovery_status WHERE database_id = 5;"
        " SELECT CAST(12 AS numeric(25,0)), CAST(1 AS bit), CAST(N'x' AS nvarchar(10)),"
        " CAST(0x0102 AS varbinary(8)), 1.5"
    )
    row = answer.sets[0][0]
    assert row[:3] == (5, "GroupID", False)
    assert isinstance(row[3], datetime.datetime)
    assert row[4:] == (b"\x01", None)
    assert len(answer.sets[1][0][0]) == 36
    assert answer.sets[2][0] == (decimal.Decimal(12), True, "x", b"\x01\x02", 1.5)


def test_names_of_columns_are_counted_in_units_of_utf_16(connect) -> None:
    """A count of characters would shift all that comes behind such a name."""
    cursor = connect().connection.execute("SELECT N'a' AS [𝄞𝄞x], 2 AS [next]")
    assert [column[0] for column in cursor.description] == ["𝄞𝄞x", "next"]
    assert tuple(cursor.fetchone()) == ("a", 2)


def test_long_texts_and_many_rows(double, connect) -> None:
    double.engine.sql("GroupID", 'DELETE FROM "dbo.GroupLifecycle"')
    for number in range(500):
        double.engine.sql(
            "GroupID", 'INSERT INTO "dbo.GroupLifecycle" (GroupId, Name) VALUES (?, ?)', (number, "n" * 5000)
        )
    rows = connect().run("SELECT GroupId, Name FROM [GroupID].[dbo].[GroupLifecycle] ORDER BY GroupId").sets[0]
    assert [row[0] for row in rows] == list(range(500))
    assert {row[1] for row in rows} == {"n" * 5000}


@pytest.mark.timing
def test_each_message_of_a_backup_comes_when_it_is_said(double, connect) -> None:
    double.engine.backup_seconds = 4.0
    cursor = connect().connection.cursor()
    cursor.execute(BACKUP)
    assert double.engine.database("GroupID").busy == "BACKUP DATABASE"
    said = [cursor.messages[0][1].rpartition("]")[2]]
    while cursor.nextset():
        said += [text.rpartition("]")[2] for dummy, text in cursor.messages or []]
    assert said[:10] == [f"{percent} percent processed." for percent in range(10, 101, 10)]
    assert said[-1].startswith("BACKUP DATABASE successfully processed")


@pytest.mark.timing
def test_a_connection_that_closes_too_early_ends_the_backup(double, connect) -> None:
    double.engine.backup_seconds = 20.0
    client = connect()
    client.connection.cursor().execute(BACKUP)
    client.close()
    until(lambda: double.engine.database("GroupID").busy == "", "the end of the backup")
    assert double.engine.history.get("backupset") is None


@pytest.mark.timing
def test_a_timeout_cancels_and_leaves_the_connection_usable(connect) -> None:
    client = connect()
    began = time.monotonic()
    assert "imeout" in client.run("WAITFOR DELAY '00:30:00'", timeout=1).error
    assert time.monotonic() - began < HANG
    assert client.run("SELECT 7").value() == 7


@pytest.mark.timing
def test_a_second_connection_sees_the_progress(double, connect) -> None:
    double.engine.backup_seconds = 20.0
    cursor = connect().connection.cursor()
    cursor.execute(BACKUP)
    row = (
        connect()
        .run("SELECT command, percent_complete FROM sys.dm_exec_requests WHERE command LIKE N'BACKUP%'")
        .sets[0][0]
    )
    assert row[0] == "BACKUP DATABASE"
    assert 0 < row[1] < 100


@pytest.mark.parametrize("when", ["before", "during", "after"])
def test_a_connection_cut_by_rule(double, connect, when: str) -> None:
    double.faults.drop("^BACKUP", when)
    client = connect()
    assert client.run(BACKUP).error
    assert client.run("SELECT 1").error
    assert len(double.engine.history.get("backupset", [])) == (1 if when == "after" else 0)
    assert connect().run("SELECT 1").value() == 1


def test_an_outage_keeps_the_model_and_comes_back_on_the_same_port(double, connect) -> None:
    client = connect()
    with double.outage():
        assert client.run("SELECT 1").error
        # Microsoft's driver tries until the time is over.
        assert refusal(connect, timeout=1)
    assert connect().run("SELECT COUNT(*) FROM sys.databases").value() == 5


def test_errors_come_in_order_and_a_deadlock_is_one(double, connect) -> None:
    double.faults.deadlock("sys.databases")
    client = connect()
    assert client.run("SELECT name FROM sys.databases").number == 1205
    assert client.run("SELECT name FROM sys.databases").error == ""


def test_a_slow_server(double, connect) -> None:
    double.faults.delay("SELECT 3", 0.3)
    began = time.monotonic()
    assert connect().run("SELECT 3").value() == 3
    assert time.monotonic() - began >= 0.3


def test_kill_cuts_the_other_connection(connect) -> None:
    victim, killer = connect(), connect()
    number = victim.run("SELECT @@SPID").value()
    assert killer.run(f"KILL {number}").error == ""
    assert victim.run("SELECT 1").error
    assert killer.run(f"KILL {number}").number == 6106


def test_what_the_double_cannot_read_is_refused_by_name(connect) -> None:
    answer = connect().run("FROBNICATE DATABASE x")
    assert answer.number == 102
    assert "FROBNICATE" in answer.error


def test_the_log_has_every_batch_and_no_password(double, connect) -> None:
    connect().run("SELECT 42")
    assert "SELECT 42" in double.statements
    assert not any(double.password in batch for batch in double.statements)


def test_the_grammar_accepts_right_and_refuses_wrong() -> None:
    if grammar.command() is None:
        pytest.skip("Microsoft's grammar (a command tsql that takes -version:150) is not on PATH")
    assert grammar.complaints([BACKUP, "SELECT 1"]) == []
    found = grammar.complaints(["SELECT 1", "BACKUP DATABASE x TO DISK = N'a' WITH STATS 5"])
    assert len(found) == 1
    assert found[0].endswith("STATS 5")
