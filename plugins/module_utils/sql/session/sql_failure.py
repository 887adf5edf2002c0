# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failure as the modules of the database report it: with SQL Server's number, and the meaning of its message."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure


@dataclasses.dataclass(frozen=True)
class SqlFailure(Failure):
    """number: of SQL Server's error, None for any other error. meaning: in our words, empty if unknown.

    following: the server's errors after the first, as ``text (number)``.
    """

    number: int | None = None
    meaning: str = ""
    following: tuple[str, ...] = ()

    def explained(self) -> dict[str, t.Any]:
        """Return the failure in parts, for a result."""
        return {**super().explained(), "following": list(self.following)}
