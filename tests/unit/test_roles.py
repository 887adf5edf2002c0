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

from ansible_collections.identityops.groupid.plugins.filter import run
from ansible_collections.identityops.groupid.plugins.module_utils import run_state, steps
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.words import BY_NAME, WORDS

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
TASK_FILES = sorted((ROOT / "roles").glob("*/tasks/*.yml"))
READ_BY_ROLES = [*TASK_FILES, *sorted((ROOT / "roles").glob("*/vars/*.yml"))]
MODULE = "identityops.groupid.groupid_"
ON_THE_CONTROLLER = {f"{MODULE}{name}" for name in ("settings", "plan", "summary")}
ALLOWED_RAW = {
    # What makes the play, before anything was asked.
    "deployments.yml": {"groupid_hosts"},
    # Of a host that is delegated to, which was not asked anything.
    "main.yml of vars": {"groupid_sql_delegate_to"},
}

ASKED = r"hostvars \| identityops\.groupid\.decide\(inventory_hostname, '\w+'\)"
READY = r"\{{\{{ hostvars \| default\(\{{\}}\) \| identityops\.groupid\.{}\(groups(, '\w+')?\) \}}\}}"
RUN = "{{ groups | identityops.groupid.planned_hosts }}"
READY_HOSTS = "{{ hostvars | default({}) | identityops.groupid.ready_hosts(groups) }}"
READY_BATCHES = "{{ hostvars | default({}) | identityops.groupid.ready_batches(groups) }}"
TOGETHER = "{{ hostvars | default({}) | identityops.groupid.ready_batches(groups, 'saves_together') }}"

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


def contacts(task: Task) -> bool:
    """Whether a task asks a host, a SQL Server or a directory."""
    return any(key.startswith(MODULE) and key not in ON_THE_CONTROLLER for key in task)


CONTACTS = [
    pytest.param(path, task, id=f"{name_of(path)}: {task['name']}")
    for path in TASK_FILES
    for task in load(path)
    if contacts(task)
]


def test_there_are_tasks_to_check() -> None:
    assert len(CONTACTS) >= 12


@pytest.mark.parametrize(("path", "task"), CONTACTS)
def test_a_task_that_asks_a_host_never_takes_it_out_of_the_run(path: Path, task: Task) -> None:
    assert task["failed_when"] is False
    # What nobody foresaw, as a template that does not resolve.
    assert task["ignore_errors"] is True
    assert task["ignore_unreachable"] is True


def test_what_each_task_registers_is_the_record_of_the_run() -> None:
    """Nothing that a task tells is lost, and nothing is waited for that no task tells."""
    registered = {task["register"] for path in TASK_FILES for task in load(path) if contacts(task)}
    assert registered == {name for names in run_state.PHASES.values() for name in names}, "run_state.py, PHASES"


def test_no_variable_of_a_task_has_the_name_of_what_another_one_registers() -> None:
    """A registered answer counts more than a variable of a task. The task would read the answer."""
    given = {name for path in TASK_FILES for task in load(path) for name in task.get("vars") or {}}
    registered = {task["register"] for path in TASK_FILES for task in load(path) if "register" in task}
    assert given
    assert not given & registered


def test_a_run_forgets_what_another_one_has_left() -> None:
    """A role may be tried again in a rescue, and a playbook may import two of ours."""
    first = load(ROOT / "roles" / "preflight" / "tasks" / "deployments.yml")[0]
    noted = {name for path in TASK_FILES for task in load(path) for name in task.get("ansible.builtin.set_fact", {})}
    names = {name for names in run_state.PHASES.values() for name in names} | noted | {"__groupid_planned"}
    forgotten = {name: [] if name == "__groupid_unsealed" else {} for name in names}
    assert first["ansible.builtin.set_fact"] == forgotten, "roles/preflight/tasks/deployments.yml"


