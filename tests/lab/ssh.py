# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the program ssh: takes its arguments, and runs the command line on a host of the lab.

The client and the network are missing, and with them keys and encryption; the line and its input are what a server
would get, and cmd.exe, the default shell of Windows' OpenSSH, takes them there.
"""

from __future__ import annotations

import pathlib
import re
import shlex
import signal
import sys

from lab import agent_build
from lab.fleet import Fleet
from lab.lab import load_fleet
from lab.processes import Finished, KilledError, ProcessGroup
from lab.repository import CACHE, MONO_FILES, SCRIPTS
from lab.runner_mono import MonoRunner
from lab.runner_wine import WineRunner
from lab.winrs import LONGEST_LINE, Runner

FAILED = 255
"""Exit code of ssh when there is no connection."""

_USER = re.compile(r'User="?([^"]+)"?')


def write_executable(root: pathlib.Path, cache: pathlib.Path = CACHE) -> pathlib.Path:
    """Write what ``ansible_ssh_executable`` can name, for the hosts of a prepared lab, and give its path."""
    file = root / "ssh"
    command = [sys.executable, "-m", "lab.ssh", str(root), str(cache)]
    tests = pathlib.Path(__file__).resolve().parents[1]
    file.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(tests))} exec {shlex.join(command)} "$@"\n')
    file.chmod(0o755)
    return file


def main(root: pathlib.Path, cache: pathlib.Path, arguments: list[str]) -> int:
    """Run the command of an ssh command line, which ends with the host and the command. Returns the exit code."""
    users = [match[1] for argument in arguments if (match := _USER.fullmatch(argument))]
    if "-O" in arguments or len(arguments) < 2 or not users:
        print("usage: ssh -o User=USER [-o OPTION]... HOST COMMAND", file=sys.stderr)
        return FAILED
    fleet = load_fleet(root)
    address, line = arguments[-2:]
    if users[0] not in {host.user for host in fleet.everyone}:
        print(f"{users[0]}@{address}: Permission denied (publickey).", file=sys.stderr)
        return FAILED
    finished = _run(root, cache, fleet, users[0], line)
    sys.stdout.buffer.write(finished.stdout)
    sys.stderr.buffer.write(finished.stderr)
    return finished.exit_code & 0xFF


def _run(root: pathlib.Path, cache: pathlib.Path, fleet: Fleet, user: str, line: str) -> Finished:
    """Run a command line to its end, or until this program is told to end."""
    if len(line) > LONGEST_LINE:
        return Finished(1, b"", b"The command line is too long.\r\n")
    host = next(host for host in fleet.everyone if host.user == user)
    runner: Runner
    if host.runner == "wine":
        runner = WineRunner(root, fleet, cache)
    else:
        builder = agent_build.AgentBuilder(cache, MONO_FILES)
        runner = MonoRunner(root, SCRIPTS, builder, {}, {})
    processes = ProcessGroup()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: processes.kill())
    try:
        return runner.run(host, line, sys.stdin.buffer.read(), processes)
    except KilledError:
        return Finished(FAILED, b"", b"")


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]))
