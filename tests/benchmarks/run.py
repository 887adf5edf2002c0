# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: the agent against the usual programs, side by side in one run.

Every figure is the median of paired runs (ours, peer, ours, peer, ...). The programs are in memory, the data is not,
and `sync` is inside both sides' time. Only the restore of an identical tree, which reads twice as much as its peer, has
its data in memory: a disk that is fast only in bursts would decide that row. A ratio is the median of the pairs'
ratios, so that a machine whose speed drifts favours no side. The runner is Mono: its speed is not Windows' speed.

Writes build/bench/results.json: a list of {name, ours_s, peer, peer_s, ratio, bar, holds}; bar and holds are null where
a peer is there to compare only. Of the database's row, ratio and bar are seconds (`database.row`); those of the
directory name the peak memory (`directory.rows`).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import time
import typing as t
from pathlib import Path

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_source
from benchmarks import database, directory
from benchmarks.subjects import LARGE_FILES, SMALL_FILES, AgentOnMono, Subject, Tree, command, forget_cache
from lab import agent_build
from lab.processes import ProcessGroup

SET, NEXT_SET = "20261122T150405Z", "20261123T150405Z"


def timed(subject: Subject, cold: bool) -> float:
    """Seconds of one run. cold: its data is not in the page cache."""
    subject.prepare()
    if cold:
        forget_cache()
    subject.load()
    begin = time.perf_counter()
    subject.run()
    return time.perf_counter() - begin


def compare(
    name: str, ours: Subject, peer: Subject, limit: float | None, pairs: int, cold: bool = True
) -> dict[str, t.Any]:
    """One row: medians of both sides, and of the ratio pair by pair."""
    rows = [(timed(ours, cold), timed(peer, cold)) for dummy in range(pairs)]
    ratio = statistics.median(a / b for a, b in rows)
    return {
        "name": name,
        "ours_s": round(statistics.median(a for a, dummy in rows), 3),
        "peer": peer.name,
        "peer_s": round(statistics.median(b for dummy, b in rows), 3),
        "ratio": round(ratio, 3),
        "bar": limit,
        "holds": None if limit is None else ratio <= limit,
    }


