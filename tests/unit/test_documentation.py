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

from ansible_collections.identityops.groupid.plugins.module_utils import products

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
PAGES = sorted(
    page
    for folder, pattern in ((".", "*.md"), ("docs", "**/*.md"), ("roles", "*/README.md"))
    for page in (ROOT / folder).glob(pattern)
)
"""Everything in Markdown."""

LONGEST_LINE = 160
READ_BY_A_MODULE = {"groupid_services", "groupid_services_timeout"}
"""Variables that no role declares."""
PARTS_OF_OTHERS = {"database", "group_attributes"}
"""Roles that other roles call, and nobody else."""


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def options(role: str) -> dict[str, Any]:
    """A role's variables by its argument_specs: every entry point together."""
    specs = read(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]
    return {name: option for spec in specs.values() for name, option in spec.get("options", {}).items()}


def section(title: str, page: str = README) -> str:
    """The text of a page below one heading, up to the next of the same or a higher level."""
    heading = re.search(rf"^(#+) {re.escape(title)}$", page, re.MULTILINE)
    assert heading, f"the page has no heading {title!r}"
    below = page[heading.end() :]
    return re.split(rf"^#{{1,{len(heading[1])}}} ", below, maxsplit=1, flags=re.MULTILINE)[0]


def first_column(text: str) -> list[str]:
    """The code words in the first column of a table."""
    return re.findall(r"^\| `([a-z0-9_]+)` \|", text, re.MULTILINE)


def test_variable_table_names_the_variables_of_all_roles() -> None:
    named = first_column(section("Variables"))
    assert len(named) == len(set(named))
    assert set(named) == {name for role in ROLES for name in options(role)} | READ_BY_A_MODULE


def versions_with(name: str) -> list[str]:
    """The versions of GroupID that have a component, as people write them: 10 for 10.0."""
    having = (row.version for row in products.PRODUCTS if name in {part.name for part in row.components})
    return [version.partition(".")[0] for version in having]


def test_the_table_of_what_is_backed_up_has_the_components_of_all_versions() -> None:
    rows = re.findall(r"^\| (`.+?) \| (.+?) \| (.+?) \|$", section("What this version backs up"), re.MULTILINE)
    told = {name: (where, when) for names, where, when in rows for name in re.findall(r"`(\w+)`", names)}
    known = {part.name: part for row in products.PRODUCTS for part in row.components}
    assert told.keys() == known.keys() | {"database", "group_attributes"}, "README.md, What this version backs up"
    for name, part in known.items():
        where, when = told[name]
        begins = "always" if part.required else "if the folder exists" if part.default else "if you name "
        assert when.startswith(begins), f"README.md, {name}"
        assert when.endswith(f"({' and '.join(versions_with(name))})"), f"README.md, {name}"
        assert part.path in where or where == "folders of the installation", f"README.md, {name}"


def test_the_requirements_name_all_versions() -> None:
    *others, newest = [row.version.partition(".")[0] for row in products.PRODUCTS]
    told = f"- GroupID {', '.join(others)} or {newest} on Windows Server"
    assert told in section("Requirements"), "README.md, Requirements"


def test_module_list_names_the_modules() -> None:
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert set(first_column(section("Modules"))) == modules, "README.md, Modules"


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


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml")))
def test_the_readme_names_every_playbook(name: str) -> None:
    assert re.search(rf"(?:`|identityops\.groupid\.){name}\b", README), f"README.md does not say what {name} does"


def places(name: str) -> list[Path]:
    """What a name in the table of CONTRIBUTING.md stands for, with its short words for folders."""
    if name.startswith("test_"):
        return list((ROOT / "tests" / "unit").rglob(f"{name}.py"))
    agent = ROOT / "plugins" / "plugin_utils" / "agent"
    folders = [(ROOT, name), (ROOT / "plugins" / "module_utils", name), (agent, name.removeprefix("agent/"))]
    return [path for folder, pattern in folders for path in folder.glob(pattern or "*")] or list(agent.rglob(name))


def test_what_the_table_of_changes_names_is_there() -> None:
    rows = re.findall(r"^\| (?!to change|-).*$", section("What to change where", CONTRIBUTING), re.MULTILINE)
    names = {name for row in rows for name in re.findall(r"`([^`]+)`", row)} - {"RETURN"}
    assert len(names) > 40
    assert sorted(name for name in names if not places(name)) == [], "CONTRIBUTING.md, What to change where"
    assert not places("test_nowhere")
    assert not places("nowhere.py")


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)) for heading in headings]
    return {heading.strip().lower().replace(" ", "-") for heading in plain}


def broken_links(page: Path, text: str) -> list[str]:
    """Links of a page to files that are not there, and to headings that no page has."""
    found = []
    for link in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)):
        name, dummy, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page, page.read_text(encoding="utf-8")) == []


def test_a_broken_link_is_found() -> None:
    page = ROOT / "docs" / "architecture.md"
    assert broken_links(page, "[a](nowhere.md) [b](design/seal.md#nowhere) [c](#layers) [d](../README.md)") == [
        "nowhere.md",
        "design/seal.md#nowhere",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_lines_are_short_enough_to_read(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert [(number, len(line)) for number, line in enumerate(lines, 1) if len(line) > LONGEST_LINE] == []


def test_architecture_is_two_pages_with_three_diagrams() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert text.count("\n```\n") == 2 * 3


@pytest.mark.parametrize(
    "words",
    ["The agent gave no answer", "could not compile or start the agent", "did not come to its end", "docs/windows.md"],
)
def test_what_an_antivirus_may_do_stands_in_messages_and_page(words: str) -> None:
    sources = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "plugins").rglob("*.py"))
    assert words in sources
    if words != "docs/windows.md":
        page = (ROOT / "docs" / "windows.md").read_text(encoding="utf-8")
        assert words in page[page.index("If an antivirus stops the agent") :]
