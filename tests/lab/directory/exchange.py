# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The attributes of groups that Exchange adds to Active Directory's schema, for servers that lack them.

``python -m lab.directory.exchange schema`` and ``... groups <count>`` print what ldifde -i takes into an empty AD LDS.
"""

from __future__ import annotations

import base64
import collections.abc as c
import dataclasses
import sys
import uuid

from lab.directory.groups import Group, Made, new_units, unit_dn

_MICROSOFT = "1.2.840.113556.1.2"


@dataclasses.dataclass(frozen=True)
class Attribute:
    """One attribute: its object identifier, Active Directory's syntax, the most bytes or characters of a value."""

    name: str
    oid: str
    text: bool
    single: bool
    upper: int

    @property
    def guid(self) -> uuid.UUID:
        """Its schemaIDGUID, made up."""
        return uuid.uuid5(uuid.NAMESPACE_OID, self.oid)

    @property
    def syntax(self) -> tuple[str, int]:
        """attributeSyntax and oMSyntax."""
        return ("2.5.5.12", 64) if self.text else ("2.5.5.10", 4)


# Microsoft's pages on Exchange's schema give 600 to 603; the number of extensionData is assumed.
ATTRIBUTES = (
    Attribute("extensionData", f"{_MICROSOFT}.228", text=False, single=False, upper=65536),
    Attribute("extensionAttribute12", f"{_MICROSOFT}.600", text=True, single=True, upper=2048),
    Attribute("extensionAttribute13", f"{_MICROSOFT}.601", text=True, single=True, upper=2048),
    Attribute("extensionAttribute14", f"{_MICROSOFT}.602", text=True, single=True, upper=2048),
    Attribute("extensionAttribute15", f"{_MICROSOFT}.603", text=True, single=True, upper=2048),
)


def schema_ldif() -> c.Iterator[str]:
    """Return the lines that add the attributes and let groups have them; DC=X stands for the forest."""
    schema = "CN=Schema,CN=Configuration,DC=X"
    for attribute in ATTRIBUTES:
        syntax, number = attribute.syntax
        yield from (f"dn: CN={attribute.name},{schema}", "changetype: add", "objectClass: attributeSchema")
        yield from (f"lDAPDisplayName: {attribute.name}", f"attributeID: {attribute.oid}")
        yield from (f"attributeSyntax: {syntax}", f"oMSyntax: {number}", f"rangeUpper: {attribute.upper}")
        yield f"isSingleValued: {str(attribute.single).upper()}"
        yield from (f"schemaIDGUID:: {_base64(attribute.guid.bytes_le)}", "")
    update = ["dn:", "changetype: modify", "add: schemaUpdateNow", "schemaUpdateNow: 1", "-", ""]
    yield from update
    yield from (f"dn: CN=Group,{schema}", "changetype: modify", "add: mayContain")
    yield from (*(f"mayContain: {attribute.name}" for attribute in ATTRIBUTES), "-", "")
    yield from update


def groups_ldif(groups: c.Iterable[Group], base: str) -> c.Iterator[str]:
    """Return the lines that add groups and the units around them; the server chooses each objectGUID."""
    known: set[tuple[str, ...]] = set()
    for group in groups:
        for unit in new_units(group.unit, known):
            dn = unit_dn(unit, base).encode()
            yield from (f"dn:: {_base64(dn)}", "changetype: add", "objectClass: organizationalUnit", "")
        yield from (f"dn:: {_base64(group.dn(base).encode())}", "changetype: add", "objectClass: group")
        for name, values in group.attributes.items():
            yield from (f"{name}:: {_base64(value)}" for value in values)
        yield ""


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def main(what: str, count: str = "0") -> None:
    """Print one of the two."""
    lines = schema_ldif() if what == "schema" else groups_ldif(Made(int(count)), "DC=corp,DC=example")
    print(*lines, sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
