# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the cause of an error that does not name it.

FreeTDS sorts the errors of a batch by severity, and pyodbc takes the first. So of "BACKUP DATABASE permission denied"
(262, severity 14) and "BACKUP DATABASE is terminating abnormally" (3013, severity 16) only the latter arrives. Errors
with a severity below 16 are about rights and the database's state here, and both can be queried afterwards.
"""

from __future__ import annotations

import collections.abc as c
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Message, Outcome, SqlError

_NAME = r"(?P<name>\[(?:[^\]]|\]\])+\])"
_BACKUP = re.compile(rf"\s*BACKUP\s+(?:DATABASE|LOG)\s+{_NAME}", re.IGNORECASE)
_RESTORE = re.compile(rf"\s*RESTORE\s+(?:DATABASE|LOG)\s+{_NAME}", re.IGNORECASE)
_ALTER = re.compile(rf"\s*ALTER\s+DATABASE\s+{_NAME}", re.IGNORECASE)
_READ = re.compile(r"\s*RESTORE\s+(?:VERIFYONLY|HEADERONLY|FILELISTONLY|LABELONLY)\b", re.IGNORECASE)

_STATES = {"OFFLINE": 942, "RESTORING": 927, "RECOVERING": 922, "SUSPECT": 926, "RECOVERY_PENDING": 945}

Ask = c.Callable[[str], Outcome]
Row = c.Mapping[str, t.Any]


def unmasked(error: SqlError, ask: Ask) -> SqlError:
    """Return the error that must have come before this one, or this one if nothing is found.

    ask: runs a SELECT on the same session.
    """
    try:
        found = _find(error.statement, ask)
    except SqlError:  # what is known for certain stays
        return error
    if found is None:
        return error
    number, reason = found
    text = f"{error.text} The driver did not report the reason; the server then said: {reason}"
    return SqlError(number, text, (Message(error.number, error.text), *error.following), error.statement)


def _find(batch: str, ask: Ask) -> tuple[int, str] | None:
    for form, judge in ((_BACKUP, _of_backup), (_RESTORE, _of_restore), (_ALTER, _of_alter)):
        statement = form.match(batch)
        if statement is not None:
            return judge(statement["name"], _read_facts(statement["name"], ask))
    return _of_read(_read_facts("[master]", ask)) if _READ.match(batch) else None


def _read_facts(name: str, ask: Ask) -> Row:
    """Ask for the database's state and the login's rights. state is None if there is no such database."""
    plain = literal(name[1:-1].replace("]]", "]"))
    rights = ask(
        f"SELECT HAS_PERMS_BY_NAME({literal(name)}, N'DATABASE', N'BACKUP DATABASE') AS may_backup, "
        "HAS_PERMS_BY_NAME(NULL, NULL, N'CREATE ANY DATABASE') AS creates_any, "
        "HAS_PERMS_BY_NAME(N'master', N'DATABASE', N'CREATE DATABASE') AS creates, "
        f"HAS_PERMS_BY_NAME({literal(name)}, N'DATABASE', N'ALTER') AS alters, "
        "HAS_PERMS_BY_NAME(NULL, NULL, N'ALTER ANY DATABASE') AS alters_any;"
    ).rows()
    states = ask(
        "SELECT state_desc AS state, user_access_desc AS access, HAS_DBACCESS(name) AS accessible, "
        f"CASE WHEN owner_sid = SUSER_SID() THEN 1 ELSE 0 END AS owned FROM sys.databases WHERE name = {plain};"
    ).rows()
    return {**rights[0], **(states[0] if states else {"state": None})}


def _of_backup(name: str, row: Row) -> tuple[int, str] | None:
    state = row["state"]
    if state in _STATES:
        return _STATES[state], f"the database {name} is {state}."
    if state is None:
        return None
    if not row["accessible"]:
        if row["access"] == "SINGLE_USER":
            return 924, f"the database {name} is in SINGLE_USER mode, and another session has it."
        return 916, f"the login has no access to the database {name}."
    # NULL is no answer: the function takes names of 128 characters, brackets included.
    return (262, f"the login has no BACKUP DATABASE in the database {name}.") if row["may_backup"] == 0 else None


def _of_restore(name: str, row: Row) -> tuple[int, str] | None:
    if row["state"] is None:
        return _of_read(row)
    entitled = row["alters_any"] or row["owned"]
    return None if entitled else (3110, f"the login may not restore the database {name}.")


def _of_alter(name: str, row: Row) -> tuple[int, str] | None:
    if row["state"] is None:
        return 5011, f"the database {name} is not there, or the login may not see it."
    if row["alters_any"] or row["owned"] or row["alters"]:
        return None
    # NULL: SQL Server does not answer for a database that it cannot open, or for a long name.
    may = "may not change it" if row["alters"] == 0 else "may not be allowed to change it"
    return 5011, f"the database {name} is {row['state']}, and the login {may}."


def _of_read(row: Row) -> tuple[int, str] | None:
    may = row["creates_any"] or row["creates"]
    return None if may else (262, "the login has no CREATE DATABASE in the database [master].")
