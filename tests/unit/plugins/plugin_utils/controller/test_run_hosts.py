# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run is about the hosts that were named, or it does not begin."""

from __future__ import annotations

import json
import pathlib
import shutil
import typing as t

import pytest
from ansible import context
from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.collections import ImmutableDict

from ansible_collections.identityops.groupid.plugins.filter.run import checked_hosts as run_hosts
from ansible_collections.identityops.groupid.plugins.filter.run import planned_hosts
from ansible_collections.identityops.groupid.plugins.module_utils.run_state import RunState
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller import run_file
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.run_hosts import (
    NOBODY,
    NoHostsError,
    check_planned,
    check_run,
    new_group,
    ready,
    ready_batches,
)

RUN = new_group(())

Facts = dict[str, dict[str, t.Any]]

GROUPS = {
    "all": ["web01", "web02", "web03", "srv01", "sql01"],
    "ungrouped": [],
    "groupid": ["web01", "web02", "web03", "srv01"],
    "hq": ["web01", "web02", "web03"],
    "branch": ["srv01"],
    "empty": [],
}


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No option of the command line, until a test gives one."""
    options(monkeypatch)
    return monkeypatch


def options(monkeypatch: pytest.MonkeyPatch, **given: object) -> None:
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict(given))


@pytest.mark.parametrize(
    "pattern",
    [
        "groupid",
        "web01",
        "hq:branch",
        "hq,branch",
        "groupid:!branch",
        "groupid:&hq",
        "web*",
        "hq[0:1]",
        "~web0[12]",
        "all",
        "*",
    ],
)
def test_a_pattern_that_names_hosts_is_given_back(command_line: pytest.MonkeyPatch, pattern: str) -> None:
    assert check_run(pattern, GROUPS) == pattern


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("groupids", ["groupid_hosts names 'groupids'", "Did you mean groupid?", "branch, empty, groupid, hq", "(-i)"]),
        ("hq:brunch", ["names 'brunch'", "Did you mean branch?"]),
        ("web10", ["names 'web10'"]),
        ("app*", ["names 'app*'"]),
        ("web[10:12]", ["names 'web[10:12]'"]),
        ("empty", ["groupid_hosts 'empty' matches no host", "Add hosts"]),
        ("hq:!hq", ["'hq:!hq' matches no host"]),
        ("hq:&branch", ["'hq:&branch' matches no host"]),
        ("~app.*", ["names '~app.*'"]),
        ("groupid:!brunch", ["names 'brunch'", "Did you mean branch?"]),
        ("groupid:&hg", ["names 'hg'", "Did you mean hq?"]),
    ],
)
def test_a_pattern_that_meets_nobody_is_refused_with_the_groups_that_there_are(
    command_line: pytest.MonkeyPatch, pattern: str, texts: list[str]
) -> None:
    with pytest.raises(NoHostsError) as refused:
        check_run(pattern, GROUPS)
    for text in ["The run was refused", *texts]:
        assert text in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    "limit", ["web01", "hq", "web*", "groupid:!branch", "!branch", "hq,branch", "web01,sql01", "&hq"]
)
def test_a_limit_within_the_pattern_is_let_through(command_line: pytest.MonkeyPatch, limit: str) -> None:
    options(command_line, subset=limit)
    assert check_run("groupid", GROUPS) == "groupid"


@pytest.mark.parametrize(
    ("limit", "texts"),
    [
        ("wbe01", ["--limit names 'wbe01'", "Did you mean web01?", "Correct --limit"]),
        ("web01,web09", ["--limit names 'web09'"]),
        # Who is misspelled here would be in the run.
        ("groupid,!wbe01", ["--limit names 'wbe01'", "Did you mean web01?"]),
        ("sql01", ["no host of groupid is within --limit sql01"]),
        ("hq:!hq", ["--limit 'hq:!hq' matches no host"]),
        ("!all", ["--limit '!all' matches no host"]),
    ],
)
def test_a_limit_that_leaves_nobody_is_refused(command_line: pytest.MonkeyPatch, limit: str, texts: list[str]) -> None:
    options(command_line, subset=limit)
    with pytest.raises(NoHostsError) as refused:
        check_run("groupid", GROUPS)
    for text in texts:
        assert text in str(refused.value)


@pytest.mark.parametrize("name", ["web 01", "hq:web01", "web01,web02", "!web01", "&hq"])
def test_a_host_whose_name_means_others_in_a_play_is_refused(command_line: pytest.MonkeyPatch, name: str) -> None:
    """Later plays name their hosts one by one: with such a name, nothing would be done, or by others."""
    groups = {**GROUPS, "all": [*GROUPS["all"], name], "groupid": [*GROUPS["groupid"], name]}
    with pytest.raises(NoHostsError) as refused:
        check_run("groupid", groups)
    assert f"the host name {name!r}" in str(refused.value)
    assert check_run("hq", groups) == "hq"


def test_an_odd_name_that_means_its_host_alone_is_let_through(command_line: pytest.MonkeyPatch) -> None:
    odd = ["branch", "fe80::1", "10.0.0.1", "büro-01", "web_1.corp.example", "localhost", "web[01]", "web*", "~web01"]
    groups = {**GROUPS, "all": [*GROUPS["all"], *odd], "groupid": [*GROUPS["groupid"], *odd]}
    assert check_run("groupid", groups) == "groupid"


def test_the_deployments_that_there_are_are_named(command_line: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """Of the inventory's files and those beside it; what needs a template or a vault is left out."""
    hosts = tmp_path / "inventory.yml"
    text = """
all:
  children:
    groupid:
      children:
        main: {hosts: {web01: {}, web02: {groupid_deployment: "{{ site }}"}}, vars: {groupid_deployment: HQ}}
        other: {hosts: {srv01: {}, srv02: {}, srv03: {groupid_deployment: 42}}}
"""
    hosts.write_text(text)
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "other.yml").write_text("groupid_deployment: branch\n")
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars" / "srv02.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    ini = tmp_path / "lab.ini"
    ini.write_text("[groupid]\nlab01 groupid_deployment=lab\n")
    options(command_line, inventory=(str(hosts), str(ini), "web09,"))
    with pytest.raises(NoHostsError) as refused:
        check_run("groupids", GROUPS)
    assert "Groups of the inventory: branch, empty, groupid, hq. Deployments: 42, branch, hq, lab." in str(
        refused.value
    )


