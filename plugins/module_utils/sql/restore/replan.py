# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a restore continues after the server refused a step, or after a step showed something new."""

from __future__ import annotations

import dataclasses
import datetime

from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.backups import UNRECORDED
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.facts import read_occupants, read_target
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import STATES, same_guid
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.plan import Step, make_plan, restore_step
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.report import RestoreContext
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Session,
    SqlError,
)

# Somebody connected between ONLINE and BACKUP LOG, which are one batch.
_IN_USE = 3101
_TAIL_TRIES = 3
# Errors of BACKUP that are about the database, not about the target of the backup.
_UNSAVEABLE = frozenset((823, 824, 825, 926, 927, 942, 945, 3007, 3033, 3043, 3636))
# Checks that REPLACE turns off: another database's backup, a log that was not saved, an existing file.
_FILE_EXISTS = 3142
_NEEDS_REPLACE = frozenset((3154, 3159, _FILE_EXISTS))


def steps_after_refusal(
    context: RestoreContext, session: Session, step: Step, steps: list[Step], error: SqlError, now: datetime.datetime
) -> list[Step]:
    """Return the steps to continue with after one was refused. Raises the error if there are none."""
    plan = context.planned
    if step.stage == "restore" and error.number != UNRECORDED:
        context.progress = dataclasses.replace(context.progress, refused=True)
    if step.stage == "tail" and error.number == _IN_USE and context.statements.count(step.statement) < _TAIL_TRIES:
        take = next(other for other in plan.steps if other.stage == "take")
        return [take, step, *steps]
    saving = step.stage == "verify_safety" or (step.stage == "safety" and error.number in _UNSAVEABLE)
    if saving and context.request.accept_no_safety:
        context.warnings.append(f"There is no safety backup: {error}.")
        return [other for other in steps if other.stage != "verify_safety"]
    if step.stage == "restore" and error.number == UNRECORDED:
        context.progress = dataclasses.replace(context.progress, done=True)
        context.warnings.append(f"The restore was done, but msdb has no record of it: {error}.")
        return steps
    if step.stage == "restore" and _may_replace(context, error):
        context.plan = dataclasses.replace(plan, replace=True)
        context.warnings.append(
            f"SQL Server could not compare {plan.target.name} with the backup ({error}). Its family and files were "
            "compared before, while it was ONLINE, so RESTORE was repeated with REPLACE."
        )
        return [restore_step(context.request, context.planned), *steps]
    if step.stage == "open" and plan.target.state == "OFFLINE":
        return _replan_offline(context, session, error, now)
    if step.stage == "open":
        occupants = "; ".join(occupants_seen(context, session))
        text = f"{error.text} In it: {occupants}." if occupants else error.text
        raise SqlError(error.number, text, error.following, error.statement) from error
    raise error


def replan_identified(
    context: RestoreContext, session: Session, steps: list[Step], now: datetime.datetime
) -> list[Step]:
    """Return the steps of a new plan, made when the open database shows its family. Raises RefusedError for another."""
    before = context.planned.target
    if context.facts is None or before.identified:
        return steps
    found = read_target(session, context.target)
    target = dataclasses.replace(before, family_guid=found.family_guid, identified=found.identified)
    facts = dataclasses.replace(context.facts, target=target)
    context.plan = make_plan(context.request, facts, now)
    return [step for step in context.plan.steps if step.stage != "open"]


def occupants_seen(context: RestoreContext, session: Session) -> list[str]:
    """Name the sessions in the database; none if the login may not see them. Raises ConnectionLostError."""
    try:
        return read_occupants(session, context.target)
    except ConnectionLostError:
        raise
    except SqlError:
        return []  # most logins lack VIEW SERVER STATE


def _may_replace(context: RestoreContext, error: SqlError) -> bool:
    """Whether the server refuses what was found to be right: it may not be able to read an OFFLINE database."""
    plan = context.planned
    right = plan.target.identified and same_guid(plan.target.family_guid or "", plan.header.family_guid)
    kept = error.number != _FILE_EXISTS or all(move.kept for move in plan.moves)
    return error.number in _NEEDS_REPLACE and right and kept and not plan.replace


def _replan_offline(context: RestoreContext, session: Session, error: SqlError, now: datetime.datetime) -> list[Step]:
    """An OFFLINE database that does not come ONLINE is one that SQL Server cannot back up."""
    found = read_target(session, context.target)
    approach = STATES.get(found.condition)
    if context.facts is None or approach is None or approach.safety != "earlier":
        raise error
    context.warnings.append(f"{found.name} could not be brought ONLINE: {error}.")
    again = make_plan(context.request, dataclasses.replace(context.facts, target=found), now)
    context.warnings.extend(again.warnings)
    # After a failure, the state that was found first is restored.
    context.plan = dataclasses.replace(again, target=context.planned.target)
    return list(again.steps)
