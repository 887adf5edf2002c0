# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped agent in a real PowerShell on Win32, as an ordinary user: what a POSIX host cannot show.

What needs no playbook for that is asked of an agent that is compiled once: tests/unit/agent/test_*_windows.py.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import os
import pathlib
import subprocess
import typing as t

import pytest
import winrm
from integration import sets
from integration.controller import Controller

from ansible_collections.identityops.groupid.plugins.module_utils.products import default_components
from lab import damage, hard_names, inventory, snapshot, wine_host, wsman
from lab.fleet import Host
from lab.lab import Lab
from lab.server import Handler
from lab.waiting import until

pytestmark = pytest.mark.skipif(wine_host.why_not() is not None, reason=f"no host on Wine: {wine_host.why_not()}")

REPORTS = r"C:\ProgramData\Imanami\GroupID 10.0\Reports"
EVERYTHING = {"groupid_exclude_defaults": []}


@pytest.fixture
def controller(wine_lab: Lab, tmp_path: pathlib.Path) -> Controller:
    return Controller(wine_lab, tmp_path)


@pytest.fixture
def reports(wine_lab: Lab) -> pathlib.Path:
    return wine_lab.components("wine01")["reports"]


def components(lab: Lab) -> dict[str, pathlib.Path]:
    return {name: lab.components("wine01")[name] for name in default_components("10.0")}


