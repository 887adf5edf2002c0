# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever goes wrong while servers are stopped and saved: GroupID runs as before, and the next backup is complete."""

from __future__ import annotations

import collections.abc as c
import contextlib
import json
import pathlib
import typing as t

import pytest
from integration import quiesce_faults, sets
from integration.controller import COLLECTION, Controller, Run
from integration.quiesce_faults import Row

from lab import inventory, snapshot, writers
from lab.fleet import Fleet, Host, make_host
from lab.lab import Lab, discard, prepare

FIRST_SET, SECOND_SET = "20260101T000000Z", "20260102T000000Z"


class Place:
    """Deployments in a lab, one for each row: that of row 7 is ``d07``, with ``d07-a`` and perhaps ``d07-b``."""

    def __init__(self, rows: c.Sequence[Row]) -> None:
        self.rows = rows

    def hosts(self, row: Row) -> list[str]:
        """Name the servers of a row's deployment."""
        deployment = f"d{self.rows.index(row):02}"
        return [f"{deployment}-{letter}" for letter in ("a" if row.fellow is None else "ab")]

    def struck(self, row: Row) -> str:
        """Name the server to which it happens."""
        return self.hosts(row)[0 if row.server == "first" else 1]

    def fleet(self) -> Fleet:
        """Return the servers of all rows."""
        names = [name for row in self.rows for name in self.hosts(row)]
        made = [make_host(name, "10.0", name[:3], number=number) for number, name in enumerate(names)]
        return Fleet(tuple(made), scale="small", at_work=True)


def picture(lab: Lab, host: Host) -> snapshot.Picture:
    """Look at a server's components, past what GroupID writes itself."""
    found = snapshot.take(lab.components(host.name))
    return {path: facts for path, facts in found.items() if path.rpartition("/")[2] not in writers.FILES}


class Servers:
    """The action groupid_backup_server, run on all servers at the same time."""

    def __init__(self, lab: Lab, controller: Controller, place: Place, folder: pathlib.Path) -> None:
        self.lab = lab
        self.place = place
        self._controller = controller
        self._folder = folder

    def save(self, set_id: str) -> dict[str, dict[str, t.Any]]:
        """Save all servers into sets of this id, and give the result for each."""
        arguments = {
            "deployment": "{{ groupid_deployment }}",
            "set_id": set_id,
            "members": "{{ members }}",
            "run": set_id,
            "quiesce": {"epoch": set_id, "run": set_id, "item_timeout": "{{ item_timeout }}"},
            "folders": {
                "backup_root": "{{ groupid_backup_root }}",
                "deployment": "{{ groupid_deployment }}",
                "set_id": set_id,
                "retries": "{{ retries }}",
                "retry_wait": "{{ retry_wait }}",
            },
        }
        return self._run("groupid_backup_server", arguments, set_id)

    def resume(self) -> dict[str, dict[str, t.Any]]:
        """Start again what is still stopped."""
        return self._run("groupid_services", {"state": "resumed"}, "resume")

    def _run(self, module: str, arguments: dict[str, t.Any], name: str) -> dict[str, dict[str, t.Any]]:
        where = self._controller.write_inventory(inventory.Style(localhost=True), self._describe, f"{name}.yml")
        results = self._folder / f"{name}.json"
        task = {f"{COLLECTION}.{module}": arguments, "register": "saved", "timeout": "{{ limit }}"}
        told = "{{ dict(groups.groupid | zip(groups.groupid | map('extract', hostvars, 'saved'))) | to_json }}"
        plays = [
            {
                "hosts": "groupid",
                "gather_facts": False,
                "tasks": [{**task, "ignore_errors": True, "ignore_unreachable": True}],
            },
            {
                "hosts": "localhost",
                "gather_facts": False,
                "tasks": [{"ansible.builtin.copy": {"content": told, "dest": str(results)}}],
            },
        ]
        file = self._folder / f"{name}.play.yml"
        file.write_text(json.dumps(plays), encoding="utf-8")
        run = self._controller.play(str(file), "--forks", str(len(self.lab.fleet.hosts)), where=where)
        assert results.exists(), run.output[-6000:]
        found: dict[str, dict[str, t.Any]] = json.loads(results.read_text(encoding="utf-8"))
        return found

    def _describe(self, document: dict[str, t.Any]) -> None:
        children = document["all"]["children"]
        children["ungrouped"]["hosts"]["localhost"] = {"ansible_connection": "local", "ansible_shell_type": "sh"}
        for row in self.place.rows:
            names = self.place.hosts(row)
            group = children["groupid"]["children"][f"deployment_{names[0][:3]}"]
            usual = {"item_timeout": 120, "retries": 0, "retry_wait": 0.1, "limit": 0}
            own = {name: value for name, value in row.arguments.items() if name != "shared"}
            group["vars"].update(usual, members=names)
            if row.arguments.get("shared"):
                group["vars"]["groupid_backup_root"] = inventory.SHARED_ROOT
            group["hosts"][self.place.struck(row)].update(own)


