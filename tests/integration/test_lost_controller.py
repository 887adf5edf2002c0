# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller of a backup is killed: the advice that a person gets then works."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import signal
import typing as t

import pytest
from environment import ROOT
from integration import sets
from integration.controller import Controller

from lab import inventory, snapshot
from lab.lab import Lab
from lab.mishaps import Mishap
from lab.waiting import until

LONG: dict[str, t.Any] = {"groupid_retries": 60, "groupid_retry_wait": 1.0}
PATIENT: dict[str, t.Any] = {"groupid_deployments": "hq", "groupid_allow_partial": ["**"]}


def jobs(lab: Lab, operation: str) -> list[pathlib.Path]:
    return list(lab.path("web01", "C:\\ProgramData\\identityops.groupid\\jobs").glob(f"{operation}-*/state.json"))


def whole_parts(lab: Lab, host: str) -> list[pathlib.Path]:
    return list(lab.path(host, inventory.LOCAL_ROOT).glob(f"hq/*/{host}/part.json"))


def kill_a_backup(lab: Lab, controller: Controller, extra: dict[str, t.Any]) -> str:
    """Kill the controller while web01 copies; gives the id of the set."""
    with controller.playing("backup", extra):
        until(lambda: whole_parts(lab, "web02") and jobs(lab, "backup"), "the part of web02 and the job of web01")
    assert not whole_parts(lab, "web01")
    [part] = whole_parts(lab, "web02")
    return part.parents[1].name


def options_in(text: str) -> list[str]:
    """The extra variables that a text tells its reader to add, as arguments of a command line."""
    return [word for option in re.findall(r"(?<![\w-])-e (groupid_[^\s`]+)", text) for word in ("-e", option)]


def hold(lab: Lab) -> None:
    """Let a file of web01 be locked, so that a patient backup of it lasts."""
    held = next(path for path in sorted(lab.components("web01")["reports"].rglob("*")) if path.is_file())
    lab.faults["web01"] = {"locked": [str(held)]}


def check_whole(lab: Lab, set_id: str) -> None:
    """The set has both parts, and is sealed."""
    for host in ("web01", "web02"):
        root = lab.path(host, inventory.LOCAL_ROOT)
        assert sets.sealed(root, "hq") == [set_id]
        sets.check_part(root / "hq" / set_id / host)


@pytest.mark.timing
def test_the_same_backup_with_the_readmes_options_meets_its_job_and_seals(lab: Lab, controller: Controller) -> None:
    hold(lab)
    set_id = kill_a_backup(lab, controller, {**PATIENT, **LONG})
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    chapter = page.partition("\n### After a lost controller\n")[2].partition("\n### ")[0]
    values = {"groupid_deployments=": "hq", "groupid_set_id=": set_id}
    told = [f"{word}{values.get(word, '')}" for word in options_in(chapter)]
    assert len(told) == 6
    run = controller.play("backup", *told, extra={**PATIENT, **LONG}).succeeded()
    assert "earlier run" in run.output
    check_whole(lab, set_id)


@pytest.mark.timing
def test_the_same_backup_with_the_printed_options_meets_the_job_of_a_lost_host(
    lab: Lab, controller: Controller
) -> None:
    hold(lab)
    lab.mishaps.append(Mishap("web01", "backup", after=lab.outages.begin))
    extra = {"groupid_allow_partial": ["**"], "groupid_retries": 100, "groupid_retry_wait": 1.0}
    lost = controller.play("backup", extra=extra).failed("The operation continues on the host as job")
    lab.outages.end(lab.fleet.host("web01"))
    told = options_in(" ".join(lost.output.split()))
    [set_id] = {word.partition("=")[2] for word in told if word.startswith("groupid_set_id=")}
    assert not whole_parts(lab, "web01"), "the job has ended too early for this test"
    lab.faults.pop("web01")
    run = controller.play("backup", *told, extra=extra).succeeded()
    assert "earlier run" in run.output
    check_whole(lab, set_id)


@pytest.mark.timing
def test_an_unfinished_part_without_its_job_means_a_new_set(lab: Lab, controller: Controller) -> None:
    controller.play("backup", extra=PATIENT).succeeded()
    root = lab.path("web01", inventory.LOCAL_ROOT)
    [set_id] = sets.sealed(root, "hq")
    for host in ("web01", "web02"):
        folder = lab.path(host, inventory.LOCAL_ROOT) / "hq" / set_id
        for name in ("set.json", "set.prepared.json"):
            (folder / name).unlink()
    (root / "hq" / set_id / "web01" / "part.json").unlink()
    named = controller.play("backup", extra={**PATIENT, "groupid_set_id": set_id})
    named.failed(f"Nothing can be added to set {set_id}", "no job is working on it", "Leave groupid_set_id out")
    controller.play("backup", extra=PATIENT).succeeded()
    assert len(sets.sealed(root, "hq")) == 1


@pytest.mark.timing
def test_the_same_restore_meets_its_job(lab: Lab, controller: Controller) -> None:
    reports = lab.components("web01")["reports"]
    for number in range(2000):
        (reports / f"{number}.xml").write_text(f"report {number}", encoding="utf-8")
    before = snapshot.take({"reports": reports})
    controller.play("backup", extra={"groupid_deployments": "hq"}).succeeded()
    [set_id] = sets.sealed(lab.path("web01", inventory.LOCAL_ROOT), "hq")
    for file in reports.glob("*.xml"):
        file.unlink()

    wanted = {"groupid_deployments": "hq", "groupid_set_id": set_id, "groupid_restore_confirm": f"hq/{set_id}"}
    with controller.playing("restore", wanted):
        until(lambda: jobs(lab, "restore"), "the job of web01")
        [job] = jobs(lab, "restore")
        work = int(json.loads(job.read_text(encoding="utf-8"))["process"])
        os.kill(work, signal.SIGSTOP)
    try:
        lab.recorder.clear()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            again = pool.submit(controller.play, "restore", extra=wanted)
            until(lambda: len(lab.recorder.entries(host="web01")) > 6 or again.done(), "the second run at work")
            os.kill(work, signal.SIGCONT)
            again.result().succeeded()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(work, signal.SIGKILL)
    assert jobs(lab, "restore") == [job], "a second one was started"
    assert snapshot.compare(before, snapshot.take({"reports": reports}), folder_times=False) == []
