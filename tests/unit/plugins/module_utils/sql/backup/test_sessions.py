# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who else is in a database: what is hidden is not nobody, and what clients call themselves is not trusted."""

from __future__ import annotations

import pytest
from unit.plugins.scripted_session import ScriptedSession

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.sessions import (
    TEXT_LIMIT,
    Watch,
    printable,
    read_sessions,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Outcome,
    ResultSet,
    SqlError,
)

COLUMNS = ("login_name", "host_name", "program_name", "sessions")


def answer(state: int | None, performance: int | None, *groups: tuple[str, str | None, str | None, int]) -> Outcome:
    rights = ResultSet(("server_state", "performance_state"), ((state, performance),))
    return Outcome((rights, ResultSet(COLUMNS, groups)))


@pytest.mark.parametrize(
    ("rights", "visible"),
    [((1, 1), True), ((1, None), True), ((0, 1), True), ((0, 0), False), ((0, None), False), ((None, None), False)],
)
def test_permission_decides_whether_an_empty_list_says_anything(
    rights: tuple[int | None, int | None], visible: bool
) -> None:
    seen = read_sessions(ScriptedSession({"dm_exec_sessions": answer(*rights)}), "GroupID")
    assert seen == (() if visible else None)
    assert Watch(seen, seen).shown() == {"visible": visible, "before": [], "after": []}


def test_refusal_is_not_nobody() -> None:
    assert read_sessions(ScriptedSession({"dm_exec_sessions": SqlError(300, "denied")}), "GroupID") is None


def test_lost_connection_is_for_the_backup_to_handle() -> None:
    with pytest.raises(ConnectionLostError):
        read_sessions(ScriptedSession({"dm_exec_sessions": ConnectionLostError(None, "gone")}), "GroupID")


def test_one_look_that_is_hidden_hides_both() -> None:
    assert Watch((), None).shown()["visible"] is False
    assert Watch(None, ()).shown()["visible"] is False


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (None, ""),
        ("WEB01", "WEB01"),
        ("a\x1b[2Jb\r\nc", "a [2Jb c"),
        ("\u202eevil\u200b", "evil"),
        ("x" * 5000, "x" * TEXT_LIMIT),
    ],
)
def test_names_of_clients_are_cleaned(given: str | None, shown: str) -> None:
    group = ("sa", given, given, 1)
    [seen] = read_sessions(ScriptedSession({"dm_exec_sessions": answer(1, 1, group)}), "GroupID") or ()
    assert (seen["host"], seen["program"]) == (shown, shown)
    assert printable(given) == shown


def test_database_is_named_as_a_literal() -> None:
    session = ScriptedSession({"dm_exec_sessions": answer(1, 1)})
    read_sessions(session, "O'Group]ID")
    assert "DB_ID(N'O''Group]ID')" in session.executed[0]
