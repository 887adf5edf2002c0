# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs Ansible's programs in forks of a process that has loaded Ansible: loading is a third of what a run costs."""

from __future__ import annotations

import atexit
import collections.abc as c
import functools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import typing as t

from environment import BUILD

_CONFIGURING = ("ANSIBLE_", "LANG", "LC_", "PYTHON")
"""Beginnings of the variables that are read while loading: runs in which they differ are forks of other processes."""

_OWN = "ANSIBLE_HOME"
"""Read anew by each run."""

_starting = threading.Lock()


def run(command: c.Sequence[str], environment: c.Mapping[str, str], timeout: float) -> tuple[int, str]:
    """Run a program to its end, without input. Returns its exit code, and what it wrote to both streams.

    Raises subprocess.TimeoutExpired after so many seconds, with the program killed.
    """
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    message = json.dumps({"command": [program, *command[1:]], "environment": dict(environment)}).encode()
    read_report, write_report = os.pipe()
    # What it writes goes into a file: a process that it leaves, and that could still write, delays no end.
    with open(read_report, encoding="ascii") as report, tempfile.TemporaryFile() as output, open(os.devnull) as nothing:
        try:
            streams = [nothing.fileno(), output.fileno(), output.fileno(), write_report]
            socket.send_fds(_loaded(environment), [message], streams)
        finally:
            os.close(write_report)
        code = _end(int(report.readline()), report, timeout)
        output.seek(0)
        written = output.read().decode(errors="replace")
    if code is None:
        raise subprocess.TimeoutExpired(command, timeout, written)
    return code, written


def _end(process: int, report: t.TextIO, timeout: float) -> int | None:
    """Wait for the exit code of a process. None: it was killed after so many seconds."""
    expired = threading.Event()

    def kill() -> None:
        expired.set()
        os.kill(process, signal.SIGKILL)

    killing = threading.Timer(timeout, kill)
    killing.start()
    try:
        code = int(report.readline())
    finally:
        killing.cancel()
    return None if expired.is_set() else code


def _loaded(environment: c.Mapping[str, str]) -> socket.socket:
    """Return the socket of the process that has loaded Ansible with this environment's configuration."""
    found = {name: value for name, value in environment.items() if name.startswith(_CONFIGURING) and name != _OWN}
    with _starting:
        return _start(tuple(sorted(found.items())))


@functools.cache
def _start(configuration: tuple[tuple[str, str], ...]) -> socket.socket:
    asking, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    others = {name: value for name, value in os.environ.items() if not name.startswith(_CONFIGURING)}
    with asked:
        process = subprocess.Popen(
            [sys.executable, str(pathlib.Path(__file__).with_name("loaded_ansible.py")), str(asked.fileno())],
            env={**others, **dict(configuration), _OWN: str(BUILD / "ansible")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[asked.fileno()],
        )

    def end() -> None:
        asking.close()
        process.wait()

    atexit.register(end)
    return asking
