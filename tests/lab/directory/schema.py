# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of Active Directory's schema that the lab's slapd knows, as lines of slapd.conf.

Identifiers are Active Directory's where it defines the attribute; the syntaxes are the nearest that slapd has.
"""

from __future__ import annotations

from lab.directory import exchange
from lab.directory.groups import ATTRIBUTES

_TEXT = "EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15"
_BYTES = "EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40"
_DN = "EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12"
_FLAG = "EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7"
_NUMBER = "EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27"
_OID = "EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15"
_MICROSOFT = "1.2.840.113556.1"

# objectCategory holds a class's name here: slapd does not turn the name in a filter into the DN of the class.
_ATTRIBUTES = (
    ("0.9.2342.19200300.100.1.25", "DC", _TEXT, True),
    ("2.5.4.11", "OU", _TEXT, False),
    ("2.5.4.31", "member", _DN, False),
    (f"{_MICROSOFT}.2.102", "memberOf", _DN, False),
    (f"{_MICROSOFT}.4.2", "objectGUID", _BYTES, True),
    (f"{_MICROSOFT}.4.146", "objectSid", _BYTES, True),
    (f"{_MICROSOFT}.4.150", "adminCount", _NUMBER, True),
    (f"{_MICROSOFT}.4.221", "sAMAccountName", _TEXT, True),
    (f"{_MICROSOFT}.4.656", "userPrincipalName", _TEXT, True),
    (f"{_MICROSOFT}.4.750", "groupType", _NUMBER, True),
    (f"{_MICROSOFT}.4.782", "objectCategory", _TEXT, True),
    (f"{_MICROSOFT}.4.914", "allowedAttributesEffective", _OID, False),
    (f"{_MICROSOFT}.2.334", "searchFlags", _NUMBER, True),
    (f"{_MICROSOFT}.2.460", "lDAPDisplayName", _TEXT, True),
    (f"{_MICROSOFT}.4.1960", "msDS-isRODC", _FLAG, True),
    *((found.oid, found.name, _TEXT if found.text else _BYTES, found.single) for found in exchange.ATTRIBUTES),
    ("1.3.6.1.4.1.4203.666.1.901", "defaultNamingContext", _DN, True),
    ("1.3.6.1.4.1.4203.666.1.902", "rootDomainNamingContext", _DN, True),
    ("1.3.6.1.4.1.4203.666.1.903", "schemaNamingContext", _DN, True),
    ("1.3.6.1.4.1.4203.666.1.904", "configurationNamingContext", _DN, True),
    ("1.3.6.1.4.1.4203.666.1.905", "dnsHostName", _TEXT, True),
    ("1.3.6.1.4.1.4203.666.1.906", "serverName", _DN, True),
    ("1.3.6.1.4.1.4203.666.1.907", "dsServiceName", _DN, True),
    ("1.3.6.1.4.1.4203.666.1.908", "highestCommittedUSN", _NUMBER, True),
    ("1.3.6.1.4.1.4203.666.1.909", "isGlobalCatalogReady", _FLAG, True),
    ("1.3.6.1.4.1.4203.666.1.910", "supportedCapabilities", _OID, False),
    ("1.3.6.1.4.1.4203.666.1.911", "domainFunctionality", _NUMBER, True),
)
_CLASSES = (
    (f"{_MICROSOFT}.5.67", "domainDNS", "DC", "objectGUID $ objectSid $ objectCategory"),
    ("2.5.6.5", "organizationalUnit", "OU", "objectGUID $ description"),
    (f"{_MICROSOFT}.3.23", "container", "cn", "objectGUID $ description"),
    (f"{_MICROSOFT}.3.14", "attributeSchema", "cn $ lDAPDisplayName", "objectGUID $ searchFlags"),
    (f"{_MICROSOFT}.5.17", "server", "cn", "objectGUID $ dnsHostName"),
    (f"{_MICROSOFT}.5.7000.47", "nTDSDSA", "cn", "objectGUID $ msDS-isRODC"),
    (
        f"{_MICROSOFT}.5.9",
        "user",
        "cn",
        "objectGUID $ objectSid $ sAMAccountName $ userPrincipalName $ userPassword $ memberOf",
    ),
)
_GROUP = (
    "objectGUID $ objectSid $ objectCategory $ sAMAccountName $ groupType $ member $ memberOf $ description "
    "$ adminCount"
)
# A class of groups in its own words: attributes that a directory's schema may lack are lines of it.
_GROUP_CLASS = f"{_MICROSOFT}.5.8"


def lines(missing: tuple[str, ...] = ()) -> str:
    """Return the schema; ``missing`` names attributes of groups that it lacks."""
    attributes = [
        f"attributetype ( {oid} NAME '{name}' {syntax}{' SINGLE-VALUE' if single else ''} )"
        for oid, name, syntax, single in _ATTRIBUTES
        if name not in missing
    ]
    may = " $ ".join([_GROUP, "allowedAttributesEffective", *(name for name in ATTRIBUTES if name not in missing)])
    classes = [
        f"objectclass ( {oid} NAME '{name}' SUP top STRUCTURAL MUST ( {must} ) MAY ( {may} ) )"
        for oid, name, must, may in (*_CLASSES, (_GROUP_CLASS, "group", "cn", may))
    ]
    return "\n".join([*attributes, *classes, ""])


def names(missing: tuple[str, ...] = ()) -> list[str]:
    """Name the attributes that the schema's own subtree lists."""
    return [name for dummy, name, *_rest in _ATTRIBUTES if name not in missing]
