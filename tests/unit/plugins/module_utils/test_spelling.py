# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which word somebody meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.identityops.groupid.plugins.module_utils.products import component_names
from ansible_collections.identityops.groupid.plugins.module_utils.spelling import closest, distance

TEXT = st.text("abcd_", max_size=8)


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("reports", "reports", 0),
        ("", "abc", 3),
        ("report", "reports", 1),
        ("rreports", "reports", 1),
        ("reborts", "reports", 1),
        ("erports", "reports", 1),
        ("reporst", "reports", 1),
        ("ca", "abc", 3),
        ("abcd", "efgh", 4),
    ],
)
def test_each_kind_of_slip_is_one_edit(one: str, other: str, edits: int) -> None:
    assert distance(one, other) == edits
    assert distance(other, one) == edits


@given(TEXT, TEXT, st.integers(0, 9))
def test_a_limit_changes_nothing_below_it(one: str, other: str, limit: int) -> None:
    assert distance(one, other, limit) == min(distance(one, other), limit + 1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("report", "reports"),
        ("Reports", "reports"),
        ("self-service-portals", "self_service_portals"),
        ("selfservice_portal", "self_service_portals"),
        ("portal", "portals"),
        ("elastic_search", "elasticsearch"),
        ("password_center", None),
        ("files", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_a_component_is_found_by_what_looks_like_it(written: str, meant: str | None) -> None:
    found = closest(written, component_names("auto"))
    assert found == meant or (written == "password_center" and str(found).startswith("password_center_"))


def test_of_equally_near_words_the_one_that_begins_alike_is_taken() -> None:
    assert closest("sql_hort", ["sql_port", "sql_host"]) == "sql_host"
    assert closest("abx", ["xbx", "aby"]) == "aby"


def test_nothing_is_near_to_nothing() -> None:
    assert closest("reports", []) is None
