# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a tool or a pytest run ended, in numbers of tests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from environment import BUILD, ROOT, Environment

RESULTS = BUILD / "test"
LONGEST = 4200
"""Seconds after which a lane is ended and counts as failed."""
SHOWN_LINES = 60

_running: set[subprocess.Popen[bytes]] = set()


@dataclass
class Outcome:
    """How many tests passed and failed.

    skipped: each reason, as the test gave it, with how many tests gave it.
    log: all that the lane printed.
    """

    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    log: Path | None = None

    def complaint(self) -> list[str]:
        """What to show of the log of a lane that failed: ansible-test's findings, else the end."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log else []
        findings = [line for line in lines if line.startswith("ERROR: ")]
        return [*(findings or lines[-SHOWN_LINES:]), f"(all of it: {self.log})"]


def end_all() -> None:
    """End what still runs, as when somebody interrupts."""
    for running in tuple(_running):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGTERM)


def of_tool(name: str, where: Environment, command: list[str], folder: Path = ROOT, **variables: str) -> Outcome:
    """Run one program of an environment: one test, passed when it exits with 0."""
    log = RESULTS / f"{name}.log"
    code = _logged(log, [where.command(command[0]), *command[1:]], folder, where.variables(**variables))
    return Outcome(passed=int(code == 0), failed=int(code != 0), log=log)


def of_pytest(name: str, where: Environment, *arguments: str) -> Outcome:
    """Run pytest and count by its JUnit XML; a run that ends badly without saying so in there is one failure."""
    log, report = RESULTS / f"{name}.log", RESULTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    command = [
        where.command("python"),
        "-m",
        "pytest",
        f"--junit-xml={report}",
        "-o",
        f"cache_dir={BUILD}/pytest/{name}",
    ]
    code = _logged(log, [*command, *arguments], ROOT, where.variables())
    outcome = _counted(report) if report.is_file() else Outcome()
    if code != 0 and not outcome.failed:
        outcome.failed = 1
    outcome.log = log
    return outcome


def _counted(report: Path) -> Outcome:
    outcome = Outcome()
    for case in ElementTree.parse(report).iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
        elif skipped is not None:
            outcome.skipped[skipped.get("message", "no reason given")] += 1
        else:
            outcome.passed += 1
    return outcome


def _logged(log: Path, command: list[str], folder: Path, variables: dict[str, str]) -> int:
    """Run a command with its output in a file; its exit code, or 124 when it was ended for taking too long."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        output.write(f"$ {' '.join(command)}\n")
        output.flush()
        # A session of its own, so that what the command started ends with it.
        running = subprocess.Popen(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        _running.add(running)
        try:
            return running.wait(LONGEST)
        except subprocess.TimeoutExpired:
            output.write(f"\nended after {LONGEST} s\n")
            return 124
        finally:
            _running.discard(running)
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGTERM)
                running.wait()