@contextlib.contextmanager
def running(folder: pathlib.Path, place: Place) -> c.Iterator[tuple[Lab, Controller]]:
    root = folder / "lab"
    prepare(root, place.fleet())
    (folder / "controller").mkdir()
    try:
        with Lab(root) as lab:
            yield lab, Controller(lab, folder / "controller")
    finally:
        discard(root)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[dict[str, t.Any]]:
    """All rows at once."""
    place = Place(quiesce_faults.SERVERS)
    folder = tmp_path_factory.mktemp("faults-of-servers")
    with running(folder, place) as (lab, controller):
        made = Servers(lab, controller, place, folder)
        before = {host.name: (lab.services(host.name).picture(), picture(lab, host)) for host in lab.fleet.hosts}
        for row in place.rows:
            row.strike(lab, place.struck(row))
        struck = made.save(FIRST_SET)
        happened = {mishap._host: mishap.happened.is_set() for mishap in lab.mishaps}
        lab.mishaps.clear()
        between = {host.name: lab.services(host.name).picture() for host in lab.fleet.hosts}
        for row in place.rows:
            name = place.struck(row)
            lab.outages.end(lab.host(name))
            lab.services(name).change("services", quiesce_faults.ELASTICSEARCH, **quiesce_faults.FAULTS_OF_SERVICES)
        resumed = made.resume()
        after = {host.name: (lab.services(host.name).picture(), picture(lab, host)) for host in lab.fleet.hosts}
        again = made.save(SECOND_SET)
        last = {host.name: (lab.services(host.name).picture(), picture(lab, host)) for host in lab.fleet.hosts}
        report = dict(
            place=place,
            lab=lab,
            before=before,
            struck=struck,
            happened=happened,
            between=between,
            resumed=resumed,
            after=after,
            again=again,
            last=last,
        )
        yield report


def test_dump(servers):
    place = servers["place"]
    for row in place.rows:
        for host in place.hosts(row):
            r = servers["struck"][host]
            g = servers["again"][host]
            b = servers["before"][host]
            code = (
                (r.get("error") or {}).get("code") if r.get("failed") else ("unreach" if r.get("unreachable") else "")
            )
            diff = {
                k: (v, servers["between"][host].get(k)) for k, v in b[0].items() if servers["between"][host].get(k) != v
            }
            diff2 = {
                k: (v, servers["after"][host][0].get(k))
                for k, v in b[0].items()
                if servers["after"][host][0].get(k) != v
            }
            print(
                row.name,
                "|",
                host,
                "| hit" if servers["happened"].get(host) else "|",
                "|",
                code,
                "| want",
                row.code,
                "| between",
                diff,
                "| after",
                diff2,
                "| src",
                snapshot.compare(b[1], servers["after"][host][1]),
                "| res",
                (servers["resumed"][host].get("error") or {}).get("code"),
                "| again",
                g.get("failed"),
                (g.get("error") or {}).get("code"),
                (r.get("msg") or "")[:150],
            )
