# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the servers of a deployment wait for each other, while Ansible works on each in a separate process.

Each member has files in a folder that only the ansible-playbook of this run knows. It reports a stage by a file, and
holds a lock of the operating system while it takes part. The lock ends with its process in any case.
"""

from __future__ import annotations

import collections.abc as c
import fcntl
import hashlib
import json
import os
import pathlib
import time
import typing as t

from ansible import constants

HERE = "here"
"""The stage of a member that has arrived."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.25


class Heard(t.NamedTuple):
    """How a wait ended.

    failed: member that reported a failure. gone: members whose process ended first. late: members that did not arrive
      in time. All empty: every member has reported the stage.
    """

    failed: str = ""
    gone: tuple[str, ...] = ()
    late: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every member has reported the stage, and none of them a failure."""
        return not (self.failed or self.gone or self.late)


def folder_of(name: str) -> pathlib.Path:
    """Return the folder of a meeting. name: the same for all members, and different for every other meeting."""
    # Ansible makes this folder anew for each ansible-playbook, its workers share it, and its end removes it.
    own = pathlib.Path(constants.DEFAULT_LOCAL_TMP)
    return own / f"groupid-{hashlib.sha256(name.encode('utf-8')).hexdigest()[:32]}"


class Rendezvous:
    """One member in a meeting.

    members: inventory hosts, the same list for all of them. seconds: limit of all waits together, from the arrival on.
    """

    def __init__(self, folder: pathlib.Path, host: str, members: c.Sequence[str], seconds: float) -> None:
        self._folder = folder
        self._host = host
        self._members = sorted(members)
        self._end = time.monotonic() + seconds
        self._held: int | None = None

    def arrive(self) -> None:
        """Arrive at the meeting. Raises OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._held = os.open(self._file(self._host, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._held, fcntl.LOCK_EX)  # a member that checks it holds it for a moment
        self.tell(HERE)

    def tell(self, stage: str, *, failed: bool = False) -> None:
        """Report that this member has completed a stage. Only the first report counts. Raises OSError."""
        path = self._file(self._host, stage)
        if path.exists():
            return
        draft = path.with_name(f"{path.name}.new")
        draft.write_text(json.dumps({"failed": failed}), encoding="utf-8")
        draft.replace(path)

    def wait(self, stage: str, seconds: float | None = None, *, failures: bool = True) -> Heard:
        """Wait until each member has reported a stage, or has left.

        seconds: limit of this wait, beside that of all. failures: whether a reported failure ends the wait.
        """
        end = self._end if seconds is None else min(self._end, time.monotonic() + seconds)
        pause = FIRST_PAUSE
        while True:
            told = {member: self._told(member, stage) for member in self._members}
            failed = next((member for member, one in told.items() if one and one["failed"]), "")
            if failed and failures:
                return Heard(failed=failed)
            missing = [member for member, one in told.items() if one is None]
            # What it reported before it left counts, so its files are read again after its lock was checked.
            gone = tuple(one for one in missing if self._has_gone(one) and self._told(one, stage) is None)
            if len(gone) == len(missing):
                return Heard(gone=gone)
            if gone and failures:
                return Heard(gone=gone)
            if time.monotonic() >= end:
                return Heard(gone=gone, late=tuple(one for one in missing if one not in gone))
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def leave(self) -> None:
        """Leave the meeting, so that nobody waits for this member any more."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _file(self, member: str, stage: str) -> pathlib.Path:
        # The name of a host may have any character.
        return self._folder / f"{self._members.index(member)}.{stage}"

    def _told(self, member: str, stage: str) -> dict[str, t.Any] | None:
        try:
            found: dict[str, t.Any] = json.loads(self._file(member, stage).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found

    def _has_gone(self, member: str) -> bool:
        """Whether a member has arrived and has left."""
        if member == self._host:
            return False
        try:
            looked = os.open(self._file(member, "lock"), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(looked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            # Its file is there before it has its lock, for a moment.
            return self._told(member, HERE) is not None
        finally:
            os.close(looked)
