# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows' error numbers in SQL Server's errors of a backup file, and what to do about each."""

from __future__ import annotations

import collections.abc as c
import typing as t

# Numbers whose text carries an operating system error of a backup file.
DEVICE_NUMBERS: t.Final = frozenset({3201, 3202, 3203, 3271})

_ON_THE_SQL_SERVER = "as the SQL server sees it (its drives, not this host's; no mapped drive)"
OPERATING_SYSTEM: t.Final[c.Mapping[int, tuple[str, str]]] = {
    2: ("There is no such file.", f"Check the file's name, {_ON_THE_SQL_SERVER}."),
    3: (
        "There is no such folder.",
        f"Check the path, {_ON_THE_SQL_SERVER}. SQL Server makes no folders: make it first.",
    ),
    5: (
        "The account that SQL Server runs as has no access.",
        "Grant that account (groupid_sql_info names it; on a share, its network identity) modify on the folder.",
    ),
    21: ("The drive is not ready.", "Check the drive on the SQL server."),
    32: (
        "Another program has the file open.",
        "Close it (often a backup program or a virus scanner), run again.",
    ),
    38: ("The file ends too early.", "The file is truncated. Use another backup, or copy it again."),
    39: ("The disk is full.", "Free space where the backup is written, then run again. The file is incomplete."),
    53: (
        "The file server was not found on the network.",
        "Check the name in the UNC path, DNS and the firewall between the SQL server and the file server (TCP 445).",
    ),
    55: ("The network resource is no longer available.", "Check the file server, then run again."),
    59: ("The network failed.", "Check the network between the SQL server and the file server, then run again."),
    64: ("The network connection was lost.", "Check the network to the file server, then run again."),
    67: ("The file server has no share of that name.", "Check the share in the UNC path."),
    112: ("The disk is full.", "Free space where the backup is written, then run again. The file is incomplete."),
    121: ("The network did not answer in time.", "Check the network to the file server, then run again."),
    123: ("The name is not allowed.", "Check the path for characters that Windows does not allow."),
    1219: (
        "The SQL server is connected to that file server as another user already.",
        "Use another name of the file server, or end the other connection.",
    ),
    1326: (
        "The file server does not accept the account that SQL Server runs as.",
        "Run SQL Server as a domain account (or its computer's account in the same domain), and grant that access.",
    ),
    1450: ("The SQL server is out of system resources.", "Look at its memory, then run again."),
}
