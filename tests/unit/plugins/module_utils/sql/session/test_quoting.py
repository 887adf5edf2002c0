# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and texts in T-SQL."""

from __future__ import annotations

import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.plugins.sql_drivers import both_drivers, target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import (
    check_database,
    identifier,
    literal,
)
from lab.sql.server import SqlServerDouble

HARD = (
    "a]b",
    "a]]b]",
    "it's",
    "''",
    "x;--",
    "x';DROP DATABASE y;--",
    "Ünïcödé",
    "漢字𝄞",
    "a{fn b}?",
    "/*",
    '"',
    "n" * 128,
)
REFUSED = ("", "a\nb", "a\\\nb", "a\r", "\0", "a\x1fb", "a\x7f", "a\x85b", "a\u2028b", "a\ud800b")


def test_identifier_is_in_brackets() -> None:
    assert identifier("na]me") == "[na]]me]"


def test_literal_is_unicode_with_quotes_doubled() -> None:
    assert literal("te'xt") == "N'te''xt'"


@pytest.mark.parametrize("text", REFUSED)
def test_control_characters_and_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="SQL"):
        identifier(text)
    with pytest.raises(ValueError, match="SQL"):
        literal(text)


def test_a_name_has_128_code_units() -> None:
    assert identifier("𝄞" * 64)
    with pytest.raises(ValueError, match="128"):
        identifier("𝄞" * 64 + "a")
    assert len(literal("x" * 4000)) == 4003


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=60))
def test_what_is_quoted_ends_where_it_should(text: str) -> None:
    """Undoing the doubling gives the text, and no single closing character is left inside."""
    name, value = identifier(text)[1:-1], literal(text)[2:-1]
    assert name.replace("]]", "") == text.replace("]", "")
    assert name.count("]") == 2 * text.count("]")
    assert value.replace("''", "") == text.replace("'", "")
    assert value.count("'") == 2 * text.count("'")


@pytest.mark.parametrize(
    "name", ["master", "MASTER", "Model", "msdb", "tempdb", "".join(chr(ord(letter) + 0xFEE0) for letter in "master")]
)
def test_system_databases_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="system database"):
        check_database(name)


@pytest.mark.parametrize("name", ["master ", " master", "GroupID "])
def test_blanks_around_a_database_are_refused(name: str) -> None:
    """SQL Server takes 'master ' for master."""
    with pytest.raises(ValueError, match="blank"):
        check_database(name)


def test_database_of_any_other_name_is_taken() -> None:
    assert [check_database(name) for name in HARD] == list(HARD)


@both_drivers
def test_hard_names_come_back_as_they_were(driver: str, tmp_path: pathlib.Path) -> None:
    with SqlServerDouble(tmp_path) as double:
        for name in HARD:
            double.engine.add_database(name)
        session = open_session(target(double, driver))
        for name in HARD:
            batch = f"SELECT name, {literal(name)} AS text FROM sys.databases WHERE name = {literal(name)};"
            assert session.execute(batch).rows() == [{"name": name, "text": name}]
            assert session.execute(f"SELECT COUNT(*) FROM {identifier(name)}.sys.schemas;").value() > 0
        session.close()
