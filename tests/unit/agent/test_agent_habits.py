# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Windows does by habit: names that are held for a moment, times that move by themselves, owners by policy."""

from __future__ import annotations

import typing as t

import pytest

ANTIVIRUS = {"antivirus_ms": 200}
SLOW_DELETIONS = {"pending_ms": 700, "pending_one_in": 1}


def code(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


def damage(host: t.Any) -> None:
    """Change a tree in every way that a mirroring restore puts right."""
    host.file("a.txt", "damaged")
    host.file("folder/b.txt").unlink()
    host.file("new/deep/c.txt", "not in the part")


@pytest.fixture
def saved(host: t.Any) -> t.Any:
    """A host whose source is in a part."""
    host.write(a="1", folder__b="2", folder__deep__c="3")
    assert code(host.backup()) == "none"
    return host


@pytest.mark.parametrize("habits", [ANTIVIRUS, SLOW_DELETIONS, {**ANTIVIRUS, **SLOW_DELETIONS}])
def test_a_restore_waits_for_names_that_are_held_for_a_moment(saved: t.Any, habits: dict[str, int]) -> None:
    before = saved.picture(saved.source)
    damage(saved)
    saved.habits = habits
    answer = saved.restore(policy="mirror")
    assert (code(answer), answer["warnings"]) == ("none", [])
    assert saved.picture(saved.source) == before


def test_a_backup_waits_for_an_antivirus(host: t.Any) -> None:
    host.write(a="1", folder__b="2")
    host.habits = ANTIVIRUS
    assert code(host.backup()) == "none"
    assert host.call("verify")["state"] == "verified"


def test_without_patience_it_would_have_failed(saved: t.Any) -> None:
    saved.habits, saved.patience = ANTIVIRUS, 0
    damage(saved)
    answer = saved.restore(policy="mirror")
    assert code(answer) == "write_failed"
    assert answer["error"]["cause"].endswith("(32)")
