# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions over the real drivers, and what they say when something is wrong."""

from __future__ import annotations

import os
import pathlib
import re
import socket
import time
import traceback
import types
import typing as t

import pytest
from unit.plugins.sql_drivers import DRIVERS, both_drivers, target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import errors as sql_errors
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import odbc as sql_odbc
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Message,
    NoConnectionError,
    SqlError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target
from lab.sql.server import SqlServerDouble, make_certificate
from lab.waiting import HANG

SECRET = "Very-s3cret&Word"
BACKUP = r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\x.bak' WITH COPY_ONLY, CHECKSUM, STATS = 5;"


@pytest.fixture
def double(tmp_path: pathlib.Path) -> t.Iterator[SqlServerDouble]:
    with SqlServerDouble(tmp_path / "server") as server:
        server.engine.add_database("GroupID")
        yield server


def refused(wanted: Target) -> NoConnectionError:
    """The error of a login that must not come about."""
    with pytest.raises(NoConnectionError) as caught:
        sql_odbc.open_session(wanted)
    assert caught.value.what
    assert caught.value.next_step
    return caught.value


# --- batches --------------------------------------------------------------------------------------------------------


@both_drivers
def test_every_result_set_and_message_is_read(driver: str, double: SqlServerDouble) -> None:
    session = sql_odbc.open_session(target(double, driver))
    outcome = session.execute("SELECT 1 AS a, N'x' AS b; PRINT N'[said] (5)'; SELECT 2;")
    assert [result.rows for result in outcome.results] == [((1, "x"),), ((2,),)]
    assert outcome.rows() == [{"a": 1, "b": "x"}]
    assert outcome.value() == 1
    assert outcome.messages == (Message(None, "[said] (5)"),)
    assert session.execute("SET NOCOUNT ON;").value() is None
    assert session.execute("SELECT DB_NAME() AS d, APP_NAME() AS a;").results[0].rows == (
        ("master", "identityops.groupid"),
    )
    session.close()
    session.close()


@both_drivers
def test_a_backup_runs_to_its_end_and_its_messages_come_live(driver: str, double: SqlServerDouble) -> None:
    session = sql_odbc.open_session(target(double, driver))
    live: list[Message] = []
    outcome = session.execute(BACKUP, on_message=live.append)
    assert tuple(live) == outcome.messages
    assert [line.number for line in live].count(3211) > 10
    assert live[-1].number == 3014
    assert live[-1].text.startswith("BACKUP DATABASE successfully processed")
    assert len(double.engine.history["backupset"]) == 1
    assert session.executed == [BACKUP]
    session.close()


@both_drivers
def test_an_error_leaves_the_session_usable(driver: str, double: SqlServerDouble) -> None:
    session = sql_odbc.open_session(target(double, driver))
    with pytest.raises(SqlError) as caught:
        session.execute("BACKUP DATABASE [nö'n] TO DISK = N'D:\\x.bak';")
    assert (caught.value.number, type(caught.value)) == (911, SqlError)  # 08004, and yet no loss
    assert "nö'n" in caught.value.text
    assert "[SQL Server]" not in caught.value.text
    assert caught.value.statement.startswith("BACKUP DATABASE [nö'n]")
    assert session.execute("SELECT 1;").value() == 1
    session.close()


@both_drivers
@pytest.mark.parametrize("when", ["before", "during", "after"])
@pytest.mark.parametrize("batch", ["SELECT 1;", BACKUP])
def test_a_lost_connection_is_never_a_result(driver: str, when: t.Any, batch: str, double: SqlServerDouble) -> None:
    """Microsoft's driver hands out the loss in the middle of a BACKUP as a mere message, and success with it."""
    session = sql_odbc.open_session(target(double, driver))
    double.faults.drop("SELECT|BACKUP", when)
    with pytest.raises(ConnectionLostError):
        session.execute(batch)
    with pytest.raises(ConnectionLostError):
        session.execute("SELECT 1;")
    session.close()
    assert sql_odbc.open_session(target(double, driver)).execute("SELECT 1;").value() == 1


