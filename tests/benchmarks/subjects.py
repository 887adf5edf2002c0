# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is timed: the agent's operations, and the programs they are held against.

A subject runs to a fresh target each time. `sync` is part of every subject that writes, on both sides.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class Tree:
    """A tree of about 1 GB of incompressible bytes. `sizes` is (smallest, largest) of a file, in bytes."""

    name: str
    files: int
    sizes: tuple[int, int]
    folders: int

    def make(self, place: Path) -> Path:
        """The folder with the tree; the same bytes for the same description."""
        source = place / self.name
        if (source / ".made").exists():
            return source
        shutil.rmtree(source, ignore_errors=True)
        chance = random.Random(self.name)
        for number in range(self.files):
            folder = (
                source / f"folder{number * self.folders // self.files:03d}"
            )  # one after the other, as programs write
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"file{number:05d}.dat").write_bytes(chance.randbytes(chance.randint(*self.sizes)))
        (source / ".made").touch()
        return source


LARGE_FILES = Tree("20 files", 20, (GIGABYTE // 20, GIGABYTE // 20), 4)
SMALL_FILES = Tree("20,000 files", 20_000, (2_000, 98_000), 200)


@dataclass
class Subject:
    """One side of a pair. `run` is timed, from the start of its first process to the end of its last.

    prepare: runs before the page cache is dropped. load: runs after that, and starts the programs of `run` for nothing,
    so that they are in memory and only the data is cold: PowerShell is in the memory of most servers too.
    """

    name: str
    run: t.Callable[[], None]
    load: t.Callable[[], object]
    prepare: t.Callable[[], None] = field(default=lambda: None)


def command(
    *arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None, env: dict[str, str] | None = None
) -> bytes:
    """Output of a program that must succeed."""
    done = subprocess.run(
        [str(a) for a in arguments],
        input=stdin,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(
            f"{arguments[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}"
        )
    return done.stdout


def forget_cache() -> None:
    """Both sides start with a cold page cache and a clean disk queue."""
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3")


class AgentOnMono:
    """The shipped agent, started as the lab starts it: one process a request."""

    def __init__(self, program: Path, place: Path) -> None:
        self.program = program
        self.root = place / "backup"
        self.host = place / "host"
        (self.host / "C" / "ProgramData").mkdir(parents=True, exist_ok=True)
        self.root.mkdir(exist_ok=True)

    def request(self, operation: str, **fields: t.Any) -> dict[str, t.Any]:
        """The agent's answer; a failed operation is an error here."""
        text = json.dumps(
            {
                "protocol": 1,
                "operation": operation,
                "check": False,
                "root": str(self.root),
                "deployment": "bench",
                **fields,
            }
        )
        environment = {
            "LAB_ROOT": str(self.host),
            "LAB_HOST_NAME": "BENCH01",
            "LAB_FQDN": "bench01.corp.example",
            "LAB_MACHINE_GUID": "5d1c4c1c-0000-4000-8000-000000000001",
            "LAB_USER": "BENCH01\\bench",
        }
        answer: dict[str, t.Any] = json.loads(command("mono", self.program, stdin=text.encode(), env=environment))
        if answer["failed"]:
            raise RuntimeError(f"{operation}: {answer['error']}")
        return answer

    def backup(self, source: Path, set_id: str, link_unchanged: bool = False) -> dict[str, t.Any]:
        """Copies `source` as the component `tree` of a new part."""
        component = {"name": "tree", "required": True, "path": str(source), "include": [], "exclude": []}
        return self.request(
            "backup",
            set_id=set_id,
            epoch=set_id,
            inventory_name="bench01",
            products=[],
            version="auto",
            component_paths={},
            components=[component],
            allow_partial=[],
            threads=0,
            retries=3,
            retry_wait_ms=500,
            link_unchanged=link_unchanged,
        )

    def seal(self, set_id: str, part_sha256: str) -> None:
        """Seals a set of this one host."""
        member = {"server": "bench01", "part_sha256": part_sha256}
        document = json.dumps(
            {"schema": 1, "deployment": "bench", "set_id": set_id, "decider": "bench01", "parts": [member]}
        )
        self.request("seal", set_id=set_id, phase="prepared", document=document)
        digest = hashlib.sha256(document.encode()).hexdigest()
        self.request("seal", set_id=set_id, phase="sealed", document_sha256=digest)

    def load(self) -> None:
        """Start the program for nothing."""
        self.request("list")

    def forget_sets(self) -> None:
        """Removes every set, as each run makes its own."""
        shutil.rmtree(self.root / "bench", ignore_errors=True)
