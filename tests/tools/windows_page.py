# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write which claim held on which Windows into docs/windows.md, from the results in docs/rehearsals/.

`python3 tests/tools/windows_page.py` writes the part of the page between the markers. A unit test fails while it is not
as it would be written. A file that is no result of a server, that was not made on Windows, or that names somebody ends
the tool with the file and the reason.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import json
import re
import sys
import typing as t
from pathlib import Path

import collection
from environment import ROOT

sys.path.insert(0, str(collection.link()))

from ansible_collections.identityops.groupid.plugins.module_utils import rehearsal_report
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    CLAIMS,
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    VERDICTS,
)

PAGE = ROOT / "docs" / "windows.md"
RESULTS = ROOT / "docs" / "rehearsals"

NOT_YET = "not yet"
LONGEST_CELL = 110
"""Characters, so that no line of the page has more than 160."""
LARGEST_FILE = 1_000_000

_AGAIN = "Mask it, or ask for a result without groupid_rehearsal_names."
_MARKED = re.compile(r"(<!-- results of rehearsals: [^>]*-->\n).*?(<!-- end of results -->)", re.DOTALL)
_SHOWN_FIRST = (NOT_HELD, REFUSED, HELD)

_PLATFORM = {"system", "product", "build", "runtime", "runtime_version", "engine", "sha256"}
_DOCUMENT = {
    "rehearsal_schema": int,
    "rehearsed_at": str,
    "agent": str,
    "server": (str, type(None)),
    "platform": dict,
    "file_systems": list,
    "measured": dict,
    "claims": list,
}
_OF_PLATFORM = {
    "product": r"(?:Microsoft )?Windows [\w ().-]{1,60}",
    "build": r"\d{4,6}",
    "runtime_version": r"\d+(?:\.\d+){1,3}",
    "engine": r"[\w.-]+\.exe",
    "sha256": r"\w+",
}
_REAL = re.compile(r"Windows \d+\.\d+\.\d+(?:\.\d+)?")
"""What the agent says of the system where ntdll.dll is not Wine's."""

# What the playbook masks unless it is asked for names. It knows them, and this does not: a person reads a file too.
_NAMES = {
    "a share's server": re.compile(r"\\\\(?!<masked>|[?.]\\)[^\\\s]|\\\\\?\\UNC\\(?!<masked>)", re.IGNORECASE),
    "an account": re.compile(r"(?<![\w\\.:$>-])(?!NT AUTHORITY\\|BUILTIN\\|AUTHORITY\\)[\w.-]+\\[\w.$-]+"),
    "a user's or a mail address": re.compile(r"[\w.+-]+@[\w-]+\.\w"),
    "a host": re.compile(
        r"(?:(?<![\w.\\/-])|(?<=//))(?!System\.|Microsoft\.|go\.microsoft\.com)[\w-]+(?:\.[\w-]+)+"
        r"\.(?!(?:restoring|replaced|tmp|txt|bin)\b)[a-z]{2,}\b",
        re.IGNORECASE,
    ),
    "a machine's number": re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE),
    "a server": re.compile(r"\.rehearsal-(?!<masked>)[^\\/\s]+-[0-9a-f]{16}", re.IGNORECASE),
}
_PATH_OF_A_DRIVE = re.compile(r"\b[A-Za-z]:\\[^\s\"'|,;:()]*")


class RefusedError(Exception):
    """A file that the page does not count. str(): the file and the reason."""


@dataclasses.dataclass(frozen=True)
class Result:
    """One result of a server. month: when. verdicts: by claim."""

    path: Path
    system: str
    month: str
    framework: str
    file_systems: tuple[str, ...]
    verdicts: c.Mapping[str, str]


def written(results: Path = RESULTS, page: Path = PAGE) -> str:
    """Return the whole page. Raises RefusedError."""
    text = page.read_text(encoding="utf-8")
    if not _MARKED.search(text):
        raise SystemExit(f"{page} has no marker for the results of rehearsals.")
    part = "\n".join(_part([read(path) for path in sorted(results.glob("*.json"))]))
    return _MARKED.sub(lambda found: f"{found[1]}{part}\n{found[2]}", text)


