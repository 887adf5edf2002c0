# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CPU time of polls of a job against that of requests that compile the agent, side by side in one engine.

    PYTHONPATH=tests:build/source python -m benchmarks.polls [--engine wine-powershell] [--times 10]

Every poll compiled the agent once. Both start a PowerShell and run the shipped bootstrap: one with job.ps1, which finds
no job of the id, and one with the agent for a list of sets, which finds its request wrong. So neither works on files.
The time is that of the engine's processes; a wineserver that runs already is not among them. It fails if the bar
is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.script import look_input
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_source
from lab import powershell

_BAR = 1 / 3
_PLACE = {"id": f"backup-{'0' * 32}", "attempt": "a"}


def seconds(engine: str, stdin: bytes, code: str) -> float:
    """Return the CPU seconds of one call. Raises ValueError if its answer does not have the code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = powershell.run(engine, stdin)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = json.loads(done.stdout or b"{}")
    if code not in (answer.get("code"), answer.get("error", {}).get("code")):
        raise ValueError(f"{engine} answered {done.stdout[:500]!r}, {done.stderr[:500]!r}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure in turns, and print both sums and their ratio."""
    parser = argparse.ArgumentParser(description="CPU time of polls against requests that compile the agent.")
    parser.add_argument("--engine", default="wine-powershell", help="a program on PATH (default: wine-powershell)")
    parser.add_argument("--times", type=int, default=10, help="of each kind (default: 10)")
    chosen = parser.parse_args()
    engine = shutil.which(chosen.engine)
    if engine is None:
        parser.error(f"needs {chosen.engine} on PATH")
    poll = look_input("poll", _PLACE, 0)
    request = agent_source("list").stdin({"protocol": 1, "operation": "list"})
    polls = compiles = 0.0
    for dummy in range(chosen.times):
        polls += seconds(engine, poll, "job_missing")
        compiles += seconds(engine, request, "bad_request")
    print(f"{chosen.engine}, {os.cpu_count()} processors: CPU of {chosen.times} polls, and of requests that compile")
    print(f"{polls:8.2f} s  {len(poll):,} bytes each")
    print(f"{compiles:8.2f} s  {len(request):,} bytes each")
    print(f"{polls / compiles:8.2f}    ratio, {_BAR:.2f} at most")
    if polls > _BAR * compiles:
        sys.exit(1)


if __name__ == "__main__":
    main()
