# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of the repository that the lab reads from and builds in, and the commands that a user types there."""

from __future__ import annotations

import pathlib
import shlex
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = REPOSITORY / "plugins" / "plugin_utils" / "client"
ROOT = REPOSITORY / "build" / "lab"
CACHE = ROOT / "cache"
MONO_FILES = sorted((pathlib.Path(__file__).parent / "mono").glob("*.cs"))
"""What a mono host has in place of the files that call Windows."""


def shell_line(verb: str, root: pathlib.Path) -> str:
    """Return the line that starts or stops a lab. The user has neither tests/ nor its Python on a path.

    verb: ``start`` or ``stop``.
    """
    if root == ROOT:
        make = "make" if pathlib.Path.cwd() == REPOSITORY else f"make -C {shlex.quote(str(REPOSITORY))}"
        return f"{make} {'lab' if verb == 'start' else 'lab-stop'}"
    line = shlex.join([sys.executable, "-m", "lab", verb, "--root", str(root)])
    return f"PYTHONPATH={shlex.quote(str(REPOSITORY / 'tests'))} {line}"
