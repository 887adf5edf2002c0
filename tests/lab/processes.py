# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes of one command: started as a group, waited for, killed together, as WinRM does with a job object."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import os
import pathlib
import signal
import subprocess
import tempfile
import threading


def marked(setting: str) -> list[int]:
    """Return the processes that have a setting (``NAME=value``) in the environment that they were started with."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{setting}\0".encode() in (process / "environ").read_bytes() + b"\0":
                found.append(int(process.name))
    return found


def kill_marked(setting: str) -> None:
    """Kill the processes that ``marked`` finds, and those that they start meanwhile."""
    while found := marked(setting):
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


class KilledError(Exception):
    """The command was ended before or while it ran."""


@dataclasses.dataclass(frozen=True)
class Finished:
    """The end of a command; exit_code as Windows gives it, never negative."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class ProcessGroup:
    """Runs the programs of one command, one after the other; ``kill`` may come from any thread at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False

    def run(
        self, argv: c.Sequence[str], *, stdin: bytes = b"", env: c.Mapping[str, str], cwd: pathlib.Path | None = None
    ) -> Finished:
        """Run a program to its end. Raises KilledError, and OSError when it cannot be started.

        The streams are files: a grandchild that keeps them open (Wine's do) must not delay the end of the program.
        """
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(stdin)
            given.seek(0)
            with self._lock:
                if self._killed:
                    raise KilledError
                self._process = process = subprocess.Popen(
                    argv, stdin=given, stdout=out, stderr=err, env=dict(env), cwd=cwd, start_new_session=True
                )
            exit_code = process.wait()
            with self._lock:
                self._process = None
                if self._killed:
                    raise KilledError
            out.seek(0)
            err.seek(0)
            return Finished(exit_code if exit_code >= 0 else 128 - exit_code, out.read(), err.read())

    def kill(self) -> None:
        """End the running program with everything in its group, and start no other."""
        with self._lock:
            self._killed = True
            if self._process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
