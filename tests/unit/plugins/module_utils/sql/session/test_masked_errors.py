# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reason behind an error that says nothing, on both drivers: one of them hands it out, the other keeps it back."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from unit.plugins.scripted_session import ScriptedSession, rows
from unit.plugins.sql_drivers import both_drivers, target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import errors as sql_errors
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import odbc as sql_odbc
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.masked_errors import unmasked
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Message,
    Session,
    SqlError,
)
from lab.sql.engine import User
from lab.sql.faults import Fault
from lab.sql.server import SqlServerDouble
from lab.sql.wire import Message as Sent

NAME = "it's [odd]"
QUOTED = "[it's [odd]]]"
FILE = r"DISK = N'D:\MSSQL\Backup\x.bak'"
BACKUP = f"BACKUP DATABASE {QUOTED} TO {FILE} WITH COPY_ONLY;"


@pytest.fixture
def double(tmp_path: pathlib.Path) -> t.Iterator[SqlServerDouble]:
    with SqlServerDouble(tmp_path) as server:
        server.engine.add_database(NAME)
        yield server


def error_of(session: Session, batch: str) -> SqlError:
    with pytest.raises(SqlError) as caught:
        session.execute(batch)
    assert not isinstance(caught.value, ConnectionLostError)
    return caught.value


@both_drivers
@pytest.mark.parametrize(
    ("state", "number"), [("OFFLINE", 942), ("RESTORING", 927), ("SUSPECT", 926), ("RECOVERY_PENDING", 945)]
)
def test_backup_of_a_database_that_is_not_online(driver: str, state: str, number: int, double: SqlServerDouble) -> None:
    session = sql_odbc.open_session(target(double, driver))
    double.engine.database(NAME).state = state
    words = (Sent(number, f"Database '{NAME}' cannot be opened.", 14), Sent(3013, "BACKUP DATABASE ended.", 16))
    double.faults.add(Fault("BACKUP", messages=words))
    error = error_of(session, BACKUP)
    assert error.number == number
    assert NAME in error.text or QUOTED in error.text
    assert sql_errors.explain(error, "x").explained()["code"] == f"sql_{number}"


@both_drivers
@pytest.mark.parametrize(("user", "number"), [(None, 916), (frozenset({"db_datareader"}), 262)])
def test_backup_without_rights(driver: str, user: frozenset[str] | None, number: int, double: SqlServerDouble) -> None:
    login = double.engine.add_login("app", "pw")
    if user is not None:
        double.engine.database(NAME).users = (User("app", login.sid, user),)
    session = sql_odbc.open_session(target(double, driver, username="app", password="pw"))
    error = error_of(session, BACKUP)
    assert error.number in {number, 262}
    assert NAME in error.text or QUOTED in error.text


@both_drivers
@pytest.mark.parametrize(
    ("batch", "numbers"),
    [
        (f"RESTORE DATABASE {QUOTED} FROM {FILE};", {3110}),
        (f"RESTORE DATABASE [new] FROM {FILE};", {262}),
        (f"RESTORE VERIFYONLY FROM {FILE};", {262}),
        (f"RESTORE HEADERONLY FROM {FILE};", {262}),
        (f"ALTER DATABASE {QUOTED} SET OFFLINE;", {5011}),
    ],
)
def test_restore_and_alter_without_rights(driver: str, batch: str, numbers: set[int], double: SqlServerDouble) -> None:
    double.engine.add_login("app", "pw")
    session = sql_odbc.open_session(target(double, driver, username="app", password="pw"))
    error = error_of(session, batch)
    assert error.number in numbers
    assert error.number not in sql_errors.ECHOES


@both_drivers
def test_a_long_name_is_not_called_without_rights(driver: str, double: SqlServerDouble) -> None:
    """Of such a name the server does not tell rights, which is no refusal."""
    name = "n" * 128
    double.engine.add_database(name)
    session = sql_odbc.open_session(target(double, driver))
    double.faults.add(Fault("BACKUP", messages=(Sent(3013, "BACKUP DATABASE ended.", 16),)))
    assert error_of(session, f"BACKUP DATABASE [{name}] TO {FILE} WITH COPY_ONLY;").number == 3013


def test_a_held_database_is_reported() -> None:
    answers = ScriptedSession(
        {
            "HAS_PERMS_BY_NAME": rows({"may_backup": 1, "creates_any": 1, "creates": 1, "alters": 1, "alters_any": 1}),
            "sys.databases": rows({"state": "ONLINE", "access": "SINGLE_USER", "accessible": 0, "owned": 0}),
        }
    )
    found = unmasked(SqlError(3013, "ended.", (), BACKUP), answers.execute)
    assert (found.number, found.following) == (924, (Message(3013, "ended."),))
    assert QUOTED in found.text
    assert "N'it''s [odd]'" in answers.executed[1]


@pytest.mark.parametrize("batch", ["SELECT 1;", "EXEC sp_who;", "BACKUP CERTIFICATE x TO FILE = N'x';", ""])
def test_other_statements_keep_their_error(batch: str) -> None:
    error = SqlError(3013, "ended.", (), batch)
    assert unmasked(error, ScriptedSession({}).execute) is error


def test_an_error_without_a_reason_to_be_found_is_kept() -> None:
    rights = rows({"may_backup": 1, "creates_any": 1, "creates": 1, "alters": 1, "alters_any": 1})
    online = rows({"state": "ONLINE", "access": "MULTI_USER", "accessible": 1, "owned": 1})
    restores = (f"RESTORE DATABASE {QUOTED} FROM {FILE};", f"RESTORE VERIFYONLY FROM {FILE};")
    for batch in (BACKUP, *restores, f"ALTER DATABASE {QUOTED} SET OFFLINE;"):
        error = SqlError(3013, "ended.", (), batch)
        assert unmasked(error, ScriptedSession({"may_backup": rights, "sys.databases": online}).execute) is error


def test_a_connection_that_goes_meanwhile_leaves_the_error() -> None:
    error = SqlError(3013, "ended.", (), BACKUP)
    gone = ConnectionLostError(None, "gone")
    assert unmasked(error, ScriptedSession({"HAS_PERMS": gone}).execute) is error
