# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the tarball that Ansible builds."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = {
    "CHANGELOG.rst",
    "FILES.json",
    "LICENSE",
    "MANIFEST.json",
    "README.md",
    "changelogs",
    "docs",
    "meta",
    "playbooks",
}
SHIPPED |= {"plugins", "roles", "tests"}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Paths of the files in it."""
    folder = tmp_path_factory.mktemp("tarball")
    command = [Path(sys.executable).with_name("ansible-galaxy"), "collection", "build", "--output-path", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    [tarball] = folder.iterdir()
    with tarfile.open(tarball) as content:
        return {member.name for member in content if member.isfile()}


def test_holds_the_product_and_nothing_else(names: set[str]) -> None:
    assert {name.split("/")[0] for name in names} == SHIPPED


def test_holds_of_the_tests_only_what_automation_hub_reads(names: set[str]) -> None:
    assert {name for name in names if name.startswith("tests/")} == {"tests/config.yml"}


def test_holds_every_source_file_of_the_plugins(names: set[str]) -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "plugins").rglob("*")
        if path.suffix in {".py", ".cs", ".ps1"}
    }
    assert len(files) > 20
    assert files <= names


def test_holds_no_leavings_of_tools(names: set[str]) -> None:
    assert [
        name for name in names if "cache" in name.rpartition("/")[0].lower() or name.endswith((".pyc", ".log"))
    ] == []
