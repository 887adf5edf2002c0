# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vocabulary is whole, its examples work, and a slip in one of its words is found."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
import vocabulary as generator
import yaml
from ansible import constants

from ansible_collections.identityops.groupid.plugins.module_utils import given, settings
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.arguments import CONNECTION_SPEC
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import PREFIX, ROLES, Word
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.words import BY_NAME, WORDS

ROOT = Path(__file__).resolve().parents[5]
LETTERS = string.ascii_lowercase + "_"


def slips(word: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Every word that is one edit away, by kind; of letters that could be anything, some."""
    for place in range(len(word) + 1):
        for letter in chance.sample(LETTERS, 2):
            yield "insertion", word[:place] + letter + word[place:]
    for place in range(len(word)):
        yield "deletion", word[:place] + word[place + 1 :]
        for letter in chance.sample(LETTERS, 2):
            yield "substitution", word[:place] + letter + word[place + 1 :]
    for place in range(len(word) - 1):
        yield "transposition", word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def test_a_word_with_one_slip_is_refused_and_the_right_one_is_suggested() -> None:
    chance = random.Random(12)
    known = {word.key for word in WORDS}
    right: dict[str, list[bool]] = {}
    for word in sorted(known):
        for kind, slip in set(slips(word, chance)):
            if slip in known:
                continue
            [failure] = settings.unknown([PREFIX + slip])
            assert failure.code == "unknown_variable"
            right.setdefault(kind, []).append(f"Did you mean {PREFIX}{word}?" in failure.next)
    assert set(right) == {"insertion", "deletion", "substitution", "transposition"}
    for kind, results in right.items():
        assert sum(results) >= 0.95 * len(results), kind


def test_variables_of_ansible_and_of_users_are_not_refused() -> None:
    theirs = {
        *constants.INTERNAL_STATIC_VARS,
        *constants.COMMON_CONNECTION_VARS,
        *(name for names in constants.MAGIC_VARIABLE_MAPPING.values() for name in names),
        *("groups", "group_names", "hostvars", "inventory_hostname", "omit", "vars", "environment", "play_hosts"),
        *("my_groupid_root", "groupid", "group_id", "groupids_root", "__groupid_plan", "_groupid_x", "backup_root"),
    }
    assert len(theirs) > 50
    assert settings.unknown(sorted(theirs)) == []
    assert settings.unknown(BY_NAME) == []


def test_a_word_in_another_case_is_refused() -> None:
    [failure] = settings.unknown(["GroupID_Components"])
    assert "Did you mean groupid_components?" in str(failure)


def test_each_word_is_in_one_table_and_all_tables_are_used() -> None:
    folder = ROOT / "plugins" / "module_utils" / "vocabulary"
    rows = [
        name for path in folder.glob("*.py") for name in re.findall(r'^ {8}"(groupid_\w+)",$', path.read_text(), re.M)
    ]
    assert len(rows) == len(set(rows)) == len(WORDS)
    assert set(rows) == set(BY_NAME)


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_a_word_is_whole(word: Word) -> None:
    assert word.name.startswith(PREFIX)
    assert word.about.endswith(".")
    assert ": " not in word.about
    assert set(word.roles) <= set(ROLES)
    assert bool(word.elements) == (word.type in ("list", "dict"))
    for role in word.roles:
        default = word.default_in(role)
        assert given.read(word, default) == (None if given.is_empty(default) else default, [])


@pytest.mark.parametrize("word", [word for word in WORDS if not word.secret], ids=lambda word: word.name)
def test_the_example_of_a_word_is_understood(word: Word) -> None:
    line = settings.example(word)
    name, value = line.removeprefix("-e ").split("=", 1) if line.startswith("-e ") else line.split(": ", 1)
    meant, faults = given.read(word, value.strip('"') if line.startswith("-e ") else yaml.safe_load(value))
    assert name == word.name
    assert faults == []
    assert meant is not None


def test_defaults_are_copies() -> None:
    BY_NAME["groupid_include"].default_in("backup").append("x")
    assert BY_NAME["groupid_include"].default_in("backup") == []


def test_every_variable_that_the_code_reads_is_a_word() -> None:
    read = set()
    for folder in ("roles", "playbooks"):
        for path in (ROOT / folder).rglob("*.yml"):
            read |= set(re.findall(r"(?<![\w.])groupid_[a-z0-9_]+\b(?!:$)", path.read_text(encoding="utf-8")))
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert read - modules - {"groupid_failures"} <= set(BY_NAME)


def test_every_word_is_read() -> None:
    """By a role, from the answer of groupid_settings, or by a function of the controller, by the name of its key."""
    tasks = [path.read_text(encoding="utf-8") for path in (ROOT / "roles").glob("*/tasks/*.yml")]
    read = {key for text in tasks for key in re.findall(r"\basked\.(\w+)", text)}
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "plugins").rglob("*.py")]
    code = [text for text in texts if "Word(" not in text and "DOCUMENTATION = " not in text]
    read |= {key for text in code for key in re.findall(r'"(?:groupid_)?([a-z_]+)"', text)}
    read |= {f"sql_{option}" for option in CONNECTION_SPEC}
    assert [word.name for word in WORDS if word.key not in read] == [], "no role and no function reads it"


def test_every_role_has_entry_points_and_a_letter_of_its_own() -> None:
    assert set(generator.ENTRY_POINTS) == {path.name for path in (ROOT / "roles").iterdir()}, (
        "tests/tools/vocabulary.py, ENTRY_POINTS"
    )
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(set(generator._LETTERS.values())) == len(ROLES)
    for role, letter in generator._LETTERS.items():
        assert f"[{role}](roles/{role}/README.md) (**{letter}**)" in readme, "README.md, Variables"


def test_every_option_of_the_connection_is_a_word() -> None:
    assert {f"groupid_sql_{option}" for option in CONNECTION_SPEC} <= set(BY_NAME)


@pytest.mark.parametrize("path", generator.written(), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_as_the_vocabulary_writes_them(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generator.written()[path], "Run python3 tests/tools/vocabulary.py"


@pytest.mark.parametrize("role", generator.ENTRY_POINTS)
def test_argument_specs_are_read_as_they_are_meant(role: str) -> None:
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    assert list(specs["argument_specs"]) == [name for name, dummy, dummy in generator.ENTRY_POINTS[role]]
    for spec in specs["argument_specs"].values():
        for name, option in spec["options"].items():
            assert "required" not in option
            assert option.get("default") == BY_NAME[name].default_in(role)
            assert option.get("choices", []) == list(BY_NAME[name].choices)
            assert all(isinstance(line, str) for line in option["description"])
