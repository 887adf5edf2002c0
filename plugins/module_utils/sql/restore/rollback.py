# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a failed restore ends: with the database as it was found, or as in its safety backup.

Nothing here talks to a server. The end depends on the statements that were sent, and on the state of the database. It
never depends on the answers of the server, which are lost with a connection.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import itertools
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.model import devices
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import (
    ABSENT,
    SAFETY,
    TAIL,
    Restored,
    Safety,
    Target,
    alter_statement,
    read_restore_mark,
    restore_statement,
    set_id_of,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.plan import Plan, Step
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import quoting as sql_text

# One hour by which clocks are set back in autumn, and one hour for the duration of an earlier restore.
_CLOCK_CHANGE = datetime.timedelta(hours=2)
_CLOSED = "OFFLINE WITH ROLLBACK IMMEDIATE"


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a restore came.

    opened, tail, restoring: a statement of that stage was sent (``opened``: of ``open``, ``take`` or ``tail``).
    safety: the verified backup for a rollback. rolled: the safety backup was restored already.
    unopened: the database was OFFLINE, and did not come ONLINE again.
    tail_refused: the log's tail did not fit onto the safety backup.
    done: RESTORE reported that it was completed. untouched: the database was OFFLINE after RESTORE was sent, so RESTORE
      had not begun. sent_back: a RESTORE of the safety backup was sent. refused: RESTORE was answered with an error.
    log_saved: the log of a database that cannot be opened was saved, which changed nothing in it.
    """

    opened: bool = False
    tail: bool = False
    restoring: bool = False
    safety: Safety | None = None
    rolled: bool = False
    unopened: bool = False
    tail_refused: bool = False
    done: bool = False
    untouched: bool = False
    sent_back: bool = False
    refused: bool = False
    log_saved: bool = False


@dataclasses.dataclass(frozen=True)
class Ending:
    """How it ends, and the steps to get there.

    outcome: ``as_found``: the database is what it was; ``rolled_back``: it is what the safety backup has; ``broken``:
      it cannot be used, and no step can repair it; ``unknown``: it is ONLINE, and nothing shows with which data.
    """

    outcome: t.Literal["as_found", "rolled_back", "broken", "unknown"]
    steps: tuple[Step, ...] = ()


def decide_ending(plan: Plan, progress: Progress, found: Target) -> Ending:
    """Decide how to end, from the state that a failed restore left."""
    name = found.name
    if not progress.opened and not progress.restoring:
        return Ending("as_found")
    if found.state == "ONLINE":
        return _ending_online(plan, progress, found)
    # RESTORE sets it RESTORING with its first page, so an OFFLINE database still has all of its data.
    if was_offline(plan) and (found.state == "OFFLINE" or not progress.restoring):
        closing = () if found.state == "OFFLINE" else _alter(name, "OFFLINE")
        return Ending("as_found", (*closing, *_multi_user_steps(plan, found)))
    if found.state == "OFFLINE" and not progress.unopened:
        return Ending("as_found", (*_alter(name, "ONLINE"), *_multi_user_steps(plan, found)))
    if found.state == "RESTORING" and progress.tail and not progress.restoring:
        recovery = Step("go_back", f"RESTORE DATABASE {sql_text.identifier(name)} WITH RECOVERY")
        return Ending("as_found", (recovery, *_alter(name, "MULTI_USER")))
    if plan.target.state == ABSENT:
        drop = Step("go_back", f"DROP DATABASE {sql_text.identifier(name)}")
        return Ending("as_found", () if found.state == ABSENT else (drop,))
    # It is not known whether it is complete. No RESTORE of ours has touched it, and none may.
    untouched = not progress.restoring and not progress.unopened and found.state != ABSENT
    if progress.safety is None or untouched:
        return Ending("broken")
    tail = plan.tail.file if plan.tail and progress.tail and not progress.tail_refused else None
    back = safety_steps(name, progress.safety, replace=found.state != ABSENT, tail=tail)
    return Ending("rolled_back", (*back, *_reopen_steps(plan, found)))


def was_offline(plan: Plan) -> bool:
    """Whether somebody set it OFFLINE on purpose, and not an interrupted restore."""
    return plan.target.state == "OFFLINE" and plan.earlier is None


def access_shows_restore(plan: Plan, progress: Progress, found: Target) -> bool:
    """Whether its access alone shows that a RESTORE of this run was completed.

    msdb may have no record of it (3009: msdb was full). RESTORE leaves RESTRICTED_USER. If nothing and nobody else had
    set it, it must be from RESTORE.
    """
    before = plan.target.state == "OFFLINE" or progress.tail or plan.target.user_access == "RESTRICTED_USER"
    return (found.state, found.user_access) == ("ONLINE", "RESTRICTED_USER") and not before


def safety_steps(name: str, safety: Safety, *, replace: bool, tail: str | None = None) -> tuple[Step, ...]:
    """Restore the safety backup to its old paths, and then the log's tail. Only owners can connect."""
    whole = restore_statement(name, safety.files, safety.position, replace=replace, recovery=tail is None)
    steps = [Step("go_back", whole)]
    if tail:
        log = f"RESTORE LOG {sql_text.identifier(name)} FROM {devices([tail])} WITH CHECKSUM, RESTRICTED_USER, RECOVERY"
        steps.append(Step("go_back", log))
    return tuple(steps)


def find_earlier_safety(backups: c.Sequence[c.Mapping[str, t.Any]], restored: Restored | None) -> Safety | None:
    """Find the safety backup of an interrupted run.

    backups: rows of msdb for the database, the highest key first: name, description, position, backup_set_uuid,
      backup_start_date, server_name, physical_device_name; one for each stripe.
    restored: the newest RESTORE of the database.
    A restore after it, or a backup made here, shows that the database was in use again: then there is none.
    """
    rows = [row for row in backups if not str(row["name"] or "").startswith(f"{TAIL} ")]
    newest = next((row for row in rows if str(row["name"] or "").startswith(f"{SAFETY} ")), None)
    set_id = set_id_of(str(newest["name"])) if newest else None
    if newest is None or set_id is None:
        return None
    # RESTORE enters the backups of other servers into msdb, under new keys.
    later = itertools.takewhile(lambda row: row is not newest, rows)
    if any(row["server_name"] == newest["server_name"] for row in later):
        return None
    if restored is not None and _is_after(restored, newest):
        return None
    return Safety(
        name=str(newest["name"]),
        set_id=set_id,
        files=tuple(
            str(row["physical_device_name"]) for row in rows if row["backup_set_uuid"] == newest["backup_set_uuid"]
        ),
        position=int(newest["position"]),
        backup_set_uuid=str(newest["backup_set_uuid"]),
    )


def _is_after(restored: Restored, safety: c.Mapping[str, t.Any]) -> bool:
    """Whether a RESTORE came after a safety backup. If that is not certain, it counts as yes: the backup is not used.

    Both dates are local, and the backup's date has no fractions of a second. So they show the order only if they differ
    by more than clocks are set back. Otherwise, the key in the description shows it, except after a new msdb, which
    counts from the beginning.
    """
    before = read_restore_mark(safety["description"])
    margin = datetime.timedelta() if before is None else _CLOCK_CHANGE
    late = restored.finished is None or restored.finished >= safety["backup_start_date"] + margin
    return late or (before is not None and restored.number > before)


def _ending_online(plan: Plan, progress: Progress, found: Target) -> Ending:
    """ONLINE: its data is complete. msdb or its access (``access_shows_restore``) may show which data it is."""
    if progress.rolled:
        return Ending("rolled_back", _reopen_steps(plan, found))
    if progress.restoring and not progress.untouched:
        return Ending("unknown")
    if was_offline(plan):
        return Ending("as_found", (*_alter(found.name, _CLOSED), *_multi_user_steps(plan, found)))
    return Ending("as_found", _multi_user_steps(plan, found))


def _reopen_steps(plan: Plan, found: Target) -> tuple[Step, ...]:
    """Open the database after the rollback. If it was OFFLINE, it is OFFLINE again before anybody connects."""
    if not was_offline(plan):
        return _alter(found.name, "MULTI_USER")
    closed = dataclasses.replace(found, user_access="RESTRICTED_USER")
    return (*_alter(found.name, _CLOSED), *_multi_user_steps(plan, closed))


def _multi_user_steps(plan: Plan, found: Target) -> tuple[Step, ...]:
    """Undo our own RESTRICTED_USER. A mode that somebody else had set stays, and a session may use it (5064)."""
    changed = found.user_access not in ("MULTI_USER", plan.target.user_access)
    return _alter(found.name, "MULTI_USER") if changed else ()


def _alter(name: str, *options: str) -> tuple[Step, ...]:
    return tuple(Step("go_back", alter_statement(name, option)) for option in options)
