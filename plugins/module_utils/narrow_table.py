# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table that fits a terminal even if the names in its first column are long."""

from __future__ import annotations

import collections.abc as c

from ansible_collections.identityops.groupid.plugins.module_utils.columns import WIDTH, Cell, table

_BLANK = " "


def narrow_table(headings: c.Sequence[str], rows: c.Sequence[tuple[str, c.Sequence[Cell]]]) -> list[str]:
    """Align rows of a name and its cells as `columns.table` does. headings: of the name, then of the cells.

    A name that leaves no space for the cells is on its own line above them. If the cells alone are too wide, the
    table is in blocks, as `columns.table` returns it.
    """
    nameless = table(headings, [[_BLANK, *cells] for dummy, cells in rows])
    if len(nameless) != len(rows) + 1:
        return table(headings, [[name, *cells] for name, cells in rows])
    others = max(map(len, nameless)) - len(headings[0])
    alone = [len(name) > WIDTH - others for name, dummy in rows]
    short: list[list[Cell]] = [
        [_BLANK if long else name, *cells] for (name, cells), long in zip(rows, alone, strict=True)
    ]
    head, *aligned = table(headings, short)
    lines = [head]
    for (name, dummy), line, long in zip(rows, aligned, alone, strict=True):
        lines += [name, line] if long else [line]
    return lines
