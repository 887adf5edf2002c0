# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of SQL Server's numbers: each number is in one of them, in order, and all are used."""

from __future__ import annotations

import collections
import importlib
import pathlib
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.sql import numbers
from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.advice import Advice
from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.operating_system import (
    DEVICE_NUMBERS,
    OPERATING_SYSTEM,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.errors import ADVICE

NO_TABLES = {"__init__", "advice", "operating_system"}
NAMES = sorted(path.stem for path in pathlib.Path(str(numbers.__file__)).parent.glob("*.py"))
TABLES = [name for name in NAMES if name not in NO_TABLES]


def table(name: str) -> tuple[Advice, ...]:
    """Return the table of a module, which has the module's name in capitals."""
    module = importlib.import_module(f"{numbers.__name__}.{name}")
    found: tuple[Advice, ...] = getattr(module, name.upper())
    return found


def sentences() -> t.Iterator[str]:
    for entry in ADVICE.values():
        yield from (entry.meaning, entry.cause, entry.next_step)
    for meaning, step in OPERATING_SYSTEM.values():
        yield from (meaning, step)


def test_each_number_is_in_one_table_and_all_tables_are_looked_up() -> None:
    assert len(TABLES) > 1
    counts = collections.Counter(entry.number for name in TABLES for entry in table(name))
    assert {number: count for number, count in counts.items() if count != 1} == {}
    assert list(ADVICE) == sorted(counts)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_in_the_order_of_its_numbers(name: str) -> None:
    found = [entry.number for entry in table(name)]
    assert found == sorted(found)


def test_texts_are_sentences() -> None:
    assert [text for text in sentences() if not text.endswith(".")] == []


def test_windows_numbers_are_for_numbers_that_have_advice() -> None:
    assert set(ADVICE) >= DEVICE_NUMBERS
    assert list(OPERATING_SYSTEM) == sorted(OPERATING_SYSTEM)
