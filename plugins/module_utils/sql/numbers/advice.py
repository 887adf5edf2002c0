# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one of SQL Server's error numbers means, and the texts that several of them share.

Sources of the tables: Microsoft's "Database engine events and errors" (github.com/MicrosoftDocs/sql-docs), BACKUP and
RESTORE statements.
"""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class Advice:
    """What one number means.

    meaning: what happened, in English, whatever language the server speaks.
    cause: why, as far as it is likely here. next_step: what to do.
    """

    number: int
    meaning: str
    cause: str
    next_step: str

    @property
    def said(self) -> str:
        """The text after the server's own message, as the next step of a failure."""
        return f"{self.cause} {self.next_step}"


# FreeTDS reports the most severe error of a batch. The error before an echo may be less severe.
KEPT_BACK: t.Final = "The reason is in an earlier message, which this ODBC driver did not report."
ELSEWHERE: t.Final = "Use Microsoft's ODBC driver, which reports it, or read the server's error log."
