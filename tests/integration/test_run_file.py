# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever becomes of a run, its file says so afterwards: for a pipeline, which reads nothing else.

The tests share a lab, and a backup of it in which the only server of one deployment could not be reached.
"""

from __future__ import annotations

import collections.abc as c
import json
import pathlib
import typing as t

import pytest
import yaml
from integration.controller import COLLECTION, Controller, Run

from lab import damage, fleet
from lab.lab import Lab, discard, prepare
from lab.waiting import until

Document = dict[str, t.Any]


class Pipeline:
    """What starts playbooks, and reads the file of each."""

    def __init__(self, lab: Lab, folder: pathlib.Path) -> None:
        self.lab = lab
        self.controller = Controller(lab, folder)
        self.file = folder / "results" / "run.json"

    def plays(self, playbook: str, *options: str, **variables: t.Any) -> tuple[Run, Document]:
        where = variables.pop("where", None)
        extra = {"groupid_run_file": str(self.file), **variables}
        run = self.controller.play(
            playbook, *options, extra=extra, where=where, environment={"ANSIBLE_SHOW_CUSTOM_STATS": "true"}
        )
        return run, self.read()

    def read(self) -> Document:
        document: Document = json.loads(self.file.read_text(encoding="utf-8"))
        return document

    def without_branch(self) -> pathlib.Path:
        """Write an inventory in which nobody answers where the server of one deployment should be."""

        def edit(document: dict[str, t.Any]) -> None:
            servers = document["all"]["children"]["groupid"]["children"]
            servers["deployment_branch"]["hosts"]["old01"]["ansible_port"] = 9

        return self.controller.write_inventory(edit=edit, name="without_branch.yml")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("run-file")
    prepare(folder / "lab", fleet.default_fleet(scale="small"))
    (folder / "controller").mkdir()
    with Lab(folder / "lab") as lab:
        yield Pipeline(lab, folder / "controller")
    discard(folder / "lab")


@pytest.fixture(scope="module")
def backup(pipeline: Pipeline) -> tuple[Run, Document]:
    return pipeline.plays("backup", where=pipeline.without_branch(), groupid_verify_after=False)


def test_a_typo_is_refused_before_anything_is_touched(pipeline: Pipeline) -> None:
    run, document = pipeline.plays("restore", groupid_hosts="groupd")
    run.failed("Did you mean groupid?")
    assert (document["class"], document["state"], document["kind"]) == (2, "refused", "restore")
    assert "Did you mean groupid?" in document["failures"][0]["next"]


def test_a_server_that_cannot_be_reached_fails_its_deployment_alone(
    pipeline: Pipeline, backup: tuple[Run, Document]
) -> None:
    run, document = backup
    run.failed("FAILED in preflight: old01")
    assert (document["class"], document["state"], document["kind"]) == (3, "failed", "backup")
    hq, branch = document["deployments"]["hq"], document["deployments"]["branch"]
    assert (hq["class"], hq["sealed"], hq["failures"]) == (0, True, [])
    assert (branch["class"], branch["set_id"], [one["code"] for one in branch["failures"]]) == (
        2,
        None,
        ["unreachable"],
    )
    stats = {"class": 3, "state": "failed", "set_ids": {"hq": hq["set_id"]}}
    assert json.dumps({"groupid_run": {"backup": stats}}, sort_keys=True) in shown_stats(run)


def shown_stats(run: Run) -> str:
    """What Ansible prints of the custom stats."""
    [text] = run.output.partition("CUSTOM STATS:")[2].partition("RUN: ")[2:]
    return json.dumps(json.JSONDecoder().raw_decode(text)[0], sort_keys=True)


def test_two_playbooks_leave_both_their_results(
    pipeline: Pipeline, backup: tuple[Run, Document], tmp_path: pathlib.Path
) -> None:
    names = ("verify", "list")
    book = tmp_path / "own.yml"
    book.write_text(yaml.safe_dump([{"ansible.builtin.import_playbook": f"{COLLECTION}.{name}"} for name in names]))
    run, document = pipeline.plays(str(book), groupid_deployments="hq", groupid_verify_mode="quick")
    run.succeeded()
    assert (document["class"], document["state"], document["kind"]) == (0, "done", "list")
    [earlier] = document["earlier"]
    assert (earlier["kind"], earlier["class"]) == ("verify", 0)
    assert earlier["deployments"]["hq"]["set_id"] == backup[1]["deployments"]["hq"]["set_id"]
    assert json.loads(shown_stats(run))["groupid_run"].keys() == set(names)


def test_half_a_restore_names_what_is_not_as_it_was(pipeline: Pipeline, backup: tuple[Run, Document]) -> None:
    set_id = backup[1]["deployments"]["hq"]["set_id"]
    for host in ("web01", "web02"):
        damage.inflict(pipeline.lab.components(host)["reports"], "flip", seed=1)
    pipeline.lab.faults["web02"] = {"locked": ["*/Reports/*"]}
    try:
        run, document = pipeline.plays(
            "restore", groupid_deployments="hq", groupid_set_id=set_id, groupid_restore_confirm=f"hq/{set_id}"
        )
    finally:
        del pipeline.lab.faults["web02"]
    run.failed("FAILED in restore: web02")
    assert (document["class"], document["state"]) == (4, "failed")
    ends = {one["host"]: (one["what"], one["end"]) for one in document["deployments"]["hq"]["changes"]}
    assert ends == {"web01": ("folders", "as_asked"), "web02": ("folders", "as_before")}
    [safety] = document["deployments"]["hq"]["safety_set_ids"]
    assert safety.endswith("-before-restore")


@pytest.mark.timing
def test_a_run_that_is_killed_is_still_running_in_its_file(pipeline: Pipeline) -> None:
    pipeline.plays("list", "--tags", "none")[0].failed("no task of the plan ran")
    assert pipeline.read()["class"] == 2
    with pipeline.controller.playing("preflight", {"groupid_run_file": str(pipeline.file)}) as process:
        until(lambda: pipeline.read()["state"] == "running" and pipeline.read()["deployments"], "a run with a plan")
    document = pipeline.read()
    assert (document["class"], document["ended"], document["process"]["pid"]) == (None, None, process.pid)
    assert (document["kind"], document["deployments"]["hq"]) == ("preflight", {"servers": ["web01", "web02"]})
