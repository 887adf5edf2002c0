# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions of the first and the last play, in real plays that contact no server."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[4]
SECRET = "Tr0ub4dor-and-3"
SET = "20261122T120000Z"
RESULTS = "results.json"

Play = t.Callable[..., dict[str, t.Any]]


@pytest.fixture
def play(tmp_path: pathlib.Path) -> Play:
    """Run tasks on hosts, and give what each host registered in ``result``."""

    def run(
        tasks: list[dict[str, t.Any]],
        hosts: dict[str, dict[str, t.Any]],
        *options: str,
        play_vars: dict[str, t.Any] | None = None,
        code: int = 0,
        strategy: str = "linear",
    ) -> dict[str, t.Any]:
        connection = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = {"groupid": {"hosts": hosts, "vars": connection}}
        noted = {
            "name": "Note what came of it",
            "ansible.builtin.copy": {
                "dest": f"{tmp_path}/{{{{ inventory_hostname }}}}-{RESULTS}",
                "content": "{{ result | default({}) | to_json }}",
                "mode": "0600",
            },
            "check_mode": False,
        }
        start = {"hosts": "groupid", "gather_facts": False, "strategy": strategy}
        book = [{**start, "vars": play_vars or {}, "tasks": [*tasks, noted]}]
        for name, document in (("inventory.yml", inventory), ("book.yml", book)):
            (tmp_path / name).write_text(yaml.safe_dump(document), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-i", "inventory.yml", "book.yml", *options],
            cwd=tmp_path,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "source"),
                "ANSIBLE_HOME": str(tmp_path / "home"),
                "ANSIBLE_FORKS": "2",
                "ANSIBLE_SHOW_CUSTOM_STATS": "true",
                "PYTHONWARNINGS": "ignore",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == code, done.stdout + done.stderr
        files = tmp_path.glob(f"*-{RESULTS}")
        results = {file.name.removesuffix(f"-{RESULTS}"): json.loads(file.read_text()) for file in files}
        return {"output": done.stdout + done.stderr, **results}

    return run


def settings(**arguments: str) -> list[dict[str, t.Any]]:
    return [
        {
            "name": "Read what is asked",
            "identityops.groupid.groupid_settings": {"role": "backup", **arguments},
            "register": "__groupid_settings",
        },
        {"name": "Show it", "ansible.builtin.set_fact": {"result": "{{ __groupid_settings }}"}},
    ]


HOST = {"groupid_deployment": "HQ", "groupid_backup_root": "D:/Backups/"}


def test_what_the_inventory_says_is_the_usual_and_extra_variables_are_not(play: Play) -> None:
    hosts = {
        "web01": {**HOST, "groupid_components": "reports, database", "groupid_sql_server": "sql01"},
        "web02": {**HOST, "groupid_include": "{{ portals }}", "portals": ["HR"]},
    }
    hosts["web01"].update(groupid_sql_database="GroupID", groupid_sql_auth="windows", groupid_sql_backup_mode="host")
    hosts["web01"]["groupid_sql_host"] = "sql01"
    extra = json.dumps({"groupid_include": "HR Portal", "groupid_verify_after": "no", "portals": ["IT"]})
    result = play(settings(), hosts, "-e", extra)
    one, two = result["web01"], result["web02"]
    assert (one["changed"], one["failures"], one["schema"]) == (False, [], 1)
    assert one["asked"]["deployment"] == "hq"
    assert one["asked"]["backup_root"] == "D:\\Backups"
    assert one["asked"]["components"] == ["reports", "database"]
    assert (one["asked"]["include"], one["asked"]["usual"]["include"]) == (["HR Portal"], [])
    assert (one["asked"]["verify_after"], one["asked"]["usual"]["verify_after"]) == (False, True)
    assert one["asked"]["usual"]["components"] == ["reports", "database"]
    assert "usual" not in one["asked"]["usual"]
    # A variable of the inventory that refers to an extra one is not what the inventory alone says.
    assert (two["asked"]["include"], two["asked"]["usual"]["include"]) == (["HR Portal"], ["HR"])


@pytest.mark.parametrize("given", ["extra", "play"])
def test_what_only_a_run_can_set_is_not_the_usual(play: Play, given: str) -> None:
    host = {**HOST, "groupid_include": "{{ portals | default([]) }}", "groupid_exclude": ["{{ inventory_hostname }}"]}
    chosen = {"portals": ["HR Portal"]}
    arguments = ("-e", json.dumps(chosen)) if given == "extra" else ()
    asked = play(settings(), {"web01": host}, *arguments, play_vars={} if arguments else chosen)["web01"]["asked"]
    assert (asked["include"], asked["usual"]["include"]) == (["HR Portal"], [])
    assert asked["usual"]["exclude"] == ["web01"]


