# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a set may be sealed, in which order, and which seals an earlier run did not finish.

A seal has three steps. Every member stores the same prepared document. The deployment's first server (the decider)
seals, which is the decision. The others follow. Each step needs proof that the step before it is done. That there was
no error is not enough.

``Facts`` is as in `deployments`. The roles set these variables for the functions here:

``__groupid_part``, ``__groupid_verified``: the answers of ``groupid_backup_folder`` and ``groupid_backup_verify``.
``__groupid_database``: ``{"part": answer of groupid_backup_adopt, "verified": answer of groupid_backup_verify}`` on
the deployment's first host, if its database is backed up. ``part`` is missing until that is done.
``__groupid_attributes``: the same for each domain whose group attributes are saved, by the domain's name; ``part`` is
the answer of groupid_ldif_export.
``__groupid_seals``: ``{set id: {"prepared": digest, "sealed": digest}}``, the steps that the host has done.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import listing, shared_parts, signature, verify_mode

Facts = c.Mapping[str, c.Mapping[str, t.Any]]

MEMBER_FIELDS = ("server", "part_sha256", "state", "machine_guid", "version", "files", "bytes", "epoch")
OPTIONAL_FIELDS = ("narrowed", "scope")
"""Other fields of a member, if its part has them. Parts of 0.5.0 do not."""


class Candidate(t.TypedDict):
    """A set that may be sealed: its parts in order of server, and the reasons against a seal, one sentence each."""

    members: list[dict[str, t.Any]]
    refusals: list[str]


class Progress(t.TypedDict):
    """The progress of the seal of a set.

    prepared: digest of the document that every member has. Empty if one of them does not have it.
    decided: the decider has sealed.
    """

    prepared: str
    decided: bool


class Unfinished(t.TypedDict):
    """A seal to finish: the document, the decider, whether it was decided, and the servers that have not sealed yet.

    database: whether the set has a part of the database. The holder of this part may not have sealed either.
    refused: why the document is not trusted, and its seal must not be finished. Empty if it is, or not known.
    """

    set_id: str
    document_sha256: str
    decider: str
    decided: bool
    servers: list[str]
    database: bool
    refused: str


def candidate(facts: Facts, hosts: c.Iterable[str], set_id: str, verified: bool) -> Candidate:
    """Return the parts that this run made for a set, and the reasons against sealing it.

    verified: require that each part was verified in full in this run.
    """
    members: list[dict[str, t.Any]] = []
    refusals = []
    for owner, part, check in (one for host in hosts for one in _parts(facts, host)):
        refusal = _refusal(part, check, set_id, verified)
        if refusal:
            refusals.append(f"{owner} {refusal}")
        else:
            fields = {field: part[field] for field in MEMBER_FIELDS} | {
                field: part.get(field) for field in OPTIONAL_FIELDS
            }
            members.append({**fields, "finished": part["finished_at"]})
    return {"members": sorted(members, key=lambda member: str(member["server"])), "refusals": refusals}


def progress(facts: Facts, hosts: c.Iterable[str], set_id: str) -> Progress:
    """Return the progress of the hosts with the seal of a set.

    The decider is the first host by the name of its computer. Nothing is decided if a computer is not known.
    """
    steps = {_server(facts, host): (facts[host].get("__groupid_seals") or {}).get(set_id, {}) for host in hosts}
    digests = {step.get("prepared", "") for step in steps.values()}
    return {
        "prepared": digests.pop() if len(digests) == 1 else "",
        "decided": "" not in steps and "sealed" in steps[min(steps)],
    }


def unfinished(facts: Facts, hosts: c.Iterable[str]) -> list[Unfinished]:
    """Return the sets of a deployment that an earlier run prepared on every member and did not seal everywhere, oldest
    first. Those whose document is not trusted are among them, with the reason.

    If a server has sealed, the decision is made, and all servers with the same document may seal. If no server has
    sealed, all members must be in this run and have the same document. Otherwise, the set is never sealed.
    """
    holders: dict[str, dict[str, c.Mapping[str, t.Any]]] = {}
    servers = set()
    for host in hosts:
        probe = facts[host].get("__groupid_probe") or {}
        server = _server(facts, host)
        servers.add(server)
        for one in (probe.get("backup_root") or {}).get("sets") or []:
            if one["prepared_sha256"]:
                holders.setdefault(one["set_id"], {})[server] = one
    found = (_unfinished(set_id, holders[set_id], servers) for set_id in sorted(holders))
    return [one for one in found if one]


def _parts(facts: Facts, host: str) -> c.Iterator[tuple[str, dict[str, t.Any], dict[str, t.Any]]]:
    """Return the parts that a host must have made: owner, answer of the backup, and answer of the verification."""
    variables = facts[host]
    own = variables.get("__groupid_part") or {}, variables.get("__groupid_verified") or {}
    yield _server(facts, host) or host, *own
    database = variables.get("__groupid_database")
    if database is not None:
        yield "the database", database.get("part") or {}, database.get("verified") or {}
    for domain, one in (variables.get("__groupid_attributes") or {}).items():
        yield f"the export of {domain}", one.get("part") or {}, one.get("verified") or {}


def _refusal(part: c.Mapping[str, t.Any], check: c.Mapping[str, t.Any], set_id: str, verified: bool) -> str:
    """Return why a part cannot be sealed. Empty if it can."""
    if not part.get("part_sha256"):
        return "has no part of this run"
    if part["state"] not in listing.SEALABLE:
        return f"has a part that is {part['state']}"
    if verified and (check.get("state"), check.get("set_id")) != ("verified", set_id):
        return "has a part that was not verified by this run"
    if verified and check.get("mode") != verify_mode.FULL:
        return f"has a part that was not verified in full, but in the mode {check.get('mode')}"
    return ""


def _server(facts: Facts, host: str) -> str:
    """Name a host's computer. Empty if it did not answer."""
    probe = facts[host].get("__groupid_probe") or {}
    return str((probe.get("computer") or {}).get("server") or "")


def _unfinished(set_id: str, holders: c.Mapping[str, c.Mapping[str, t.Any]], servers: c.Set[str]) -> Unfinished | None:
    digests = {one["prepared_sha256"] for one in holders.values()}
    seals = {one["seal_sha256"] for one in holders.values() if one["sealed"]}
    waiting = sorted(server for server, one in holders.items() if not one["sealed"])
    if not waiting or len(digests) > 1 or not seals <= digests:
        return None
    first = next(iter(holders.values()))
    verdict: signature.Verdict | None = first.get("prepared_signature")
    # Shared parts were checked on their holders before the first server prepared the document.
    own = {member for member in first["members"] or [] if not shared_parts.is_shared(member)}
    everywhere = own <= servers & set(holders)
    if not seals and not (first["members"] and everywhere):
        return None
    return {
        "set_id": set_id,
        "document_sha256": digests.pop(),
        "decider": first["decider"],
        "decided": bool(seals),
        "servers": waiting,
        "database": shared_parts.DATABASE in (first["members"] or []),
        # All holders have the same document.
        "refused": "" if verdict is None or signature.accepted(verdict) else signature.cause(verdict),
    }
