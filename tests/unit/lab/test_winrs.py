# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoint as pywinrm, unmodified, sees it."""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
import winrm
import xmltodict
from winrm.exceptions import InvalidCredentialsError, WinRMOperationTimeoutError, WSManFaultError

from lab import wsman
from lab.fleet import Host
from lab.server import Handler
from lab.waiting import HANG, until


def run(client: winrm.Protocol, line: str, stdin: bytes | None = None) -> tuple[str, str, int]:
    """Do what Ansible's winrm plugin does for one task: six requests with stdin, five without."""
    shell = client.open_shell(codepage=65001)
    command = client.run_command(shell, line, console_mode_stdin=stdin is None)
    if stdin is not None:
        client.send_command_input(shell, command, stdin, end=True)
    stdout, stderr, code = client.get_command_output(shell, command)
    client.cleanup_command(shell, command)
    client.close_shell(shell, close_session=False)
    return stdout.decode(), stderr.decode(), code


def gone(pid: int) -> bool:
    """Whether a process is no more."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def started(file: pathlib.Path) -> int:
    """Wait for the process id that a command writes."""
    return int(until(lambda: file.exists() and file.read_text().strip(), "the start of the command"))


def test_streams_and_exit_code_come_back(served) -> None:
    assert run(served.client(), "cat; echo oops >&2; exit 7", b"line \xc3\xbc\n") == ("line ü\n", "oops\n", 7)


def test_command_and_arguments_are_one_line(served) -> None:
    client = served.client()
    shell = client.open_shell()
    command = client.run_command(shell, "echo", ["a  b", "'c  d'"])
    assert client.get_command_output(shell, command)[0] == b"a b c  d\n"


def test_stdin_in_pieces_starts_the_command_with_the_last(served) -> None:
    client = served.client()
    shell = client.open_shell()
    command = client.run_command(shell, "cat", console_mode_stdin=False)
    client.send_command_input(shell, command, b"one ", end=False)
    impatient = served.client(timeout=1)
    with pytest.raises(WinRMOperationTimeoutError):
        impatient.get_command_output_raw(shell, command)
    client.send_command_input(shell, command, b"two", end=True)
    assert client.get_command_output(shell, command)[0] == b"one two"


@pytest.mark.parametrize("size", [99_999, 100_000, 100_001, 350_000])
def test_long_output_is_cut_below_the_envelope_that_clients_take(served, size: int) -> None:
    stdout, stderr, code = run(served.client(), f"head -c {size} /dev/zero | tr '\\0' x; printf yy >&2; exit 3")
    assert (len(stdout), stderr, code) == (size, "yy", 3)
    assert max(entry.answer_bytes for entry in served.recorder.entries(action="Receive")) < 153_600


@pytest.mark.timing
def test_receive_waits_for_the_operation_timeout_then_asks_to_come_again(served) -> None:
    began = time.monotonic()
    assert run(served.client(timeout=1), "sleep 1.5; echo done")[0] == "done\n"
    assert 1.5 <= time.monotonic() - began < HANG
    *waited, last = [entry.status for entry in served.recorder.entries(action="Receive")]
    assert (set(waited), last) == ({500}, 200)


def test_one_task_is_six_requests(served) -> None:
    run(served.client("h07"), "cat", b"x")
    entries = served.recorder.entries(host="h07")
    assert [e.action for e in entries] == ["Create", "Command", "Send", "Receive", "Signal", "Delete"]
    assert all(e.request_bytes > 1000 and e.answer_bytes > 300 and e.status == 200 for e in entries)
    served.recorder.clear()
    assert served.recorder.entries() == []


def test_requests_are_on_disk_too(served, tmp_path: pathlib.Path) -> None:
    run(served.client("h03"), "true")
    lines = [json.loads(line) for line in (tmp_path / "requests.jsonl").read_text().splitlines()]
    assert [line["action"] for line in lines] == ["Create", "Command", "Receive", "Signal", "Delete"]
    assert {line["host"] for line in lines} == {"h03"}


def test_fifty_hosts_at_once(served) -> None:
    def task(name: str) -> tuple[str, str, int]:
        return run(served.client(name), "cat; echo $LAB_HOST", b"for ")

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        results = list(pool.map(task, served.hosts))
    assert results == [(f"for {name}\n", "", 0) for name in served.hosts]
    assert len(served.recorder.entries()) == 300


def test_a_wrong_password_is_refused(served) -> None:
    client = winrm.Protocol(served.url, transport="basic", username="h00", password="wrong", proxy=None)
    with pytest.raises(InvalidCredentialsError):
        client.open_shell()


def test_the_password_of_another_host_is_refused(served) -> None:
    password = served.hosts["h01"].password
    client = winrm.Protocol(served.url, transport="basic", username="h00", password=password, proxy=None)
    with pytest.raises(InvalidCredentialsError):
        client.open_shell()


def test_a_shell_belongs_to_its_host(served) -> None:
    shell = served.client("h00").open_shell()
    with pytest.raises(WSManFaultError) as caught:
        served.client("h01").run_command(shell, "true")
    assert caught.value.wsman_fault_code == wsman.SHELL_NOT_FOUND_CODE


def test_an_unknown_resource_is_refused(served) -> None:
    client = served.client()
    header = client.build_wsman_header(action="http://x/Create", resource_uri="http://x/powershell/X")
    with pytest.raises(WSManFaultError, match="powershell/X"):
        client.send_message(xmltodict.unparse({"env:Envelope": {**header, "env:Body": {}}}))


@pytest.mark.timing
@pytest.mark.parametrize("ending", ["signal", "delete"])
def test_signal_and_delete_end_the_whole_process_group(served, tmp_path: pathlib.Path, ending: str) -> None:
    client = served.client()
    shell = client.open_shell()
    command = client.run_command(shell, f"sleep 600 & echo $! >{tmp_path}/pid; wait")
    grandchild = started(tmp_path / "pid")
    if ending == "signal":
        client.cleanup_command(shell, command)
    else:
        client.close_shell(shell)
    until(lambda: gone(grandchild), "the end of the grandchild")


@pytest.mark.timing
def test_a_command_outlives_a_killed_client(served, tmp_path: pathlib.Path) -> None:
    line = f"echo $$ >{tmp_path}/pid; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; echo over >{tmp_path}/end"
    script = f"""