def test_variables_of_a_play_are_not_the_usual_and_nothing_is_kept_twice(play: Play) -> None:
    result = play(settings(), {"web01": HOST}, play_vars={"groupid_exclude": ["*.tmp"]})
    asked = result["web01"]["asked"]
    assert (asked["exclude"], asked["usual"]["exclude"]) == (["*.tmp"], [])
    assert play(settings(), {"web01": HOST})["web01"]["asked"]["usual"] is None


def test_a_play_does_not_name_other_servers_of_a_deployment_than_the_inventory(play: Play) -> None:
    narrow = {"groupid_deployment_servers": ["web01"]}
    [failure] = play(settings(), {"web01": HOST}, play_vars=narrow)["web01"]["failures"]
    assert "groupid_deployment_servers is not as in the inventory" in failure["what"]
    known = {"web01": {**HOST, "groupid_deployment_servers": "WEB01"}}
    assert play(settings(), known, play_vars=narrow)["web01"]["failures"] == []


def test_a_play_sets_no_deployment_without_its_servers(play: Play) -> None:
    root, hq = {"groupid_backup_root": HOST["groupid_backup_root"]}, {"groupid_deployment": "hq"}
    [failure] = play(settings(), {"web01": root}, play_vars=hq)["web01"]["failures"]
    assert "groupid_deployment is not as in the inventory" in failure["what"]
    whole = {**hq, "groupid_deployment_servers": ["web01"]}
    assert play(settings(), {"web01": root}, play_vars=whole)["web01"]["failures"] == []
    site = {"web01": {**root, "groupid_deployment": "{{ site }}"}}
    assert play(settings(), site, "-e", "site=HQ")["web01"]["failures"] == [], "every run sees it"


def test_check_mode_is_known_however_it_was_asked_for(play: Play) -> None:
    dry = [{**task, "check_mode": True} for task in settings()]
    assert play(dry, {"web01": HOST})["web01"]["asked"]["check"] is True
    assert play(settings(), {"web01": HOST}, "--check")["web01"]["asked"]["check"] is True
    assert play(settings(), {"web01": HOST})["web01"]["asked"]["check"] is False


def test_what_cannot_be_read_is_a_failure_that_names_the_variable(play: Play) -> None:
    hosts = {
        "web01": {**HOST, "groupid_include": "{{ nowhere_defined }}", "groupid_retries": "many"},
        "web02": {"groupid_backup_root": "D:\\Backups"},
    }
    result = play(settings(), hosts, "-e", "groupid_deployment=hq")
    reported = [f"{one['phase']}: {one['what']}: {one['cause']}" for one in result["web01"]["failures"]]
    assert [
        text
        for text in reported
        if text.startswith("plan: groupid_include cannot be read: ") and "nowhere_defined" in text
    ]
    assert [text for text in reported if "groupid_retries" in text and "many" in text]
    # The same for all hosts, and refused on each: an extra variable would make all of them members.
    assert [one["what"] for one in result["web02"]["failures"]] == ["groupid_deployment was given with -e"]
    assert "Traceback" not in result["output"]


@pytest.mark.parametrize("unknown", ["refuse", "warn"])
def test_a_variable_that_nobody_knows(play: Play, unknown: str) -> None:
    result = play(settings(unknown=unknown), {"web01": {**HOST, "groupid_excludes": ["*.tmp"]}})
    reported = [one["what"] for one in result["web01"]["failures"]]
    assert len(reported) == (unknown == "refuse")
    assert ("[WARNING]: groupid_excludes is not a variable" in result["output"]) == (unknown == "warn")
    assert "Did you mean groupid_exclude?" in json.dumps(result)


def test_what_a_run_finds_itself_is_not_for_variables(play: Play) -> None:
    """An extra variable would hide what tasks register: a review that nobody made."""
    hosts = {"web01": {**HOST, "__groupid_part": {}}, "web02": HOST}
    result = play(settings(), hosts, "-e", "__groupid_review=none")
    reported = {name: [one["what"] for one in result[name]["failures"]] for name in hosts}
    assert reported["web01"] == ["__groupid_part was set by hand", "__groupid_review was set by hand"]
    assert reported["web02"] == ["__groupid_review was set by hand"]


def test_secrets_are_in_no_result(play: Play) -> None:
    domain = {"name": "corp.example", "username": "svc@corp.example", "password": SECRET}
    secrets = {
        "groupid_network_username": "CORP\\svc",
        "groupid_network_password": SECRET,
        "groupid_domains": [domain],
        "groupid_exclude": [f"*{SECRET}*"],
    }
    result = play(settings(), {"web01": {**HOST, **secrets}}, "-e", json.dumps({"groupid_domains": [domain]}), "-vvv")
    assert SECRET not in json.dumps(result["web01"])
    assert result["web01"]["asked"]["domains"] == [{"name": "corp.example", "username": "svc@corp.example"}]
    assert not [name for name in result["web01"]["asked"] if "password" in name]


