# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's own grammar of T-SQL, where a command ``tsql`` that knows it is on PATH."""

from __future__ import annotations

import collections.abc as c
import functools
import os
import pathlib
import shutil
import subprocess
import tempfile

# Documented forms that Microsoft's own parser refuses.
_REFUSED_BY_MISTAKE = ("KEEP_CDC", "COMPRESSION (ALGORITHM")


@functools.cache
def command() -> str | None:
    """Find the grammar. A program of FreeTDS bears the same name, so each one on PATH is tried."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which("tsql", path=folder) if folder else None
        if found:
            answer = subprocess.run([found, "-version:150"], input=b"SELECT 1", capture_output=True, check=False)
            if answer.returncode == 0:
                return found
    return None


def complaints(batches: c.Iterable[str], version: int = 150) -> list[str]:
    """Check batches, each once. Returns what the grammar refuses and the batch; nothing where it is not here."""
    different = list(dict.fromkeys(batch for batch in batches if not any(one in batch for one in _REFUSED_BY_MISTAKE)))
    program = command()
    if not different or program is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, batch in enumerate(different):
            file = pathlib.Path(folder) / f"{number:05}.sql"
            file.write_text(batch, encoding="utf-8")
            files.append(str(file))
        answer = subprocess.run(
            [program, f"-version:{version}", *files], capture_output=True, text=True, timeout=300, check=False
        )
        if answer.returncode == 0:
            return []
        found = []
        for line in (answer.stdout + answer.stderr).splitlines():
            name, dummy, rest = line.partition(".sql(")
            number_text = name.rpartition("/")[2]
            batch = different[int(number_text)] if number_text.isdigit() else ""
            found.append(f"{rest or line}: {batch}")
        return found