@both_drivers
def test_a_killed_session_and_a_server_that_is_gone_are_losses(driver: str, double: SqlServerDouble) -> None:
    session, other = (sql_odbc.open_session(target(double, driver)) for dummy in range(2))
    other.execute(f"KILL {session.execute('SELECT @@SPID;').value()};")
    with pytest.raises(ConnectionLostError):
        session.execute("SELECT 1;")
    with double.outage():
        with pytest.raises(ConnectionLostError):
            other.execute("SELECT 1;")
        assert refused(target(double, driver)).code == "refused"


@pytest.mark.timing
@both_drivers
def test_a_silent_server_is_given_up_after_the_timeout(driver: str, double: SqlServerDouble) -> None:
    session = sql_odbc.open_session(target(double, driver))
    double.faults.delay("SELECT 77", 20)
    started = time.monotonic()
    with pytest.raises(ConnectionLostError, match="imeout"):
        session.execute("SELECT 77;", timeout=1)
    assert time.monotonic() - started < 15


# --- logins ---------------------------------------------------------------------------------------------------------


@both_drivers
@pytest.mark.parametrize("password", ["a}b", "ende}", "}", "a;b", "=", " blank ", "ü€漢𝄞", 'it\'s "quoted"', "%s{0}"])
def test_passwords_reach_the_server_as_they_are(driver: str, password: str, double: SqlServerDouble) -> None:
    double.engine.add_login("app", password)
    session = sql_odbc.open_session(target(double, driver, username="app", password=password))
    assert session.execute("SELECT SUSER_SNAME();").value() == "app"
    session.close()


@both_drivers
def test_a_wrong_password_is_said_without_it(driver: str, double: SqlServerDouble) -> None:
    with pytest.raises(NoConnectionError) as caught:
        sql_odbc.open_session(target(double, driver, password=SECRET))
    error = caught.value
    assert (error.code, error.number) == ("login", 18456)
    assert "Login failed for user 'sa'" in error.text
    assert "SQL logins are switched off" in error.next_step
    explained = sql_errors.explain(error, "GroupID was not looked at").explained()
    assert explained["code"] == "login"
    shown = "".join(traceback.format_exception(error)) + repr(vars(error)) + repr(explained)
    assert SECRET not in shown
    assert error.__cause__ is None
    assert error.__context__ is None
    assert SECRET not in "".join(double.statements)


