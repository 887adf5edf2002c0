# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a directory server reports about itself, its domain and its schema, and what an account may write.

Sources: MS-ADTS 3.1.1.3.2 (rootDSE), 3.1.1.4.5 (constructed attributes), 2.2.9 (searchFlags), MS-DTYP 2.4.2 (SID).
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import (
    guid_bytes,
    guid_filter,
    guid_text,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    Directory,
    DirectoryError,
    search,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target

Kind = t.Literal["ad", "ad_lds"]

_CAPABILITIES: t.Final[c.Mapping[bytes, Kind]] = {
    b"1.2.840.113556.1.4.800": "ad",
    b"1.2.840.113556.1.4.1851": "ad_lds",
}
_ROOT_DSE = ("defaultNamingContext", "dnsHostName", "dsServiceName", "highestCommittedUSN", "supportedCapabilities")
_GUID_BYTES = 16
_SID_HEAD, _SID_PART = 8, 4
_BATCH = 50
_CONFIDENTIAL, _RODC_FILTERED = 0x80, 0x200
_INTEGER = re.compile(r"-?[0-9]{1,10}")
# Texts that an LDAP filter may contain without escapes: names of attributes (RFC 4512), and their numbers.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
_DOMAIN_PARTS = re.compile(r"DC=[^,=+\\\"]+(?:,\s*DC=[^,=+\\\"]+)*", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Domain:
    """A domain as one server shows it.

    dns_name: in lower case. base: DN below which groups are searched. server: the server's own name in DNS.
    guid: objectGUID of the domain as text. sid: its objectSid, ``S-1-5-21-...``; empty in AD LDS, which has none.
    highest_committed_usn: the server's own count of changes when it was read; None: it was not read.
    base_guid: objectGUID of the base as text, by which it is found after it was renamed or moved; empty: it shows none.
    root: DN of the domain itself, below which all its groups are; empty: it was not read.
    read_only: whether the server is a read-only domain controller; None: not known.
    """

    dns_name: str
    base: str
    server: str
    guid: str
    sid: str
    highest_committed_usn: int | None
    read_only: bool | None
    kind: Kind = "ad"
    root: str = ""
    base_guid: str = ""


@dataclasses.dataclass(frozen=True)
class Schema:
    """What the schema says about the requested attributes.

    missing: it has no such attribute, or has deactivated it.
    confidential: the right to read it is not enough, control access is needed; without it, the attribute looks empty
      (MS-ADTS 3.1.1.4.4).
    filtered: read-only domain controllers do not receive it, so it looks empty there (MS-ADTS 3.1.1.2.3.5).
    """

    missing: tuple[str, ...] = ()
    confidential: tuple[str, ...] = ()
    filtered: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class NotWritable:
    """A group, and its attributes that may not be written. dn: None if there is no such group, or no right to see it.

    protected: the group has the rights of AdminSDHolder (adminCount; MS-ADTS 3.1.1.6.1).
    """

    guid: bytes
    dn: str | None
    attributes: tuple[str, ...]
    protected: bool = False


def read_domain(directory: Directory, target: Target) -> Domain:
    """Read which domain the server has.

    Raises DirectoryError, also if it is not the target's domain, or not Active Directory.
    """
    root = _lower(directory.read("", _ROOT_DSE) or {})
    kind = _kind(directory, root)
    domain_dn = _text(root, "defaultnamingcontext") or target.base
    if not domain_dn:
        raise DirectoryError(
            "base",
            f"The domain {target.domain} was not read",
            f"{directory.server} names no defaultNamingContext",
            "Set the domain's base: the DN that its groups are below.",
        )
    if kind == "ad":
        _check_name(directory, target, domain_dn)
    found = _lower(directory.read(domain_dn, ("objectGUID", "objectSid")) or {})
    guid = found.get("objectguid", [b""])[0]
    if len(guid) != _GUID_BYTES:
        raise DirectoryError(
            "domain_object",
            f"The domain {target.domain} was not read",
            f"{directory.server} shows no objectGUID of {domain_dn}",
            "The account must be allowed to read the domain object, as every user of the domain is by default.",
        )
    return Domain(
        dns_name=target.domain.lower(),
        base=target.base or domain_dn,
        server=target.server or _text(root, "dnshostname") or directory.server,
        guid=guid_text(guid),
        sid=_sid(directory, domain_dn, found.get("objectsid"), kind),
        highest_committed_usn=_usn(directory, _text(root, "highestcommittedusn")),
        read_only=_read_only(directory, _text(root, "dsservicename")),
        kind=kind,
        root=domain_dn,
        base_guid=_guid_of(directory, target.base) if target.base else guid_text(guid),
    )


def server_names(directory: Directory) -> tuple[str, ...]:
    """Read the server's names for itself and for its domain, whatever domain it is. Raises DirectoryError."""
    root = _lower(directory.read("", _ROOT_DSE) or {})
    context, host = _text(root, "defaultnamingcontext"), _text(root, "dnshostname")
    return tuple(name for name in (context, _dns_name(context), host, host.partition(".")[0]) if name)


def base_now(directory: Directory, root: str, base: str, guid: str) -> str | None:
    """Return the current DN of the container from which a set was made; None: it no longer exists.

    root: DN of the domain. base: its DN then. guid: its objectGUID as text; empty if the set does not have it, as sets
      of 0.5.0. Then only the name counts.

    Raises DirectoryError; ValueError for a text that is not a GUID.
    """
    if not guid:
        return base if directory.read(base, ("objectGUID",)) is not None else None
    found = search(directory, root, guid_filter([guid_bytes(guid)]), ("objectGUID",))
    return found[0][0] if found else None


def sid_text(sid: bytes) -> str:
    """Return the text of a SID, ``S-1-5-...``. Raises ValueError for bytes that are not a SID."""
    if len(sid) < _SID_HEAD or sid[0] != 1 or len(sid) != _SID_HEAD + _SID_PART * sid[1]:
        raise ValueError(f"{len(sid)} bytes are not a SID.")
    parts = (sid[place : place + _SID_PART] for place in range(_SID_HEAD, len(sid), _SID_PART))
    numbers = [int.from_bytes(sid[2:_SID_HEAD], "big"), *(int.from_bytes(part, "little") for part in parts)]
    return f"S-1-{'-'.join(map(str, numbers))}"


def read_schema(directory: Directory, domain: Domain, names: c.Sequence[str]) -> Schema:
    """Return what the schema of the domain's forest says about these attributes; names as given.

    A search for an attribute that is not in the schema finds nothing and is no error, and an attribute that an account
    may not read looks empty.

    Raises DirectoryError; ValueError for a name that no attribute can have.
    """
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name[:60]!r} is not the name of an attribute.")
    if not names:
        return Schema()
    schema = _text(_lower(directory.read("", ("schemaNamingContext",)) or {}), "schemanamingcontext")
    if not schema:
        raise DirectoryError(
            "schema",
            f"The schema of {domain.dns_name} was not read",
            f"{directory.server} names no schemaNamingContext",
            "Check that it is a domain controller.",
        )
    wanted = "".join(f"(lDAPDisplayName={name})" for name in names)
    flags: dict[str, int] = {}
    filter_text = f"(&(objectClass=attributeSchema)(|{wanted}))"
    for dummy, attributes in search(directory, schema, filter_text, ("lDAPDisplayName", "isDefunct", "searchFlags")):
        found = _lower(attributes)
        if _text(found, "isdefunct").upper() != "TRUE":
            number = _text(found, "searchflags")
            flags[_text(found, "ldapdisplayname").lower()] = int(number) if _INTEGER.fullmatch(number) else 0
    return Schema(
        missing=tuple(name for name in names if name.lower() not in flags),
        confidential=tuple(name for name in names if flags.get(name.lower(), 0) & _CONFIDENTIAL),
        filtered=tuple(name for name in names if flags.get(name.lower(), 0) & _RODC_FILTERED),
    )


def not_writable(
    directory: Directory, base: str, wanted: c.Mapping[bytes, c.Collection[str]]
) -> tuple[NotWritable, ...]:
    """Return the groups that the account is not allowed to write, in the order of wanted.

    base: DN that all of them are below. wanted: objectGUID -> names of the attributes to write.

    Raises DirectoryError.
    """
    guids = list(wanted)
    found: dict[bytes, tuple[str, set[str], bool]] = {}
    for begin in range(0, len(guids), _BATCH):
        filter_text = guid_filter(guids[begin : begin + _BATCH])
        asked = ("objectGUID", "allowedAttributesEffective", "adminCount")
        for dn, attributes in search(directory, base, filter_text, asked):
            values = _lower(attributes)
            allowed = {_decoded(name).lower() for name in values.get("allowedattributeseffective", ())}
            for guid in values.get("objectguid", ()):
                found[guid] = (dn, allowed, _text(values, "admincount") not in ("", "0"))
    result = []
    for guid, names in wanted.items():
        if guid not in found:
            result.append(NotWritable(guid, None, tuple(names)))
            continue
        dn, allowed, protected = found[guid]
        lacking = tuple(name for name in names if name.lower() not in allowed)
        if lacking:
            result.append(NotWritable(guid, dn, lacking, protected))
    return tuple(result)


def _lower(attributes: c.Mapping[str, list[bytes]]) -> dict[str, list[bytes]]:
    """Return names in lower case, because servers may spell a name differently."""
    return {name.lower(): values for name, values in attributes.items() if values}


def _text(attributes: c.Mapping[str, list[bytes]], name: str) -> str:
    return _decoded(attributes.get(name, [b""])[0])


def _decoded(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _kind(directory: Directory, root: c.Mapping[str, list[bytes]]) -> Kind:
    for capability, kind in _CAPABILITIES.items():
        if capability in root.get("supportedcapabilities", ()):
            return kind
    raise DirectoryError(
        "not_active_directory",
        f"{directory.server} was not used",
        "It names neither Active Directory nor AD LDS among its supportedCapabilities",
        "Name a domain controller of the domain as its server.",
    )


def _check_name(directory: Directory, target: Target, domain_dn: str) -> None:
    """Refuse a server of another domain: it has other groups, and would also answer."""
    held = _dns_name(domain_dn)
    if held != target.domain.lower():
        raise DirectoryError(
            "other_domain",
            f"The domain {target.domain} was not read",
            f"{directory.server} is a domain controller of {held}",
            f"Name a domain controller of {target.domain} as its server, or correct the domain's name.",
        )


def _dns_name(domain_dn: str) -> str:
    """Return the DNS name of a domain's DN; a DN of another form unchanged."""
    if not _DOMAIN_PARTS.fullmatch(domain_dn):
        return domain_dn
    return re.sub(r",?\s*DC=", ".", domain_dn, flags=re.IGNORECASE).lstrip(".").lower()


def _sid(directory: Directory, domain_dn: str, values: list[bytes] | None, kind: Kind) -> str:
    if values is None and kind == "ad_lds":
        return ""
    try:
        return sid_text(values[0] if values else b"")
    except ValueError as problem:
        raise DirectoryError(
            "domain_object",
            f"The domain object {domain_dn} was not read",
            f"{directory.server} shows no objectSid of it: {problem}",
            "The account must be allowed to read the domain object, as every user of the domain is by default.",
        ) from None


def _guid_of(directory: Directory, dn: str) -> str:
    guid = _lower(directory.read(dn, ("objectGUID",)) or {}).get("objectguid", [b""])[0]
    return guid_text(guid) if len(guid) == _GUID_BYTES else ""


def _usn(directory: Directory, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text):
        raise DirectoryError(
            "answer",
            f"The state of {directory.server} was not read",
            f"highestCommittedUSN is {text[:40]!r}, which is no number",
            "Check that the server is a domain controller that runs and answers.",
        )
    return int(text)


def _read_only(directory: Directory, service: str) -> bool | None:
    """Ask the server's own NTDS Settings object. None: it does not say this, or not to this account."""
    found = _lower(directory.read(service, ("msDS-isRODC",)) or {}) if service else {}
    return {"TRUE": True, "FALSE": False}.get(_text(found, "msds-isrodc").upper())
