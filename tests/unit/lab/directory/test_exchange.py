# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real AD LDS is filled with."""

from __future__ import annotations

import io

import ldif

from lab.directory import exchange
from lab.directory.groups import ATTRIBUTES, Made, unit_dn

BASE = "DC=corp,DC=example"


def records(lines: list[str]) -> list[tuple[str, dict[str, list[bytes]]]]:
    reader = ldif.LDIFRecordList(io.BytesIO("\n".join([*lines, ""]).encode("ascii")))
    reader.parse()
    return list(reader.all_records)


def test_every_attribute_is_added_once_and_then_allowed() -> None:
    lines = list(exchange.schema_ldif())
    assert sum(line == "objectClass: attributeSchema" for line in lines) == len(ATTRIBUTES)
    for name in ATTRIBUTES:
        assert lines.count(f"lDAPDisplayName: {name}") == lines.count(f"mayContain: {name}") == 1
        assert lines.index(f"lDAPDisplayName: {name}") < lines.index(f"mayContain: {name}")
    assert lines.count("schemaUpdateNow: 1") == 2
    assert len({attribute.guid for attribute in exchange.ATTRIBUTES}) == len(ATTRIBUTES)


def test_groups_stand_below_their_units() -> None:
    made = list(Made(40))
    found = records(list(exchange.groups_ldif(made, BASE)))
    places = [dn for dn, dummy in found]
    assert len(set(places)) == len(places)
    for group in made:
        place = places.index(group.dn(BASE))
        assert places.index(unit_dn(group.unit, BASE)) < place
        attributes = found[place][1]
        assert {name: tuple(attributes[name]) for name in attributes if name in ATTRIBUTES} == group.attributes
