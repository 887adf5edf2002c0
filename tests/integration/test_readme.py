# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README does what it says: its commands run in the lab, with two deployments that share the id of their sets."""

from __future__ import annotations

import dataclasses
import itertools
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import typing as t

import pytest
import yaml
from environment import ROOT
from integration import sets
from integration.controller import Controller

from lab import damage, inventory, snapshot
from lab.lab import Lab

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("roles/*/README.md")])
SET_ID = re.compile(r"\b\d{8}T\d{6}Z\b")
PORTAL = "HR Portal"
"""The portal that the README backs up alone."""


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block of a page. language: as it stands behind the fence, or empty."""

    language: str
    text: str


def blocks(page: str) -> list[Block]:
    return [Block(*found) for found in re.findall(r"^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)]


def commands(page: str, program: str) -> list[list[str]]:
    """Every command line of a program in the blocks of a page, as its arguments; lines that go on are joined."""
    lines = [line for block in blocks(page) for line in block.text.replace("\\\n", " ").splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith(f"{program} ")]


def documented() -> set[str]:
    """The variables of README's tables."""
    return set(re.findall(r"^\| `(groupid_[a-z0-9_]+)` \|", README, re.MULTILINE))


def extra_variables(command: list[str]) -> dict[str, t.Any]:
    """What a command gives with -e, as Ansible reads it."""
    given: dict[str, t.Any] = {}
    for word, value in itertools.pairwise(command):
        if word == "-e":
            as_json = value.startswith("{")
            given.update(json.loads(value) if as_json else dict(one.split("=", 1) for one in shlex.split(value)))
    return given


def variables(document: object) -> set[str]:
    """The collection's variables that a YAML document sets, however deep; modules and roles are none."""
    if isinstance(document, list):
        return {name for item in document for name in variables(item)}
    if not isinstance(document, dict):
        return set()
    own = {str(key) for key in document if str(key).startswith("groupid_")}
    return own.union(*(variables(value) for value in document.values()))


class Reader:
    """Somebody who does what the README says, in a lab."""

    def __init__(self, lab: Lab, controller: Controller) -> None:
        self._lab = lab
        self._controller = controller
        self.done: list[str] = []

    def set_id(self, deployment: str = "hq") -> str:
        """The newest sealed set of a deployment."""
        [host, *dummy] = [one.name for one in self._lab.fleet.hosts if one.deployment == deployment]
        return sets.sealed(self._lab.path(host, inventory.LOCAL_ROOT), deployment)[-1]

    def does(self, command: list[str], *more: str) -> str:
        """Run a command of the README on the lab, with the set that is there in the place of the one of the README."""
        [dummy, *arguments] = command
        if "-i" in arguments:
            place = arguments.index("-i")
            del arguments[place : place + 2]
        if any(SET_ID.search(argument) for argument in arguments):
            arguments = [SET_ID.sub(self.set_id(), argument) for argument in arguments]
        [playbook] = [argument for argument in arguments if argument.startswith("identityops.groupid.")]
        arguments.remove(playbook)
        name = playbook.removeprefix("identityops.groupid.")
        self.done.append(name)
        return self._controller.play(name, *arguments, *more).succeeded().output

    def pictures(self) -> dict[str, snapshot.Picture]:
        """What each server's components hold."""
        return {host.name: snapshot.take(self._lab.components(host.name)) for host in self._lab.fleet.hosts}

    def differing(self, before: dict[str, snapshot.Picture]) -> set[str]:
        """The servers that are not as they were."""
        now = self.pictures()
        return {name for name in now if snapshot.compare(before[name], now[name], folder_times=False)}

    def written(self) -> str:
        """A digest of everything on the servers and shares."""
        return sets.tree_hash(self._lab.root / "hosts", self._lab.root / "shares")


def servers(lab: Lab, deployments: object) -> set[str]:
    """The servers of deployments, given as a list or as text; of all where none is given."""
    named = deployments.split(",") if isinstance(deployments, str) else deployments
    return {host.name for host in lab.fleet.hosts if not named or host.deployment in t.cast("list[str]", named)}