@both_drivers
def test_a_driver_that_repeats_the_password_is_scrubbed(driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(text: str, **dummy: t.Any) -> None:
        raise sql_odbc.pyodbc.Error("08001", f"[08001] [x]cannot use {text} (0) (SQLDriverConnect)")

    monkeypatch.setattr(sql_odbc.pyodbc, "connect", connect)
    for password in (SECRET, SECRET + "}"):
        wanted = Target("127.0.0.1", port=1, username="sa", password=password, encrypt="off", driver=driver)
        assert SECRET not in repr(vars(refused(wanted)))


@both_drivers
def test_a_server_that_takes_windows_logins_only(driver: str, double: SqlServerDouble) -> None:
    double.engine.windows_only = True
    error = refused(target(double, driver))
    assert error.code == "login"
    assert error.number in (18452, 18456)
    assert "indows" in error.next_step


@both_drivers
def test_no_kerberos_ticket(driver: str, double: SqlServerDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRB5CCNAME", "FILE:/nowhere/ticket")
    error = refused(target(double, driver, auth="windows", username=None, password=None))
    assert error.code == "kerberos"
    assert "kinit" in error.next_step


@both_drivers
def test_a_closed_port(driver: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Who waits for a server that restarts asks again long before a login times out.
    wanted = Target("127.0.0.1", port=port, username="u", password="p", driver=driver, login_timeout=round(HANG))
    began = time.monotonic()
    error = refused(wanted)
    assert time.monotonic() - began < HANG / 2
    assert error.code == "refused"
    assert f"TCP port {port}: connection refused" in error.text
    assert "TCP/IP" in error.next_step


@both_drivers
def test_an_unknown_server(driver: str) -> None:
    wanted = Target("nosuch.invalid", username="u", password="p", driver=driver, login_timeout=2)
    error = refused(wanted)
    assert error.code == "name"
    assert "nosuch.invalid" in error.text


@pytest.mark.timing
@both_drivers
def test_a_login_that_does_not_end(driver: str, double: SqlServerDouble) -> None:
    double.login_delay = 6
    error = refused(target(double, driver, login_timeout=2))
    assert error.code == "timeout"
    assert "2 seconds" in error.text


@pytest.mark.timing
def test_silent_browser() -> None:
    """The port is looked up before any driver is asked. An address of its own, as the port is always the same."""
    host = f"127.0.{os.getpid() % 250 + 1}.{os.getpid() // 250 % 250 + 2}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as browser:
        browser.bind((host, 1434))
        browser.settimeout(60)
        wanted = Target(host, instance="HQ", username="u", password="p", login_timeout=2)
        began = time.monotonic()
        error = refused(wanted)
        assert time.monotonic() - began < HANG
        assert [browser.recv(100)[1:] for dummy in range(2)] == [b"HQ\0"] * 2
    assert error.code == "browser"
    assert "UDP 1434" in error.text
    assert "port" in error.next_step


@both_drivers
def test_a_named_instance_is_found_by_its_port(
    driver: str, double: SqlServerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_odbc.sql_browser, "find_port", lambda *dummy, **dummies: double.port)
    session = sql_odbc.open_session(target(double, driver, port=None, instance="HQ"))
    assert session.execute("SELECT 1;").value() == 1


def test_pyodbc_missing_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_odbc, "_IMPORT_PROBLEM", ImportError("libodbc.so.2: cannot open shared object file"))
    error = refused(Target("sql01", username="u", password="p"))
    assert error.code == "driver"
    assert "libodbc.so.2" in error.text
    assert "pip install pyodbc" in error.next_step


def test_no_driver_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_odbc.pyodbc, "drivers", lambda: ["PostgreSQL"])
    error = refused(Target("sql01", username="u", password="p"))
    assert error.code == "driver"
    assert "apt install tdsodbc" in error.next_step


microsoft = pytest.mark.parametrize("driver", [one for one in DRIVERS if one.id == "Microsoft"])

# --- encryption -----------------------------------------------------------------------------------------------------


@pytest.fixture
def encrypting(tmp_path: pathlib.Path) -> t.Iterator[SqlServerDouble]:
    """Its certificate is its own authority, for localhost."""
    with SqlServerDouble(tmp_path / "server", encryption="login") as server:
        yield server


def ca_file(double: SqlServerDouble) -> str:
    assert double.certificate is not None
    return str(double.certificate[0])


@both_drivers
def test_a_trusted_certificate_is_taken(driver: str, encrypting: SqlServerDouble) -> None:
    before = dict(os.environ)
    wanted = target(encrypting, driver, server="localhost", encrypt="verified", ca_file=ca_file(encrypting))
    session = sql_odbc.open_session(wanted)
    query = "SELECT encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID;"
    assert session.execute(query).value() == "TRUE"
    session.close()
    assert dict(os.environ) == before


@both_drivers
def test_a_certificate_that_nobody_vouches_for_is_refused(driver: str, encrypting: SqlServerDouble) -> None:
    error = refused(target(encrypting, driver, server="localhost", encrypt="verified"))
    assert error.code == "certificate"
    assert "self-signed certificate" in error.text
    assert "ca_file" in error.next_step
    assert not encrypting.logins_seen


@both_drivers
def test_a_certificate_of_another_name_is_refused(
    driver: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pki").mkdir()
    pair = make_certificate(tmp_path / "pki", ("sql01.corp.example",))
    with SqlServerDouble(tmp_path / "server", encryption="login", certificate=pair) as server:
        error = refused(target(server, driver, server="localhost", encrypt="verified", ca_file=str(pair[0])))
        assert error.code == "certificate"
        assert "host" in error.text.lower()
        assert not server.logins_seen


@pytest.fixture
def strict(tmp_path: pathlib.Path) -> t.Iterator[SqlServerDouble]:
    """It speaks TDS 8.0 alone: TLS before anything else."""
    with SqlServerDouble(tmp_path / "server", encryption="strict") as server:
        yield server


@both_drivers
def test_a_server_that_forces_strict_encryption_is_reached_by_microsoft_s_driver(
    driver: str, strict: SqlServerDouble
) -> None:
    wanted = target(strict, driver, server="localhost", encrypt="strict", ca_file=ca_file(strict))
    if "freetds" in driver.casefold():
        error = refused(wanted)
        assert (error.code, strict.logins_seen) == ("driver", [])
        assert "ODBC Driver 18" in error.next_step
        return
    session = sql_odbc.open_session(wanted)
    assert session.execute("SELECT 1;").value() == 1
    session.close()


@both_drivers
@pytest.mark.parametrize("encrypt", ["verified", "unverified", "off"])
def test_a_server_that_forces_strict_encryption_is_reported_as_that(
    driver: str, strict: SqlServerDouble, encrypt: t.Any
) -> None:
    options = {"ca_file": ca_file(strict)} if encrypt == "verified" else {}
    error = refused(target(strict, driver, server="localhost", encrypt=encrypt, **options))
    assert error.code == "encryption"
    assert "encrypt to strict" in error.next_step


@microsoft
def test_strict_encryption_checks_the_certificate(driver: str, strict: SqlServerDouble) -> None:
    error = refused(target(strict, driver, server="localhost", encrypt="strict"))
    assert (error.code, strict.logins_seen) == ("certificate", [])


@microsoft
def test_a_server_without_strict_encryption_is_reported_as_that(driver: str, encrypting: SqlServerDouble) -> None:
    wanted = target(encrypting, driver, server="localhost", encrypt="strict", ca_file=ca_file(encrypting))
    error = refused(wanted)
    assert (error.code, encrypting.logins_seen) == ("encryption", [])
    assert "encrypt to verified" in error.next_step


@microsoft
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated")
@pytest.mark.parametrize("encrypt", ["verified", "unverified", "off"])
@pytest.mark.parametrize(
    ("tls", "reason"),
    [
        ("1.0", "HANDSHAKE_FAILURE|PROTOCOL"),
        ("no common cipher", "HANDSHAKE_FAILURE"),
        ("short key exchange", "DH_KEY_TOO_SMALL"),
    ],
)
def test_tls_that_is_too_old_for_this_host_is_named(
    driver: str, encrypting: SqlServerDouble, tls: t.Any, reason: str, encrypt: t.Any
) -> None:
    """SQL Server 2012 and 2014 without the update speak TLS 1.0 alone, which OpenSSL 3 refuses; GnuTLS takes it."""
    encrypting.tls = tls
    options = {"ca_file": ca_file(encrypting)} if encrypt == "verified" else {}
    error = refused(target(encrypting, driver, server="localhost", encrypt=encrypt, **options))
    assert error.code == "encryption"
    assert re.search(reason, error.text)
    assert "TLS 1.2" in error.next_step


WEAK = ("EE certificate key too weak", "CA certificate key too weak", "CA signature digest algorithm too weak")


@pytest.fixture
def weak(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> t.Iterator[tuple[SqlServerDouble, str]]:
    """A server with a certificate that OpenSSL refuses for the reason given, and its authority's file."""
    bits = [1024 if reason == request.param else 2048 for reason in WEAK]
    authority = make_certificate(tmp_path, ("authority",), bits=bits[1])
    digest = "sha1" if request.param == WEAK[2] else "sha256"
    pair = make_certificate(tmp_path, bits=bits[0], authority=authority, digest=digest)
    with SqlServerDouble(tmp_path / "server", encryption="login", certificate=pair) as server:
        yield server, str(authority[0])


@microsoft
@pytest.mark.parametrize(("weak", "reason"), [(reason, reason) for reason in WEAK], indirect=["weak"])
def test_a_certificate_that_is_too_weak_for_this_host_is_reported_as_that(
    driver: str, weak: tuple[SqlServerDouble, str], reason: str
) -> None:
    """FreeTDS of Debian, which has GnuTLS, refuses the digest alone."""
    server, authority = weak
    error = refused(target(server, driver, server="localhost", encrypt="verified", ca_file=authority))
    assert (error.code, server.logins_seen) == ("encryption", [])
    assert error.text.endswith(f"too weak for this host: {reason}")
    assert "2048 bits or more, signed with SHA-256" in error.next_step


@both_drivers
@pytest.mark.parametrize("encrypt", ["unverified", "off"])
@pytest.mark.parametrize("weak", [WEAK[0]], indirect=True)
def test_a_weak_certificate_keeps_nobody_out_who_does_not_check_it(
    driver: str, weak: tuple[SqlServerDouble, str], encrypt: t.Any
) -> None:
    """SQL Server up to 2016 makes itself one of 1024 bits: it is not the reason of other troubles."""
    server = weak[0]
    sql_odbc.open_session(target(server, driver, encrypt=encrypt)).close()
    server.login_delay = 5
    assert refused(target(server, driver, encrypt=encrypt, login_timeout=1)).code == "timeout"


@both_drivers
def test_an_unverified_connection_is_encrypted_all_the_same(driver: str, encrypting: SqlServerDouble) -> None:
    session = sql_odbc.open_session(target(encrypting, driver, encrypt="unverified"))
    query = "SELECT encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID;"
    assert session.execute(query).value() == "TRUE"
    session.close()


@both_drivers
@pytest.mark.parametrize("encrypt", ["verified", "unverified"])
def test_a_server_without_encryption_is_recognized(driver: str, encrypt: str, double: SqlServerDouble) -> None:
    error = refused(target(double, driver, encrypt=encrypt))
    assert error.code == "encryption"
    assert "does not encrypt" in error.text
    assert not double.logins_seen


# --- what drivers say -----------------------------------------------------------------------------------------------


def said(state: str, text: str) -> Exception:
    return sql_odbc.pyodbc.Error(state, text)


def test_joined_errors_are_taken_apart() -> None:
    """As pyodbc joins them on Windows."""
    records = sql_odbc.read_error(
        said(
            "42000",
            "[42000] [Microsoft][ODBC Driver 18 for SQL Server][SQL Server]Cannot open 'a (5); [b]'. (3201) "
            "(SQLExecDirectW); [42000] [Microsoft][ODBC Driver 18 for SQL Server][SQL Server]BACKUP ended. (3013)",
        )
    )
    assert [(record.number, record.text) for record in records] == [
        (3201, "Cannot open 'a (5); [b]'."),
        (3013, "BACKUP ended."),
    ]


@pytest.mark.parametrize(
    ("state", "number", "lost"),
    [
        ("08S01", 10054, True),
        ("08007", 0, True),
        ("HYT00", 0, True),
        ("HY000", 20017, True),
        ("HY000", 0, True),
        ("HY000", 596, True),
        ("HY000", -1, True),
        ("08004", 911, False),
        ("42000", 3201, False),
        ("40001", 1205, False),
        ("28000", 18456, False),
    ],
)
def test_losses_are_recognized_by_state_and_number(state: str, number: int, lost: bool) -> None:
    records = sql_odbc.read_error(said(state, f"[{state}] [FreeTDS][SQL Server]x ({number}) (SQLMoreResults)"))
    assert sql_odbc.is_loss(records) is lost


def test_words_of_no_known_form_are_kept() -> None:
    (record,) = sql_odbc.read_error(said("HY000", "The driver did not supply an error!"))
    assert (record.number, record.text) == (None, "The driver did not supply an error!")
    assert sql_odbc.read_error(sql_odbc.pyodbc.Error())[0].number is None


def test_prefixes_are_taken_off_and_nothing_more() -> None:
    assert sql_odbc.strip_vendor("[Microsoft][ODBC Driver 18 for SQL Server][SQL Server][a] b") == "[a] b"
    assert sql_odbc.strip_vendor("[FreeTDS][SQL Server]x [SQL Server]y") == "x [SQL Server]y"
    assert sql_odbc.strip_vendor("[unixODBC][Driver Manager]no") == "[Driver Manager]no"
    assert sql_odbc.strip_vendor("[GroupID] is odd") == "[GroupID] is odd"


def test_an_error_among_the_messages_is_an_error() -> None:
    class Cursor(types.SimpleNamespace):
        description = None
        messages: t.ClassVar[list[tuple[str, str]]] = [
            ("[01000] (3211)", "[x][SQL Server]5 percent processed."),
            ("[42000] (3202)", "[x][SQL Server]Write failed: 112"),
        ]

        def __enter__(self) -> types.SimpleNamespace:
            return self

        def __exit__(self, *dummies: object) -> None:
            return

        def execute(self, batch: str) -> None:
            return

        def nextset(self) -> bool:
            return False

    connection = types.SimpleNamespace(cursor=Cursor, timeout=0, close=lambda: None)
    heard: list[Message] = []
    with pytest.raises(SqlError) as caught:
        sql_odbc.OdbcSession(t.cast(t.Any, connection)).execute("BACKUP", on_message=heard.append)
    assert (caught.value.number, heard) == (3202, [Message(3211, "5 percent processed.")])
