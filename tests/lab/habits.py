# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Windows does by habit, for mono/LabHabits.cs."""

from __future__ import annotations

import os
import typing as t

ALL: t.Final[dict[str, t.Any]] = {
    "antivirus_ms": 200,
    "pending_ms": 5000,
    "pending_one_in": 20,
    "tunneling": True,
    "owner_by_policy": True,
}
"""All that nobody orders for one file."""

ON: t.Final = os.environ.get("GROUPID_TEST_HABITS") == "1"
"""Whether every host of the unit tests has all of them, unless a test gives it others."""

PATIENCE: t.Final = 8000 if ON else 60_000
"""Milliseconds that an operation waits in vain on a host with habits. More than a name is held by one."""
