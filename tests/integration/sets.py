# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets on disk, judged by standard programs instead of by the collection."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import subprocess
import typing as t

RECORDS = frozenset({"manifest.sha256", "files.jsonl", "part.json"})


def parts(root: pathlib.Path) -> list[pathlib.Path]:
    """The folders that hold a part.json below a backup root."""
    return sorted(file.parent for file in root.glob("*/*/*/part.json"))


def set_ids(root: pathlib.Path, deployment: str) -> list[str]:
    """The ids of a deployment's sets, sealed or not, oldest first."""
    return sorted(folder.name for folder in (root / deployment).iterdir()) if (root / deployment).exists() else []


def sealed(root: pathlib.Path, deployment: str) -> list[str]:
    """The ids of a deployment's sealed sets, oldest first."""
    return sorted(file.parent.name for file in root.glob(f"{deployment}/*/set.json"))


def check_part(part: pathlib.Path) -> None:
    """Assert that sha256sum accepts the part, and that its lists name what find sees, no more and no less."""
    checked = subprocess.run(
        ["sha256sum", "--quiet", "--strict", "-c", "manifest.sha256"],
        cwd=part,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    files, folders = found(part)
    lines = (part / "manifest.sha256").read_text(encoding="utf-8").splitlines()
    assert [line[66:] for line in lines] == sorted(files, key=ordinal)
    listed = [json.loads(line) for line in (part / "files.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [entry["path"] for entry in listed] == sorted(files | folders, key=ordinal)
    assert {entry["path"] for entry in listed if entry["kind"] == "directory"} == folders
    record = json.loads((part / "part.json").read_text(encoding="utf-8"))
    for name, key in (("manifest.sha256", "manifest_sha256"), ("files.jsonl", "files_sha256")):
        assert hashlib.sha256((part / name).read_bytes()).hexdigest() == record[key]


def found(part: pathlib.Path) -> tuple[set[str], set[str]]:
    """Files and folders of a part's components, as relative paths."""
    files: set[str] = set()
    folders: set[str] = set()
    for place, names, leaves in os.walk(part):
        base = pathlib.Path(place).relative_to(part)
        folders.update((base / name).as_posix() for name in names)
        files.update((base / leaf).as_posix() for leaf in leaves)
    return files - RECORDS, folders


def ordinal(path: str) -> bytes:
    """The order of .NET's ordinal comparison: by UTF-16 code unit."""
    return path.encode("utf-16-be")


def tree_hash(*folders: pathlib.Path) -> str:
    """A digest of every name, content, time and mode below some folders; equal when nothing was touched."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted([folder, *folder.rglob("*")]) if folder.exists() else []:
            facts = path.lstat()
            size = facts.st_size if path.is_file() else 0
            digest.update(repr((str(path.relative_to(folder)), facts.st_mode, size, facts.st_mtime_ns)).encode())
            if path.is_file():
                digest.update(path.read_bytes())
    return digest.hexdigest()


def member(part: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return what a seal says of a part, from the result of the backup that made it."""
    fields = ("server", "part_sha256", "state", "machine_guid", "version", "files", "bytes", "epoch")
    return {field: part[field] for field in fields} | {"finished": part["finished_at"]}
