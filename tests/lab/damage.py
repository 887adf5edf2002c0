# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Harm to a live server, as a failed upgrade or a careless hand does it."""

from __future__ import annotations

import collections.abc as c
import pathlib
import random
import shutil

from lab import writers


def flip(file: pathlib.Path, source: random.Random) -> None:
    """Change one bit; size and time stay."""
    content = bytearray(file.read_bytes())
    content[source.randrange(len(content))] ^= 1 << source.randrange(8)
    _rewrite(file, bytes(content))


def truncate(file: pathlib.Path, source: random.Random) -> None:
    """Cut the end off."""
    content = file.read_bytes()
    _rewrite(file, content[: source.randrange(len(content))])


def remove(file: pathlib.Path, _source: random.Random) -> None:
    """Delete one file."""
    file.unlink()


def add(file: pathlib.Path, source: random.Random) -> None:
    """Put a new file beside an old one."""
    (file.parent / f"left over {source.getrandbits(32):08x}.tmp").write_bytes(source.randbytes(1_000))


def remove_folder(file: pathlib.Path, _source: random.Random) -> None:
    """Delete the folder that a file is in."""
    shutil.rmtree(file.parent)


def file_to_folder(file: pathlib.Path, _source: random.Random) -> None:
    """Put a folder where a file was."""
    file.unlink()
    file.mkdir()


KINDS: dict[str, c.Callable[[pathlib.Path, random.Random], None]] = {
    "flip": flip,
    "truncate": truncate,
    "remove": remove,
    "add": add,
    "remove-folder": remove_folder,
    "file-to-folder": file_to_folder,
}


def inflict(folder: pathlib.Path, kind: str, seed: int) -> pathlib.Path:
    """Harm one file below a component's folder, drawn by the seed, and give its path.

    Logs and lock files are spared: no backup has them. So is what GroupID writes while it runs. Raises LookupError when
    there is nothing to harm.
    """
    source = random.Random(f"{seed}/{kind}")
    files = [
        path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size and not _excluded(path)
    ]
    if kind == "remove-folder":
        files = [path for path in files if path.parent != folder]
    if not files:
        raise LookupError(f"{folder} has no file to {kind}")
    victim = source.choice(files)
    KINDS[kind](victim, source)
    return victim


def _excluded(path: pathlib.Path) -> bool:
    return path.suffix in {".log", ".dtmlog", ".lock"} or path.name in writers.FILES


def _rewrite(file: pathlib.Path, content: bytes) -> None:
    """Replace the content of a file whose folder may be written, even when the file may not."""
    fresh = file.with_name(file.name[:40] + ".damage")
    fresh.write_bytes(content)
    shutil.copystat(file, fresh)
    fresh.replace(file)
