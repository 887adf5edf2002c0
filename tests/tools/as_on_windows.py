# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import files of tests as on Windows, and print each that cannot be imported, with the reason.

There are no modules there that Python has on Unix alone, and of what can be installed only pytest and hypothesis.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import importlib
import importlib.machinery
import importlib.metadata
import sys
import types
import typing as t

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ONLY_ON_UNIX = ("crypt", "fcntl", "grp", "pty", "pwd", "resource", "spwd", "syslog", "termios")
INSTALLED = ("pytest", "hypothesis")
WINDOWS = {"extra": "", "os_name": "nt", "sys_platform": "win32", "platform_system": "Windows"}


class NotInstalled:
    """Finder that refuses what is installed here and is no part, and no requirement, of what is installed there."""

    def __init__(self) -> None:
        there = set(_with_requirements(INSTALLED))
        self._refused = {
            module
            for module, distributions in importlib.metadata.packages_distributions().items()
            if not there & set(map(canonicalize_name, distributions))
        }

    def find_spec(
        self, name: str, path: c.Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Raise ModuleNotFoundError for what is not installed there."""
        if name.partition(".")[0] in self._refused - {"ansible_collections"}:
            raise ModuleNotFoundError(f"the workflow does not install {name.partition('.')[0]}")
        return None


def _with_requirements(names: c.Iterable[str]) -> t.Iterator[str]:
    for name in names:
        yield canonicalize_name(name)
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # what Windows alone needs
            needed = [Requirement(line) for line in importlib.metadata.requires(name) or []]
            yield from _with_requirements(one.name for one in needed if not one.marker or one.marker.evaluate(WINDOWS))


def main() -> int:
    for name in INSTALLED:
        importlib.import_module(name)
    # None: an import of it fails.
    sys.modules.update(dict.fromkeys(ONLY_ON_UNIX))  # type: ignore[arg-type]
    sys.meta_path.insert(0, NotInstalled())
    complaints = list(filter(None, map(_imported, sys.argv[1:])))
    print(*complaints, sep="\n")
    return int(bool(complaints))


def _imported(module: str) -> str | None:
    try:
        importlib.import_module(module)
    except ImportError as error:
        return f"{module}: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main())
