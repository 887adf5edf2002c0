# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of a restore of a database: the request, the table of states, the statements.

How users are kept out of the database, and why:

- It is set OFFLINE, which disconnects everybody and lets nobody in: no db_owner (a portal's login usually is one), no
  sysadmin, no session that reconnects in a loop. This does not depend on a session of ours, so nobody gets the database
  if our connection is lost. With SINGLE_USER, the first session that connects after that would get it.
- RESTORE replaces the offline database, on the same session. From its first page until its end, the state is RESTORING,
  which also lets nobody in.
- RESTORE uses RESTRICTED_USER, so that a backup made in SINGLE_USER is not restored in this mode. Those who may connect
  then (a db_owner, dbcreator or sysadmin) find the complete restored database, and cannot disturb the restore.
  MULTI_USER follows.

Sources: Microsoft's "RESTORE Statements - Arguments", "ALTER DATABASE SET options", "BACKUP"; the holder of SINGLE_USER
and error 5052 as recorded from SQL Server 2022 and 2025.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.model import devices
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.facts import ServerFacts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import quoting as sql_text
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.sql_failure import SqlFailure

ABSENT = "ABSENT"
SAFETY = "groupid-safety"
TAIL = "groupid-tail"
LOGGED = ("FULL", "BULK_LOGGED")
"""Recovery models whose log can be backed up."""
DAMAGED = ("RECOVERY_PENDING", "SUSPECT")
"""States in which the data cannot be read, and the log perhaps can."""

_NAME_LIMIT = 128
_MOMENT = "%Y%m%dT%H%M%S"
_SET_ID = r"\d{8}T\d{6}Z(?:-[a-z0-9._-]{1,40})?"
_OWN_NAME = re.compile(rf"groupid \S+ ({_SET_ID})|{SAFETY} .* ({_SET_ID}) \d{{8}}T\d{{6}}\.\d{{3}}Z")


_RESTORE_MARK = "The newest restore before it is restore_history_id "


class RefusedError(ValueError):
    """The restore was not started. Nothing was touched.

    code: stable word. cause: what prevents it, a sentence. next_step: what to do.
    """

    def __init__(self, code: str, cause: str, next_step: str) -> None:
        super().__init__(cause)
        self.failure = SqlFailure(code, "The restore was not started", cause, next_step)


# --- what it is given ------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Request:
    """What the caller wants.

    database: name at the time of the backup, and of the target unless as_database is given.
    files: the backup's files (all stripes), as the server sees them.
    position: of the set in these files; None: the one that ``expected`` names, otherwise the only one.
    expected_uuid, expected_family, expected_version: of the backup and its server, by its part.json; None: not known.
    allow_other_family: family_guid of a backup that may replace a database of another family.
    login_map: user of the database -> login of the server; ``dbo`` -> the login that owns the database.
    """

    database: str
    files: tuple[str, ...]
    set_id: str
    position: int | None = None
    expected_uuid: str | None = None
    expected_family: str | None = None
    expected_version: str | None = None
    as_database: str | None = None
    accept_unverified: bool = False
    accept_no_safety: bool = False
    allow_other_family: str | None = None
    tail_log: bool = False
    login_map: c.Mapping[str, str] = dataclasses.field(default_factory=dict)
    safety_path: str | None = None
    data_path: str | None = None
    log_path: str | None = None

    @property
    def target(self) -> str:
        """Name that the database has after the restore."""
        return self.as_database or self.database


@dataclasses.dataclass(frozen=True)
class BackupHeader:
    """One row of RESTORE HEADERONLY.

    kind: BackupType; 1 is a full database. finished: such as 2026-11-22 15:04:17, in the server's time.
    thumbprint: of the key that the backup is encrypted with, ``0x`` and hexadecimal digits.
    """

    position: int
    kind: int
    name: str
    database: str
    family_guid: str
    backup_set_uuid: str
    server_major: int
    finished: str
    checksums: bool
    damaged: bool
    contained: bool
    thumbprint: str | None


@dataclasses.dataclass(frozen=True)
class BackupFile:
    """One row of RESTORE FILELISTONLY. kind: D data, L log, S stream, F full-text. size: bytes. thumbprint: of TDE."""

    logical_name: str
    physical_name: str
    kind: str
    size: int
    thumbprint: str | None


@dataclasses.dataclass(frozen=True)
class TargetFile:
    """A file of the database that is there now."""

    logical_name: str
    physical_name: str


@dataclasses.dataclass(frozen=True)
class Target:
    """The database as found. state: of sys.databases, or ABSENT.

    family_guid: of the database, or, if it is not ONLINE, of its newest backup in msdb; None: not known.
    identified: the family was read from the database itself. msdb only knows the name, which a dropped database may
      have had.
    standby, grouped, mirrored, snapshots: why SQL Server refuses to restore over it.
    encrypted: by TDE. log_chain: a full backup was made, so that its log can be backed up.
    trustworthy, broker, owner: what RESTORE resets, even if the backup is of the same database.
    """

    name: str
    state: str = ABSENT
    user_access: str = "MULTI_USER"
    recovery_model: str = "SIMPLE"
    family_guid: str | None = None
    identified: bool = False
    standby: bool = False
    grouped: bool = False
    mirrored: bool = False
    snapshots: tuple[str, ...] = ()
    files: tuple[TargetFile, ...] = ()
    encrypted: bool = False
    log_chain: bool = True
    trustworthy: bool = False
    broker: bool = False
    owner: str | None = None

    @property
    def condition(self) -> str:
        """Its key in STATES."""
        return self.user_access if self.state == "ONLINE" and self.user_access != "MULTI_USER" else self.state


@dataclasses.dataclass(frozen=True)
class ServerState:
    """What the server has and allows besides the database.

    contained: databases may be contained. thumbprints: of the certificates and keys in master, as in BackupHeader.
    foreign_files: of all other databases. logins: those of login_map that exist.
    """

    contained: bool = False
    thumbprints: frozenset[str] = frozenset()
    foreign_files: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Safety:
    """A safety backup, as msdb knows it. set_id: of the restore that made it. files: all stripes."""

    name: str
    set_id: str
    files: tuple[str, ...]
    position: int
    backup_set_uuid: str


@dataclasses.dataclass(frozen=True)
class Restored:
    """The newest RESTORE of a database that msdb knows. number: rises. finished: in the server's local time.

    backup_set_uuid: of what was restored.
    """

    number: int
    finished: datetime.datetime | None
    backup_set_uuid: str


@dataclasses.dataclass(frozen=True)
class Facts:
    """Everything that the plan needs. earlier: safety backup of a run that did not end (see find_earlier_safety).

    restored: the database's newest RESTORE.
    """

    server: ServerFacts
    server_state: ServerState
    target: Target
    headers: tuple[BackupHeader, ...]
    files: tuple[BackupFile, ...]
    earlier: Safety | None = None
    restored: Restored | None = None


# --- the table -------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Approach:
    """What a restore does with a database that it finds in one state.

    opening: ALTER DATABASE options, one statement each, that let the safety backup be made.
    safety: ``backup``: made now; ``earlier``: SQL Server cannot back it up in this state, so the one of the interrupted
      run is used, or none with accept_no_safety; ``none``: there is nothing to save.
    taking: the option that keeps its users out; empty if nobody can be connected.
    replace: whether RESTORE uses REPLACE: ``never``; ``log``: only if the log's tail would stop it (3159) or another
      family was allowed; ``always``: SQL Server cannot check the files in this state.
    refused, next_step: why it is never done.
    """

    opening: tuple[str, ...] = ()
    safety: t.Literal["backup", "earlier", "none"] = "backup"
    taking: str = "OFFLINE WITH ROLLBACK IMMEDIATE"
    replace: t.Literal["never", "log", "always"] = "log"
    refused: str = ""
    next_step: str = ""


_DAMAGED = Approach(safety="earlier", taking="", replace="always")

STATES: c.Mapping[str, Approach] = {
    "ONLINE": Approach(),
    "RESTRICTED_USER": Approach(),
    # Fails with 5064 while another session uses it. Then nothing was touched, and the error names this session.
    "SINGLE_USER": Approach(opening=("MULTI_USER WITH ROLLBACK IMMEDIATE",)),
    "OFFLINE": Approach(opening=("RESTRICTED_USER", "ONLINE")),
    "RESTORING": _DAMAGED,
    "RECOVERY_PENDING": _DAMAGED,
    "SUSPECT": _DAMAGED,
    ABSENT: Approach(safety="none", taking="", replace="never"),
    "RECOVERING": Approach(
        refused="SQL Server is still recovering it",
        next_step="Wait until its state is ONLINE, then repeat the restore.",
    ),
    "EMERGENCY": Approach(
        refused="it is in EMERGENCY, where an administrator put it to rescue data",
        next_step="Ask who did. Set it OFFLINE when the rescue is over, then repeat the restore.",
    ),
}


@dataclasses.dataclass(frozen=True)
class Move:
    """Where a file goes. kept: the target already has its file of this name there."""

    logical_name: str
    path: str
    kept: bool


# --- its statements ---------------------------------------------------------------------------------------------------


def verify_statement(files: c.Sequence[str], position: int, *, checksum: bool, moves: c.Iterable[Move] = ()) -> str:
    """Write the RESTORE VERIFYONLY. moves: lets it check the space where the files will go."""
    options = [f"FILE = {position}", *_moves(moves), "CHECKSUM" if checksum else ""]
    return f"RESTORE VERIFYONLY FROM {devices(files)} WITH {_options(options)}"


def restore_statement(
    database: str,
    files: c.Sequence[str],
    position: int,
    *,
    moves: c.Iterable[Move] = (),
    replace: bool = False,
    checksum: bool = True,
    recovery: bool = True,
) -> str:
    """Write the RESTORE DATABASE. With recovery, only administrators and owners get in after it."""
    options = [
        f"FILE = {position}",
        *_moves(moves),
        "REPLACE" if replace else "",
        "CHECKSUM" if checksum else "",
        "RESTRICTED_USER" if recovery else "",
        "RECOVERY" if recovery else "NORECOVERY",
        "STATS = 5",
    ]
    return f"RESTORE DATABASE {sql_text.identifier(database)} FROM {devices(files)} WITH {_options(options)}"


def alter_statement(database: str, option: str) -> str:
    """Write an ALTER DATABASE ... SET. option: of the code, never of a caller."""
    return f"ALTER DATABASE {sql_text.identifier(database)} SET {option}"


def tail_statement(database: str, file: str, name: str) -> str:
    """Write the BACKUP LOG of all that was not backed up. It leaves the database RESTORING: nothing can follow it."""
    options = ["NORECOVERY", "CHECKSUM", "NOINIT", f"NAME = {sql_text.literal(name)}", "STATS = 5"]
    return f"BACKUP LOG {sql_text.identifier(database)} TO DISK = {sql_text.literal(file)} WITH {_options(options)}"


def save_log_statement(database: str, file: str, name: str) -> str:
    """Write the BACKUP LOG of a database that cannot be opened. It changes nothing of it.

    NO_TRUNCATE reads the log regardless of the state of the data (Microsoft's "Tail-log backups").
    """
    options = ["NO_TRUNCATE", "CHECKSUM", "NOINIT", f"NAME = {sql_text.literal(name)}", "STATS = 5"]
    return f"BACKUP LOG {sql_text.identifier(database)} TO DISK = {sql_text.literal(file)} WITH {_options(options)}"


def journal_name(kind: str, database: str, set_id: str, now: datetime.datetime) -> str:
    """Name a safety backup (or a tail) in msdb, which allows 128 characters. A long name of a database is cut."""
    moment = now.astimezone(datetime.timezone.utc)
    tail = f" {set_id} {moment.strftime(_MOMENT)}.{moment.microsecond // 1000:03}Z"
    return f"{kind} {shortened(database, _NAME_LIMIT - len(kind) - 1 - len(tail))}{tail}"


def set_id_of(name: str) -> str | None:
    """Return the set id in a backup's name; None if the backup was not made by this collection."""
    found = _OWN_NAME.fullmatch(name)
    return (found[1] or found[2]) if found else None


def write_restore_mark(restored: Restored | None) -> str:
    """Write a safety backup's DESCRIPTION.

    Its key shows a later run what came after it, without a comparison of clocks.
    """
    return f"{_RESTORE_MARK}{restored.number if restored else 0}"


def read_restore_mark(description: str | None) -> int | None:
    """Read the number in a safety backup's DESCRIPTION; None if it has none."""
    number = (description or "").removeprefix(_RESTORE_MARK)
    return int(number) if number != description and re.fullmatch(r"[0-9]{1,18}", number) else None


def _moves(moves: c.Iterable[Move]) -> list[str]:
    return [f"MOVE {sql_text.literal(move.logical_name)} TO {sql_text.literal(move.path)}" for move in moves]


def _options(options: c.Iterable[str]) -> str:
    return ", ".join(option for option in options if option)


def shortened(text: str, limit: int) -> str:
    """Cut a text to a number of UTF-16 code units, as the server counts, and never in the middle of a character."""
    while len(text.encode("utf-16-le")) // 2 > limit:
        text = text[:-1]
    return text


def same_guid(one: str, other: str) -> bool:
    """Compare GUIDs in any spelling."""
    return one.strip("{}").casefold() == other.strip("{}").casefold()