import winrm
p = winrm.Protocol({served.url!r}, "basic", "h00", {served.hosts["h00"].password!r}, proxy=None)
s = p.open_shell()
p.get_command_output(s, p.run_command(s, {line!r}))
"""
    client = subprocess.Popen([sys.executable, "-c", script])
    started(tmp_path / "pid")
    client.send_signal(signal.SIGKILL)
    client.wait()
    (tmp_path / "go").touch()
    until((tmp_path / "end").exists, "the command's end, which died with its client,")
    assert run(served.client(), "echo fine")[0] == "fine\n"


def test_a_line_that_cmd_would_not_take_is_refused(served) -> None:
    assert run(served.client(), "true " + "x" * 8_186)[2] == 0
    assert run(served.client(), "true " + "x" * 8_187)[1:] == ("The command line is too long.\r\n", 1)


@pytest.mark.timing
def test_a_background_program_that_keeps_the_streams_does_not_delay_the_end(served, tmp_path: pathlib.Path) -> None:
    began = time.monotonic()
    assert run(served.client(), f"sleep 600 & echo $! >{tmp_path}/pid; echo out")[0] == "out\n"
    assert time.monotonic() - began < HANG
    os.kill(started(tmp_path / "pid"), signal.SIGKILL)


def test_interceptors_may_replace_an_answer(served) -> None:
    def refuse_commands(host: Host, request: wsman.Request, proceed: Handler) -> wsman.Reply:
        return wsman.fault(request, "quota", code=5) if request.action == "Command" else proceed(host, request)

    served.endpoint.interceptors.append(refuse_commands)
    with pytest.raises(WSManFaultError, match="quota"):
        run(served.client(), "true")
    assert [entry.status for entry in served.recorder.entries()] == [200, 500]


def test_a_connection_is_kept_and_each_answer_comes_in_one_piece(served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.endpoint.port, timeout=60)
    sockets = set()
    for dummy in range(2):
        connection.request("POST", "/wsman", b"")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (401, b"")
        sockets.add(id(connection.sock))
    assert len(sockets) == 1
    assert connection.sock is not None
    connection.sock.sendall(b"POST /wsman HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    assert connection.sock.recv(65536).endswith(b"\r\n\r\n")
    connection.close()
