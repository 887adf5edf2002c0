# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README and the roles' documents say the same as what the roles do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
PARTS_OF_OTHERS = {"database", "group_attributes"}
"""Roles that other roles call, and nobody else."""
PAGES_FOR_USERS = [
    ROOT / "README.md",
    *(
        ROOT / "docs" / name
        for name in (
            "windows.md",
            "sql-server.md",
            "restore-database.md",
            "group-attributes.md",
            "verify-by-hand.md",
            "rehearsals/README.md",
        )
    ),
    *sorted((ROOT / "roles").glob("*/README.md")),
]
LONGEST_LINE = 160


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def options(role: str) -> dict[str, Any]:
    """A role's variables by its argument_specs: every entry point together."""
    specs = read(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]
    return {name: option for spec in specs.values() for name, option in spec.get("options", {}).items()}


def section(title: str) -> str:
    """The text of the README below one heading, up to the next of the same or a higher level."""
    heading = re.search(rf"^(#+) {re.escape(title)}$", README, re.MULTILINE)
    assert heading, f"README has no heading {title!r}"
    below = README[heading.end() :]
    return re.split(rf"^#{{1,{len(heading[1])}}} ", below, maxsplit=1, flags=re.MULTILINE)[0]


def first_column(text: str) -> list[str]:
    """The code words in the first column of a table."""
    return re.findall(r"^\| `([a-z0-9_]+)` \|", text, re.MULTILINE)


def test_variable_table_names_the_variables_of_all_roles() -> None:
    named = first_column(section("Variables"))
    assert len(named) == len(set(named))
    assert set(named) == {name for role in ROLES for name in options(role)}


def test_module_list_names_the_modules() -> None:
    assert set(first_column(section("Modules"))) == {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}


@pytest.mark.parametrize("role", ROLES)
def test_defaults_agree_with_argument_specs(role: str) -> None:
    defaults = read(ROOT / "roles" / role / "defaults" / "main.yml")
    assert defaults == {name: option["default"] for name, option in options(role).items() if "default" in option}


@pytest.mark.parametrize("role", ROLES)
def test_a_variable_means_the_same_in_every_role(role: str) -> None:
    for other in ROLES:
        for name in options(role).keys() & options(other).keys():
            mine, theirs = options(role)[name], options(other)[name]
            assert mine["type"] == theirs["type"], f"{name} in {other}"
            # A new set for a backup, the latest one to verify, a named one to restore.
            if name != "groupid_set_id":
                assert mine.get("default") == theirs.get("default"), f"{name} in {other}"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_a_readme_and_a_playbook(role: str) -> None:
    assert (ROOT / "roles" / role / "README.md").is_file()
    assert role in PARTS_OF_OTHERS or (ROOT / "playbooks" / f"{role}.yml").is_file()


def test_playbooks_named_in_the_readme_exist() -> None:
    named = set(re.findall(r"ansible-playbook (?:-\S+ \S+ )*identityops\.groupid\.([a-z_]+)", README))
    assert named
    assert named <= {path.stem for path in (ROOT / "playbooks").glob("*.yml")}


def test_files_that_the_readme_links_to_exist() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("page", PAGES_FOR_USERS, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_line_of_a_page_is_longer_than_a_person_reads(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > LONGEST_LINE] == []
