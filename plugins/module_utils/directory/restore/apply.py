# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Performs steps: groups are read, written if they have the values that the step expects, and read again."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import GUID
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_filter, guid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.changes import Step, Values
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    ConflictError,
    Directory,
    DirectoryError,
    ObjectRefusedError,
    search,
)

BATCH: t.Final = 50
"""Number of groups in one search."""

_CHANGED = "It has other values than expected: somebody changed it since."
_GONE = "The group with this objectGUID no longer exists."
_OTHERWISE = "It was written, but has other values now: somebody, or the server, changed them."


@dataclasses.dataclass(frozen=True)
class Conflict:
    """A group that is not as expected. dn: its current or last known DN. cause: why, in a sentence."""

    guid: str
    dn: str
    cause: str


@dataclasses.dataclass
class Written:
    """The results of the steps. Each step is counted once.

    written: DNs of groups that were written. unchanged: number of groups that already had the new values.
    conflicts: groups that were not changed, because they have neither the expected nor the new values.
    unconfirmed: groups that were written, but had other values when they were read again.
    refused: groups that the server refused to change, for a reason that is specific to the group.
    """

    written: list[str] = dataclasses.field(default_factory=list)
    unchanged: int = 0
    conflicts: list[Conflict] = dataclasses.field(default_factory=list)
    unconfirmed: list[Conflict] = dataclasses.field(default_factory=list)
    refused: list[Conflict] = dataclasses.field(default_factory=list)

    @property
    def steps(self) -> int:
        """Number of steps that have ended."""
        return len(self.written) + self.unchanged + len(self.conflicts) + len(self.unconfirmed) + len(self.refused)


class StoppedError(DirectoryError):
    """An error in the middle. done: what was done before. left: steps that were not done, or not checked."""

    def __init__(self, problem: DirectoryError, done: Written, left: int) -> None:
        refused = f" {len(done.refused)} were refused one by one." if done.refused else ""
        failure = problem.failure.also(
            f"{len(done.written)} groups were written before it, {left} are left.{refused} Run it again to finish, or "
            "run the undo to go back."
        )
        super().__init__(failure.code, failure.what, failure.cause, failure.next)
        self.done = done
        self.left = left


def preview(directory: Directory, base: str, steps: c.Sequence[Step]) -> Written:
    """Return what ``apply_steps`` would do, according to the current values in the directory. Nothing is written.

    Raises DirectoryError.
    """
    predicted = Written()
    for begin in range(0, len(steps), BATCH):
        for outcome in _checked_steps(directory, base, steps[begin : begin + BATCH]):
            if isinstance(outcome, Conflict):
                predicted.conflicts.append(outcome)
            elif outcome.attributes:
                predicted.written.append(outcome.dn)
            else:
                predicted.unchanged += 1
    return predicted


def remaining_steps(directory: Directory, base: str, steps: c.Sequence[Step]) -> list[Step]:
    """Return the steps that ``apply_steps`` would write, each with the current DN of its group.

    Raises DirectoryError.
    """
    return [
        outcome
        for begin in range(0, len(steps), BATCH)
        for outcome in _checked_steps(directory, base, steps[begin : begin + BATCH])
        if isinstance(outcome, Step) and outcome.attributes
    ]


def apply_steps(directory: Directory, base: str, steps: c.Sequence[Step]) -> Written:
    """Perform the steps, one modify each.

    A group is found by objectGUID and written at its current DN. A group with other values than the step expects is
    listed and not changed. The modify deletes exactly the old values, so the server refuses it if they have changed a
    moment before. It cannot refuse a value that was added to a multi-valued attribute at that moment. Then the
    attribute has both values, and the group is among the unconfirmed. If the server refuses to change one group, this
    is listed, and the others are written.

    Raises StoppedError for an error that would affect all later groups: connection, login, a busy or read-only server.
    """
    done = Written()
    for begin in range(0, len(steps), BATCH):
        batch = steps[begin : begin + BATCH]
        modified: list[Step] = []
        try:
            _modify(directory, base, batch, done, modified)
            _read_again(directory, base, modified, done)
        except DirectoryError as problem:
            # It was written, but not checked.
            done.written += [step.dn for step in modified]
            raise StoppedError(problem, done, len(steps) - done.steps) from problem
    return done


