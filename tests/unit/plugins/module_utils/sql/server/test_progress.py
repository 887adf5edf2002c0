# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress rises, is bounded, and never gets in the way of the statement."""

from __future__ import annotations

import threading

from unit.plugins.scripted_session import ScriptedSession, rows

from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.progress import Progress, watched
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    Message,
    NoConnectionError,
    Session,
    SqlError,
)

SHORT = 0.01
LONG = 30.0


def percent(value: float | None) -> object:
    return rows({"percent_complete": value})


def test_steps_rise_by_a_point_and_end_at_100() -> None:
    reported: list[float] = []
    progress = Progress(reported.append)
    for value in (0.0, 5.0, 5.4, 4.0, 6.2, 101.0, 100.0, 100.0):
        progress.reached(value)
    assert [step[1] for step in progress.steps] == [0.0, 5.0, 6.2, 100.0]
    assert reported == [0.0, 5.0, 6.2, 100.0]


def test_steps_are_at_most_101() -> None:
    progress = Progress()
    for tenth in range(1001):
        progress.reached(tenth / 10)
    assert len(progress.steps) <= 101


def test_messages_about_progress_count_and_others_do_not() -> None:
    progress = Progress(clock=iter([10.0, 12.5]).__next__)
    progress.message(Message(4035, "7 pages"))
    progress.message(Message(3211, "no number"))
    progress.message(Message(3211, "15 percent processed."))
    assert progress.steps == [(2.5, 15.0)]


def test_second_connection_is_asked_until_the_statement_ends() -> None:
    reached = threading.Event()
    session = ScriptedSession({"session_id = 57": [percent(10.0), percent(None), percent(60.0)]})
    progress = Progress(lambda value: reached.set() if value == 60.0 else None)
    with watched(lambda: session, 57, progress, SHORT):
        assert reached.wait(LONG)
    assert [step[1] for step in progress.steps] == [10.0, 60.0]
    assert session.closed


def test_short_statement_opens_no_second_connection() -> None:
    opened: list[int] = []

    def opener() -> Session:
        opened.append(1)
        raise NoConnectionError(None, "not now")

    with watched(opener, 57, Progress(), LONG):
        pass
    assert not opened


def test_trouble_of_the_second_connection_stays_there() -> None:
    refused = threading.Event()

    def opener() -> Session:
        refused.set()
        raise NoConnectionError(None, "too many connections")

    with watched(opener, 57, Progress(), SHORT):
        assert refused.wait(LONG)
    session = ScriptedSession({"session_id = 57": SqlError(300, "VIEW SERVER STATE permission was denied")})
    progress = Progress()
    with watched(lambda: session, 57, progress, SHORT):
        while not session.closed:
            pass
    assert progress.steps == []
