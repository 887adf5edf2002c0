# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of an Active Directory domain, as data, and made-up ones in any number."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import random

ATTRIBUTES = (
    "extensionData",
    "extensionAttribute15",
    "extensionAttribute14",
    "extensionAttribute13",
    "extensionAttribute12",
)
TOP_UNIT = "Gruppen"
UNITS = ("Vertrieb", "Forschung & Entwicklung", "Süd", "東京", 'R+D, "Labor" #1', " blank ")

# Names that a DN has to escape, or that its LDIF has to encode.
HARD_NAMES = (
    "Sales, North",
    'The "A" Team',
    "C++ = C plus plus",
    "#hash",
    " leading blank",
    "trailing blank ",
    "Größenänderung Übersicht",
    "人事部 報告",
    "party 🎉",
    "back\\slash; <angle>",
    "a/b",
    "x" * 64,
)
_TEXTS = (
    "Vertrieb {number}",
    "(&(objectCategory=person)(department=Sales {number}))",
    "Größe {number} straße",
    "trailing blank {number} ",
    ": leading colon {number}",
    "< leading angle {number}",
    " leading blank {number}",
    "<Criteria><Attribute name='department' operator='is'>営業 {number}</Attribute></Criteria>",
    "CN=owner{number},OU=Users,DC=corp,DC=example;2027-01-31;mode=dynamic;" + "filler " * 12,
)


@dataclasses.dataclass(frozen=True)
class Group:
    """One group.

    name: of its CN, not escaped.
    guid: the 16 bytes of objectGUID.
    unit: names of the units that it lies in, the nearest first.
    attributes: values by attribute, as the directory holds them; an attribute without values is not there.
    effective: attributes that the account of the lab may write.
    """

    name: str
    guid: bytes
    unit: tuple[str, ...] = (TOP_UNIT,)
    attributes: c.Mapping[str, tuple[bytes, ...]] = dataclasses.field(default_factory=dict)
    effective: tuple[str, ...] = ATTRIBUTES

    def dn(self, base: str) -> str:
        """Return the DN below ``base``, escaped as Active Directory does."""
        return f"CN={escaped(self.name)},{unit_dn(self.unit, base)}"


@dataclasses.dataclass(frozen=True)
class Made:
    """``count`` groups, the same ones for the same numbers; a share of them (0 to 1) has attributes."""

    count: int
    seed: int = 1
    share: float = 0.9

    def __iter__(self) -> c.Iterator[Group]:
        """Return the groups, those with hard names first."""
        chance = random.Random(self.seed)
        for number in range(self.count):
            hard = number < len(HARD_NAMES)
            name = HARD_NAMES[number] if hard else f"Gruppe {number:06}"
            nested = () if chance.random() < 0.3 else (chance.choice(UNITS),)
            attributes = _attributes(chance, number) if chance.random() < self.share or hard else {}
            yield Group(name, chance.randbytes(16), (*nested, TOP_UNIT), attributes)


def _attributes(chance: random.Random, number: int) -> dict[str, tuple[bytes, ...]]:
    found: dict[str, tuple[bytes, ...]] = {}
    for attribute in chance.sample(ATTRIBUTES, chance.randint(1, len(ATTRIBUTES))):
        if attribute == "extensionData":
            # The first byte tells them apart: a set holds no value twice.
            found[attribute] = tuple(
                bytes([place]) + chance.randbytes(chance.randint(19, 199)) for place in range(chance.randint(1, 3))
            )
        else:
            found[attribute] = (chance.choice(_TEXTS).format(number=number).encode(),)
    return found


def unit_dn(unit: tuple[str, ...], base: str) -> str:
    """Return the DN of a unit, named with those around it, the nearest first."""
    return ",".join([*(f"OU={escaped(name)}" for name in unit), base])


def new_units(unit: tuple[str, ...], known: set[tuple[str, ...]]) -> c.Iterator[tuple[str, ...]]:
    """Return a unit and those around it, the outermost first, but for the known ones, which become more."""
    for start in range(len(unit) - 1, -1, -1):
        if unit[start:] not in known:
            known.add(unit[start:])
            yield unit[start:]


def escaped(value: str) -> str:
    """Escape the value of a DN's part (RFC 4514)."""
    text = "".join(f"\\{character}" if character in '\\,+"<>;=' else character for character in value)
    if text[:1] in ("#", " "):
        text = f"\\{text}"
    if text.endswith(" ") and len(value) > 1:
        text = f"{text[:-1]}\\ "
    return text
