# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever goes wrong while servers are stopped and saved: GroupID runs as before, and the next backup is complete."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import json
import pathlib
import typing as t

import pytest
from integration import sets
from integration.at_work import Services, check_set, running, services, sources
from integration.controller import COLLECTION, Controller
from integration.quiesce_faults import RUNS, SERVERS, TIMED_OUT, Deployment, Row

from lab import databases, inventory, snapshot, writers
from lab.fleet import Fleet, make_host
from lab.lab import Lab
from lab.waiting import until

FIRST_SET, SECOND_SET = "20260101T000000Z", "20260102T000000Z"
Results = dict[str, dict[str, t.Any]]


def fleet(deployments: c.Sequence[Deployment], **more: t.Any) -> Fleet:
    """Return the servers of some rows."""
    names = [(name, one.name) for one in deployments for name in one.hosts]
    made = [make_host(name, "10.0", deployment, number=number) for number, (name, deployment) in enumerate(names)]
    return Fleet(tuple(made), scale="small", at_work=True, **more)


def heal(lab: Lab, deployments: c.Sequence[Deployment]) -> None:
    """Let nothing go wrong any more."""
    lab.mishaps.clear()
    lab.faults.clear()
    for one in deployments:
        for name in one.hosts:
            lab.outages.end(lab.host(name))
            lab.services(name).heal()


def expected(before: dict[str, str], row: Row | None) -> dict[str, str]:
    """Return what runs on a server when all is well again."""
    if row is None or not row.restarted:
        return before
    # Windows starts what starts by itself. What runs although it is disabled comes back only if it is recorded.
    picture = {**before, "service GroupIDEmailService": "running, automatic"}
    if not row.recorded:
        picture = {what: state.replace("running, disabled", "stopped, disabled") for what, state in picture.items()}
    return picture


def watchdogs(lab: Lab, deployments: c.Sequence[Deployment], before: Services) -> None:
    """Let the time come on servers that only their watchdogs can start, and wait for them."""
    rows = {one.struck(row): row for one in deployments for row in one.rows if row.heal == "watchdog"}
    for name in rows:
        lab.services(name).pass_time(hours=3)
    until(
        lambda: all(lab.services(name).picture() == expected(before[name], row) for name, row in rows.items()),
        f"the watchdogs of {', '.join(rows)}",
    )


class Servers:
    """The action groupid_backup_server, and others, run on many servers at the same time."""

    def __init__(self, controller: Controller, folder: pathlib.Path) -> None:
        self._controller = controller
        self._folder = folder

    def save(self, set_id: str, *, struck: bool) -> Results:
        """Save all servers into sets of this id, and give the results. struck: with the arguments of the rows."""
        folders = {"backup_root": "{{ groupid_backup_root }}", "deployment": "{{ groupid_deployment }}"}
        folders |= {"set_id": set_id, "retries": "{{ retries }}", "retry_wait": "{{ retry_wait }}"}
        quiesce = {
            "epoch": set_id,
            "run": set_id,
            "item_timeout": "{{ item_timeout }}",
        }
        arguments = {
            "deployment": "{{ groupid_deployment }}",
            "set_id": set_id,
            "members": "{{ members }}",
            "run": set_id,
            "quiesce": quiesce,
            "folders": folders,
        }
        everyone = [host.name for host in self._controller.lab.fleet.hosts]
        return self._run("groupid_backup_server", arguments, set_id, everyone, struck=struck)

    def resume(self, hosts: c.Collection[str]) -> Results:
        """Start again what is still stopped."""
        return self._run("groupid_services", {"state": "resumed"}, "resume", hosts, struck=False)

    def _run(self, module: str, arguments: t.Any, name: str, asked: c.Collection[str], *, struck: bool) -> Results:
        def describe(document: dict[str, t.Any]) -> None:
            children = document["all"]["children"]
            children["ungrouped"]["hosts"]["localhost"] = {
                "ansible_connection": "local",
                "ansible_shell_type": "sh",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            }
            for one in SERVERS:
                group = children["groupid"]["children"][f"deployment_{one.name}"]
                usual = {"item_timeout": 120, "retries": 0, "retry_wait": 0.1, "limit": 0}
                group["vars"].update(usual, members=list(one.hosts))
                for row in one.rows:
                    own = dict(row.arguments) if struck else {}
                    shared = {"groupid_backup_root": inventory.SHARED_ROOT} if row.arguments.get("shared") else {}
                    group["hosts"][one.struck(row)].update(own, **shared)

        where = self._controller.write_inventory(inventory.Style(localhost=True), describe, f"{name}.yml")
        results = self._folder / f"{name}.json"
        task = {f"{COLLECTION}.{module}": arguments, "register": "done", "timeout": "{{ limit }}"}
        hosts = "(groups.groupid | intersect(asked))"
        told = f"{{{{ dict({hosts} | zip({hosts} | map('extract', hostvars, 'done'))) | to_json }}}}"
        write = {"ansible.builtin.copy": {"content": told, "dest": str(results)}, "vars": {"asked": sorted(asked)}}
        plays = [
            {
                "hosts": ",".join(sorted(asked)),
                "gather_facts": False,
                "tasks": [{**task, "ignore_errors": True, "ignore_unreachable": True}],
            },
            {
                "hosts": "localhost",
                "gather_facts": False,
                "tasks": [write],
            },
        ]
        file = self._folder / f"{name}.play.yml"
        file.write_text(json.dumps(plays), encoding="utf-8")
        forks = str(len(self._controller.lab.fleet.hosts))
        run = self._controller.play(str(file), "--forks", forks, where=where)
        assert results.exists(), run.output[-6000:]
        found: Results = json.loads(results.read_text(encoding="utf-8"))
        return found


