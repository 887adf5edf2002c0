# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text in columns for a terminal of 80."""

from __future__ import annotations

import collections.abc as c
import textwrap
import typing as t

Cell: t.TypeAlias = "str | int | float | None"

WIDTH = 80
NOTHING = "-"
_BETWEEN = "  "


def table(headings: c.Sequence[str], rows: c.Sequence[c.Sequence[Cell]], keys: int = 1) -> list[str]:
    """Align cells: text to the left, numbers to the right with commas for thousands, and ``-`` for an empty cell.

    keys: how many of the first columns name a row. Columns that do not fit go into more blocks below, each with the
    keys again. Columns whose cells are all empty are left out, except for the keys.
    """
    columns = [
        _column(heading, [row[place] for row in rows])
        for place, heading in enumerate(headings)
        if place < keys or any(row[place] not in (None, "") for row in rows)
    ]
    named, others = columns[:keys], columns[keys:]
    blocks = [[*named]]
    for column in others:
        if _width([*blocks[-1], column]) > WIDTH and len(blocks[-1]) > keys:
            blocks.append([*named])
        blocks[-1].append(column)
    return [line for block in blocks for line in _lines(block)]


def folded(text: str, first: str, rest: str, whole: bool = False) -> list[str]:
    """Break a text into lines of at most `WIDTH`, between words if possible.

    first, rest: beginning of the first line, and of the others. whole: a longer word, such as a path, is not broken.
    """
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=not whole, break_on_hyphens=False
    )


def paragraphs(texts: c.Iterable[str]) -> list[str]:
    """Return the lines of several texts. Each begins at the left, and its other lines do not. Paths stay whole."""
    return [line for text in texts for line in folded(text, "", "  ", whole=True)]


def _column(heading: str, cells: c.Sequence[Cell]) -> list[str]:
    texts = [heading, *map(_text, cells)]
    width = max(map(len, texts))
    numeric = bool(cells) and all(cell is None or isinstance(cell, (int, float)) for cell in cells)
    return [text.rjust(width) if numeric else text.ljust(width) for text in texts]


def _width(columns: c.Sequence[c.Sequence[str]]) -> int:
    return sum(len(column[0]) for column in columns) + len(_BETWEEN) * (len(columns) - 1)


def _lines(columns: c.Sequence[c.Sequence[str]]) -> list[str]:
    return [_BETWEEN.join(texts).rstrip() for texts in zip(*columns, strict=True)]


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:,.1f}"
    if isinstance(cell, int):
        return f"{cell:,}"
    return cell or NOTHING
