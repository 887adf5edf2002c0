# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One server: stop what runs, meet the others, save side by side, and start again what ran, whatever happens."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import time

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.sharing import Sharing, WorkEndedError
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.rendezvous import (
    HERE,
    Heard,
    Rendezvous,
)
from ansible_collections.identityops.groupid.plugins.plugin_utils.saving.side_by_side import Answer, Piece
from ansible_collections.identityops.groupid.plugins.plugin_utils.saving.signals import Signals

STOPPED, SHARED = "stopped", "shared"
"""Stages of a meeting: what ran here is stopped; the database and the domains that this server saves are done."""

ARRIVAL = 300.0
"""Seconds in which all members must arrive. Nothing is stopped until then."""
FIRST_CALL = 10.0
"""Seconds that database and domains wait until the backup of the folders has begun, which then continues by itself."""
CANCELLING = 30.0
"""Seconds in which pieces of work that are no longer wanted must have ended."""

Work = c.Callable[[], Answer]


@dataclasses.dataclass
class Plan:
    """What is done on the server. None, or no domain: not requested.

    stop, resume: both or none. domains: by name. failed: makes an answer from an exception.
    verify: adds to the database's answer whether its backup can be read. It may take as long as the backup, so GroupID
    runs again before it.
    """

    stop: Work | None
    resume: Work | None
    folders: Work | None
    database: Work | None
    domains: c.Mapping[str, Work]
    failed: c.Callable[[BaseException], Answer]
    verify: c.Callable[[Answer], Answer] | None = None


@dataclasses.dataclass
class Saved:
    """The answers. None if something was not requested, or was not done.

    apart: the meeting failed, and why. broken: an unexpected error. seconds: from the beginning of the stop to the end
      of the resume.
    """

    stopped: Answer | None = None
    part: Answer | None = None
    database: Answer | None = None
    domains: dict[str, Answer] = dataclasses.field(default_factory=dict)
    resumed: Answer | None = None
    apart: Failure | None = None
    broken: Exception | None = None
    seconds: float | None = None

    def answers(self) -> list[Answer]:
        """Return all answers, in the order of the work."""
        found = [self.stopped, self.database, *self.domains.values(), self.part, self.resumed]
        return [one for one in found if one is not None]


def is_failed(answer: Answer | None) -> bool:
    """Whether an answer is a failure."""
    return answer is not None and bool(answer.get("failed") or answer.get("unreachable"))


class Saving:
    """The work on one server, once.

    meeting: with the other servers of the deployment, if something is stopped. sharing: of the pieces of work.
    """

    def __init__(self, plan: Plan, meeting: Rendezvous | None, sharing: Sharing) -> None:
        self._plan = plan
        self._meeting = meeting
        self._sharing = sharing
        self._pieces: dict[str, Piece] = {}
        self._began: float | None = None
        self._interrupted = False
        self.saved = Saved()

    def run(self) -> Saved:
        """Do it. A signal or a time limit of the task is raised again after the resume."""
        with Signals() as signals:
            # A signal can also come between two statements here. It must not skip the resume.
            try:
                try:
                    self._work()
                except Exception as error:
                    self._sharing.ended.set()
                    self.saved.broken = error
                finally:
                    signals.hold()
            except BaseException:
                self._sharing.ended.set()
                self._interrupted = True
                raise
            finally:
                self._end()
        self._verify()
        return self.saved

    def _work(self) -> None:
        if self._meeting is not None:
            self._meeting.arrive()
            if not self._met(self._meeting.wait(HERE, ARRIVAL), _APART):
                return
        if self._plan.stop is not None:
            self._began = time.monotonic()
            self.saved.stopped = self._answer_of(self._plan.stop)
        if self._meeting is not None:
            failed = is_failed(self.saved.stopped)
            self._meeting.tell(STOPPED, failed=failed)
            if failed or not self._met(self._meeting.wait(STOPPED), _NOT_STOPPED):
                return
        elif is_failed(self.saved.stopped):
            return
        self._save()

    def _met(self, heard: Heard, what: str) -> bool:
        """Whether all members have completed a stage. A member that has failed reports this itself."""
        if heard.gone or heard.late:
            gone, late = ", ".join(heard.gone), ", ".join(heard.late)
            cause = f"{gone} ended before the others" if gone else f"{late} was not ready in time"
            self.saved.apart = Failure("not_together", what, cause, _NEXT)
        return heard.complete

    def _save(self) -> None:
        plan = self._plan
        if plan.folders is not None:
            self._pieces["part"] = Piece(plan.folders, plan.failed)
        shared = {f"domain {name}": Piece(work, plan.failed) for name, work in plan.domains.items()}
        if plan.database is not None:
            shared["database"] = Piece(plan.database, plan.failed)
        self._pieces |= shared
        # At this point, it is known what has begun, even if a signal comes.
        if plan.folders is not None:
            self._pieces["part"].start()
            end = time.monotonic() + FIRST_CALL
            while self._pieces["part"].ended is None and not self._sharing.called.wait(0.05) and time.monotonic() < end:
                pass
        for piece in shared.values():
            piece.start()
        for piece in shared.values():
            piece.wait()
        if self._meeting is not None:
            self._meeting.tell(SHARED)
        if plan.folders is not None:
            self._pieces["part"].wait()
        if self._meeting is not None:
            self._meeting.wait(SHARED, failures=False)

    def _end(self) -> None:
        """Start everything again, whatever has happened."""
        try:
            self._collect()
        finally:
            try:
                self._resume()
            finally:
                if self._meeting is not None:
                    self._meeting.leave()

    def _collect(self) -> None:
        """Take the answers. Work that is no longer wanted has some time to end."""
        end = time.monotonic() + CANCELLING
        begun = {name: piece for name, piece in self._pieces.items() if piece.begun}
        for piece in begun.values():
            piece.wait(max(0.0, end - time.monotonic()))
        answers = {name: piece.answer or self._plan.failed(WorkEndedError()) for name, piece in begun.items()}
        self.saved.part, self.saved.database = answers.get("part"), answers.get("database")
        domains = {name: answers.get(f"domain {name}") for name in self._plan.domains}
        self.saved.domains = {name: answer for name, answer in domains.items() if answer}

    def _resume(self) -> None:
        # If nothing was stopped, a later task of the run ends the record. After an interruption there is none.
        if self._plan.resume is None or (self._began is None and not self._interrupted):
            return
        self.saved.resumed = self._answer_of(self._plan.resume)
        if self._began is not None:
            self.saved.seconds = round(time.monotonic() - self._began, 3)

    def _verify(self) -> None:
        verify, database = self._plan.verify, self.saved.database
        # If something was not started again, the set is never sealed, and a later task of the run tries again.
        if self.saved.broken is not None or is_failed(self.saved.resumed):
            return
        if verify is not None and database is not None and not is_failed(database):
            self.saved.database = self._answer_of(lambda: verify(database))

    def _answer_of(self, work: Work) -> Answer:
        try:
            return work()
        except Exception as error:
            return self._plan.failed(error)


_APART = "The server was not saved, and nothing of it was stopped"
_NOT_STOPPED = "The server was not saved"
_NEXT = (
    "Ansible's output has the reason, such as a task that failed on it. Everything that this run has stopped is "
    "started again. Run the backup again."
)
