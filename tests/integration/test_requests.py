# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup costs on the wire."""

from __future__ import annotations

import pytest
from integration.controller import Controller

from lab import inventory
from lab.lab import Lab

ONE_COMMAND = ["Create", "Command", "Send", "Receive", "Signal", "Delete"]


@pytest.mark.parametrize("version", ["10.0", "auto"])
def test_a_whole_server_is_one_request_to_the_agent(lab: Lab, controller: Controller, version: str) -> None:
    wanted = {"backup_root": inventory.LOCAL_ROOT, "deployment": "hq", "set_id": "20260101T000000Z"}
    result = controller.module("web01", "groupid_backup_folder", {**wanted, "version": version})
    assert len(result["components"]) == 6, result
    assert all(component["status"] == "copied" for component in result["components"]), result
    assert [entry.action for entry in lab.recorder.entries(host="web01")] == ONE_COMMAND


def test_a_backup_run_asks_each_host_a_handful_of_times(lab: Lab, controller: Controller) -> None:
    controller.play("backup").succeeded()
    for host, calls in (("web01", 6), ("web02", 6), ("old01", 6)):
        entries = lab.recorder.entries(host=host)
        # preflight, what runs, backup, verify, prepared, sealed: nothing of GroupID runs here, so nothing is stopped
        assert len(entries) <= calls * len(ONE_COMMAND), [entry.action for entry in entries]
