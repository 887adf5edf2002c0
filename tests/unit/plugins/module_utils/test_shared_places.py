# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder on a share is one place for all servers: one saves it, and no two write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.identityops.groupid.plugins.module_utils.shared_places import (
    Claim,
    contested,
    same_place,
    shared_sources,
)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("\\\\nas01\\reports", "\\\\NAS01\\Reports\\", True),
        ("//nas01/reports", "\\\\nas01\\reports", True),
        ("\\\\nas01\\reports", "\\\\nas01.corp.example\\reports", True),
        ("\\\\nas01.corp.example.\\reports", "\\\\nas01.corp.example\\reports", True),
        ("\\\\192.0.2.7\\reports", "\\\\192.0.2.7\\reports", True),
        ("\\\\nas01.corp.example\\reports", "\\\\nas01.other.example\\reports", False),
        ("\\\\nas01\\reports", "\\\\nas010\\reports", False),
        ("\\\\192\\reports", "\\\\192.0.2.7\\reports", False),
        ("\\\\nas01\\reports", "\\\\192.0.2.7\\reports", False),
        ("\\\\nas01\\reports", "\\\\nas01\\reports\\hq", False),
        ("\\\\nas01\\reports", "\\\\nas01\\reports2", False),
        ("\\\\nas01", "\\\\nas01", False),
        ("\\\\", "\\\\", False),
        ("D:\\reports", "D:\\reports", False),
        ("", "", False),
    ],
)
def test_one_folder_by_two_names(a: str, b: str, same: bool) -> None:
    assert [same_place(one, other) for one, other in ((a, b), (b, a))] == [same, same]


def claims(paths: dict[str, dict[str, str]], files: str = "all") -> dict[str, dict[str, Claim]]:
    """Return a claim on the same files of each path."""
    return {server: {name: Claim(path, files) for name, path in places.items()} for server, places in paths.items()}


def test_a_shared_source_is_saved_by_the_first_server_that_names_it() -> None:
    named = {
        "web03": {"reports": "//NAS01.corp.example/reports/", "schedules": "D:\\S"},
        "web01": {"reports": "\\\\nas01\\reports", "schedules": "D:\\S"},
        "web02": {"reports": "\\\\nas02\\reports", "jobs": "\\\\nas01\\reports"},
        "web04": {"reports": "\\\\nas02\\reports"},
    }
    assert shared_sources(claims(named)) == {"web03": {"reports": "web01"}, "web04": {"reports": "web02"}}


def test_other_files_of_a_shared_source_are_left_to_no_other_server() -> None:
    here = {"reports": "\\\\nas01\\reports"}
    left = shared_sources(
        {
            **claims({"web01": here}, "HR"),
            **claims({"web02": here, "web04": here}, "IT"),
            **claims({"web03": here}, "HR"),
        }
    )
    assert left == {"web03": {"reports": "web01"}, "web04": {"reports": "web02"}}


def test_targets_of_two_servers_in_one_folder_are_contested() -> None:
    targets = {
        "web01": ["\\\\nas01\\scratch\\reports", "D:\\x"],
        "web02": ["//nas01.corp.example/Scratch/Reports/new", "D:\\x", "\\\\nas01\\own2"],
        "web03": ["\\\\nas01\\scratch", "\\\\nas01\\own3", "\\\\nas01\\own3\\too"],
        "web04": ["\\\\nas02\\scratch\\reports"],
    }
    assert contested(targets) == [("\\\\nas01\\scratch", ["web01", "web02", "web03"])]
    assert contested({"web01": targets["web01"], "web04": targets["web04"]}) == []


_PLACES = st.builds(
    lambda host, names: "\\\\" + "\\".join([host, *names]),
    st.sampled_from(["nas01", "NAS01", "nas02", "192.0.2.7"]),
    st.lists(st.sampled_from(["a", "B", "b"]), min_size=1, max_size=3),
)


@given(st.dictionaries(st.sampled_from(["s1", "s2", "s3"]), st.dictionaries(st.sampled_from(["x", "y"]), _PLACES)))
def test_every_shared_source_is_saved_exactly_once(paths: dict[str, dict[str, str]]) -> None:
    left = shared_sources(claims(paths))
    for server, components in paths.items():
        for component, path in components.items():
            savers = [
                other
                for other in sorted(paths)
                if component in paths[other]
                and same_place(paths[other][component], path)
                and component not in left.get(other, {})
            ]
            assert savers == savers[:1] != []
            assert left.get(server, {}).get(component, server) == savers[0]


@given(st.dictionaries(st.sampled_from(["s1", "s2", "s3"]), st.lists(_PLACES, max_size=3)))
def test_nothing_that_two_would_write_is_missed(targets: dict[str, list[str]]) -> None:
    found = contested(targets)
    for server, paths in targets.items():
        for other in set(targets) - {server}:
            for path in paths:
                if any(same_place(path, place) for place in targets[other]):
                    assert any({server, other} <= set(servers) for dummy, servers in found)
    for dummy, servers in found:
        assert servers == sorted(set(servers))
        assert len(servers) > 1