def put(path: pathlib.Path, content: bytes) -> pathlib.Path:
    """Write a file that belongs to the host's user."""
    owner = path.parent.stat()
    path.write_bytes(content)
    os.utime(path, ns=(0, path.stat().st_mtime_ns // 100 * 100))  # Windows' resolution
    os.chown(path, owner.st_uid, owner.st_gid)
    return path


def attributes(lab: Lab, path: str, change: str = "") -> str:
    """Change and tell the attributes of a file, by the host's own attrib.exe."""
    with program(lab, f'attrib {change} "{path}" & attrib "{path}"') as line:
        return line().partition(path)[0].strip()


@contextlib.contextmanager
def program(lab: Lab, line: str) -> c.Iterator[c.Callable[[], str]]:
    """Run a command line on the host; what is yielded waits for its end and gives what it printed."""
    host = lab.host("wine01")
    client = winrm.Protocol(f"http://127.0.0.1:{lab.port}/wsman", "basic", host.user, host.password, proxy=None)
    shell = client.open_shell(codepage=65001)
    number = client.run_command(shell, line)
    try:
        yield lambda: str(client.get_command_output(shell, number)[0], "utf-8")
    finally:
        client.cleanup_command(shell, number)
        client.close_shell(shell)


@contextlib.contextmanager
def held(lab: Lab, path: str, tmp_path: pathlib.Path) -> c.Iterator[None]:
    """Keep a file open, shared with nobody, by a program of the host, until the end of the block."""
    here, there = lab.path("wine01", r"C:\users\Public"), r"C:\users\Public"
    for name in ("held", "release"):
        (here / name).unlink(missing_ok=True)
    script = (
        f"$f = [IO.File]::Open('{path}', 'Open', 'ReadWrite', 'None'); [IO.File]::Create('{there}\\held').Dispose();"
        f" while (-not [IO.File]::Exists('{there}\\release')) {{ [Threading.Thread]::Sleep(50) }}; $f.Dispose()"
    )
    with program(lab, f'powershell -NoProfile -NonInteractive -Command "{script}"') as line:
        until((here / "held").exists, "the program that holds the file")
        try:
            yield
        finally:
            (here / "release").touch()
            line()


def restore(controller: Controller, set_id: str, **extra: t.Any) -> None:
    wanted = {"groupid_set_id": set_id, "groupid_restore_confirm": set_id, "groupid_restore_policy": "mirror"}
    controller.play("restore", extra={**wanted, **extra}).succeeded()


def sealed_set(controller: Controller, lab: Lab, **extra: t.Any) -> str:
    """Back the host up by the playbook, and give the new sealed set."""
    root = lab.path("wine01", inventory.LOCAL_ROOT)
    before = set(sets.sealed(root, "wine"))
    controller.play("backup", extra=extra).succeeded()
    [new] = set(sets.sealed(root, "wine")) - before
    return new


def test_what_was_damaged_comes_back(wine_lab: Lab, controller: Controller, reports: pathlib.Path) -> None:
    put(reports / "hidden.xml", b"<hidden/>")
    attributes(wine_lab, rf"{REPORTS}\hidden.xml", "+h")
    marks = attributes(wine_lab, rf"{REPORTS}\hidden.xml")
    assert "H" in marks
    deep = reports.joinpath("Vorlagen & Templates")
    assert [path for path in reports.rglob("*") if path.name == hard_names.READ_ONLY_FILE and deep in path.parents]
    before = snapshot.take(components(wine_lab))
    assert max(map(len, before)) > 300

    set_id = sealed_set(controller, wine_lab, **EVERYTHING)
    assert snapshot.take(components(wine_lab)) == before, "a backup changed its source"
    for part in sets.parts(wine_lab.path("wine01", inventory.LOCAL_ROOT)):
        sets.check_part(part)
    controller.play("verify", extra={"groupid_set_id": set_id}).succeeded()

    for folder in components(wine_lab).values():
        owner = folder.stat()
        for kind in ("flip", "truncate", "remove", "add"):
            damage.inflict(folder, kind, seed=1)
        subprocess.run(["chown", "-R", f"{owner.st_uid}:{owner.st_gid}", folder], check=True)
    attributes(wine_lab, rf"{REPORTS}\hidden.xml", "-h")
    put(reports / "hidden.xml", b"no longer hidden")
    assert snapshot.take(components(wine_lab)) != before

    restore(controller, set_id)
    assert snapshot.compare(before, snapshot.take(components(wine_lab)), folder_times=False) == []
    assert attributes(wine_lab, rf"{REPORTS}\hidden.xml") == marks
    damaged = wine_lab.path("wine01", rf"{inventory.LOCAL_ROOT}\wine\{set_id}\wine01\reports\hidden.xml")
    damaged.chmod(0o644)
    damaged.write_bytes(b"<hiddeN/>")
    controller.play("verify", extra={"groupid_set_id": set_id}).failed("reports/hidden.xml", "SHA-256")


class Cut:
    """Drops the connection at the first answer."""

    def __init__(self) -> None:
        self.left = 1

    def __call__(self, host: Host, request: wsman.Request, proceed: Handler) -> wsman.Reply:
        if request.action != "Receive" or not self.left:
            return proceed(host, request)
        self.left = 0
        raise ConnectionAbortedError


def test_a_backup_outlives_its_connection(
    wine_lab: Lab, controller: Controller, reports: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    put(reports / "used.xml", b"<used/>")
    folder = wine_lab.path("wine01", r"C:\ProgramData\identityops.groupid\jobs")
    before = set(folder.glob("backup-*"))
    wanted = {"backup_root": inventory.LOCAL_ROOT, "deployment": "wine", "set_id": "20260101T000000Z"}
    slow = {"components": ["reports"], "retries": 40, "retry_wait": 0.5, "allow_partial": ["reports/used.xml"]}
    cut = Cut()
    wine_lab.interceptors.append(cut)
    try:
        with held(wine_lab, rf"{REPORTS}\used.xml", tmp_path):
            cut.left = 1
            result = controller.module("wine01", "groupid_backup_folder", {**wanted, **slow})
    finally:
        wine_lab.interceptors.remove(cut)
    assert (result["failed"], result["state"], cut.left) == (False, "waived", 0), result
    [job] = set(folder.glob("backup-*")) - before
    assert {"result.json", "state.json", "delivered"} <= {path.name for path in job.iterdir()}
    assert not (job / "failure.json").exists()
