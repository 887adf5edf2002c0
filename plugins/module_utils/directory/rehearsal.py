# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal of a domain: what an export and a restore of its groups will need, claim by claim. Nothing is written."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_filter
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.facts import (
    Domain,
    Schema,
    not_writable,
    read_domain,
    read_schema,
    server_names,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    Directory,
    DirectoryError,
    Entry,
    search,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    Finding,
    held_if,
)

GROUPS: t.Final = 50
"""Number of groups of the first page that are checked."""
_NAMED = 3


@dataclasses.dataclass
class Outcome:
    """findings: for the claims. domain, account: None if they were not read. groups: of the first page.

    names: of the server and of its domain, which may be another one than was requested.
    """

    findings: list[Finding] = dataclasses.field(default_factory=list)
    domain: Domain | None = None
    account: str | None = None
    groups: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def rehearse(directory: Directory, target: Target, filter_text: str, attributes: c.Sequence[str]) -> Outcome:
    """Rehearse over a session that has logged in. attributes: to export.

    If the directory refuses something, or the connection is lost, this is reported, and the steps that depend on it are
    skipped.
    """
    outcome = Outcome([Finding("directory.connect", HELD), *encryption_findings(target)])
    claim = "directory.domain"
    try:
        outcome.names = server_names(directory)
        domain = outcome.domain = read_domain(directory, target)
        outcome.findings += domain_findings(domain)
        outcome.account = directory.account()
        claim = "directory.schema"
        schema = read_schema(directory, domain, attributes)
        outcome.findings += schema_findings(domain, schema)
        claim = "directory.reads"
        page = _first_page(directory, domain, filter_text)
        outcome.groups = tuple(dn for dn, dummy in page)
        if not page:
            outcome.findings.append(Finding(claim, NOT_HELD, f"No group matches {filter_text} below {domain.base}."))
            return outcome
        outcome.findings.append(Finding(claim, HELD))
        known = {_guid(values): dn for dn, values in page if _guid(values)}
        claim = "directory.guid"
        outcome.findings.append(_found_again(directory, domain, known))
        claim = "directory.rights"
        wanted = [name for name in attributes if name not in schema.missing]
        outcome.findings.append(_rights(directory, domain, known, wanted))
    except DirectoryError as error:
        outcome.findings.append(Finding(claim, NOT_HELD, str(error)))
    return outcome


def not_connected(error: DirectoryError, *, other_engine: bool) -> Outcome:
    """Return the outcome if the login failed. other_engine: ldifde.exe on the host may read in its place."""
    said = f"{error} ldifde.exe on the host would read instead, and is not rehearsed." if other_engine else str(error)
    return Outcome([Finding("directory.connect", NOT_TRIED if other_engine else NOT_HELD, said)])


def encryption_findings(target: Target) -> list[Finding]:
    """Return what the encryption of the session means. There is never a session without encryption. Pure."""
    if target.encryption == "kerberos":
        said = "The ticket's key signs and seals the connection, and no certificate is used."
        return [Finding("directory.encrypted", HELD), Finding("directory.certificate", NOT_TRIED, said)]
    return [Finding("directory.encrypted", HELD), Finding("directory.certificate", HELD)]


def domain_findings(domain: Domain) -> list[Finding]:
    """Return what the domain's facts mean. Pure."""
    if domain.read_only is None:
        writable = Finding("directory.writable", NOT_TRIED, f"{domain.server} does not say whether it is read-only.")
    elif domain.read_only:
        writable = Finding("directory.writable", NOT_HELD, f"{domain.server} is a read-only domain controller.")
    else:
        writable = Finding("directory.writable", HELD)
    return [Finding("directory.domain", HELD), writable]


def schema_findings(domain: Domain, schema: Schema) -> list[Finding]:
    """Return what the schema means for the attributes that are exported. Pure."""
    missing = f"It has no {', '.join(schema.missing)}." if schema.missing else ""
    findings = [held_if(not missing, "directory.schema", missing)]
    filtered = ", ".join(schema.filtered) if domain.read_only else ""
    if filtered:
        said = f"{domain.server} is read-only, and does not receive {filtered} (searchFlags 512)."
        return [*findings, Finding("directory.readable", NOT_HELD, said)]
    if schema.confidential:
        said = (
            f"{', '.join(schema.confidential)} is confidential (searchFlags 128): an account without control access on "
            "a group reads it as empty. An export cannot tell whether it has a value."
        )
        return [*findings, Finding("directory.readable", NOT_TRIED, said)]
    return [*findings, Finding("directory.readable", HELD)]


def _first_page(directory: Directory, domain: Domain, filter_text: str) -> list[Entry]:
    pages = directory.pages(domain.base, filter_text, ("objectGUID",))
    with contextlib.closing(t.cast("t.Generator[list[Entry], None, None]", pages)):
        return next(iter(pages), [])[:GROUPS]


def _guid(values: c.Mapping[str, list[bytes]]) -> bytes:
    return next((held[0] for name, held in values.items() if name.lower() == "objectguid" and held), b"")


def _found_again(directory: Directory, domain: Domain, known: c.Mapping[bytes, str]) -> Finding:
    if not known:
        return Finding("directory.guid", NOT_HELD, "No group of the page shows its objectGUID.")
    asked = list(known)[:1]
    found = [dn for dn, dummy in search(directory, domain.root or domain.base, guid_filter(asked), ("objectGUID",))]
    if found == [known[asked[0]]]:
        return Finding("directory.guid", HELD)
    return Finding("directory.guid", NOT_HELD, f"The search for {known[asked[0]]} found {found or 'nothing'}.")


def _rights(directory: Directory, domain: Domain, known: c.Mapping[bytes, str], wanted: c.Sequence[str]) -> Finding:
    if not known or not wanted:
        return Finding("directory.rights", NOT_TRIED, "There is no group, or no attribute, to check.")
    found = not_writable(directory, domain.root or domain.base, dict.fromkeys(known, tuple(wanted)))
    if not found:
        return Finding("directory.rights", HELD)
    shown = "; ".join(
        f"{one.dn or 'a group that is gone'}: {', '.join(one.attributes)}{' (adminCount)' if one.protected else ''}"
        for one in found[:_NAMED]
    )
    said = f"Of {len(known)} groups that were checked, {len(found)} cannot be written as needed: {shown}."
    return Finding("directory.rights", REFUSED, said)