def registered_by(path: Path) -> c.Iterator[str]:
    """The answers that a file's tasks register, those of files and roles that it imports among them."""
    for task in load(path):
        yield from [task["register"]] if contacts(task) else []
        if "ansible.builtin.import_tasks" in task:
            yield from registered_by(path.with_name(task["ansible.builtin.import_tasks"]))
        if "ansible.builtin.import_role" in task:
            imported = task["ansible.builtin.import_role"]
            role = ROOT / "roles" / imported["name"].rpartition(".")[2]
            yield from registered_by(role / "tasks" / f"{imported['tasks_from']}.yml")


@pytest.mark.parametrize("path", sorted((ROOT / "roles").glob("*/tasks/main.yml")), ids=name_of)
def test_what_a_preflight_found_is_not_lost_where_the_work_is_skipped(path: Path) -> None:
    """A task that is skipped registers that too, over what the same task found in a dry run."""
    registered = list(registered_by(path))
    assert registered
    assert sorted(registered) == sorted(set(registered))
    later = [task for task in load(path) if "ansible.builtin.include_tasks" in task]
    for task in later:
        again = set(registered_by(path.with_name(task["ansible.builtin.include_tasks"]))) & set(registered)
        assert not again or "'ready')" in task["when"]


def test_no_loop_goes_from_host_to_host() -> None:
    """Ansible keeps the connection of a loop while the address stays the same, as of two hosts behind one gateway."""
    loops = [task for path in TASK_FILES for task in load(path) if "loop" in task]
    assert not [task for task in loops if run_state.LOOP_VARIABLE in task.get("delegate_to", "")]


@pytest.mark.parametrize("path", TASK_FILES, ids=name_of)
def test_tasks_are_a_list_without_blocks_and_decide_nothing(path: Path) -> None:
    for task in load(path):
        assert not {"block", "rescue", "always"} & task.keys()
        conditions = task.get("when", [])
        for condition in conditions if isinstance(conditions, list) else [conditions]:
            assert re.fullmatch(
                r"__groupid_failed \| length > 0|(not )?__groupid_settings\.asked\.\w+"
                r"|" + ASKED,
                condition,
            ), condition


def test_a_loop_is_over_what_was_decided_and_names_its_items_alike() -> None:
    loops = [task for path in TASK_FILES for task in load(path) if contacts(task) and "loop" in task]
    assert len(loops) >= 7
    for task in loops:
        assert task["loop_control"]["loop_var"] == run_state.LOOP_VARIABLE
        assert re.fullmatch(
            r"\{\{ hostvars \| identityops\.groupid\.decide\(inventory_hostname, '\w+'\) \}\}", task["loop"]
        )


@pytest.mark.parametrize("path", READ_BY_ROLES, ids=name_of)
def test_no_variable_is_read_as_it_was_given(path: Path) -> None:
    place = f"{path.name} of vars" if path.parent.name == "vars" else path.name
    texts = " ".join(strings(load(path)))
    read = set(re.findall(r"(?<![\w.])groupid_\w+|(?<=\]\.)groupid_\w+", texts)) & BY_NAME.keys()
    assert read <= ALLOWED_RAW.get(place, set())


def test_what_is_asked_is_in_the_vocabulary() -> None:
    asked = {word.key for word in WORDS if not word.secret} | {"usual", "check"}
    texts = " ".join(text for path in READ_BY_ROLES for text in strings(load(path)))
    read = set(re.findall(r"__groupid_settings\.asked\.(\w+)", texts))
    assert read
    assert read <= asked


def test_every_question_that_roles_ask_exists_and_none_is_left_over() -> None:
    texts = " ".join(text for path in TASK_FILES for text in strings(load(path)))
    texts += " ".join(text for path in PLAYBOOKS for text in strings(load(path)))
    asked = re.findall(r"groupid\.(?:decide\(inventory_hostname|ready_\w+\(groups), '(\w+)'", texts)
    assert set(asked) == steps.QUESTIONS.keys(), "steps.py, QUESTIONS"


def test_every_filter_that_is_used_exists_and_none_is_left_over() -> None:
    texts = " ".join(text for path in [*TASK_FILES, *PLAYBOOKS] for text in strings(load(path)))
    used = set(re.findall(r"\|\s*identityops\.groupid\.(\w+)", texts))
    assert used == run.FilterModule().filters().keys()
    assert used == {path.stem for path in (ROOT / "plugins" / "filter").glob("*.yml")}, "each has its documentation"


