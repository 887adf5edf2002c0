# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of RESTORE: the target, and the backup that is read."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.advice import ELSEWHERE, KEPT_BACK, Advice

RESTORES: t.Final[tuple[Advice, ...]] = (
    Advice(
        1827,
        "The database would be larger than the edition allows.",
        "Express allows 10 GB of data in one database (50 GB from SQL Server 2025).",
        "Restore it on a Standard or Enterprise server.",
    ),
    Advice(
        1834,
        "A file of the backup would overwrite one that belongs to another database.",
        "The original database of this backup, or another one, uses that file on this server.",
        "Set data_path and log_path to another folder, so that files are restored under other names.",
    ),
    Advice(
        3101,
        "The database is in use.",
        "GroupID, Management Studio or another program is connected to it.",
        "Stop GroupID on all servers of the deployment, close other programs (the message or groupid_sql_info "
        "names sessions), then run again.",
    ),
    Advice(
        3102,
        "The database is in use by this very session.",
        "The connection's current database is the one to restore.",
        "Connect to master.",
    ),
    Advice(
        3104,
        "The database is mirrored or in an availability group.",
        "Such a database is never restored over.",
        "Remove it from the group (ALTER AVAILABILITY GROUP ... REMOVE DATABASE), restore, and add it again.",
    ),
    Advice(
        3110,
        "The login may not restore this database.",
        "db_owner and db_backupoperator cannot restore: it needs dbcreator, sysadmin, or ownership of the database.",
        "Use a login with the server role dbcreator.",
    ),
    Advice(
        3117,
        "There is nothing to roll forward.",
        "The database is not in the middle of a restore.",
        "Restore the full backup first.",
    ),
    Advice(
        3119,
        "RESTORE could not be planned.",
        KEPT_BACK,
        ELSEWHERE,
    ),
    Advice(
        3132,
        "Files of the backup are missing.",
        "It was written to several files (stripes), and not all were named.",
        "Name all files of the backup.",
    ),
    Advice(
        3141,
        "The backup is of a database with another name.",
        "A database of the target's name exists.",
        "Check file and database. The restore replaces only after its own check of the database's identity.",
    ),
    Advice(
        3142,
        "A file of the backup would overwrite an existing one.",
        "A file with that name exists there, left by another database or an earlier restore.",
        "Set data_path and log_path to another folder, or remove the file once it is certain that nobody needs it.",
    ),
    Advice(
        3154,
        "The backup is of another database.",
        "The existing database is not the one that was backed up.",
        "Check file and database. It is replaced only when the families of both agree, or are allowed to differ.",
    ),
    Advice(
        3156,
        "A file cannot be restored to that place.",
        "The folder is missing, not writable, or the file is in use.",
        "Set data_path and log_path to a folder that the server can write to.",
    ),
    Advice(
        3159,
        "The end of the log has not been backed up.",
        "The database is in the recovery model FULL or BULK_LOGGED and has changes since its last log backup.",
        "Use tail_log to keep them, or let the restore replace them.",
    ),
    Advice(
        3169,
        "The backup was made by a newer SQL Server.",
        "A backup is never restored on an older server.",
        "Restore it on a server of the same or a newer version.",
    ),
    Advice(
        3176,
        "Two files of the backup would get the same place.",
        "Their file names are the same, in different folders.",
        "Set data_path and log_path to different folders.",
    ),
    Advice(
        3182,
        "The database was damaged when it was backed up.",
        "The backup contains the damage.",
        "Use an older backup.",
    ),
    Advice(
        3183,
        "A page of the backup is damaged.",
        "The file was changed or lost data after it was written, or the database was damaged.",
        "Use another backup. Check the storage of this one.",
    ),
    Advice(
        3186,
        "The backup is damaged.",
        "The file was changed or lost data after it was written.",
        "Use another backup.",
    ),
    Advice(
        3187,
        "The backup has no checksums.",
        "It was made without CHECKSUM, so it cannot be proved to be complete.",
        "Use another backup, or accept this one unverified.",
    ),
    Advice(
        3189,
        "The backup is damaged.",
        "The file was changed or lost data after it was written.",
        "Use another backup. Check the storage of this one.",
    ),
    Advice(
        3234,
        "The backup has no file of that logical name.",
        "The list of files was made for another backup.",
        "Run the restore again, which reads the list from the file.",
    ),
    Advice(
        3241,
        "The file is no backup that this server can read.",
        "It is damaged, not a backup at all, or made by a newer SQL Server.",
        "Check that the file is the right one and whole; use another backup.",
    ),
    Advice(
        3242,
        "The file is not a backup.",
        "It is another kind of file, or was overwritten.",
        "Name the right file.",
    ),
    Advice(
        3254,
        "The file contains no backup.",
        "It is empty.",
        "Name the right file, or use another backup.",
    ),
    Advice(
        3256,
        "The backup is incomplete.",
        "It was ended while it was being written, or the file was not copied to its end.",
        "Use another backup, or copy the file again.",
    ),
    Advice(
        3257,
        "There is too little space for the database.",
        "The database needs its full size, however small the backup is.",
        "Free space on the disk that the message names, or set data_path and log_path to another one.",
    ),
    Advice(
        3287,
        "The file has no backup at that position.",
        "It contains fewer backups, or is damaged.",
        "Check the position and the file.",
    ),
    Advice(
        4305,
        "The backup of the log does not follow what was restored.",
        "Another backup of the log was made in between, usually by a job of the administrator.",
        "Restore the log backups in between first, in their order (msdb.dbo.backupset has their LSNs).",
    ),
    Advice(
        12824,
        "Contained databases are not enabled on this server.",
        "The backup is of a contained database.",
        "EXEC sp_configure 'contained database authentication', 1; RECONFIGURE; then run again.",
    ),
    Advice(
        33111,
        "The certificate or key that the backup or database needs is not on this server.",
        "The database is encrypted (TDE), or the backup is, with a certificate of another server.",
        "Restore the certificate with its private key into this server's master first: CREATE CERTIFICATE ... FROM "
        "FILE ... WITH PRIVATE KEY.",
    ),
)
