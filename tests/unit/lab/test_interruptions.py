# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Broken connections, refusals, delays and kills, as pywinrm, unmodified, sees them."""

from __future__ import annotations

import pathlib
import time

import pytest
import requests
from unit.lab.test_winrs import run
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError

from lab.interruptions import Interruption, delay, drop, drop_answer, kill, refuse
from lab.waiting import HANG, until


def actions(served) -> list[str]:
    return [entry.action for entry in served.recorder.entries()]


@pytest.mark.timing
@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_nth_receive_is_dropped(served, tmp_path: pathlib.Path, number: int) -> None:
    interruption = Interruption(drop, action="Receive", requests=[number])
    served.endpoint.interceptors.append(interruption)
    client = served.client(timeout=1)
    shell = client.open_shell()
    command = client.run_command(shell, f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; echo over")
    with pytest.raises(requests.ConnectionError, match="Connection aborted"):
        client.get_command_output(shell, command)
    assert interruption.done == 1
    assert actions(served).count("Receive") == number - 1
    (tmp_path / "go").touch()
    assert client.get_command_output(shell, command)[0] == b"over\n", "the command has run on"


@pytest.mark.timing
def test_an_answer_is_lost_after_the_deed(served, tmp_path) -> None:
    served.endpoint.interceptors.append(Interruption(drop_answer, action="Command", requests=[1]))
    client = served.client()
    shell = client.open_shell()
    with pytest.raises(requests.ConnectionError):
        client.run_command(shell, f"touch {tmp_path}/done")
    until((tmp_path / "done").exists, "what the command makes")


@pytest.mark.parametrize(("status", "error"), [(401, InvalidCredentialsError), (500, WinRMTransportError)])
def test_a_request_is_refused(served, status: int, error: type[Exception]) -> None:
    served.endpoint.interceptors.append(Interruption(refuse(status), action="Command"))
    client = served.client()
    shell = client.open_shell()
    with pytest.raises(error):
        client.run_command(shell, "true")


@pytest.mark.parametrize("status", [401, 500])
def test_an_encrypted_request_is_refused(served, status: int) -> None:
    """After 401, requests_ntlm makes a new key and sends the message again that the old one has encrypted."""
    interruption = Interruption(refuse(status), action="Command", requests=[1])
    served.endpoint.interceptors.append(interruption)
    client = served.client(transport="ntlm", message_encryption="always")
    shell = client.open_shell()
    with pytest.raises(WinRMTransportError, match="500"):
        client.run_command(shell, "true")
    assert interruption.done == 1


def test_only_the_named_host_is_hit(served) -> None:
    served.endpoint.interceptors.append(Interruption(refuse(500), host="h01"))
    assert run(served.client("h00"), "echo fine")[0] == "fine\n"
    with pytest.raises(WinRMTransportError):
        run(served.client("h01"), "echo fine")


def test_a_delay_is_only_a_delay(served) -> None:
    served.endpoint.interceptors.append(Interruption(delay(0.5), action="Receive"))
    began = time.monotonic()
    assert run(served.client(), "echo late")[0] == "late\n"
    assert time.monotonic() - began >= 0.5


@pytest.mark.timing
def test_what_runs_is_killed(served, tmp_path) -> None:
    served.endpoint.interceptors.append(Interruption(kill(served.winrs.kill), action="Receive", requests=[2]))
    client = served.client(timeout=1)
    began = time.monotonic()
    assert run(client, "echo started; sleep 600") == ("", "", 1)
    assert time.monotonic() - began < HANG
