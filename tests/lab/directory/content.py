# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's slapd holds at its start, as LDIF for slapadd."""

from __future__ import annotations

import base64
import collections.abc as c
import dataclasses
import hashlib
import struct
import uuid

from lab.directory import schema
from lab.directory.groups import Group, new_units, unit_dn

SITE = "CN=Default-First-Site-Name,CN=Sites"
# "This is an Active Directory" among supportedCapabilities.
ACTIVE_DIRECTORY = "1.2.840.113556.1.4.800"
UNIVERSAL_SECURITY = -2147483640

_Attributes = c.Mapping[str, c.Iterable[bytes | str]]


@dataclasses.dataclass(frozen=True)
class Domain:
    """A domain and the server that answers for it.

    base: its DN. name: in DNS. dns_host_name: of the server. missing: attributes that its schema lacks.
    flags: searchFlags of attributes, by name.
    """

    base: str
    name: str
    dns_host_name: str = "localhost"
    read_only: bool = False
    missing: tuple[str, ...] = ()
    flags: tuple[tuple[str, int], ...] = ()

    @property
    def guid(self) -> bytes:
        """The domain's objectGUID; it follows from the name."""
        return uuid.uuid5(uuid.NAMESPACE_DNS, self.name).bytes_le

    @property
    def sid(self) -> bytes:
        """The domain's objectSid, S-1-5-21-*-*-*; it follows from the name."""
        return self._sid()

    @property
    def configuration(self) -> str:
        """DN of the configuration."""
        return f"CN=Configuration,{self.base}"

    @property
    def schema(self) -> str:
        """DN of the schema."""
        return f"CN=Schema,{self.configuration}"

    @property
    def server_name(self) -> str:
        """DN of the server among the sites."""
        return f"CN=DC01,CN=Servers,{SITE},{self.configuration}"

    def _sid(self, *relative: int) -> bytes:
        numbers = struct.unpack("<3I", hashlib.sha256(self.name.encode()).digest()[:12])
        head = struct.pack(">BBHI", 1, 4 + len(relative), 0, 5)
        return head + struct.pack(f"<{4 + len(relative)}I", 21, *numbers, *relative)

    def root_dse(self) -> bytes:
        """Return the record for slapd's rootDSE, which adds what it knows itself."""
        return _record(
            "",
            {
                "defaultNamingContext": [self.base],
                "rootDomainNamingContext": [self.base],
                "configurationNamingContext": [self.configuration],
                "schemaNamingContext": [self.schema],
                "dnsHostName": [self.dns_host_name],
                "serverName": [self.server_name],
                "dsServiceName": [f"CN=NTDS Settings,{self.server_name}"],
                "highestCommittedUSN": ["24601"],
                "isGlobalCatalogReady": ["TRUE"],
                "supportedCapabilities": [ACTIVE_DIRECTORY, "1.2.840.113556.1.4.1670"],
            },
        )

    def frame(self) -> c.Iterator[bytes]:
        """Return the records of everything but units and groups, parents first."""
        guid, sid = [self.guid], [self.sid]
        yield _record(
            self.base, {"objectClass": ["domainDNS"], "DC": [_first(self.base)], "objectGUID": guid, "objectSid": sid}
        )
        yield self._container(f"CN=Users,{self.base}")
        # Active Directory answers a search below the domain with references to its other partitions.
        other = f"DC=DomainDnsZones,{self.base}"
        yield _record(
            other,
            {
                "objectClass": ["referral", "extensibleObject"],
                "DC": ["DomainDnsZones"],
                "ref": [f"ldap://DomainDnsZones.{self.name}/{other}"],
            },
        )
        for name in ("", "CN=Schema", "CN=Sites", SITE, f"CN=Servers,{SITE}"):
            yield self._container(",".join(filter(None, [name, self.configuration])))
        server = {"objectClass": ["server"], "cn": ["DC01"], "dnsHostName": [self.dns_host_name]}
        yield _record(self.server_name, server)
        read_only = ["TRUE" if self.read_only else "FALSE"]
        yield _record(
            f"CN=NTDS Settings,{self.server_name}",
            {"objectClass": ["nTDSDSA"], "cn": ["NTDS Settings"], "msDS-isRODC": read_only},
        )
        for name in schema.names(self.missing):
            dn = f"CN={name},{self.schema}"
            shown = {"objectClass": ["attributeSchema"], "cn": [name], "lDAPDisplayName": [name]}
            flags = dict(self.flags).get(name)
            yield _record(dn, shown if flags is None else {**shown, "searchFlags": [str(flags)]})

    def user(self, name: str, password: str) -> bytes:
        """Return the record of an account below CN=Users."""
        return _record(
            f"CN={name},CN=Users,{self.base}",
            {
                "objectClass": ["user"],
                "cn": [name],
                "sAMAccountName": [name],
                "userPrincipalName": [f"{name}@{self.name}"],
                "userPassword": [password],
            },
        )

    def unit(self, unit: tuple[str, ...]) -> bytes:
        """Return the record of a unit."""
        dn = unit_dn(unit, self.base)
        guid = uuid.uuid5(uuid.NAMESPACE_X500, dn).bytes_le
        return _record(dn, {"objectClass": ["organizationalUnit"], "OU": [unit[0]], "objectGUID": [guid]})

    def group(self, group: Group, number: int) -> bytes:
        """Return the record of a group, the domain's ``number``-th account."""
        dn, attributes = group_entry(group, self.base)
        return _record(dn, {**attributes, "objectSid": [self._sid(1100 + number)]})

    def _container(self, dn: str) -> bytes:
        return _record(dn, {"objectClass": ["container"], "cn": [_first(dn)]})


def group_entry(group: Group, base: str) -> tuple[str, dict[str, list[bytes]]]:
    """Return a group's DN and all attributes but those that a server gives out itself."""
    name = group.name.encode()
    found = {
        "objectClass": [b"group"],
        "cn": [name],
        "sAMAccountName": [name],
        "objectCategory": [b"group"],
        "groupType": [str(UNIVERSAL_SECURITY).encode()],
        "objectGUID": [group.guid],
        "allowedAttributesEffective": [attribute.encode() for attribute in group.effective],
        **{attribute: list(values) for attribute, values in group.attributes.items()},
    }
    return group.dn(base), {attribute: values for attribute, values in found.items() if values}


def records(domain: Domain, groups: c.Iterable[Group]) -> c.Iterator[bytes]:
    """Return everything that the server holds but its accounts."""
    yield from domain.frame()
    known: set[tuple[str, ...]] = set()
    for number, group in enumerate(groups):
        yield from map(domain.unit, new_units(group.unit, known))
        yield domain.group(group, number)


def _first(dn: str) -> str:
    return dn.partition(",")[0].partition("=")[2]


def _record(dn: str, attributes: _Attributes) -> bytes:
    """One record, all of it in base64 and unfolded: quick to write, and slapadd reads lines of any length."""
    lines = [b"dn:: " + base64.b64encode(dn.encode()) if dn else b"dn:"]
    for name, values in attributes.items():
        head = f"{name}:: ".encode()
        lines += [head + base64.b64encode(value.encode() if isinstance(value, str) else value) for value in values]
    return b"\n".join([*lines, b"", b""])
