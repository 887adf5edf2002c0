# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a restore, and for a failure the state of the database and the one command that repairs it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import FailureError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import (
    ABSENT,
    Facts,
    RefusedError,
    Request,
    Safety,
    Target,
    alter_statement,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.plan import Plan
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.rollback import (
    Ending,
    Progress,
    decide_ending,
    was_offline,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import errors as sql_errors
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import identifier
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import SqlError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.sql_failure import SqlFailure

_HEADER_FIELDS = ("name", "database", "position", "backup_set_uuid", "family_guid", "finished", "checksums")


class RestoreError(FailureError):
    """The restore did not do what was requested.

    result: as the module returns it, whatever is known of it.
    """

    def __init__(self, failure: SqlFailure, result: dict[str, t.Any]) -> None:
        super().__init__(failure)
        self.result = result


@dataclasses.dataclass
class RestoreContext:
    """What a run knows and has done.

    place: the server, for people. statements: sent, in order, without those that only read.
    safety: made by this run and confirmed by msdb.
    """

    request: Request
    place: str
    facts: Facts | None = None
    plan: Plan | None = None
    progress: Progress = dataclasses.field(default_factory=Progress)
    safety: Safety | None = None
    statements: list[str] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)

    @property
    def planned(self) -> Plan:
        """The plan, once there is one."""
        if self.plan is None:
            raise AssertionError("a restore continues only after it was planned")
        return self.plan

    @property
    def target(self) -> str:
        """Name of the database."""
        return self.plan.target.name if self.plan else self.request.target

    @property
    def saved(self) -> Safety | None:
        """The safety backup that this run made, or the earlier one that it uses."""
        return self.safety or self.progress.safety or (self.plan.earlier if self.plan else None)


def result(context: RestoreContext, outcome: str) -> dict[str, t.Any]:
    """Return the members that every result of the module has."""
    plan, saved, target = context.plan, context.saved, _target(context)
    return {
        "outcome": outcome,
        "database": context.target,
        "set_id": context.request.set_id,
        "found": None if target is None else {"state": target.state, "user_access": target.user_access},
        "state": None if target is None else target.state,
        "user_access": None if target is None else target.user_access,
        "backup": None if plan is None else {field: getattr(plan.header, field) for field in _HEADER_FIELDS},
        "files": [] if plan is None else [{"name": one.logical_name, "path": one.path} for one in plan.moves],
        "replace": None if plan is None else plan.replace,
        "safety": None if saved is None else _safety(saved),
        "tail_file": _tail_file(context),
        "statements": list(context.statements),
        "recovery_statement": None,
        "lost": None,
        "next_steps": [],
        "warnings": list(context.warnings),
    }


def restored(context: RestoreContext) -> dict[str, t.Any]:
    """Return the result of a restore that was completed, or in check mode would be."""
    name, finished = context.target, context.planned.header.finished
    return {
        **result(context, "restored"),
        "changed": True,
        "state": "ONLINE",
        "user_access": "MULTI_USER",
        "lost": f"All changes made in {name} after {finished}, the end of the backup, are lost.",
        "next_steps": [f"Make a full backup of {name} now: differential and log backups cannot build on older ones."],
    }


def resets(before: Target, now: Target, owner_named: bool = False) -> list[str]:
    """Return what RESTORE has reset of a database that was there before, with the statement for each.

    It does so with any backup, also of the same database. owner_named: login_map has an owner for it.
    """
    if before.state == ABSENT:
        return []
    found = []
    if before.trustworthy and not now.trustworthy:
        statement = alter_statement(now.name, "TRUSTWORTHY ON")
        found.append(f"RESTORE turned TRUSTWORTHY off. If an application needs it: {statement};")
    if before.broker and not now.broker:
        statement = alter_statement(now.name, "ENABLE_BROKER WITH ROLLBACK IMMEDIATE")
        found.append(f"RESTORE turned Service Broker off. If an application needs it: {statement};")
    if before.owner and now.owner != before.owner and not owner_named:
        owner = f"ALTER AUTHORIZATION ON DATABASE::{identifier(now.name)} TO {identifier(before.owner)};"
        found.append(f"{now.name} was owned by {before.owner}, and is owned by {now.owner or 'nobody'} now. {owner}")
    return found


def refused(context: RestoreContext, refusal: RefusedError) -> RestoreError:
    """Make the failure of a restore that was not started."""
    failure = dataclasses.replace(
        refusal.failure,
        what=f"{context.target} on {context.place} was not restored",
        cause=f"{refusal.failure.cause} Nothing was touched.",
    )
    return RestoreError(failure, {**result(context, "as_found"), "changed": False})


