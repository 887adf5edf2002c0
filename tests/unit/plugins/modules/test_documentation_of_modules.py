# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation says what the actions accept."""

from __future__ import annotations

import importlib
import pathlib
import re
import typing as t

import pytest
import yaml

from ansible_collections.identityops.groupid.plugins.module_utils import products

PLUGINS = pathlib.Path(__file__).parents[4] / "plugins"
PACKAGE = "ansible_collections.identityops.groupid.plugins"
NAMES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
RELEASES = yaml.safe_load((PLUGINS.parent / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
GALAXY = yaml.safe_load((PLUGINS.parent / "galaxy.yml").read_text(encoding="utf-8"))
CONTROLLER_ONLY = {"groupid_plan", "groupid_settings", "groupid_summary"}
OPTION_FIELDS = ("type", "elements", "required", "default", "choices")


def documentation(name: str) -> dict[str, t.Any]:
    """A module's documentation with its fragments, as ansible-doc merges them."""
    own = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").DOCUMENTATION)
    for fragment in own["extends_documentation_fragment"]:
        module = importlib.import_module(f"{PACKAGE}.doc_fragments.{fragment.rpartition('.')[2]}")
        shared = yaml.safe_load(module.ModuleDocFragment.DOCUMENTATION)
        for section in ("options", "attributes"):
            own[section] = {**shared.get(section, {}), **own.get(section, {})}
        own["notes"] = own.get("notes", []) + shared.get("notes", [])
    return own


def argument_spec(name: str) -> dict[str, t.Any]:
    """Return the options: of the module where it has a body of its own, else of the action."""
    body = importlib.import_module(f"{PACKAGE}.modules.{name}")
    action = importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule
    spec: dict[str, t.Any] = body.ARGUMENT_SPEC if hasattr(body, "ARGUMENT_SPEC") else action.ARGUMENT_SPEC
    return spec


def _next_release() -> str:
    major, minor, dummy = GALAXY["version"].split(".")
    return f"{major}.{int(minor) + 1}.0"


def accepted(spec: dict[str, t.Any], nested: str) -> dict[str, t.Any]:
    """The part of an argument spec, or of documented options, that must be the same in both."""
    return {
        name: {
            **{field: option[field] for field in OPTION_FIELDS if not _is_unset(option.get(field))},
            "within": accepted(option.get(nested, {}), nested),
        }
        for name, option in spec.items()
    }


def _is_unset(value: object) -> bool:
    """Whether saying nothing means the same. A default of 0 does not."""
    return value is None or value is False


def test_every_module_has_its_action() -> None:
    assert sorted(path.stem for path in (PLUGINS / "action").glob("*.py")) == NAMES


def test_every_module_is_in_the_action_group() -> None:
    runtime = yaml.safe_load((PLUGINS.parent / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert sorted(runtime["action_groups"]["groupid"]) == NAMES, "meta/runtime.yml"


@pytest.mark.parametrize("name", NAMES)
def test_options_are_those_of_the_action(name: str) -> None:
    spec = argument_spec(name)
    places = f"plugins/modules/{name}.py and its fragments in plugins/doc_fragments"
    assert accepted(documentation(name)["options"], "suboptions") == accepted(spec, "options"), places


def described(module: str, option: str) -> str:
    return " ".join(documentation(module)["options"][option]["description"])


def test_the_components_of_every_version_are_described() -> None:
    text = described("groupid_backup_folder", "components")
    assert set(re.findall(r"\bIn (\d+\.\d+),", text)) == set(products.versions()), "groupid_backup_folder, components"
    assert {*products.component_names(products.AUTO)} <= set(re.findall(r"V\((\w+)\)", text))


def test_it_is_described_of_every_version_whether_its_database_is_known() -> None:
    text = described("groupid_sql_backup", "version")
    assert set(re.findall(r"\b\d+\.\d+\b", text)) == set(products.versions()), "groupid_sql_backup, version"


@pytest.mark.parametrize("name", NAMES)
def test_module_is_described(name: str) -> None:
    document = documentation(name)
    assert document["module"] == name
    assert document["version_added"] in {*RELEASES, _next_release()}
    assert set(document["attributes"]) == {"action", "async", "check_mode", "diff_mode", "platform"}
    assert document["notes"]


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_accepted(name: str) -> None:
    spec = argument_spec(name)
    examples = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").EXAMPLES)
    uses = [task[f"identityops.groupid.{name}"] for task in examples if f"identityops.groupid.{name}" in task]
    assert uses
    needed = {option for option, fields in spec.items() if fields.get("required")}
    for use in uses:
        assert needed <= set(use) <= set(spec)


@pytest.mark.parametrize("name", NAMES)
def test_returned_values_are_described(name: str) -> None:
    returned = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").RETURN)
    assert {"schema", *(() if name in CONTROLLER_ONLY else ("seconds", "error"))} <= set(returned)
    _check_returned(returned, name)


def _check_returned(values: dict[str, t.Any], place: str) -> None:
    for name, value in values.items():
        assert {"description", "returned", "type"} <= set(value), f"{place}.{name}"
        assert ("elements" in value) == (value["type"] == "list"), f"{place}.{name}"
        assert "contains" in value or "sample" in value, f"{place}.{name}"
        _check_returned(value.get("contains", {}), f"{place}.{name}")
