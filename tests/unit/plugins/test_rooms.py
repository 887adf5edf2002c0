# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms of the controller's Python: a module imports from its own room and from those below."""

from __future__ import annotations

import ast
import collections.abc as c
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[3]
PLUGINS = ROOT / "plugins"
PACKAGE = "ansible_collections.identityops.groupid.plugins"
SQL, DIRECTORY, PLUGIN_UTILS = HOUSES = ("module_utils/sql", "module_utils/directory", "plugin_utils")


def rooms(house: str) -> list[str]:
    """The rooms as the table of docs/architecture.md has them, the lowest first; above them is what lies in none."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    [row] = re.findall(rf"^\| `plugins/{house}/` \| (`\w+/`.*?)\|", page, re.MULTILINE)
    return [*re.findall(r"`(\w+)/`", row), ""]


def imported(text: str) -> c.Iterator[str]:
    """Full names of the modules that a module imports from, and of what it imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def upwards(house: str, room: str, text: str) -> list[str]:
    """What a module of a room imports from a room above."""
    order, package = rooms(house), f"{PACKAGE}.{house.replace('/', '.')}."
    found = []
    for name in imported(text):
        if name.startswith(package):
            other = name.removeprefix(package).split(".")[0]
            if order.index(other if other in order else "") > order.index(room):
                found.append(name)
    return found


@pytest.mark.parametrize("house", HOUSES)
def test_nothing_points_upwards(house: str) -> None:
    folder = PLUGINS / house
    assert {path.name for path in folder.iterdir() if (path / "__init__.py").exists()} == set(rooms(house)) - {""}
    modules = list(folder.glob("*/*.py"))
    assert len(modules) > 20
    arrows = {path: upwards(house, path.parent.name, path.read_text(encoding="utf-8")) for path in modules}
    assert {path: names for path, names in arrows.items() if names} == {}


@pytest.mark.parametrize(
    ("house", "room", "planted"),
    [
        (SQL, "session", "from {}.module_utils.sql.server.facts import ServerFacts"),
        (SQL, "backup", "from {}.module_utils.sql.restore import plan"),
        (DIRECTORY, "export", "from {}.module_utils.directory import rehearsal"),
        (PLUGIN_UTILS, "client", "from {}.plugin_utils.groups.outcome import RestoreRequest"),
        (PLUGIN_UTILS, "client", "import {}.plugin_utils.actions.failure"),
        (PLUGIN_UTILS, "controller", "from {}.plugin_utils import workers"),
    ],
)
def test_what_is_planted_upwards_is_found(house: str, room: str, planted: str) -> None:
    assert len(upwards(house, room, planted.format(PACKAGE))) == 1


def strangers(house: str, text: str) -> list[str]:
    """What a module of module_utils imports that its house does not know: the network nothing, the others not each
    other."""
    strange = {"network": r"(?!network\.)", "sql": r"directory\.", "directory": r"sql\."}[house]
    return [name for name in imported(text) if re.match(rf"{PACKAGE}\.module_utils\.{strange}", name)]


@pytest.mark.parametrize("house", ["network", "sql", "directory"])
def test_sql_and_directory_have_only_the_network_in_common(house: str) -> None:
    modules = list((PLUGINS / "module_utils" / house).rglob("*.py"))
    assert len(modules) > 1
    known = {path.name: strangers(house, path.read_text(encoding="utf-8")) for path in modules}
    assert {name: found for name, found in known.items() if found} == {}


@pytest.mark.parametrize(
    ("house", "planted"),
    [
        ("network", "from {}.module_utils.sql.session import target"),
        ("network", "from {}.module_utils.failure import Failure"),
        ("sql", "from {}.module_utils.directory.session.target import is_domain"),
        ("directory", "import {}.module_utils.sql.session.tls"),
    ],
)
def test_a_planted_stranger_is_found(house: str, planted: str) -> None:
    assert len(strangers(house, planted.format(PACKAGE))) == 1


def test_nothing_of_plugin_utils_knows_an_action_of_the_collection() -> None:
    modules = list((PLUGINS / "plugin_utils").rglob("*.py"))
    assert len(modules) > 20
    assert [
        (path.name, name)
        for path in modules
        for name in imported(path.read_text(encoding="utf-8"))
        if re.match(rf"{PACKAGE}\.(?!module_utils\.|plugin_utils\.)", name)
    ] == []


def test_nothing_of_module_utils_knows_ansible_or_what_stands_on_it() -> None:
    """A module of the SQL Server runs where Ansible is not, and pure decisions are tested without it."""
    above = re.compile(r"ansible\.|ansible_collections\.identityops\.groupid\.plugins\.(?!module_utils\.)")
    modules = list((PLUGINS / "module_utils").rglob("*.py"))
    assert len(modules) > 80
    assert [
        (path.name, name)
        for path in modules
        for name in imported(path.read_text(encoding="utf-8"))
        if above.match(name)
    ] == []


def test_a_table_of_variables_knows_the_word_and_the_products_alone() -> None:
    """``vocabulary/words`` joins the tables; none of them knows another."""
    tables = [path for path in (PLUGINS / "module_utils" / "vocabulary").glob("*.py") if path.stem != "words"]
    assert len(tables) > 5
    known = (f"{PACKAGE}.module_utils.products", f"{PACKAGE}.module_utils.vocabulary.word.")
    assert [
        (path.name, name)
        for path in tables
        for name in imported(path.read_text(encoding="utf-8"))
        if name.startswith(PACKAGE) and not name.startswith(known)
    ] == []


def test_no_module_stands_beside_a_package_of_its_name() -> None:
    packages = [path.parent for path in PLUGINS.rglob("__init__.py")]
    assert packages
    assert [package for package in packages if package.with_suffix(".py").exists()] == []
