# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of a meeting wait for each other, and for nobody who is gone."""

from __future__ import annotations

import collections.abc as c
import multiprocessing
import os
import pathlib
import signal

import pytest

from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.rendezvous import (
    HERE,
    Heard,
    Rendezvous,
    folder_of,
)
from lab.waiting import HANG

MEMBERS = ["web01", "web02/odd name"]


@pytest.fixture
def meet(tmp_path: pathlib.Path) -> c.Callable[[str], Rendezvous]:
    def arrived(host: str) -> Rendezvous:
        made = Rendezvous(tmp_path / "meeting", host, MEMBERS, HANG)
        made.arrive()
        return made

    return arrived


def test_all_have_come(meet: c.Callable[[str], Rendezvous]) -> None:
    one, other = map(meet, MEMBERS)
    assert one.wait(HERE).complete
    assert other.wait(HERE).complete
    assert one.wait("stopped", 0.0) == Heard(late=("web01", "web02/odd name"))
    one.tell("stopped")
    assert one.wait("stopped", 0.0) == Heard(late=("web02/odd name",))
    other.tell("stopped")
    assert one.wait("stopped").complete


def test_the_first_failure_ends_the_wait_and_what_was_told_first_counts(meet: c.Callable[[str], Rendezvous]) -> None:
    one, other = map(meet, MEMBERS)
    other.tell("stopped", failed=True)
    other.tell("stopped")
    assert one.wait("stopped") == Heard(failed="web02/odd name")
    one.tell("stopped")
    assert one.wait("stopped", failures=False).complete


def test_nobody_waits_for_a_member_that_has_left(meet: c.Callable[[str], Rendezvous]) -> None:
    one, other = map(meet, MEMBERS)
    one.tell("shared")
    other.leave()
    other.leave()
    assert one.wait("shared") == Heard(gone=("web02/odd name",))
    assert one.wait("shared", failures=False) == Heard(gone=("web02/odd name",))


def _stay(folder: pathlib.Path, host: str) -> None:
    Rendezvous(folder, host, MEMBERS, HANG).arrive()
    signal.pause()


def test_a_member_whose_process_was_killed_is_gone(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "meeting"
    process = multiprocessing.get_context("fork").Process(target=_stay, args=(folder, MEMBERS[1]), daemon=True)
    process.start()
    one = Rendezvous(folder, MEMBERS[0], MEMBERS, HANG)
    one.arrive()
    assert one.wait(HERE).complete
    one.tell("stopped")
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    # Nobody has asked for its end yet, as Ansible does not for a while.
    assert one.wait("stopped") == Heard(gone=(MEMBERS[1],))
    process.join(HANG)


def test_one_that_has_not_come_yet_is_late_and_not_gone(meet: c.Callable[[str], Rendezvous]) -> None:
    one = meet(MEMBERS[0])
    assert one.wait(HERE, 0.0) == Heard(late=(MEMBERS[1],))


def test_a_meeting_is_of_one_run_of_one_process() -> None:
    assert folder_of("r1 hq") == folder_of("r1 hq") != folder_of("r2 hq")
