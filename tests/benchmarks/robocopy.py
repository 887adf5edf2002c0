# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On Windows: the agent's backup against robocopy /E /COPYALL and Get-FileHash over the copy, as a table in Markdown.

    python -m benchmarks.robocopy [--place FOLDER] [--pairs 3]        with tests and the collection on PYTHONPATH

The peer does what an administrator does by hand for the same: copy all with security, then write a list of SHA-256.
Both start a PowerShell, and ours compiles the agent in it. Runs come in pairs from a warm cache, and a ratio is the
median of the pairs' ratios. The table goes to GITHUB_STEP_SUMMARY too, where there is one.
"""

from __future__ import annotations

import argparse
import collections.abc as c
import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time
import typing as t

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_source
from benchmarks.subjects import LARGE_FILES, SMALL_FILES
from lab.powershell import ask, windows_powershell

_SET = "20261122T150405Z"


@dataclasses.dataclass(frozen=True)
class Row:
    """One tree. pairs: seconds of ours and of the peer, each time."""

    tree: str
    pairs: tuple[tuple[float, float], ...]

    def markdown(self) -> str:
        """The row of the table: medians, and the median of the ratios."""
        ours, peer = (statistics.median(side) for side in zip(*self.pairs, strict=True))
        ratio = statistics.median(a / b for a, b in self.pairs)
        return f"| {self.tree} | {ours:.1f} s | {peer:.1f} s | {ratio:.2f} |"


def table(rows: c.Iterable[Row]) -> str:
    """The rows with a heading."""
    head = ["| tree | agent's backup | robocopy, Get-FileHash | ratio |", "|---|---|---|---|"]
    return "\n".join([*head, *(row.markdown() for row in rows)]) + "\n"


def robocopy(source: pathlib.Path, target: pathlib.Path) -> list[str]:
    """The command that copies a tree with its security, with as many threads as robocopy takes by itself."""
    quiet = ["/NFL", "/NDL", "/NJH", "/NJS", "/NP"]
    return ["robocopy.exe", str(source), str(target), "/E", "/COPYALL", "/MT", "/R:0", *quiet]


def has_copied(code: int) -> bool:
    """Tell whether an exit code of robocopy means that all was copied: bits 8 and 16 are failures."""
    return 0 <= code < 8


def hashing(target: pathlib.Path) -> str:
    """The script that writes the SHA-256 of every file of a tree beside it."""
    folder, file = (str(path).replace("'", "''") for path in (target, target.with_suffix(".csv")))
    files = f"Get-ChildItem -LiteralPath '{folder}' -Recurse -File -Force"
    return f"$ErrorActionPreference = 'Stop'; {files} | Get-FileHash -Algorithm SHA256 | Export-Csv '{file}'"


def backup_request(source: pathlib.Path, root: pathlib.Path) -> dict[str, t.Any]:
    """What the module would send for a backup of one folder."""
    component = {"name": "tree", "required": True, "path": str(source), "include": [], "exclude": []}
    place = {"root": str(root), "deployment": "bench", "set_id": _SET, "epoch": _SET}
    return {"protocol": 1, "operation": "backup", "check": False, **place, "components": [component]}


def _ours(source: pathlib.Path, root: pathlib.Path) -> None:
    ended = ask(windows_powershell(), agent_source(), backup_request(source, root))
    answer = json.loads(ended.stdout)
    if answer["failed"]:
        raise RuntimeError(f"the backup failed: {answer}")


def _peer(source: pathlib.Path, target: pathlib.Path) -> None:
    copied = subprocess.run(robocopy(source, target), capture_output=True, check=False)
    if not has_copied(copied.returncode):
        raise RuntimeError(f"robocopy ended with {copied.returncode}: {copied.stdout.decode(errors='replace')}")
    subprocess.run([str(windows_powershell()), "-NoProfile", "-Command", hashing(target)], check=True)


def _seconds(work: c.Callable[[pathlib.Path, pathlib.Path], None], source: pathlib.Path, place: pathlib.Path) -> float:
    """Seconds of one run into a new folder, which is removed."""
    target = pathlib.Path(tempfile.mkdtemp(dir=place))
    try:
        begin = time.perf_counter()
        work(source, target)
        return time.perf_counter() - begin
    finally:
        shutil.rmtree(target)
        target.with_suffix(".csv").unlink(missing_ok=True)


def main() -> int:
    """0 when all was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--place", type=pathlib.Path, default=pathlib.Path("build/bench"), help="about 4 GB go there")
    parser.add_argument("--pairs", type=int, default=3, help="paired runs of each tree")
    options = parser.parse_args()
    if os.name != "nt":
        print("robocopy is a program of Windows; elsewhere there is `make bench`.")
        return 1
    place: pathlib.Path = options.place.resolve()
    place.mkdir(parents=True, exist_ok=True)
    rows = []
    for tree in (LARGE_FILES, SMALL_FILES):
        source = tree.make(place)
        pairs = tuple(
            (_seconds(_ours, source, place), _seconds(_peer, source, place)) for dummy in range(options.pairs)
        )
        rows.append(Row(tree.name, pairs))
    print(table(rows))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(summary, "a", encoding="utf-8") as file:
            file.write(table(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
