# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part with a million files: what listing and verifying it costs, beside one with 20,000.

    PYTHONPATH=tests:build/source build/venv/bin/python -m benchmarks.many_files [--place build/bench]

The parts are written by a generator, not by a backup, 100 files of 16 bytes in a folder. Each size is verified in full
and quickly, then listed, by the agent on Mono in a process of its own, from a warm cache; the best of the runs counts.
Ends with 1 when a peak of memory is above its bar, or a million files cost more than their share. Takes 4 GB of small
files and about ten minutes, so `make bench` does without it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import time
import typing as t

from benchmarks.run import compiled_agent

FEW, MANY = 20_000, 1_000_000
IN_A_FOLDER = 100
PEAK_LIMIT = 400
"""MB that the agent may hold over a million files."""
TIME_LIMIT = 1.3
"""Times the time of a file among 20,000."""

_SET = "20261122T150405Z"
_SERVER = "bench01"
_GUID = "5d1c4c1c-0000-4000-8000-000000000001"
_TIME = "2026-11-22T15:04:05.0000000Z"
_SECURITY = "O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"
"""Of every file and folder: the first entry gives the text, the others its number."""
_FACTS = {"created": _TIME, "written": _TIME, "changed": _TIME, "attributes": 32}


class Measured(t.NamedTuple):
    """One request. seconds: wall time of the process; peak_mb: its largest resident set."""

    seconds: float
    peak_mb: float
    answer: dict[str, t.Any]


def make_part(root: pathlib.Path, files: int) -> None:
    """Write an unsealed set of one part, as a backup would have left it."""
    part = root / "bench" / _SET / _SERVER
    part.mkdir(parents=True)
    folders = -(-files // IN_A_FOLDER)
    with (part / "files.jsonl").open("w") as entries, (part / "manifest.sha256").open("w") as manifest:
        entries.write(_line("tree", "directory", security=_SECURITY))
        for folder in range(folders):
            name = f"tree/folder{folder:06d}"
            (part / name).mkdir(parents=True)
            entries.write(_line(name, "directory", security=0))
            for number in range(folder * IN_A_FOLDER, min(files, (folder + 1) * IN_A_FOLDER)):
                content = f"{number:015d}\n".encode()
                path = f"{name}/document{number:07d}.xml"
                (part / path).write_bytes(content)
                entries.write(_line(path, "file", size=len(content), security=0))
                manifest.write(f"{hashlib.sha256(content).hexdigest()}  {path}\n")
    counts = {"files": files, "directories": folders + 1, "bytes": 16 * files, "excluded": 0}
    component = {"name": "tree", "status": "copied", "source": "/C/tree", "include": [], "exclude": [], "problems": 0}
    component.update(counts)
    document = {
        "schema": 1,
        "deployment": "bench",
        "set_id": _SET,
        "epoch": _SET,
        "server": _SERVER,
        "machine_guid": _GUID,
        "state": "complete",
        "finished": _TIME,
        **counts,
        "components": [component],
        "problems": [],
        "problem_count": 0,
        "manifest_sha256": _digest(part / "manifest.sha256"),
        "files_sha256": _digest(part / "files.jsonl"),
    }
    (part / "part.json").write_text(json.dumps(document))


def _line(path: str, kind: str, security: str | int, **size: int) -> str:
    return (
        json.dumps({"path": path, "kind": kind, **size, **_FACTS, "security": security}, separators=(",", ":")) + "\n"
    )


def _digest(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def measure(program: pathlib.Path, root: pathlib.Path, operation: str, **members: str) -> Measured:
    """Send one request to a new agent."""
    request = {"protocol": 1, "operation": operation, "root": str(root), "deployment": "bench", **members}
    environment = {
        **os.environ,
        "LAB_ROOT": str(root),
        "LAB_HOST_NAME": _SERVER.upper(),
        "LAB_MACHINE_GUID": _GUID,
    }
    begin = time.perf_counter()
    with subprocess.Popen(
        ["mono", str(program)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(request).encode())
        process.stdin.close()
        answer: dict[str, t.Any] = json.loads(process.stdout.read())
        dummy, process.returncode, used = os.wait4(process.pid, 0)
    if process.returncode or answer["failed"]:
        raise RuntimeError(f"{operation}: {answer}")
    return Measured(time.perf_counter() - begin, used.ru_maxrss / 1024, answer)


def figures(program: pathlib.Path, place: pathlib.Path, files: int, runs: int) -> dict[str, tuple[float, float]]:
    """Return microseconds a file and the peak in MB of each operation on a part of so many files."""
    root = place / f"{files} files"
    shutil.rmtree(root, ignore_errors=True)
    make_part(root, files)
    try:
        found = {}
        for name, operation, members in (
            ("verify, full", "verify", {"set_id": _SET, "mode": "full"}),
            ("verify, quick", "verify", {"set_id": _SET, "mode": "quick"}),
            ("list", "list", {}),
        ):
            measured = [measure(program, root, operation, **members) for dummy in range(runs)]
            seconds, peak = min(one.seconds for one in measured), max(one.peak_mb for one in measured)
            print(f"{files:>9,} files  {name:14} {seconds:8.2f} s  {peak:6.0f} MB", flush=True)
            found[name] = (seconds / files * 1e6, peak)
        return found
    finally:
        shutil.rmtree(root)


def main() -> int:
    """0 when every bar holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--place", type=pathlib.Path, default=pathlib.Path("build/bench"), help="where the parts go")
    parser.add_argument("--many", type=int, default=MANY, help="files of the large part")
    parser.add_argument("--runs", type=int, default=2, help="runs of each operation")
    options = parser.parse_args()
    place: pathlib.Path = options.place.resolve()
    place.mkdir(parents=True, exist_ok=True)
    program, dummy = compiled_agent(place)
    few = figures(program, place, FEW, options.runs)
    many = figures(program, place, options.many, options.runs)
    holds = True
    for name, (time_of_one, peak) in many.items():
        ratio = time_of_one / few[name][0]
        kept = peak <= PEAK_LIMIT and ratio <= TIME_LIMIT
        holds &= kept
        print(
            f"{name:14} {time_of_one:7.1f} us a file, {ratio:5.2f} x; {peak:4.0f} MB  {'holds' if kept else 'BROKEN'}"
        )
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
