# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup is said to take, and what it takes.

    PYTHONPATH=tests:build/source build/venv/bin/python -m benchmarks.prediction [--place build/bench] [--runs 5]

Each run predicts the backup of about 2,000 files and 200 MB in check mode, twice: by a sample, as before the first
set, and by the last set, which had half of the files. Then the backup is made by the agent on Mono, and its time is
that of part.json, from begin to end. All start from a cold page cache. A disk that takes bursts is fast at first: so
backups are made until two in a row take the same time, and only then does the first run begin. Ends with 1 when a size
is off by more than 2 %, or the median of a ratio of times is not within a factor of 2 by the last set, and 3 by the
sample. A sample only reads, and a backup took from 2 (in memory) to 10 times as long as reading (on a disk that is fast
only in bursts). It means something on an idle machine only.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import typing as t

from ansible_collections.identityops.groupid.plugins.action.groupid_backup_folder import SAMPLE_MS
from ansible_collections.identityops.groupid.plugins.module_utils import prediction
from benchmarks.run import compiled_agent
from benchmarks.subjects import AgentOnMono

FILES = 2_000
LAST, NOW = "20261121T150405Z", "20261122T150405Z"
STEADY = 0.1
"""Relative difference of two backups on a disk that is steady."""
WARM_UPS = 12
SIZE_LIMIT = 0.02
BY_LAST, BY_SAMPLE = 2.0, 3.0


class Run(t.NamedTuple):
    """One prediction of each kind, and the backup. sizes and times: predicted by made."""

    seconds: float
    size: float
    by_sample: float
    by_last: float


def make_tree(source: pathlib.Path) -> None:
    """Write files as GroupID has them: many small ones, some of a few MB. The first half is what the last set had."""
    shutil.rmtree(source, ignore_errors=True)
    chance = random.Random("prediction")
    for number in range(FILES):
        folder = source / f"half{number * 2 // FILES}" / f"folder{number // 50:03d}"
        folder.mkdir(parents=True, exist_ok=True)
        size = chance.randint(2_000_000, 8_000_000) if number % 100 == 0 else chance.randint(500, 100_000)
        (folder / f"file{number:04d}.dat").write_bytes(chance.randbytes(size))


def request(source: pathlib.Path, set_id: str, **fields: t.Any) -> dict[str, t.Any]:
    """Return the request of a backup of the tree."""
    component = {"name": "tree", "path": str(source), "include": [], "exclude": []}
    return {"set_id": set_id, "products": [], "components": [component], **fields}


def seconds_of(agent: AgentOnMono, set_id: str) -> tuple[float, dict[str, t.Any]]:
    """Read how long a part took, and give its record as a sealed set's listing does."""
    part = json.loads((agent.root / "bench" / set_id / "bench01" / "part.json").read_text())
    listed = {"set_id": set_id, "sealed": True, "narrowed": [], "parts": [part]}
    found = prediction.folders("bench01", _answer(part), {"path": "/", "sets": [listed]})["seconds"]
    assert found is not None
    return found, listed


def _answer(part: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"server": "bench01", "files": part["files"], "bytes": part["bytes"], "copied_bytes": part["bytes"]}


def forget(source: pathlib.Path) -> None:
    """Take the files out of the page cache, as those of a server mostly are, and clear the disk queue."""
    os.sync()
    for path in source.rglob("*.dat"):
        file = os.open(path, os.O_RDONLY)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def warm_up(agent: AgentOnMono, source: pathlib.Path) -> int:
    """Make backups until two in a row take the same time. Return how many; at most WARM_UPS."""
    before = 0.0
    for number in range(1, WARM_UPS + 1):
        agent.forget_sets()
        forget(source)
        agent.request("backup", **request(source, NOW))
        seconds, dummy = seconds_of(agent, NOW)
        if abs(seconds - before) <= STEADY * seconds:
            return number
        before = seconds
    return WARM_UPS


def measure(agent: AgentOnMono, source: pathlib.Path) -> Run:
    """Predict, then back up."""
    agent.forget_sets()
    agent.request("backup", **request(source / "half0", LAST))
    dummy, last = seconds_of(agent, LAST)
    forget(source)
    answer = agent.request("backup", **request(source, NOW, check=True, sample_ms=SAMPLE_MS))
    by_sample, by_last = (
        prediction.folders("bench01", answer, {"path": str(agent.root), "sets": sets}) for sets in ([], [last])
    )
    assert (by_sample["time_basis"], by_last["time_basis"]) == ("sample", f"last set {LAST}")
    forget(source)
    made = agent.request("backup", **request(source, NOW))
    seconds, dummy = seconds_of(agent, NOW)
    return Run(
        seconds,
        (by_sample["bytes"] or 0) / made["bytes"],
        (by_sample["seconds"] or 0) / seconds,
        (by_last["seconds"] or 0) / seconds,
    )


def main() -> int:
    """0 when every bar holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--place", type=pathlib.Path, default=pathlib.Path("build/bench"), help="where the tree goes")
    parser.add_argument("--runs", type=int, default=5, help="how often")
    options = parser.parse_args()
    place: pathlib.Path = options.place.resolve()
    place.mkdir(parents=True, exist_ok=True)
    program, dummy = compiled_agent(place)
    source = place / "prediction"
    make_tree(source)
    agent = AgentOnMono(program, place)
    print(f"{warm_up(agent, source)} backups to warm up")
    print(f"{'run':6} {'backup':>8} {'bytes':>7} {'by sample':>10} {'by last set':>12}", flush=True)
    runs = []
    for number in range(options.runs):
        runs.append(measure(agent, source))
        print(_line(str(number + 1), runs[-1]), flush=True)
    median = Run(*(statistics.median(column) for column in zip(*runs, strict=True)))
    print(_line("median", median))
    agent.forget_sets()
    shutil.rmtree(source)
    sizes = all(abs(run.size - 1) <= SIZE_LIMIT for run in runs)
    print(f"bytes within {SIZE_LIMIT:.0%}: {'holds' if sizes else 'BROKEN'}")
    times = True
    for basis, ratio, limit in (("the last set", median.by_last, BY_LAST), ("the sample", median.by_sample, BY_SAMPLE)):
        holds = 1 / limit <= ratio <= limit
        times = times and holds
        print(f"time by {basis} within a factor of {limit:.0f}: {'holds' if holds else 'BROKEN'}")
    return 0 if sizes and times else 1


def _line(name: str, run: Run) -> str:
    return f"{name:6} {run.seconds:7.2f}s {run.size:7.3f} {run.by_sample:10.2f} {run.by_last:12.2f}"


if __name__ == "__main__":
    raise SystemExit(main())
