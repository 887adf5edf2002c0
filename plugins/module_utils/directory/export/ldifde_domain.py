# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identifies the domain of an export by ldifde.exe, from the exported domain object."""

from __future__ import annotations

import collections.abc as c

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import GUID
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.ldifde import SID
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.facts import Domain, sid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import DirectoryError, Entry
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target

_GUID_BYTES = 16


def base_of(domain: str) -> str:
    """Return the DN of a domain: ``DC=corp,DC=example`` of corp.example (RFC 2247)."""
    return ",".join(f"DC={label}" for label in domain.split("."))


def domain_of(target: Target, pages: c.Iterable[c.Sequence[Entry]]) -> Domain:
    """Return the domain from the one entry that ``ldifde.domain_arguments`` asks for.

    It does not say the server's count of changes, or whether the server is read-only.

    Raises DirectoryError for anything but one domain object; the exceptions of the pages.
    """
    values = _values(pages)
    try:
        guid = _guid(values)
        sid = values.get(SID.lower(), [b""])[0]
        return Domain(
            dns_name=target.domain,
            base=target.base or base_of(target.domain),
            server=target.host,
            guid=guid,
            # AD LDS is not a domain and has none.
            sid=sid_text(sid) if sid else "",
            highest_committed_usn=None,
            read_only=None,
            base_guid=guid,
        )
    except ValueError as problem:
        raise _not_read(target.domain, problem) from None


def guid_of(domain: str, pages: c.Iterable[c.Sequence[Entry]]) -> str:
    """Return the objectGUID, as text, of the one entry that ``ldifde.domain_arguments`` asks for.

    Raises DirectoryError for anything but one object; the exceptions of the pages.
    """
    try:
        return _guid(_values(pages))
    except ValueError as problem:
        raise _not_read(domain, problem) from None


def _values(pages: c.Iterable[c.Sequence[Entry]]) -> dict[str, list[bytes]]:
    entries = [entry for page in pages for entry in page]
    return {name.lower(): found for name, found in entries[0][1].items()} if len(entries) == 1 else {}


def _guid(values: c.Mapping[str, list[bytes]]) -> str:
    guid = values.get(GUID.lower(), [b""])[0]
    if len(guid) != _GUID_BYTES:
        raise ValueError(f"it returned no entry, several entries, or no {GUID} of 16 bytes")
    return guid_text(guid)


def _not_read(domain: str, problem: ValueError) -> DirectoryError:
    return DirectoryError(
        "domain_object",
        f"The domain {domain} was not read by ldifde",
        str(problem),
        "Check that name, server and base of the domain in groupid_domains belong together, and that the account may "
        "read these objects.",
    )
