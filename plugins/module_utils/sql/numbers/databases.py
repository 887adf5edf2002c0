# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of the state of a database, and of a change to it."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.advice import ELSEWHERE, KEPT_BACK, Advice

DATABASES: t.Final[tuple[Advice, ...]] = (
    Advice(
        911,
        "There is no database of that name.",
        "The name is wrong, or this is another server or instance.",
        "Check the database's name and the server and instance.",
    ),
    Advice(
        922,
        "The database is being recovered.",
        "The server is still bringing it up.",
        "Wait until sys.databases shows it ONLINE, then run again.",
    ),
    Advice(
        924,
        "The database is in single-user mode and another session has it.",
        "Another session uses the only connection that this mode allows.",
        "Find the session in sys.dm_exec_sessions, end it, or let its owner release the database with ALTER DATABASE "
        "... SET MULTI_USER.",
    ),
    Advice(
        926,
        "The database is SUSPECT.",
        "Its recovery failed; the server's error log says why.",
        "Read the server's error log, then restore the database.",
    ),
    Advice(
        927,
        "The database is in the middle of a restore.",
        "A restore was interrupted, or waits for further backups.",
        "Run the restore again to finish it. RESTORE DATABASE ... WITH RECOVERY ends it with what has been restored.",
    ),
    Advice(
        942,
        "The database is OFFLINE.",
        "Somebody took it offline, or a restore was interrupted.",
        "Bring it back with ALTER DATABASE ... SET ONLINE, or run the restore again.",
    ),
    Advice(
        945,
        "The database cannot be opened.",
        "A file of it is missing or cannot be read, or memory or disk space ran out: see the server's error log.",
        "Read the server's error log, bring the files back, or restore the database.",
    ),
    Advice(
        976,
        "The database is a secondary replica that may not be read.",
        "It belongs to an availability group and its primary is on another server.",
        "Connect to the primary replica, or to the group's listener.",
    ),
    Advice(
        983,
        "The database cannot be reached in its availability group.",
        "Its replica is neither PRIMARY nor a readable SECONDARY just now.",
        "Connect to the primary replica, or wait for the failover to end.",
    ),
    Advice(
        3702,
        "The database cannot be dropped, it is in use.",
        "Another session is in it.",
        "End that session (sys.dm_exec_sessions names it), then run again.",
    ),
    Advice(
        3906,
        "The database is read-only.",
        "It was set READ_ONLY, or is a snapshot.",
        "Set it READ_WRITE if that is wanted.",
    ),
    Advice(
        5011,
        "The database does not exist, is in a state that forbids the change, or the login may not change it.",
        "The server does not say which of these it is.",
        "Check it with groupid_sql_info. Changing a database needs ALTER on it.",
    ),
    Advice(
        5052,
        "The database cannot be changed while it is being restored.",
        "A restore was interrupted, or is still running.",
        "Run the restore again to finish it.",
    ),
    Advice(
        5061,
        "A lock on the database was not granted.",
        "Another session is in it or changes it.",
        "Stop GroupID on all servers of the deployment, then run again.",
    ),
    Advice(
        5064,
        "The database is in single-user mode and another session has it.",
        "Another session uses the only connection that this mode allows, and ROLLBACK IMMEDIATE does not end it.",
        "End that session (sys.dm_exec_sessions names it), then run again at once.",
    ),
    Advice(
        5069,
        "ALTER DATABASE failed.",
        KEPT_BACK,
        ELSEWHERE,
    ),
    Advice(
        5070,
        "The database cannot be changed while others use it.",
        "Other sessions are in it.",
        "Stop GroupID on all servers of the deployment, then run again.",
    ),
)
