# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A few backups, restores and killed restores on a host with Windows' habits; faults/kill_agent.py runs many more."""

from __future__ import annotations

import pathlib

import pytest
from faults import fuzz_parts, kill_agent
from unit.agent.win32_session import NEEDS_MONO, lacks

from lab import habits
from lab.streams import keeps_streams

pytestmark = pytest.mark.skipif(lacks("mcs", "mono"), reason=NEEDS_MONO)


@pytest.mark.timing
def test_backups_restores_and_killed_restores_with_all_habits_of_windows(tmp_path: pathlib.Path) -> None:
    if not keeps_streams(tmp_path):
        pytest.skip("needs a disk with extended attributes")
    shorter = {**habits.ALL, "pending_ms": 500}  # for all 5 s it takes minutes
    place = kill_agent.mono_place(fuzz_parts.compile_agent(tmp_path), tmp_path / "host", shorter)
    assert kill_agent.undisturbed(place, "backup", 1, seed=1) > 0
    assert kill_agent.undisturbed(place, "restore", 1, seed=1) > 0
    met = kill_agent.kills(place, "restore", 3, seed=1)
    assert sum(met.values()) - met["milliseconds undisturbed"] == 2
