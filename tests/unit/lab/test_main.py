# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command line, with a lab in the background."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import subprocess

import pytest
import winrm
import yaml

from lab import agent_build, daemon
from lab.__main__ import main
from lab.repository import REPOSITORY

pytestmark = pytest.mark.skipif(bool(agent_build.missing_programs()), reason=f"no Mono: {agent_build.APT_LINE}")


def test_a_lab_from_start_to_stop(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "lab"
    here = ["--root", str(root)]
    assert main(["status", *here]) == 1
    assert main(["start", *here, "--scale", "small", "--hosts", "2"]) == 0
    try:
        said = capsys.readouterr().out
        assert str(root / "inventory.yml") in said
        document = yaml.safe_load((root / "inventory.yml").read_text())
        login = document["all"]["children"]["groupid"]["children"]["deployment_hq"]["hosts"]["web01"]
        endpoint = f"http://127.0.0.1:{login['ansible_port']}/wsman"
        client = winrm.Protocol(endpoint, "basic", login["ansible_user"], login["ansible_password"], proxy=None)
        shell = client.open_shell()
        assert client.get_command_output(shell, client.run_command(shell, "ver"))[2] == 1
        assert main(["status", *here]) == 0
        assert "web02" in capsys.readouterr().out
        assert main(["start", *here]) == 2
        refused = capsys.readouterr().err
        assert "runs here already" in refused
        pid = json.loads((root / "state.json").read_text())["pid"]
        end = said.partition("end:")[2].strip()
        assert end in refused
        # From a folder that has nothing to do with it, and with nothing that was set for the tests.
        bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(end, shell=True, cwd=tmp_path, env=bare, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "The lab has ended.\n", "")
    finally:
        assert main(["stop", *here]) == 0
    assert not pathlib.Path(f"/proc/{pid}").exists() or os.waitpid(pid, os.WNOHANG)[0] == pid
    capsys.readouterr()
    assert main(["stop", *here]) == 0
    assert "No lab runs" in capsys.readouterr().out


@pytest.mark.parametrize("where", ["the clone", "elsewhere"])
def test_the_usual_lab_is_ended_by_make(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    monkeypatch.setattr(daemon, "running", lambda dummy: 5985)
    monkeypatch.chdir(REPOSITORY if where == "the clone" else tmp_path)
    assert main(["start"]) == 2
    end = capsys.readouterr().err.partition("End it with: ")[2].strip()
    assert end.startswith("make lab-stop" if where == "the clone" else f"make -C {REPOSITORY}")
    shown = subprocess.run([*shlex.split(end), "--dry-run"], capture_output=True, text=True, check=True).stdout
    assert "tests/tools/fleet.py stop" in shown


def test_snapshot_damage_and_compare(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, picture = tmp_path / "lab", str(tmp_path / "web01.json")
    here = ["--root", str(root)]
    assert main(["start", *here, "--scale", "small", "--hosts", "1"]) == 0
    assert main(["stop", *here]) == 0
    assert main(["snapshot", *here, "web01", picture]) == 0
    assert main(["compare", *here, "web01", picture]) == 0
    assert "all equal" in capsys.readouterr().out
    assert main(["damage", *here, "web01", "flip", "--component", "reports"]) == 0
    assert main(["compare", *here, "web01", picture]) == 1
    assert "differs in sha256: reports/" in capsys.readouterr().out


def test_mistakes_are_named(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["snapshot", "--root", str(tmp_path), "web01", str(tmp_path / "x")]) == 2
    refused = capsys.readouterr().err
    assert f"{tmp_path} is no lab" in refused
    line = refused.partition("Make one with: ")[2].strip()
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # From a folder that has nothing to do with it; --help does not start a fleet.
    done = subprocess.run(f"{line} --help", shell=True, cwd=tmp_path, env=bare, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    (tmp_path / "precious").write_text("keep")
    assert main(["start", "--root", str(tmp_path)]) == 2
    assert "holds 'precious'" in capsys.readouterr().err
    assert (tmp_path / "precious").read_text() == "keep"


def test_the_state_of_a_dead_lab_is_not_believed(tmp_path: pathlib.Path) -> None:
    (tmp_path / "state.json").write_text(json.dumps({"pid": os.getpid(), "born": "1", "port": 1}))
    assert main(["status", "--root", str(tmp_path)]) == 1
    assert main(["stop", "--root", str(tmp_path)]) == 0
