# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two deployments with one set id: a restore changes the one that was named.

Switches of Ansible, and what else lies on a disk, change no result.

The tests share a lab. Each leaves it so that the next can begin, with more sets.
"""

from __future__ import annotations

import collections.abc as c
import json
import pathlib
import subprocess

import pytest
from integration import sets
from integration.controller import CALLBACKS
from integration.two_deployments import BASES, FIRST, Scene, harm, scene

from lab import databases, inventory, snapshot


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Scene]:
    """Both deployments, backed up."""
    with scene(tmp_path_factory.mktemp("two-deployments")) as made:
        yield made


def root(place: Scene, host: str) -> pathlib.Path:
    """Return a server's backup root."""
    return place.lab.path(host, inventory.LOCAL_ROOT)


def state(place: Scene, deployment: str) -> dict[str, object]:
    """What a deployment's restore is to bring back: its first server's folders, its rows, its groups."""
    live = snapshot.take(place.lab.components(FIRST[deployment]))
    return {
        "files": {path: facts.get("sha256") for path, facts in live.items()},
        "rows": databases.rows(place.lab.root, deployment),
        "groups": [line for line in place.groups() if line.endswith(BASES[deployment])],
    }


def test_a_restore_changes_the_deployment_that_was_named(place: Scene) -> None:
    whole = {name: state(place, name) for name in FIRST}
    for name in FIRST:
        harm(place, name)
    harmed = {name: state(place, name) for name in FIRST}
    assert all(harmed[name][kind] != whole[name][kind] for name in FIRST for kind in whole[name])

    before = place.picture()
    wanted = ("-e", f"groupid_set_id={place.set_id}")
    unnamed = place.controller.play("restore", *wanted, "-e", f"groupid_restore_confirm={place.set_id}")
    unnamed.failed(
        f"-e groupid_deployments=hq -e groupid_set_id={place.set_id} -e groupid_restore_confirm=hq/{place.set_id}"
    )
    assert snapshot.compare(before, place.picture()) == []

    named = ("-e", "groupid_deployments=hq", "-e", f"groupid_restore_confirm=hq/{place.set_id}")
    previewed = place.controller.play("restore", *wanted, *named, "--check").succeeded()
    assert "would restore" in previewed.output
    assert "before-restore" not in previewed.output, "that set will not exist"
    assert snapshot.compare(before, place.picture()) == []

    place.controller.play("restore", *wanted, *named).succeeded()
    assert state(place, "hq") == whole["hq"]
    assert state(place, "branch") == harmed["branch"]
    elsewhere = [
        one for one in snapshot.compare(before, place.picture()) if "old01" in one.path or "branch" in one.path
    ]
    assert elsewhere == []


def test_any_errors_fatal_keeps_no_other_deployment_down(place: Scene) -> None:
    locked = place.lab.components("web01")["reports"] / "locked.pst"
    locked.write_bytes(b"in use")
    place.lab.faults["web01"] = {"locked": ["*/Reports/locked.pst"]}
    before = {name: sets.sealed(root(place, host), name) for name, host in FIRST.items()}
    try:
        run = place.controller.play("backup", environment={"ANSIBLE_ANY_ERRORS_FATAL": "true"})
    finally:
        del place.lab.faults["web01"]
        locked.unlink()
    run.failed("FAILED in backup: web01", "reports/locked.pst")
    assert "undefined" not in run.output
    assert sets.sealed(root(place, "web01"), "hq") == before["hq"]
    assert len(sets.sealed(root(place, "old01"), "branch")) == len(before["branch"]) + 1


def test_strategy_free_gives_the_right_result(place: Scene) -> None:
    before = {name: sets.sealed(root(place, host), name) for name, host in FIRST.items()}
    place.controller.play("backup", environment={"ANSIBLE_STRATEGY": "free"}).succeeded()
    for name, host in FIRST.items():
        assert len(sets.sealed(root(place, host), name)) == len(before[name]) + 1


def test_a_callback_that_makes_a_document_of_stdout_is_left_alone(place: Scene, tmp_path: pathlib.Path) -> None:
    (tmp_path / "json.py").write_bytes((CALLBACKS / "one_document.py").read_bytes())
    environment = {
        "ANSIBLE_CALLBACK_PLUGINS": f"{tmp_path}:{CALLBACKS}",
        "ANSIBLE_STDOUT_CALLBACK": "json",
    }
    done = subprocess.run(
        ["ansible-playbook", "identityops.groupid.preflight", "-i", str(place.controller.inventory)],
        env={**place.controller.environment(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(json.loads(done.stdout)["ok"]) == ["old01", "web01", "web02"]
    assert "web01" in done.stderr, "the summary is for people, and still printed"


def test_what_else_lies_on_a_disk_stops_nothing(place: Scene) -> None:
    folder = root(place, "web01") / "hq"
    odd, future, foreign = folder / "20261131T000000Z", folder / "20991231T000000Z", folder / "notes.txt"
    odd.mkdir()
    future.mkdir()
    foreign.write_text("of an administrator")
    before = {name: sets.sealed(root(place, host), name) for name, host in FIRST.items()}
    reported = place.controller.play("preflight").succeeded().output
    assert all(name in reported for name in (odd.name, future.name)), reported
    place.controller.play("backup").succeeded()
    for name, host in FIRST.items():
        assert len(sets.sealed(root(place, host), name)) == len(before[name]) + 1
    place.controller.play("verify").succeeded()
    place.controller.play("list").succeeded()
    wanted = {
        "groupid_set_id": place.set_id,
        "groupid_deployments": sorted(FIRST),
        "groupid_restore_confirm": [f"{name}/{place.set_id}" for name in sorted(FIRST)],
    }
    place.controller.play("restore", extra=wanted).succeeded()
    assert sorted(path.name for path in folder.iterdir() if path in (odd, future, foreign)) == sorted(
        path.name for path in (odd, future, foreign)
    )
