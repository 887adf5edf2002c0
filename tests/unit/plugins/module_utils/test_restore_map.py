# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose part a server restores."""

from __future__ import annotations

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.restore_map import AmbiguousMapError, source_of


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({}, {"server": "web09", "mapped": False}),
        ({"web01": "web08"}, {"server": "web09", "mapped": False}),
        ({"WEB01.corp.example": "Web09.corp.example"}, {"server": "web01", "mapped": True}),
        ({"web09": "web09"}, {"server": "web09", "mapped": True}),
    ],
)
def test_a_server_restores_its_own_part_unless_the_map_sends_another(
    mapping: dict[str, str], expected: dict[str, object]
) -> None:
    assert source_of("web09", mapping) == expected


def test_two_parts_for_one_server_are_refused_by_name() -> None:
    with pytest.raises(AmbiguousMapError, match="web01 and web02 to web09"):
        source_of("web09", {"web02": "web09", "web01": "WEB09"})
