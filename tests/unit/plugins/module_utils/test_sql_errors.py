# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the error numbers mean."""

from __future__ import annotations

import pathlib

import pytest
from unit.plugins.sql_drivers import both_drivers, target

from ansible_collections.identityops.groupid.plugins.module_utils.sql import errors as sql_errors
from ansible_collections.identityops.groupid.plugins.module_utils.sql.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import (
    ConnectionLostError,
    Message,
    NoConnectionError,
    SqlError,
)
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


@both_drivers
def test_every_number_is_seen_with_its_object_and_a_next_step(driver: str, tmp_path: pathlib.Path) -> None:
    """The batch ends with 3119 and 3013, and what is shown is what came before these."""
    with SqlServerDouble(tmp_path) as double:
        session = open_session(target(double, driver))
        for number in PROMISED:
            text = f"Something about 'Grüße [{number}]' is wrong."
            double.faults.errors(f"BACKUP {number} ", (number, text), (3119, "see before"), (3013, "BACKUP ended"))
            with pytest.raises(SqlError) as caught:
                session.execute(f"BACKUP {number} ;")
            explained = sql_errors.explain(caught.value, "Backup of [GroupID] was not made")
            message = sql_errors.message(explained)
            assert explained["code"] == f"sql_{number}"
            assert not isinstance(caught.value, ConnectionLostError)
            advice = sql_errors.ADVICE[number]
            for part in ("Backup of [GroupID] was not made", text.rstrip("."), f"({number})", advice.next_step):
                assert part in message
            assert "3013" not in message
            assert "3119" not in message
        session.close()


@pytest.mark.parametrize("number", DEVICE_TEXTS)
@pytest.mark.parametrize("system", [2, 3, 5, 53, 67, 112, 1326])
def test_device_errors_are_told_apart_by_the_operating_system(number: int, system: int) -> None:
    error = SqlError(number, DEVICE_TEXTS[number].format(system, "Text of Windows."))
    cause, step = sql_errors.OPERATING_SYSTEM[system]
    assert sql_errors.os_error(error) == system
    assert sql_errors.explain(error, "x")["next"] == f"{cause} {step}"


def test_operating_system_error_in_quotes_is_read() -> None:
    error = SqlError(3271, 'A nonrecoverable I/O error occurred on file "\\\\nas\\x:" failed: 64(gone)')
    assert sql_errors.os_error(error) == 64


def test_unknown_operating_system_error_leaves_the_number_s_own_advice() -> None:
    error = SqlError(3201, "Cannot open backup device 'x'. Operating system error 4711(?).")
    assert sql_errors.advice(error) == sql_errors.ADVICE[3201]


def test_a_number_in_a_name_is_no_operating_system_error() -> None:
    assert sql_errors.os_error(SqlError(911, "Database 'failed: 5' does not exist.")) is None


def test_unknown_numbers_pass_through_whole() -> None:
    explained = sql_errors.explain(SqlError(64999, "Etwas Neues.", [Message(3013, "Ende.")]), "Nothing was done")
    assert explained["cause"] == "Etwas Neues. (64999)"
    assert explained["meaning"] == ""
    assert explained["following"] == ["Ende. (3013)"]
    assert sql_errors.message(explained).startswith("Nothing was done: Etwas Neues. (64999). Look the number up")


def test_first_telling_error_leads() -> None:
    errors = [Message(3013, "a"), Message(3119, "b"), Message(1834, "c"), Message(3156, "d")]
    first, following = sql_errors.first_telling(errors)
    assert first.number == 1834
    assert [line.number for line in following] == [3013, 3119, 3156]


def test_without_a_telling_error_the_first_leads() -> None:
    first, following = sql_errors.first_telling([Message(3013, "a"), Message(3119, "b")])
    assert (first.number, len(following)) == (3013, 1)


def test_a_lost_connection_says_that_the_outcome_is_unknown() -> None:
    explained = sql_errors.explain(ConnectionLostError(596, "Cannot continue."), "x")
    assert (explained["code"], explained["number"]) == ("connection_lost", 596)
    assert "not known" in explained["meaning"]


def test_a_connection_that_never_was_keeps_its_own_code_and_step() -> None:
    error = NoConnectionError(None, "refused", code="refused", what="No connection", next_step="Start it.")
    explained = sql_errors.explain(error, "x")
    assert (explained["code"], explained["meaning"], explained["next"]) == ("refused", "No connection", "Start it.")


def test_advice_is_in_sentences() -> None:
    for entry in sql_errors.ADVICE.values():
        for text in (entry.meaning, entry.cause, entry.next_step):
            assert text.endswith("."), entry
    assert {1844, *PROMISED} <= set(sql_errors.ADVICE)
