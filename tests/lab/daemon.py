# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab in the background: started, found again by its state file, and stopped with everything that it runs."""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

from lab.lab import Lab, LabError

STATE_FILE = "state.json"
LOG_FILE = "lab.log"
_START_SECONDS = 120.0
_STOP_SECONDS = 120.0


def serve(root: pathlib.Path, port: int) -> None:
    """Serve a prepared lab until SIGTERM or SIGINT comes."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with Lab(root, port=port) as lab:
        state = {"pid": os.getpid(), "born": _born(os.getpid()), "port": lab.port}
        if lab.sql:
            state["sql_port"] = lab.sql.port
        if lab.directory:
            state["ldap_port"] = lab.directory.port
            state["ldaps_port"] = lab.directory.ldaps_port
        fresh = root / f"{STATE_FILE}.new"
        fresh.write_text(json.dumps(state), encoding="utf-8")
        fresh.replace(root / STATE_FILE)
        ended.wait()
    (root / STATE_FILE).unlink(missing_ok=True)


def start(root: pathlib.Path, port: int) -> int:
    """Start a server for a prepared lab, wait until it answers, and give its port. Raises LabError."""
    command = [sys.executable, "-m", "lab", "serve", "--root", str(root), "--port", str(port)]
    environment = os.environ | {"PYTHONPATH": str(pathlib.Path(__file__).resolve().parents[1])}
    with (root / LOG_FILE).open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LabError(f"The lab ended at once: {_last_line(root)}. All of it: {root / LOG_FILE}")
        found = running(root)
        if found is not None and _answers(found):
            return found
        time.sleep(0.05)
    process.terminate()
    raise LabError(f"The lab did not answer within {_START_SECONDS:.0f} s. Its log: {root / LOG_FILE}")


def running(root: pathlib.Path) -> int | None:
    """Return the port of the lab that runs on this folder."""
    state = _state(root)
    return None if state is None else int(state["port"])


def port_of(root: pathlib.Path, service: str) -> int:
    """Return a port of the running lab, ``sql``, ``ldap`` or ``ldaps``; 0 when it has none."""
    return int((_state(root) or {}).get(f"{service}_port", 0))


def stop(root: pathlib.Path) -> bool:
    """End the lab on this folder with everything it runs; False when none runs. Raises LabError."""
    state = _state(root)
    if state is None:
        return False
    pid = int(state["pid"])
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _state(root) is not None or _born(pid) == state["born"]:
        if time.monotonic() > deadline:
            raise LabError(f"The lab (process {pid}) did not end within {_STOP_SECONDS:.0f} s.")
        time.sleep(0.05)
    return True


def _state(root: pathlib.Path) -> dict[str, int | str] | None:
    """Read the state, unless its process is gone or another one has its number."""
    try:
        state: dict[str, int | str] = json.loads((root / STATE_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return state if _born(int(state["pid"])) == state["born"] else None


def _born(pid: int) -> str:
    """Return when a process started, in clock ticks since boot; empty when it is no more."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    fields = stat.rpartition(")")[2].split()
    # A process is no zombie as a whole while another thread of it still ends.
    return "" if fields[0] == "Z" and int(fields[17]) <= 1 else fields[19]


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/wsman")
        return connection.getresponse().status == http.HTTPStatus.UNAUTHORIZED
    except OSError:
        return False
    finally:
        connection.close()


def _last_line(root: pathlib.Path) -> str:
    lines = (root / LOG_FILE).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
