# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A claim is held for the time of the block, waited for, given back, and refused with the reason."""

from __future__ import annotations

import pytest
from unit.plugins.scripted_session import ScriptedSession, rows

from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.app_lock import (
    ClaimRefusedError,
    claimed,
    resource_of,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Message,
    Outcome,
    SqlError,
)

GET, RELEASE, HOLDERS = "sp_getapplock", "sp_releaseapplock", "dm_tran_locks"
GIVEN_BACK = Outcome()


def code(number: int | None) -> Outcome:
    return rows({"code": number, "session_id": 57})


class Clock:
    """A clock that goes on by the same step with each look at it."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_resource_is_32_characters_and_depends_on_the_name_without_case() -> None:
    assert len(resource_of("GroupID")) == 32
    assert resource_of("GroupID") == resource_of("groupid")
    assert resource_of("GroupID") != resource_of("GroupID2")


@pytest.mark.parametrize("granted", [0, 1])
def test_granted_claim_is_given_back_after_the_block(granted: int) -> None:
    session = ScriptedSession({GET: code(granted), RELEASE: GIVEN_BACK})
    with claimed(session, "GroupID", 60) as claim:
        assert claim.session_id == 57
        assert not session.sent(RELEASE)
    assert len(session.sent(RELEASE)) == 1
    assert claim.resource in session.executed[0]
    assert claim.resource in session.executed[1]


def test_waits_in_turns_and_reports_after_each() -> None:
    session = ScriptedSession({GET: [code(-1), code(-1), code(1)], RELEASE: GIVEN_BACK})
    reported: list[float] = []
    with claimed(session, "GroupID", 100, reported.append, Clock(1.0)):
        pass
    assert len(reported) == 2
    assert reported == sorted(reported)
    assert "@LockTimeout = 15000," in session.executed[0]


def test_last_turn_is_as_long_as_there_is_patience() -> None:
    session = ScriptedSession({GET: code(-1), HOLDERS: rows(columns=["session_id"])})
    with pytest.raises(ClaimRefusedError), claimed(session, "GroupID", 20, clock=Clock(8.0)):
        pass
    assert "@LockTimeout = 12000," in session.executed[0]


def test_no_patience_asks_once() -> None:
    session = ScriptedSession({GET: code(-1), HOLDERS: rows(columns=["session_id"])})
    with pytest.raises(ClaimRefusedError) as refused, claimed(session, "GroupID", 0):
        pass
    assert refused.value.code == -1
    assert len(session.sent(GET)) == 1
    assert "@LockTimeout = 0," in session.executed[0]


def test_who_held_it_is_named() -> None:
    holder = {"session_id": 61, "host_name": "ctl2", "program_name": "identityops.groupid", "login_name": "backup"}
    session = ScriptedSession({GET: code(-1), HOLDERS: rows(holder)})
    words = r"by session 61 of backup from ctl2 \(identityops\.groupid\)"
    with pytest.raises(ClaimRefusedError, match=words), claimed(session, "GroupID", 0):
        pass


def test_a_login_that_may_not_see_the_holder_gets_the_refusal_without() -> None:
    session = ScriptedSession({GET: code(-1), HOLDERS: SqlError(300, "VIEW SERVER STATE permission was denied")})
    with pytest.raises(ClaimRefusedError) as refused, claimed(session, "GroupID", 0):
        pass
    assert refused.value.holders == ()


@pytest.mark.parametrize(("number", "words"), [(-2, "cancelled"), (-999, "did not accept"), (-5, "not known")])
def test_other_codes_are_refusals_at_once_with_the_server_s_words(number: int, words: str) -> None:
    outcome = Outcome(code(number).results, (Message(15625, "Option not recognized."),))
    session = ScriptedSession({GET: outcome})
    said = rf"{words}.*\(code {number}\): Option not recognized\. \(15625\)"
    with pytest.raises(ClaimRefusedError, match=said), claimed(session, "GroupID", 60):
        pass
    assert len(session.executed) == 1


def test_no_code_at_all_is_a_refusal() -> None:
    session = ScriptedSession({GET: Outcome()})
    with pytest.raises(ClaimRefusedError, match="code None"), claimed(session, "GroupID", 60):
        pass


def test_deadlock_is_tried_again_and_not_for_ever() -> None:
    with claimed(ScriptedSession({GET: [code(-3), code(0)], RELEASE: GIVEN_BACK}), "GroupID", 60):
        pass
    hopeless = ScriptedSession({GET: code(-3)})
    with pytest.raises(ClaimRefusedError, match="deadlock"), claimed(hopeless, "GroupID", 60):
        pass
    assert len(hopeless.executed) == 3


def test_failure_in_the_block_gives_it_back_and_is_what_is_raised() -> None:
    session = ScriptedSession({GET: code(0), RELEASE: SqlError(1223, "not currently held")})
    with pytest.raises(KeyError), claimed(session, "GroupID", 60):
        raise KeyError("block")
    assert session.sent(RELEASE)


def test_lost_connection_in_the_block_sends_nothing_more() -> None:
    session = ScriptedSession({GET: code(0)})
    with pytest.raises(ConnectionLostError), claimed(session, "GroupID", 60):
        raise ConnectionLostError(None, "gone")
    assert len(session.executed) == 1


def test_connection_lost_after_the_block_does_not_undo_what_was_done() -> None:
    session = ScriptedSession({GET: code(0), RELEASE: ConnectionLostError(None, "gone")})
    with claimed(session, "GroupID", 60):
        done = True
    assert done


def test_claim_that_was_not_there_any_more_is_an_error() -> None:
    session = ScriptedSession({GET: code(0), RELEASE: SqlError(1223, "not currently held")})
    with pytest.raises(SqlError, match="1223"), claimed(session, "GroupID", 60):
        pass
