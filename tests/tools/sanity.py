# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity without a container, on the Pythons of this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import outcome
from environment import BUILD, Environment, pythons
from outcome import Outcome

HOME = BUILD / "home"


def run(where: Environment, tree: Path) -> Outcome:
    """All sanity tests over the tree; import and compile on every controller Python that is here."""
    _prepare_home(where)
    # By their real folders: a pyenv shim has the name of a Python and may not run.
    folders = [str(where.folder / "bin"), *(str(Path(python.path).parent) for python in pythons()), os.environ["PATH"]]
    command = ["ansible-test", "sanity", "--local", "--color", "no"]
    # It needs PowerShell Gallery's PSScriptAnalyzer; a PowerShell without it makes ansible-test fail instead of skip.
    command += ["--skip-test", "pslint"]
    result = outcome.of_tool("sanity", where, command, tree, HOME=str(HOME), PATH=os.pathsep.join(folders))
    result.skipped["sanity test pslint: needs PowerShell with its module PSScriptAnalyzer"] += 1
    return result


def _prepare_home(where: Environment) -> None:
    """Make a home below build/, because ansible-test keeps its environments in $HOME.

    It fetches get-pip.py from a server of its own into a cache there. The one made here takes the pip that comes with
    Python, so that a package index is all the network that is needed.
    """
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    question = (
        "import types; from ansible_test._internal.python_requirements import get_venv_packages; "
        "print(get_venv_packages(types.SimpleNamespace(version=None))['pip'])"
    )
    answer = subprocess.run([where.command("python"), "-c", question], capture_output=True, text=True, check=True)
    script = cache / f"get_pip_{answer.stdout.strip().replace('.', '_')}.py"
    script.write_text("import ensurepip\n\nensurepip.bootstrap(default_pip=True)\n", encoding="utf-8")

    settings = Path.home() / ".config" / "pip"
    link = HOME / ".config" / "pip"
    if settings.is_dir() and not link.exists():
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(settings)
