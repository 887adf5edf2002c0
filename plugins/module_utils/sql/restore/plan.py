# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore will do, step by step. Facts in, a plan or a refusal out; nothing here talks to a server."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.model import Order, compresses_tde
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.model import (
    verify_statement as verify_backup,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.checks import (
    check_backup,
    check_target,
    choose,
    other_family_allowed,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.files import place
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import (
    DAMAGED,
    LOGGED,
    SAFETY,
    TAIL,
    Approach,
    BackupHeader,
    Facts,
    Move,
    RefusedError,
    Request,
    Safety,
    Target,
    alter_statement,
    journal_name,
    restore_statement,
    same_guid,
    save_log_statement,
    tail_statement,
    verify_statement,
    write_restore_mark,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.paths import join_path

# All characters except those that are allowed in a file name on every system of SQL Server.
_UNFIT = re.compile(r"[^\w.\- ]+")

# Of the path of a backup device.
_PATH_LIMIT = 259

Stage = t.Literal["open", "safety", "verify_safety", "take", "tail", "save_log", "restore", "give_back", "go_back"]


@dataclasses.dataclass(frozen=True)
class Step:
    """One batch. stage: what it is part of."""

    stage: Stage
    statement: str


@dataclasses.dataclass(frozen=True)
class Copy:
    """A backup that a restore makes of what it replaces. name: NAME in msdb. file: as the server sees it."""

    name: str
    file: str


@dataclasses.dataclass(frozen=True)
class Plan:
    """What will be done, in order: ``verify``, then ``steps``.

    replace: RESTORE uses REPLACE.
    safety: backup of the database to be made; None if its state needs none, or does not allow one.
    tail: backup of the log's tail to be made.
    earlier: safety backup of an interrupted run, for a rollback if ``safety`` is not possible.
    warnings: what the caller should know, a sentence each.
    """

    target: Target
    header: BackupHeader
    moves: tuple[Move, ...]
    replace: bool
    verify: str
    steps: tuple[Step, ...]
    safety: Copy | None
    tail: Copy | None
    earlier: Safety | None
    warnings: tuple[str, ...]


def make_plan(request: Request, facts: Facts, now: datetime.datetime) -> Plan:
    """Decide what a restore does. now: names the safety backup.

    Raises RefusedError; ValueError for names that T-SQL does not allow.
    """
    header = choose(request, facts.server, facts.headers)
    check_backup(request, facts, header)
    approach = check_target(request, facts, header)
    safety = _copy(request, facts, SAFETY, ".bak", now) if approach.safety == "backup" else None
    plan = Plan(
        target=facts.target,
        header=header,
        moves=place(request, facts, header),
        replace=_replace(request, facts.target, approach, header),
        verify="",
        steps=(),
        safety=safety,
        tail=_copy(request, facts, TAIL, ".trn", now) if request.tail_log else None,
        earlier=facts.earlier if approach.safety == "earlier" else None,
        warnings=tuple(_warnings(request, facts, approach, header)),
    )
    return dataclasses.replace(
        plan,
        verify=verify_statement(request.files, header.position, checksum=header.checksums, moves=plan.moves),
        steps=tuple(_steps(request, facts, approach, plan)),
    )


def _warnings(request: Request, facts: Facts, approach: Approach, header: BackupHeader) -> c.Iterator[str]:
    target = facts.target
    if not header.checksums:
        yield "The backup has no checksums, so damage in it may go unnoticed until it is restored."
    if approach.safety == "earlier" and facts.earlier is None:
        yield f"There is no safety backup: SQL Server cannot back up a database that is {target.state}."
    if approach.safety == "earlier" and facts.earlier is not None:
        yield (
            f"{target.name} is {target.state}, so SQL Server cannot back it up. Its safety backup is the one of the "
            f"interrupted restore: {', '.join(facts.earlier.files)}."
        )
    if target.state in DAMAGED and target.recovery_model in LOGGED and not request.tail_log:
        yield (
            f"The log of {target.name} may have changes that no backup has. tail_log: true saves them first (BACKUP "
            "LOG ... WITH NO_TRUNCATE)."
        )
    if target.condition in ("RESTRICTED_USER", "SINGLE_USER"):
        yield f"{target.name} was {target.user_access}. After the restore it is MULTI_USER."


def _steps(request: Request, facts: Facts, approach: Approach, plan: Plan) -> c.Iterator[Step]:
    database = request.target
    for option in approach.opening:
        yield Step("open", alter_statement(database, option))
    if plan.safety:
        order = Order(
            database,
            plan.safety.name,
            plan.safety.name,
            (plan.safety.file,),
            compression=_compression(facts),
            description=write_restore_mark(facts.restored),
        )
        yield Step("safety", order.backup_statement())
        yield Step("verify_safety", verify_backup(order.files))
    if plan.earlier:
        yield Step("verify_safety", verify_backup(plan.earlier.files))
    if approach.taking:
        yield Step("take", alter_statement(database, approach.taking))
    if plan.tail and plan.target.state in DAMAGED:
        yield Step("save_log", save_log_statement(database, plan.tail.file, plan.tail.name))
    elif plan.tail:
        # BACKUP LOG needs the database ONLINE and without users. One batch leaves almost no time to connect,
        # RESTRICTED_USER keeps most users out, and error 3101 shows that somebody was faster.
        opening = [alter_statement(database, "RESTRICTED_USER"), alter_statement(database, "ONLINE")]
        yield Step("tail", "; ".join([*opening, tail_statement(database, plan.tail.file, plan.tail.name)]))
    yield restore_step(request, plan)
    yield Step("give_back", alter_statement(database, "MULTI_USER"))


def _compression(facts: Facts) -> bool | None:
    if not facts.server.compresses:
        return None
    return not facts.target.encrypted or compresses_tde(facts.server.version)


def restore_step(request: Request, plan: Plan) -> Step:
    """Write the RESTORE of a plan."""
    header = plan.header
    statement = restore_statement(
        request.target,
        request.files,
        header.position,
        moves=plan.moves,
        replace=plan.replace,
        checksum=header.checksums,
    )
    return Step("restore", statement)


def _copy(request: Request, facts: Facts, kind: str, ending: str, now: datetime.datetime) -> Copy:
    """Name a backup of what is replaced, and its file. Raises RefusedError."""
    folder = request.safety_path or facts.server.backup_path
    if not folder:
        raise RefusedError(
            "safety_path",
            "This server names no default backup folder for the safety backup.",
            "Set groupid_sql_safety_dir (safety_path of the module) to a folder that the SQL Server service can "
            "write to.",
        )
    name = journal_name(kind, request.target, request.set_id, now)
    file = join_path(folder, f"{_UNFIT.sub('_', name)}{ending}")
    if len(file.encode("utf-16-le")) // 2 > _PATH_LIMIT:
        raise RefusedError(
            "safety_path",
            f"The path {file!r} is longer than the {_PATH_LIMIT} characters that BACKUP accepts.",
            "Use a shorter folder in groupid_sql_safety_dir (safety_path of the module).",
        )
    return Copy(name, file)


def _replace(request: Request, target: Target, approach: Approach, header: BackupHeader) -> bool:
    """Return whether RESTORE needs REPLACE, which turns SQL Server's own checks off."""
    if approach.replace != "log":
        return approach.replace == "always"
    if target.family_guid is None or not same_guid(target.family_guid, header.family_guid):
        return other_family_allowed(request, header)
    return target.recovery_model in LOGGED and not request.tail_log
