# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By what a run saves less than the inventory alone asks for."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from ansible_collections.identityops.groupid.plugins.module_utils import narrower as narrower_module
from ansible_collections.identityops.groupid.plugins.module_utils import products, settings
from ansible_collections.identityops.groupid.plugins.module_utils.narrower import narrower
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.words import words_of

VERSION = "10.0"
DOMAIN = {"name": "corp.example", "base": "OU=a,DC=corp,DC=example", "attributes": ["extensionData", "info"]}
WHOLE: dict[str, Any] = {
    "groupid_deployment": "hq",
    "groupid_backup_root": "\\\\nas01\\backup",
    "groupid_sql_server": "sql01",
    "groupid_sql_database": "GroupID",
    "groupid_sql_auth": "windows",
    "groupid_domains": [DOMAIN, {"name": "sub.corp.example"}],
    "groupid_folders": [{"name": "web", "path": "D:\\Web", "exclude": ["*.tmp"]}],
    "groupid_component_paths": {"reports": "E:\\Reports"},
}


def understood(variables: dict[str, Any]) -> dict[str, Any]:
    found = settings.understand(variables, "backup")
    assert [str(failure) for failure in found.failures] == []
    return found.values


def less(usual: dict[str, Any] | None = None, installed: Sequence[str] = (VERSION,), **extra: Any) -> list[str]:
    """What a run with more variables saves less."""
    inventory = {**WHOLE, **(usual or {})}
    return narrower(understood(inventory), understood({**inventory, **extra}), installed)


@pytest.mark.parametrize(
    ("usual", "extra", "texts"),
    [
        ({}, {"groupid_include": "HR Portal"}, ["groupid_include: HR Portal"]),
        ({"groupid_include": "a,b"}, {"groupid_include": "B"}, ["groupid_include: B"]),
        ({}, {"groupid_exclude": "*.bak"}, ["groupid_exclude: *.bak"]),
        ({"groupid_exclude": "*.bak"}, {"groupid_exclude": "*.BAK,*.old"}, ["groupid_exclude: *.old"]),
        ({}, {"groupid_exclude_defaults": "*/log/**,*.old"}, ["groupid_exclude_defaults: *.old"]),
        ({"groupid_exclude_defaults": []}, {"groupid_exclude_defaults": None}, None),
        ({}, {"groupid_components": "database,group_attributes"}, None),
        (
            {"groupid_components": "reports,schedules"},
            {"groupid_components": "reports"},
            ["groupid_components: without schedules"],
        ),
        ({}, {"groupid_folders": []}, ["groupid_folders: without web"]),
        (
            {},
            {"groupid_folders": [{"name": "web", "path": "D:\\Other", "exclude": ["*.tmp"]}]},
            ["groupid_folders: web from D:\\Other"],
        ),
        (
            {},
            {"groupid_folders": [{"name": "web", "path": "D:\\Web", "exclude": ["*.tmp", "*.x"]}]},
            ["groupid_folders: web, exclude: *.x"],
        ),
        (
            {},
            {"groupid_folders": [{"name": "web", "path": "D:\\Web", "include": ["a"]}]},
            ["groupid_folders: web, include: a"],
        ),
        (
            {},
            {"groupid_component_paths": {}},
            ["groupid_component_paths: reports from its usual folder"],
        ),
        (
            {"groupid_component_paths": {}},
            {"groupid_component_paths": {"reports": "E:\\Other"}},
            ["groupid_component_paths: reports from E:\\Other"],
        ),
        ({}, {"groupid_sql_database": "Other"}, ["groupid_sql_database: Other"]),
        (
            {},
            {"groupid_sql_server": "", "groupid_sql_database": "", "groupid_sql_auth": ""},
            ["groupid_components: without database"],
        ),
        ({}, {"groupid_domains": []}, ["groupid_components: without group_attributes"]),
        ({}, {"groupid_domains": [DOMAIN]}, ["groupid_domains: without sub.corp.example"]),
        (
            {},
            {"groupid_domains": [{**DOMAIN, "filter": "(cn=a)"}, {"name": "sub.corp.example"}]},
            ["groupid_domains: corp.example, filter (cn=a)"],
        ),
        (
            {},
            {"groupid_domains": [{**DOMAIN, "base": "OU=b,DC=corp,DC=example"}, {"name": "sub.corp.example"}]},
            ["groupid_domains: corp.example, base OU=b,DC=corp,DC=example"],
        ),
        (
            {"groupid_domains": [{"name": "corp.example"}]},
            {"groupid_ldif_attributes": "extensionData"},
            [
                "groupid_domains: corp.example without extensionAttribute15, extensionAttribute14, "
                "extensionAttribute13, extensionAttribute12"
            ],
        ),
    ],
)
def test_each_choice_that_saves_less_is_named(
    usual: dict[str, Any], extra: dict[str, Any], texts: list[str] | None
) -> None:
    found = less(usual, **extra)
    assert found if texts is None else found == texts


