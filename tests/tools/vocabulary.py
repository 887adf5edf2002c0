# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what plugins/module_utils/vocabulary/ says about variables to the files that Ansible and people read.

`python3 tests/tools/vocabulary.py` writes the roles' argument specs and defaults, the lists of variables in the roles'
READMEs, and the tables of the README, between their markers. The tables have the first sentence of each description, so
that their rows stay short. A unit test fails while a file is not as it would be written.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
import typing as t
from pathlib import Path

import collection
from environment import ROOT

sys.path.insert(0, str(collection.link()))

from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import ROLES, Word
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.words import WORDS, declared_by

LICENCE = """\
# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
---
"""

REPORT = (
    "report",
    "Print the summary and fail the servers on which something went wrong",
    "The last step.",
)
PLAN = (
    "plan",
    "Sort the hosts of a play by deployment, into a group of their own",
    "For the first play of a playbook. No server is contacted.",
)
CALLED = "Called by the role for this work, after its preflight has checked the servers."
OF_ITS_OWN = "For a play of your own, with the linear strategy and without C(serial)."

ENTRY_POINTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "backup": (
        ("main", "Back up, verify and seal the deployments of a play", OF_ITS_OWN),
        PLAN,
        (
            "preflight",
            "Check the servers, choose the ids of the sets, and finish the seals of earlier runs",
            "After C(plan).",
        ),
        ("folders", "Copy the folders of each server into its part", "After C(preflight)."),
        ("verify", "Read the new parts again", "After C(folders)."),
        ("seal", "Seal the sets that have all their parts", "After C(verify)."),
        REPORT,
    ),
    "database": (
        ("preflight", "Check what a backup of the database needs", CALLED),
        ("rehearse", "Test on the SQL Server what backup and restore need", CALLED),
        ("backup", "Save the database into the set", CALLED),
        ("verify", "Verify the part of the database", CALLED),
        ("restore_checks", "Check what a restore of the database needs", CALLED),
        ("restore", "Restore the database", CALLED),
    ),
    "group_attributes": (
        ("preflight", "Check what an export of the group attributes needs", CALLED),
        ("rehearse", "Test on each domain what export and restore need", CALLED),
        ("backup", "Save the group attributes into the set", CALLED),
        ("verify", "Verify the parts of the domains", CALLED),
        ("restore_checks", "Check what a restore of the group attributes needs", CALLED),
        ("restore", "Restore the group attributes", CALLED),
    ),
    "preflight": (
        ("main", "Check whether a backup can start", "For a play of your own. It only reads."),
        PLAN,
        ("deployments", "Sort the hosts of a play by deployment", "No server is contacted."),
        ("servers", "Read the facts of the servers", "After C(plan) or C(deployments)."),
        ("checks", "Check what a backup needs and choose the ids of the sets", "After C(servers)."),
        REPORT,
    ),
    "restore": (
        ("main", "Restore the folders of the servers of a play", OF_ITS_OWN),
        PLAN,
        ("preflight", "Check the servers, the set and its parts", "After C(plan). Nothing is changed."),
        ("folders", "Restore the files of each part", "After C(preflight)."),
        REPORT,
    ),
    "verify": (
        ("main", "Verify the parts of the servers of a play", "For a play of your own. It only reads."),
        PLAN,
        (
            "parts",
            "Read each server's part again and compare it with the manifest",
            "After C(plan) and C(servers) of the role preflight.",
        ),
        REPORT,
    ),
}

_TYPES = {name: name for name in ("bool", "int", "float", "list", "dict")} | {"file": "path"}
_YAML_WORDS = {"on", "off", "yes", "no", "true", "false", "null", "y", "n"}
_LETTERS = {role: role[0] for role in ROLES}


def written() -> dict[Path, str]:
    """Every file that is made from the vocabulary, with the text that it must have."""
    files: dict[Path, str] = {}
    for role, entry_points in ENTRY_POINTS.items():
        place = ROOT / "roles" / role
        words = declared_by(role)
        files[place / "meta" / "argument_specs.yml"] = LICENCE + _argument_specs(role, entry_points, words)
        files[place / "defaults" / "main.yml"] = LICENCE + _defaults(role, words)
        files[place / "README.md"] = _between(place / "README.md", {role: _list(role, words)})
    tables = {group: _table(group) for group in dict.fromkeys(word.group for word in WORDS)}
    files[ROOT / "README.md"] = _between(ROOT / "README.md", tables)
    return files