@dataclasses.dataclass(frozen=True)
class Report:
    """What was seen of all rows: results, what ran, and what lay on the disks.

    before, after: of the strikes and of what healed them; last: of the second backup. written: by deployment, the
    number of what was written before the second backup.
    """

    lab: Lab
    struck: Results
    again: Results
    before: Services
    after: Services
    last: Services
    source: dict[str, snapshot.Picture]
    source_after: dict[str, snapshot.Picture]
    written: dict[str, int]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Report]:
    """All rows about the action, at the same time."""
    folder = tmp_path_factory.mktemp("faults-of-servers")
    with running(folder, fleet(SERVERS)) as (lab, controller):
        made = Servers(controller, folder)
        before, source = services(lab), sources(lab)
        rows = {one.struck(row): row for one in SERVERS for row in one.rows}
        for name, row in rows.items():
            row.strike(lab, name)
        struck = made.save(FIRST_SET, struck=True)
        watchdogs(lab, SERVERS, before)
        heal(lab, SERVERS)
        made.resume([name for name, row in rows.items() if row.heal == "resume"])
        after, source_after = services(lab), sources(lab)
        written = {one.name: writers.last_written(lab.root, one.name) for one in SERVERS}
        again = made.save(SECOND_SET, struck=False)
        yield Report(lab, struck, again, before, after, services(lab), source, source_after, written)


ROWS = [(one, row) for one in SERVERS for row in one.rows]


@pytest.mark.parametrize(("deployment", "row"), ROWS, ids=[row.name for _one, row in ROWS])
def test_a_server_that_is_struck_runs_as_before_and_is_saved_later(
    report: Report, deployment: Deployment, row: Row
) -> None:
    name = deployment.struck(row)
    result = report.struck[name]
    assert code_of(result) == row.code, result.get("msg")
    parts = {name for name in deployment.hosts if part_of(report.lab, deployment, name, FIRST_SET)}
    assert (name in parts) == row.saved
    for host in deployment.hosts:
        own = next((one for one in deployment.rows if deployment.struck(one) == host), None)
        assert report.after[host] == report.last[host] == expected(report.before[host], own)
        assert snapshot.compare(report.source[host], report.source_after[host]) == []
        again = report.again[host]
        assert not again["failed"], again["msg"]
        for set_id in (FIRST_SET, SECOND_SET):
            for part in part_of(report.lab, deployment, host, set_id):
                sets.check_part(part)
    cut = writers.cut(report.lab.root, report.lab.fleet, deployment.name, SECOND_SET, report.written[deployment.name])
    assert cut.faults == []


def code_of(result: dict[str, t.Any]) -> str:
    """Return the code of a result's failure; empty where there is none."""
    if "error" in result:
        return str(result["error"]["code"])
    if result.get("unreachable"):
        return "unreachable"
    return TIMED_OUT if result.get("failed") else ""


