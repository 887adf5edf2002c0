# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the live components of a host, and how two such pictures differ: the lab's own judgement of a restore."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import hashlib
import os
import pathlib
import stat
import typing as t

Picture = dict[str, dict[str, t.Any]]
"""By ``component/relative/path``: kind (file, directory, link), mtime in ns; for files size, sha256, read_only."""


@dataclasses.dataclass(frozen=True)
class Difference:
    """One path that differs: what is missing, added, or which facts are not the same."""

    path: str
    what: str


def take(components: c.Mapping[str, pathlib.Path]) -> Picture:
    """Look at every file and folder of some components; a component that is not there has no entry."""
    picture: Picture = {}
    for name, folder in sorted(components.items()):
        if not folder.exists():
            continue
        for path in sorted([folder, *folder.rglob("*")]):
            relative = path.relative_to(folder).as_posix()
            picture[name if relative == "." else f"{name}/{relative}"] = _facts(path)
    return picture


def _facts(path: pathlib.Path) -> dict[str, t.Any]:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        return {"kind": "link", "target": str(path.readlink())}
    if stat.S_ISDIR(found.st_mode):
        return {"kind": "directory", "mtime": _mtime(found)}
    with path.open("rb") as file:
        digest = hashlib.sha256()
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    facts = {"kind": "file", "size": found.st_size, "mtime": _mtime(found), "sha256": digest.hexdigest()}
    return facts | {"read_only": not found.st_mode & stat.S_IWUSR}


def compare(before: Picture, after: Picture, *, folder_times: bool = True) -> list[Difference]:
    """List what differs, by path. A folder's time is compared by default."""
    differences = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old is None or new is None:
            differences.append(Difference(path, "missing" if new is None else "added"))
            continue
        ignored = {"mtime"} if not folder_times and old["kind"] == new["kind"] == "directory" else set()
        facts = sorted(key for key in (old.keys() | new.keys()) - ignored if old.get(key) != new.get(key))
        if facts:
            differences.append(Difference(path, "differs in " + ", ".join(facts)))
    return differences


def _mtime(found: os.stat_result) -> int:
    return found.st_mtime_ns // 100 * 100
