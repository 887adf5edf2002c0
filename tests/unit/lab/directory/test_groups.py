# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory of a lab in the background: its inventory, its groups, their harm, and ldifde.exe on its hosts."""

from __future__ import annotations

import json
import pathlib
import subprocess

import ldap
import pytest
import yaml

from lab import agent_build, fleet, groups, layout
from lab.__main__ import main
from lab.lab import Lab, prepare

pytestmark = pytest.mark.skipif(bool(agent_build.missing_programs()), reason=f"no Mono: {agent_build.APT_LINE}")


def test_from_the_command_line(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "lab"
    here = ["--root", str(root)]

    def listing() -> dict[str, tuple[str, str]]:
        capsys.readouterr()
        assert main(["groups", *here]) == 0
        lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
        return {guid: (digest, dn) for guid, digest, dn in lines}

    assert main(["start", *here, "--scale", "small", "--hosts", "1"]) == 0
    try:
        document = yaml.safe_load((root / "inventory.yml").read_text())
        [domain] = document["all"]["children"]["groupid"]["vars"]["groupid_domains"]
        connection = ldap.initialize(f"ldaps://{domain['server']}:{domain['port']}")
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, domain["ca_file"])
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        connection.simple_bind_s(domain["username"], domain["password"])
        before = listing()
        assert main(["damage-groups", *here]) == 0
        assert "groups changed" in capsys.readouterr().out
        after = listing()
    finally:
        pid = json.loads((root / "state.json").read_text())["pid"]
        assert main(["stop", *here]) == 0
    assert len(before) == groups.COUNTS["small"]
    assert after.keys() > before.keys()
    assert len(after) == len(before) + 1
    changed = [guid for guid in before if before[guid][0] != after[guid][0]]
    assert len(changed) > 50
    assert any(after[guid][0] == "-" for guid in changed)
    assert any(before[guid][0] == "-" for guid in changed)
    places = [(before[guid][1], after[guid][1]) for guid in before if before[guid][1] != after[guid][1]]
    kinds = sorted(now.partition(" by an upgrade")[0] for dummy, now in places)
    assert kinds == ["cn=moved", "cn=renamed"]
    assert not pathlib.Path(f"/proc/{pid}/exe").exists()
    with pytest.raises(ldap.SERVER_DOWN):
        connection.whoami_s()
    assert main(["groups", *here]) == 2
    assert "No lab with a directory runs" in capsys.readouterr().err


def test_every_mono_host_has_the_program(tmp_path: pathlib.Path) -> None:
    prepare(tmp_path / "lab", fleet.default_fleet(2, scale="small", directory=True))
    with Lab(tmp_path / "lab") as lab:
        assert lab.directory is not None
        for host in lab.fleet.hosts:
            drive = layout.drive(lab.root, host, "C")
            command = [str(drive / "Windows/System32/ldifde.exe"), "-f", r"C:\export.ldf", "-s", groups.SERVER]
            subprocess.run([*command, "-r", "(objectClass=group)"], check=True, capture_output=True, cwd=tmp_path)
            content = (drive / "export.ldf").read_bytes()
            assert content.count(b"changetype: add\r\n") == groups.COUNTS["small"]
        process = lab.directory.process
    assert process is not None
    assert process.returncode is not None


def test_a_lab_without_a_directory_has_none(tmp_path: pathlib.Path) -> None:
    prepare(tmp_path / "lab", fleet.default_fleet(1, scale="small"))
    with Lab(tmp_path / "lab") as lab:
        assert lab.directory is None
        assert not (layout.drive(lab.root, lab.fleet.hosts[0], "C") / "Windows/System32/ldifde.exe").exists()