def restores_what_it_names(reader: Reader, lab: Lab, command: list[str]) -> None:
    """Damage every server; the command, without what makes it a trial, mends those of its deployments, and no other."""
    before = reader.pictures()
    for number, host in enumerate(lab.fleet.hosts):
        damage.inflict(lab.components(host.name)["reports"], "flip", seed=number)
    everyone = {host.name for host in lab.fleet.hosts}
    assert reader.differing(before) == everyone
    meant = servers(lab, extra_variables(command).get("groupid_deployments"))
    assert meant
    if "--check" in command:
        harmed = reader.written()
        reader.does(command)
        assert reader.written() == harmed, "--check wrote something"
    reader.does([word for word in command if word not in ("--check", "--diff")])
    assert reader.differing(before) == everyone - meant


def test_every_playbook_command_does_what_is_said(lab: Lab, controller: Controller) -> None:
    for host in lab.fleet.hosts:
        portal = lab.components(host.name)["self_service_portals"] / PORTAL
        portal.mkdir()
        (portal / "web.config").write_text("<configuration/>")
    reader = Reader(lab, controller)
    found = commands(README, "ansible-playbook")
    for command in found:
        if "identityops.groupid.restore" in command:
            restores_what_it_names(reader, lab, command)
            continue
        before, sources = reader.written(), reader.pictures()
        reader.does(command)
        assert reader.differing(sources) == set(), f"{command} changed a source"
        if "identityops.groupid.preflight" in command:
            assert reader.written() == before, f"{command} wrote something"
        if "identityops.groupid.backup" in command:
            # What makes a restore of one of them worth a test.
            assert reader.set_id("hq") == reader.set_id("branch")
        if PORTAL in json.dumps(extra_variables(command)):
            [part] = lab.path("web01", inventory.LOCAL_ROOT).glob(f"hq/{reader.set_id()}/web01")
            record = json.loads((part / "part.json").read_text(encoding="utf-8"))
            assert record["files"] == 1, record
    assert {"preflight", "backup", "verify", "restore"} <= set(reader.done)


@pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")
def test_the_pipeline_reads_how_a_run_ended(lab: Lab, controller: Controller, tmp_path: pathlib.Path) -> None:
    [script] = [block.text for block in blocks(README) if block.language == "sh" and "run.json" in block.text]

    def runs(edit: t.Callable[[dict[str, t.Any]], object]) -> tuple[int, str]:
        """As pipelines run a script: its first command that fails ends it."""
        (tmp_path / "inventory.yml").write_bytes(controller.write_inventory(edit=edit).read_bytes())
        command = ["sh", "-e", "-c", script]
        done = subprocess.run(
            command, cwd=tmp_path, env=controller.environment(), capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    code, output = runs(lambda document: document["all"]["children"]["groupid"]["vars"].update(groupid_retires=1))
    assert (code, "Refused: nothing was touched." in output) == (1, True), output
    code, output = runs(lambda _document: None)
    assert code == 0, output
    for deployment, host in (("hq", "web01"), ("branch", "old01")):
        [set_id] = sets.sealed(lab.path(host, inventory.LOCAL_ROOT), deployment)
        assert f'"{deployment}": "{set_id}"' in output


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_variables_in_blocks_are_in_the_tables(page: pathlib.Path) -> None:
    text = page.read_text(encoding="utf-8")
    known = documented()
    for block in blocks(text):
        if block.language == "yaml":
            document = yaml.safe_load(block.text)
            assert isinstance(document, dict | list), block.text
            assert variables(document) <= known, block.text
    for command in commands(text, "ansible-playbook"):
        assert set(extra_variables(command)) <= known, command


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_make_has_every_target(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = commands(text, "make") + [shlex.split(line) for line in re.findall(r"`(make [^`]+)`", text)]
    assert named
    for command in named:
        done = subprocess.run([*command, "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, "tests/tools/" in done.stdout) == (0, True), (command, done.stderr)


def test_galaxy_commands(controller: Controller) -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    tarball = f"{galaxy['namespace']}-{galaxy['name']}-{galaxy['version']}.tar.gz"
    named = commands(README, "ansible-galaxy") + commands((ROOT / "CONTRIBUTING.md").read_text(), "ansible-galaxy")
    assert named
    for command in named:
        done = subprocess.run(
            [*command[:3], "--help"], env=controller.environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stderr)
        for option in [word.partition("=")[0] for word in command if word.startswith("--")]:
            assert option in done.stdout, command
        assert {word for word in command if word.endswith(".tar.gz")} <= {tarball}, command
