# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a restore: read, refuse or plan, save, keep users out, restore, open; and the rollback after a failure.

The journal is msdb: the safety backup's name there shows any later run, on any controller, what an interrupted run
left. The claim on the database prevents two runs at the same time. After a lost connection, it also shows when the
server has ended the lost session and its work.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import datetime
import time
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.model import read_record, record_query
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.facts import (
    read_facts,
    read_obstacles,
    read_restored,
    read_target,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import (
    RefusedError,
    Request,
    Restored,
    Safety,
    Target,
    same_guid,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.plan import (
    Plan,
    Step,
    make_plan,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.replan import (
    occupants_seen,
    replan_identified,
    steps_after_refusal,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.report import (
    RestoreContext,
    RestoreError,
    failed,
    half_finished,
    refused,
    resets,
    restored,
    unknown,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.rollback import (
    Ending,
    Progress,
    access_shows_restore,
    decide_ending,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server import logins as sql_logins
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.app_lock import ClaimRefusedError, claimed
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.logins import OWNER
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.reconnect import Reconnect
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    NoConnectionError,
    Opener,
    Session,
    SqlError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.sql_failure import SqlFailure

_ROLLBACK_TRIES = 4
_REOPEN_TRIES = 3
_RECONNECTIONS = 3
_ROUTINE_MESSAGES = frozenset((3211, 3262))


@dataclasses.dataclass(frozen=True)
class Timeouts:
    """Seconds to wait.

    claim: for another run on the same database. reconnect: for a server that does not answer, or that is recovering a
    database. pause: between two tries.
    """

    claim: float = 60
    reconnect: float = 120
    pause: float = 2


def restore(
    request: Request,
    opener: Opener,
    place: str,
    *,
    check: bool = False,
    timeouts: Timeouts | None = None,
    now: c.Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.timezone.utc),
    clock: c.Callable[[], float] = time.monotonic,
    sleep: c.Callable[[float], None] = time.sleep,
) -> dict[str, t.Any]:
    """Restore a database; in check mode, only read. Returns the module's result.

    request: as ``sql.restore_checks.check_request`` returned it. place: the server, for people.
    now: names the safety backup.

    Raises RestoreError.
    """
    context = RestoreContext(request, place)
    run = _Run(context, opener, timeouts or Timeouts(), now, clock, sleep)
    try:
        return run.preview() if check else run.restore()
    except RefusedError as refusal:
        raise refused(context, refusal) from refusal
    except ClaimRefusedError as busy:
        claim = RefusedError("claim", str(busy), "Wait until the other run has ended, then repeat the restore.")
        raise refused(context, claim) from busy
    except SqlError as error:
        if context.progress.opened or context.progress.restoring:
            raise unknown(context, error, "Its state could not be read") from error
        raise failed(context, error, Ending("as_found")) from error
    finally:
        run.close()


class _Run:
    """One restore, in one or more sessions."""

    def __init__(
        self,
        context: RestoreContext,
        opener: Opener,
        timeouts: Timeouts,
        now: c.Callable[[], datetime.datetime],
        clock: c.Callable[[], float],
        sleep: c.Callable[[float], None],
    ) -> None:
        self._context = context
        self._opener = opener
        self._timeouts = timeouts
        self._reconnect = Reconnect(self._open, timeouts.reconnect, timeouts.pause, clock, sleep)
        self._now = now
        self._clock = clock
        self._sleep = sleep
        self._sessions: list[Session] = []
        self._marker: Restored | None = None
        self._error: SqlError | RefusedError | None = None

    def close(self) -> None:
        """End every session."""
        for session in self._sessions:
            session.close()

    def preview(self) -> dict[str, t.Any]:
        """Read and plan. Raises RefusedError, SqlError."""
        plan = self._prepare(self._open())
        self._context.statements = [step.statement for step in plan.steps]
        if plan.safety:
            self._context.safety = Safety(plan.safety.name, self._context.request.set_id, (plan.safety.file,), 1, "")
        return restored(self._context)

    def restore(self) -> dict[str, t.Any]:
        """Restore, and roll back after a failure.

        Raises RestoreError; errors before the first change are not converted.
        """
        session = self._open()
        try:
            with claimed(session, self._context.request.target, self._timeouts.claim, clock=self._clock):
                self._prepare(session)
                try:
                    self._run_steps(session)
                except ConnectionLostError:
                    raise
                except (SqlError, RefusedError) as error:
                    self._error = error
                    raise self._roll_back_and_report(session, error) from error
                return self._finish(session)
        except ConnectionLostError as lost:
            if not self._context.statements:
                raise
            return self._resume_after_loss(lost)

    def _open(self) -> Session:
        session = self._opener()
        self._sessions.append(session)
        return session

    # --- forward

    def _prepare(self, session: Session) -> Plan:
        """Read and plan; nothing is touched. Raises RefusedError, SqlError."""
        context = self._context
        self._reconnect.recovering(session, context.target)
        context.facts = read_facts(session, context.request)
        plan = make_plan(context.request, context.facts, self._now())
        self._check_places(session, plan)
        self._marker = context.facts.restored
        verified = session.execute(plan.verify)
        # It also says where space is short, which does not make it fail.
        context.warnings.extend(line.text for line in verified.messages if line.number not in _ROUTINE_MESSAGES)
        context.warnings.extend(plan.warnings)
        context.plan = plan
        return plan

    def _check_places(self, session: Session, plan: Plan) -> None:
        """Check that the new places of files are free. Raises RefusedError."""
        context = self._context
        if context.facts is None:
            raise AssertionError("a plan is made of facts")
        obstacles, unseen = read_obstacles(session, context.facts.server, plan.moves)
        if obstacles:
            raise RefusedError("no_place", " ".join(obstacles), "Name other folders in data_path and log_path.")
        if not unseen:
            return
        who = f"Login {context.facts.server.login} cannot see whether {', '.join(unseen)} is free"
        if plan.replace:
            raise RefusedError(
                "no_place",
                f"{who}, and this RESTORE needs REPLACE, which overwrites any file there.",
                "Use a login that is a sysadmin, leave data_path and log_path out, or save the log with "
                "tail_log: true.",
            )
        context.warnings.append(f"{who}. If it is not, RESTORE fails and says so.")

    def _run_steps(self, session: Session) -> None:
        """Do the plan's steps up to RESTORE; the first ones may show that another plan is needed."""
        steps = list(self._context.planned.steps)
        while steps:
            step = steps.pop(0)
            try:
                self._run_step(session, step)
            except ConnectionLostError:
                raise
            except SqlError as error:
                steps = steps_after_refusal(self._context, session, step, steps, error, self._now())
            else:
                if step.stage == "open" and steps[0].stage != "open":
                    steps = replan_identified(self._context, session, steps, self._now())
            if self._context.progress.done:
                return

    def _run_step(self, session: Session, step: Step) -> None:
        """Do one step. The progress is noted before the statement is sent, because its answer may be lost."""
        context = self._context
        progress = context.progress
        context.progress = dataclasses.replace(
            progress,
            opened=progress.opened or step.stage in ("open", "take", "tail"),
            tail=progress.tail or step.stage == "tail",
            restoring=progress.restoring or step.stage == "restore",
            refused=progress.refused and step.stage != "restore",
        )
        if step.stage == "take":
            self._warn_of_occupants(session)
        self._execute(session, step)
        if step.stage == "safety":
            context.safety = self._confirm_safety(session)
        if step.stage == "verify_safety":
            context.progress = dataclasses.replace(context.progress, safety=context.safety or context.planned.earlier)
        if step.stage == "save_log":
            context.progress = dataclasses.replace(context.progress, log_saved=True)
        if step.stage == "restore":
            context.progress = dataclasses.replace(context.progress, done=True)

    def _execute(self, session: Session, step: Step) -> None:
        self._context.statements.append(step.statement)
        session.execute(step.statement)

    def _confirm_safety(self, session: Session) -> Safety:
        """Return the safety backup if msdb has its complete record: only then can it be used. Raises RefusedError."""
        context = self._context
        plan = context.planned
        if plan.safety is None or context.facts is None:
            raise AssertionError("only a plan that has a safety backup makes one")
        query = record_query(plan.target.name, plan.safety.name, context.facts.server.major)
        record = read_record(session.execute(query).rows())
        doubts = ["msdb.dbo.backupset has no record of it"] if record is None else record.doubts()
        if record is None or doubts:
            raise RefusedError(
                "safety",
                f"BACKUP ended, but the safety backup is not valid: {'; '.join(doubts)}.",
                "Check msdb and the server's error log, then repeat the restore.",
            )
        return Safety(plan.safety.name, context.request.set_id, record.files, record.position, record.backup_set_uuid)

    def _warn_of_occupants(self, session: Session) -> None:
        occupants = occupants_seen(self._context, session)
        if occupants:
            self._context.warnings.append(
                f"Sessions were in the database and were disconnected: {'; '.join(occupants)}. What they changed after "
                "the safety backup is in no backup."
            )

    def _finish(self, session: Session) -> dict[str, t.Any]:
        """The database is restored: open it, join its users with their logins, and report what remains to be done."""
        context = self._context
        plan = context.planned
        give_back = next(step for step in plan.steps if step.stage == "give_back")
        self._reopen_database(session, give_back)
        repaired = sql_logins.repair_logins(session, plan.target.name, context.request.login_map)
        result = restored(context) | {"joined_users": repaired.joined} | self._dependencies(session)
        result["next_steps"] += [*self._resets(session), *result.pop("advice")]
        if repaired.refused:
            what = (
                f"{plan.target.name} on {context.place} was restored and opened, but not all of groupid_sql_login_map "
                "(login_map of the module) was done"
            )
            next_step = "Correct the logins, then join them by hand: USE the database, ALTER USER ... WITH LOGIN = ..."
            raise RestoreError(SqlFailure("login_map", what, " ".join(repaired.refused), next_step), result)
        return result

    def _reopen_database(self, session: Session, step: Step) -> None:
        """Open the database to all.

        A session that connects at that moment may make it fail (1205, 5061), so it is tried again.
        """
        for left in reversed(range(_REOPEN_TRIES)):
            refusal = self._try_step(session, step)
            if refusal is None:
                return
            if not left:
                raise half_finished(self._context, refusal, step.statement) from refusal
            self._sleep(self._timeouts.pause)

    def _try_step(self, session: Session, step: Step) -> SqlError | None:
        """Do one step. Returns the server's refusal; None if it succeeded."""
        try:
            self._execute(session, step)
        except ConnectionLostError:
            raise
        except SqlError as error:
            return error
        return None

    def _resets(self, session: Session) -> list[str]:
        context = self._context
        try:
            return resets(
                context.planned.target, read_target(session, context.target), OWNER in context.request.login_map
            )
        except ConnectionLostError:
            raise
        except SqlError:
            return []  # the next request reports it

    def _dependencies(self, session: Session) -> dict[str, t.Any]:
        """Return what the database took from this server. The restore is done, so a refusal is only a warning."""
        context = self._context
        try:
            found = sql_logins.read_dependencies(
                session, context.target, context.facts is not None and context.facts.server.sees_all
            )
        except ConnectionLostError:
            raise
        except SqlError as error:
            context.warnings.append(f"It was not checked which users have no login: {error}.")
            return {"warnings": list(context.warnings), "advice": []}
        return {
            "orphaned_users": [orphan.user for orphan in found.orphans],
            "owner": found.owner,
            "compatibility_level": found.compatibility_level,
            "containment": found.containment,
            "master_key": found.master_key,
            "advice": sql_logins.advice(found, context.facts.server.major * 10 if context.facts else 0),
        }

    # --- backward

    def _roll_back_and_report(self, session: Session, error: SqlError | RefusedError) -> RestoreError:
        """Roll back, and make the failure for it. Raises ConnectionLostError."""
        ending = self._roll_back(session)
        return failed(self._context, error, ending, read_target(session, self._context.target))

    def _roll_back(self, session: Session) -> Ending:
        """Bring the database back as it was found, or as in the safety backup."""
        context = self._context
        for tried in range(_ROLLBACK_TRIES):
            self._sleep(self._timeouts.pause if tried else 0)
            self._wait_for_recovery(session, self._error)
            found = read_target(session, context.target)
            progress = self._update_progress(session, found)
            ending = decide_ending(context.planned, progress, found)
            if ending.outcome == "rolled_back" and not progress.rolled:
                context.progress = dataclasses.replace(progress, sent_back=True)
            refusals = (self._try_step(session, step) for step in ending.steps)
            refusal = next((error for error in refusals if error), None)
            if refusal is None:
                return ending
            context.warnings.append(f"During the rollback: {refusal}.")
            self._note_refused_rollback(session, found, ending)
        return Ending("broken")

    def _update_progress(self, session: Session, found: Target) -> Progress:
        """Note what the database and msdb show about the statements that were sent."""
        context = self._context
        progress = context.progress
        # If users were kept out, only a completed RESTORE leaves the database ONLINE. So it was refused before it
        # began.
        refused = progress.refused and found.state == "ONLINE" and not self._restored_since(session)
        rolled = progress.safety is not None and self._is_restored(session, progress.safety.backup_set_uuid)
        context.progress = dataclasses.replace(
            progress,
            rolled=rolled or (progress.sent_back and access_shows_restore(context.planned, progress, found)),
            untouched=progress.untouched or refused or (progress.restoring and found.state == "OFFLINE"),
        )
        return context.progress

    def _note_refused_rollback(self, session: Session, found: Target, ending: Ending) -> None:
        """Note that a rollback was refused; the next one does without it."""
        progress = self._context.progress
        if found.state == "OFFLINE":
            # A temporary refusal is tried again. Only a database that cannot be opened is given up.
            opens = read_target(session, self._context.target).state in ("OFFLINE", "ONLINE", "RECOVERING")
            self._context.progress = dataclasses.replace(progress, unopened=not opens or progress.unopened)
        elif ending.outcome == "rolled_back" and progress.tail:
            self._context.progress = dataclasses.replace(progress, tail_refused=True)

    def _resume_after_loss(self, lost: ConnectionLostError) -> dict[str, t.Any]:
        """The connection was lost after something was sent: connect again, then finish or go back."""
        error = self._error = self._error or lost
        for dummy in range(_RECONNECTIONS):
            session = self._reconnected(error)
            try:
                # The server grants the claim when it has ended the lost session.
                with claimed(session, self._context.request.target, self._timeouts.reconnect, clock=self._clock):
                    self._wait_for_recovery(session, error)
                    self._find_safety(session)
                    if self._is_complete(session):
                        warning = f"The connection was lost ({lost}), but the restore was done."
                        self._context.warnings.append(warning)
                        return self._finish(session)
                    raise self._roll_back_and_report(session, error)
            except ConnectionLostError as again:
                lost = again
            except ClaimRefusedError as busy:
                raise unknown(self._context, error, f"The session that was lost is still running: {busy}") from busy
        raise unknown(self._context, error, f"The connection was lost {_RECONNECTIONS} more times: {lost}")

    def _find_safety(self, session: Session) -> None:
        """Find the safety backup whose end the lost connection did not report."""
        context = self._context
        if context.safety is None and context.planned.safety is not None:
            with contextlib.suppress(RefusedError):
                context.safety = self._confirm_safety(session)

    def _is_complete(self, session: Session) -> bool:
        """Whether the database has the data that was to be restored."""
        plan, progress = self._context.planned, self._context.progress
        found = read_target(session, plan.target.name)
        if not progress.restoring or found.state != "ONLINE":
            return False
        done = progress.done or self._is_restored(session, plan.header.backup_set_uuid)
        done = done or (not progress.sent_back and access_shows_restore(plan, progress, found))
        self._context.progress = dataclasses.replace(progress, done=done)
        return done

    def _is_restored(self, session: Session, backup_set_uuid: str) -> bool:
        """Whether the database's newest RESTORE was of that backup, and came after this run had begun."""
        newest = self._restored_since(session)
        return newest is not None and same_guid(newest.backup_set_uuid, backup_set_uuid)

    def _restored_since(self, session: Session) -> Restored | None:
        """Return the database's newest RESTORE if it came after this run had begun."""
        newest = read_restored(session, self._context.target)
        if newest is None or (self._marker is not None and newest.number <= self._marker.number):
            return None
        return newest

    def _reconnected(self, error: SqlError | RefusedError) -> Session:
        """Connect again. Raises RestoreError when the server does not answer."""
        try:
            return self._reconnect.session()
        except (NoConnectionError, ConnectionLostError) as silent:
            cause = f"The server did not answer for {self._timeouts.reconnect:.0f} s: {silent}"
            raise unknown(self._context, error, cause) from silent

    def _wait_for_recovery(self, session: Session, error: SqlError | RefusedError | None) -> None:
        """Wait until the database shows how it ended. Raises RestoreError when the server takes too long."""
        left = self._reconnect.recovering(session, self._context.target)
        if left and error is not None:
            cause = (
                f"{' and '.join(left)} stayed RECOVERING for {self._timeouts.reconnect:.0f} s after the server "
                "started again, and nothing can be done with a database in that state"
            )
            raise unknown(self._context, error, cause)
