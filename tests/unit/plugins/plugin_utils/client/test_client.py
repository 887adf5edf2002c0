# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call over a connection: what is sent, and every way it can fail."""

from __future__ import annotations

import base64
import types
import typing as t

import pytest
import requests
import urllib3
import winrm.exceptions
from ansible.errors import AnsibleAuthenticationFailure, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.loader import become_loader, shell_loader
from unit.plugins.recorded_host import Host, Outcome, answer, bootstrap_failure

from ansible_collections.identityops.groupid.plugins.module_utils import retry
from ansible_collections.identityops.groupid.plugins.plugin_utils.client import client as client_module
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.script import bootstrap
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_source

REQUEST = {"operation": "probe", "roots": ["D:\\Backups"]}
ENCODED = base64.b64encode(bootstrap().encode("utf-16-le")).decode()


@pytest.fixture
def probe(host: t.Callable[..., Host]) -> t.Callable[..., Host]:
    def make(*outcomes: Outcome, transport: str = "winrm", **options: t.Any) -> Host:
        made = host("groupid_info", {}, *outcomes, **options)
        made.connection.transport = transport
        return made

    return make


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses; none is waited for."""
    pauses: list[float] = []
    monkeypatch.setattr(client_module, "time", types.SimpleNamespace(sleep=pauses.append))
    return pauses


def failure(probe: Host) -> AgentCallError:
    with pytest.raises(AgentCallError) as caught:
        probe.client.call(REQUEST)
    assert caught.value.failure.what
    assert caught.value.failure.cause
    assert caught.value.failure.next
    return caught.value


@pytest.mark.parametrize(
    ("transport", "command"),
    [
        ("winrm", bootstrap()),
        ("psrp", f"PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand {ENCODED}"),
        ("ssh", f"PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand {ENCODED}"),
    ],
)
def test_one_command_and_one_input(probe: t.Callable[..., Host], transport: str, command: str) -> None:
    made = probe(answer("probe", drives=[]), transport=transport)
    assert made.client.call(REQUEST)["drives"] == []
    assert made.connection.commands == [command]
    assert made.requests == [{"protocol": 1, "check": False, **REQUEST}]
    assert made.sources == [agent_source("probe").text]
    assert made.connection.inputs[0].isascii()


def test_other_shell_is_refused_with_the_variables_to_set(probe: t.Callable[..., Host]) -> None:
    made = probe()
    made.connection._shell = shell_loader.get("sh")
    error = failure(made)
    assert error.failure.code == "not_windows"
    assert "ansible_connection" in str(error)
    assert "ansible_shell_type: powershell" in str(error)


def test_become_is_refused_by_name(probe: t.Callable[..., Host]) -> None:
    made = probe()
    made.connection.set_become_plugin(become_loader.get("runas"))
    made.connection.become.set_options(direct={"become_user": "CORP\\admin"})
    error = failure(made)
    assert error.failure.code == "become"
    assert "method runas, user CORP\\admin" in str(error)
    assert "become: false" in str(error)
    assert made.connection.commands == []


# As Windows PowerShell 5.1 gives it: file, line and text in the language of Windows, and no number of the compiler.
HICCUP = (
    "c:\\Users\\svc\\AppData\\Local\\Temp\\x4lbxjzb.0.cs(1) : Unerwarteter Fehler beim Schreiben der Metadaten -- "
    "Der Prozess kann nicht auf die Datei zugreifen"
)


def test_whatever_keeps_the_agent_from_compiling_is_waited_out(
    probe: t.Callable[..., Host], slept: list[float]
) -> None:
    """Nothing has run then."""
    made = probe(*[bootstrap_failure(HICCUP)] * 5, answer("probe"))
    assert made.client.call(REQUEST)["operation"] == "probe"
    assert slept == list(retry.PAUSES)


def test_what_never_compiles_is_reported_as_not_started(probe: t.Callable[..., Host], slept: list[float]) -> None:
    made = probe(*[bootstrap_failure("Tree.cs(8,3): error CS1002: ; expected")] * 9)
    error = failure(made)
    assert (error.failure.code, len(made.connection.commands)) == ("bootstrap", 1 + len(retry.PAUSES))
    assert "Tree.cs(8,3): error CS1002: ; expected" in str(error)
    assert "not started" in str(error)
    assert "antivirus" in str(error)


def test_what_failed_after_it_was_started_is_not_sent_again(probe: t.Callable[..., Host], slept: list[float]) -> None:
    crash = {**bootstrap_failure("words")}
    crash["stdout"] = crash["stdout"].replace('"bootstrap"', '"agent"')
    made = probe(crash, answer("probe"))
    assert failure(made).failure.code == "no_answer"
    assert (len(made.connection.commands), slept) == (1, [])


LOSSES = [
    AnsibleConnectionFailure("winrm connection error: Read timed out. (read timeout=30)"),
    AnsibleError("winrm send_input failed; \nstdout: \nstderr "),
    requests.ConnectionError("HTTPConnectionPool(host='web01', port=5985): Max retries exceeded"),
    urllib3.exceptions.ProtocolError("Connection aborted."),
    winrm.exceptions.WinRMTransportError("http", 500, "Bad HTTP response returned from server. Code 500"),
    winrm.exceptions.WinRMError("The shell was not found"),
    ConnectionResetError(104, "Connection reset by peer"),
    AnsibleConnectionFailure("Failed to connect to the host via ssh: client_loop: send disconnect: Broken pipe"),
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_connection_lost_later_is_a_failure_that_warns(probe: t.Callable[..., Host], loss: Exception) -> None:
    made = probe(loss, answer("probe"))
    error = failure(made)
    assert error.failure.code == "connection_lost"
    assert str(loss).splitlines()[0] in str(error)
    assert "may still be running" in str(error)
    assert len(made.connection.commands) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        AnsibleConnectionFailure("basic: the specified credentials were rejected by the server"),
        AnsibleAuthenticationFailure("Invalid/incorrect username/password."),
    ],
)
def test_host_that_never_answered_is_unreachable(probe: t.Callable[..., Host], refusal: Exception) -> None:
    made = probe(opening=refusal)
    with pytest.raises(type(refusal)) as caught:
        made.client.call(REQUEST)
    assert caught.value is refusal


@pytest.mark.parametrize(
    "refusal",
    [
        AnsibleConnectionFailure("Failed to connect to the host via ssh: ssh: connect to host web01 port 22: refused"),
        AnsibleConnectionFailure("Failed to connect to the host via ssh: ssh: Could not resolve hostname web01"),
        AnsibleConnectionFailure("Failed to connect to the host via ssh: Host key verification failed."),
        AnsibleAuthenticationFailure("Invalid/incorrect username/password. Skipping remaining 3 retries"),
    ],
)
def test_ssh_that_never_connected_is_unreachable(probe: t.Callable[..., Host], refusal: Exception) -> None:
    with pytest.raises(type(refusal)) as caught:
        probe(refusal, transport="ssh").client.call(REQUEST)
    assert caught.value is refusal


def test_mistake_of_the_program_is_not_taken_for_the_network(probe: t.Callable[..., Host]) -> None:
    with pytest.raises(TypeError, match="a mistake"):
        probe(TypeError("a mistake")).client.call(REQUEST)
