# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machine code that Mono keeps beside an assembly: a short agent spends a third of its time on compiling it anew."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

from lab import file_lock

_FOLDER = pathlib.Path(__file__).parents[2] / "build" / "lab" / "cache" / "ahead-of-time"
_LIBRARY = "System.dll"
"""Regular expressions, above all. Debian's package has done mscorlib.dll."""

ENVIRONMENT = {"MONO_ENV_OPTIONS": f"--aot-path={_FOLDER}"}
"""For each Mono that shall find what was compiled of the libraries; Mono takes none that does not fit."""


def compile_ahead(assembly: pathlib.Path) -> None:
    """Compile an assembly, and once for all the library. Where that fails, for want of binutils, Mono does as ever."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    library = pathlib.Path(shutil.which("mono") or "").resolve().parents[1] / "lib" / "mono" / "4.5" / _LIBRARY
    with file_lock.held(_FOLDER / "lock"):
        image = _FOLDER / f"{_LIBRARY}.so"
        if library.exists() and not image.exists():
            _compile(library.resolve(), image)
    _compile(assembly, pathlib.Path(f"{assembly}.so"))


def _compile(assembly: pathlib.Path, image: pathlib.Path) -> None:
    # In the place where the image comes to lie: Mono renames it there.
    environment = {**os.environ, "TMPDIR": str(image.parent)}
    command = ["mono", f"--aot=outfile={image}", str(assembly)]
    subprocess.run(command, check=False, env=environment, capture_output=True)
