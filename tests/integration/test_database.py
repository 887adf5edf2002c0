# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployment's database is backed up once for all of its servers, verified as a part, and restored with its rows."""

from __future__ import annotations

import collections.abc as c
import concurrent.futures
import contextlib
import json
import pathlib
import re
import secrets
import subprocess
import sys
import threading
import time

import pytest
import yaml
from integration import sets
from integration.controller import Controller, Run

from lab import databases, fleet, inventory
from lab.lab import Lab, prepare
from lab.waiting import until


@pytest.fixture
def servers() -> int:
    """How many servers the fleet has: those of hq alone."""
    return 2


@pytest.fixture
def lab(tmp_path: pathlib.Path, servers: int) -> c.Iterator[Lab]:
    """A fleet with a SQL Server and a database for each deployment."""
    root = tmp_path / "lab"
    prepare(root, fleet.default_fleet(servers, scale="small", sql=True))
    with Lab(root) as running:
        yield running


def use(controller: Controller, mode: str, **style_options: bool) -> pathlib.Path:
    """Write an inventory that backs databases up in a mode, and give the folder of hq's sets that holds them."""
    lab = controller.lab
    assert lab.sql is not None
    root = inventory.SHARED_ROOT if mode == "unc" else inventory.LOCAL_ROOT
    style = inventory.Style(
        backup_root=root,
        sql_port=lab.sql.port,
        sql_ca=str(databases.authority(lab.root)),
        sql_mode=mode,
        **style_options,
    )
    controller.inventory = controller.write_inventory(style)
    return lab.path("sql01" if mode == "host" else "web01", root) / "hq"


def restore(controller: Controller, set_id: str, *options: str) -> Run:
    wanted = {"groupid_set_id": set_id, "groupid_restore_confirm": set_id, "groupid_deployments": ["hq"]}
    return controller.play("restore", *options, extra=wanted).succeeded()


@pytest.mark.parametrize("servers", [3])
@pytest.mark.parametrize("mode", [pytest.param("unc", marks=pytest.mark.smoke), "host"])
def test_rows_come_back(lab: Lab, controller: Controller, mode: str) -> None:
    folder = use(controller, mode)
    assert lab.sql is not None
    before = databases.rows(lab.root, "hq")
    preflight = controller.play("preflight").succeeded().output
    assert "GroupID_hq" in preflight
    place = re.escape(inventory.SHARED_ROOT if mode == "unc" else f"sql01, {inventory.LOCAL_ROOT}")
    assert re.search(rf"hq: [\d,.]+ MB needed, [\d,.]+ MB free on {place}", preflight), preflight
    assert re.search(r"^ *host .* needs MB  +free GB  +source GB$", preflight, re.MULTILINE), preflight
    # A server's time goes into work, and not into hundreds of small tasks.
    assert 20 <= controller.play("backup").succeeded().tasks() <= 30
    backups = [one for one in lab.sql.statements if one.startswith("BACKUP DATABASE [GroupID_hq]")]
    assert len(backups) == 1, "two servers share one backup"
    assert databases.rows(lab.root, "hq") == before

    [set_folder] = folder.iterdir()
    part = set_folder / "database"
    sets.check_part(part)
    seal = json.loads((set_folder / "set.json").read_text())
    assert [one["server"] for one in seal["parts"]] == ["database", "web01", "web02"]
    assert controller.play("verify").succeeded().tasks() <= 11

    databases.harm(lab.root, "hq")
    assert databases.rows(lab.root, "hq") != before
    assert restore(controller, set_folder.name).tasks() <= 20
    assert databases.rows(lab.root, "hq") == before


