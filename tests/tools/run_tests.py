# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test`: run the lanes, and count. `make test LANES="unit lint"` runs those alone, by lane or by group."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import collection
import environment
import lanes
import packages
from lanes import Lane
from outcome import Outcome

SIDE_BY_SIDE = 2


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="*", metavar="LANE", help="lanes or groups; all when none is named")
    names = arguments.parse_args().names

    began = time.monotonic()
    packages.require(packages.LAB)
    packages.require_odbc()
    development = environment.development()
    every = lanes.every(development)
    unknown = set(names) - {name for lane in every for name in (lane.name, lane.group)}
    if unknown:
        print(f"No such lane: {', '.join(sorted(unknown))}. There are: {', '.join(lane.name for lane in every)}.")
        return 2
    chosen = [lane for lane in every if not names or lane.name in names or lane.group in names]

    print(f"Python {sys.version.split()[0]} starts; tests run on ansible-core {development.ansible_core}.", flush=True)
    collection.link()
    collection.install(development)
    outcomes = []
    for lane, outcome, seconds in _run(chosen):
        _show(lane, outcome, seconds)
        outcomes.append(outcome)
    return _close(outcomes, time.monotonic() - began)


def _run(chosen: list[Lane]) -> Iterator[tuple[Lane, Outcome, float]]:
    """Lanes in order, each when it is done; the smoke lanes, which are many and wait much, side by side."""

    def timed(lane: Lane) -> tuple[Lane, Outcome, float]:
        began = time.monotonic()
        return lane, lane.run(), time.monotonic() - began

    yield from map(timed, [lane for lane in chosen if lane.group != "smoke"])
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield from pool.map(timed, [lane for lane in chosen if lane.group == "smoke"])


def _show(lane: Lane, outcome: Outcome, seconds: float) -> None:
    word = "FAILED" if outcome.failed else "passed" if outcome.passed else "skipped"
    skipped = sum(outcome.skipped.values())
    counts = f"{outcome.passed} passed, {outcome.failed} failed, {skipped} skipped"
    print(f"{lane.name:<14} {word:<8} {counts:<40} {seconds:7.1f} s", flush=True)
    if outcome.failed:
        print(*(f"    {line}" for line in outcome.complaint()), sep="\n", flush=True)


def _close(outcomes: list[Outcome], seconds: float) -> int:
    passed, failed = sum(outcome.passed for outcome in outcomes), sum(outcome.failed for outcome in outcomes)
    skipped = sum((outcome.skipped for outcome in outcomes), Counter())
    if skipped:
        print("\nSkipped:")
        print(*(f"  {count:>4} x {reason}" for reason, count in skipped.most_common()), sep="\n")
    print(f"\n{passed} passed, {failed} failed, {sum(skipped.values())} skipped in {seconds / 60:.1f} min")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
