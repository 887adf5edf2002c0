# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup of a hundred servers costs the controller: its CPU time, on hosts that answer without any work.

`python -m benchmarks.controller [COUNT]`, with the collection to measure installed below ANSIBLE_COLLECTIONS_PATH. To
compare two versions, run it in turn in a clone of each.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
import time

import yaml

from lab import inventory
from lab.fleet import Fleet, make_host
from lab.lab import Lab, prepare

A_DEPLOYMENT = 10


def fleet(count: int) -> Fleet:
    """One host with files, which no inventory has, and those that answer as it does, ten to a deployment."""
    original = make_host("original", "10.0", "original", number=0)
    echoes = [
        make_host(f"echo{number:03}", "10.0", f"site{number // A_DEPLOYMENT:02}", number=number, runner="echo")
        for number in range(1, count + 1)
    ]
    return Fleet((original, *echoes), scale="small")


def measure(count: int) -> dict[str, float]:
    """Back up all servers once. Seconds of the controller's CPU, and of the clock."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        prepare(root / "lab", fleet(count))
        with Lab(root / "lab") as lab:
            document = inventory.document(lab.fleet, lab.port, inventory.Style())
            del document["all"]["children"]["groupid"]["children"]["deployment_original"]
            (root / "inventory.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
            command = ["ansible-playbook", "-i", str(root / "inventory.yml"), "--forks", "20"]
            began = time.monotonic()
            with (root / "log").open("wb") as log:
                playing = subprocess.Popen(
                    [*command, "identityops.groupid.backup"],
                    env={**os.environ, "ANSIBLE_HOME": str(root / "ansible"), "NO_PROXY": "127.0.0.1"},
                    stdout=log,
                    stderr=log,
                )
                # Of the controller and its workers alone: the hosts are children of this process too.
                _pid, status, used = os.wait4(playing.pid, 0)
            seconds = time.monotonic() - began
        if status:
            raise SystemExit((root / "log").read_text(encoding="utf-8")[-6000:])
    return {"servers": count, "cpu_s": round(used.ru_utime + used.ru_stime, 1), "s": round(seconds, 1)}


if __name__ == "__main__":
    print(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