def _argument_specs(role: str, entry_points: t.Iterable[tuple[str, str, str]], words: t.Iterable[Word]) -> str:
    lines = ["argument_specs:"]
    for number, (name, short, description) in enumerate(entry_points):
        lines += [f"  {name}:", f"    short_description: {short}", "    description:", f"      - {description}"]
        lines += ["    author:", "      - identityops (@identityops)"]
        if number:
            lines.append("    options: *options")
            continue
        lines.append("    options: &options")
        for word in words:
            lines += _option(word, role, 6)
    return "\n".join(lines) + "\n"


def _option(word: Word, role: str, indent: int) -> list[str]:
    lines = [f"{word.name}:", f"  type: {_TYPES.get(word.type, 'str')}"]
    if word.elements and word.type == "list":
        lines.append(f"  elements: {_TYPES.get(word.elements, 'str')}")
    if word.choices:
        lines.append(f"  choices: [{', '.join(map(_yaml, word.choices))}]")
    if word.default_in(role) is not None:
        lines.append(f"  default: {_yaml(word.default_in(role))}")
    lines.append("  description:")
    text = _marked(word)
    lines += textwrap.wrap(
        text, 150 - indent, initial_indent="    - ", subsequent_indent="      ", break_on_hyphens=False
    )
    if word.options:
        lines.append("  options:")
        for option in word.options:
            lines += _option(option, role, 4)
    return [" " * indent + line for line in lines]


def _marked(word: Word) -> str:
    """The meaning in Ansible's markup. Nothing is required for Ansible: a missing one would print all of them."""
    names = {option.name for option in word.options}

    def mark(found: re.Match[str]) -> str:
        code = found[1]
        plain = re.fullmatch(r"[a-z0-9/][a-z0-9/-]*", code) and code not in names
        return f"{'V' if plain else 'C'}({code})"

    text = re.sub(r"`([^`]+)`", mark, word.about)
    return f"Required. {text}" if word.required else text


def _defaults(role: str, words: t.Iterable[Word]) -> str:
    given = [(word.name, word.default_in(role)) for word in words]
    return "".join(f"{name}: {_yaml(default)}\n" for name, default in given if default is not None)


def _yaml(value: t.Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_-]*", value) and value not in _YAML_WORDS:
        return value
    return json.dumps(value)


def _table(group: str) -> str:
    """The README's table of a group of variables. Each row has the first sentence of the description."""
    lines = ["| variable | default | roles | meaning |", "|---|---|---|---|"]
    for word in WORDS:
        if word.group == group:
            roles = " ".join(_LETTERS[role] for role in word.roles) or "module"
            summary = re.split(r"(?<=\.) ", word.about, maxsplit=1)[0]
            lines.append(f"| `{word.name}` | {_shown(word, None)} | {roles} | {summary} |".replace("|  |", "| |"))
    return "\n".join(lines)


def _list(role: str, words: t.Iterable[Word]) -> str:
    """The variables of a role's README, each with its whole description."""
    lines = []
    for word in words:
        default = _shown(word, role)
        if default and not word.required:
            default = f"default: {default}"
        missing = [choice for choice in word.choices if f"`{choice}`" not in word.about]
        choices = f" One of {', '.join(f'`{choice}`' for choice in word.choices)}." if missing else ""
        text = f"- `{word.name}`{f' ({default})' if default else ''}: {word.about}{choices}"
        lines += textwrap.wrap(text, 120, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)
    return "\n".join(lines)


def _shown(word: Word, role: str | None) -> str:
    default = word.default if role is None else word.default_in(role)
    if word.required:
        return "**required**"
    if word.shown is not None and not (role and word.other_defaults):
        return word.shown
    return "" if default is None else f"`{default if default and isinstance(default, str) else json.dumps(default)}`"


def _between(path: Path, tables: dict[str, str]) -> str:
    """The file's text with each table or list between its markers. Raises SystemExit where a marker is missing."""
    text = path.read_text(encoding="utf-8")
    for name, table in tables.items():
        marked = re.compile(rf"(<!-- variables of {name}: [^>]*-->\n).*?(<!-- end of variables -->)", re.DOTALL)
        if not marked.search(text):
            raise SystemExit(f"{path} has no marker for the variables of {name}.")
        text = marked.sub(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)
    return text


if __name__ == "__main__":
    for written_path, written_text in written().items():
        if written_path.read_text(encoding="utf-8") != written_text:
            written_path.write_text(written_text, encoding="utf-8")
            print(written_path.relative_to(ROOT))