def read(path: Path) -> Result:
    """Read one result. Raises RefusedError."""
    try:
        return _result(path)
    except RefusedError as error:
        raise RefusedError(f"{path}: {error}") from error


def _result(path: Path) -> Result:
    _demand(
        not path.name.startswith("rehearsal-") and re.fullmatch(r"[a-z0-9][a-z0-9._-]*\.json", path.name) is not None,
        "Rename it to <system>-<file system>-<date>.json, in small letters. Its first name has the name of a server.",
    )
    document = _document(path)
    _check_shape(document)
    _check_windows(document["platform"])
    _demand(document["server"] is None, f"It names its server. {_AGAIN}")
    for where, text in _texts(document, "the result"):
        _check_anonymous(where, text)
    platform = document["platform"]
    product = re.sub(r"^(?:Microsoft )?(Windows Server \d{4}(?: R2)?) .*", r"\1", platform["product"])
    return Result(
        path,
        f"{product} ({platform['build']})",
        document["rehearsed_at"][:7],
        platform["runtime_version"],
        tuple(document["file_systems"]),
        {one["id"]: one["verdict"] for one in document["claims"]},
    )


# ---- what is refused


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise RefusedError(otherwise)


def _document(path: Path) -> dict[str, t.Any]:
    content = path.read_bytes()
    _demand(len(content) <= LARGEST_FILE, "It is too large for a result of a rehearsal.")
    try:
        document = json.loads(content.decode("utf-8"), object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"It is not JSON: {error}") from error
    _demand(isinstance(document, dict), "It is no JSON object.")
    return t.cast("dict[str, t.Any]", document)


