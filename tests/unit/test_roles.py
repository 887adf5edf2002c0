# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles and playbooks keep the rules that a run's safety stands on."""

from __future__ import annotations

import collections.abc as c
import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.identityops.groupid.plugins.module_utils import decisions, objections, vocabulary

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
TASK_FILES = sorted((ROOT / "roles").glob("*/tasks/*.yml"))
READ_BY_ROLES = [*TASK_FILES, *sorted((ROOT / "roles").glob("*/vars/*.yml"))]
MODULE = "identityops.groupid.groupid_"
ON_THE_CONTROLLER = {f"{MODULE}{name}" for name in ("settings", "plan", "summary")}
ALLOWED_RAW = {
    # What makes the play, before anything was asked.
    "deployments.yml": {"groupid_hosts"},
    # Of the SQL Server's computer, which was not asked anything.
    "list.yml": {"groupid_backup_root"},
    # Of a host that is delegated to, which was not asked anything.
    "main.yml of vars": {"groupid_sql_delegate_to", "groupid_backup_root"},
}

Task = dict[str, t.Any]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def load(path: Path) -> list[Task]:
    found: list[Task] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def strings(value: t.Any) -> c.Iterator[str]:
    """All texts of a document; names of modules are none, as they are keys."""
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def tasks_of(tasks: t.Sequence[Task], rescues: t.Sequence[Task] = ()) -> c.Iterator[tuple[Task, t.Sequence[Task]]]:
    """All tasks, each with the rescue that would meet its failure."""
    for task in tasks:
        if "block" not in task:
            yield task, rescues
            continue
        yield from tasks_of(task["block"], task.get("rescue") or rescues)
        for section in ("rescue", "always"):
            yield from tasks_of(task.get(section, []), rescues)


def contacts(task: Task) -> bool:
    """Whether a task asks a host, a SQL Server or a directory."""
    return any(key.startswith(MODULE) and key not in ON_THE_CONTROLLER for key in task)


def notes(tasks: t.Sequence[Task], result: str) -> bool:
    """Whether one of the tasks adds a result to the host's failures."""
    noted = re.compile(rf"\| identityops\.groupid\.with_failure\([^,]+, {result}\b")
    return any(
        noted.search(str((task.get("ansible.builtin.set_fact") or {}).get("__groupid_failures", ""))) for task in tasks
    )


CONTACTS = [
    pytest.param(path, task, rescue, id=f"{name_of(path)}: {task['name']}")
    for path in TASK_FILES
    for task, rescue in tasks_of(load(path))
    if contacts(task)
]


def test_there_are_tasks_to_check() -> None:
    assert len(CONTACTS) >= 12


@pytest.mark.parametrize(("path", "task", "rescue"), CONTACTS)
def test_a_task_that_asks_a_host_never_takes_it_out_of_the_run(
    path: Path, task: Task, rescue: t.Sequence[Task]
) -> None:
    assert task["failed_when"] is False
    assert task["ignore_unreachable"] is True
    assert notes([one for one, dummy in tasks_of(load(path))], task["register"])
    # What nobody foresaw, as a template that does not resolve.
    assert notes(rescue, "ansible_failed_result")


@pytest.mark.parametrize("path", READ_BY_ROLES, ids=name_of)
def test_no_variable_is_read_as_it_was_given(path: Path) -> None:
    place = f"{path.name} of vars" if path.parent.name == "vars" else path.name
    texts = " ".join(strings(load(path)))
    read = set(re.findall(r"(?<![\w.])groupid_\w+|(?<=\]\.)groupid_\w+", texts)) & vocabulary.BY_NAME.keys()
    assert read <= ALLOWED_RAW.get(place, set())


def test_what_is_asked_is_in_the_vocabulary() -> None:
    asked = {word.key for word in vocabulary.WORDS if not word.secret} | {"usual"}
    texts = " ".join(text for path in READ_BY_ROLES for text in strings(load(path)))
    read = set(re.findall(r"__groupid_asked\.(\w+)", texts))
    assert read
    assert read <= asked


def test_every_question_and_every_step_that_roles_ask_about_exists_and_none_is_left_over() -> None:
    texts = " ".join(text for path in TASK_FILES for text in strings(load(path)))
    assert set(re.findall(r"groupid\.decide\(inventory_hostname, '(\w+)'", texts)) == decisions.QUESTIONS.keys()
    assert set(re.findall(r"groupid\.with_objections\(inventory_hostname, '(\w+)'", texts)) == objections.STEPS.keys()


def test_every_filter_that_is_used_exists_and_none_is_left_over() -> None:
    texts = " ".join(text for path in [*TASK_FILES, *PLAYBOOKS] for text in strings(load(path)))
    used = set(re.findall(r"\|\s*identityops\.groupid\.(\w+)", texts))
    assert used == {path.stem for path in (ROOT / "plugins" / "filter").glob("*.py")}


def test_a_restore_is_checked_alike_in_check_mode() -> None:
    for name in ("restore/tasks/preflight.yml", "restore/tasks/checks.yml", "preflight/tasks/servers.yml"):
        assert "check_mode" not in " ".join(strings(load(ROOT / "roles" / name)))


def test_nothing_is_restored_before_the_choice_was_made() -> None:
    [first, *others] = load(ROOT / "roles" / "restore" / "tasks" / "checks.yml")
    assert "identityops.groupid.restore_choice(__groupid_plan)" in " ".join(strings(first))
    assert first["run_once"] is True
    assert not any(contacts(task) for task, dummy in tasks_of([first, *others]))
    included = [
        next(
            iter(
                strings(
                    task[
                        "ansible.builtin.import_role"
                        if "ansible.builtin.import_role" in task
                        else "ansible.builtin.import_tasks"
                    ]
                )
            )
        )
        for task in load(ROOT / "roles" / "restore" / "tasks" / "preflight.yml")
    ]
    assert included == [
        "identityops.groupid.preflight",
        "checks.yml",
        "identityops.groupid.database",
        "identityops.groupid.group_attributes",
        "folders.yml",
    ]


@pytest.mark.parametrize("path", PLAYBOOKS, ids=name_of)
def test_plays_pin_what_the_environment_could_change(path: Path) -> None:
    plays = load(path)
    for play in plays:
        assert play["strategy"] == "ansible.builtin.linear"
        assert play["any_errors_fatal"] is False
        assert play["gather_facts"] is False
        assert "tags" not in " ".join(play)
        assert not {"ignore_errors", "ignore_unreachable", "max_fail_percentage"} & play.keys()
    assert "| identityops.groupid.run_hosts(groups) }}" in plays[0]["hosts"]
    assert {play["hosts"] for play in plays[1:-1]} <= {"groupid_run"}
    assert plays[-1]["hosts"] == "{{ groups | identityops.groupid.planned_hosts }}"
    assert "serial" not in plays[0] | plays[-1]
    tasks = [task for play in plays for task in play["tasks"]]
    leaving = [task for task in tasks if "ansible.builtin.meta" in task]
    assert all("deployment_ready" in task["when"] and task["ansible.builtin.meta"] == "end_host" for task in leaving)
    roles = [task["ansible.builtin.import_role"] for task in tasks if task not in leaving]
    assert roles[0]["tasks_from"] == "plan"
    assert roles[-1]["tasks_from"] in ("report", "list")
