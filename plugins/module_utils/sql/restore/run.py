# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The flow of a restore: look, refuse or plan, save, take, restore, give back; and the way back from every failure.

The journal is msdb: the safety backup's name there tells any later run, on any controller, what a cut one left. The
claim on the database keeps two runs apart. After a lost connection it also tells when the server has ended the session
that was lost, and with it what that session did.
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
    read_occupants,
    read_restored,
    read_target,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import (
    STATES,
    RefusedError,
    Request,
    Restored,
    Safety,
    Target,
    same,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.plan import (
    Plan,
    Step,
    make_plan,
    restore_step,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.report import (
    RestoreError,
    Story,
    failed,
    half_finished,
    refused,
    resets,
    restored,
    unknown,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.rollback import (
    Progress,
    Way,
    shows_restore,
    way_back,
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

# Somebody entered between ONLINE and BACKUP LOG, which are one batch.
_IN_USE = 3101
_TAIL_TRIES = 3
_WAYS_TRIED = 4
_GIVING_BACK_TRIES = 3
_LOSSES_BORNE = 3
# What BACKUP says when the database is at fault, not the place where the backup goes.
_UNSAVEABLE = frozenset((823, 824, 825, 926, 927, 942, 945, 3007, 3033, 3043, 3636))
# The statement was done, and that is the only thing it could not do.
_UNRECORDED = 3009
# What REPLACE turns off: another database's backup, a log that was not saved, a file that is there.
_FILE_EXISTS = 3142
_COMPARED = frozenset((3154, 3159, _FILE_EXISTS))
_SAID_OF_ANY = frozenset((3211, 3262))


@dataclasses.dataclass(frozen=True)
class Patience:
    """Seconds. claim: for another run on the same database. reconnect: for a server that went away, and for a database
    that it is recovering. pause: between.
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
    patience: Patience | None = None,
    now: c.Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.timezone.utc),
    clock: c.Callable[[], float] = time.monotonic,
    sleep: c.Callable[[float], None] = time.sleep,
) -> dict[str, t.Any]:
    """Restore a database; in check mode, do all that only reads. Gives the module's result.

    request: as ``sql.restore_checks.check_request`` gave it back. place: the server, for people.
    now: names the safety backup.

    Raises RestoreError.
    """
    story = Story(request, place)
    run = _Run(story, opener, patience or Patience(), now, clock, sleep)
    try:
        return run.preview() if check else run.restore()
    except RefusedError as refusal:
        raise refused(story, refusal) from refusal
    except ClaimRefusedError as busy:
        claim = RefusedError("claim", str(busy), "Wait until the other run has ended, then repeat the restore.")
        raise refused(story, claim) from busy
    except SqlError as error:
        if story.progress.opened or story.progress.restoring:
            raise unknown(story, error, "Its state could not be read") from error
        raise failed(story, error, Way("as_found")) from error
    finally:
        run.close()


class _Run:
    """One restore, over as many sessions as it takes."""

    def __init__(
        self,
        story: Story,
        opener: Opener,
        patience: Patience,
        now: c.Callable[[], datetime.datetime],
        clock: c.Callable[[], float],
        sleep: c.Callable[[float], None],
    ) -> None:
        self._story = story
        self._opener = opener
        self._patience = patience
        self._reconnect = Reconnect(self._open, patience.reconnect, patience.pause, clock, sleep)
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
        """Look and plan. Raises RefusedError, SqlError."""
        plan = self._prepare(self._open())
        self._story.statements = [step.statement for step in plan.steps]
        if plan.safety:
            self._story.safety = Safety(plan.safety.name, self._story.request.set_id, (plan.safety.file,), 1, "")
        return restored(self._story)

    def restore(self) -> dict[str, t.Any]:
        """Restore, and come back from whatever goes wrong. Raises RestoreError; what came before the first touch."""
        session = self._open()
        try:
            with claimed(session, self._story.request.target, self._patience.claim, clock=self._clock):
                self._prepare(session)
                try:
                    self._carry_out(session)
                except ConnectionLostError:
                    raise
                except (SqlError, RefusedError) as error:
                    self._error = error
                    raise self._ended(session, error) from error
                return self._finish(session)
        except ConnectionLostError as lost:
            if not self._story.statements:
                raise
            return self._come_back(lost)

    def _open(self) -> Session:
        session = self._opener()
        self._sessions.append(session)
        return session

    # --- forward

    def _prepare(self, session: Session) -> Plan:
        """Look and plan; nothing is touched. Raises RefusedError, SqlError."""
        story = self._story
        self._reconnect.recovering(session, story.target)
        story.facts = read_facts(session, story.request)
        plan = make_plan(story.request, story.facts, self._now())
        self._check_places(session, plan)
        self._marker = story.facts.restored
        verified = session.execute(plan.verify)
        # It also says where space is short, which does not make it fail.
        story.warnings.extend(line.text for line in verified.messages if line.number not in _SAID_OF_ANY)
        story.warnings.extend(plan.warnings)
        story.plan = plan
        return plan

    def _check_places(self, session: Session, plan: Plan) -> None:
        """See that files find their places free. Raises RefusedError."""
        story = self._story
        if story.facts is None:
            raise AssertionError("a plan is made of facts")
        obstacles, unseen = read_obstacles(session, story.facts.server, plan.moves)
        if obstacles:
            raise RefusedError("no_place", " ".join(obstacles), "Name other folders in data_path and log_path.")
        if not unseen:
            return
        who = f"Login {story.facts.server.login} cannot see whether {', '.join(unseen)} is free"
        if plan.replace:
            raise RefusedError(
                "no_place",
                f"{who}, and this RESTORE has to say REPLACE, which overwrites what is there.",
                "Use a sysadmin, leave data_path and log_path out, or save the log with tail_log: true.",
            )
        story.warnings.append(f"{who}. RESTORE says so when it is not.")

    def _carry_out(self, session: Session) -> None:
        """Do the plan's steps up to RESTORE; the first ones may show that it takes another plan."""
        steps = list(self._story.planned.steps)
        while steps:
            step = steps.pop(0)
            try:
                self._do(session, step)
            except ConnectionLostError:
                raise
            except SqlError as error:
                steps = self._instead(session, step, steps, error)
            else:
                if step.stage == "open" and steps[0].stage != "open":
                    steps = self._identified(session, steps)
            if self._story.progress.done:
                return

    def _do(self, session: Session, step: Step) -> None:
        """Do one step. How far that leads is noted before it is sent: its answer may be lost."""
        story = self._story
        progress = story.progress
        story.progress = dataclasses.replace(
            progress,
            opened=progress.opened or step.stage in ("open", "take", "tail"),
            tail=progress.tail or step.stage == "tail",
            restoring=progress.restoring or step.stage == "restore",
            refused=progress.refused and step.stage != "restore",
        )
        if step.stage == "take":
            self._name_occupants(session)
        self._send(session, step)
        if step.stage == "safety":
            story.safety = self._confirmed(session)
        if step.stage == "verify_safety":
            story.progress = dataclasses.replace(story.progress, safety=story.safety or story.planned.earlier)
        if step.stage == "save_log":
            story.progress = dataclasses.replace(story.progress, log_saved=True)
        if step.stage == "restore":
            story.progress = dataclasses.replace(story.progress, done=True)

    def _send(self, session: Session, step: Step) -> None:
        self._story.statements.append(step.statement)
        session.execute(step.statement)

    def _instead(self, session: Session, step: Step, steps: list[Step], error: SqlError) -> list[Step]:
        """Return the steps to go on with after one was refused. Raises the error where there are none."""
        story = self._story
        plan = story.planned
        if step.stage == "restore" and error.number != _UNRECORDED:
            story.progress = dataclasses.replace(story.progress, refused=True)
        if step.stage == "tail" and error.number == _IN_USE and story.statements.count(step.statement) < _TAIL_TRIES:
            take = next(other for other in plan.steps if other.stage == "take")
            return [take, step, *steps]
        saving = step.stage == "verify_safety" or (step.stage == "safety" and error.number in _UNSAVEABLE)
        if saving and story.request.accept_no_safety:
            story.warnings.append(f"There is no safety backup: {error}.")
            return [other for other in steps if other.stage != "verify_safety"]
        if step.stage == "restore" and error.number == _UNRECORDED:
            story.progress = dataclasses.replace(story.progress, done=True)
            story.warnings.append(f"The restore was done, but msdb has no record of it: {error}.")
            return steps
        if step.stage == "restore" and self._may_replace(error):
            story.plan = dataclasses.replace(plan, replace=True)
            story.warnings.append(
                f"SQL Server could not compare {plan.target.name} with the backup ({error}). Its family and files had "
                "been compared while it was ONLINE, so RESTORE was repeated with REPLACE."
            )
            return [restore_step(story.request, story.planned), *steps]
        if step.stage == "open" and plan.target.state == "OFFLINE":
            return self._planned_again(session, error)
        if step.stage == "open":
            occupants = "; ".join(self._occupants(session))
            text = f"{error.text} In it: {occupants}." if occupants else error.text
            raise SqlError(error.number, text, error.following, error.statement) from error
        raise error

    def _may_replace(self, error: SqlError) -> bool:
        """Whether the server refuses what was found to be right: it may be unable to look into an OFFLINE database."""
        plan = self._story.planned
        right = plan.target.identified and same(plan.target.family_guid or "", plan.header.family_guid)
        kept = error.number != _FILE_EXISTS or all(move.kept for move in plan.moves)
        return error.number in _COMPARED and right and kept and not plan.replace

    def _planned_again(self, session: Session, error: SqlError) -> list[Step]:
        """An OFFLINE database that does not come ONLINE is one that SQL Server cannot back up."""
        story = self._story
        found = read_target(session, story.target)
        approach = STATES.get(found.condition)
        if story.facts is None or approach is None or approach.safety != "earlier":
            raise error
        story.warnings.append(f"{found.name} could not be brought ONLINE: {error}.")
        again = make_plan(story.request, dataclasses.replace(story.facts, target=found), self._now())
        story.warnings.extend(again.warnings)
        # What a failure brings back is what was found first.
        story.plan = dataclasses.replace(again, target=story.planned.target)
        return list(again.steps)

    def _identified(self, session: Session, steps: list[Step]) -> list[Step]:
        """A database that was opened shows of which family it is. Raises RefusedError for another one's."""
        story = self._story
        before = story.planned.target
        if story.facts is None or before.identified:
            return steps
        now = read_target(session, story.target)
        told = dataclasses.replace(before, family_guid=now.family_guid, identified=now.identified)
        facts = dataclasses.replace(story.facts, target=told)
        story.plan = make_plan(story.request, facts, self._now())
        return [step for step in story.plan.steps if step.stage != "open"]

    def _confirmed(self, session: Session) -> Safety:
        """Return the safety backup if msdb has its complete record: only then it can be used. Raises RefusedError."""
        story = self._story
        plan = story.planned
        if plan.safety is None or story.facts is None:
            raise AssertionError("only a plan that has a safety backup makes one")
        query = record_query(plan.target.name, plan.safety.name, story.facts.server.major)
        record = read_record(session.execute(query).rows())
        doubts = ["msdb.dbo.backupset has no record of it"] if record is None else record.doubts()
        if record is None or doubts:
            raise RefusedError(
                "safety",
                f"BACKUP ended, but the safety backup is not valid: {'; '.join(doubts)}.",
                "Check msdb and the server's error log, then repeat the restore.",
            )
        return Safety(plan.safety.name, story.request.set_id, record.files, record.position, record.backup_set_uuid)

    def _name_occupants(self, session: Session) -> None:
        occupants = self._occupants(session)
        if occupants:
            self._story.warnings.append(
                f"Sessions were in the database and were disconnected: {'; '.join(occupants)}. What they changed after "
                "the safety backup is in no backup."
            )

    def _occupants(self, session: Session) -> list[str]:
        try:
            return read_occupants(session, self._story.target)
        except ConnectionLostError:
            raise
        except SqlError:
            return []  # most logins lack VIEW SERVER STATE

    def _finish(self, session: Session) -> dict[str, t.Any]:
        """The database is restored: give it back, join its users with their logins, and say what is left to do."""
        story = self._story
        plan = story.planned
        give_back = next(step for step in plan.steps if step.stage == "give_back")
        self._give_back(session, give_back)
        mended = sql_logins.mend(session, plan.target.name, story.request.login_map)
        result = restored(story) | {"joined_users": mended.joined} | self._belongings(session)
        result["next_steps"] += [*self._resets(session), *result.pop("advice")]
        if mended.refused:
            what = f"{plan.target.name} on {story.place} was restored and opened, but not all of login_map was done"
            next_step = "Correct the logins, then join them by hand: USE the database, ALTER USER ... WITH LOGIN = ..."
            raise RestoreError(SqlFailure("login_map", what, " ".join(mended.refused), next_step), result)
        return result

    def _give_back(self, session: Session, step: Step) -> None:
        """Open the database to all. Who comes at that moment may make it fail (1205, 5061), so it is tried again."""
        for left in reversed(range(_GIVING_BACK_TRIES)):
            refusal = self._refusal(session, step)
            if refusal is None:
                return
            if not left:
                raise half_finished(self._story, refusal, step.statement) from refusal
            self._sleep(self._patience.pause)

    def _refusal(self, session: Session, step: Step) -> SqlError | None:
        """Do one step, and give the server's refusal; None when it did it."""
        try:
            self._send(session, step)
        except ConnectionLostError:
            raise
        except SqlError as error:
            return error
        return None

    def _resets(self, session: Session) -> list[str]:
        story = self._story
        try:
            return resets(story.planned.target, read_target(session, story.target), OWNER in story.request.login_map)
        except ConnectionLostError:
            raise
        except SqlError:
            return []  # what is asked next says so

    def _belongings(self, session: Session) -> dict[str, t.Any]:
        """Say what the database took from this server. The restore is done, so being refused this is but a warning."""
        story = self._story
        try:
            found = sql_logins.read_belongings(
                session, story.target, story.facts is not None and story.facts.server.sees_all
            )
        except ConnectionLostError:
            raise
        except SqlError as error:
            story.warnings.append(f"Which users have no login was not found out: {error}.")
            return {"warnings": list(story.warnings), "advice": []}
        return {
            "orphaned_users": [orphan.user for orphan in found.orphans],
            "owner": found.owner,
            "compatibility_level": found.compatibility_level,
            "containment": found.containment,
            "master_key": found.master_key,
            "advice": sql_logins.advice(found, story.facts.server.major * 10 if story.facts else 0),
        }

    # --- backward

    def _ended(self, session: Session, error: SqlError | RefusedError) -> RestoreError:
        """Go back, and make the failure that says so. Raises ConnectionLostError."""
        way = self._go_back(session)
        return failed(self._story, error, way, read_target(session, self._story.target))

    def _go_back(self, session: Session) -> Way:
        """End as found, or as the safety backup has it."""
        story = self._story
        for tried in range(_WAYS_TRIED):
            self._sleep(self._patience.pause if tried else 0)
            self._recovered(session, self._error)
            found = read_target(session, story.target)
            progress = self._progressed(session, found)
            way = way_back(story.planned, progress, found)
            if way.outcome == "rolled_back" and not progress.rolled:
                story.progress = dataclasses.replace(progress, sent_back=True)
            refusals = (self._refusal(session, step) for step in way.steps)
            refusal = next((error for error in refusals if error), None)
            if refusal is None:
                return way
            story.warnings.append(f"During the rollback: {refusal}.")
            self._learn(session, found, way)
        return Way("broken")

    def _progressed(self, session: Session, found: Target) -> Progress:
        """Note what the database and msdb show of the statements that were sent."""
        story = self._story
        progress = story.progress
        # A RESTORE that came to its end alone leaves ONLINE what was taken. So it was refused before it began.
        refused = progress.refused and found.state == "ONLINE" and not self._restored_since(session)
        rolled = progress.safety is not None and self._is_restored(session, progress.safety.backup_set_uuid)
        story.progress = dataclasses.replace(
            progress,
            rolled=rolled or (progress.sent_back and shows_restore(story.planned, progress, found)),
            untouched=progress.untouched or refused or (progress.restoring and found.state == "OFFLINE"),
        )
        return story.progress

    def _learn(self, session: Session, found: Target, way: Way) -> None:
        """A way back was refused; the next one does without it."""
        progress = self._story.progress
        if found.state == "OFFLINE":
            # What could not be had for a moment is asked for again. Only a database that cannot be opened is given up.
            opens = read_target(session, self._story.target).state in ("OFFLINE", "ONLINE", "RECOVERING")
            self._story.progress = dataclasses.replace(progress, unopened=not opens or progress.unopened)
        elif way.outcome == "rolled_back" and progress.tail:
            self._story.progress = dataclasses.replace(progress, tail_refused=True)

    def _come_back(self, lost: ConnectionLostError) -> dict[str, t.Any]:
        """The connection was lost after something was sent: connect again, then finish or go back."""
        error = self._error = self._error or lost
        for dummy in range(_LOSSES_BORNE):
            session = self._connected_again(error)
            try:
                # The server gives the claim once it has ended the session that was lost.
                with claimed(session, self._story.request.target, self._patience.reconnect, clock=self._clock):
                    self._recovered(session, error)
                    self._recall_safety(session)
                    if self._has_arrived(session):
                        self._story.warnings.append(f"The connection was lost ({lost}), but the restore had been done.")
                        return self._finish(session)
                    raise self._ended(session, error)
            except ConnectionLostError as again:
                lost = again
            except ClaimRefusedError as busy:
                raise unknown(self._story, error, f"The session that was lost is still running: {busy}") from busy
        raise unknown(self._story, error, f"The connection was lost {_LOSSES_BORNE} more times: {lost}")

    def _recall_safety(self, session: Session) -> None:
        """Find the safety backup whose end the lost connection did not tell."""
        story = self._story
        if story.safety is None and story.planned.safety is not None:
            with contextlib.suppress(RefusedError):
                story.safety = self._confirmed(session)

    def _has_arrived(self, session: Session) -> bool:
        """Whether the database is what was to be restored."""
        plan, progress = self._story.planned, self._story.progress
        found = read_target(session, plan.target.name)
        if not progress.restoring or found.state != "ONLINE":
            return False
        done = progress.done or self._is_restored(session, plan.header.backup_set_uuid)
        done = done or (not progress.sent_back and shows_restore(plan, progress, found))
        self._story.progress = dataclasses.replace(progress, done=done)
        return done

    def _is_restored(self, session: Session, backup_set_uuid: str) -> bool:
        """Whether the database's newest RESTORE was of that backup, and came after this run had begun."""
        newest = self._restored_since(session)
        return newest is not None and same(newest.backup_set_uuid, backup_set_uuid)

    def _restored_since(self, session: Session) -> Restored | None:
        """Return the database's newest RESTORE when it came after this run had begun."""
        newest = read_restored(session, self._story.target)
        if newest is None or (self._marker is not None and newest.number <= self._marker.number):
            return None
        return newest

    def _connected_again(self, error: SqlError | RefusedError) -> Session:
        """Connect again. Raises RestoreError when the server does not answer."""
        try:
            return self._reconnect.session()
        except (NoConnectionError, ConnectionLostError) as silent:
            cause = f"The server did not answer for {self._patience.reconnect:.0f} s: {silent}"
            raise unknown(self._story, error, cause) from silent

    def _recovered(self, session: Session, error: SqlError | RefusedError | None) -> None:
        """Wait until what there is shows how it ended. Raises RestoreError when the server takes too long."""
        left = self._reconnect.recovering(session, self._story.target)
        if left and error is not None:
            cause = (
                f"{' and '.join(left)} stayed RECOVERING for {self._patience.reconnect:.0f} s after the server had "
                "started again, and nothing is done to a database in that state"
            )
            raise unknown(self._story, error, cause)
