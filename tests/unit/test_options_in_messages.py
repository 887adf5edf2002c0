# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message that tells a user to set an option of a module names the variable too, which playbooks and roles read."""

from __future__ import annotations

import ast
import collections.abc as c
import re

from environment import ROOT

PLUGINS = ROOT / "plugins"
NO_MESSAGES = ("modules", "doc_fragments", "vocabulary")
"""Folders with documentation, where an option is written by itself."""

CHECKED_BEFORE = {"item_timeout", "quiesce_max", "component_paths", "set_id", "confirm", "deployment", "folders"}
"""Options that playbooks and roles fill only after `settings` has checked the variable. A message that names one by
itself is about a task of the user."""

NO_OPTIONS = {
    "database",
    "path",
    "account",
    "external",
    "directory",
    "names",
    "groups",
    "domain",
    "keep_file",
    "scratch",
}
"""Words that messages use in their usual meaning."""


def variables() -> dict[str, str]:
    """The variable of each option that a role fills with a variable."""
    texts = [file.read_text(encoding="utf-8") for file in (ROOT / "roles").rglob("tasks/*.yml")]
    found = [re.findall(r'^ +(\w+): "\{\{ __groupid_settings\.asked\.(\w+)', text, re.MULTILINE) for text in texts]
    saving = (PLUGINS / "module_utils" / "saving.py").read_text(encoding="utf-8")
    found.append(re.findall(r'\b"?(\w+)"?[=:] ?asked\["(\w+)"\]', saving))
    return {option: f"groupid_{key}" for pairs in found for option, key in pairs}


def sentences() -> c.Iterator[tuple[str, str]]:
    """Every text of the shipped code that has a blank in it, with its place. What is put into it stands as ``{}``."""
    for file in sorted(PLUGINS.rglob("*.py")):
        if not set(NO_MESSAGES) & set(file.relative_to(PLUGINS).parts):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            inner = {id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in node.values}
            for node in ast.walk(tree):
                if id(node) not in bare | inner and (text := text_of(node)):
                    yield f"{file.name}:{node.lineno}", text  # type: ignore[attr-defined]
    for file in sorted(PLUGINS.rglob("*.cs")):
        code = re.sub(r"^\s*//.*", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for text in re.findall(r'"((?:[^"\\]|\\.)*)"', re.sub(r'"\s*\+\s*"', "", code)):
            yield file.name, text


def text_of(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(value.value if isinstance(value, ast.Constant) else "{}" for value in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def is_told(option: str, text: str) -> bool:
    """Whether a text tells its reader about an option: by a name that is no word, or as one that is set."""
    if "_" in option:
        return bool(re.search(rf"(?<![\w.{{<`'\"]){option}(?![\w(=])", text))
    return bool(re.search(rf"\b(?:in|with|set|Set|without) {option}\b(?! of)|\b{option}: (?:true|false|auto)", text))


def test_the_variable_is_named_beside_the_option() -> None:
    known = {name: variable for name, variable in variables().items() if name not in CHECKED_BEFORE | NO_OPTIONS}
    assert len(known) > 20
    assert known["targets"] == "groupid_restore_targets"
    assert known["safety_path"] == "groupid_sql_safety_dir"
    found = [
        f"{place}: {option} without {variable}: {text}"
        for place, text in sentences()
        if " " in text and "SELECT" not in text
        for option, variable in known.items()
        if is_told(option, text) and variable not in text
    ]
    assert found == []
