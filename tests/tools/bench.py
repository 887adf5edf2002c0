# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: install the programs that the agent is measured against, then run tests/benchmarks."""

from __future__ import annotations

import os
import subprocess
import sys

import collection
import environment
import packages
from environment import ROOT


def main() -> int:
    packages.require({**packages.LAB, **packages.PEERS})
    packages.require_odbc()
    where = environment.development()
    paths = os.pathsep.join(map(str, (collection.link(), ROOT / "tests")))
    command = [where.command("python"), "-m", "benchmarks.run", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env=where.variables(PYTHONPATH=paths), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