def test_a_restore_is_checked_alike_in_check_mode() -> None:
    for name in ("restore/tasks/preflight.yml", "preflight/tasks/servers.yml"):
        assert "check_mode" not in " ".join(strings(load(ROOT / "roles" / name)))


def test_check_mode_of_a_play_is_kept_and_a_dry_run_is_one() -> None:
    """The variable ansible_check_mode knows of --check alone, and a task's own check_mode hides that of its play."""
    plays = [play for path in PLAYBOOKS for play in load(path)]
    tasks = [task for path in TASK_FILES for task in load(path)] + [task for play in plays for task in play["tasks"]]
    assert not [task for task in tasks if "ansible_check_mode" in " ".join(strings(task))]
    assert {task.get("check_mode", True) for task in tasks} == {True}
    dry_runs = [task for task in tasks if "__groupid_dry_run" in task.get("vars", {})]
    assert len(dry_runs) >= 5
    assert {task.get("check_mode") for task in dry_runs} == {True}


def test_nothing_is_restored_before_the_choice_was_made() -> None:
    [ask, included] = load(ROOT / "roles" / "preflight" / "tasks" / "servers.yml")
    assert included["ansible.builtin.import_tasks"] == "review.yml"
    [compare] = load(ROOT / "roles" / "preflight" / "tasks" / "review.yml")
    assert "identityops.groupid.groupid_info" in ask
    assert "identityops.groupid.review(__groupid_planned.plan" in " ".join(strings(compare))
    assert compare["run_once"] is True
    first = load(ROOT / "roles" / "restore" / "tasks" / "preflight.yml")[0]
    assert first["ansible.builtin.import_role"]["tasks_from"] == "servers"
    assert first["vars"] == {"__groupid_kind": "restore"}


def reports(path: Path) -> bool:
    """Whether a file of tasks prints the summary, or ends with an import of what does."""
    last = load(path)[-1]
    imported = [last.get("ansible.builtin.import_tasks"), last.get("ansible.builtin.import_role", {}).get("tasks_from")]
    return any(f"{MODULE}summary" in task for task in load(path)) or bool({"report", "report.yml"} & set(imported))


@pytest.mark.parametrize("path", PLAYBOOKS, ids=name_of)
def test_plays_pin_what_the_environment_could_change(path: Path) -> None:
    plays = load(path)
    for play in plays:
        assert play["strategy"] == "ansible.builtin.linear"
        assert play["any_errors_fatal"] is False
        assert play["gather_facts"] is False
        assert "tags" not in " ".join(play)
        assert not {"ignore_errors", "ignore_unreachable", "max_fail_percentage"} & play.keys()
    door = "{{{{ groupid_hosts | default('groupid') | identityops.groupid.run_hosts(groups, '{}', {}) }}}}"
    assert plays[0]["hosts"] == door.format(path.stem, "groupid_run_file | default('')")
    # Those that change something are for the deployments on which nothing went wrong, some at a time.
    for play in [play for play in plays[1:-1] if play["hosts"] != RUN]:
        assert re.fullmatch(READY.format("ready_hosts"), play["hosts"])
    for play in [play for play in plays if play["name"] in ("Backup", "Restore", "Verify", "Seal")]:
        batches = TOGETHER if play["name"] == "Backup" else READY_BATCHES
        assert (play["hosts"], play["serial"]) == (READY_HOSTS, batches)
    assert plays[-1]["hosts"] == RUN
    assert "serial" not in plays[0] | plays[-1]
    tasks = [task for play in plays for task in play["tasks"]]
    roles = [task["ansible.builtin.import_role"] for task in tasks]
    assert roles[0]["tasks_from"] == "plan"
    last = ROOT / "roles" / roles[-1]["name"].rpartition(".")[2] / "tasks" / f"{roles[-1]['tasks_from']}.yml"
    assert reports(last), "a run ends with its summary"
