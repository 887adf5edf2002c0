# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on Windows alone is at least read: each script of the workflows parses in its own language."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import typing as t

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS = sorted((ROOT / "tests" / "windows").glob("*.ps1"))


def steps() -> t.Iterator[tuple[str, str]]:
    """Return the shell and the text of each step that has one."""
    for workflow in WORKFLOWS:
        document = yaml.safe_load(workflow.read_text(encoding="utf-8"))
        usual = document.get("defaults", {}).get("run", {}).get("shell", "bash")
        for job in document["jobs"].values():
            for step in job["steps"]:
                if "run" in step:
                    yield step.get("shell", usual), step["run"]


def powershell_texts() -> dict[str, str]:
    found = {file.name: file.read_text(encoding="utf-8") for file in SCRIPTS}
    found |= {text.partition("\n")[0]: text for shell, text in steps() if shell in ("powershell", "pwsh")}
    return found


def test_powershell_parses(tmp_path: pathlib.Path) -> None:
    program = shutil.which("pwsh")
    if program is None:
        pytest.skip("needs pwsh on PATH")
    texts = powershell_texts()
    assert len(texts) >= len(SCRIPTS) + 3
    files = []
    for number, text in enumerate(texts.values()):
        files.append(tmp_path / f"{number}.ps1")
        files[-1].write_text(text, encoding="utf-8-sig")
    (tmp_path / "wrong.ps1").write_text("if (1) { 'no end'", encoding="utf-8-sig")
    judge = tmp_path / "judge.ps1"
    judge.write_text(
        "foreach ($file in $args) {\n"
        "    $errors = $null; $tokens = $null\n"
        "    [Management.Automation.Language.Parser]::ParseFile($file, [ref] $tokens, [ref] $errors) | Out-Null\n"
        '    foreach ($one in $errors) { "$file $($one.Message)" }\n'
        "}\n",
        encoding="utf-8-sig",
    )
    command = [program, "-NoProfile", "-NonInteractive", "-File", str(judge), *map(str, files)]
    done = subprocess.run([*command, str(tmp_path / "wrong.ps1")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [only] = done.stdout.splitlines()
    assert only.startswith(str(tmp_path / "wrong.ps1"))


def test_bash_parses(tmp_path: pathlib.Path) -> None:
    texts = [text for shell, text in steps() if "bash" in shell]
    texts += [file.read_text(encoding="utf-8") for file in (ROOT / "tests" / "windows").glob("*.sh")]
    assert len(texts) >= 3
    for text in texts:
        done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), text


def on_windows() -> set[str]:
    """The files of tests that the workflow names."""
    text = (ROOT / ".github" / "workflows" / "windows.yml").read_text(encoding="utf-8")
    return set(re.findall(r"tests/unit/[\w/]+\.py", text))


def test_what_can_run_on_windows_runs_there() -> None:
    branches = re.compile(r"\bALLOWED\b|\bWindowsHost\b")
    files = [
        file for file in (ROOT / "tests" / "unit" / "agent").glob("test_*.py") if branches.search(file.read_text())
    ]
    assert len(files) > 4
    assert {file.relative_to(ROOT).as_posix() for file in files} <= on_windows()


def test_what_runs_on_windows_can_be_imported_there() -> None:
    modules = [name.removeprefix("tests/").removesuffix(".py").replace("/", ".") for name in sorted(on_windows())]
    assert len(modules) > 9
    command = [sys.executable, str(ROOT / "tests" / "tools" / "as_on_windows.py")]
    place = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "tests", ROOT / "tests" / "tools", ROOT / "build" / "source"))),
    }
    needed = ["conftest", "unit.agent.conftest", "benchmarks.robocopy", *modules]
    done = subprocess.run([*command, *needed, "lab.ssh"], capture_output=True, text=True, check=False, env=place)
    assert done.stderr == ""
    # What this computer alone can import shows that the others were tried.
    [only] = done.stdout.splitlines()
    assert only.startswith("lab.ssh: ")
