# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs the tests: the lane of the next ansible-core, and the tests on a busy machine."""

from __future__ import annotations

import pathlib
import sys
import typing as t

import environment
import lanes
import load
import pytest
from environment import Environment, Python
from outcome import Outcome

from lab.waiting import until

PYTHON = Python((3, 13), "/usr/bin/python3")
[CANDIDATE] = environment.CANDIDATES


def refuse(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """Let pip end with these words."""

    def made(*dummy: t.Any) -> Environment:
        raise SystemExit(words)

    monkeypatch.setattr(environment, "_made", made)


def test_a_candidate_that_the_index_does_not_have_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "pip ended with code 1:\nERROR: No matching distribution found for ansible-core~=2.22.0b1")
    result = lanes._smoke(CANDIDATE, PYTHON).run()
    assert (result.passed, result.failed, sum(result.skipped.values())) == (0, 0, 1)
    assert "ansible-core~=" in next(iter(result.skipped))


@pytest.mark.parametrize(
    ("release", "words"),
    [(CANDIDATE, "No space left on device"), ((2, 21), "No matching distribution found for ansible-core")],
)
def test_anything_else_that_pip_cannot_do_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, release: tuple[int, int], words: str
) -> None:
    refuse(monkeypatch, words)
    with pytest.raises(SystemExit, match=words):
        lanes._smoke(release, PYTHON).run()


def test_the_candidate_alone_is_taken_before_it_is_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(environment, "_made", lambda _folder, _python, core, _files: asked.append(core))
    for release in (CANDIDATE, (2, 21)):
        environment.lane(release, PYTHON)
    assert asked == [f"ansible-core~={environment.label(CANDIDATE)}.0b1", "ansible-core~=2.21.0"]


def loops() -> set[str]:
    """The busy loops of this process that run."""
    here = pathlib.Path(f"/proc/self/task/{pathlib.Path('/proc/thread-self').readlink().name}/children")
    found = set()
    for process in here.read_text().split():
        line = pathlib.Path(f"/proc/{process}/cmdline").read_bytes()
        found |= {process} if load.BUSY.encode() in line else set()
    return found


def test_the_loops_end_with_what_they_were_for() -> None:
    def fail() -> None:
        until(lambda: len(loops()) == 2, "two loops")
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"), load.busy(2):
        fail()
    assert loops() == set()


def test_rounds_are_counted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    results = iter([Outcome(passed=3), Outcome(passed=2, failed=1), Outcome()])
    asked: list[tuple[str, ...]] = []

    def of_pytest(_name: str, _where: Environment, *arguments: str) -> Outcome:
        asked.append(arguments)
        return next(results)

    for place, name in (
        (load.packages, "require"),
        (load.packages, "require_odbc"),
        (load.environment, "development"),
        (load.collection, "install"),
    ):
        monkeypatch.setattr(place, name, lambda *dummy: None)
    monkeypatch.setattr(load.outcome, "of_pytest", of_pytest)
    monkeypatch.setattr(load.signal, "signal", lambda *dummy: None)
    monkeypatch.setattr(sys, "argv", ["load.py", "--rounds", "3", "--loops", "0", "tests/unit"])
    assert load.main() == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 2 failed"
    assert all(arguments[:3] == ("tests/unit", "-m", "timing") for arguments in asked)
