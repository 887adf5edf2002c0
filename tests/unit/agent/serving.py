# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Agents on Mono that stay for many requests (tests/lab/mono/Server.cs), as most of a small request is the start."""

from __future__ import annotations

import atexit
import base64
import collections.abc as c
import contextlib
import os
import pathlib
import select
import subprocess
import tempfile
import threading

from lab import powershell

_SECONDS = 120


class _Server:
    """One process, for one request at a time."""

    def __init__(self, command: c.Sequence[str], environment: c.Mapping[str, str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._environment = dict(environment)
        self._process = subprocess.Popen(
            [*command, "--serve"],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def ask(self, text: str, environment: c.Mapping[str, str]) -> powershell.Ended:
        """Return what a process of its own would print, and how it would end."""
        assert self._process.stdin
        changed = [f"{name}={value}" for name, value in environment.items() if self._environment.get(name) != value]
        changed += [name for name in self._environment if name not in environment]
        self._environment = dict(environment)
        line = b" ".join(base64.b64encode(field.encode()) for field in ("\0".join(changed), text)) + b"\n"
        seen = self._errors.seek(0, os.SEEK_END)
        with contextlib.suppress(BrokenPipeError):  # it has died, and says why
            self._process.stdin.write(line)
            self._process.stdin.flush()
        answer = self._line()
        code = 0 if answer else self._process.wait(_SECONDS)
        self._errors.seek(seen)
        return powershell.Ended(self._process.args, code, answer, self._errors.read())

    def _line(self) -> bytes:
        assert self._process.stdout
        if not select.select([self._process.stdout], [], [], _SECONDS)[0]:
            self.end()
            raise subprocess.TimeoutExpired(self._process.args, _SECONDS)
        return self._process.stdout.readline()

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()


class Servers:
    """Those of one executable: as many as are asked at the same time."""

    def __init__(self, executable: pathlib.Path) -> None:
        self.command = ["mono", str(executable)]
        self._idle: list[_Server] = []
        self._lock = threading.Lock()
        atexit.register(self.end)

    def ask(self, text: str, environment: c.Mapping[str, str]) -> powershell.Ended:
        """Return how a process of its own would have ended on a request in an environment."""
        with self._lock:
            server = self._idle.pop() if self._idle else None
        server = server or _Server(self.command, environment)
        ended = server.ask(text, environment)
        if server.has_ended():
            server.end()
        else:
            with self._lock:
                self._idle.append(server)
        return ended

    def end(self) -> None:
        """End those that wait."""
        with self._lock:
            while self._idle:
                self._idle.pop().end()
