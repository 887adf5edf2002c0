# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders that take long to make: made once, copied from then on."""

from __future__ import annotations

import collections.abc as c
import hashlib
import pathlib
import shutil
import subprocess

from lab import file_lock


def provide(
    cache: pathlib.Path,
    name: str,
    what: object,
    sources: c.Iterable[pathlib.Path],
    folder: pathlib.Path,
    make: c.Callable[[], None],
) -> None:
    """Provide ``folder``, which is not there: copied from the cache, or made there by ``make`` and kept.

    name, what: tell one such folder from another; ``what`` by its repr. sources: the files that decide what is in it;
    what came of an earlier state of them goes.
    """
    state = _digest([source.read_text(encoding="utf-8") for source in sources])
    kept = cache / f"{name}-{_digest(what)}"
    kept.mkdir(parents=True, exist_ok=True)
    with file_lock.held(kept / "lock"):
        if (kept / state).exists():
            _copy(kept / state, folder)
            return
        for stale in kept.iterdir():
            if stale.is_dir():
                shutil.rmtree(stale)
        make()
        _copy(folder, kept / "unfinished")
        (kept / "unfinished").rename(kept / state)


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:32]


def _copy(source: pathlib.Path, target: pathlib.Path) -> None:
    subprocess.run(
        ["cp", "-R", "--sparse=always", "--reflink=auto", str(source), str(target)], check=True, capture_output=True
    )
