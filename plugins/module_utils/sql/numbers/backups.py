# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of BACKUP: what cannot be backed up, options, and the backup's record."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.advice import ELSEWHERE, KEPT_BACK, Advice

UNRECORDED: t.Final = 3009
"""BACKUP or RESTORE was done, and only msdb has no record of it. The server calls that an error (severity 16)."""

BACKUPS: t.Final[tuple[Advice, ...]] = (
    Advice(
        1844,
        "The edition does not have this option of BACKUP.",
        "Express and Web have neither backup compression nor backup encryption.",
        "Set groupid_sql_compression (compression of the module) to auto or off, and leave out groupid_sql_certificate "
        "(encryption_certificate).",
    ),
    Advice(
        3002,
        "A database snapshot can be neither backed up nor restored.",
        "The name belongs to a snapshot.",
        "Use the name of the database that the snapshot was made from.",
    ),
    Advice(
        UNRECORDED,
        "The backup or restore was done, but msdb has no record of it.",
        "msdb is full, or cannot be written.",
        "Free space for msdb (sp_delete_backuphistory removes old records), then run again.",
    ),
    Advice(
        3013,
        "BACKUP or RESTORE ended.",
        KEPT_BACK,
        ELSEWHERE,
    ),
    Advice(
        3023,
        "Another backup or file operation on this database is under way.",
        "Backups, file changes and changes of encryption do not wait; they fail.",
        "Wait until the other one has ended (see sys.dm_exec_requests), then run again.",
    ),
    Advice(
        3033,
        "A database in emergency mode cannot be backed up.",
        "Somebody set it to EMERGENCY to repair it.",
        "Finish the repair and set it ONLINE, or restore a backup.",
    ),
    Advice(
        3036,
        "A database in standby cannot be backed up.",
        "It was restored WITH STANDBY and waits for further logs.",
        "Back up the primary server's database instead.",
    ),
    Advice(
        3041,
        "A BACKUP failed.",
        "The reason is in the server's error log.",
        "Read the server's error log.",
    ),
    Advice(
        3043,
        "BACKUP found a page whose checksum is wrong.",
        "The database itself is damaged.",
        "Run DBCC CHECKDB and repair the database first. An older backup may be the last good one: keep it.",
    ),
    Advice(
        3059,
        "BACKUP or RESTORE is not allowed on a secondary replica or a mirror.",
        "The database's primary is on another server.",
        "Connect to the primary replica, or to the group's listener.",
    ),
    Advice(
        3062,
        "The replica cannot be backed up while it is not synchronizing.",
        "The availability group's synchronization is broken or paused.",
        "Connect to the primary replica.",
    ),
    Advice(
        3095,
        "An encrypted backup cannot be added to this file.",
        "The file contains backups made without encryption.",
        "Use a new file.",
    ),
    Advice(
        3096,
        "The certificate for backup encryption has expired.",
        "Its expiry date has passed.",
        "Make a new certificate in master, save it with its private key, and name it.",
    ),
    Advice(
        3098,
        "This backup cannot be added to the file.",
        "The file contains backups made with other options, such as compression.",
        "Use a new file.",
    ),
    Advice(
        3099,
        "This server has no backup encryption.",
        "The version or edition does not have it (Express and Web do not).",
        "Leave out the encryption certificate.",
    ),
    Advice(
        3205,
        "There are too many backup files.",
        "SQL Server accepts at most 64.",
        "Use fewer stripes.",
    ),
    Advice(
        3206,
        "There is no backup device of that name.",
        "A name without a folder is taken for a backup device.",
        "Use the full path of the file.",
    ),
    Advice(
        4208,
        "The log cannot be backed up.",
        "The database is in the recovery model SIMPLE and has no log to back up.",
        "Leave tail_log off.",
    ),
    Advice(
        4214,
        "The log cannot be backed up.",
        "The database has no full backup yet, and a backup of the log needs one.",
        "Leave tail_log off.",
    ),
)
