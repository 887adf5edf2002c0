# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The claim on a database: only the run that holds it backs up, restores or drops the database.

It is an exclusive application lock of SQL Server, owned by the session and kept in ``master``. Nothing is written. The
lock ends with the session, so a controller that was killed delays nobody.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import hashlib
import time
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Outcome,
    Session,
    SqlError,
)

# The return codes of sp_getapplock. Below zero it was not granted.
_TIMED_OUT = -1
_CANCELLED = -2
_DEADLOCK = -3
_REASONS = {
    _CANCELLED: "the server cancelled the request",
    _DEADLOCK: "the server chose the request as a deadlock victim, again and again",
    -999: "the server did not accept the request",
}

# Waiting is done in turns: after each, the caller gets a report, and a lost server is noticed.
_TURN = 15.0
_DEADLOCKS_BORNE = 3
# Seconds that a turn's answer may be late before the connection counts as lost.
_GRACE = 60


class Claim(t.NamedTuple):
    """A claim that is held. session_id: the server's number of the session. waited: seconds until it was granted."""

    resource: str
    session_id: int
    waited: float


class ClaimRefusedError(Exception):
    """The claim was not granted.

    code: return code of sp_getapplock. waited: seconds. cause: in the server's words or ours.
    holders: who has it, a phrase each, as far as the login may see that.
    """

    def __init__(self, database: str, code: int | None, waited: float, cause: str, holders: c.Sequence[str]) -> None:
        super().__init__(database, code, waited, cause, holders)
        self.database = database
        self.code = code
        self.waited = waited
        self.cause = cause
        self.holders = tuple(holders)

    def __str__(self) -> str:
        return f"The lock on database {self.database} was not granted: {self.cause}."


def resource_of(database: str) -> str:
    """Name the lock of a database: 32 characters, because the server shows this much of a lock in plain text.

    On one server, the name identifies a database. Its GUIDs cannot be used: family_guid is shared by copies,
    database_guid changes with each restore, and neither can be read while the database is not open. Names that differ
    only in case share a lock. Then one run only waits for the other.
    """
    return "groupid " + hashlib.sha256(database.casefold().encode("utf-8")).hexdigest()[:24]


def claim_statement(database: str, patience: float) -> str:
    """Write the batch that asks for the claim and waits for at most ``patience`` seconds.

    Its row has the return code and the number of the session.
    """
    return (
        "DECLARE @code int; "
        f"EXEC @code = sys.sp_getapplock @Resource = {literal(resource_of(database))}, @LockMode = N'Exclusive', "
        f"@LockOwner = N'Session', @LockTimeout = {round(patience * 1000)}, @DbPrincipal = N'public'; "
        "SELECT @code AS code, @@SPID AS session_id;"
    )


def release_statement(database: str) -> str:
    """Write the batch that releases the claim."""
    return (
        f"EXEC sys.sp_releaseapplock @Resource = {literal(resource_of(database))}, @LockOwner = N'Session', "
        "@DbPrincipal = N'public';"
    )


def holders_query(database: str) -> str:
    """Write the SELECT for who holds the claim. It needs the right VIEW SERVER STATE."""
    return (
        "SELECT s.session_id, s.host_name, s.program_name, s.login_name FROM sys.dm_tran_locks AS l "
        "JOIN sys.dm_exec_sessions AS s ON s.session_id = l.request_session_id "
        "WHERE l.resource_type = N'APPLICATION' AND l.request_status = N'GRANT' "
        f"AND CHARINDEX({literal(resource_of(database))}, l.resource_description) > 0 ORDER BY s.session_id;"
    )


@contextlib.contextmanager
def claimed(
    session: Session,
    database: str,
    patience: float,
    on_wait: c.Callable[[float], None] | None = None,
    clock: c.Callable[[], float] = time.monotonic,
) -> c.Iterator[Claim]:
    """Hold the claim on a database for as long as the block runs.

    patience: seconds to wait for others, 0 for not at all.
    on_wait: called after each turn with the seconds so far.

    Raises ClaimRefusedError; SqlError and ConnectionLostError of the session.
    """
    claim = _take(session, database, patience, on_wait, clock)
    try:
        yield claim
    except ConnectionLostError:
        raise  # and the claim went with the session
    except BaseException:
        # An error in the block is more important. Closing the session releases the claim in any case.
        with contextlib.suppress(SqlError):
            session.execute(release_statement(database), timeout=_GRACE)
        raise
    with contextlib.suppress(ConnectionLostError):
        session.execute(release_statement(database), timeout=_GRACE)


def _take(
    session: Session,
    database: str,
    patience: float,
    on_wait: c.Callable[[float], None] | None,
    clock: c.Callable[[], float],
) -> Claim:
    began = clock()
    deadlocks = 0
    while True:
        turn = max(0.0, min(_TURN, began + patience - clock()))
        outcome = session.execute(claim_statement(database, turn), timeout=round(turn) + _GRACE)
        code, session_id = _answer(outcome)
        waited = clock() - began
        if code is not None and code >= 0:
            return Claim(resource_of(database), session_id, waited)
        deadlocks += code == _DEADLOCK
        again = waited < patience if code == _TIMED_OUT else code == _DEADLOCK and deadlocks < _DEADLOCKS_BORNE
        if not again:
            raise _refused(session, database, code, waited, outcome)
        if on_wait:
            on_wait(waited)


def _answer(outcome: Outcome) -> tuple[int | None, int]:
    row = next(iter(outcome.rows()), {})
    code = row.get("code")
    return (None if code is None else int(code)), int(row.get("session_id") or 0)


def _refused(session: Session, database: str, code: int | None, waited: float, outcome: Outcome) -> ClaimRefusedError:
    if code == _TIMED_OUT:
        holders = holders_of(session, database)
        by = f", by {'; '.join(holders)}" if holders else ""
        return ClaimRefusedError(database, code, waited, f"it was held for all of {waited:.0f} s{by}", holders)
    said = " ".join(f"{message.text} ({message.number})" for message in outcome.messages)
    reason = _REASONS.get(code or 0, "the server gave a code that is not known")
    return ClaimRefusedError(database, code, waited, f"{reason} (code {code}){': ' if said else ''}{said}", ())


def holders_of(session: Session, database: str) -> list[str]:
    """Return who holds the claim, a phrase each. Empty if nobody does, and if the login may not see it.

    Raises ConnectionLostError.
    """
    try:
        rows = session.execute(holders_query(database), timeout=_GRACE).rows()
    except ConnectionLostError:
        raise
    except SqlError:
        return []  # most logins lack VIEW SERVER STATE
    return [
        f"session {row['session_id']} of {row['login_name']} from {row['host_name']} ({row['program_name']})"
        for row in rows
    ]
