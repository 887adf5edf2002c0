# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/reference/protocol.md says of the contract between controller and agent what the code says, and no more."""

from __future__ import annotations

import functools
import importlib
import re
from pathlib import Path

import agent_contract
import failures_in_code
import pytest
import yaml

from ansible_collections.identityops.groupid.plugins.module_utils.job_answer import PROGRESS, job_answer
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_files

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "protocol.md").read_text(encoding="utf-8")
FILES = {name: path.read_text(encoding="utf-8") for name, path in agent_files().items()}
AGENT = agent_contract.Agent(FILES)
LOOKS = ("poll", "cancel")
"""Operations of job.ps1, which the agent does not know."""

OBJECTS = {
    "Error": AGENT.set_by("AgentError", "ToJson"),
    "Product": AGENT.read_by("Product", "map"),
    "Component of a product": AGENT.read_by("ProductComponent", "map"),
    "Component of a backup": AGENT.read_by("PlannedComponent", "map") | AGENT.read_by("PlannedComponent", "filters"),
    "Component of a restore": AGENT.read_by("Restore", "map") | AGENT.read_by("RestoreTarget", "wanted"),
    "Trap": AGENT.read_by("Trap", "map"),
    "Root": AGENT.set_by("Probe", "DescribedRoot")
    | {"inside"}
    | AGENT.set_by("SetList", "Describe")
    | AGENT.set_by("SkippedEntries", "Report") - {"reason"},  # of one that was passed over
    "Set": AGENT.set_by("SetDescription", "ToJson"),
    "Part": AGENT.set_by("SetDescription", "Described", "PartOrNull", "AddPart"),
    "Component of a part": AGENT.set_by("PartComponent", "ToJson"),
    "Problem": AGENT.set_by("Problem", "ToJson"),
    "Loss": AGENT.set_by("Loss", "ToJson"),
    "Restored component": AGENT.set_by("RestoreTarget", "ToJson"),
    "Progress": AGENT.set_by("Progress", "ToJson") | AGENT.set_by("JobRunner", "WriteState"),
}

SHAPED = {
    "groupid_backup_adopt": (("adopt",), {"finished"}, {"finished_at"}),
    "groupid_backup_folder": (("backup",), {"finished"}, {"finished_at"}),
    "groupid_backup_place": (("place",), {"finished"}, {"finished_at"}),
    "groupid_backup_seal": (("seal",), set(), set()),
    "groupid_backup_verify": (("verify",), set(), set()),
    "groupid_info": (("probe",), {"roots"}, {"backup_root"}),
    "groupid_restore_folder": (("restore",), set(), {"differences"}),
    "groupid_services": (("state", "quiesce", "resume"), set(), set()),
    "groupid_sets": (("list",), {"set_count"}, {"backup_root", "now", "unlisted"}),
}
"""Modules whose result is the agent's answer: the operations, and what the action takes from it and adds to it."""