def _each_once(members: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("an object has a member twice")
    return found


def _check_shape(document: dict[str, t.Any]) -> None:
    others = {"deployment", "domain"} & document.keys() or _ids(document) & {"sql.connect", "directory.connect"}
    _demand(not others, "It is the result of a database or of a domain. Only results of servers are kept here.")
    _demand(
        document.keys() == _DOCUMENT.keys(),
        f"It is no result of groupid_rehearsal: its members are {', '.join(sorted(document)) or 'none'}.",
    )
    for name, kind in _DOCUMENT.items():
        _demand(isinstance(document[name], kind), f"Its {name} is of the wrong kind.")
    _demand(document["rehearsal_schema"] == rehearsal_report.SCHEMA, "Its rehearsal_schema is not known.")
    try:
        datetime.datetime.strptime(document["rehearsed_at"], "%Y-%m-%dT%H:%M:%SZ")
    except ValueError as error:
        raise RefusedError("Its rehearsed_at is no time.") from error
    _demand(re.fullmatch(r"[0-9a-f]{16,64}", document["agent"]) is not None, "Its agent is no digest.")
    _demand(
        all(isinstance(one, str) and re.fullmatch(r"[A-Za-z0-9]{1,16}", one) for one in document["file_systems"]),
        "Its file_systems are none.",
    )
    _demand(all(type(value) in (int, float) for value in document["measured"].values()), "Its measured has no numbers.")
    _check_claims(document["claims"])


def _ids(document: c.Mapping[str, t.Any]) -> set[str]:
    claims = document.get("claims")
    listed = claims if isinstance(claims, list) else []
    return {str(one.get("id")) for one in listed if isinstance(one, dict)}


def _check_claims(claims: list[t.Any]) -> None:
    known, seen = {claim.id for claim in CLAIMS}, set()
    for one in claims:
        right = isinstance(one, dict) and one.keys() == {"id", "verdict", "seen"}
        _demand(right and all(isinstance(text, str) for text in one.values()), "One of its claims is none.")
        _demand(one["id"] in known, f"There is no claim {one['id']!r}.")
        _demand(one["id"] not in seen, f"It answers {one['id']} twice.")
        _demand(one["verdict"] in VERDICTS, f"{one['verdict']!r} is no answer to a claim.")
        seen.add(one["id"])
    _demand(bool(seen), "It has no claims.")


def _check_windows(platform: dict[str, t.Any]) -> None:
    """Refuse Mono, Wine, and what does not tell.

    Two facts that do not depend on each other: whether ntdll.dll is Wine's, and the kind of .NET. On Wine the agent
    runs in PowerShell 7, on .NET; only Windows itself has Windows PowerShell, on .NET Framework.
    """
    _demand(platform.keys() == _PLATFORM, "Its platform does not say what it ran on.")
    _demand(
        isinstance(platform["system"], str) and _REAL.fullmatch(platform["system"]) is not None,
        f"It was not made on Windows, but on {platform['system']!r}.",
    )
    _demand(
        platform["runtime"] == ".NET Framework",
        f"It was not made on Windows PowerShell's .NET Framework, but on {platform['runtime']!r}.",
    )
    for name, pattern in _OF_PLATFORM.items():
        right = isinstance(platform[name], str) and re.fullmatch(pattern, platform[name]) is not None
        _demand(right, f"Its platform has no {name} of a Windows: {platform[name]!r}.")


def _texts(value: t.Any, where: str) -> c.Iterator[tuple[str, str]]:
    """Return all texts in a document, each with the place that it has there."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield f"a name in {where}", name
            yield from _texts(inner, f"{name} of {value['id']}" if "id" in value else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, where)


def _check_anonymous(where: str, text: str) -> None:
    masked = rehearsal_report.masked(text, [rehearsal_report.MASK])  # what the playbook finds without knowing a name
    _demand(masked == text, f"An address, or the number of a domain, stands in {where}: {text!r}. {_AGAIN}")
    without_paths = _PATH_OF_A_DRIVE.sub("", text)
    for what, pattern in _NAMES.items():
        found = pattern.search(without_paths if what == "an account" else text)
        _demand(found is None, f"The name of {what} stands in {where}: {text!r}. {_AGAIN}")


# ---- what is written


def _part(results: c.Sequence[Result]) -> list[str]:
    lines = ["There are no results yet.", ""]
    if results:
        lines = ["| result | system | .NET Framework | file systems | held | not held | refused |", "|---" * 7 + "|"]
        lines += [*map(_row, results), ""]
    return [
        *lines,
        "| claim | ran on |",
        "|---|---|",
        *(f"| `{one.id}` | {_ran_on(one.id, results)} |" for one in CLAIMS),
    ]


def _row(result: Result) -> str:
    counts = [sum(verdict == one for one in result.verdicts.values()) for verdict in (HELD, NOT_HELD, REFUSED)]
    link = f"[{result.month}](rehearsals/{result.path.name})"
    cells = [link, result.system, result.framework, ", ".join(result.file_systems), *map(str, counts)]
    return f"| {' | '.join(cells)} |"


def _ran_on(identity: str, results: c.Iterable[Result]) -> str:
    """Return the cell of a claim: what is wrong first, then the newest. Of each system and answer, the newest."""
    newest: dict[tuple[str, str], str] = {}
    for result in results:
        verdict = result.verdicts.get(identity, NOT_TRIED)
        if verdict != NOT_TRIED:
            key = verdict, result.system
            newest[key] = max(newest.get(key, ""), result.month)
    told = sorted(newest.items(), key=lambda one: (one[0][1], one[1]))
    told.sort(key=lambda one: one[1], reverse=True)
    told.sort(key=lambda one: _SHOWN_FIRST.index(one[0][0]))
    cell = ""
    for number, ((verdict, system), month) in enumerate(told):
        text = f"{'' if verdict == HELD else f'{verdict}: '}{system}, {month}"
        if cell and len(cell) + len(text) > LONGEST_CELL:
            return f"{cell}; and {len(told) - number} more"
        cell += f"; {text}" if cell else text
    return cell or NOT_YET


if __name__ == "__main__":
    try:
        PAGE.write_text(written(), encoding="utf-8")
    except RefusedError as refused:
        raise SystemExit(str(refused)) from refused