PLAN = [
    {
        "name": "Plan",
        "identityops.groupid.groupid_plan": {"known": "{{ groups.groupid }}"},
        "register": "result",
        "run_once": True,
    },
]


def test_a_plan_sorts_the_hosts_and_counts_those_outside(play: Play) -> None:
    hosts = {"web02": HOST, "web01": HOST, "srv01": {**HOST, "groupid_deployment": "branch"}, "web03": HOST}
    result = play([*settings(), *PLAN], hosts, "--limit", "!web03")
    assert result["web01"]["plan"] == {
        "hosts": ["srv01", "web01", "web02"],
        "deployments": {
            "branch": {"hosts": ["srv01"], "outside": []},
            "hq": {"hosts": ["web01", "web02"], "outside": ["web03"]},
        },
    }


def test_a_plan_is_about_the_hosts_that_run_the_role(play: Play) -> None:
    """As where `when` leaves one out, or a rescue runs on those that failed: the others' answers are of another run."""
    earlier = {
        "name": "Note an earlier plan",
        "ansible.builtin.set_fact": {"__groupid_planned": {"plan": {"hosts": ["web02"], "deployments": {}}}},
        "when": "inventory_hostname == 'web02'",
    }
    asked = [{**settings()[0], "when": "inventory_hostname != 'web03'"}]
    result = play([*asked, earlier, *PLAN], {"web01": HOST, "web02": HOST, "web03": HOST})
    assert result["web01"]["plan"] == {
        "hosts": ["web01"],
        "deployments": {"hq": {"hosts": ["web01"], "outside": ["web02", "web03"]}},
    }
    assert result["web01"]["group"] == "groupid_run_1"


@pytest.mark.parametrize("strategy", ["free", "ansible.builtin.host_pinned"])
def test_a_strategy_in_which_hosts_do_not_wait_for_each_other_is_refused(play: Play, strategy: str) -> None:
    result = play([*settings(), *PLAN], {"web01": HOST, "web02": HOST}, strategy=strategy, code=2)
    assert f"The play has the strategy {strategy}" in result["output"]
    assert play([*settings(), *PLAN], {"web01": HOST}, strategy=strategy)["web01"]["plan"]["hosts"] == ["web01"]


def test_a_plan_reports_each_fault_once_and_fails_the_run(play: Play) -> None:
    hosts = {f"web0{number}": {**HOST, "groupid_retries": "many"} for number in (1, 2, 3)}
    result = play([*settings(), *PLAN], hosts, code=2)
    text = result["output"]
    assert text.count("groupid_retries") == 2  # the fault, and the example
    assert "FAILED in plan: web[01:03]" in text
    assert "Nothing was started" in text


def test_a_plan_without_the_deployment_that_was_named_fails_the_run(play: Play) -> None:
    result = play([*settings(), *PLAN], {"web01": HOST}, "-e", "groupid_deployments=hg", code=2)
    assert "Did you mean hq?" in result["output"]


@pytest.mark.parametrize("check", [False, True])
def test_a_summary_is_printed_as_lines(play: Play, check: bool) -> None:
    facts = {
        "__groupid_planned": {
            "plan": {
                "hosts": ["web01"],
                "deployments": {"hq": {"hosts": ["web01"], "outside": []}},
            }
        },
        "__groupid_review": {"deployments": {"hq": {"first": "web01", "missing": []}}},
    }
    noted = [*settings(), {"name": "Note", "ansible.builtin.set_fact": facts}]
    summary = {"name": "Sum up", "identityops.groupid.groupid_summary": {"kind": "backup"}, "register": "result"}
    result = play([*noted, summary], {"web01": HOST}, *(["--check"] if check else []))
    lines = result["output"].splitlines()
    assert ("Check mode: nothing was changed. This is what a run would do." in lines) == check
    assert "hq          database          not configured" in lines
    told = {"class": 2, "state": "refused", "set_ids": {}}  # nobody has saved anything
    stats = {"data": {"groupid_run": {"backup": told}}, "per_host": False, "aggregate": True}
    usual = {"changed": False, "schema": 1, "failed": False, "seconds": 0}
    assert {**result["web01"], "seconds": 0} == {**usual, "run": told, "ansible_stats": stats, "file": None}


