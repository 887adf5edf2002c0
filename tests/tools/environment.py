# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pythons of this machine, and virtual environments below build/ with the ansible-core that each of them can run."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import packages

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
REQUIREMENTS = ROOT / "tests" / "requirements.txt"
CHECKS = ROOT / "tests" / "requirements-checks.txt"

OLDEST_PYTHON = (3, 10)

# Oldest and newest controller Python of each ansible-core
# (https://docs.ansible.com/ansible/latest/reference_appendices/release_and_maintenance.html#ansible-core-support-matrix).
CONTROLLER_PYTHONS = {
    (2, 16): ((3, 10), (3, 12)),
    (2, 17): ((3, 10), (3, 12)),
    (2, 18): ((3, 11), (3, 13)),
    (2, 19): ((3, 11), (3, 13)),
    (2, 20): ((3, 12), (3, 14)),
    (2, 21): ((3, 12), (3, 14)),
}

CANDIDATES = {(2, 22): ((3, 13), (3, 15))}
"""The same of the release that is to come, of which there are betas and candidates: it is tried, not supported."""


class NotInstalledError(SystemExit):
    """The package index has no such ansible-core, or cannot be reached."""


@dataclass(frozen=True)
class Python:
    """A Python that runs and can make virtual environments."""

    version: tuple[int, int]
    path: str


@dataclass(frozen=True)
class Environment:
    """A virtual environment with one ansible-core."""

    folder: Path
    ansible_core: str

    def command(self, name: str) -> str:
        """The full path of one of its programs."""
        return str(self.folder / "bin" / name)

    def variables(self, **more: str) -> dict[str, str]:
        """This process's environment with the programs of this one first, and Ansible's own state below build/.

        What Python compiles is kept there too, even where the caller keeps nothing: it takes as long as a short play.
        """
        own = {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "tests"),
            "ANSIBLE_HOME": str(BUILD / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(BUILD / "collections"),
            "ANSIBLE_NOCOWS": "1",
            "NO_COLOR": "1",
            "PYTHONPYCACHEPREFIX": str(BUILD / "pycache"),
        }
        unset = ("ANSIBLE_CONFIG", "PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "VIRTUAL_ENV")
        return {**{name: value for name, value in os.environ.items() if name not in unset}, **own, **more}


def label(version: tuple[int, int]) -> str:
    """(2, 16) as 2.16"""
    return f"{version[0]}.{version[1]}"


@functools.cache
def pythons() -> list[Python]:
    """Every Python from OLDEST_PYTHON on, newest first, one for each minor version.

    A name on PATH proves nothing (a pyenv shim is there and fails), so each one is run; ensurepip is what Debian
    leaves out of python3 without python3-venv.
    """
    names = [f"python3.{minor}" for minor in range(OLDEST_PYTHON[1], 30)] + ["python3"]
    folders = os.environ["PATH"].split(os.pathsep)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [Path(folder) / name for name in names for folder in folders]
    candidates += [path for name in names for path in sorted(pyenv.glob(f"*/bin/{name}"))]

    found: dict[tuple[int, int], Python] = {}
    probe = (
        "import ensurepip, sys, venv; "
        "print(*sys.version_info[:2], sys.executable) if sys.prefix == sys.base_prefix else exit(1)"
    )
    for path in candidates:
        if not os.access(path, os.X_OK):
            continue
        answer = subprocess.run([path, "-c", probe], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            major, minor, executable = answer.stdout.strip().split(" ", 2)
            version = (int(major), int(minor))
            found.setdefault(version, Python(version, executable))
    return [found[version] for version in sorted(found, reverse=True) if version >= OLDEST_PYTHON]


def newest_python() -> Python:
    """The newest one here that an ansible-core is made for; Debian's python3-venv is installed when there is none."""
    if not pythons():
        packages.install(["python3", "python3-venv"])
        pythons.cache_clear()
    found = pythons()
    if not found:
        raise SystemExit(f"Python {label(OLDEST_PYTHON)} or newer is needed, with its venv module; none runs here.")
    known = max(newest for _oldest, newest in CONTROLLER_PYTHONS.values())
    return next((python for python in found if python.version <= known), found[0])


def ansible_cores() -> dict[tuple[int, int], Python | None]:
    """Each ansible-core, the next one too, with the Python it is tested on, None where no Python here can run it.

    The oldest release goes with the oldest Python and every other with the newest, so that both ends are run.
    """
    here = pythons()
    chosen: dict[tuple[int, int], Python | None] = {}
    for release, (oldest, newest) in {**CONTROLLER_PYTHONS, **CANDIDATES}.items():
        fitting = [python for python in here if oldest <= python.version <= newest]
        chosen[release] = (fitting[-1] if release == min(CONTROLLER_PYTHONS) else fitting[0]) if fitting else None
    return chosen


def development() -> Environment:
    """build/venv: the newest Python here, the newest ansible-core it supports, and every tool of the tests."""
    return _made(BUILD / "venv", newest_python(), "ansible-core", [REQUIREMENTS, CHECKS])


def lane(release: tuple[int, int], python: Python) -> Environment:
    """build/lanes/<release>: one ansible-core and what runs the tests on it.

    Raises NotInstalledError for a candidate that the package index does not have.
    """
    # pip takes pre-releases of what names one, and of nothing else.
    first = "0b1" if release in CANDIDATES else "0"
    requirement = f"ansible-core~={label(release)}.{first}"
    try:
        return _made(BUILD / "lanes" / label(release), python, requirement, [REQUIREMENTS])
    except SystemExit as error:
        if release in CANDIDATES and "No matching distribution found for ansible-core" in str(error):
            raise NotInstalledError(f"{requirement}: no such package is to be had") from error
        raise


def _made(folder: Path, python: Python, ansible_core: str, requirements: list[Path]) -> Environment:
    """The environment, made again only when its Python, its ansible-core or its requirements have changed."""
    recipe = "\n".join([python.path, ansible_core, *(path.read_text(encoding="utf-8") for path in requirements)])
    digest = hashlib.sha256(recipe.encode()).hexdigest()
    stamp = folder / "made-from.sha256"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != digest:
        print(f"Making {folder.relative_to(ROOT)} (Python {label(python.version)}, {ansible_core}) ...", flush=True)
        _run([python.path, "-m", "venv", "--clear", str(folder)])
        files = [argument for path in requirements for argument in ("-r", str(path))]
        packages.require_ldap_headers()
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        # Python compiles what is used when it is; all of it at once takes longer than what runs in a lane.
        _run([*pip, "install", "--quiet", "--no-compile", ansible_core, *files])
        stamp.write_text(digest, encoding="utf-8")
    return Environment(folder, _ansible_core_version(folder))


def _ansible_core_version(folder: Path) -> str:
    [metadata] = folder.glob("lib/python3.*/site-packages/ansible_core-*.dist-info")
    return re.sub(r"^ansible_core-|\.dist-info$", "", metadata.name)


def _run(command: list[str]) -> None:
    """Run a step quietly; what it said is shown when it fails, and ends this program."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\nended with code {done.returncode}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    environment = development()
    print(f"{environment.folder} (ansible-core {environment.ansible_core})", file=sys.stderr)
