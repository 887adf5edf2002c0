# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the error numbers mean."""

from __future__ import annotations

import pathlib

import pytest
from unit.plugins.sql_drivers import both_drivers, target

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.operating_system import OPERATING_SYSTEM
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import errors as sql_errors
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Message,
    NoConnectionError,
    Session,
    SqlError,
)
from lab.sql.engine import User
from lab.sql.problems import GENERAL, severity
from lab.sql.server import SqlServerDouble

# Numbers that the collection promises a cause and a next step for, and that can lead a batch.
PROMISED = (
    226, 262, 911, 916, 924, 927, 942, 945, 1205, 1827, 1834, 1844, 3021, 3023, 3033, 3043, 3095, 3096, 3098, 3099,
    3101, 3102, 3104, 3110, 3141, 3142, 3154, 3156, 3159, 3169, 3176, 3182, 3183, 3187, 3189, 3201, 3202, 3203, 3205,
    3206, 3234, 3241, 3242, 3254, 3256, 3257, 3287, 3702, 4060, 4064, 4208, 4214, 5011, 5052, 5061, 5064, 5070, 12824,
    15151, 15404, 18456, 33111,
)  # fmt: skip
DEVICE_TEXTS = {
    3201: "Cannot open backup device 'D:\\x.bak'. Operating system error {0}({1}).",
    3202: 'Write on "D:\\x.bak" failed: {0}({1})',
    3203: 'Read on "D:\\x.bak" failed: {0}({1})',
}


# FreeTDS reports the most severe error of a batch, and 3013 and 5069 have severity 16. These are less severe, and are
# found by asking afterwards.
ASKED_FOR = (262, 916, 924, 927, 942, 945, 3110, 5011)
# Less severe too, but FreeTDS puts what ended a transaction (SQLSTATE 40001) before everything else.
FIRST_ANYWAY = (1205,)
AT_LOGIN = (4060, 4064, 18456)
ECHOES_NAMED = {
    3013: "BACKUP or RESTORE is terminating abnormally: follows the reason",
    3041: "BACKUP failed to complete: goes to the error log",
    3119: "problems while planning the RESTORE: follows the reason",
    5069: "ALTER DATABASE statement failed: follows the reason",
}


def test_all_promised_numbers_are_tested_one_way_or_another() -> None:
    low = {number for number in PROMISED if severity(number) < GENERAL}
    assert low == {*ASKED_FOR, *FIRST_ANYWAY, *AT_LOGIN}
    assert set(ECHOES_NAMED) == sql_errors.ECHOES
    assert not sql_errors.ECHOES & set(PROMISED)


def seen(session: Session, batch: str, number: int, text: str) -> None:
    """The batch fails, and number and text lead what is shown."""
    with pytest.raises(SqlError) as caught:
        session.execute(batch)
    explained = sql_errors.explain(caught.value, "Backup of [GroupID] was not made").explained()
    message = str(Failure.from_mapping(explained))
    assert explained["code"] == f"sql_{number}"
    assert not isinstance(caught.value, ConnectionLostError)
    advice = sql_errors.ADVICE[number]
    for part in ("Backup of [GroupID] was not made", text.rstrip("."), f"({number})", advice.next_step):
        assert part in message
    assert "(3013)" not in message
    assert "(3119)" not in message
    assert "(5069)" not in message


@both_drivers
def test_every_number_is_seen_with_its_object_and_a_next_step(driver: str, tmp_path: pathlib.Path) -> None:
    """The batch ends with 3119 and 3013, and what is shown is what came before these."""
    with SqlServerDouble(tmp_path) as double:
        session = open_session(target(double, driver))
        for number in PROMISED:
            if severity(number) < GENERAL:
                continue
            text = f"Something about 'Grüße [{number}]' is wrong."
            double.faults.errors(f"BACKUP {number} ", (number, text), (3119, "see before"), (3013, "BACKUP ended"))
            seen(session, f"BACKUP {number} ;", number, text)
        session.close()


@both_drivers
@pytest.mark.parametrize("number", ASKED_FOR)
def test_a_number_that_freetds_keeps_back_is_seen_all_the_same(
    driver: str, number: int, tmp_path: pathlib.Path
) -> None:
    """The double says it, with its severity, as a server does, and the echo with severity 16 behind it."""
    file = r"DISK = N'D:\x.bak'"
    batch = {3110: f"RESTORE DATABASE [GroupID] FROM {file}", 5011: "ALTER DATABASE [GroupID] SET OFFLINE"}.get(
        number, f"BACKUP DATABASE [GroupID] TO {file}"
    )
    with SqlServerDouble(tmp_path) as double:
        database = double.engine.add_database("GroupID")
        database.state = {927: "RESTORING", 942: "OFFLINE", 945: "RECOVERY_PENDING"}.get(number, "ONLINE")
        login = double.engine.add_login("app", "pw", permissions={"CREATE ANY DATABASE"})
        if number == 262:
            database.users = (User("app", login.sid, frozenset({"db_datareader"})),)
        holder = open_session(target(double, driver))
        if number == 924:
            holder.execute("ALTER DATABASE [GroupID] SET SINGLE_USER")
        may_all = number in (924, 927, 942, 945)
        session = (
            holder
            if may_all and number != 924
            else open_session(target(double, driver, **({} if may_all else {"username": "app", "password": "pw"})))
        )
        seen(session, batch, number, "GroupID")


