# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make lab` and `make lab-stop`, and the lab as the demonstration drives it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import collection
import environment
import packages
from environment import BUILD, ROOT, Environment


def lab(where: Environment, *arguments: str, root: Path = BUILD / "lab") -> subprocess.CompletedProcess[str]:
    """One command of the lab; what it printed, whether it succeeded or not."""
    command = [where.command("python"), "-m", "lab", arguments[0], "--root", str(root), *arguments[1:]]
    return subprocess.run(command, cwd=ROOT, env=where.variables(), capture_output=True, text=True, check=False)


def ready() -> Environment:
    """What a play against a lab needs: Mono, an ODBC driver, the environment, the collection from its tarball."""
    packages.require(packages.LAB)
    packages.require_odbc()
    where = environment.development()
    collection.install(where)
    return where


def main() -> int:
    [verb, *options] = sys.argv[1:]
    if verb == "stop" and not (BUILD / "venv").is_dir():
        print("No lab was ever started here.")
        return 0
    where = ready() if verb == "start" else environment.development()
    done = lab(where, verb, *options)
    print(done.stdout + done.stderr, end="")
    if verb == "start" and done.returncode == 0:
        print("To play against it in this shell:")
        print(f"  export PATH={where.folder / 'bin'}:$PATH ANSIBLE_COLLECTIONS_PATH={BUILD / 'collections'}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
