# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file with the result of a run, on a real disk and in real processes."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
from ansible.release import __version__ as ansible_version

from ansible_collections.identityops.groupid.plugins.module_utils import run_document, run_outcome
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller import run_file
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.result_file import ResultFileError

PLAN: t.Any = {"hosts": ["web01"], "deployments": {"hq": {"hosts": ["web01"], "outside": []}}}
REFUSED = run_outcome.of_run(Failure("no_hosts", "The run was refused", "a typo", "Correct it."))
DONE: run_outcome.Outcome = {"class": 0, "state": "done", "failures": [], "deployments": {}}
PACKAGE = "ansible_collections.identityops.groupid.plugins"


def read(path: pathlib.Path) -> dict[str, t.Any]:
    document: dict[str, t.Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "results" / "run.json"


def begin(path: pathlib.Path, kind: t.Any = "backup", check: bool = False) -> pathlib.Path:
    begun = run_file.begin(str(path), kind, check=check)
    assert begun == path
    return begun


@pytest.mark.parametrize("given", [None, "", "  "])
def test_no_file_is_written_where_none_is_asked_for(given: str | None) -> None:
    assert run_file.begin(given, "backup", check=False) is None


def test_a_file_begins_goes_on_and_ends(path: pathlib.Path) -> None:
    begin(path, "list")
    document = read(path)
    assert (document["state"], document["kind"], document["process"]["pid"]) == ("running", "list", os.getpid())
    assert document["ansible_core"] == ansible_version
    galaxy = (pathlib.Path(__file__).parents[5] / "galaxy.yml").read_text(encoding="utf-8")
    assert f"\nversion: {document['collection']}\n" in galaxy
    # The plan does not know the playbook, and the door does.
    begin(path, "preflight")
    assert read(path) == document
    run_file.plan(path, PLAN, check=True)
    assert (read(path)["kind"], read(path)["check"]) == ("list", True)
    path.write_text(json.dumps(run_file.document_of_end(path, "list", DONE)), encoding="utf-8")
    assert (read(path)["class"], read(path)["state"], read(path)["earlier"]) == (0, "done", [])
    begin(path, "backup")
    assert [one["kind"] for one in read(path)["earlier"]] == ["list"]


def test_a_refusal_ends_it(path: pathlib.Path) -> None:
    begin(path)
    run_file.refuse(path, [REFUSED])
    assert (read(path)["class"], read(path)["failures"]) == (2, [REFUSED])


def test_what_an_older_run_said_is_gone_before_anything_else(path: pathlib.Path) -> None:
    begin(path)
    document = run_file.document_of_end(path, "backup", DONE)
    path.write_text(json.dumps({**document, "process": {**document["process"], "id": "x"}}), encoding="utf-8")
    begin(path)
    assert (read(path)["state"], read(path)["class"], read(path)["earlier"]) == ("running", None, [])


@pytest.mark.parametrize("content", ["---\nall: {}\n", "{}", "[]", '{"class": 0}', "{", "\x00"])
def test_a_file_that_is_no_result_is_not_written_over(path: pathlib.Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ResultFileError, match="is not the result of a run") as refused:
        begin(path)
    assert (refused.value.failure.code, refused.value.failure.path) == ("run_file", str(path))
    assert path.read_text(encoding="utf-8") == content


def test_an_empty_file_is_none(path: pathlib.Path) -> None:
    path.parent.mkdir()
    path.write_text("\n", encoding="utf-8")
    begin(path)
    assert read(path)["state"] == "running"


def test_a_place_that_cannot_be_written_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for name in ("file/run.json", "."):
        with pytest.raises(ResultFileError) as refused:
            run_file.begin(str(tmp_path / name), "backup", check=False)
        assert refused.value.failure.code == "result_file"
    with pytest.raises(ValueError, match="groupid_run_file"):
        run_file.begin(["run.json"], "backup", check=False)


@pytest.mark.parametrize("removed", [True, False])
def test_the_file_of_another_run_is_never_written_over(path: pathlib.Path, removed: bool) -> None:
    begin(path)
    if removed:
        path.unlink()
    else:
        document = read(path)
        path.write_text(json.dumps({**document, "process": {**document["process"], "id": "other"}}), encoding="utf-8")
    before = path.read_text(encoding="utf-8") if path.exists() else None
    for step in (
        lambda: run_file.plan(path, PLAN, check=False),
        lambda: run_file.refuse(path, [REFUSED]),
        lambda: run_file.document_of_end(path, "backup", DONE),
    ):
        with pytest.raises(ResultFileError, match="was removed" if removed else "another run has written"):
            step()
    assert (path.read_text(encoding="utf-8") if path.exists() else None) == before


ENDINGS = {
    "ends": "",
    "fails": "raise SystemExit(4)",
    "breaks": "raise RuntimeError",
    "refuses": "run_file.refuse_watched(Failure('no_hosts', 'It was refused', 'why', 'next'))",
    "reports": "path.write_text(json.dumps(run_file.document_of_end(path, 'restore', DONE)))",
    "forks": "import multiprocessing as m; w = m.get_context('fork').Process(target=exit); w.start(); w.join(); look()",
    "is killed": "os.kill(os.getpid(), signal.SIGKILL)",
}
PROGRAM = """
import json, os, pathlib, signal, sys
from {package}.module_utils.failure import Failure
from {package}.plugin_utils.controller import run_file
DONE = {done!r}
path = run_file.begin(sys.argv[1], "restore", check=False)
run_file.watch(path)
if {planned}:
    run_file.plan(path, {plan!r}, check=False)
def look():
    print(json.loads(path.read_text())["state"])
{ending}
"""


def process(path: pathlib.Path, ending: str, planned: bool = True) -> tuple[dict[str, t.Any], str]:
    """Let a process of its own begin a run and end so. Returns the document that it leaves, and what it printed."""
    text = PROGRAM.format(package=PACKAGE, done=dict(DONE), plan=PLAN, planned=planned, ending=ENDINGS[ending])
    done = subprocess.run(
        [sys.executable, "-c", text, str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "ANSIBLE_LOCAL_TEMP": str(path.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    return read(path), done.stdout.strip()


def test_a_process_that_ends_without_a_report_says_so(path: pathlib.Path) -> None:
    for ending in ("ends", "fails", "breaks"):
        document, dummy = process(path, ending)
        assert (document["class"], document["state"], document["failures"][0]["code"]) == (4, "failed", "no_report")
    document, dummy = process(path, "ends", planned=False)
    assert (document["class"], document["failures"][0]["what"]) == (2, "The run ended before its plan was made")


def test_a_process_that_was_refused_or_has_reported_adds_nothing(path: pathlib.Path) -> None:
    document, dummy = process(path, "refuses", planned=False)
    assert (document["class"], [one["code"] for one in document["failures"]]) == (2, ["no_hosts"])
    document, dummy = process(path, "refuses")
    assert [one["code"] for one in document["failures"]] == ["no_report"], "its plan was made"
    document, dummy = process(path, "reports")
    assert (document["class"], document["failures"]) == (0, [])


def test_a_worker_that_ends_does_not_end_the_run(path: pathlib.Path) -> None:
    assert process(path, "forks")[1] == "running"


def test_a_process_that_is_killed_leaves_who_it_was(path: pathlib.Path) -> None:
    document, dummy = process(path, "is killed")
    assert (document["state"], document["class"], document["ended"]) == (run_document.RUNNING, None, None)
    assert document["process"]["pid"] != os.getpid()
    again, dummy = process(path, "reports")
    assert (again["class"], again["earlier"]) == (0, [])
