# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables with long names."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils.columns import WIDTH
from ansible_collections.identityops.groupid.plugins.module_utils.narrow_table import narrow_table

LONG = "n" * 75


def test_names_that_fit_stand_in_their_rows() -> None:
    fits = "n" * (WIDTH - len("  1,234"))
    assert narrow_table(["name", "size"], [("a", [1]), (fits, [1234])])[1:] == [
        "a".ljust(WIDTH - 1) + "1",
        f"{fits}  1,234",
    ]


def test_a_name_too_long_for_its_row_stands_above_it() -> None:
    assert narrow_table(["name", "size"], [("short", [1]), (LONG, [1234])]) == [
        "name    size",
        "short      1",
        LONG,
        "       1,234",
    ]


def test_cells_too_wide_by_themselves_come_in_blocks() -> None:
    lines = narrow_table(["name", "one", "two"], [("a", ["x" * 50, "y" * 50])])
    assert max(map(len, lines)) <= WIDTH
    assert [line[:1] for line in lines] == ["n", "a", "n", "a"]
