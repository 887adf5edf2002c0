# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of a login that is refused, and of a permission that a login lacks."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.advice import Advice

LOGINS: t.Final[tuple[Advice, ...]] = (
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
        916,
        "The login has no access to the database.",
        "It has no user in that database.",
        "Create a user for the login in the database, with db_backupoperator for backups.",
    ),
    Advice(
        4060,
        "The login cannot open the database.",
        "It has no user in it, or the database is offline, being restored, or single-user.",
        "Check the database's state with groupid_sql_info and the login's user in it.",
    ),
    Advice(
        4064,
        "The login's default database cannot be opened.",
        "It is offline, was dropped, or the login has no access to it.",
        "ALTER LOGIN ... WITH DEFAULT_DATABASE = master.",
    ),
    Advice(
        15151,
        "The principal or certificate does not exist, or the login may not use it.",
        "The name is wrong, or the right to use or change it is missing.",
        "Check the name. Changing users needs ALTER ANY USER, changing the owner TAKE OWNERSHIP and IMPERSONATE, "
        "encrypting with a certificate VIEW DEFINITION on it (GRANT VIEW DEFINITION ON CERTIFICATE::name, in master).",
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
        17892,
        "A logon trigger refused the login.",
        "The trigger's rule, or an error in it.",
        "Ask the server's administrator; the error log has the trigger's reason.",
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
)
