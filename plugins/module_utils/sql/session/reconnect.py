# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connects to a server again after a connection was lost. All waiting for a server is done here.

A server that starts again accepts logins as soon as master is available. Its other databases, also msdb, are RECOVERING
until their logs were processed. That is not a final state, so nothing is decided by it: RESTORE would be refused with
3101, ALTER DATABASE with 5011, and the rest with 922, whatever state the database gets later. For all three, see
https://dba.stackexchange.com/questions/250903.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import time

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    NoConnectionError,
    Opener,
    Session,
)

RECONNECT_SECONDS = 120.0
_PAUSE = 2.0


@dataclasses.dataclass(frozen=True)
class Reconnect:
    """Seconds. timeout: for a server to answer again, and once more for it to recover. pause: between two looks."""

    opener: Opener
    timeout: float = RECONNECT_SECONDS
    pause: float = _PAUSE
    clock: c.Callable[[], float] = time.monotonic
    sleep: c.Callable[[float], None] = time.sleep

    def session(self) -> Session:
        """Connect again, for as long as patience lasts.

        Raises NoConnectionError or ConnectionLostError: the error of the last try.
        """
        until = self.clock() + self.timeout
        while True:
            try:
                return self.opener()
            except (NoConnectionError, ConnectionLostError):
                if self.clock() >= until:
                    raise
            self.sleep(self.pause)

    def recovering(self, session: Session, database: str) -> tuple[str, ...]:
        """Wait until the server has recovered a database and msdb.

        Returns those that are still being recovered at the end.

        Raises SqlError.
        """
        until = self.clock() + self.timeout
        while True:
            found = tuple(str(row["name"]) for row in session.execute(recovering_query(database)).rows())
            if not found or self.clock() >= until:
                return found
            self.sleep(self.pause)


def recovering_query(database: str) -> str:
    """Write the SELECT for which of a database and msdb the server is recovering."""
    return (
        f"SELECT name FROM sys.databases WHERE name IN ({literal(database)}, N'msdb') "
        "AND state_desc = N'RECOVERING' ORDER BY name;"
    )
