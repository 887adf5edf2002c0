# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who else is in a database while it is backed up.

The query is never refused: a login without the permission only sees its own session. So the same batch also asks for
the permission. Source: sys.dm_exec_sessions (Transact-SQL), Permissions.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Session,
    SqlError,
)

LIMIT = 50
"""Number of groups of sessions that are reported. There is one for each login, host and program."""
TEXT_LIMIT = 128
"""Characters of a name, as SQL Server limits them. A client chooses the names of its host and program."""

# Seconds. The backup waits for this answer and is more important.
_PATIENCE = 60


class SessionGroup(t.TypedDict):
    """Sessions of one login with one program on one host. host, program: as the client says; printable."""

    login: str
    host: str
    program: str
    count: int


Seen: t.TypeAlias = "tuple[SessionGroup, ...] | None"
"""Sessions of others in the database. None: the login does not see them."""


@dataclasses.dataclass(frozen=True)
class Watch:
    """The sessions of others right before BACKUP and right after it."""

    before: Seen
    after: Seen

    def shown(self) -> dict[str, t.Any]:
        """Return it as a member of the result."""
        visible = self.before is not None and self.after is not None
        return {"visible": visible, "before": list(self.before or ()), "after": list(self.after or ())}


def sessions_query(database: str) -> str:
    """Write the batch for the right of the login, and for the sessions of others that use a database."""
    return (
        "SELECT HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE') AS server_state, "
        # SQL Server 2022 and later ask for this one. Older ones do not know it, and answer NULL.
        "HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER PERFORMANCE STATE') AS performance_state; "
        f"SELECT TOP ({LIMIT}) login_name, host_name, program_name, COUNT(*) AS sessions FROM sys.dm_exec_sessions "
        f"WHERE is_user_process = 1 AND session_id <> @@SPID AND database_id = DB_ID({literal(database)}) "
        "GROUP BY login_name, host_name, program_name ORDER BY login_name, host_name, program_name;"
    )


def read_sessions(session: Session, database: str) -> Seen:
    """Read the sessions of others in a database. None also if the server refuses. Raises ConnectionLostError."""
    try:
        answer = session.execute(sessions_query(database), timeout=_PATIENCE)
    except ConnectionLostError:
        raise
    except SqlError:
        return None
    rights, found = (result.dicts() for result in answer.results)
    if not any(rights[0].values()):
        return None
    return tuple(_group(row) for row in found)


def _group(row: t.Mapping[str, t.Any]) -> SessionGroup:
    return {
        "login": printable(row["login_name"]),
        "host": printable(row["host_name"]),
        "program": printable(row["program_name"]),
        "count": int(row["sessions"]),
    }


def printable(text: object) -> str:
    """Return a name that a client gave, without control characters, and cut to the longest length."""
    kept = "".join(char if char.isprintable() else " " for char in str(text or "")[:TEXT_LIMIT])
    return " ".join(kept.split())