def part_of(lab: Lab, deployment: Deployment, host: str, set_id: str) -> list[pathlib.Path]:
    """Return the folder of a server's part that is whole."""
    shared = any(row.arguments.get("shared") for row in deployment.rows if deployment.struck(row) == host)
    root = lab.path(host, inventory.SHARED_ROOT if shared else inventory.LOCAL_ROOT)
    part = root / deployment.name / set_id / host
    return [part] if (part / "part.json").exists() else []


@dataclasses.dataclass(frozen=True)
class RunReport:
    """What was seen of two whole backups. Members as of `Report`; ended, again: deployments of run.json.

    sealed: by deployment, the ids of its sealed sets after the first backup.
    """

    lab: Lab
    ended: dict[str, t.Any]
    again: dict[str, t.Any]
    before: Services
    after: Services
    last: Services
    source: dict[str, snapshot.Picture]
    source_after: dict[str, snapshot.Picture]
    sealed: dict[str, list[str]]
    written: dict[str, int]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[RunReport]:
    """All rows about whole runs, in one run."""
    folder = tmp_path_factory.mktemp("faults-of-runs")
    sql = make_host("sql01", "", "", number=230)
    with running(folder, fleet(RUNS, sql=sql, sql_password="pA1-of-the-lab")) as (lab, controller):
        assert lab.sql
        style = inventory.Style(sql_port=lab.sql.port, sql_ca=str(databases.authority(lab.root)))
        where = controller.write_inventory(style)
        before, source = services(lab), sources(lab)
        rows = {one.struck(row): row for one in RUNS for row in one.rows}
        for name, row in rows.items():
            row.strike(lab, name)

        def back_up(name: str) -> dict[str, t.Any]:
            report = folder / f"{name}.json"
            forks = str(len(lab.fleet.hosts))
            controller.play("backup", "--forks", forks, extra={"groupid_run_file": str(report)}, where=where)
            ended: dict[str, t.Any] = json.loads(report.read_text(encoding="utf-8"))["deployments"]
            return ended

        ended = back_up("struck")
        sealed = {one.name: sets.sealed(lab.path(one.hosts[0], inventory.LOCAL_ROOT), one.name) for one in RUNS}
        watchdogs(lab, RUNS, before)
        heal(lab, RUNS)
        lab.sql.faults.clear()
        stopped = [name for name, row in rows.items() if row.heal == "resume"]
        controller.play("resume", "--limit", ",".join(stopped), where=where).succeeded()
        after, source_after = services(lab), sources(lab)
        written = {one.name: writers.last_written(lab.root, one.name) for one in RUNS}
        again = back_up("again")
        yield RunReport(lab, ended, again, before, after, services(lab), source, source_after, sealed, written)


@pytest.mark.parametrize("deployment", RUNS, ids=[one.rows[0].name for one in RUNS])
def test_a_run_that_is_struck_leaves_everything_as_it_was_and_the_next_one_seals(
    runs: RunReport, deployment: Deployment
) -> None:
    [row] = deployment.rows
    ended = runs.ended[deployment.name]
    codes = {failure["code"] for failure in ended["failures"] if deployment.struck(row) in failure["hosts"]}
    assert codes & set(row.code.split(" or ")) or not (row.code or codes), ended["failures"]
    assert (ended["class"], ended["sealed"]) == (row.klass, row.sealed), ended
    assert bool(ended["still_stopped"]) == bool(row.heal)
    for host in deployment.hosts:
        picture = expected(runs.before[host], row if host == deployment.struck(row) else None)
        assert runs.after[host] == runs.last[host] == picture
        assert snapshot.compare(runs.source[host], runs.source_after[host]) == []
    again = runs.again[deployment.name]
    assert (again["class"], again["sealed"], again["failures"]) == (0, True, [])
    assert again["set_id"] != ended["set_id"] or ended["set_id"] is None
    since = dict.fromkeys(runs.sealed[deployment.name], 0) | {again["set_id"]: runs.written[deployment.name]}
    for set_id, number in since.items():
        check_set(runs.lab, (*deployment.hosts, "sql01"), deployment.name, set_id, number)
