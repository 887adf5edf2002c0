# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal by the playbook, over WinRM, on Wine: each call compiles the shipped agent in a PowerShell of its own."""

from __future__ import annotations

import json
import pathlib

import pytest
import windows_page
import winrm
from integration.controller import Controller

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import CLAIMS, VERDICTS
from lab import inventory, wine_host
from lab.lab import Lab

pytestmark = pytest.mark.skipif(wine_host.why_not() is not None, reason=f"no host on Wine: {wine_host.why_not()}")

HELD = {
    "agent.privileges", "state.owner", "job.outlives", "job.look", "job.request", "files.names", "files.long_names",
    "files.reserved_names", "files.locked", "files.open_for_reading", "files.open_for_writing", "files.times",
    "files.created", "files.read_only", "files.hard_links", "backup.untouched", "backup.content",
    "operations.succeed", "verify.damage", "restore.predicted", "restore.merge", "restore.mirror",
    "restore.held_open", "restore.killed", "restore.folder_facts", "links.unchanged", "links.read_only",
}  # fmt: skip
REFUSED = {
    "job.outside": "This host has no WMI: Wine's ends the process that asks it.",
    "files.hidden_system": "Wine loses hidden and system beside read-only.",
    "files.security": "Its disks keep three entries for a mode.",
    "files.security_protected": "The same, and no inheritance.",
    "files.owner": "The same: the owner is who made the file.",
    "restore.inherits": "The same.",
    "restore.passed_on": "The same.",
}


def without_wmi(lab: Lab) -> None:
    """Unregister the scripting objects of WMI."""
    host = lab.host("wine01")
    client = winrm.Protocol(f"http://127.0.0.1:{lab.port}/wsman", "basic", host.user, host.password, proxy=None)
    shell = client.open_shell(codepage=65001)
    number = client.run_command(shell, r"reg delete HKLM\Software\Classes\WbemScripting.SWbemLocator /f")
    said, dummy, code = client.get_command_output(shell, number)
    client.close_shell(shell)
    assert code == 0, said


def test_the_playbook_rehearses_and_nothing_stays(
    wine_lab: Lab, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integration.controller.TIMEOUT", 2400)  # each call compiles, some twenty in all
    without_wmi(wine_lab)
    controller = Controller(wine_lab, tmp_path)
    kept = tmp_path / "kept"
    controller.play("rehearse", extra={"groupid_rehearsal_dir": str(kept)}).succeeded()
    document = json.loads((kept / "rehearsal-wine01.json").read_text())
    reported = {one["id"]: one for one in document["claims"]}
    by = {verdict: {name for name, one in reported.items() if one["verdict"] == verdict} for verdict in VERDICTS}
    assert [reported[name] for name in by["not held"]] == []
    assert by["refused by the system"] == set(REFUSED), [reported[name] for name in by["refused by the system"]]
    assert by["held"] == HELD
    assert list(reported) == [claim.id for claim in CLAIMS]
    assert all(reported[name]["seen"] for name in by["not tried here"])
    assert {"mb_per_second", "files_per_second", "ms_per_call", "seconds"} <= document["measured"].keys()
    with pytest.raises(windows_page.RefusedError, match="not made on Windows, but on 'Wine"):
        windows_page.read((kept / "rehearsal-wine01.json").rename(kept / "wine.json"))
    for top in (wine_lab.root / "wine", wine_lab.path("wine01", inventory.LOCAL_ROOT)):
        assert not list(top.rglob(".rehearsal-*"))
