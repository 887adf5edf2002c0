# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What prevents a whole restore, and the restore of a part to a server."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    deployments,
    listing,
    restore_choice,
    shared_parts,
)
from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import SAFETY_LABEL
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.objections import members, trust
from ansible_collections.identityops.groupid.plugins.module_utils.objections.not_started import RESTORE


def of_choice(choice: restore_choice.Choice) -> list[Failure]:
    """Return the failures that prevent the whole restore."""
    return [Failure.from_mapping(refusal) for refusal in choice["refusals"]]


def against(facts: Facts, host: str) -> list[Failure]:
    """Return why the part that was chosen for a host cannot be restored."""
    asked = facts[host]["__groupid_asked"]
    source, set_id = facts[host]["__groupid_source"], str(asked["set_id"])
    listed = listing.find(facts, host, set_id)
    part = listing.part_of(listed, source["server"])
    differing = members.differing(facts, host)
    if differing:
        return differing
    untrusted = [*trust.not_trusted(RESTORE, listed), *trust.open_root(facts, host, RESTORE, listed, staged=True)]
    if listed is not None and untrusted:
        return untrusted
    if listed is None or part is None:
        return [] if set_id.endswith(f"-{SAFETY_LABEL}") else [_part_missing(facts, host)]
    checks = (_not_whole(asked, listed, part), _other_machine(facts, host, part), _not_held(facts, host))
    return [failure for failure in checks if failure]


def _part_missing(facts: Facts, host: str) -> Failure:
    asked, source = facts[host]["__groupid_asked"], facts[host]["__groupid_source"]
    return Failure(
        "part_missing",
        RESTORE,
        f"set {asked['set_id']} of deployment {asked['deployment']} has no part of {source['server']} here; existing "
        f"sets: {listing.known_sets(facts, [host])}",
        "Correct groupid_set_id or groupid_backup_root, name another server's part in groupid_restore_map, or leave "
        "this host out with --limit.",
        path=asked["backup_root"],
    )


def _not_whole(
    asked: c.Mapping[str, t.Any], listed: c.Mapping[str, t.Any], part: c.Mapping[str, t.Any]
) -> Failure | None:
    trusted = listed["sealed"] or (part.get("details") or {}).get("kind") == "before_restore"
    if asked["restore_unsealed"] or (trusted and part["state"] in listing.SEALABLE):
        return None
    return Failure(
        "not_sealed",
        RESTORE,
        f"the part of {part['server']} in set {listed['set_id']} is {part['state']}, and the set is "
        f"{'sealed' if listed['sealed'] else 'not sealed'}: only a complete or waived part of a sealed set is restored",
        "Choose another set; or accept what is missing with groupid_restore_unsealed=true.",
    )


def _not_held(facts: Facts, host: str) -> Failure | None:
    """Refuse a named component that no server's part of the set has."""
    asked = facts[host]["__groupid_asked"]
    listed = [listing.find(facts, fellow, str(asked["set_id"])) for fellow in deployments.fellows(facts, host)]
    held = {name for one in listed if one for part in one["parts"] for name in part["components"]}
    missing = [name for name in shared_parts.server_components(asked["components"] or []) if name not in held]
    if not missing:
        return None
    return Failure(
        "component_missing",
        RESTORE,
        f"groupid_components names {', '.join(missing)}, which set {asked['set_id']} does not have",
        f"It has: {', '.join(sorted(held)) or 'none'}. Choose another set, or correct groupid_components.",
    )


def _other_machine(facts: Facts, host: str, part: c.Mapping[str, t.Any]) -> Failure | None:
    here, mapped = facts[host]["__groupid_probe"]["computer"], facts[host]["__groupid_source"]["mapped"]
    if mapped or part["machine_guid"] == here["machine_guid"]:
        return None
    return Failure(
        "other_machine",
        RESTORE,
        f"the part of {part['server']} was made on another installation of Windows (machine GUID "
        f"{part['machine_guid']}, here {here['machine_guid']})",
        f"If it is the right part for this server, set groupid_restore_map: {{{part['server']}: {here['server']}}}.",
    )