def _checked_steps(directory: Directory, base: str, batch: c.Sequence[Step]) -> c.Iterator[Step | Conflict]:
    """Return what remains to be done for each step, with the current DN of its group, or why nothing may be done."""
    found = _present(directory, base, batch)
    for step in batch:
        if step.guid not in found:
            yield Conflict(guid_text(step.guid), step.dn, _GONE)
            continue
        dn, values = found[step.guid]
        remaining = step.remaining(values)
        yield (
            Conflict(guid_text(step.guid), dn, _CHANGED) if remaining is None else dataclasses.replace(remaining, dn=dn)
        )


def _modify(directory: Directory, base: str, batch: c.Sequence[Step], done: Written, modified: list[Step]) -> None:
    """Write the changes of a batch. Each step is added to ``modified`` as soon as its modify was answered."""
    whole = {step.guid: step for step in batch}
    for outcome in _checked_steps(directory, base, batch):
        if isinstance(outcome, Conflict):
            done.conflicts.append(outcome)
        elif not outcome.attributes:
            done.unchanged += 1
        else:
            problem = _refusal_of(directory, outcome)
            if problem is None:
                modified.append(dataclasses.replace(whole[outcome.guid], dn=outcome.dn))
            else:
                _record_refusal(directory, base, outcome, problem, done)


def _refusal_of(directory: Directory, step: Step) -> DirectoryError | None:
    """Perform one step. Return what went wrong."""
    try:
        directory.modify(step.dn, step.changes())
    except DirectoryError as problem:
        return problem
    return None


def _record_refusal(directory: Directory, base: str, step: Step, problem: DirectoryError, done: Written) -> None:
    """Add a step that was not done to ``done``, or raise the problem if it would affect all later steps."""
    remaining: Step | None
    try:
        found = _present(directory, base, [step])
        remaining = step.remaining(found[step.guid][1]) if step.guid in found else None
    except DirectoryError:
        # It cannot be read. That is another problem; the first one is reported.
        remaining = step
    if remaining is not None and not remaining.attributes:
        # Somebody else did it a moment before, such as the restore of another deployment of this domain.
        done.unchanged += 1
    elif isinstance(problem, ConflictError) or remaining != step:
        # If an empty single-valued attribute got a value, the server reports a violation of the schema.
        done.conflicts.append(Conflict(guid_text(step.guid), step.dn, problem.failure.cause))
    elif isinstance(problem, ObjectRefusedError):
        done.refused.append(Conflict(guid_text(step.guid), step.dn, _failure_text(problem)))
    else:
        raise problem


def _failure_text(problem: DirectoryError) -> str:
    """Return cause and next step; the caller adds what failed, with the name of the group."""
    return str(dataclasses.replace(problem.failure, what=""))


def _read_again(directory: Directory, base: str, modified: list[Step], done: Written) -> None:
    """Check what was written, and add each step to ``done``."""
    if not modified:
        return
    found = _present(directory, base, modified)
    while modified:
        step = modified.pop(0)
        dn, values = found.get(step.guid, (step.dn, {}))
        remaining = step.remaining(values)
        if remaining is None or remaining.attributes:
            done.unconfirmed.append(Conflict(guid_text(step.guid), dn, _OTHERWISE))
        else:
            done.written.append(dn)


def _present(directory: Directory, base: str, steps: c.Sequence[Step]) -> dict[bytes, tuple[str, Values]]:
    """Read the groups of these steps as they are now: DN and values by objectGUID. Raises DirectoryError."""
    names = {attribute.name for step in steps for attribute in step.attributes}
    found: dict[bytes, tuple[str, Values]] = {}
    wanted = guid_filter(step.guid for step in steps)
    for dn, attributes in search(directory, base, wanted, [GUID, *sorted(names)]):
        values = {name.lower(): held for name, held in attributes.items()}
        for guid in values.get(GUID.lower(), []):
            found[guid] = (dn, values)
    return found
