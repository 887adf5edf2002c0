# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database, its server and the login there."""

from __future__ import annotations

from integration.mistakes.mistake import CONFIRMED, Mistake, deployment, servers, sql_host

MISTAKES = (
    Mistake(
        "database without a server",
        "preflight",
        ("groupid_sql_database", "groupid_sql_server is not"),
        servers(groupid_sql_server=None),
    ),
    Mistake(
        "server without a database",
        "backup",
        (
            "groupid_sql_server is set and groupid_sql_database is not",
            "a server has many databases",
            "Set it too, for example groupid_sql_database: GroupID",
        ),
        deployment("hq", groupid_sql_database=None),
    ),
    Mistake(
        "server without a login",
        "backup",
        (
            "groupid_sql_username and groupid_sql_password are not",
            "a SQL login has a name and a password",
            "Set both; or set groupid_sql_auth: windows",
        ),
        deployment("hq", groupid_sql_username="", groupid_sql_password=""),
    ),
    Mistake(
        "mode unc on a drive",
        "backup",
        ("groupid_sql_backup_mode is unc", "Use a share"),
        servers(groupid_sql_backup_mode=None),
    ),
    Mistake(
        "mode host without a host",
        "backup",
        (
            "groupid_sql_backup_mode is host and groupid_sql_host is not set",
            "the backup is on the SQL Server's computer",
            "Set it to the inventory host of that computer",
        ),
        servers(groupid_sql_host=None),
    ),
    Mistake(
        "mode external without a folder",
        "backup",
        ("groupid_sql_backup_dir is not set", "E:\\SqlBackups"),
        servers(groupid_sql_backup_mode="external"),
    ),
    Mistake(
        "SQL host that nobody knows",
        "backup",
        ("groupid_sql_host names 'sql02'", "Did you mean sql01?"),
        servers(groupid_sql_host="sql02"),
    ),
    Mistake(
        "SQL host without a root of its own",
        CONFIRMED,
        (
            "groupid_backup_root of sql01, which groupid_sql_host names, is not set",
            "the backup of the database is made below the backup root of that computer",
            "Set it in the variables of sql01",
        ),
        sql_host(groupid_backup_root=None),
    ),
    Mistake(
        "misspelled variable of the SQL host",
        "backup",
        (
            "groupid_backup_rot is not a variable of this collection",
            "sql01, which groupid_sql_host names",
            "Did you mean groupid_backup_root?",
            "is not set",
        ),
        sql_host(groupid_backup_root=None, groupid_backup_rot="D:\\Elsewhere"),
        faults=2,
    ),
    Mistake(
        "relative root of the SQL host",
        "verify",
        ("groupid_backup_root of sql01", 'it is "Backups"', "not a full path", "for example: groupid_backup_root: D:"),
        sql_host(groupid_backup_root="Backups"),
    ),
    Mistake(
        "wrong SQL password",
        "backup -e groupid_deployments=hq",
        (
            "FAILED in preflight: web01",
            "The database GroupID_hq on 127.0.0.1,",
            "Login failed for user 'sa'. (18456)",
            "Check username and password",
        ),
        deployment("hq", groupid_sql_password="guessed"),
    ),
    Mistake(
        "no such database",
        "backup -e groupid_deployments=hq",
        (
            "FAILED in preflight: web01",
            "The database GroupID_hp on 127.0.0.1 cannot be backed up",
            "has no database of that name, or the login sa may not see it",
            "Correct groupid_sql_database",
        ),
        deployment("hq", groupid_sql_database="GroupID_hp"),
    ),
    Mistake(
        "SQL Server is not there",
        "backup -e groupid_deployments=hq",
        (
            "FAILED in preflight: web01",
            "The database GroupID_hq on 127.0.0.1,1 was not checked",
            "TCP port 1: connection refused",
            "give instance or port",
            "To find out: nc -vz 127.0.0.1 1",
        ),
        deployment("hq", groupid_sql_port=1),
    ),
)
