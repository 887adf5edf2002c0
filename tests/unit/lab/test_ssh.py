# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for ssh, called as Ansible's ssh plugin calls the real one."""

from __future__ import annotations

import collections.abc as c
import pathlib
import subprocess

import pytest

from lab import fleet, ssh
from lab.lab import prepare

OPTIONS = ["-C", "-o", "ControlMaster=auto", "-o", "PasswordAuthentication=no"]
Ssh = c.Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def call(tmp_path: pathlib.Path) -> Ssh:
    """Call it, for a lab of one host (web01)."""
    root = tmp_path / "a lab"
    prepare(root, fleet.default_fleet(1, scale="small"))
    program = ssh.write_executable(root)

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *arguments], input=stdin, capture_output=True, text=True, check=False)

    return run


def test_a_line_is_run_on_the_host_of_the_user(call: Ssh) -> None:
    done = call(*OPTIONS, "-o", 'User="web01"', "127.0.0.1", "cmd /c dir")
    assert (done.returncode, done.stdout) == (1, "")
    assert "'cmd' is not recognized" in done.stderr, "a host on Mono knows the bootstrap alone"


def test_a_stranger_is_refused(call: Ssh) -> None:
    done = call(*OPTIONS, "-o", 'User="stranger"', "127.0.0.1", "exit 0")
    assert (done.returncode, done.stdout) == (255, "")
    assert done.stderr == "stranger@127.0.0.1: Permission denied (publickey).\n"


def test_a_line_that_cmd_would_not_take_is_refused(call: Ssh) -> None:
    done = call("-o", "User=web01", "127.0.0.1", "x" * 8_192)
    assert (done.returncode, done.stderr) == (1, "The command line is too long.\n")


def test_there_is_no_shared_connection_to_control(call: Ssh) -> None:
    assert call("-o", "User=web01", "-O", "check", "127.0.0.1").returncode == 255