def run_of() -> list[dict[str, t.Any]]:
    """A run of its own play, in which every host has its part."""
    review = {"first": "web01", "missing": [], "versions": {}}
    noted = {
        "__groupid_review": {"deployments": {"hq": review}, "set_ids": {"hq": SET}},
        "__groupid_sql_place": {"skipped": True},
        "__groupid_saved": {"schema": 1, "changed": True, "part": {"state": "complete", "changed": True}},
    }
    return [
        *settings(),
        {**PLAN[0], "register": "__groupid_planned"},
        {"name": "Note", "ansible.builtin.set_fact": noted},
        {
            "name": "Sum up",
            "identityops.groupid.groupid_summary": {"kind": "backup"},
            "register": "result",
            "run_once": True,
        },
    ]


def document(file: pathlib.Path) -> dict[str, t.Any]:
    found: dict[str, t.Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def test_a_run_leaves_its_result_in_a_file_and_in_the_custom_stats(play: Play, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "results" / "run.json"
    secret = {"groupid_network_username": "CORP\\svc", "groupid_network_password": SECRET}
    part = {"error": {"code": "x", "what": f"It said {SECRET}", "cause": "", "next": ""}, "changed": True}
    wrong = {
        "name": "Fail",
        "ansible.builtin.set_fact": {"__groupid_saved": {"part": part}},
        "when": "wrong is defined",
    }
    tasks = run_of()
    hosts = {"web01": {**HOST, **secret}, "web02": {**HOST, **secret}}
    variables = {"groupid_run_file": str(file)}
    result = play(tasks, hosts, play_vars=variables)
    assert result["web01"]["file"] == str(file)
    found = document(file)
    assert (found["class"], found["state"], found["kind"], found["check"]) == (0, "done", "backup", False)
    ended = found["deployments"]["hq"]
    assert (ended["servers"], ended["set_id"], ended["sealed"]) == (["web01", "web02"], SET, False)
    assert result["web01"]["run"] == {"class": 0, "state": "done", "set_ids": {"hq": SET}}
    result = play([*tasks[:-1], wrong, tasks[-1]], hosts, "-e", "wrong=1", play_vars=variables)
    found = document(file)
    assert (found["class"], found["earlier"]) == (3, [])
    [failure] = found["deployments"]["hq"]["failures"]
    assert (failure["hosts"], failure["what"]) == (["web01", "web02"], "It said ********")
    assert SECRET not in file.read_text()
    assert '"groupid_run": { "backup": { "class": 3' in " ".join(result["output"].split())


def test_a_run_whose_variables_are_wrong_leaves_that_in_its_file(play: Play, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "run.json"
    hosts = {"web01": {**HOST, "groupid_retries": "many"}, "web02": HOST}
    play(run_of(), hosts, "-e", f"groupid_run_file={file}", code=2)
    found = document(file)
    assert (found["class"], found["state"], found["deployments"]) == (2, "refused", {})
    [failure] = found["failures"]
    assert (failure["phase"], failure["hosts"], failure["code"]) == ("plan", ["web01"], "variable")
    play(run_of(), {"web01": HOST}, "-e", f"groupid_run_file={file} groupid_deployments=hg", code=2)
    assert [one["code"] for one in document(file)["failures"]] == ["no_such_deployment"]
    play(run_of(), {"web01": HOST}, "-e", f"groupid_run_file={file} groupid_sql_delegate_to=gateway", code=2)
    assert [one["code"] for one in document(file)["failures"]] == ["no_such_host"]


def test_a_host_whose_variables_cannot_be_read_is_not_left_out_in_silence(play: Play, tmp_path: pathlib.Path) -> None:
    """Ansible takes it out of the run, and would go on with the others."""
    file = tmp_path / "run.json"
    broken = {"web01": HOST, "web02": {**HOST, "role_of_host": "nonsense"}}
    tasks = [*settings(role="{{ role_of_host | default('backup') }}"), *run_of()[2:]]
    result = play(tasks, broken, "-e", f"groupid_run_file={file}", code=2)
    assert "FAILED in plan: web02" in result["output"]
    found = document(file)
    assert (found["class"], found["failures"][0]["hosts"]) == (2, ["web02"])


def test_a_run_has_one_file(play: Play, tmp_path: pathlib.Path) -> None:
    hosts = {name: {**HOST, "groupid_run_file": str(tmp_path / f"{name}.json")} for name in ("web01", "web02")}
    result = play(run_of(), hosts, code=2)
    assert "groupid_run_file is not the same on all hosts of the run" in result["output"]
    assert document(tmp_path / "web01.json")["class"] == 2
    (tmp_path / "book.json").write_text("{}")
    result = play(run_of(), {"web01": HOST}, "-e", f"groupid_run_file={tmp_path}/book.json", code=2)
    assert "is not the result of a run" in result["output"]
