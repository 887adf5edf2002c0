# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes with so many values that Active Directory returns only the first ones.

It does so for more than about 1,500 values, without a request for it: ``member;range=0-1499``, then
``member;range=1500-*`` for the last ones (MS-ADTS 3.1.1.3.1.3.3). The rest must be asked for by name.
"""

from __future__ import annotations

import collections.abc as c
import re

from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import DirectoryError

Attributes = dict[str, list[bytes]]

_MARK = ";range="
_RANGE = re.compile(r"(?P<name>.+);range=(?P<first>\d+)-(?P<last>\d+|\*)", re.IGNORECASE)


def whole(attributes: Attributes, entry: str, ask: c.Callable[[str], Attributes]) -> Attributes:
    """Return the attributes with all their values.

    entry: its name, for messages. ask: reads one more range of the entry, such as ``member;range=1500-*``.

    Raises DirectoryError if the ranges do not fit together; the exceptions of ask.
    """
    if _MARK not in "".join(attributes).lower():
        return attributes
    # Beside the range, the plain name is there without a value.
    found = {name: values for name, values in attributes.items() if values}
    for name in [name for name in found if _MARK in name.lower()]:
        plain, values = _all_values(name, found.pop(name), entry, ask)
        found[plain] = values
    return found


def _all_values(
    name: str, values: list[bytes], entry: str, ask: c.Callable[[str], Attributes]
) -> tuple[str, list[bytes]]:
    """Return the plain name and all values, beginning with the first range."""
    collected: list[bytes] = []
    while True:
        part = _RANGE.fullmatch(name)
        if part is None or int(part["first"]) != len(collected) or not values:
            raise DirectoryError(
                "range",
                f"Not all values of an attribute of {entry} were read",
                f"After {len(collected)} values, the server returned {len(values)} more as {name[:255]!r}",
                "The attribute may have been changed meanwhile: run again.",
            )
        collected += values
        if part["last"] == "*":
            return part["name"], collected
        answer = ask(f"{part['name']}{_MARK}{len(collected)}-*")
        name, values = next((item for item in answer.items() if _MARK in item[0].lower()), (part["name"], []))
