# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore refuses before anything is touched."""

from __future__ import annotations

import collections.abc as c
import re

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import (
    ABSENT,
    DAMAGED,
    LOGGED,
    STATES,
    Approach,
    BackupHeader,
    Facts,
    RefusedError,
    Request,
    Target,
    same_guid,
    set_id_of,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.facts import ServerFacts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.paths import check_folder
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import quoting as sql_text

_FULL_BACKUP = 1
_INCOMPLETE = "*** INCOMPLETE ***"
# SQL Server 2025 allows Express more.
_EXPRESS_GIGABYTES = 10
_EXPRESS_GIGABYTES_SINCE_2025 = 50
_SQL_SERVER_2025 = 17


def check_request(request: Request, confirm: str) -> Request:
    """Return the request if its names can be used. Raises RefusedError or ValueError."""
    sql_text.check_database(request.database)
    sql_text.check_database(request.target)
    set_id = str(backup_set.SetId.parse(request.set_id))
    if confirm != set_id:
        raise RefusedError(
            "not_confirmed",
            f"confirm is {confirm!r}, and the set is {set_id}: a restore replaces {request.target}.",
            f"Set confirm: {set_id} if that is what you want.",
        )
    if not request.files:
        raise RefusedError("no_files", "files is empty.", "Name the backup's file, or all of its stripes.")
    for path in filter(None, [*request.files, request.safety_path, request.data_path, request.log_path]):
        sql_text.literal(path)
        check_folder(path.replace("/", "\\") if path[1:2] == ":" else path)
    for text in (*request.login_map, *request.login_map.values()):
        sql_text.literal(text)
    return request


def check_permission(server: ServerFacts) -> None:
    """Refuse a login that may not even read the header of a backup. Raises RefusedError."""
    if not server.may_create:
        raise RefusedError(
            "no_permission",
            f"Login {server.login} may not restore: that needs the right CREATE ANY DATABASE (262, 3110).",
            f"ALTER SERVER ROLE dbcreator ADD MEMBER {sql_text.identifier(server.login)}, or use another login.",
        )


def choose(request: Request, server: ServerFacts, headers: c.Sequence[BackupHeader]) -> BackupHeader:
    """Pick the backup in the files that the request is about. Raises RefusedError."""
    found = [
        header
        for header in headers
        if (request.position is None or header.position == request.position)
        and (request.expected_uuid is None or same_guid(header.backup_set_uuid, request.expected_uuid))
    ]
    listed = "; ".join(f"{one.position}: {one.database}, {one.finished}, {one.name or 'no name'}" for one in headers)
    unreadable = next((one for one in headers if one.name == _INCOMPLETE and one.kind != _FULL_BACKUP), None)
    if unreadable is not None and (not found or found[0] is unreadable):
        raise _incomplete(request, server)
    if not found:
        raise RefusedError(
            "backup_missing",
            f"{_files(request)} does not have the requested backup. Its backups are: {listed or 'none'}.",
            "Use the file of this set, and the position and the backup_set_uuid that its part.json names.",
        )
    if len(found) > 1:
        raise RefusedError(
            "several_backups", f"{_files(request)} contains {len(found)} backups: {listed}.", "Set position."
        )
    return found[0]


def check_backup(request: Request, facts: Facts, header: BackupHeader) -> None:
    """Refuse a restore by what the backup and the server show. Raises RefusedError."""
    _check_content(request, facts.server, header)
    _check_identity(request, header)
    _check_server(request, facts, header)
    _check_keys(facts, header)


def _check_content(request: Request, server: ServerFacts, header: BackupHeader) -> None:
    if header.kind != _FULL_BACKUP:
        if header.name == _INCOMPLETE:
            raise _incomplete(request, server)
        raise RefusedError(
            "not_full",
            f"{_files(request)} contains no full backup at position {header.position} (BackupType {header.kind}).",
            "Use the file of a full database backup.",
        )
    if header.damaged:
        raise RefusedError(
            "damaged",
            f"{_files(request)} was written although SQL Server found damaged pages in the database (IsDamaged).",
            "Restore an older set.",
        )
    if not header.checksums and not request.accept_unverified:
        raise RefusedError(
            "no_checksums",
            f"{_files(request)} was written without checksums, so SQL Server cannot tell whether it is whole (3187).",
            "Restore another set, or accept that with accept_unverified: true.",
        )


def _incomplete(request: Request, server: ServerFacts) -> RefusedError:
    """Refuse a backup that is incomplete, or from a newer version.

    The server's message is the same (dbatools, issue 3410).
    """
    made = request.expected_version
    if made is not None and _release(made) > _release(server.version):
        return _newer(made, server)
    if made is not None:
        return RefusedError(
            "incomplete",
            f"This server reads the header of {_files(request)} as {_INCOMPLETE}: it was not written to its end. "
            f"SQL Server {made} made the set, and this server is not older ({server.version}).",
            "Restore another set.",
        )
    return RefusedError(
        "incomplete",
        f"This server reads the header of {_files(request)} as {_INCOMPLETE}: either the backup was not written to "
        "its end, or a newer version of SQL Server made it.",
        "Compare this server's version with the version of the server that made the set (groupid_sql_info shows it). "
        "If "
        "this server is older, restore on that version or a newer one. Otherwise restore another set.",
    )


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])