def test_an_inventory_that_asks_others_is_not_read_again(
    command_line: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    cloud = tmp_path / "cloud.yml"
    cloud.write_text("plugin: ansible.builtin.constructed\ngroups: {groupid: true}\n")
    below = tmp_path / "folder" / "below"  # Ansible reads it too
    below.mkdir(parents=True)
    (below.parent / "hosts.yml").write_text("all: {hosts: {web01: {groupid_deployment: hq}}}\n")
    shutil.copy(program, below)
    sources = (program, cloud, tmp_path, below.parent, tmp_path / "missing.yml")
    options(command_line, inventory=tuple(map(str, sources)))
    with pytest.raises(NoHostsError) as refused:
        check_run("groupids", GROUPS)
    assert "Deployments" not in str(refused.value)
    assert not (tmp_path / "ran").exists()


def test_a_limit_may_stand_in_a_file(command_line: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "those.retry"
    file.write_text("web01\nweb02\n")
    options(command_line, subset=f"@{file}")
    assert check_run("groupid", GROUPS) == "groupid"
    file.write_text("web01\nwbe02\n\n")
    with pytest.raises(NoHostsError, match=r"--limit names 'wbe02'.*Did you mean web02"):
        check_run("groupid", GROUPS)
    file.write_text("sql01\n")
    with pytest.raises(NoHostsError, match="is within --limit @"):
        check_run("groupid", GROUPS)


def test_an_inventory_without_hosts_is_reported(command_line: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoHostsError, match=r"names 'groupid'.*Groups of the inventory: none\."):
        check_run("groupid", {"all": [], "ungrouped": []})


def test_many_groups_are_named_in_part(command_line: pytest.MonkeyPatch) -> None:
    groups = {"all": ["h"], **{f"g{number:02}": ["h"] for number in range(30)}}
    with pytest.raises(NoHostsError, match=r"g00, .*g19 and \d+ more\."):
        check_run("nobody", groups)


def test_a_start_at_a_task_is_refused(command_line: pytest.MonkeyPatch) -> None:
    options(command_line, start_at_task="Verify the parts")
    with pytest.raises(NoHostsError, match="--start-at-task 'Verify the parts' skips the plan"):
        check_run("groupid", GROUPS)


def test_the_filters_raise_what_ansible_prints(command_line: pytest.MonkeyPatch) -> None:
    assert run_hosts("groupid", GROUPS, "backup") == "groupid"
    assert run_hosts(["hq", "branch"], GROUPS, "backup") == ["hq", "branch"]
    with pytest.raises(AnsibleFilterError, match="Did you mean groupid"):
        run_hosts("groupids", GROUPS, "backup")
    assert planned_hosts({**GROUPS, "groupid_run_1": ["web01"]}) == "groupid_run_1"
    with pytest.raises(AnsibleFilterError, match="no task of the plan ran"):
        planned_hosts(GROUPS)


@pytest.fixture
def result(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """The file of a run, which nobody watches any more when the tests' own process ends."""
    monkeypatch.setattr(run_file, "_watched", {})
    return tmp_path / "run.json"


def document(path: pathlib.Path) -> dict[str, t.Any]:
    found: dict[str, t.Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_a_run_that_is_refused_at_the_door_leaves_its_class(
    command_line: pytest.MonkeyPatch, result: pathlib.Path
) -> None:
    options(command_line, check=True)
    assert run_hosts("groupid", GROUPS, "backup", str(result)) == "groupid"
    assert (document(result)["state"], document(result)["kind"], document(result)["check"]) == (
        "running",
        "backup",
        True,
    )
    with pytest.raises(AnsibleFilterError, match="Did you mean groupid"):
        run_hosts("groupids", GROUPS, "verify", str(result))
    found = document(result)
    assert (found["state"], found["class"]) == ("refused", 2)
    [failure] = found["failures"]
    assert (failure["code"], failure["what"]) == ("no_hosts", "The run was refused")
    assert "groupid_hosts names 'groupids'" in failure["cause"]
    assert "Did you mean groupid?" in failure["next"]


def test_a_run_whose_plan_was_passed_over_leaves_its_class(
    command_line: pytest.MonkeyPatch, result: pathlib.Path
) -> None:
    run_hosts("groupid", GROUPS, "backup", str(result))
    with pytest.raises(AnsibleFilterError, match="no task of the plan ran"):
        planned_hosts(GROUPS)
    assert (document(result)["class"], document(result)["failures"][0]["what"]) == (2, "Nothing was done")


def test_a_result_that_cannot_be_written_is_refused_at_the_door(
    command_line: pytest.MonkeyPatch, result: pathlib.Path
) -> None:
    result.mkdir()
    with pytest.raises(AnsibleFilterError, match="cannot be written on the controller"):
        run_hosts("groupid", GROUPS, "backup", str(result))
    with pytest.raises(AnsibleFilterError, match="groupid_run_file must be a text"):
        run_hosts("groupid", GROUPS, "backup", ["run.json"])


def test_a_run_whose_plan_was_passed_over_names_the_tags(command_line: pytest.MonkeyPatch) -> None:
    options(command_line, tags=("verify", "seal"), skip_tags=("plan",))
    with pytest.raises(NoHostsError, match=r"tags verify, seal, tags to skip plan.*ANSIBLE_RUN_TAGS"):
        check_planned(GROUPS)


@pytest.mark.parametrize("option", ["syntax", "listhosts", "listtasks", "listtags"])
def test_what_only_shows_the_plays_needs_no_host(monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    options(monkeypatch, **{option: True})
    assert check_run("groupid", {"all": []}) == "groupid"
    assert check_planned({}) == NOBODY
    assert run_hosts("groupid", {"all": []}, "backup", "/nowhere/run.json") == "groupid"


def fleet(parallel: int) -> Facts:
    """Three deployments of a run, of two servers each; one server of the second has failed."""
    hostvars: Facts = {}
    plan: dict[str, t.Any] = {"hosts": [], "deployments": {}}
    for name in ("branch", "hq", "lyon"):
        hosts = [f"{name}-1", f"{name}-2"]
        plan["deployments"][name] = {"hosts": hosts, "outside": []}
        plan["hosts"] += hosts
        asked = {"deployment": name, "parallel_deployments": parallel}
        hostvars |= {
            host: {"__groupid_settings": {"asked": asked}, "__groupid_planned": {"plan": plan}} for host in hosts
        }
    hostvars["hq-2"]["__groupid_probe"] = {"unreachable": True, "msg": "no route to host"}
    return hostvars


@pytest.mark.parametrize(("parallel", "batches"), [(0, [4]), (1, [2, 2]), (2, [4])])
def test_whole_deployments_go_on_and_none_that_has_failed(parallel: int, batches: list[int]) -> None:
    hostvars = fleet(parallel)
    groups = {RUN: list(hostvars)}
    assert ready(RunState(hostvars), groups, "ready") == ["branch-1", "branch-2", "lyon-1", "lyon-2"]
    assert ready_batches(RunState(hostvars), groups, "ready") == batches


def test_a_play_may_be_for_some_of_them() -> None:
    hostvars = fleet(1)
    for host in hostvars.values():
        names = {name: {"first": f"{name}-2"} for name in ("branch", "hq", "lyon")}
        host["__groupid_review"] = {"deployments": names}
    groups = {RUN: list(hostvars)}
    assert ready(RunState(hostvars), groups, "first") == ["branch-2", "lyon-2"]
    assert ready_batches(RunState(hostvars), groups, "first") == [1, 1]


def test_when_all_have_failed_nobody_goes_on() -> None:
    hostvars = {"hq-2": fleet(0)["hq-2"]}
    hostvars["hq-2"]["__groupid_planned"]["plan"] = {
        "hosts": ["hq-2"],
        "deployments": {"hq": {"hosts": ["hq-2"], "outside": []}},
    }
    assert ready(RunState(hostvars), {RUN: ["hq-2"]}, "ready") == [NOBODY]
    assert ready_batches(RunState(hostvars), {RUN: ["hq-2"]}, "ready") == []


def test_a_run_that_only_shows_its_plays_has_no_group_yet() -> None:
    assert ready(RunState({}), {}, "ready") == [NOBODY]
    assert ready_batches(RunState({}), {}, "ready") == []


def test_each_of_two_runs_that_one_playbook_imports_is_about_its_own_hosts(command_line: pytest.MonkeyPatch) -> None:
    hostvars = fleet(1)
    groups: dict[str, list[str]] = {}
    for run in (["lyon-1", "branch-1", "branch-2"], list(hostvars), *[["branch-1", "branch-2"]] * 8):
        groups[new_group(groups)] = run
        assert groups[check_planned(groups)] == run
    assert ready(RunState(hostvars), groups, "ready") == ["branch-1", "branch-2"]
    assert ready_batches(RunState(hostvars), groups, "ready") == [2]
