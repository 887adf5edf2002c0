# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run in a fork of a process that has loaded Ansible is as one of the program: output, end, variables, folders."""

from __future__ import annotations

import collections.abc as c
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys

import pytest
import yaml
from integration import loaded
from integration.controller import COLLECTION, Controller

from lab.lab import Lab
from lab.waiting import HANG

SECONDS = re.compile(r'"seconds": [\d.]+')
Play = c.Callable[..., list[str]]


@pytest.fixture
def controller(one_server: Lab, tmp_path: pathlib.Path) -> Controller:
    return Controller(one_server, tmp_path)


@pytest.fixture
def play(tmp_path: pathlib.Path) -> Play:
    """Write a play of one command on this computer, in the folder of the play, and give what runs it."""

    def written(shell: str, name: str = "play.yml") -> list[str]:
        task = {"ansible.builtin.shell": shell}
        variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        document = [{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": [task]}]
        (tmp_path / name).write_text(yaml.safe_dump(document))
        return ["ansible-playbook", "-i", "localhost,", str(tmp_path / name)]

    return written


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["ansible-playbook", f"{COLLECTION}.preflight", "--list-tasks"], 0),
        (["ansible-playbook", f"{COLLECTION}.restore", "-e", json.dumps({"groupid_nobody_reads": "this"})], 2),
        (["ansible-playbook", f"{COLLECTION}.no_such_playbook"], 1),
        (["ansible-playbook", "--no-such-option"], 2),
        (["ansible", "web01", "-m", f"{COLLECTION}.groupid_backup_list", "-a", "backup_root=relative"], 2),
    ],
)
def test_it_says_and_ends_as_the_program_does(controller: Controller, command: list[str], code: int) -> None:
    command += ["-i", str(controller.inventory)]
    done = subprocess.run(
        command,
        env=controller.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    ended, output = loaded.run(command, controller.environment(), HANG)
    assert (ended, SECONDS.sub("", output)) == (code, SECONDS.sub("", done.stdout))


def test_a_run_has_its_own_variables_and_leaves_no_folder(controller: Controller, play: Play) -> None:
    home = pathlib.Path(controller.environment()["ANSIBLE_HOME"])
    command = [*play("ls -d $ANSIBLE_HOME/tmp/ansible-local-*; echo $HERE-$THERE"), "-v"]
    for name, other in (("HERE", "THERE"), ("THERE", "HERE")):
        code, output = loaded.run(command, {**controller.environment(), name: name, other: ""}, HANG)
        assert code == 0, output
        assert ("HERE-" if name == "HERE" else "-THERE") in output
        assert str(home / "tmp" / "ansible-local-") in output
        assert list((home / "tmp").iterdir()) == []


def test_a_variable_of_ansible_is_read(controller: Controller, play: Play) -> None:
    command = play("true")
    code, output = loaded.run(command, {**controller.environment(), "ANSIBLE_STDOUT_CALLBACK": "oneline"}, HANG)
    assert (code, "TASK" in output) == (0, False), output


def test_runs_beside_each_other_have_their_own_ends(controller: Controller, play: Play) -> None:
    """Each ends when the other has begun."""
    one, other = (
        play(f"touch {mine}; until test -e {yours}; do sleep 0.02; done; exit {code}", f"{code}.yml")
        for mine, yours, code in (("one", "two", 0), ("two", "one", 3))
    )
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(loaded.run, command, controller.environment(), HANG) for command in (one, other)]
        assert [end.result()[0] for end in ends] == [0, 2]


def test_a_run_that_takes_too_long_is_killed(controller: Controller, play: Play, tmp_path: pathlib.Path) -> None:
    command = play("until test -e end; do sleep 0.02; done")
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            loaded.run(command, controller.environment(), 1)
    finally:
        (tmp_path / "end").touch()
    assert loaded.run(play("true"), controller.environment(), HANG)[0] == 0
