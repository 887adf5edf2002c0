# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SQL Server's error numbers mean here, and what to do about each.

Sources: Microsoft's "Database engine events and errors" (github.com/MicrosoftDocs/sql-docs), BACKUP and RESTORE
statements. A number that the table does not have passes through with the server's own words.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Message,
    NoConnectionError,
    SqlError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.sql_failure import SqlFailure

# "... is terminating abnormally", "previous messages provide details", "see the log": each follows what matters.
ECHOES = frozenset({3013, 3041, 3119, 5069})

_OS_ERROR = re.compile(r"(?:[Oo]perating system error|failed:|\"(?= \d+\())[^0-9]{0,3}(\d+)")


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


# FreeTDS hands out the gravest error of a batch; what comes before an echo may be less grave than that.
_KEPT_BACK = "The reason is in an earlier message, which this ODBC driver did not report."
_ELSEWHERE = "Use Microsoft's ODBC driver, which reports it, or read the server's error log."

_ADVICE = (
    Advice(
        226,
        "ALTER DATABASE is not allowed within a transaction.",
        "The connection is inside a transaction.",
        "Run it again on a connection of its own.",
    ),
    Advice(
        229,
        "Permission on an object was denied.",
        "The login may not read or run that object.",
        "Grant what the message names, or use a login that has it.",
    ),
    Advice(
        262,
        "Permission for a statement was denied.",
        "BACKUP needs db_backupoperator or db_owner of the database; RESTORE of a new one, RESTORE VERIFYONLY, "
        "HEADERONLY and FILELISTONLY need CREATE DATABASE (the server role dbcreator).",
        "Grant the login the missing right, or use another login.",
    ),
    Advice(
        297,
        "The user may not perform this action.",
        "The login lacks VIEW SERVER STATE.",
        "GRANT VIEW SERVER STATE to the login.",
    ),
    Advice(
        300,
        "A permission on an object of the server was denied.",
        "The login lacks VIEW SERVER STATE.",
        "GRANT VIEW SERVER STATE to the login.",
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
        823,
        "Windows reported an error reading or writing the database's files.",
        "The storage is failing.",
        "Check the server's disks and event log, and run DBCC CHECKDB, before anything else.",
    ),
    Advice(
        824,
        "A page of the database is damaged.",
        "The storage changed or lost data.",
        "Run DBCC CHECKDB and restore from a backup that is not damaged.",
    ),
    Advice(
        911,
        "There is no database of that name.",
        "The name is wrong, or this is another server or instance.",
        "Check the database's name and the server and instance.",
    ),
    Advice(
        916,
        "The login has no access to the database.",
        "It is no user of that database.",
        "Create a user for the login in the database, with db_backupoperator for backups.",
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
        "Find the session in sys.dm_exec_sessions, end it, or have its owner give the database back with "
        "ALTER DATABASE ... SET MULTI_USER.",
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
        1105,
        "A filegroup is full.",
        "The disk is full, or the file may not grow.",
        "Free space on the disk, or let the file grow.",
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
        1827,
        "The database would be larger than the edition allows.",
        "Express allows 10 GB of data in one database (50 GB from SQL Server 2025).",
        "Restore it on a Standard or Enterprise server.",
    ),
    Advice(
        1834,
        "A file of the backup would overwrite one that belongs to another database.",
        "The original database of this backup, or another one, uses that file on this server.",
        "Give data_path and log_path another folder, so that files are restored under other names.",
    ),
    Advice(
        1844,
        "The edition does not have this option of BACKUP.",
        "Express and Web have neither backup compression nor backup encryption.",
        "Set compression to auto or off, and leave out the encryption certificate.",
    ),
    Advice(
        3002,
        "A database snapshot can be neither backed up nor restored.",
        "The name is that of a snapshot.",
        "Give the name of the database that the snapshot was made of.",
    ),
    Advice(
        3009,
        "The backup or restore was done, but msdb has no record of it.",
        "msdb is full, or cannot be written.",
        "Free space for msdb (sp_delete_backuphistory removes old records), then run again.",
    ),
    Advice(
        3013,
        "BACKUP or RESTORE ended.",
        _KEPT_BACK,
        _ELSEWHERE,
    ),
    Advice(
        3021,
        "Backup and restore are not allowed within a transaction.",
        "The connection is inside a transaction.",
        "Run it on a connection of its own, in autocommit.",
    ),
    Advice(
        3023,
        "Another backup or file operation on this database is under way.",
        "Backups, file changes and changes of encryption do not wait; they fail.",
        "Let the other one end (see sys.dm_exec_requests), then run again.",
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
        "The file holds backups made without encryption.",
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
        "The file holds backups made with other options, such as compression.",
        "Use a new file.",
    ),
    Advice(
        3099,
        "This server has no backup encryption.",
        "The version or edition does not have it (Express and Web do not).",
        "Leave out the encryption certificate.",
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
        _KEPT_BACK,
        _ELSEWHERE,
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
        "Give data_path and log_path another folder, or remove the file once it is certain that nobody needs it.",
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
        "Give data_path and log_path a folder that the server can write to.",
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
        "Give data_path and log_path different folders.",
    ),
    Advice(
        3182,
        "The database was damaged when it was backed up.",
        "The backup holds the damage.",
        "Use an older backup.",
    ),
    Advice(
        3183,
        "A page of the backup is damaged.",
        "The file was changed or lost data after it was written, or the database was damaged.",
        "Use another backup. Check the storage that holds this one.",
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
        "Use another backup. Check the storage that holds this one.",
    ),
    Advice(
        3201,
        "A backup file cannot be opened.",
        "SQL Server opens it as its own service account, on its own computer.",
        "Check the path as the SQL server sees it, and the rights of its service account.",
    ),
    Advice(
        3202,
        "Writing to the backup file failed.",
        "The storage or the network failed in the middle.",
        "Correct it and run again. The file is incomplete.",
    ),
    Advice(
        3203,
        "Reading the backup file failed.",
        "The storage or the network failed in the middle, or the file is truncated.",
        "Check the file and its folder, then run again.",
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
        "Give the file's full path.",
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
        "The file holds no backup.",
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
        "Free space on the disk that the message names, or give data_path and log_path another one.",
    ),
    Advice(
        3271,
        "A read or write failed for good.",
        "The storage or the network failed.",
        "Correct it and run again.",
    ),
    Advice(
        3287,
        "The file has no backup at that position.",
        "It holds fewer backups, or is damaged.",
        "Check the position and the file.",
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
        4060,
        "The login cannot open the database.",
        "It is no user of it, or the database is offline, being restored, or single-user.",
        "Check the database's state with groupid_sql_info and the login's user in it.",
    ),
    Advice(
        4064,
        "The login's default database cannot be opened.",
        "It is offline, was dropped, or the login has no access to it.",
        "ALTER LOGIN ... WITH DEFAULT_DATABASE = master.",
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
    Advice(
        4305,
        "The backup of the log does not follow what was restored.",
        "Another backup of the log was made in between, usually by a job of the administrator.",
        "Restore the log backups in between first, in their order (msdb.dbo.backupset has their LSNs).",
    ),
    Advice(
        5011,
        "The database does not exist, is in a state that forbids the change, or the login may not change it.",
        "The server does not say which of the three.",
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
        _KEPT_BACK,
        _ELSEWHERE,
    ),
    Advice(
        5070,
        "The database cannot be changed while others use it.",
        "Other sessions are in it.",
        "Stop GroupID on all servers of the deployment, then run again.",
    ),
    Advice(
        5120,
        "A file of the database cannot be opened.",
        "It is missing, or the account that SQL Server runs as may not open it.",
        "Check the file and its rights.",
    ),
    Advice(
        5123,
        "A file of the database cannot be created.",
        "The folder is missing, or the account that SQL Server runs as may not write there.",
        "Give data_path and log_path a folder that the server can write to.",
    ),
    Advice(
        5133,
        "The folder of a database file cannot be looked up.",
        "It is missing, or the account that SQL Server runs as may not read it.",
        "Give data_path and log_path a folder that exists on the SQL server.",
    ),
    Advice(
        5149,
        "A file of the database could not grow.",
        "The disk is full or failing.",
        "Free space on the disk, then run again.",
    ),
    Advice(
        6005,
        "The server is shutting down.",
        "Somebody stops or restarts it.",
        "Wait until it runs again, then run again.",
    ),
    Advice(
        9002,
        "The transaction log is full.",
        "Its disk is full, or nothing lets it be reused (log_reuse_wait_desc says what).",
        "Free space for the log or back it up, then run again.",
    ),
    Advice(
        12824,
        "Contained databases are not enabled on this server.",
        "The backup is of a contained database.",
        "EXEC sp_configure 'contained database authentication', 1; RECONFIGURE; then run again.",
    ),
    Advice(
        15151,
        "The principal does not exist or the login may not use it.",
        "The name is wrong, or the right to change it is missing.",
        "Check the name. Changing users needs ALTER ANY USER, changing the owner TAKE OWNERSHIP and IMPERSONATE.",
    ),
    Advice(
        15247,
        "The user may not perform this action.",
        "It needs a server role or permission that the login lacks.",
        "Use a login that has it.",
    ),
    Advice(
        15404,
        "Windows does not know the account, or could not be asked.",
        "The owner of the database is a Windows account of another or an unreachable domain.",
        "ALTER AUTHORIZATION ON DATABASE::... TO an account that this server can look up.",
    ),
    Advice(
        15517,
        "The database's owner cannot be used.",
        "The owner's login does not exist on this server, as after a restore from another one.",
        "ALTER AUTHORIZATION ON DATABASE::... TO a login of this server.",
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
        17892,
        "A logon trigger refused the login.",
        "The trigger's rule, or an error in it.",
        "Ask the server's administrator; the error log has the trigger's reason.",
    ),
    Advice(
        18401,
        "The server accepts no logins while it upgrades itself.",
        "It is in script upgrade mode after an update.",
        "Wait until the upgrade ended, then run again.",
    ),
    Advice(
        18452,
        "The login is from an untrusted domain, or this server does not accept such logins.",
        "Windows authentication was used from a computer or account that the server's domain does not trust, or a "
        "SQL login where only Windows authentication is allowed.",
        "Use an account of a trusted domain, or the kind of login that the server accepts.",
    ),
    Advice(
        18456,
        "The login failed.",
        "The server does not report the reason to a client.",
        "Check username and password. The server's error log has the reason as the state: 2 or 5 no such login, "
        "7 disabled, 8 wrong password, 11 or 12 no right to connect, 18 password must be changed, 38 or 40 no "
        "access to the database, 58 SQL logins are switched off (Windows Authentication mode; use auth: windows or "
        "switch the server to mixed mode).",
    ),
    Advice(
        18461,
        "The server runs in single-user mode and another connection has it.",
        "Somebody started it with -m.",
        "Let the administrator finish, then run again.",
    ),
    Advice(
        18470,
        "The login is disabled.",
        "Somebody disabled it.",
        "ALTER LOGIN ... ENABLE, or use another login.",
    ),
    Advice(
        18486,
        "The login is locked out.",
        "Too many wrong passwords.",
        "ALTER LOGIN ... WITH PASSWORD = ... UNLOCK, and find who used the wrong one.",
    ),
    Advice(
        18487,
        "The login's password has expired.",
        "Password expiration is on for it.",
        "Set a new password.",
    ),
    Advice(
        18488,
        "The login's password must be changed.",
        "It was created with MUST_CHANGE.",
        "Set a new password.",
    ),
    Advice(
        33111,
        "The certificate or key that the backup or database needs is not on this server.",
        "The database is encrypted (TDE), or the backup is, with a certificate of another server.",
        "Restore the certificate with its private key into this server's master first: CREATE CERTIFICATE ... FROM "
        "FILE ... WITH PRIVATE KEY.",
    ),
)

ADVICE: t.Final[c.Mapping[int, Advice]] = {entry.number: entry for entry in _ADVICE}

# Numbers whose text carries an operating system error of a backup file.
DEVICE_NUMBERS = frozenset({3201, 3202, 3203, 3271})

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


def first_informative(errors: c.Sequence[Message]) -> tuple[Message, tuple[Message, ...]]:
    """Return the first error that says something, and the others in their order. errors: at least one."""
    first = next((error for error in errors if error.number not in ECHOES), errors[0])
    return first, tuple(error for error in errors if error is not first)


def os_error(error: SqlError) -> int | None:
    """Return the operating system's error number that the text of a device error carries."""
    found = _OS_ERROR.search(error.text) if error.number in DEVICE_NUMBERS else None
    return int(found[1]) if found else None


def advice(error: SqlError) -> Advice | None:
    """Look the error up, device errors by the operating system's number too. None for an unknown one."""
    known = ADVICE.get(error.number) if error.number is not None else None
    system = OPERATING_SYSTEM.get(os_error(error) or 0)
    if known is None or system is None:
        return known
    return dataclasses.replace(known, cause=system[0], next_step=system[1])


def explain(error: SqlError, what: str) -> SqlFailure:
    """Return the failure that an error makes. what: what was not done and on what, without a full stop.

    code: ``sql_<number>``, ``connection_lost``, a word of NoConnectionError, or ``sql`` without a number.
    cause: the server's words, with the number.
    """
    known = advice(error)
    code = "sql" if error.number is None else f"sql_{error.number}"
    meaning, step = "", "Look the number up in Microsoft's documentation; the server's error log may say more."
    if known is not None:
        meaning, step = known.meaning, known.said
    if isinstance(error, NoConnectionError):
        code, meaning = error.code, error.what or meaning
        step = error.next_step or step
    elif isinstance(error, ConnectionLostError):
        code, meaning = "connection_lost", "The connection was lost. What the server did is not known."
        step = "Check that the server runs and can be reached, then run again."
    following = tuple(str(SqlError(line.number, line.text)) for line in error.following)
    return SqlFailure(code, what, str(error), step, number=error.number, meaning=meaning, following=following)
