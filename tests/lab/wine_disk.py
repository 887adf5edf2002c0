# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk of a Windows host made of Wine: a copy of one that is made once, as making one takes 20 s."""

from __future__ import annotations

import collections.abc as c
import hashlib
import os
import pathlib
import shutil
import subprocess

from lab import file_lock

PROGRAM = "wine-host"
USER_ID = 60_123
"""Who programs run as when the lab is root's: root writes to read-only files on Wine, as no user of Windows does."""

BOOT_SECONDS = 180


class WineDisk:
    """A WINEPREFIX, and how programs are run on it.

    prefix: the folder; it must be where an ordinary user can come to.
    home: folder that programs see as their own on this machine.
    cache: folder that outlives the disk, for the first disk and what wine-host unpacks; where an ordinary user cannot
    come to it, ``home`` has one of its own.
    """

    def __init__(self, prefix: pathlib.Path, home: pathlib.Path, cache: pathlib.Path) -> None:
        self.prefix = prefix
        self._home = home
        self._cache = cache / "wine" if os.getuid() != 0 or is_reachable(cache) else home / ".cache"

    def make(self) -> None:
        """Make the disk: a freshly installed Windows."""
        self._cache.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            os.chown(self._cache, USER_ID, USER_ID)
        self.prefix.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "--archive", "--reflink=auto", str(self._first()), str(self.prefix)], check=True)

    def own(self) -> None:
        """Return everything below the home to the user that programs run as."""
        if os.getuid() == 0:
            for folder, dummy, files in os.walk(self._home):
                for name in [folder, *(os.path.join(folder, file) for file in files)]:
                    os.chown(name, USER_ID, USER_ID, follow_symlinks=False)

    def environment(self) -> dict[str, str]:
        """Return the environment of a program on the disk."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._home),
            "XDG_CACHE_HOME": str(self._cache),
            "WINEPREFIX": str(self.prefix),
            "LC_ALL": "C.UTF-8",
        }

    def keep_awake(self, argv: c.Sequence[str]) -> subprocess.Popen[bytes]:
        """Start a program that waits: with the last one Windows would go down, and take seconds to come up again."""
        return subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.environment(),
            start_new_session=True,
        )

    def end_programs(self) -> None:
        """End every program on the disk, detached ones too."""
        command = as_user(["wineserver", "-k"])
        subprocess.run(command, env=self.environment(), check=False, capture_output=True, timeout=BOOT_SECONDS)

    def _first(self) -> pathlib.Path:
        """Return the disk that others are copied from, which no program ever runs on again."""
        version = subprocess.run(["wine", "--version"], check=True, capture_output=True).stdout
        recipe = version + pathlib.Path(shutil.which(PROGRAM) or "").read_bytes()
        first = self._cache / f"disk-{hashlib.sha256(recipe).hexdigest()[:16]}"
        with file_lock.held(self._cache / "disk.lock"):
            if not (first / ".made").exists():
                shutil.rmtree(first, ignore_errors=True)
                # Without a home Windows' own folders of documents are folders, and no links out of the disk.
                environment = self.environment() | {"HOME": "/nonexistent", "WINEPREFIX": str(first)}
                for command in ([PROGRAM, "cmd.exe", "/c", "ver"], ["wineserver", "-w"]):
                    subprocess.run(
                        as_user(command), env=environment, check=True, capture_output=True, timeout=BOOT_SECONDS
                    )
                (first / ".made").touch()
        return first


def as_user(argv: list[str]) -> list[str]:
    """Put a command line behind what makes it an ordinary user's."""
    if os.getuid() != 0:
        return argv
    return ["setpriv", f"--reuid={USER_ID}", f"--regid={USER_ID}", "--clear-groups", *argv]


def is_reachable(folder: pathlib.Path) -> bool:
    """Tell whether an ordinary user can come to this folder."""
    return all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.parents] if parent.exists())
