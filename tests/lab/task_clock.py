# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The triggers of tasks that an agent has registered on a host of the lab (tests/lab/mono/TaskScheduler.cs)."""

from __future__ import annotations

import collections.abc as c
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import threading
import typing as t

from lab.waiting import until

SYSTEM = "NT AUTHORITY\\SYSTEM"


def tasks(root: pathlib.Path) -> list[dict[str, t.Any]]:
    """Return the tasks that an agent has registered on a host."""
    try:
        found: dict[str, t.Any] = json.loads((root / "services.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return [task for task in found.get("tasks", []) if "run" in task]


def engine(root: pathlib.Path) -> int | None:
    """Return the process of a host's registered task that is alive."""
    try:
        process = int((root / "engine.pid").read_text(encoding="ascii"))
        state = pathlib.Path("/proc", str(process), "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return None if state in "ZX" else process


def end_engine(root: pathlib.Path) -> bool:
    """Kill the process of a host's registered task, as a reboot does. Whether there was one."""
    process = engine(root)
    if process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        until(lambda: engine(root) is None, "the end of a task's process")
    return process is not None


def minute(root: pathlib.Path) -> subprocess.Popen[bytes] | None:
    """Play the trigger of each minute: IgnoreNew, so a task that runs is not started again."""
    for task in tasks(root):
        if engine(root) is None:
            settings = dict(setting.split("=", 1) for setting in task["settings"])
            settings |= {"LAB_USER": SYSTEM, "LAB_FAULTS": settings.get("LAB_SYSTEM_FAULTS", "")}
            process = subprocess.Popen(
                task["run"],
                env={**os.environ, **settings},
                cwd=root,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            (root / "engine.pid").write_text(str(process.pid), encoding="ascii")
            return process
    return None


class TaskClock:
    """The minutes of some hosts, in a thread that ends with ``end`` or the process.

    roots: the folder of each host. seconds: so long is a minute; may be changed at any time.
    """

    def __init__(self, roots: c.Sequence[pathlib.Path], seconds: float = 60.0) -> None:
        self._roots = roots
        self.seconds = seconds
        self._ended = threading.Event()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def now(self, root: pathlib.Path) -> None:
        """Let a minute begin on a host, such as after its restart."""
        process = minute(root)
        self._processes = [one for one in self._processes if one.poll() is None]
        self._processes += [process] if process else []

    def _run(self) -> None:
        while not self._ended.wait(self.seconds):
            for root in self._roots:
                self.now(root)

    def end(self) -> None:
        """End the clock, and what its hosts' tasks run."""
        self._ended.set()
        self._thread.join()
        for root in self._roots:
            end_engine(root)
        for process in self._processes:
            process.wait()