@pytest.mark.parametrize("mode", ["unc", "host"])
def test_a_damaged_backup_is_found_and_not_restored(lab: Lab, controller: Controller, mode: str) -> None:
    folder = use(controller, mode)
    assert lab.sql is not None
    before = databases.rows(lab.root, "hq")
    controller.play("backup").succeeded()
    [set_folder] = folder.iterdir()
    [dump] = set_folder.glob("database/database/*.bak")
    whole = dump.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    damaged = [whole[: len(whole) * percent // 100] for percent in (1, 60, 99)]
    asked = len(lab.sql.statements)
    for content in (bytes(flipped), *damaged):
        dump.write_bytes(content)
        wanted = {"groupid_set_id": set_folder.name, "groupid_restore_confirm": set_folder.name}
        controller.play("restore", extra={**wanted, "groupid_deployments": ["hq"]}).failed("database/GroupID_hq.bak")
        assert len(lab.sql.statements) == asked, "refused by its hash, before SQL Server was asked anything"
    controller.play("verify").failed("database/GroupID_hq.bak")
    dump.write_bytes(bytes(flipped))
    controller.play("verify").failed("database/GroupID_hq.bak", "SHA-256")
    dump.unlink()
    controller.play("verify").failed("database/GroupID_hq.bak (missing)")
    assert databases.rows(lab.root, "hq") == before


def test_a_template_in_all_that_only_hosts_can_resolve_stops_nothing(lab: Lab, controller: Controller) -> None:
    """`localhost`, on which the modules for SQL Server run, has the variables of `all` too."""
    folder = use(controller, "unc")
    document = yaml.safe_load(controller.inventory.read_text())
    groups = [document["all"]]
    for group in groups:
        groups += (group.get("children") or {}).values()
        for variables in filter(None, (group.get("hosts") or {}).values()):
            if "ansible_password" in variables:
                variables["own_password"] = variables.pop("ansible_password")
    document["all"]["vars"]["ansible_password"] = "{{ own_password }}"
    controller.inventory.write_text(yaml.safe_dump(document))
    controller.play("backup").succeeded()
    [set_folder] = folder.iterdir()
    assert list(set_folder.glob("database/database/*.bak"))


def at_once(*plays: c.Callable[[], Run]) -> list[Run]:
    """Run plays at the same time, as controllers that know nothing of each other do."""
    with concurrent.futures.ThreadPoolExecutor(len(plays)) as pool:
        return [future.result() for future in [pool.submit(play) for play in plays]]


@pytest.mark.parametrize("mode", ["unc", "host"])
def test_two_runs_at_once_that_see_one_server_each_make_one_backup(
    lab: Lab, controller: Controller, tmp_path: pathlib.Path, mode: str
) -> None:
    """With one set id, each with the half of the deployment: whoever comes first makes it, the other one shares it."""
    folder = use(controller, mode)
    assert lab.sql is not None
    lab.sql.engine.backup_seconds = 3
    set_id = "20260101T000000Z-halves"
    (tmp_path / "second").mkdir()
    others = Controller(lab, tmp_path / "second")
    others.inventory = controller.inventory

    def limited(who: Controller, host: str) -> c.Callable[[], Run]:
        return lambda: who.play("backup", "--limit", host, extra={"groupid_set_id": set_id})

    for run in at_once(limited(controller, "web01"), limited(others, "web02")):
        run.succeeded()
    backups = [one for one in lab.sql.statements if one.startswith("BACKUP DATABASE [GroupID_hq]")]
    assert len(backups) == 1
    sets.check_part(folder / set_id / "database")
    kept = {path: path.read_bytes() for path in (folder / set_id / "database").rglob("*") if path.is_file()}

    # A third run finds the part complete.
    wanted = {"groupid_set_id": set_id, "groupid_deployments": ["hq"]}
    controller.play("verify", extra=wanted).succeeded()
    controller.play("backup", extra=wanted).failed("elasticsearch_running")
    assert sets.sealed(folder.parent, "hq") == [], "nobody knows what ran while the parts were made"
    wanted["groupid_waive"] = ["elasticsearch_running"]
    controller.play("backup", extra=wanted).succeeded()
    assert sets.sealed(folder.parent, "hq") == [set_id], "all parts were there, and this run saw all members"
    controller.play("backup", extra=wanted).failed("Nothing can be added", "it is sealed")
    assert len([one for one in lab.sql.statements if one.startswith("BACKUP")]) == 1
    assert {path: path.read_bytes() for path in kept} == kept


def test_a_run_after_another_one_of_the_set_takes_its_backup(lab: Lab, controller: Controller) -> None:
    """Even when msdb has lost its record of it: a complete part is never written to again."""
    folder = use(controller, "unc")
    assert lab.sql is not None
    extra = {"groupid_set_id": "20260101T000000Z-halves"}
    controller.play("backup", "--limit", "web01", extra=extra).succeeded()
    lab.sql.engine.history["backupset"].clear()
    run = controller.play("backup", "--limit", "web02", extra=extra).succeeded()
    assert "made by another run" in run.output
    assert len([one for one in lab.sql.statements if one.startswith("BACKUP DATABASE [GroupID_hq]")]) == 1
    sets.check_part(folder / extra["groupid_set_id"] / "database")


def test_a_slice_says_why_an_external_backup_is_not_made(lab: Lab, controller: Controller) -> None:
    folder = use(controller, "external")
    lab.path("sql01", "D:\\Dumps").mkdir()
    extra = {"groupid_sql_backup_dir": "D:\\Dumps", "groupid_set_id": "20260101T000000Z-halves"}
    run = controller.play("backup", "--limit", "web01", extra=extra).succeeded()
    assert "This run does not save the database of hq: it does not include web02." in " ".join(run.output.split())
    assert not (folder / extra["groupid_set_id"] / "database").exists()
    named = {**extra, "groupid_components": ["reports", "database"], "groupid_set_id": "20260101T000001Z"}
    controller.play("backup", "--limit", "web01", extra=named).failed(
        "database of deployment hq cannot be saved by this run", "web02"
    )
    assert not (folder / named["groupid_set_id"]).exists()


def test_two_controllers_with_one_set_id_make_one_backup(
    lab: Lab, controller: Controller, tmp_path: pathlib.Path
) -> None:
    """Both see the whole deployment. One of them brings the parts of the servers too; the other is refused these."""
    folder = use(controller, "unc")
    assert lab.sql is not None
    (tmp_path / "second").mkdir()
    second = Controller(lab, tmp_path / "second")
    second.inventory = controller.inventory
    wanted = {"groupid_set_id": "20260101T000000Z", "groupid_deployments": ["hq"]}
    runs = at_once(*(lambda who=who: who.play("backup", extra=wanted) for who in (controller, second)))
    assert 0 in {run.code for run in runs}, [run.output[-2000:] for run in runs]
    assert len([one for one in lab.sql.statements if one.startswith("BACKUP DATABASE [GroupID_hq]")]) == 1
    sets.check_part(folder / wanted["groupid_set_id"] / "database")


def test_an_external_backup_is_recorded_by_its_path(lab: Lab, controller: Controller) -> None:
    folder = use(controller, "external")
    before = databases.rows(lab.root, "hq")
    extra = {"groupid_sql_backup_dir": "D:\\Dumps"}
    lab.path("sql01", "D:\\Dumps").mkdir()
    preflight = controller.play("preflight", extra=extra).succeeded().output
    assert re.search(r"hq: [\d,.]+ MB needed, [\d,.]+ MB free on 127\.0\.0\.1, D:\\Dumps", preflight), preflight
    controller.play("backup", extra=extra).succeeded()
    [set_folder] = folder.iterdir()
    part = json.loads((set_folder / "database" / "part.json").read_text())
    assert part["components"][0]["status"] == "external"
    [dump] = lab.path("sql01", "D:\\Dumps").iterdir()
    assert dump.name == f"GroupID_hq hq {set_folder.name}.bak"
    run = controller.play("verify").succeeded()
    assert "not hashed, not pruned" in run.output
    databases.harm(lab.root, "hq")
    restore(controller, set_folder.name)
    assert databases.rows(lab.root, "hq") == before


def test_check_mode_touches_nothing(lab: Lab, controller: Controller) -> None:
    """With an inventory that gives localhost the connection and shell of Windows."""
    folder = use(controller, "unc", localhost=True, shell_type=True)
    assert lab.sql is not None
    controller.play("backup", "--check").succeeded()
    assert not folder.exists()
    assert not [one for one in lab.sql.statements if one.startswith("BACKUP")]


def test_a_database_that_is_named_is_not_passed_over(lab: Lab, controller: Controller) -> None:
    use(controller, "unc")
    named = {"groupid_components": ["reports", "database"], "groupid_deployments": ["hq"]}
    controller.play("backup", extra={**named, "groupid_sql_server": ""}).failed("groupid_sql_server is not set")
    controller.play("backup", extra={**named, "groupid_components": ["reports"]}).succeeded()
    [set_folder] = lab.path("web01", inventory.SHARED_ROOT).joinpath("hq").iterdir()
    assert not (set_folder / "database").exists()
    wanted = {"groupid_set_id": set_folder.name, "groupid_restore_confirm": set_folder.name}
    controller.play("restore", extra={**named, **wanted}).failed("has no backup of it", "groupid_components names it")


def test_what_the_server_refuses_stops_the_deployment_before_anything_is_written(
    lab: Lab, controller: Controller
) -> None:
    folder = use(controller, "unc")
    assert lab.sql is not None
    run = controller.play("backup", extra={"groupid_sql_database": "Grupid"}).failed("Grupid")
    assert not folder.exists(), run.output
    assert not [one for one in lab.sql.statements if one.startswith("BACKUP")]


@pytest.mark.parametrize("right", [True, False])
def test_the_password_is_nowhere(lab: Lab, controller: Controller, right: bool) -> None:
    use(controller, "unc")
    assert lab.sql is not None
    password = lab.fleet.sql_password
    if not right:
        lab.sql.engine.logins["sa"].password = "another one"
    run = controller.play(
        "backup",
        "-vvvvv",
        extra={"groupid_deployments": ["hq"]},
        environment={"ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "true"},
    )
    assert (run.code == 0) == right, run.output[-3000:]
    assert right or "18456" in run.output
    assert password not in run.output
    assert not [one for one in lab.sql.statements if password in one]
    for file in lab.root.rglob("*"):
        if file.is_file() and file.name not in ("fleet.json", "inventory.yml"):
            assert password.encode() not in file.read_bytes(), file


def seen_in(password: bytes, stop: threading.Event) -> c.Iterator[str]:
    """Return every command line on this computer that holds the password, until it is told to stop."""
    while not stop.is_set():
        for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                line = file.read_bytes()
                if password in line:
                    yield line.replace(b"\0", b" ").decode("utf-8", "replace")
        time.sleep(0.02)


@pytest.mark.timing
def test_the_password_is_in_no_command_line_while_a_play_runs(lab: Lab, controller: Controller) -> None:
    use(controller, "unc")
    assert lab.sql is not None
    password = f"Seen-{secrets.token_hex(8)}'1"
    lab.sql.engine.logins["sa"].password = password
    stop = threading.Event()
    found: list[str] = []
    watcher = threading.Thread(target=lambda: found.extend(seen_in(password.encode(), stop)))
    watcher.start()
    try:
        edited = controller.inventory.read_text(encoding="utf-8").replace(lab.fleet.sql_password, password)
        assert password in edited
        controller.inventory.write_text(edited, encoding="utf-8")
        controller.play("backup", extra={"groupid_deployments": ["hq"]}).succeeded()
        # The watcher does see what is there.
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", password]) as shown:
            try:
                until(lambda: found, "what the watcher sees")
            finally:
                shown.kill()
    finally:
        stop.set()
        watcher.join()
    assert {line.split()[0] for line in found} == {sys.executable}, found


def test_a_seal_is_finished_where_the_database_lies(lab: Lab, controller: Controller) -> None:
    use(controller, "host")
    extra = {"groupid_deployments": ["hq"]}
    controller.play("backup", extra=extra).succeeded()
    seals = [lab.path(name, inventory.LOCAL_ROOT).glob("hq/*/set.json") for name in ("web01", "web02", "sql01")]
    files = [file for found in seals for file in found]
    assert len(files) == 3
    for file in files:
        file.unlink()
    set_id = files[2].parent.name
    files[0].write_bytes((files[0].parent / "set.prepared.json").read_bytes())
    files[1].write_bytes((files[1].parent / "set.prepared.json").read_bytes())
    wanted = {"groupid_set_id": set_id, "groupid_restore_confirm": set_id}
    controller.play("restore", extra={**extra, **wanted}).failed("is not sealed on the computer that has it")
    for file in files[:2]:
        file.unlink()
    controller.play("backup", extra=extra).succeeded()
    assert all(file.exists() for file in files)
