# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host for the agent: the shipped source compiled with the lab's POSIX twin, and a folder that plays its drives."""

from __future__ import annotations

import collections.abc as c
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import typing as t

import pytest
from unit.agent import serving

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_files, agent_source
from lab import ahead_of_time, habits, powershell
from lab.streams import streams_of

REPOSITORY = pathlib.Path(__file__).parents[3]
TWIN = REPOSITORY / "tests" / "lab" / "mono"
OPTIONS = ["-langversion:5", "-warnaserror+", "-optimize+", "-unsafe", "-r:System"]
SET_ID = "20260101T000000Z"
_STARTS_PROCESSES = re.compile(r'"operation": "(start|work|run|rehearsal)"|"watchdog_seconds": [1-9]')
"""Requests whose processes would be children of a process that stays."""
CREATED = "user.LabCreated"
"""The extended attribute in which the twin keeps when a file was created."""


class Host:
    """A Windows server's disks as far as the agent sees them, and calls to the agent on it."""

    def __init__(self, executable: pathlib.Path, folder: pathlib.Path, servers: serving.Servers | None = None) -> None:
        self.command = ["mono", str(executable)]
        self.servers = servers
        self.folder = folder
        self.name = "WEB01"
        self.user = "CORP\\svc"
        self.machine_guid = "11111111-0000-4000-8000-000000000001"
        self.faults: dict[str, t.Any] = {}
        self.habits: dict[str, t.Any] = dict(habits.ALL) if habits.ON else {}
        self.patience = habits.PATIENCE
        self.settings: dict[str, str] = {}
        self.shares: dict[str, dict[str, str] | None] = {}
        self.root = folder / "D" / "Backups"
        self.source = folder / "C" / "Source"
        self.lock = folder / "C" / "ProgramData" / "identityops.groupid" / "agent.lock"
        for path in (folder / "C" / "ProgramData", folder / "D", self.source):
            path.mkdir(parents=True)

    def send(self, text: str) -> dict[str, t.Any]:
        """Return the answer to a request as it stands."""
        run = self._run(text)
        assert (run.returncode, run.stderr) == (0, b"")
        assert run.stdout.isascii()
        assert run.stdout.count(b"\n") == 1
        answer: dict[str, t.Any] = json.loads(run.stdout)
        assert ("error" in answer) == answer["failed"]
        return answer

    def _run(self, text: str) -> powershell.Ended:
        environment = {
            **os.environ,
            **ahead_of_time.ENVIRONMENT,
            "LAB_ROOT": str(self.folder),
            "LAB_HOST_NAME": self.name,
            "LAB_FQDN": f"{self.name.lower()}.corp.example",
            "LAB_MACHINE_GUID": self.machine_guid,
            "LAB_USER": self.user,
            "LAB_OWNER": str(os.getpid()),
            **self.settings,
            "LAB_FAULTS": json.dumps(self.faults) if self.faults else "",
            "LAB_SHARES": json.dumps(self.shares) if self.shares else "",
        }
        if self.habits:
            environment.update(LAB_HABITS=json.dumps(self.habits), LAB_PATIENCE_MS=str(self.patience))
        servers = self.servers if self.servers and self.servers.command == self.command else None
        if servers and "die_at" not in self.faults and not _STARTS_PROCESSES.search(text):
            return servers.ask(text, environment)
        return subprocess.run(
            self.command, check=False, input=text.encode(), env=environment, capture_output=True, timeout=120
        )

    def call(self, operation: str, **members: t.Any) -> dict[str, t.Any]:
        """Return the answer to an operation on the test's one set."""
        place = {"root": str(self.root), "deployment": "hq", "set_id": SET_ID}
        return self.send(json.dumps({"protocol": 1, "operation": operation, **place, **members}))

    def backup(self, **members: t.Any) -> dict[str, t.Any]:
        """Back the source up as the component ``data``. Keywords of the component go there, the rest to the request."""
        component = {"name": "data", "path": str(self.source)}
        for name in ("include", "exclude", "required"):
            if name in members:
                component[name] = members.pop(name)
        return self.call("backup", **{"components": [component], "retry_wait_ms": 1, **members})

    def restore(self, **members: t.Any) -> dict[str, t.Any]:
        """Restore the component ``data``, unsealed. Keywords of the component go there, the rest to the request."""
        component = {"name": "data"}
        for name in ("target", "policy", "include", "exclude"):
            if name in members:
                component[name] = members.pop(name)
        return self.call("restore", **{"components": [component], "unsealed": True, **members})

    def part(self, set_id: str = SET_ID) -> pathlib.Path:
        return self.root / "hq" / set_id / self.name.lower()

    def part_document(self) -> dict[str, t.Any]:
        document: dict[str, t.Any] = json.loads((self.part() / "part.json").read_bytes())
        return document

    def write(self, **files: str | bytes) -> None:
        """Write files below the source; ``__`` in a keyword is ``/``."""
        for name, content in files.items():
            self.file(name.replace("__", "/") + ".txt", content)

    def file(self, name: str, content: str | bytes = "") -> pathlib.Path:
        """Write one file below the source."""
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def record(self) -> None:
        """Make part.json agree with its two lists again, as somebody would who can compute digests."""
        document = self.part_document()
        lines = [json.loads(line) for line in (self.part() / "files.jsonl").read_bytes().splitlines()]
        sizes = [line["size"] for line in lines if line["kind"] == "file"]
        document.update(files=len(sizes), directories=len(lines) - len(sizes), bytes=sum(sizes))
        document["files_sha256"] = hashlib.sha256((self.part() / "files.jsonl").read_bytes()).hexdigest()
        document["manifest_sha256"] = hashlib.sha256((self.part() / "manifest.sha256").read_bytes()).hexdigest()
        (self.part() / "part.json").write_text(json.dumps(document))

    def created(self, folder: pathlib.Path) -> dict[str, str | None]:
        """When the files below a folder were created (100 ns since 1601), on a host with the habit of tunneling."""
        return {
            str(path.relative_to(folder)): os.getxattr(path, CREATED).decode()
            if CREATED in os.listxattr(path)
            else None
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def picture(self, folder: pathlib.Path | None = None, times: bool = True) -> dict[str, tuple[t.Any, ...]]:
        """Everything below a folder (the whole host): type, mode, time of writing in 100 ns, content, other streams."""
        top = folder or self.folder
        return dict(_seen(top, times))


class WindowsHost(Host):
    """This computer: the shipped agent in Windows PowerShell, below a folder of the test.

    Its names are its own, and nothing goes wrong there on order: what a test needs of that is skipped.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__(folder / "no executable", folder)
        state = pathlib.Path(os.environ["PROGRAMDATA"], "identityops.groupid")
        vars(self).update(name=socket.gethostname(), lock=state / "agent.lock")

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("name", "user", "machine_guid", "faults", "habits") and hasattr(self, name):
            pytest.skip(f"needs a host of the lab: its {name} cannot be chosen on Windows")
        super().__setattr__(name, value)

    def _run(self, text: str) -> powershell.Ended:
        return powershell.ask(powershell.windows_powershell(), agent_source(), json.loads(text))


def hold(file: t.IO[str]) -> None:
    """Lock an open file as an agent at work does, until it is closed."""
    fcntl = pytest.importorskip("fcntl", reason="needs a host of the lab: Windows' locks are of another kind")
    fcntl.flock(file, fcntl.LOCK_EX)


def _seen(top: pathlib.Path, times: bool) -> c.Iterator[tuple[str, tuple[t.Any, ...]]]:
    for path in sorted(top.rglob("*")):
        facts = path.lstat()
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        written = facts.st_mtime_ns // 100 if times else 0
        yield str(path.relative_to(top)), (facts.st_mode, written, content, streams_of(path))


def compile_agent(folder: pathlib.Path) -> pathlib.Path:
    """Compile the agent for Mono: every shipped file that does not itself call Windows, and the twin."""
    twin = sorted(TWIN.glob("*.cs"))
    replaced = {path.name for path in twin}
    shipped = [path for path in agent_files().values() if path.name not in replaced]
    portable = [path for path in shipped if not re.search(r"\[DllImport\(", path.read_text(encoding="utf-8"))]
    agent = folder / "agent.exe"
    run = subprocess.run(
        ["mcs", *OPTIONS, f"-out:{agent}", *map(str, [*portable, *twin])], check=False, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    ahead_of_time.compile_ahead(agent)
    return agent


@pytest.fixture(scope="session")
def executable(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The agent for Mono."""
    missing = [program for program in ("mcs", "mono") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: apt-get install --no-install-recommends mono-mcs mono-runtime")
    return compile_agent(tmp_path_factory.mktemp("agent"))


@pytest.fixture(scope="session")
def servers(executable: pathlib.Path) -> c.Iterator[serving.Servers]:
    """Agents that are there for all tests."""
    servers = serving.Servers(executable)
    yield servers
    servers.end()


@pytest.fixture
def host(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Host:
    """Runner `mono`, or `windows` where the tests were allowed that."""
    if powershell.ALLOWED:
        return WindowsHost(tmp_path / "host")
    return Host(request.getfixturevalue("executable"), tmp_path / "host", request.getfixturevalue("servers"))
