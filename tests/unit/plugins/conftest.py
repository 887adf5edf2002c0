# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host of every test that runs an action, and what a SQL Server double was sent."""

from __future__ import annotations

import collections.abc as c
import importlib
import types
import typing as t

import pytest
from ansible.parsing.dataloader import DataLoader
from unit.plugins.recorded_host import Host, Outcome, RecordedConnection

from lab.sql import grammar


@pytest.fixture
def host() -> t.Callable[..., Host]:
    """Make a host with an action on it: name of the module, its arguments, recorded outcomes."""

    def make(
        name: str,
        args: dict[str, t.Any],
        *outcomes: Outcome,
        opening: Exception | None = None,
        check_mode: bool = False,
        diff: bool = False,
    ) -> Host:
        connection = RecordedConnection(list(outcomes), opening)
        task = types.SimpleNamespace(
            action=f"identityops.groupid.{name}", args=args, async_val=0, check_mode=check_mode, diff=diff
        )
        action_class = importlib.import_module(
            f"ansible_collections.identityops.groupid.plugins.action.{name}"
        ).ActionModule
        action = action_class(task, connection, connection._play_context, DataLoader(), None, None)
        action._load_name = task.action  # as the plugin loader does
        return Host(connection, action)

    return make


@pytest.fixture(scope="session")
def statements() -> c.Iterator[list[str]]:
    """All that the tests send, which goes through Microsoft's grammar at the end, where that is here."""
    sent: list[str] = []
    yield sent
    assert grammar.complaints(sent) == []
