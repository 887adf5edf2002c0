# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty servers: what all of them have in common is reported once, and the closing report stays short.

What is counted as a line of a report, and what as Ansible's own, stands in screen_lines.py.
"""

from __future__ import annotations

import collections.abc as c
import re
import typing as t

import pytest
from integration.controller import Controller, Run
from integration.screen_lines import to_read

from lab import inventory
from lab.fleet import Fleet, make_host
from lab.lab import Lab, discard, prepare

COUNT = 20
WIDTH = 80
SCREEN = 25
FORKS = ("--forks", "20")


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Controller]:
    """A controller of one deployment of many servers, each with few files."""
    folder = tmp_path_factory.mktemp("many-servers")
    hosts = tuple(make_host(f"web{number:02}", "10.0", "hq", number=number) for number in range(1, COUNT + 1))
    prepare(folder / "lab", Fleet(hosts, scale="small"))
    (folder / "controller").mkdir()
    with Lab(folder / "lab") as lab:
        yield Controller(lab, folder / "controller")
    discard(folder / "lab")


def everywhere(**variables: str) -> c.Callable[[dict[str, t.Any]], None]:
    """Set variables of every server."""

    def edit(document: dict[str, t.Any]) -> None:
        group = document["all"]["children"]["groupid"]["children"]["deployment_hq"]
        for host in group["hosts"].values():
            host.update(variables)

    return edit


def refused(run: Run, says: str) -> None:
    """Assert that a fault was reported once, with all the servers that have it, on one screen."""
    run.failed("FAILED in preflight: web[01:20]", says)
    left = to_read(run.output)
    assert len(left) <= SCREEN, "\n".join(left)
    assert sum(says in line for line in left) == 1, "\n".join(left)


def test_a_root_that_nobody_may_use_is_reported_once(controller: Controller) -> None:
    lab = controller.lab
    for host in lab.fleet.hosts:
        lab.path(host.name, inventory.LOCAL_ROOT).mkdir()
        lab.faults[host.name] = {"denied": ["*/D/GroupIDBackups*"]}
    try:
        run = controller.play("backup", *FORKS)
    finally:
        lab.faults.clear()
    refused(run, "The backup root cannot be used")


def test_a_password_that_all_refuse_is_reported_once(controller: Controller) -> None:
    where = controller.write_inventory(edit=everywhere(ansible_password="guessed"), name="faulty.yml")
    refused(controller.play("backup", *FORKS, where=where), "the specified credentials were rejected")


def report(run: Run) -> list[str]:
    """Return the lines that a run that went well printed beside Ansible's own."""
    assert run.code == 0, run.output[-6000:]
    return to_read(run.output)


def check(left: list[str]) -> None:
    """Assert that a report has at most two lines a server, none too wide but those of one path or id."""
    text = "\n".join(left)
    assert len(left) <= 2 * COUNT, text
    wide = [line for line in left if len(line) > WIDTH and not re.fullmatch(r"hq: (?:[\w ]+ )?\S+", line)]
    assert wide == [], "\n".join(wide)
    assert sum(line.startswith("web") for line in left) >= COUNT, text


def test_the_closing_report_of_healthy_servers_is_short(controller: Controller) -> None:
    """Of every kind of run by itself: tests/unit/plugins/module_utils/summary/test_twenty_servers.py."""
    check(report(controller.play("preflight", *FORKS)))