def failed(
    context: RestoreContext, error: SqlError | RefusedError, ending: Ending, found: Target | None = None
) -> RestoreError:
    """Make the failure of a restore that ended in a known state. found: the database now, when it was asked for."""
    name = context.target
    what = f"{name} on {context.place} was not restored"
    if isinstance(error, RefusedError):
        failure = dataclasses.replace(error.failure, what=what)
    else:
        failure = sql_errors.explain(error, what)
    ends = {
        "as_found": f"{name} is as it was before." if context.statements else "Nothing was touched.",
        "rolled_back": _rollback_sentence(context),
        "broken": f"{name} cannot be used now.",
        "unknown": f"{name} is ONLINE. It is not known whether it has its old data or the backup's: msdb has no record "
        "of a RESTORE, and the database's access mode does not show it.",
    }
    cause = " ".join([_sentence(failure.cause), ends[ending.outcome], *_safety_sentences(context)])
    failure = dataclasses.replace(failure, cause=cause)
    ended = {**result(context, ending.outcome), "changed": ending.outcome != "as_found"}
    if found is not None:
        ended |= {"state": found.state, "user_access": found.user_access}
    if found is not None and ending.outcome == "rolled_back":
        ended["next_steps"] = resets(context.planned.target, found)
        failure = failure.also(" ".join(ended["next_steps"])) if ended["next_steps"] else failure
    if ending.outcome == "broken":
        ended["recovery_statement"] = _recovery_command(context)
        failure = failure.also(_next_run(context, ended["recovery_statement"]))
    if ending.outcome == "unknown":
        ended["recovery_statement"] = alter_statement(name, "MULTI_USER")
        failure = failure.also(
            "Look at its rows. If they are the backup's, the restore is done. Then run in master: "
            f"{ended['recovery_statement']}. If not, repeat the restore, which first makes a new safety backup."
        )
    return RestoreError(failure, ended)


def unknown(context: RestoreContext, error: SqlError | RefusedError, cause: str) -> RestoreError:
    """Make the failure of a restore whose end is not known, because the server cannot be asked."""
    ended = {**result(context, "unknown"), "changed": True, "state": None, "user_access": None}
    ended["recovery_statement"] = _recovery_command(context)
    parts = [_sentence(str(error)), _sentence(cause), _state_left(context), *_safety_sentences(context)]
    failure = SqlFailure(
        "unreachable",
        f"{context.target} on {context.place} was not restored, as far as is known",
        " ".join(parts),
        _next_run(context, ended["recovery_statement"]),
    )
    return RestoreError(failure, ended)


def half_finished(context: RestoreContext, error: SqlError, statement: str) -> RestoreError:
    """Make the failure of a restore after which the database could not be given back."""
    what = f"{context.target} on {context.place} was restored, but not opened for its users"
    failure = sql_errors.explain(error, what)
    failure = dataclasses.replace(failure, next=f"Run in master: {statement}")
    return RestoreError(failure, {**restored(context), "user_access": None, "recovery_statement": statement})


def _safety(saved: Safety) -> dict[str, t.Any]:
    return {"name": saved.name, "files": list(saved.files), "backup_set_uuid": saved.backup_set_uuid or None}


def _target(context: RestoreContext) -> Target | None:
    if context.plan:
        return context.plan.target
    return context.facts.target if context.facts else None


def _tail_file(context: RestoreContext) -> str | None:
    made = context.progress.tail or context.progress.log_saved
    return context.plan.tail.file if context.plan and context.plan.tail and made else None


def _rollback_sentence(context: RestoreContext) -> str:
    """Return which data the rollback restored, and which not."""
    name, plan, progress = context.target, context.plan, context.progress
    if plan is None or plan.tail is None or not progress.tail:
        return f"{name} was restored from its safety backup, and is as it was when that was made."
    if not progress.tail_refused:
        return f"{name} was restored from its safety backup and the log's tail, and is as it was before."
    return (
        f"{name} was restored from its safety backup, without the changes after that backup. They are in "
        f"{plan.tail.file}, which SQL Server refused to add. Keep this file. If other log backups were made in "
        "between, restore these first."
    )


def _safety_sentences(context: RestoreContext) -> list[str]:
    saved = context.saved
    return [f"Its safety backup is {', '.join(saved.files)} ({saved.name})."] if saved else []


def _state_left(context: RestoreContext) -> str:
    """Return in which state the last statement that was sent leaves a database."""
    name, progress = context.target, context.progress
    if progress.restoring:
        return (
            f"RESTORE was sent. Either {name} is RESTORING and has neither its old data nor the new; or RESTORE was "
            "completed, and it is ONLINE and RESTRICTED_USER with the new data."
        )
    if progress.tail:
        return f"{name} is RESTORING, or ONLINE and RESTRICTED_USER, with all of its data."
    if progress.opened and was_offline(context.planned):
        return f"{name} is OFFLINE as it was found, or ONLINE and RESTRICTED_USER, with all of its data."
    if progress.opened:
        return f"{name} is OFFLINE, or still as it was found, with all of its data."
    return f"{name} is as it was found: only its safety backup was requested."


def _recovery_command(context: RestoreContext) -> str | None:
    """Return the batch that brings the database back by hand; None if none is needed, or none can."""
    progress = context.progress
    presumed = Target(context.target, state="OFFLINE")
    if progress.restoring or progress.tail:
        presumed = Target(context.target, state="RESTORING")
    elif was_offline(context.planned):
        presumed = Target(context.target, state="ONLINE", user_access="RESTRICTED_USER")
    steps = decide_ending(context.planned, dataclasses.replace(progress, unopened=False), presumed).steps
    return "; ".join(step.statement for step in steps) or None


def _next_run(context: RestoreContext, command: str | None) -> str:
    """Return how to finish the restore, and how to go back by hand."""
    again = f"Once the server answers, repeat the restore of set {context.request.set_id} from any controller"
    if context.progress.restoring and context.progress.safety is None:
        again += (
            ", with groupid_sql_accept_no_safety: true (accept_no_safety of the module), because it will find no "
            "safety backup"
        )
    elif context.progress.restoring:
        again += ": it finds the safety backup in msdb and completes the restore"
    by_hand = f" To go back by hand, run in master: {command}" if command else ""
    return f"{again}.{by_hand}"


def _sentence(text: str) -> str:
    return f"{text.rstrip('. ')}."
