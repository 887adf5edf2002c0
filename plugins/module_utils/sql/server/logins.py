# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users of a restored database, and the logins of the server that they belong to.

A user and a login are joined by a SID. A SQL login of the same name on another server has another SID, so its user is
orphaned there: the login exists, the user exists, and the portal cannot open the database.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import identifier, literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Session,
    SqlError,
)

OWNER = "dbo"
"""In a login map, the user whose login owns the database."""

_MAP = "groupid_sql_login_map (login_map of the module)"


@dataclasses.dataclass(frozen=True)
class Orphan:
    """A user whose SID belongs to no login. same_name: a login with the user's name exists."""

    user: str
    windows: bool
    same_name: bool


@dataclasses.dataclass(frozen=True)
class ServerDependencies:
    """What a database takes from the server it is on.

    owner: login that owns it, None if its SID belongs to none. compatibility_level: 160 is SQL Server 2022.
    containment: ``NONE`` or ``PARTIAL``. master_key: the database has one; master_key_opens: this server can open it.
    unseen: users of Windows for whom this login cannot see whether they have a login.
    same_owner: the user dbo is the owner's; after a RESTORE by another login it is not (33009).
    """

    orphans: tuple[Orphan, ...]
    owner: str | None
    compatibility_level: int
    containment: str
    master_key: bool
    master_key_opens: bool
    unseen: tuple[str, ...] = ()
    same_owner: bool = True


@dataclasses.dataclass(frozen=True)
class LoginRepair:
    """The result of a login map. joined: user -> login. refused: a sentence each, in the server's words."""

    joined: dict[str, str]
    refused: tuple[str, ...]


def read_dependencies(session: Session, database: str, sees_all: bool = True) -> ServerDependencies:
    """Ask for what a database takes from its server. sees_all: the login sees every other login. Raises SqlError."""
    name = identifier(database)
    row = session.execute(
        "SELECT SUSER_SNAME(owner_sid) AS owner, compatibility_level, containment_desc, "
        f"is_master_key_encrypted_by_server FROM sys.databases WHERE name = {literal(database)};"
    ).rows()[0]
    users = session.execute(
        "SELECT name, type, CONVERT(nvarchar(200), sid, 1) AS sid, SUSER_SNAME(sid) AS login, "
        "SUSER_SID(name) AS same_name "
        f"FROM {name}.sys.database_principals WHERE principal_id > 4 AND type IN (N'S', N'U', N'G') "
        "AND authentication_type IN (1, 3) ORDER BY name;"
    ).rows()
    # SUSER_SNAME and SUSER_SID know every account of Windows, login or not (dbatools, issue 3157).
    principals = session.execute(
        "SELECT name, CONVERT(nvarchar(200), sid, 1) AS sid FROM sys.server_principals WHERE type IN (N'U', N'G');"
    ).rows()
    sids = {str(one["sid"]) for one in principals}
    names = {str(one["name"]).casefold() for one in principals}
    windows = [user for user in users if str(user["type"]).strip() != "S" and str(user["sid"]) not in sids]
    dbo = session.execute(
        f"SELECT CONVERT(nvarchar(200), p.sid, 1) AS sid, CONVERT(nvarchar(200), d.owner_sid, 1) AS owner_sid "
        f"FROM {name}.sys.database_principals AS p JOIN sys.databases AS d ON d.name = {literal(database)} "
        "WHERE p.name = N'dbo';"
    ).rows()
    key = session.execute(
        f"SELECT COUNT(*) FROM {name}.sys.symmetric_keys WHERE name = N'##MS_DatabaseMasterKey##';"
    ).value()
    return ServerDependencies(
        orphans=(
            *(
                Orphan(user["name"], False, user["same_name"] is not None)
                for user in users
                if str(user["type"]).strip() == "S" and user["login"] is None
            ),
            *(
                Orphan(user["name"], True, user["name"].casefold() in names)
                for user in windows
                if sees_all or user["login"] is None
            ),
        ),
        unseen=tuple(user["name"] for user in windows if not sees_all and user["login"] is not None),
        same_owner=all(row["sid"] == row["owner_sid"] for row in dbo),
        owner=row["owner"],
        compatibility_level=int(row["compatibility_level"]),
        containment=row["containment_desc"],
        master_key=bool(key),
        master_key_opens=bool(row["is_master_key_encrypted_by_server"]),
    )


def repair_logins(session: Session, database: str, login_map: c.Mapping[str, str]) -> LoginRepair:
    """Join users with logins, and give the database its owner. If one is refused, the others are still joined.

    Raises ConnectionLostError.
    """
    joined = {}
    refused = []
    for user, login in login_map.items():
        refusal = _join(session, join_statement(database, user, login))
        if refusal is None:
            joined[user] = login
        else:
            refused.append(f"{user} was not joined with login {login}: {refusal}.")
    return LoginRepair(joined, tuple(refused))


def _join(session: Session, statement: str) -> SqlError | None:
    """Return the server's refusal, None if it accepted the request."""
    try:
        session.execute(statement)
    except ConnectionLostError:
        raise
    except SqlError as error:
        return error
    return None


def join_statement(database: str, user: str, login: str) -> str:
    """Write the statement that joins a user with a login, or names the owner.

    sp_executesql of the database runs in it, and leaves the session in master.
    """
    if user.casefold() == OWNER:
        return f"ALTER AUTHORIZATION ON DATABASE::{identifier(database)} TO {identifier(login)};"
    alter = f"ALTER USER {identifier(user)} WITH LOGIN = {identifier(login)};"
    return f"EXEC {identifier(database)}.sys.sp_executesql {literal(alter)};"


def advice(dependencies: ServerDependencies, server_level: int) -> list[str]:
    """Return what an administrator must do, a sentence each. server_level: the server's own compatibility level."""
    found = []
    for orphan in dependencies.orphans:
        hint = f" A login of that name exists: {_MAP}, with {orphan.user}: {orphan.user}, joins them."
        lost = (
            "so that account enters only as a member of a group that has a login"
            if orphan.windows
            else "so nobody can enter as that user"
        )
        found.append(
            f"User {orphan.user} belongs to no login of this server, {lost}."
            + (hint if orphan.same_name else f" Create its login, or name another in {_MAP}.")
        )
    if dependencies.unseen:
        found.append(
            f"Whether {', '.join(dependencies.unseen)} "
            f"{'has a login' if len(dependencies.unseen) == 1 else 'have logins'} "
            "on this server cannot be seen by this login. A sysadmin sees it in sys.server_principals."
        )
    if dependencies.owner is not None and not dependencies.same_owner:
        found.append(
            f"The user dbo of the database is not its owner, {dependencies.owner} (33009): name the owner in "
            f"{_MAP}, as the login of dbo."
        )
    if dependencies.owner is None:
        found.append(f"The database's owner is not a login of this server. Name one in {_MAP}, as the login of dbo.")
    if dependencies.master_key and not dependencies.master_key_opens:
        found.append(
            "This server cannot open the database's master key. In the database: OPEN MASTER KEY DECRYPTION BY "
            "PASSWORD = ...; ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY."
        )
    if dependencies.compatibility_level != server_level:
        found.append(
            f"Compatibility level is {dependencies.compatibility_level}, as in the backup; this server's own is "
            f"{server_level}. Leave it."
        )
    return found