@both_drivers
@pytest.mark.parametrize("number", FIRST_ANYWAY)
def test_a_deadlock_leads_alone_and_before_another_error(driver: str, number: int, tmp_path: pathlib.Path) -> None:
    with SqlServerDouble(tmp_path) as double:
        double.engine.add_database("GroupID")
        session = open_session(target(double, driver))
        words = (number, "Process 60 was the deadlock's victim.")
        for behind in ((), ((5069, "ALTER DATABASE statement failed."),)):
            double.faults.clear()
            double.faults.errors("ALTER DATABASE", words, *behind)
            seen(session, "ALTER DATABASE [GroupID] SET OFFLINE", number, words[1])


@both_drivers
@pytest.mark.parametrize("number", ASKED_FOR)
def test_what_is_over_when_one_asks_is_not_seen_over_freetds_which_says_that_it_kept_it_back(
    driver: str, number: int, tmp_path: pathlib.Path
) -> None:
    """Such as 924: the session that had the database has left it meanwhile."""
    echo = (5069, "ALTER DATABASE ended.") if number == 5011 else (3013, "BACKUP ended.")
    batch = "ALTER DATABASE [GroupID] SET OFFLINE" if number == 5011 else r"BACKUP DATABASE [GroupID] TO DISK = N'D:\x'"
    with SqlServerDouble(tmp_path) as double:
        double.engine.add_database("GroupID")
        session = open_session(target(double, driver))
        double.faults.errors("BACKUP|ALTER", (number, "Not any more."), echo)
        with pytest.raises(SqlError) as caught:
            session.execute(batch)
    explained = sql_errors.explain(caught.value, "x").explained()
    assert "gave no reason" not in str(explained)
    if driver == "FreeTDS":
        assert caught.value.number == echo[0]
        assert "driver did not report" in explained["next"]
        assert "Microsoft's ODBC driver" in explained["next"]
    else:
        assert caught.value.number == number


@both_drivers
@pytest.mark.parametrize("number", AT_LOGIN)
def test_numbers_of_a_login(driver: str, number: int, tmp_path: pathlib.Path) -> None:
    """18456 (severity 14) follows 4060 and 4064 (11), so FreeTDS leads with it; both say that it is the login."""
    with SqlServerDouble(tmp_path) as double:
        double.login_errors = ((number, "The login's text."), (18456, "Login failed for user 'sa'."))
        with pytest.raises(NoConnectionError) as caught:
            open_session(target(double, driver))
    assert (caught.value.code, caught.value.number) == ("login", 18456 if driver == "FreeTDS" else number)


@pytest.mark.parametrize("number", DEVICE_TEXTS)
@pytest.mark.parametrize("system", [2, 3, 5, 53, 67, 112, 1326])
def test_device_errors_are_distinguished_by_the_operating_system(number: int, system: int) -> None:
    error = SqlError(number, DEVICE_TEXTS[number].format(system, "Text of Windows."))
    cause, step = OPERATING_SYSTEM[system]
    assert sql_errors.os_error(error) == system
    assert sql_errors.explain(error, "x").explained()["next"] == f"{cause} {step}"


def test_operating_system_error_in_quotes_is_read() -> None:
    error = SqlError(3271, 'A nonrecoverable I/O error occurred on file "\\\\nas\\x:" failed: 64(gone)')
    assert sql_errors.os_error(error) == 64


def test_unknown_operating_system_error_leaves_the_number_s_own_advice() -> None:
    error = SqlError(3201, "Cannot open backup device 'x'. Operating system error 4711(?).")
    assert sql_errors.advice(error) == sql_errors.ADVICE[3201]


def test_a_number_in_a_name_is_no_operating_system_error() -> None:
    assert sql_errors.os_error(SqlError(911, "Database 'failed: 5' does not exist.")) is None


def test_unknown_numbers_pass_through_whole() -> None:
    error = SqlError(64999, "Etwas Neues.", [Message(3013, "Ende.")])
    explained = sql_errors.explain(error, "Nothing was done").explained()
    assert explained["cause"] == "Etwas Neues. (64999)"
    assert explained["meaning"] == ""
    assert explained["following"] == ["Ende. (3013)"]
    assert str(Failure.from_mapping(explained)).startswith("Nothing was done: Etwas Neues. (64999). Look the number up")


def test_first_informative_error_leads() -> None:
    errors = [Message(3013, "a"), Message(3119, "b"), Message(1834, "c"), Message(3156, "d")]
    first, following = sql_errors.first_informative(errors)
    assert first.number == 1834
    assert [line.number for line in following] == [3013, 3119, 3156]


def test_without_an_informative_error_the_first_leads() -> None:
    first, following = sql_errors.first_informative([Message(3013, "a"), Message(3119, "b")])
    assert (first.number, len(following)) == (3013, 1)


def test_a_lost_connection_says_that_the_outcome_is_unknown() -> None:
    explained = sql_errors.explain(ConnectionLostError(596, "Cannot continue."), "x").explained()
    assert (explained["code"], explained["number"]) == ("connection_lost", 596)
    assert "not known" in explained["meaning"]


def test_a_connection_that_never_was_keeps_its_own_code_and_step() -> None:
    error = NoConnectionError(None, "refused", code="refused", what="No connection", next_step="Start it.")
    explained = sql_errors.explain(error, "x").explained()
    assert (explained["code"], explained["meaning"], explained["next"]) == ("refused", "No connection", "Start it.")


def test_every_promised_number_has_advice() -> None:
    assert {1844, *PROMISED} <= set(sql_errors.ADVICE)


def test_the_operating_system_s_number_in_an_error_of_a_file_is_read() -> None:
    text = 'A nonrecoverable I/O error occurred on file "D:\\2 b\\x.bak:" 112(There is not enough space on the disk.).'
    assert sql_errors.os_error(SqlError(3271, text)) == 112
    assert sql_errors.os_error(SqlError(3271, 'A nonrecoverable I/O error occurred on file "D:\\2 b\\x.bak".')) is None