def _newer(made: object, server: ServerFacts) -> RefusedError:
    return RefusedError(
        "newer_server",
        f"The backup was made by SQL Server version {made}, and this is version {server.version}. SQL Server never "
        "restores to an older version (3169).",
        "Restore it on a server of that version or a newer one.",
    )


def _check_identity(request: Request, header: BackupHeader) -> None:
    set_id = set_id_of(header.name)
    if set_id is not None and set_id != request.set_id:
        raise RefusedError(
            "other_set",
            f"{_files(request)} belongs to set {set_id}, not to {request.set_id}.",
            "Use the file of the set, or the id of the set that the file belongs to.",
        )
    if request.expected_family is not None and not same_guid(header.family_guid, request.expected_family):
        raise RefusedError(
            "other_backup",
            f"{_files(request)} is of family {header.family_guid}, but the set's record names the family "
            f"{request.expected_family}.",
            "The file was replaced. Use the file that the set was made with.",
        )
    if header.database.casefold() != request.database.casefold():
        raise RefusedError(
            "other_database",
            f"{_files(request)} is a backup of {header.database}, not of {request.database}.",
            f"Set database: {header.database}, and as_database if it is to get another name.",
        )


def _check_server(request: Request, facts: Facts, header: BackupHeader) -> None:
    server = facts.server
    if header.server_major > server.major:
        raise _newer(header.server_major, server)
    if header.contained and not facts.server_state.contained:
        raise RefusedError(
            "contained",
            "The backup is of a contained database, and this server does not allow these (12824).",
            "EXEC sp_configure 'contained database authentication', 1; RECONFIGURE",
        )
    limit = _EXPRESS_GIGABYTES_SINCE_2025 if server.major >= _SQL_SERVER_2025 else _EXPRESS_GIGABYTES
    size = sum(file.size for file in facts.files if file.kind == "D")
    if server.express and size > limit * 1024**3:
        raise RefusedError(
            "express_size",
            f"The database has {size / 1024**3:.1f} GB of data files, and Express allows {limit} GB (1827).",
            "Restore it on another edition.",
        )
    known = {login.casefold() for login in facts.server_state.logins}
    missing = sorted(login for login in request.login_map.values() if login.casefold() not in known)
    if missing:
        raise RefusedError(
            "login_missing",
            f"groupid_sql_login_map (login_map of the module) names logins that this server does not have: "
            f"{', '.join(missing)}.",
            "Create them (CREATE LOGIN), or correct the map.",
        )


def _check_keys(facts: Facts, header: BackupHeader) -> None:
    needed = {header.thumbprint, *(file.thumbprint for file in facts.files)} - {None}
    missing = sorted(one for one in needed if one and one not in facts.server_state.thumbprints)
    # A key that the login may not see may exist. If not, the server reports it (33111) before anything is touched.
    if missing and facts.server.sees_all:
        raise RefusedError(
            "certificate_missing",
            f"The backup is encrypted with a certificate or key that master does not have here: thumbprint "
            f"{', '.join(missing)} (33111).",
            "CREATE CERTIFICATE ... FROM FILE with its private key, as saved on the server of the backup.",
        )


def check_target(request: Request, facts: Facts, header: BackupHeader) -> Approach:
    """Refuse a restore by the database's present state, or return what that state needs. Raises RefusedError."""
    target = facts.target
    approach = STATES.get(target.condition) or Approach(
        refused=f"its state is {target.state}", next_step="Bring it ONLINE or OFFLINE, then repeat the restore."
    )
    if approach.refused:
        raise RefusedError(
            "state", f"{target.name} cannot be restored over now: {approach.refused}.", approach.next_step
        )
    _check_protection(target)
    _check_family(request, target, header)
    if request.tail_log:
        check_tail(target)
    if approach.safety == "earlier":
        _check_safety(request, facts)
    return approach