class Bench:
    """All subjects over one tree."""

    def __init__(self, tree: Tree, place: Path, program: Path) -> None:
        self.tree = tree
        self.place = place
        self.source = tree.make(place)
        self.copy = place / "copy"
        self.agent = AgentOnMono(program, place)

    def backup(self) -> Subject:
        def run() -> None:
            self.agent.backup(self.source, SET)
            os.sync()

        return Subject("agent backup", run, self.agent.load, self.agent.forget_sets)

    def second_backup(self) -> Subject:
        """A backup, with links, of a tree that did not change since the one before."""

        def prepare() -> None:
            self.agent.forget_sets()
            self.agent.seal(SET, self.agent.backup(self.source, SET)["part_sha256"])

        def run() -> None:
            answer = self.agent.backup(self.source, NEXT_SET, link_unchanged=True)
            os.sync()
            part = self.agent.root / "bench" / NEXT_SET / "bench01"
            written = sum(path.stat().st_size for path in part.iterdir() if path.is_file())
            if answer["linked"] != answer["files"] or written > answer["bytes"] / 100:
                raise RuntimeError(f"{answer['linked']} of {answer['files']} files linked; {written} bytes written")

        return Subject("agent backup, all linked", run, self.agent.load, prepare)

    def verify(self) -> Subject:
        def run() -> None:
            self.agent.request("verify", set_id=SET, server=None, components=None)

        return Subject("agent verify", run, self.agent.load)

    def restore(self) -> Subject:
        component = {"name": "tree", "target": None, "policy": "merge", "include": [], "exclude": []}

        def run() -> None:
            answer = self.agent.request(
                "restore",
                set_id=SET,
                server=None,
                unsealed=True,
                other_machine=False,
                components=[component],
                threads=0,
                diff_limit=10,
            )
            if answer["changed"]:
                raise RuntimeError("the restore of an identical tree changed something")

        return Subject("agent restore of an identical tree", run, self.agent.load)

    def forget_copy(self) -> None:
        shutil.rmtree(self.copy, ignore_errors=True)

    def cp(self) -> Subject:
        return self._copier("cp -a", 'cp -a "$0" "$1" && sync', "cp")

    def cp_then_sha256sum(self) -> Subject:
        script = 'cp -a "$0" "$1" && cd "$1" && find . -type f -print0 | xargs -0 sha256sum > ../copy.sha256 && sync'
        return self._copier("cp -a, then sha256sum", script, "cp", "sha256sum")

    def rsync(self) -> Subject:
        return self._copier("rsync -a", 'rsync -a "$0/" "$1" && sync', "rsync")

    def sha256sum_check(self) -> Subject:
        def run() -> None:
            command("sha256sum", "--quiet", "-c", "manifest.sha256", cwd=self.agent.root / "bench" / SET / "bench01")

        return Subject("sha256sum -c", run, lambda: command("sha256sum", "--version"))

    def restic(self) -> Subject:
        repository, secret = (
            self.place / "restic",
            {"RESTIC_PASSWORD": "bench", "RESTIC_CACHE_DIR": str(self.place / "restic-cache")},
        )

        def prepare() -> None:
            shutil.rmtree(repository, ignore_errors=True)
            command("restic", "init", "-r", repository, env=secret)

        def run() -> None:
            command("restic", "-q", "-r", repository, "backup", self.source, env=secret)
            os.sync()

        return Subject("restic backup", run, lambda: command("restic", "version"), prepare)

    def borg(self) -> Subject:
        repository, secret = self.place / "borg", {"BORG_BASE_DIR": str(self.place / "borg-base")}

        def prepare() -> None:
            shutil.rmtree(repository, ignore_errors=True)
            command("borg", "init", "--encryption=none", repository, env=secret)

        def run() -> None:
            command("borg", "create", "--compression", "none", f"{repository}::bench", self.source, env=secret)
            os.sync()

        return Subject("borg create", run, lambda: command("borg", "--version"), prepare)

    def _copier(self, name: str, script: str, *programs: str) -> Subject:
        """Return a shell script that copies $0 to $1. programs: those that it starts."""

        def run() -> None:
            command("bash", "-ec", "set -o pipefail; " + script, self.source, self.copy)

        return Subject(name, run, lambda: [command(program, "--version") for program in programs], self.forget_copy)

    def rows(self, pairs: int, two_pass_bar: float) -> t.Iterator[dict[str, t.Any]]:
        """Rows as they are measured. The backup of the last pair is what verify and restore then read."""
        size = self.tree.name
        yield compare(f"copy + hash + lists, {size}", self.backup(), self.cp_then_sha256sum(), two_pass_bar, pairs)
        yield compare(f"copy + hash + lists, {size}", self.backup(), self.cp(), 1.2, pairs)
        for peer in (self.rsync, self.restic, self.borg):
            yield compare(f"copy + hash + lists, {size}", self.backup(), peer(), None, max(1, pairs // 2))
        yield compare(f"second backup, all linked, {size}", self.second_backup(), self.backup(), 0.35, pairs)
        for folder in ("restic", "borg", "copy"):
            shutil.rmtree(self.place / folder, ignore_errors=True)
        # Both sides only read, which is quick and, from a cold disk, uneven: more pairs.
        yield compare(f"verify, {size}", self.verify(), self.sha256sum_check(), 0.6, 2 * pairs)
        yield compare(
            f"restore of an identical tree, {size}", self.restore(), self.verify(), 2.2, 2 * pairs, cold=False
        )
        self.agent.forget_sets()


def compiled_agent(place: Path) -> tuple[Path, float]:
    """The agent's program as the mono runner makes it, and the seconds of its one compilation."""
    source = agent_source()
    builder = agent_build.AgentBuilder(
        place / "cache", sorted((Path(agent_build.__file__).parent / "mono").glob("*.cs"))
    )
    shutil.rmtree(place / "cache", ignore_errors=True)
    begin = time.perf_counter()
    program = builder.build(source.text, source.type_name.rpartition(".")[0], ProcessGroup(), dict(os.environ))
    return program, time.perf_counter() - begin


def table(rows: t.Sequence[dict[str, t.Any]]) -> list[str]:
    """The rows as text, one line each."""
    lines = [f"{'what':44} {'ours':>8} {'peer':>8}  {'against':24} {'ratio':>6} {'bar':>6}"]
    for row in rows:
        limit = "" if row["bar"] is None else f"{row['bar']:.2f}"
        verdict = {True: "holds", False: "BROKEN", None: ""}[row["holds"]]
        seconds = f"{row['ours_s']:7.2f}s {row['peer_s']:7.2f}s"
        lines.append(f"{row['name']:44} {seconds}  {row['peer']:24} {row['ratio']:6.2f} {limit:>6} {verdict}".rstrip())
    return lines


def main() -> int:
    """0 when every bar holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--place", type=Path, default=Path("build/bench"), help="where trees, copies and results go (about 4 GB)"
    )
    parser.add_argument("--pairs", type=int, default=5, help="paired runs of each row")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("make bench drops the page cache between runs, which only root may do: run it as root.", file=sys.stderr)
        return 1
    place: Path = options.place.resolve()
    place.mkdir(parents=True, exist_ok=True)
    program, compile_seconds = compiled_agent(place)
    print(f"runner: mono; one compilation of the agent, not in the figures below: {compile_seconds:.2f} s", flush=True)
    rows = [database.row(place, options.pairs), *directory.rows(place, options.pairs)]
    print("\n".join(table(rows)[1:]), flush=True)
    for tree, two_pass_bar in ((LARGE_FILES, 0.4), (SMALL_FILES, 0.65)):
        for row in Bench(tree, place, program).rows(options.pairs, two_pass_bar):
            rows.append(row)
            print(table([row])[1], flush=True)
        shutil.rmtree(place / tree.name, ignore_errors=True)
    (place / "results.json").write_text(json.dumps(rows, indent=2) + "\n")
    print("\n" + "\n".join(table(rows)))
    broken = [row for row in rows if row["holds"] is False]
    print(f"\n{len(rows)} rows, {len(broken)} bars broken; {place / 'results.json'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