def section(title: str, page: str = PAGE) -> str:
    """What stands below a heading, up to the next one."""
    found = re.search(rf"^### {re.escape(title)}\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no section {title!r}"
    return found[1]


def items(title: str, part: str, page: str = PAGE) -> list[str]:
    """The items of the list below `**Request**`, `**Answer**` or `**Codes**` of an operation."""
    found = re.search(rf"^\*\*{part}\*\*\n\n((?:- .*\n(?:  .*\n)*)+)", section(title, page), re.MULTILINE)
    assert found, f"{title} has no list for {part!r}"
    return [" ".join(item.split()) for item in re.split(r"^- ", found[1], flags=re.MULTILINE)[1:]]


def members(title: str, part: str, page: str = PAGE) -> set[str]:
    """The names before each item's colon."""
    return {name for item in items(title, part, page) for name in words(item.partition(":")[0])}


def codes(title: str, page: str = PAGE) -> set[str]:
    return {name for item in items(title, "Codes", page) for name in words(item)}


def words(text: str) -> list[str]:
    return re.findall(r"`([\w-]+)`", text)


def object_members(title: str) -> set[str]:
    """An object's members: what is said of each one stands in parentheses behind it."""
    first = section(title).strip().split("\n\n")[0]
    first = first.partition(": `")[2] if first.startswith("A kind") else first
    text = re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", re.split(r"\.\s", f"`{first.lstrip('`')}", maxsplit=1)[0])
    return set(words(text))


OPERATIONS = AGENT.operations()
of_code = functools.cache(AGENT.operation)


def of_page(page: str, name: str) -> agent_contract.Operation:
    return agent_contract.Operation(
        members(name, "Request", page), members(name, "Answer", page), codes(name, page) - AGENT.everywhere.codes
    )


def test_every_operation_has_a_section() -> None:
    operations = re.search(r"^## Operations\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    assert operations
    sections = set(re.findall(r"^### (\w+)$", operations[1], re.MULTILINE))
    assert sections == {*OPERATIONS, *LOOKS}, "docs/reference/protocol.md, Operations"


def test_what_runs_as_a_job_is_told_to_the_agent_and_on_the_page() -> None:
    jobs = AGENT.constants("Job", "Operations")
    assert set(words(section("start").partition(".")[0])) == jobs, "docs/reference/protocol.md, start"
    actions = [path.read_text(encoding="utf-8") for path in (ROOT / "plugins" / "action").glob("*.py")]
    always = [text for text in actions if "AS_JOB = True" in text]
    asked = {name for text in always for name in re.findall(r'"operation": "(\w+)"', text)}
    assert len(asked) == len(always)
    assert asked <= jobs, "plugins/plugin_utils/agent/jobs/Job.cs, Operations"


@pytest.mark.parametrize("name", OPERATIONS)
def test_members_and_codes_are_those_of_the_code(name: str) -> None:
    page, code = of_page(PAGE, name), of_code(name)
    assert page.request == code.request, f"docs/reference/protocol.md, {name}, Request"
    assert page.answer == code.answer, f"docs/reference/protocol.md, {name}, Answer"
    assert page.codes == code.codes, f"docs/reference/protocol.md, {name}, Codes"


def test_what_holds_for_any_operation() -> None:
    everywhere = AGENT.everywhere
    assert members("Any operation", "Request") == everywhere.request
    assert members("Any operation", "Answer") == everywhere.answer
    assert codes("Any operation") == everywhere.codes


def test_every_code_of_the_agent_stands_at_some_operation() -> None:
    named = codes("Any operation").union(*(codes(name) for name in OPERATIONS))
    assert named == AGENT.codes()


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_at_a_job_is_that_of_the_script(name: str) -> None:
    script = (ROOT / "plugins" / "plugin_utils" / "client" / "job.ps1").read_text(encoding="utf-8")
    found = {"protocol": 1, "operation": name, "seconds": 0.0, "code": "running", "path": "", "cause": "", "note": ""}
    answer = job_answer({**found, "result": "", "state": "", "failure": ""}, "backup-0")
    lost = job_answer({**found, "code": "ended", "result": "", "state": "", "failure": ""}, "backup-0")["answer"]
    assert members(name, "Answer") == set(answer) - AGENT.everywhere.answer
    assert codes(name) == {*re.findall(r"\bcode='(\w+)'", script), lost["error"]["code"]} - {"running", "ended"}
    assert members(name, "Request") == {"id", "attempt", "wait_ms", "state"}


def test_every_module_that_shapes_an_answer_is_here() -> None:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "plugins" / "action").glob("*.py")}
    assert {name for name, text in texts.items() if "def request(" in text} == set(SHAPED), "add it to SHAPED"


@pytest.mark.parametrize("name", SHAPED)
def test_every_member_of_an_answer_is_in_the_documentation_of_its_module(name: str) -> None:
    operations, taken, added = SHAPED[name]
    answer = {member for operation in operations for member in members(operation, "Answer")}
    module = importlib.import_module(f"ansible_collections.identityops.groupid.plugins.modules.{name}")
    described = set(yaml.safe_load(module.RETURN))
    assert described == (answer - taken) | added | {"schema", "seconds", "error"}, f"plugins/modules/{name}.py, RETURN"


