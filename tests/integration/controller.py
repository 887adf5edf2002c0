# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's own programs run against a lab, on the collection as installed from its tarball."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import typing as t

import yaml
from environment import BUILD
from integration import loaded

from lab import inventory
from lab.lab import Lab

COLLECTION = "identityops.groupid"
CALLBACKS = pathlib.Path(__file__).with_name("callbacks")
TIMEOUT = 600


@dataclasses.dataclass(frozen=True)
class Run:
    """How a program ended and all that it printed, both streams."""

    code: int
    output: str

    def succeeded(self) -> Run:
        """This run, which must have ended well."""
        assert self.code == 0, self.output[-6000:]
        return self

    def failed(self, *texts: str) -> Run:
        """This run, which must have failed and said each of the texts."""
        assert self.code != 0, self.output[-6000:]
        flat = " ".join(self.output.split())
        for text in texts:
            assert " ".join(text.split()) in flat, f"{text!r} is not in:\n{self.output[-6000:]}"
        return self

    def tasks(self) -> int:
        """How many tasks it started, those that were skipped on all hosts included."""
        return len(re.findall(r"^(?:TASK|RUNNING HANDLER) \[", self.output, re.MULTILINE))


class Controller:
    """A person at the controller of a lab's fleet.

    folder: for inventories and Ansible's own state.
    """

    def __init__(self, lab: Lab, folder: pathlib.Path) -> None:
        self.lab = lab
        self._folder = folder
        self.inventory = self.write_inventory()

    def write_inventory(
        self,
        style: inventory.Style | None = None,
        edit: c.Callable[[dict[str, t.Any]], object] = lambda _document: None,
        name: str = "inventory.yml",
    ) -> pathlib.Path:
        """Write an inventory of the lab's hosts, changed by ``edit``, and give its path."""
        style = style or inventory.Style()
        port = self.lab.https_port if style.transport == "https" else self.lab.port
        document = inventory.document(self.lab.fleet, port, style)
        edit(document)
        file = self._folder / name
        file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
        return file

    def play(
        self,
        playbook: str,
        *options: str,
        extra: c.Mapping[str, t.Any] | None = None,
        where: pathlib.Path | None = None,
        environment: c.Mapping[str, str] | None = None,
    ) -> Run:
        """Run a playbook of the collection, or a file.

        environment: variables besides; with any, the program is started, and is not a fork (`loaded.py`).
        """
        return self._run(*self._command(playbook, options, extra, where), environment=environment)

    @contextlib.contextmanager
    def playing(self, playbook: str, extra: c.Mapping[str, t.Any] | None = None) -> c.Iterator[subprocess.Popen[str]]:
        """Run a playbook as the leader of a process group of its own, and kill it with its workers at the end.

        Both output streams are the process's ``stdout``, which has to be read if they are long (`communicate`).
        """
        with subprocess.Popen(
            self._command(playbook, (), extra, None),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                workers = _descendants(process.pid)  # of later ansible-core, each has a session of its own
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                for worker in workers:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(worker, signal.SIGKILL)

    def module(
        self, host: str, module: str, arguments: c.Mapping[str, t.Any], *options: str, where: pathlib.Path | None = None
    ) -> dict[str, t.Any]:
        """Run one module on one host and give its result, with `failed` in any case."""
        command = [
            host,
            "-i",
            str(where or self.inventory),
            "-m",
            f"{COLLECTION}.{module}",
            "-a",
            json.dumps(arguments),
        ]
        run = self._run("ansible", *command, *options)
        head = re.search(r"\| (\w+)!? => (?={)", run.output)
        assert head, run.output
        result: dict[str, t.Any] = json.JSONDecoder().raw_decode(run.output[head.end() :])[0]
        # Ansible prints the failure in the heading and leaves it out of the result.
        result["failed"] = head[1] in ("FAILED", "UNREACHABLE")
        return result

    def environment(self) -> dict[str, str]:
        """Return the environment of Ansible's programs: the collection, and the controller's own state."""
        return {
            **{name: value for name, value in os.environ.items() if name != "ANSIBLE_CONFIG"},
            "ANSIBLE_COLLECTIONS_PATH": str(BUILD / "collections"),
            "ANSIBLE_HOME": str(self._folder / "ansible"),
            "ANSIBLE_FORCE_COLOR": "0",
            "ANSIBLE_NOCOWS": "1",
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "loaded_once",
            "NO_PROXY": "127.0.0.1",
        }

    def _command(
        self,
        playbook: str,
        options: c.Sequence[str],
        extra: c.Mapping[str, t.Any] | None,
        where: pathlib.Path | None,
    ) -> list[str]:
        name = playbook if playbook.endswith(".yml") else f"{COLLECTION}.{playbook}"
        variables = ["-e", json.dumps(extra)] if extra else []
        return ["ansible-playbook", name, "-i", str(where or self.inventory), *options, *variables]

    def _run(self, program: str, *arguments: str, environment: c.Mapping[str, str] | None = None) -> Run:
        if environment is None:
            return Run(*loaded.run([program, *arguments], self.environment(), TIMEOUT))
        done = subprocess.run(
            [program, *arguments],
            env={**self.environment(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        return Run(done.returncode, done.stdout)


def _descendants(process: int) -> list[int]:
    """Return the processes that a process has started, and those that they have."""
    parents: dict[int, int] = {}
    for place in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            parents[int(place.parent.name)] = int(place.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    found = [process]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]