def _check_protection(target: Target) -> None:
    if target.grouped or target.mirrored:
        partner = "an availability group" if target.grouped else "database mirroring"
        raise RefusedError(
            "availability_group",
            f"{target.name} is part of {partner}, and SQL Server does not restore over such a database (3104).",
            "Remove it on the primary (ALTER AVAILABILITY GROUP ... REMOVE DATABASE, or ALTER DATABASE ... SET "
            "PARTNER OFF), repeat the restore, then add it again.",
        )
    if target.snapshots:
        raise RefusedError(
            "snapshots",
            f"{target.name} has snapshots: {', '.join(target.snapshots)}. SQL Server will not restore over it.",
            "DROP DATABASE each snapshot, then repeat the restore.",
        )
    if target.standby:
        raise RefusedError(
            "standby",
            f"{target.name} is a STANDBY that receives the logs of another server.",
            "Restore on the server where the database is used. Or end log shipping: RESTORE DATABASE ... WITH "
            "RECOVERY.",
        )


def _check_family(request: Request, target: Target, header: BackupHeader) -> None:
    if target.state == ABSENT or other_family_allowed(request, header):
        return
    waiver = f"or, to replace {target.name} with this backup, set allow_other_family: {header.family_guid}."
    if target.family_guid is not None and not same_guid(target.family_guid, header.family_guid):
        source = "" if target.identified else ", by msdb's record of the newest backup under that name"
        raise RefusedError(
            "other_family",
            f"The backup is of another database: family {header.family_guid} ({header.database}), while "
            f"{target.name} is of family {target.family_guid}{source} (3154).",
            f"Use the right file or the right database, {waiver}",
        )
    if target.family_guid is None and target.name.casefold() != header.database.casefold():
        raise RefusedError(
            "other_family",
            f"Whether {target.name} is the database of the backup ({header.database}, family {header.family_guid}) "
            f"is not known: it is {target.state}, msdb has no backup of it, and the names differ.",
            f"Bring it ONLINE first, {waiver}",
        )


def check_tail(target: Target) -> None:
    """Refuse a tail of the log that cannot be backed up. Raises RefusedError."""
    if target.state not in ("ONLINE", *DAMAGED):
        raise RefusedError(
            "tail_log",
            f"The tail of the log cannot be backed up: {target.name} is {target.state}.",
            "Bring it ONLINE, or restore without tail_log.",
        )
    if target.recovery_model not in LOGGED:
        raise RefusedError(
            "tail_log",
            f"{target.name} has recovery model {target.recovery_model}, so there is no log to back up (4208).",
            "Restore without tail_log. The safety backup has all of the data."
            if target.state == "ONLINE"
            else "Restore without tail_log.",
        )
    if target.state == "ONLINE" and not target.log_chain:
        raise RefusedError(
            "tail_log",
            f"{target.name} has no full backup yet, and a backup of the log needs one (4214).",
            "Restore without tail_log. The safety backup has all of the data.",
        )


def _check_safety(request: Request, facts: Facts) -> None:
    """A state that does not allow a safety backup needs an earlier one, or the caller's consent."""
    target, earlier = facts.target, facts.earlier
    if request.accept_no_safety or (earlier is not None and earlier.set_id == request.set_id):
        return
    if earlier is not None:
        raise RefusedError(
            "no_safety",
            f"{target.name} is {target.state}, so SQL Server cannot back it up. A restore of set {earlier.set_id} "
            f"was interrupted, and its safety backup is {', '.join(earlier.files)}.",
            f"Repeat the restore of set {earlier.set_id}, which completes it. Or go back: run the same restore with "
            "that safety backup in files. Or set groupid_sql_accept_no_safety: true (accept_no_safety of the module), "
            "and lose the data that the database had.",
        )
    logged = target.state in DAMAGED and target.recovery_model in LOGGED and not request.tail_log
    log = " With tail_log: true, the end of its log is saved first." if logged else ""
    kept = "It may be the target of log shipping or of another restore. " if target.state == "RESTORING" else ""
    raise RefusedError(
        "no_safety",
        f"{target.name} is {target.state}, so SQL Server cannot back it up, and msdb has no safety backup of an "
        f"interrupted restore. {kept}".rstrip(),
        f"Bring it ONLINE. Or copy its files, set groupid_sql_accept_no_safety: true (accept_no_safety of the "
        f"module), and lose the data that it has.{log}",
    )


def other_family_allowed(request: Request, header: BackupHeader) -> bool:
    """Whether the caller named the backup's family as one that may replace another."""
    return request.allow_other_family is not None and same_guid(request.allow_other_family, header.family_guid)


def _files(request: Request) -> str:
    return ", ".join(request.files)
