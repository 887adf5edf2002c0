# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a login can back up, verify and restore a database, and why not, before anything is tried."""

from __future__ import annotations

import dataclasses

from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.facts import DatabaseFacts, ServerFacts


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Whether something can be done. reasons: sentences that say what prevents it, or otherwise what to consider."""

    ok: bool
    reasons: tuple[str, ...]


def verdicts(server: ServerFacts, database: DatabaseFacts | None) -> dict[str, Verdict]:
    """Judge ``can_backup``, ``can_verify`` and ``can_restore`` for the login. database: None if there is none."""
    return {
        "can_backup": _verdict(_against_backup(server, database), _of_backup(server, database)),
        "can_verify": _verdict(_no_create(server, "RESTORE VERIFYONLY"), []),
        "can_restore": _verdict(_against_restore(server, database), _of_restore(database)),
    }


def _verdict(against: list[str], cautions: list[str]) -> Verdict:
    return Verdict(not against, tuple(against or cautions))


def _applicable(*cases: tuple[object, str]) -> list[str]:
    return [sentence for applies, sentence in cases if applies]


def _against_backup(server: ServerFacts, database: DatabaseFacts | None) -> list[str]:
    if database is None:
        return [f"{server.name} has no database of that name, or the login {server.login} may not see it."]
    name, online = database.name, database.state == "ONLINE"
    return _applicable(
        (not server.backs_up_to_files, "This is an Azure service, which does not back up to files."),
        (database.system, f"{name} is a system database of SQL Server."),
        (database.snapshot_of is not None, f"{name} is a database snapshot."),
        (not online, f"{name} is {database.state}: only an ONLINE database can be backed up."),
        (database.standby, f"{name} is in STANDBY and waits for further logs."),
        (_is_held(database), f"{name} is in SINGLE_USER mode and another session has it."),
        (
            _is_restricted(database),
            f"{name} is RESTRICTED_USER: only members of db_owner, dbcreator and sysadmin may use it, and the "
            f"login {server.login} is none of these. ALTER DATABASE ... SET MULTI_USER lets it in again.",
        ),
        (
            online and not _is_held(database) and not _is_restricted(database) and database.may_backup is False,
            f"The login {server.login} has no BACKUP DATABASE in {name}: create a user for it there and add it to "
            "db_backupoperator.",
        ),
    )


def _is_held(database: DatabaseFacts) -> bool:
    return database.user_access == "SINGLE_USER" and not database.accessible


def _is_restricted(database: DatabaseFacts) -> bool:
    return database.state == "ONLINE" and database.user_access == "RESTRICTED_USER" and not database.accessible


def _of_backup(server: ServerFacts, database: DatabaseFacts | None) -> list[str]:
    if database is None:
        return []
    name, certificate = database.name, database.tde_certificate
    return _applicable(
        (
            database.may_backup is None,
            f"Whether the login {server.login} may back {name} up is not known: SQL Server does not answer that for "
            "this name.",
        ),
        (not server.compresses, f"{server.edition} makes no compressed backups."),
        (
            certificate is not None and bool(certificate.name) and certificate.key_saved is None,
            f"{name} is encrypted (TDE), and on this server the private key of its certificate was never saved: "
            "without it no other server can restore the backup. BACKUP CERTIFICATE ... WITH PRIVATE KEY saves it.",
        ),
        (
            database.encrypted and not (certificate and certificate.name),
            f"{name} is encrypted (TDE) with a certificate that the login may not see, so whether its private key was "
            "ever saved is not known. Without it no other server can restore the backup.",
        ),
        (
            database.primary is False,
            f"{name} is in an availability group, and this is a secondary replica: the backup may be behind.",
        ),
    )


def _no_create(server: ServerFacts, statement: str) -> list[str]:
    if server.may_create:
        return []
    return [
        f"The login {server.login} has no CREATE DATABASE, which {statement} needs: add it to the server role "
        "dbcreator, or GRANT CREATE ANY DATABASE to it."
    ]


def _against_restore(server: ServerFacts, database: DatabaseFacts | None) -> list[str]:
    found = _no_create(server, "reading a backup's header")
    if not server.backs_up_to_files:
        found.append("This is an Azure service, which does not restore from files.")
    if database is None:
        return found
    name, group = database.name, database.availability_group
    entitled = server.sysadmin or server.alter_any_database or database.is_owner
    return found + _applicable(
        (
            not entitled,
            f"The login {server.login} may not restore over {name}: that needs dbcreator, sysadmin or ownership of the "
            "database. db_owner and db_backupoperator are not enough.",
        ),
        (database.system, f"{name} is a system database of SQL Server."),
        (database.snapshot_of is not None, f"{name} is a database snapshot."),
        (
            group is not None,
            f"{name} is in the availability group {group or '(name not visible)'}: remove it from the group first, and "
            "add it again afterwards.",
        ),
        (database.mirrored, f"{name} is mirrored: end mirroring first."),
        (database.snapshots, f"{name} has snapshots ({', '.join(database.snapshots)}): drop them first."),
        (database.standby, f"{name} is in STANDBY: it belongs to log shipping."),
    )


def _of_restore(database: DatabaseFacts | None) -> list[str]:
    if database is None:
        return ["There is no database of that name: a restore would create it."]
    name, sessions = database.name, sum(group.sessions for group in database.sessions or ())
    return _applicable(
        (database.published, f"{name} is published for replication, which must be set up again after a restore."),
        (database.subscribed, f"{name} is subscribed to a publication, which must be set up again after a restore."),
        (database.cdc, f"{name} has change data capture on: a restore under another name or server ends it."),
        (sessions, f"{sessions} session(s) of others are in {name} and would be ended."),
        (database.sessions is None, f"Who is in {name} cannot be seen: the login has no VIEW SERVER STATE."),
    )
