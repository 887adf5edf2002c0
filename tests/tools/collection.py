# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as Ansible sees it: built and installed from its tarball, or the work tree under its import name."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from environment import BUILD, ROOT, Environment

NAME = Path("ansible_collections") / "identityops" / "groupid"


def install(environment: Environment) -> Path:
    """Build the tarball and install it into build/collections; the tarball's path."""
    target = BUILD / "tarball"
    shutil.rmtree(target, ignore_errors=True)
    _galaxy(environment, "build", "--output-path", str(target), str(ROOT))
    [tarball] = target.glob("identityops-groupid-*.tar.gz")
    # Ansible keeps files of an older install that the new tarball does not have.
    shutil.rmtree(BUILD / "collections" / NAME, ignore_errors=True)
    _galaxy(
        environment, "install", "--offline", "--force", "--collections-path", str(BUILD / "collections"), str(tarball)
    )
    return tarball


def link() -> Path:
    """build/source with the work tree under its import name: what mypy and the unit tests read."""
    place = BUILD / "source" / NAME
    place.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        place.symlink_to(ROOT, target_is_directory=True)
    return BUILD / "source"


def copy(purpose: str) -> Path:
    """What git knows or would add, below build/<purpose> under its import name: for tools that leave traces."""
    place = BUILD / purpose / NAME
    shutil.rmtree(place, ignore_errors=True)
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    # A repository of its own: build/ is ignored by the one around it, and ansible-test asks git what there is to test.
    subprocess.run(["git", "init", "--quiet", str(place)], check=True)
    return place


def _galaxy(environment: Environment, *arguments: str) -> None:
    command = [environment.command("ansible-galaxy"), "collection", *arguments]
    done = subprocess.run(command, env=environment.variables(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(
            f"{' '.join(command)}\nended with code {done.returncode}:{os.linesep}{done.stdout}{done.stderr}"
        )
