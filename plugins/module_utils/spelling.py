# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the known word that a person meant by an unknown one."""

from __future__ import annotations

import collections.abc as c
import difflib
import itertools

_ALIKE = 0.75
_FEW = 3
_LONGEST = 200


def distance(one: str, other: str, limit: int = _LONGEST) -> int:
    """Count the edits between two words: a letter left out, put in, replaced, or swapped with its neighbour.

    A distance above the limit is returned as one more than the limit, which is faster.
    """
    # An edit changes the length by at most one, and the set of letters by at most two.
    if abs(len(one) - len(other)) > limit or len(set(one) ^ set(other)) > 2 * limit:
        return limit + 1
    before: list[int] = []
    current = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        before, above, current = current, before, [row]
        for column, wanted in enumerate(other, 1):
            best = min(before[column] + 1, current[-1] + 1, before[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted:
                best = min(best, above[column - 2] + 1)
            current.append(best)
        if min(current) > limit and min(before) > limit:
            return limit + 1
    return min(current[-1], limit + 1)


def closest(word: str, words: c.Iterable[str]) -> str | None:
    """Return the known word that is nearest to a word, without regard to case. None if none is near.

    Near means one edit in a short word, up to three in a long one, or most letters in the same order. If several words
    are equally near, the one with the longest common beginning counts, then the one nearest in length, then the first.
    """
    folded = _folded(word)
    known = sorted(set(words))
    limit = max(1, min(_FEW, len(folded) // 3))
    ranked = sorted((distance(folded, _folded(one), limit), *_unlike(folded, one), one) for one in known)
    if ranked and ranked[0][0] <= limit:
        return ranked[0][-1]
    alike = difflib.get_close_matches(folded, known, n=1, cutoff=_ALIKE)
    return alike[0] if alike else None


def _folded(word: str) -> str:
    """Return a word in one spelling of case and dashes, cut to a length that is longer than all known words."""
    return word[:_LONGEST].strip().lower().replace("-", "_")


def _unlike(word: str, known: str) -> tuple[int, int]:
    alike = sum(1 for dummy in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(word, known, strict=False)))
    return -alike, abs(len(word) - len(known))


def did_you_mean(word: str, words: c.Iterable[str]) -> str:
    """Return ``Did you mean NAME? `` for a message; empty if no known word is near."""
    known = closest(word, words)
    return f"Did you mean {known}? " if known else ""
