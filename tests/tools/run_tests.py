# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test`: run the lanes, and count. `make test LANES="unit lint"` runs those alone, by lane or by group.

`make check` runs those of minutes (``--quick``).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import collection
import environment
import lanes
import outcome
import packages
from lanes import Lane
from outcome import Outcome

ROOM = (os.cpu_count() or 1) + 1
"""How many processes lanes may keep at work: one more than there are cores, as some wait for hosts and jobs."""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="*", metavar="LANE", help="lanes or groups; all when none is named")
    arguments.add_argument("--quick", action="store_true", help="lint, types and quick unit tests alone")
    given = arguments.parse_args()
    names = given.names

    began = time.monotonic()
    packages.require(packages.LAB)
    packages.require_odbc()
    development = environment.development()
    every = lanes.quick(development) if given.quick else lanes.every(development)
    unknown = set(names) - {name for lane in every for name in (lane.name, lane.group)}
    if unknown:
        print(f"No such lane: {', '.join(sorted(unknown))}. There are: {', '.join(lane.name for lane in every)}.")
        return 2
    chosen = [lane for lane in every if not names or lane.name in names or lane.group in names]

    print(f"Python {sys.version.split()[0]} starts; tests run on ansible-core {development.ansible_core}.", flush=True)
    collection.link()
    collection.install(development)
    outcomes = []
    for lane, result, seconds in _run(chosen):
        _show(lane, result, seconds)
        outcomes.append(result)
    return _close(outcomes, time.monotonic() - began)


def _run(chosen: list[Lane]) -> Iterator[tuple[Lane, Outcome, float]]:
    """Start lanes in order, each when there is room for it; each is given when it is done."""

    def timed(lane: Lane) -> tuple[Lane, Outcome, float]:
        began = time.monotonic()
        return lane, lane.run(), time.monotonic() - began

    waiting = list(chosen)
    running: dict[Future[tuple[Lane, Outcome, float]], Lane] = {}
    with ThreadPoolExecutor(len(chosen)) as pool:
        try:
            while waiting or running:
                while waiting and (not running or _at_work(running.values()) + waiting[0].processes <= ROOM):
                    lane = waiting.pop(0)
                    running[pool.submit(timed, lane)] = lane
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    del running[future]
                    yield future.result()
        finally:
            outcome.end_all()


def _at_work(running: Iterable[Lane]) -> int:
    return sum(lane.processes for lane in running)


def _show(lane: Lane, result: Outcome, seconds: float) -> None:
    word = "FAILED" if result.failed else "passed" if result.passed else "skipped"
    skipped = sum(result.skipped.values())
    counts = f"{result.passed} passed, {result.failed} failed, {skipped} skipped"
    print(f"{lane.name:<14} {word:<8} {counts:<40} {seconds:7.1f} s", flush=True)
    if result.failed:
        print(*(f"    {line}" for line in result.complaint()), sep="\n", flush=True)


def _close(outcomes: list[Outcome], seconds: float) -> int:
    passed, failed = sum(one.passed for one in outcomes), sum(one.failed for one in outcomes)
    skipped = sum((one.skipped for one in outcomes), Counter())
    if skipped:
        print("\nSkipped:")
        print(*(f"  {count:>4} x {reason}" for reason, count in skipped.most_common()), sep="\n")
    print(f"\n{passed} passed, {failed} failed, {sum(skipped.values())} skipped in {seconds / 60:.1f} min")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
