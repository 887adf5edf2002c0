# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables fit the terminal."""

from __future__ import annotations

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.columns import WIDTH, paragraphs, table


def test_text_stands_left_and_numbers_right() -> None:
    assert table(["host", "files", "MB", "note"], [["web01", 12345, 1.25, None], ["w", None, None, "odd"]]) == [
        "host    files   MB  note",
        "web01  12,345  1.2  -",
        "w           -    -  odd",
    ]


def test_columns_without_a_cell_are_left_out_but_for_the_keys() -> None:
    rows = [["", None, "", 0], ["", None, None, 1]]
    assert table(["key", "empty", "blank", "count"], rows) == ["key  count", "-        0", "-        1"]


def test_a_table_without_rows_is_its_keys() -> None:
    assert table(["host", "files"], []) == ["host"]


def test_what_does_not_fit_goes_into_blocks_below_with_the_keys() -> None:
    headings = ["host", "group", *(f"column{number}" for number in range(10))]
    rows = [["web01", "hq", *(f"a cell of {number}" for number in range(10))]]
    found = table(headings, rows, keys=2)
    assert max(map(len, found)) <= WIDTH
    assert len(found) == 4
    assert all(line.startswith(("host   group", "web01  hq")) for line in found)
    text = " ".join(found)
    assert all(text.count(f"a cell of {number}") == 1 for number in range(10))


@pytest.mark.parametrize(("length", "lines"), [(76, 2), (77, 2), (200, 2)])
def test_a_single_long_cell_stands_alone_with_its_key(length: int, lines: int) -> None:
    found = table(["k", "path"], [["k", "x" * length]])
    assert len(found) == lines
    assert found[1] == "k  " + "x" * length
    before = table(["k", "size", "path", "more"], [["k", 1, "x" * length, "y"]])
    assert [line for line in before if len(line) > WIDTH] == [line for line in before if "x" in line and length > 77]


def test_exactly_the_width_is_one_block() -> None:
    assert len(table(["k", "path"], [["k" * 20, "x" * 58]])) == 2
    assert len(table(["k", "a", "b"], [["k" * 20, "x" * 28, "y" * 28]])) == 2
    assert len(table(["k", "a", "b"], [["k" * 20, "x" * 28, "y" * 29]])) == 4


def test_a_text_is_folded_and_a_path_in_it_stays_whole() -> None:
    path = "D:\\" + "x" * 100
    found = paragraphs(["word " * 20, f"in {path} it is", "short"])
    assert found == ["word " * 15 + "word", "  word word word word", "in", f"  {path}", "  it is", "short"]


def test_lines_end_without_blanks() -> None:
    assert table(["a", "b"], [["x", "y"], ["x", "long text"]])[1] == "x  y"
