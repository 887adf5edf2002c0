# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the work tree under its import name before any test imports it, and deals tests out to pytest-xdist."""

from __future__ import annotations

import pathlib
import typing as t

import collection
import pytest
from hypothesis import HealthCheck, settings

collection.link()

# How long an example takes depends on what else the machine does.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

ONE_HOST = {
    "test_lab_wine": "wine",
    "test_many_servers": "many servers",
    "test_mistakes": "mistakes",
    "test_network": "shares",
    "test_one_point": "one point",
    "test_quiesce_faults": "quiesce faults",
    "test_transports": "wine",
    "test_two_deployments": "two deployments",
    "test_wine_rehearsal": "wine",
    "test_wine_round_trip": "wine",
    "test_agent_faithful_windows": "faithful",
    "test_agent_hostile": "hostile",
    "test_agent_network_windows": "network",
    "test_agent_windows": "agent",
    "test_rehearsal_windows": "rehearsal",
    "test_win32_files": "files",
    "test_win32_security": "security",
}
"""Files of tests that share a lab, or a host on Wine, which takes long to come up: those of one go to one worker."""


SLOW = frozenset(pathlib.Path(__file__).with_name("slow_tests.txt").read_text(encoding="utf-8").split())
"""Functions of tests that take half a second or more, as `python3 tests/tools/slow_tests.py` has measured them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow ones."""
    for item in items:
        if item.nodeid.partition("[")[0] in SLOW:
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: t.Any) -> t.Any:
    """Return every other test to the worker that is free; the largest groups come first."""
    from xdist.scheduler import LoadScopeScheduling

    class ByHost(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return ONE_HOST.get(pathlib.PurePosixPath(nodeid.partition("::")[0]).stem, nodeid)

    return ByHost(config, log)