@pytest.mark.parametrize(
    ("usual", "extra"),
    [
        ({}, {"groupid_components": [*products.default_components(VERSION), "database", "group_attributes"]}),
        ({}, {"groupid_exclude_defaults": []}),
        ({}, {"groupid_exclude_defaults": "*/log/**"}),
        ({"groupid_include": "a"}, {"groupid_include": "a,b"}),
        ({"groupid_include": "a"}, {"groupid_include": None}),
        ({"groupid_exclude": "a,b"}, {"groupid_exclude": "b"}),
        ({"groupid_components": "reports"}, {"groupid_components": None}),
        ({}, {"groupid_threads": 1, "groupid_set_label": "x", "groupid_link_unchanged": True}),
        ({"groupid_components": "reports"}, {"groupid_sql_database": "Other"}),
        ({"groupid_ldif_attributes": "info"}, {"groupid_ldif_attributes": "Info,extensionData"}),
    ],
)
def test_what_saves_as_much_or_more_is_none(usual: dict[str, Any], extra: dict[str, Any]) -> None:
    assert less(usual, **extra) == []


@pytest.mark.parametrize(
    ("usual", "installed", "asked"),
    [("10.0", ["9.0", "10.0"], "9.0"), ("auto", ["9.0", "10.0"], "10.0"), ("auto", ["10.0"], "9.0")],
)
def test_another_version_than_the_usual_one_is_named(usual: str, installed: list[str], asked: str) -> None:
    found = less({"groupid_version": usual}, installed, groupid_version=asked)
    assert found[0] == f"groupid_version: {asked}"


def test_the_installed_version_is_the_usual_one() -> None:
    assert less({"groupid_version": "auto"}, ["10.0"], groupid_version="10.0") == []


# Where, as whom, how fast, how carefully; and what is saved of none of these.
SAVE_NO_LESS = {
    "deployment", "deployment_servers", "deployments", "hosts", "parallel_deployments", "set_id",
    "set_label",
    "backup_root", "network_username", "network_password", "allow_open_roots", "allow_partial",
    "link_unchanged", "threads", "retries", "retry_wait", "verify_after",
    "sql_auth", "sql_username", "sql_password", "sql_encrypt", "sql_ca_file", "sql_host_name_in_certificate",
    "sql_driver", "sql_login_timeout",
    "sql_delegate_to", "sql_host", "sql_account", "sql_backup_mode", "sql_backup_dir", "sql_compression",
    "sql_certificate", "signing_key", "old_signing_keys", "run_file",
    "quiesce", "quiesce_max", "waive",
    "sql_allow_unknown_database", "sql_test_restore",
    "ldif_engine", "ldif_allow_empty",
}  # fmt: skip


def test_of_every_variable_of_a_backup_it_is_decided_whether_it_can_save_less() -> None:
    """A set that one makes smaller must never be the latest."""
    compared = set(re.findall(r'"(\w+)"', inspect.getsource(narrower_module)))
    words = {word.key for word in words_of("backup")}
    assert words - compared == SAVE_NO_LESS, "compare it in narrower.py, or name it in SAVE_NO_LESS"


NAMES = [*products.component_names(VERSION), "database", "group_attributes"]
GLOBS = st.lists(st.sampled_from(["a", "b/**", "*.c"]), max_size=3)
VARIABLES = st.fixed_dictionaries(
    {
        "groupid_components": st.none() | st.lists(st.sampled_from(NAMES), min_size=2, unique=True),
        "groupid_include": GLOBS,
        "groupid_exclude": GLOBS,
        "groupid_exclude_defaults": st.none() | GLOBS,
        "groupid_ldif_attributes": st.none() | st.just(["info"]),
    }
)


@tries(deadline=None)
@given(VARIABLES)
def test_nothing_is_less_than_itself(variables: dict[str, Any]) -> None:
    assert less(variables) == []


@tries(deadline=None)
@given(VARIABLES, st.data())
def test_a_component_that_is_taken_away_is_never_overlooked(variables: dict[str, Any], data: st.DataObject) -> None:
    usual = variables["groupid_components"] or [*products.default_components(VERSION), "database", "group_attributes"]
    taken = data.draw(st.sampled_from(usual))
    assert less(variables, groupid_components=[name for name in usual if name != taken]) != []


@tries(deadline=None)
@given(VARIABLES, VARIABLES)
def test_of_two_choices_that_are_no_less_than_each_other_all_is_equal(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second = understood({**WHOLE, **one}), understood({**WHOLE, **other})
    if not narrower(first, second, [VERSION]) and not narrower(second, first, [VERSION]):
        assert set(first["include"]) == set(second["include"])
        assert set(first["exclude"]) == set(second["exclude"])
