# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup of a fleet costs the controller and the network, on hosts that answer without any work.

GroupID runs on them, so each is stopped and started again. `python -m benchmarks.controller 50 200 1000` measures
these numbers of servers, with the collection to measure installed below ANSIBLE_COLLECTIONS_PATH, and fails if a bar
does not hold. CPU time counts and not the clock, so other programs do no harm. To compare two versions, run it in turn
in a clone of each.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import typing as t

import yaml

from benchmarks.memory import Peak
from lab import inventory
from lab.fleet import Fleet, make_host
from lab.lab import Lab, prepare

A_DEPLOYMENT = 5
FORKS = 50
ROUND_TRIPS = 12
"""Commands that a server is sent, at most."""
GROWTH = {200: 1.2, 1000: 1.3}
"""CPU time for one server of so many, at most, as a multiple of that in the smallest fleet that is measured."""
PEAK_GIB = {200: 1.5}
"""Memory of the controller with all its workers, at most, for so many servers.

With more servers it grows by what Ansible itself changes between two forks, such as its lists of all hosts: each worker
keeps an older copy of that. A playbook of one `raw` task needs 0.44, 0.53 and 0.73 GiB for 50, 200 and 1,000 servers.
"""


@dataclasses.dataclass(frozen=True)
class Cost:
    """A backup of all servers. cpu_s, peak_gib: of the controller with all its workers.

    round_trips: commands that the server with the most of them was sent.
    """

    servers: int
    cpu_s: float
    peak_gib: float
    round_trips: int
    seconds: float

    def broken(self, smallest: Cost) -> list[str]:
        """Name the bars that do not hold."""
        growth = self.each / smallest.each
        found = {
            f"more than {ROUND_TRIPS} round trips": self.round_trips > ROUND_TRIPS,
            f"a peak of {self.peak_gib} GiB": self.peak_gib > PEAK_GIB.get(self.servers, self.peak_gib),
            f"CPU grew by {growth:.2f}": growth > GROWTH.get(self.servers, growth),
        }
        return [text for text, is_broken in found.items() if is_broken]

    @property
    def each(self) -> float:
        """CPU seconds for one server."""
        return self.cpu_s / self.servers


def fleet(count: int, a_deployment: int = A_DEPLOYMENT) -> Fleet:
    """One host with files, which no inventory has, and those that answer as it does."""
    original = make_host("first-server", "10.0", "first-site", number=0)
    echoes = [
        make_host(f"echo{number:04}", "10.0", f"site{number // a_deployment:03}", number=number + 1, runner="echo")
        for number in range(count)
    ]
    return Fleet((original, *echoes), scale="small", at_work=True)


def without_original(document: dict[str, t.Any]) -> None:
    """Take the host with files out of an inventory."""
    del document["all"]["children"]["groupid"]["children"]["deployment_first-site"]


def measure(count: int, *options: str) -> Cost:
    """Back up all servers once. options: for ansible-playbook."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        prepare(root / "lab", fleet(count))
        with Lab(root / "lab") as lab:
            document = inventory.document(lab.fleet, lab.port, inventory.Style())
            without_original(document)
            (root / "inventory.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
            command = ["ansible-playbook", "-i", str(root / "inventory.yml"), "--forks", str(FORKS)]
            began = time.monotonic()
            with (root / "log").open("wb") as log:
                playing = subprocess.Popen(
                    [*command, *options, "identityops.groupid.backup"],
                    env={**os.environ, "ANSIBLE_HOME": str(root / "ansible"), "NO_PROXY": "127.0.0.1"},
                    stdout=log,
                    stderr=log,
                )
                # Of the controller and its workers alone: the hosts are children of this process too.
                with Peak(playing.pid) as peak:
                    _pid, status, used = os.wait4(playing.pid, 0)
            seconds = time.monotonic() - began
            text = (root / "log").read_text(encoding="utf-8")
            if status:
                raise SystemExit(text[-6000:])
            if text.count(": GroupID was stopped for ") != len({host.deployment for host in lab.fleet.hosts[1:]}):
                raise SystemExit(f"Not every deployment was stopped:\n{text[-6000:]}")
            sent = [len(lab.recorder.entries(host=host.name, action="Command")) for host in lab.fleet.hosts[1:]]
    cpu = round(used.ru_utime + used.ru_stime, 1)
    return Cost(count, cpu, round(peak.bytes / 1024**3, 2), max(sent), round(seconds, 1))


def main() -> int:
    """0 if every bar holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("servers", type=int, nargs="*", default=[100], help="numbers of servers, such as 50 200 1000")
    counts = sorted(parser.parse_args().servers)
    print("servers  CPU s  CPU s for each  of the smallest  peak GiB  round trips  seconds", flush=True)
    smallest: Cost | None = None
    failed = False
    for cost in map(measure, counts):
        smallest = smallest or cost
        broken = cost.broken(smallest)
        failed = failed or bool(broken)
        print(
            f"{cost.servers:7}  {cost.cpu_s:5.1f}  {cost.each:14.3f}  {cost.each / smallest.each:15.2f}  "
            f"{cost.peak_gib:8.2f}  {cost.round_trips:11}  {cost.seconds:7.1f}  {'; '.join(broken)}".rstrip(),
            flush=True,
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
