# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Windows does by habit, for mono/LabHabits.cs."""

from __future__ import annotations

import base64
import os
import pathlib
import time
import typing as t

ALL: t.Final[dict[str, t.Any]] = {
    "antivirus_ms": 200,
    "pending_ms": 5000,
    "pending_one_in": 20,
    "tunneling": True,
    "owner_by_policy": True,
}
"""All that nobody orders for one file."""

SHORT: t.Final[dict[str, t.Any]] = {**ALL, "antivirus_ms": 10, "pending_ms": 50}
"""All that, for a moment each: for what writes one file again and again."""

ON: t.Final = os.environ.get("GROUPID_TEST_HABITS") == "1"
"""Whether every host of the unit tests has all of them, unless a test gives it others."""

PATIENCE: t.Final = 8000 if ON else 60_000
"""Milliseconds that an operation waits in vain on a host with habits. More than a name is held by one."""

_SECONDS_TO_1970: t.Final = 62_135_596_800
Kind = t.Literal["going", "going-folder", "scanned"]


def hold_name(host: pathlib.Path, path: pathlib.Path, kind: Kind, seconds: float = 600) -> None:
    """Make a host's twin see that something holds a name, as if the agent had done it: see mono/LabHabits.cs.

    host: the folder that plays its drives. kind: a deleted file, a deleted folder, or a new file that an antivirus has.
    """
    until = int((time.time() + _SECONDS_TO_1970 + seconds) * 10_000_000)
    with pathlib.Path(f"{host}.habits").open("a", encoding="ascii") as journal:
        journal.write(f"{kind} {until} 0 {base64.b64encode(str(path).encode('utf-16-le')).decode()}\n")
