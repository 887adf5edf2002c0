# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerShell's own remoting server behind the endpoint, as pypsrp, unmodified, sees it."""

from __future__ import annotations

import collections.abc as c
import pathlib
import shutil
import subprocess
import time
import uuid

import pytest
from pypsrp.exceptions import WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from lab import fleet, psrp, wsman
from lab.fleet import Host
from lab.recorder import Recorder
from lab.server import Endpoint
from lab.waiting import HANG, until

needs_pwsh = pytest.mark.skipif(shutil.which("pwsh") is None, reason="no PowerShell (pwsh) on PATH")


class Served:
    """An endpoint of one host with remoting and one without; ``started`` has every server's process."""

    def __init__(self, folder: pathlib.Path, command: list[str]) -> None:
        self.hosts = {
            name: fleet.make_host(name, "10.0", "hq", number=0, runner=runner)
            for name, runner in (("ps01", "wine"), ("ps02", "wine"), ("bare", "mono"))
        }
        self.started: list[subprocess.Popen[bytes]] = []
        self._command = command
        self.recorder = Recorder(folder / "requests.jsonl")
        self.remoting = psrp.Remoting(self._start)
        self.endpoint = Endpoint(self.hosts.values(), {psrp.RESOURCE: self.remoting.handle}, [self.recorder])

    def _start(self, host: Host) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        self.started.append(subprocess.Popen(self._command, stdin=pipe, stdout=pipe, start_new_session=True))
        return self.started[-1]

    def client(self, name: str = "ps01") -> WSMan:
        host = self.hosts[name]
        return WSMan(
            "127.0.0.1",
            port=self.endpoint.port,
            ssl=False,
            username=host.user,
            password=host.password,
            auth="ntlm",
            encryption="always",
            no_proxy=True,
        )


def serve(folder: pathlib.Path, *command: str) -> c.Iterator[Served]:
    served = Served(folder, list(command))
    served.endpoint.start()
    yield served
    served.endpoint.stop()
    served.remoting.close()
    assert all(process.poll() is not None for process in served.started)


@pytest.fixture
def real(tmp_path: pathlib.Path) -> c.Iterator[Served]:
    """With a real PowerShell."""
    yield from serve(tmp_path, "pwsh", "-s")


@pytest.fixture
def silent(tmp_path: pathlib.Path) -> c.Iterator[Served]:
    """With a server that takes data for the session and says nothing."""
    taken = f"<DataAck PSGuid='{uuid.UUID(int=0)}' />"
    yield from serve(tmp_path, "sh", "-c", f'while read line; do echo "{taken}"; done')


@pytest.fixture
def ending(tmp_path: pathlib.Path) -> c.Iterator[Served]:
    """With a server that ends after the first words that it has taken."""
    taken = f"<DataAck PSGuid='{uuid.UUID(int=0)}' />"
    yield from serve(tmp_path, "sh", "-c", f'read line; echo "{taken}"; sleep 0.3')


def run(pool: RunspacePool, script: str, *lines: str) -> tuple[list[str], list[str]]:
    """Run a script with some input and give its output and its errors."""
    shell = PowerShell(pool).add_script(script)
    output = shell.invoke(input=list(lines) or None)
    return [str(item) for item in output], [str(error) for error in shell.streams.error]


@needs_pwsh
def test_scripts_run_one_after_the_other_in_one_runspace(real: Served) -> None:
    with real.client() as client, RunspacePool(client) as pool:
        assert run(pool, "$seen = 'kept'; @($input) -join '+'", "one", "zw\u00f6lf") == (["one+zw\u00f6lf"], [])
        output, errors = run(pool, "$seen; [int]'no number'")
        assert output == ["kept"]
        assert ["no number" in error for error in errors] == [True]
        size = 300_000
        assert [len(text) for text in run(pool, f"'x' * {size}")[0]] == [size]
    assert len(real.started) == 1
    assert max(entry.answer_bytes for entry in real.recorder.entries(action="Receive")) < 153_600


@needs_pwsh
def test_a_long_script_is_waited_for(real: Served) -> None:
    with real.client() as client, RunspacePool(client) as pool:
        client.operation_timeout = 1
        assert run(pool, "[Threading.Thread]::Sleep(2500); 'over'") == (["over"], [])
    assert 500 in [entry.status for entry in real.recorder.entries(action="Receive")]


@pytest.mark.timing
@needs_pwsh
def test_delete_ends_the_server(real: Served) -> None:
    with real.client() as client:
        pool = RunspacePool(client)
        pool.open()
        assert real.started[0].poll() is None
        pool.close()
    until(lambda: real.started[0].poll() is not None, "the end of the server")


@needs_pwsh
def test_a_killed_server_is_a_fault(real: Served) -> None:
    with real.client() as client:
        pool = RunspacePool(client)
        pool.open()
        real.remoting.kill(real.hosts["ps01"])
        with pytest.raises(WSManFaultError, match="PowerShell has ended"):
            run(pool, "'never'")


@pytest.mark.timing
def test_a_server_that_says_nothing_times_out(silent: Served) -> None:
    began = time.monotonic()
    request = _request("Receive", timeout=0.3, shell=_created(silent))
    assert b"2150858793" in silent.remoting.handle(silent.hosts["ps01"], request).body
    assert 0.3 <= time.monotonic() - began < HANG


def test_a_session_belongs_to_its_host(silent: Served) -> None:
    request = _request("Receive", timeout=0.3, shell=_created(silent))
    assert b"was not found" in silent.remoting.handle(silent.hosts["ps02"], request).body


def test_a_server_that_ended_is_a_fault(ending: Served) -> None:
    request = _request("Receive", timeout=20, shell=_created(ending))
    assert b"PowerShell has ended" in ending.remoting.handle(ending.hosts["ps01"], request).body


def test_a_host_without_powershell_says_so(silent: Served) -> None:
    with silent.client("bare") as client, pytest.raises(WSManFaultError, match="bare has no PowerShell"):
        RunspacePool(client).open()
    assert silent.started == []


def _created(served: Served) -> str:
    """Open a session past HTTP, and give its id."""
    shell_id = "11111111-2222-3333-4444-555555555555"
    creation = '<creationXml xmlns="http://schemas.microsoft.com/powershell">AAAA</creationXml>'
    body = f'<rsp:Shell ShellId="{shell_id}">{creation}</rsp:Shell>'
    assert served.remoting.handle(served.hosts["ps01"], _request("Create", body=body)).status == 200
    return shell_id


def _request(action: str, *, body: str = "", timeout: float = 1, shell: str = "") -> wsman.Request:
    selector = f'<w:SelectorSet><w:Selector Name="ShellId">{shell}</w:Selector></w:SelectorSet>' if shell else ""
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in wsman.NAMESPACES.items())
    return wsman.parse(
        f"<s:Envelope {spaces}><s:Header><a:Action>http://x/{action}</a:Action><w:ResourceURI>{psrp.RESOURCE}"
        f"</w:ResourceURI>{selector}<w:OperationTimeout>PT{timeout}S</w:OperationTimeout></s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>".encode()
    )
