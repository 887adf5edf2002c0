# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes whose values come in parts."""

from __future__ import annotations

import collections.abc as c

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.directory.session import ranges
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import DirectoryError


def in_parts(values: list[bytes], most: int = 1500) -> c.Callable[[str], dict[str, list[bytes]]]:
    """Answer as Active Directory does: at most so many values, and which ones in the name."""

    def ask(name: str) -> dict[str, list[bytes]]:
        plain, dummy, asked = name.partition(";range=")
        first = int(asked.partition("-")[0] or 0)
        if first >= len(values):
            return {}
        last = first + most - 1
        end = "*" if last >= len(values) - 1 else str(last)
        return {plain: [], f"{plain};range={first}-{end}": values[first : last + 1]}

    return ask


@pytest.mark.parametrize("count", [1, 1499, 1500, 1501, 3000, 4711])
def test_values_in_parts_are_put_together(count: int) -> None:
    values = [b"%d" % number for number in range(count)]
    ask = in_parts(values)
    first = {"cn": [b"x"], **ask("extensionData")}
    assert ranges.whole(first, "CN=x", ask) == {"cn": [b"x"], "extensionData": values}


def test_attributes_without_parts_are_left_as_they_are() -> None:
    attributes = {"cn": [b"x"], "userCertificate;binary": [b"y"]}
    assert ranges.whole(attributes, "CN=x", pytest.fail) is attributes


@pytest.mark.parametrize(
    ("first", "answer"),
    [
        ("a;range=0-1", {}),
        ("a;range=0-1", {"a": []}),
        ("a;range=0-1", {"a;range=5-*": [b"z"]}),
        ("a;range=0-1", {"a;range=2-*": []}),
        ("a;range=0-1", {"a;range=0-1": [b"x", b"y"]}),
        ("a;range=1-*", {}),
        ("a;range=x-*", {}),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(first: str, answer: dict[str, list[bytes]]) -> None:
    with pytest.raises(DirectoryError, match="Not all values of an attribute of CN=x") as caught:
        ranges.whole({first: [b"x", b"y"]}, "CN=x", lambda dummy: answer)
    assert caught.value.failure.code == "range"
