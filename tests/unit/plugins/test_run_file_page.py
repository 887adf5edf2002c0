# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/reference/run-file.md says what stands in run.json: members, words and classes, and an example that is one."""

from __future__ import annotations

import datetime
import json
import pathlib
import re
import typing as t

from unit.plugins import run_facts
from unit.plugins.run_facts import SET

from ansible_collections.identityops.groupid.plugins.module_utils import failures, run_document, run_outcome
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.run_state import RunState

PAGE = (pathlib.Path(__file__).parents[3] / "docs" / "reference" / "run-file.md").read_text(encoding="utf-8")
NOW = datetime.datetime(2026, 11, 25, 12, 0, 5, tzinfo=datetime.timezone.utc)
HELD = Failure(
    "write_failed",
    "The restore was not done, and everything is as it was before",
    "The process cannot access the file because it is being used by another process. (32)",
    "Close the program that holds the file, and run again.",
    "reports",
    "C:\\ProgramData\\Imanami\\GroupID 10.0\\Reports\\monthly.rpt",
)


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no section {title!r}"
    return found[1]


def named(title: str) -> list[str]:
    """The code words in the first column of a section's table."""
    return re.findall(r"^\| `(\w+)` \|", section(title), re.MULTILINE)


def half_a_restore() -> run_document.Document:
    """web01 is restored, and web02 is as it was."""
    wanted = {"set_id": SET, "restore_confirm": [SET], "deployments": ["hq"]}
    facts = run_facts.answered("restore", "web01", "web02", **wanted)
    safety = {"set_id": "20261125T120005Z-before-restore"}
    restored = {"failed": False, "changed": True, "schema": 1, "seconds": 4.5, "safety": safety}
    failed = {"failed": False, "failed_when_result": False, "changed": False, "schema": 1, "seconds": 4.5}
    for host in facts.values():
        host["__groupid_review"]["objections"] = {}
        host["__groupid_sql_restored"] = {"skipped": True}
    facts["web01"]["__groupid_restored"] = restored
    facts["web02"]["__groupid_restored"] = {**failed, "error": HELD.explained()}
    state = RunState(facts)
    plan = state["web01"]["__groupid_plan"]
    process: run_document.Process = {"host": "ci-runner-7", "pid": 4711, "id": "ansible-local-4711u3k9x2lq"}
    versions = {"collection": "0.6.0", "ansible_core": "2.18.1"}
    document = run_document.planned(run_document.begun(process, versions, "restore", False, NOW), plan, check=False)
    outcome = run_outcome.run_outcome(state, plan, "restore", facts)
    return run_document.ended(document, "restore", outcome, NOW + datetime.timedelta(seconds=70))


def test_the_example_is_what_such_a_run_leaves() -> None:
    [example] = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert json.loads(example) == half_a_restore()
    assert list(json.loads(example)) == list(half_a_restore()), "in this order"


def test_every_member_is_described_and_no_other() -> None:
    document = half_a_restore()
    deployment = document["deployments"]["hq"]
    assert named("Members") == list(document)
    assert named("A deployment") == list(deployment)
    assert named("A change") == list(deployment["changes"][0])
    assert named("A failure") == list(deployment["failures"][0])
    assert set(named("A failure")) == set(failures.Shared.__annotations__)


def test_every_word_is_described() -> None:
    assert named("Ends of a change") == list(t.get_args(run_outcome.End))
    classes = dict(re.findall(r"^\| `(\d)` \| `(\w+)` \|", section("Classes"), re.MULTILINE))
    assert {int(number): state for number, state in classes.items()} == run_outcome.STATES
    for kind in t.get_args(Kind):
        assert f"`{kind}`" in section("Members")
