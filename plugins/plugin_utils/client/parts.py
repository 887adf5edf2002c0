# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of the agent an operation needs. Other files are not sent and not compiled."""

from __future__ import annotations

import collections.abc as c
import functools
import re
import typing as t

ENTRY = "Program.cs"
"""Knows every operation, each by one line: ``case "verify": return Verify.Run(request);``."""

_CASE = re.compile(r'^[ \t]*case "(?P<operation>\w+)": return .*;$', re.MULTILINE)
_NO_CODE = re.compile(
    r'@"(?:[^"]|"")*"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|//[^\n]*|/\*.*?\*/',  # texts and comments
    re.DOTALL,
)
_DECLARED = re.compile(
    r"^ {4}(?:(?:public|internal|sealed|static|abstract|partial|unsafe)\s+)*"
    r"(?:class|struct|interface|enum|delegate\s+[\w.<>\[\]]+)\s+(?P<name>\w+)",
    re.MULTILINE,
)
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


def operations_of(request: c.Mapping[str, t.Any]) -> tuple[str, ...]:
    """Name what the agent must be able to do for a request, and for the requests in it.

    A job is started, and performed by a second agent; a rehearsal performs requests in one call. A quiesce passes its
    own source on to its watchdog.
    """
    own = [request["operation"], *(["work"] if request["operation"] == "start" else [])]
    if request.get("watchdog_seconds") and not request.get("check"):
        own.append("watch")
    held = [*([request["request"]] if "request" in request else []), *request.get("requests", [])]
    return tuple(dict.fromkeys([*own, *(operation for one in held for operation in operations_of(one))]))


def needed(files: c.Mapping[str, str], operations: c.Collection[str]) -> dict[str, str]:
    """Return those of the agent's files (name -> text) that some operations need, the entry without the other ones.

    A file needs another one when its code names a type that the other one declares. Some are included without need,
    because a member may have the name of a type. None is missing: a test compiles the files of every operation.

    Raises ValueError for an operation that the entry does not know.
    """
    known = {match["operation"] for match in _CASE.finditer(files[ENTRY])}
    if unknown := set(operations) - known:
        raise ValueError(f"the agent has no operation {', '.join(sorted(unknown))}")
    texts = {**files, ENTRY: _CASE.sub(lambda case: case[0] if case["operation"] in operations else "", files[ENTRY])}
    graph = uses(texts)
    chosen, waiting = {ENTRY}, [ENTRY]
    while waiting:
        new = graph[waiting.pop()] - chosen
        chosen |= new
        waiting += new
    return {name: texts[name] for name in files if name in chosen}


def types_of(files: c.Mapping[str, str]) -> dict[str, set[str]]:
    """Return the types that files declare at the top of the namespace, each with the files' names."""
    homes: dict[str, set[str]] = {}
    for name, text in files.items():
        for declared in _declared(text):
            homes.setdefault(declared, set()).add(name)
    return homes


# All operations share the same files, except for the text of the entry.
@functools.cache
def _code(text: str) -> str:
    return _NO_CODE.sub('""', text)


@functools.cache
def _declared(text: str) -> list[str]:
    return [match["name"] for match in _DECLARED.finditer(_code(text))]


def uses(files: c.Mapping[str, str]) -> dict[str, set[str]]:
    """Return for each file the names of the others whose types its code names."""
    homes = types_of(files)
    types = frozenset(homes)
    return {
        name: {home for word in _types_named(_code(text), types) for home in homes[word]} - {name}
        for name, text in files.items()
    }


@functools.cache
def _types_named(code: str, types: frozenset[str]) -> set[str]:
    """Return the types that a file's code names, leaving out members of the same name if these can be recognized."""
    found = set()
    for match in _WORD.finditer(code):
        if match[0] in types and not _is_member(
            code[max(0, match.start() - 80) : match.start()], code[match.end() : match.end() + 80]
        ):
            found.add(match[0])
    return found


def _is_member(before: str, after: str) -> bool:
    """Return whether a word is a member's name: a method, a declaration (``uint Links;``), or a name set or indexed."""
    last = re.search(r"(\w+|\S)\s*\Z", before)
    previous = last[1] if last else ""
    following = after.lstrip()[:2]
    if following[:1] == "(":
        return previous not in ("new", "[")
    if re.match(r"=[^=]|\[[^\]]", following):
        return True
    is_name = bool(re.match(r"[\w\]>?]\Z", previous[-1:])) and previous not in ("new", "as", "is")
    return is_name and following[:1] != "" and following[0] in ";={,)"
