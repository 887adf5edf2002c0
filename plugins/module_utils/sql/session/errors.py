# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks up what an error of SQL Server means, and makes the failure of it.

For a number that is in no table of ``numbers/``, the server's own words are reported.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.advice import Advice
from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.backups import BACKUPS
from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.databases import DATABASES
from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.logins import LOGINS
from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.operating_system import (
    DEVICE_NUMBERS,
    OPERATING_SYSTEM,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.restores import RESTORES
from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.servers import SERVERS
from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.storage import STORAGE
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Message,
    NoConnectionError,
    SqlError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.sql_failure import SqlFailure

# "... is terminating abnormally", "previous messages provide details", "see the log": each follows the error that
# matters.
ECHOES = frozenset({3013, 3041, 3119, 5069})

_OS_ERROR = re.compile(r"(?:[Oo]perating system error|failed:|\"(?= \d+\())[^0-9]{0,3}(\d+)")

ADVICE: t.Final[c.Mapping[int, Advice]] = {
    entry.number: entry
    for entry in sorted((*BACKUPS, *DATABASES, *LOGINS, *RESTORES, *SERVERS, *STORAGE), key=lambda entry: entry.number)
}


def first_informative(errors: c.Sequence[Message]) -> tuple[Message, tuple[Message, ...]]:
    """Return the first error that says something, and the others in their order. errors: at least one."""
    first = next((error for error in errors if error.number not in ECHOES), errors[0])
    return first, tuple(error for error in errors if error is not first)


def os_error(error: SqlError) -> int | None:
    """Return the operating system's error number that the text of a device error carries."""
    found = _OS_ERROR.search(error.text) if error.number in DEVICE_NUMBERS else None
    return int(found[1]) if found else None


def advice(error: SqlError) -> Advice | None:
    """Look the error up, device errors by the operating system's number too. None for an unknown one."""
    known = ADVICE.get(error.number) if error.number is not None else None
    system = OPERATING_SYSTEM.get(os_error(error) or 0)
    if known is None or system is None:
        return known
    return dataclasses.replace(known, cause=system[0], next_step=system[1])


def explain(error: SqlError, what: str) -> SqlFailure:
    """Return the failure that an error makes. what: what was not done and on what, without a full stop.

    code: ``sql_<number>``, ``connection_lost``, a word of NoConnectionError, or ``sql`` without a number.
    cause: the server's words, with the number.
    """
    known = advice(error)
    code = "sql" if error.number is None else f"sql_{error.number}"
    meaning, step = "", "Look the number up in Microsoft's documentation; the server's error log may say more."
    if known is not None:
        meaning, step = known.meaning, known.said
    if isinstance(error, NoConnectionError):
        code, meaning = error.code, error.what or meaning
        step = error.next_step or step
    elif isinstance(error, ConnectionLostError):
        code, meaning = "connection_lost", "The connection was lost. What the server did is not known."
        step = "Check that the server runs and can be reached, then run again."
    following = tuple(str(SqlError(line.number, line.text)) for line in error.following)
    return SqlFailure(code, what, str(error), step, number=error.number, meaning=meaning, following=following)
