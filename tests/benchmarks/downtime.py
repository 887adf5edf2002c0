# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For how long a backup stops GroupID, on Mono hosts whose parts sleep.

`python -m benchmarks.downtime [SECONDS]` backs up several deployments of two servers and a database in one run, whose
slowest part sleeps so long, and then again with one deployment that is ten times slower. It fails if a deployment is
stopped for longer than 1.1 times its slowest part, its stop and its start, or more than 20 % longer because of the slow
one. The collection is the one that is installed below ANSIBLE_COLLECTIONS_PATH.
"""

from __future__ import annotations

import argparse
import collections.abc as c
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import typing as t

import yaml

from lab import databases, inventory
from lab.fleet import Fleet, default_fleet, make_host
from lab.lab import Lab, prepare

OVERHEAD, NEIGHBOUR = 1.1, 1.2
SLOWER = 10
RETRIES = 20
SHORT = 0.25
"""What the other parts sleep, as a share of the slowest one."""
FOLDERS, DATABASE = "folders", "database"
SLOWEST = {"north": FOLDERS, "south": DATABASE, "west": FOLDERS}
"""Which part is the slowest, by deployment."""
SLOW = "west"
JOBS = r"C:\ProgramData\identityops.groupid\jobs"


@dataclasses.dataclass(frozen=True)
class Stopped:
    """How long a deployment was stopped, and what took how long there, in seconds."""

    deployment: str
    slowest: float
    stop: float
    start: float
    downtime: float

    @property
    def ratio(self) -> float:
        """What is left of the downtime without stop and start, as a multiple of the slowest part."""
        return (self.downtime - self.stop - self.start) / self.slowest


def fleet() -> Fleet:
    """Two servers a deployment, on which GroupID runs, and a SQL Server."""
    hosts = tuple(
        make_host(f"{name}{number}", "10.0", name, number=2 * place + number)
        for place, name in enumerate(SLOWEST)
        for number in range(2)
    )
    return dataclasses.replace(default_fleet(0, scale="small", sql=True, at_work=True), hosts=hosts)


def measure(root: pathlib.Path, seconds: c.Mapping[str, float]) -> list[Stopped]:
    """Back up the fleet once. seconds: what the slowest part sleeps, by deployment."""
    prepare(root / "lab", fleet())
    with Lab(root / "lab") as lab:
        assert lab.sql
        style = inventory.Style(sql_port=lab.sql.port, sql_ca=str(databases.authority(lab.root)))
        document = inventory.document(lab.fleet, lab.port, style)
        groups = document["all"]["children"]["groupid"]["children"]
        for name, slowest in SLOWEST.items():
            long = seconds[name]
            lab.sql.faults.delay(_backup_of(name), long if slowest == DATABASE else long * SHORT)
            for number, variables in enumerate(groups[f"deployment_{name}"]["hosts"].values()):
                sleeps = long if slowest == FOLDERS and number == 0 else long * SHORT
                _let_folders_sleep(lab, f"{name}{number}", variables, sleeps)
        (root / "inventory.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
        variables = {"groupid_run_file": str(root / "run.json"), "groupid_allow_partial": ["**"]}
        command = [
            "ansible-playbook",
            "-i",
            str(root / "inventory.yml"),
            "--forks",
            "20",
            "-v",
            "-e",
            json.dumps(variables),
        ]
        done = subprocess.run(
            [*command, "identityops.groupid.backup"],
            env={**os.environ, "ANSIBLE_HOME": str(root / "ansible"), "NO_PROXY": "127.0.0.1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stdout[-6000:])
        saved = {host: answer for host, answer in _answers(done.stdout) if "downtime_seconds" in answer}
        run = json.loads((root / "run.json").read_text(encoding="utf-8"))
        return [_stopped(lab, name, saved[f"{name}0"], run["deployments"][name]) for name in SLOWEST]


def _backup_of(deployment: str) -> str:
    return f"^BACKUP DATABASE .*{databases.name_of(deployment)}"


def _let_folders_sleep(lab: Lab, host: str, variables: dict[str, t.Any], seconds: float) -> None:
    """Let another program hold a file, for which the copy waits."""
    held = next(path for path in sorted(lab.components(host)["reports"].rglob("*")) if path.is_file())
    lab.faults[host] = {"locked": [str(held)]}
    variables.update(groupid_retries=RETRIES, groupid_retry_wait=seconds / RETRIES)


def _answers(output: str) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """Yield each result that Ansible has printed, and its host."""
    for found in re.finditer(r"^(?:ok|changed): \[(\S+)\] => (\{.*\})$", output, re.MULTILINE):
        yield found[1], json.loads(found[2])


def _stopped(lab: Lab, deployment: str, saved: dict[str, t.Any], ended: dict[str, t.Any]) -> Stopped:
    """Read how long all took. saved: the answer of the first server, which has saved the database."""
    hosts = [host.name for host in lab.fleet.hosts if host.deployment == deployment]
    jobs = [job for host in hosts for job in _jobs(lab, host)]

    def longest(operation: str, phase: str | None = None) -> float:
        return max(seconds for asked, seconds in jobs if (asked["operation"], asked.get("phase")) == (operation, phase))

    slowest = max(longest("backup"), saved["database"]["seconds"])
    return Stopped(deployment, slowest, longest("quiesce", "stop"), longest("resume"), ended["downtime_seconds"])


def _jobs(lab: Lab, host: str) -> t.Iterator[tuple[dict[str, t.Any], float]]:
    """Yield what each job of a host was asked for, and its seconds."""
    for result in lab.path(host, JOBS).glob("*/result.json"):
        asked, answer = (json.loads(file.read_text("utf-8")) for file in (result.with_name("request.json"), result))
        yield asked, float(answer["seconds"])


def main() -> int:
    """0 if both bars hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seconds", type=float, nargs="?", default=31.0, help="what the slowest part sleeps")
    seconds = parser.parse_args().seconds
    usual = dict.fromkeys(SLOWEST, seconds)
    runs = []
    print("deployment  slowest part    stop   start  downtime  ratio", flush=True)
    for sleeps in (usual, {**usual, SLOW: SLOWER * seconds}):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(measure(pathlib.Path(folder), sleeps))
        for one in runs[-1]:
            print(
                f"{one.deployment:10}  {one.slowest:12.2f}  {one.stop:6.2f}  {one.start:6.2f}  {one.downtime:8.2f}  "
                f"{one.ratio:5.2f}",
                flush=True,
            )
    without, beside = ({one.deployment: one.downtime for one in run} for run in runs)
    others = {name: beside[name] / without[name] for name in SLOWEST if name != SLOW}
    for name, times in others.items():
        print(f"{name}: stopped for {times:.2f} times as long beside one that is {SLOWER} times slower")
    failed = any(one.ratio > OVERHEAD for run in runs for one in run) or any(one > NEIGHBOUR for one in others.values())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
