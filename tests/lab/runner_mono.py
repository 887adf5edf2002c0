# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the collection's bootstrap under Mono: the agent as shipped, but for Win32.cs, on folders of the lab."""

from __future__ import annotations

import base64
import binascii
import collections.abc as c
import functools
import gzip
import hashlib
import json
import os
import pathlib
import typing as t

from lab import agent_build, ahead_of_time, command_line
from lab.fleet import Host
from lab.job_look import JobLook
from lab.mishaps import Mishap
from lab.paths import PathMap
from lab.processes import Finished, ProcessGroup


class MonoRunner:
    """A host that knows the collection's PowerShell scripts, by their text, and does what they do.

    root: folder of the lab; ``hosts/<name>`` and ``shares`` below it.
    scripts: folder of bootstrap.ps1 and of those that it runs.
    faults: by host name, what goes wrong there, as mono/LabFaults.cs reads it; may be changed at any time.
    accounts: by share (``nas01/backup``), user name and password of the one account that it is there for; may be
    changed at any time. Every other share is there for everybody.
    mishaps: what goes wrong at one request (mishaps.py); may be changed at any time.
    """

    def __init__(
        self,
        root: pathlib.Path,
        scripts: pathlib.Path,
        builder: agent_build.AgentBuilder,
        faults: c.Mapping[str, t.Any],
        accounts: c.Mapping[str, tuple[str, str]],
        mishaps: c.Sequence[Mishap] = (),
    ) -> None:
        self._root = root
        self._scripts = {
            file.stem: command_line.normalise(file.read_text(encoding="utf-8")) for file in scripts.glob("*.ps1")
        }
        self._builder = builder
        self._faults = faults
        self._accounts = accounts
        self._mishaps = mishaps

    def run(self, host: Host, line: str, stdin: bytes, processes: ProcessGroup) -> Finished:
        """Do what the script does that stdin carries, when the command line is the bootstrap."""
        command = command_line.peel(line)
        if command_line.normalise(command) != self._scripts["bootstrap"]:
            text = f"'{command.split(' ')[0][:80]}' is not recognized as an internal or external command,\r\n"
            return Finished(1, b"", (text + "operable program or batch file.\r\n").encode())
        try:
            script, lines = command_line.read_input(stdin)
        except ValueError as error:
            return _bootstrap_failure(str(error))
        if script == self._scripts["agent"]:
            return self._agent(host, lines, processes)
        if script == self._scripts.get("job"):
            return Finished(0, self._look(host).answer(lines), b"")
        return _bootstrap_failure(
            "The term is not recognized as the name of a cmdlet, function, script file, or program."
        )

    def _look(self, host: Host) -> JobLook:
        folder = self._root / "hosts" / host.name
        paths = PathMap(folder, (self._root / "shares").resolve())
        documents = functools.partial(_translate, paths=paths)
        return JobLook(folder / "C" / "ProgramData", paths.to_windows, documents, paths.to_lab)

    def _agent(self, host: Host, lines: list[str], processes: ProcessGroup) -> Finished:
        """Compile the agent, and run the request."""
        try:
            source, type_name, request = payload(lines)
            executable = self._builder.build(source, type_name.rpartition(".")[0], processes, _environment(self._root))
        except (ValueError, agent_build.CompileError) as error:
            return _bootstrap_failure(str(error))
        folder = self._root / "hosts" / host.name
        paths = PathMap(folder, (self._root / "shares").resolve())
        document = json.loads(request)
        met = [mishap for mishap in self._mishaps if mishap.meets(host, document)]
        faults = dict(self._faults.get(host.name, {}))
        for mishap in met:
            faults.update(mishap.before(host))
        environment = _environment(self._root) | {
            "LAB_ROOT": str(folder),
            "LAB_OWNER": str(os.getpid()),
            "LAB_HOST_NAME": host.computer_name,
            "LAB_FQDN": host.fqdn,
            "LAB_MACHINE_GUID": host.machine_guid,
            "LAB_USER": host.windows_user,
            "LAB_FAULTS": json.dumps(faults),
            "LAB_SHARES": json.dumps(self._shares()),
        }
        request_line = json.dumps(paths.request(document)).encode()
        finished = processes.run(["mono", str(executable)], stdin=request_line, env=environment, cwd=folder)
        for mishap in met:
            mishap.after(host)
        return Finished(finished.exit_code, _translate(finished.stdout, paths), _text(finished.stderr, paths))

    def _shares(self) -> dict[str, t.Any]:
        """Return the shares as mono/LabShares.cs reads them: an account's password by its digest."""
        folder = (self._root / "shares").resolve()
        asking = {
            str(folder / share): {"username": user, "password_sha256": hashlib.sha256(password.encode()).hexdigest()}
            for share, (user, password) in self._accounts.items()
        }
        return {str(folder): None, **asking}


def payload(lines: list[str]) -> tuple[str, str, str]:
    """Read the agent's three lines as agent.ps1 does: source, type, request. Raises ValueError."""
    if len(lines) < 3:
        raise ValueError("Index was outside the bounds of the array.")
    try:
        source = gzip.decompress(base64.b64decode(lines[0], validate=True)).decode("utf-8")
        return source, lines[1], base64.b64decode(lines[2], validate=True).decode("utf-8")
    except (binascii.Error, OSError, EOFError) as error:
        raise ValueError(f"The input is not what the script expects: {error}") from error


def _bootstrap_failure(text: str) -> Finished:
    """Say what the bootstrap's catch block says."""
    message = base64.b64encode(text.encode()).decode("ascii")
    line = json.dumps({"failed": True, "stage": "bootstrap", "msg_b64": message}, separators=(",", ":"))
    return Finished(1, line.encode() + b"\r\n", b"")


def _translate(stdout: bytes, paths: PathMap) -> bytes:
    """Translate the agent's line; what is not JSON (a crash) is translated as a text."""
    try:
        answer = json.loads(stdout)
    except ValueError:
        return _text(stdout, paths)
    return json.dumps(paths.answer(answer)).encode() + b"\r\n"


def _text(output: bytes, paths: PathMap) -> bytes:
    return paths.text_to_windows(output.decode("utf-8", "replace")).encode()


def _environment(root: pathlib.Path) -> dict[str, str]:
    """Nothing but the search path reaches a host from the environment of the lab."""
    own = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(root), "LC_ALL": "C.UTF-8"}
    return own | ahead_of_time.ENVIRONMENT
