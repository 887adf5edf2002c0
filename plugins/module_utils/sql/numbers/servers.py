# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of the whole server, and of a session or transaction on it."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.advice import Advice

SERVERS: t.Final[tuple[Advice, ...]] = (
    Advice(
        226,
        "ALTER DATABASE is not allowed within a transaction.",
        "The connection is inside a transaction.",
        "Run it again on a connection of its own.",
    ),
    Advice(
        596,
        "The session was ended by the server.",
        "Somebody killed it, or disconnected the users of the database.",
        "Find out who did (the server's error log has it), then run again.",
    ),
    Advice(
        701,
        "The server is out of memory for this statement.",
        "max server memory is too small, or the server is overloaded.",
        "Check the server's memory, then run again.",
    ),
    Advice(
        1205,
        "The server ended the statement because of a deadlock.",
        "Another session and this one waited for each other.",
        "Run it again.",
    ),
    Advice(
        1222,
        "A lock was not granted in time.",
        "Another session holds it.",
        "Find it in sys.dm_tran_locks, let it finish, then run again.",
    ),
    Advice(
        3021,
        "Backup and restore are not allowed within a transaction.",
        "The connection is inside a transaction.",
        "Run it on a connection of its own, in autocommit.",
    ),
    Advice(
        6005,
        "The server is shutting down.",
        "Somebody stops or restarts it.",
        "Wait until it runs again, then run again.",
    ),
    Advice(
        17142,
        "The server is paused.",
        "The service was paused: no new connections are accepted.",
        "Continue the service, then run again.",
    ),
    Advice(
        17187,
        "The server is not ready for connections yet.",
        "It is starting.",
        "Wait a minute, then run again.",
    ),
    Advice(
        18401,
        "The server accepts no logins while it upgrades itself.",
        "It is in script upgrade mode after an update.",
        "Wait until the upgrade ended, then run again.",
    ),
)
