# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mono takes what was compiled ahead of time; it would do without and say nothing."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import pytest

from lab import ahead_of_time

PROGRAM = """
class Program
{
    static void Main() { System.Console.Write(System.Text.RegularExpressions.Regex.IsMatch("text", "^t")); }
}
"""
MISSING = [program for program in ("mcs", "mono", "as", "ld") if shutil.which(program) is None]


@pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")
def test_mono_takes_the_program_and_the_library(tmp_path: pathlib.Path) -> None:
    (tmp_path / "program.cs").write_text(PROGRAM)
    subprocess.run(["mcs", "-r:System", "program.cs"], cwd=tmp_path, check=True)
    program = tmp_path / "program.exe"
    ahead_of_time.compile_ahead(program)
    reported = {"MONO_LOG_LEVEL": "debug", "MONO_LOG_MASK": "aot"}
    environment = {**os.environ, **ahead_of_time.ENVIRONMENT, **reported}
    said = subprocess.run(["mono", str(program)], env=environment, check=True, capture_output=True, text=True).stdout
    assert "True" in said
    for image in (f"{program}.so", "System.dll.so"):
        assert f"{image} wants to load" in said
