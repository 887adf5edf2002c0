# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user reads when the connection or the agent fails, by the unmodified winrm plugin, and what it means."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from integration.controller import Controller

from lab.interruptions import Interruption, delay, drop, drop_answer, kill, refuse
from lab.lab import Lab
from lab.server import Interceptor


def looked_at(lab: Lab, folder: pathlib.Path, interruption: Interruption) -> dict[str, t.Any]:
    """Look at the server once, with an interruption, and give the module's result."""
    lab.interceptors.append(interruption)
    try:
        result = Controller(lab, folder).module("web01", "groupid_info", {"measure": False})
    finally:
        lab.interceptors.remove(interruption)
    assert interruption.done
    return result


@pytest.mark.parametrize(
    ("act", "action", "cause"),
    [
        (drop, "Receive", "Connection aborted"),
        (drop_answer, "Command", "Connection aborted"),
        (refuse(401), "Receive", "the specified credentials were rejected by the server"),
        (refuse(500), "Receive", "Bad HTTP response returned from server. Code 500"),
    ],
    ids=["drop", "drop_answer", "401", "500"],
)
def test_later_than_the_start_it_is_a_failure_that_warns(
    one_server: Lab, tmp_path: pathlib.Path, act: Interceptor, action: str, cause: str
) -> None:
    result = looked_at(one_server, tmp_path, Interruption(act, action=action))
    assert (result["failed"], result.get("unreachable", False)) == (True, False)
    assert result["error"]["code"] == "connection_lost"
    assert cause in result["error"]["cause"]
    assert "may still be running" in result["msg"]


@pytest.mark.parametrize("act", [drop, refuse(500)], ids=["drop", "500"])
def test_before_there_is_a_shell_the_host_is_unreachable(
    one_server: Lab, tmp_path: pathlib.Path, act: Interceptor
) -> None:
    assert looked_at(one_server, tmp_path, Interruption(act, action="Create"))["unreachable"] is True


def test_an_agent_that_was_killed_gives_no_answer(one_server: Lab, tmp_path: pathlib.Path) -> None:
    result = looked_at(one_server, tmp_path, Interruption(kill(one_server.kill), action="Receive"))
    assert result["failed"]
    assert result["error"]["code"] == "no_answer"


def test_a_slow_network_is_only_slow(one_server: Lab, tmp_path: pathlib.Path) -> None:
    result = looked_at(one_server, tmp_path, Interruption(delay(1.0)))
    assert not result["failed"], result
