# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's rooms: a file names types of its own room and of those below, and none of a room above."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.parts import ENTRY, types_of, uses
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import AGENT_FOLDER, agent_files

ARCHITECTURE = pathlib.Path(__file__).parents[5] / "docs" / "architecture.md"
LARGEST_CIRCLE = 8

TEXTS = {name: path.read_text(encoding="utf-8") for name, path in agent_files().items()}
ROOM_OF = {name: "" if path.parent == AGENT_FOLDER else path.parent.name for name, path in agent_files().items()}


def rooms() -> list[str]:
    """The rooms as the table of docs/architecture.md has them, the lowest first."""
    return re.findall(r"^\| `agent/(\w+)/` \|", ARCHITECTURE.read_text(encoding="utf-8"), re.MULTILINE)


def upwards(texts: t.Mapping[str, str]) -> list[tuple[str, str]]:
    """Files that name a type of a file in a room above theirs."""
    order = {room: height for height, room in enumerate([*rooms(), ""])}
    return [
        (name, other)
        for name, others in uses(texts).items()
        for other in sorted(others)
        if order[ROOM_OF[other]] > order[ROOM_OF[name]]
    ]


def circles(graph: t.Mapping[str, t.Collection[str]]) -> list[set[str]]:
    """Files of which each one needs, over others, all the rest (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in graph[name]:
            if other not in index:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == index[name]:
            found.append(set(stack[stack.index(name) :]))
            del stack[stack.index(name) :]

    for name in graph:
        if name not in index:
            visit(name)
    return found


def test_every_room_is_in_the_table_and_the_entry_alone_in_none() -> None:
    assert {room for room in ROOM_OF.values() if room} == set(rooms()), "docs/architecture.md, Layers"
    assert [name for name, room in ROOM_OF.items() if not room] == [ENTRY]


def test_nothing_points_upwards() -> None:
    assert upwards(TEXTS) == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Paths.cs", "private static void Planted() { Restore planted = null; }"),
        ("SetFolder.cs", "private static object Planted() { return new HostLock(null); }"),
        ("Win32.cs", "private static object planted = JsonReader.Map(null);"),
    ],
)
def test_what_is_planted_upwards_is_found(name: str, line: str) -> None:
    body = TEXTS[name].rstrip().removesuffix("}").rstrip().removesuffix("}")
    found = upwards({**TEXTS, name: f"{body}    {line}\n    }}\n}}\n"})
    assert {lower for lower, _upper in found} == {name}


def test_circles_are_small() -> None:
    largest = max(circles(uses(TEXTS)), key=len)
    assert len(largest) <= LARGEST_CIRCLE, largest


def test_a_circle_is_found() -> None:
    assert {"a", "b", "c"} in circles({"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": []})


def test_no_two_files_declare_one_type() -> None:
    homes = types_of(TEXTS)
    assert len(homes) > len(TEXTS)
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}
