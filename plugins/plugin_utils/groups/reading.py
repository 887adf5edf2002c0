# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the groups of a domain by one of the two engines: LDAP from here, or ldifde.exe on the host."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import pathlib
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export import ldifde, ldifde_domain
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export import Exported, export_pages
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_filter
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.selection import domain_of
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import BATCH
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.facts import (
    Domain,
    Schema,
    read_domain,
    read_schema,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    Directory,
    DirectoryError,
    Entry,
    NoDirectoryError,
    SearchLostError,
)
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.client import AgentClient
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.part_files import run_program
from ansible_collections.identityops.groupid.plugins.plugin_utils.groups.action import DomainRequest

Engine = t.Literal["auto", "ldap", "ldifde"]

RUN_LIMIT = 1800
"""Seconds for one run of ldifde.exe."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """All groups of a domain, in files of a folder.

    account: who read; None if that is not known. schema: what the schema says about the attributes; empty with ldifde.
    """

    engine: t.Literal["ldap", "ldifde"]
    domain: Domain
    exported: Exported
    account: str | None
    schema: Schema
    warnings: tuple[str, ...]


def read_groups(client: AgentClient, request: DomainRequest, engine: Engine, folder: pathlib.Path) -> Reading:
    """Read all groups by the engine, or by the first of the two that can log in.

    Something that is missing here is a failure, and no reason to use the other engine: a restore needs it, too.

    folder: private and empty. Raises DirectoryError, AgentCallError.
    """
    if engine == "ldifde":
        return _by_ldifde(client, request, folder, ())
    try:
        directory = open_directory(request.target)
    except NoDirectoryError as problem:
        if engine == "ldap":
            raise
        cause = problem.failure.cause
        said = f"The controller could not log in to {request.target}, so ldifde.exe on the host reads: {cause}"
        try:
            return _by_ldifde(client, request, folder, (said,))
        except DirectoryError as second:
            raise DirectoryError.of(second.failure.also(_also_failed(problem))) from None
        except AgentCallError as second:
            raise AgentCallError(second.failure.also(_also_failed(problem))) from None
    with contextlib.closing(directory):
        return read_by_ldap(directory, request, folder)


def read_by_ldap(
    directory: Directory,
    request: DomainRequest,
    folder: pathlib.Path,
    known: c.Iterable[bytes] = (),
    *,
    known_only: bool = False,
) -> Reading:
    """Read all groups over a session, and those of the known objectGUIDs wherever they are in the domain.

    known_only: only these. Raises DirectoryError.
    """
    domain = read_domain(directory, request.target)
    attributes = request.exported
    schema = read_schema(directory, domain, attributes)
    names, others = ("objectGUID", *attributes), frozenset(known)

    def export() -> Exported:
        pages: c.Iterable[list[Entry]] = () if known_only else directory.pages(domain.base, request.filter, names)
        pages = _with_known(directory, domain, pages, names, set(others))
        return export_pages(pages, attributes, folder, domain.dns_name)

    try:
        exported = export()
    except SearchLostError:
        # Only once: the cause is the load by other clients, and a server that forgets again must not get more work.
        exported = export()
    if not domain.read_only:
        schema = dataclasses.replace(schema, filtered=())
    account = directory.account()
    return Reading("ldap", domain, exported, account, schema, tuple(_unseen(domain, schema, account)))


def _unseen(domain: Domain, schema: Schema, account: str | None) -> c.Iterator[str]:
    """Warn of attributes that may have a value, but look empty."""
    for name in schema.missing:
        yield f"The schema of {domain.dns_name} has no attribute {name}: it is not saved."
    if schema.confidential:
        marked = ", ".join(schema.confidential)
        yield (
            f"The schema of {domain.dns_name} marks {marked} as confidential (searchFlags 128): "
            f"on groups without control access, {account or 'the account'} reads it as empty, and it is saved as empty."
        )
    if domain.read_only:
        kept = f" {', '.join(schema.filtered)} is marked in this way, and is not saved." if schema.filtered else ""
        yield (
            f"{domain.server} is a read-only domain controller, which does not receive attributes that are marked "
            f"for that in the schema (searchFlags 512).{kept} Name a writable one as the domain's server."
        )


def _with_known(
    directory: Directory, domain: Domain, pages: c.Iterable[list[Entry]], names: tuple[str, ...], known: set[bytes]
) -> c.Iterator[list[Entry]]:
    """Yield the groups that match, then the known ones among the others: a filter may miss them now."""
    for page in pages:
        if known:
            for dummy, attributes in page:
                known.difference_update(*(held for name, held in attributes.items() if name.lower() == "objectguid"))
        yield page
    others = sorted(known)
    for begin in range(0, len(others), BATCH):
        yield from directory.pages(domain.root or domain.base, guid_filter(others[begin : begin + BATCH]), names)


def _by_ldifde(client: AgentClient, request: DomainRequest, folder: pathlib.Path, warnings: tuple[str, ...]) -> Reading:
    target = request.target
    of_domain = ldifde.domain_arguments(target.host, ldifde_domain.base_of(target.domain), target.timeout)
    domain = ldifde_domain.domain_of(target, _pages(client, target.host, of_domain))
    if target.base:
        of_base = ldifde.domain_arguments(target.host, target.base, target.timeout)
        guid = ldifde_domain.guid_of(target.domain, _pages(client, target.host, of_base))
        domain = dataclasses.replace(domain, base_guid=guid)
    of_groups = ldifde.arguments(target.host, domain.base, request.filter, request.exported, target.timeout)
    pages: c.Iterable[list[Entry]]
    try:
        pages = _pages(client, target.host, of_groups)
    except DirectoryError as problem:
        # The domain itself was read a moment before, so no group matches. The caller decides what this means.
        if problem.failure.code not in ("ldifde_empty", "ldifde_no_file"):
            raise
        pages = ()
    # It may follow the references to child domains, as Windows' LDAP library does by default.
    pages = ([entry for entry in page if domain_of(entry[0]) == target.domain] for page in pages)
    exported = export_pages(pages, request.exported, folder, domain.dns_name)
    return Reading("ldifde", domain, exported, _account_of_host(client), Schema(), warnings)


def _account_of_host(client: AgentClient) -> str:
    """Return the account that other computers see of a program on the host. Raises AgentCallError."""
    identity = client.network.get("network")
    if identity:
        return str(identity["username"])
    asked = {"products": [], "measure": False, "component_paths": {}, "roots": [], "deployment": None}
    return str(client.ask({"operation": "probe", "version": "auto", **asked})["computer"]["user"])


def _pages(client: AgentClient, server: str, arguments: list[str]) -> c.Iterator[list[Entry]]:
    """Run ldifde.exe on the host and judge it. Raises DirectoryError, AgentCallError."""
    result = run_program(client, ldifde.PROGRAM, arguments, RUN_LIMIT, ldifde.COLLECT)
    said = f"{result.stdout}\n{result.stderr}"
    return ldifde.judge(server, result.exit_code, result.files, said, whole_output=not result.truncated)


def _also_failed(first: DirectoryError) -> str:
    return f"The controller could not read either: {first}"