def test_codes_of_the_call() -> None:
    files = [f"plugins/plugin_utils/client/{name}.py" for name in ("client", "answer", "job")]
    assert codes("The call itself") == {
        entry.code for entry in failures_in_code.python_entries() if entry.place in files
    }


@pytest.mark.parametrize("title", OBJECTS)
def test_objects_have_the_members_of_the_code(title: str) -> None:
    assert object_members(title) == OBJECTS[title], f"docs/reference/protocol.md, Objects, {title}"


def test_every_object_is_held_against_the_code() -> None:
    objects = PAGE.partition("\n## Objects\n")[2]
    assert set(re.findall(r"^### (.+)$", objects, re.MULTILINE)) == set(OBJECTS)


def test_phases() -> None:
    [phases] = re.findall(r"^The phases: (.*)\.$", PAGE, re.MULTILINE)
    assert set(words(phases)) == AGENT.phases()
    assert object_members("Progress") >= set(PROGRESS)


def test_kinds_of_problems_and_losses() -> None:
    kinds = section("Problem").partition("`problem` is ")[2].partition(".")[0]
    assert set(words(kinds)) == AGENT.constants("Problem", "Locked", "Link")
    losses = section("Loss").partition("The kinds:")[2]
    assert set(words(losses)) == AGENT.constants(
        "Loss", "Encrypted", "HardLinks", "LinkLimit", "LinkDamaged", "Refused", "StreamsNotRestored"
    )


def test_steps_of_a_rehearsal() -> None:
    [steps] = re.findall(r"^Steps: (.*)\.$", PAGE, re.MULTILINE)
    assert set(words(steps)) == AGENT.cases("Rehearsal", "Run")


@pytest.mark.parametrize(
    ("file", "code", "planted", "name", "kind"),
    [
        ("Verify.cs", 'request.Flag("check", false)', 'request.Flag("planted", false)', "verify", "request"),
        ("Verify.cs", '.Set("mode", mode.Text)', '.Set("planted", mode.Text)', "verify", "answer"),
        ("StoredPart.cs", 'new AgentError("set_missing"', 'new AgentError("planted"', "verify", "codes"),
        ("Narrowing.cs", 'map["scope"] == null', 'map["planted"] == null', "backup", "request"),
        ("Part.cs", '.Set("external", External())', '.Set("planted", External())', "adopt", "answer"),
        ("Seal.cs", '"sealed_differs"', '"planted"', "seal", "codes"),
    ],
)
def test_what_is_planted_in_the_code_is_found(file: str, code: str, planted: str, name: str, kind: str) -> None:
    assert code in FILES[file]
    changed = agent_contract.Agent({**FILES, file: FILES[file].replace(code, planted)}).operation(name)
    assert "planted" in getattr(changed, kind) - getattr(of_page(PAGE, name), kind)


@pytest.mark.parametrize("kind", ["request", "answer", "codes"])
def test_what_is_planted_in_the_page_is_found(kind: str) -> None:
    part = kind.capitalize()
    page = PAGE.replace(f"**{part}**\n\n- ", f"**{part}**\n\n- `planted`, ")
    assert getattr(of_page(page, "verify"), kind) - getattr(of_code("verify"), kind) == {"planted"}


def test_a_failure_that_is_kept_back_is_no_code() -> None:
    """A verification whose record cannot be written warns; a backup that cannot end a restore undoes it."""
    assert "target_changed" not in of_code("backup").codes
    assert "write_failed" not in of_code("verify").codes
    loud = FILES["VerifyRecords.cs"].replace(
        "catch (AgentError error)\n            {", "catch (AgentError error)\n            {\n                throw;"
    )
    assert "write_failed" in agent_contract.Agent({**FILES, "VerifyRecords.cs": loud}).operation("verify").codes
