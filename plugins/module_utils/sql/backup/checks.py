# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks whether a backup may be made as requested, and makes the order for it. Nothing here talks to a server."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import products
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup import model as sql_backup
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.run import BackupError, failure, media_name
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.capabilities import verdicts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.facts import DatabaseFacts, ServerFacts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import check_database, identifier


@dataclasses.dataclass(frozen=True)
class Request:
    """A requested backup; the fields are the options of ``groupid_sql_backup``."""

    database: str
    deployment: str
    set_id: str
    path: str
    version: str
    file_name: str | None = None
    allow_unknown_database: str | None = None
    compression: t.Literal["auto", "on", "off"] = "auto"
    encryption_certificate: str | None = None
    allow_unsaved_certificate: bool = False
    stripes: int = 1
    stats: int = 5
    verify: bool = True
    sessions: bool = False

    @property
    def name(self) -> str:
        """NAME of the backup. Raises ValueError."""
        return sql_backup.backup_name(self.deployment, self.set_id)


def check_request(request: Request) -> None:
    """Refuse values that are wrong on every server. Raises ValueError."""
    check_database(request.database)
    sql_backup.backup_files(request.path, request.file_name or request.database, request.stripes)
    sql_backup.backup_name(request.deployment, request.set_id)
    products.select_products(request.version)
    if request.encryption_certificate is not None:
        identifier(request.encryption_certificate)
    if not 1 <= request.stats <= 100:
        raise ValueError(f"stats is a number of percents from 1 to 100, not {request.stats}.")


def decide(
    request: Request, server: ServerFacts, database: DatabaseFacts | None
) -> tuple[sql_backup.Order, tuple[str, ...]]:
    """Return the order for the backup, and warnings, a sentence each. Raises BackupError."""
    judged = verdicts(server, database)
    if database is None or not judged["can_backup"].ok:
        raise _refused(
            request, "cannot_backup", " ".join(judged["can_backup"].reasons), "Correct that, then run again."
        )
    if request.verify and not judged["can_verify"].ok:
        raise _refused(
            request,
            "cannot_verify",
            " ".join(judged["can_verify"].reasons),
            "Grant the login that permission, or back up with verify: false and let another login verify.",
        )
    warnings = (*judged["can_backup"].reasons, *_unknown_database(request, database))
    warnings = (*warnings, *_certificate(request, server, database))
    compression, said = _compression(request, server, database)
    warnings = (*warnings, *said)
    order = sql_backup.Order(
        database=database.name,
        name=request.name,
        media=media_name(),
        files=sql_backup.backup_files(request.path, request.file_name or database.name, request.stripes),
        compression=compression,
        certificate=request.encryption_certificate,
        transfer_bytes=sql_backup.transfer_bytes(server.major, database.encrypted, compression),
        stats=request.stats,
    )
    return order, warnings


def _unknown_database(request: Request, database: DatabaseFacts) -> tuple[str, ...]:
    """Warn of a database that does not look like GroupID's, or refuse it."""
    if database.known_objects:
        return ()
    known = [str(one) for product in products.select_products(request.version) for one in product.database_objects]
    if not known:
        return (
            f"It is not known whether {database.name} is GroupID's database: no table of GroupID {request.version} is "
            "known. Check its name.",
        )
    if database.objects_visible:
        cause = f"{database.name} does not look like GroupID's database: it has none of {', '.join(known)}."
    else:
        reason = (
            "the login may not see"
            if database.objects_visible is False
            else "it is not known whether the login may see"
        )
        cause = (
            f"It is not known whether {database.name} is GroupID's database: {reason} its tables, such as "
            f"{', '.join(known)}."
        )
    if request.allow_unknown_database == database.name:
        return (f"{cause} groupid_sql_allow_unknown_database allows it.",)
    raise _refused(
        request,
        "unknown_database",
        cause,
        f"Check the name. The login needs VIEW DEFINITION in the database. If it is the right one, set "
        f"groupid_sql_allow_unknown_database: {database.name} (allow_unknown_database of the module).",
    )


def _compression(request: Request, server: ServerFacts, database: DatabaseFacts) -> tuple[bool | None, tuple[str, ...]]:
    """Decide on compression (None: the server decides), and return what it means for a restore."""
    if request.compression == "off":
        return False, ()
    if request.compression == "on" and not server.compresses:
        raise _refused(
            request,
            "compression",
            f"{server.edition} makes no compressed backups (1844).",
            "Use groupid_sql_compression (compression of the module): auto or off.",
        )
    # An option that the edition does not have is left out of the statement.
    if not server.compresses or not database.encrypted:
        return True if server.compresses else None, ()
    if sql_backup.compresses_tde(server.version):
        needs = sql_backup.tde_needs(server.version)
        return True, (
            f"The compressed backup of an encrypted (TDE) database can be restored on {needs}.",
        ) if needs else ()
    broken = (
        f"this server's build ({server.version}) makes compressed backups of encrypted (TDE) databases that may not be "
        "restorable"
    )
    if request.compression == "on":
        raise _refused(
            request,
            "compression",
            f"{broken[0].upper()}{broken[1:]}.",
            "Install an update with the fix (2016: RTM CU7, SP1 CU4; 2019: CU16), or set "
            "groupid_sql_compression (compression of the module) to auto.",
        )
    return False, (f"The backup is not compressed, as {broken}. The newest cumulative update fixes that.",)


def _certificate(request: Request, server: ServerFacts, database: DatabaseFacts) -> tuple[str, ...]:
    """Refuse a certificate that cannot encrypt the backup, or return what is not known about it."""
    wanted = request.encryption_certificate
    if wanted is None:
        return ()
    # Compression and encryption of backups are missing in the same editions: Express and Web.
    if server.major < sql_backup.ENCRYPTION_SINCE or not server.compresses:
        raise _refused(
            request,
            "encryption",
            f"{server.edition}, version {server.version}, makes no encrypted backups.",
            "Leave out groupid_sql_certificate (encryption_certificate), and protect the folder of the backup.",
        )
    found = next((one for one in database.certificates if one.name == wanted), None)
    if found is None and not server.sees_all:
        # BACKUP then answers for itself (15151), before it touches a file.
        return (
            f"The login does not see certificate {wanted!r} in master. It is not known whether it is there, or whether "
            "its private key was ever saved. Without that key nobody can read the backup if the server is lost.",
        )
    if found is None:
        names = ", ".join(one.name for one in database.certificates) or "none"
        raise _refused(
            request,
            "certificate",
            f"master has no certificate {wanted!r}. It has: {names}.",
            "Name another, or make it (CREATE CERTIFICATE) and save it with its private key.",
        )
    if found.key_saved is None and not request.allow_unsaved_certificate:
        raise _refused(
            request,
            "certificate_unsaved",
            f"The private key of certificate {wanted!r} was never saved on this server. If the server is lost, nobody "
            "can read the backup.",
            "Save it with BACKUP CERTIFICATE ... WITH PRIVATE KEY, or, if it is kept elsewhere, set "
            "allow_unsaved_certificate: true.",
        )
    return ()


def _refused(request: Request, code: str, cause: str, next_step: str) -> BackupError:
    return failure(code, f"The backup of {request.database} was not started", cause, next_step)
