# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What prevents the backup of a server's folders: product, components and the named set."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils import deployments, listing, products, shared_parts
from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import LATEST
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.objections import members
from ansible_collections.identityops.groupid.plugins.module_utils.objections.not_started import BACKUP


def against(facts: Facts, host: str) -> list[Failure]:
    """Return why a server cannot be part of the set that is to be made."""
    checks = (members.differing, members.undeclared, members.unseen, _no_folders, _which_product, _named_set)
    return [failure for check in checks for failure in check(facts, host)]


def _no_folders(facts: Facts, host: str) -> list[Failure]:
    asked = facts[host]["__groupid_asked"]
    components = asked["components"]
    if components is None or shared_parts.server_components(components) or asked["folders"]:
        return []
    return [
        Failure(
            "no_folders",
            BACKUP,
            "a set needs a part of every server, and groupid_components names no component of a server: "
            f"{', '.join(components) or 'it is empty'}",
            "Also name a component of the servers. Or save the database and the domains separately, with the modules "
            "identityops.groupid.groupid_sql_backup and identityops.groupid.groupid_ldif_export.",
        )
    ]


def _which_product(facts: Facts, host: str) -> list[Failure]:
    asked, found = facts[host]["__groupid_asked"], facts[host]["__groupid_probe"]["installations"]
    usable = [one for one in found if asked["version"] in (products.AUTO, one["version"])]
    if len(usable) == 1 or (not usable and (asked["component_paths"] or asked["components"] == [])):
        return []
    wanted = "" if asked["version"] == products.AUTO else f" {asked['version']}"
    have = ", ".join(one["version"] for one in found) or "none"
    return [
        Failure(
            "which_product",
            BACKUP,
            f"a server must have exactly one GroupID{wanted}, and this one has: {have}",
            "In the inventory, set groupid_version to the one to back up. With -e, a set would count as narrowed."
            if found
            else "If GroupID is installed here, set groupid_version in the inventory, and the folders of all its "
            "components in groupid_component_paths. If not, remove this server from the run.",
        )
    ]


def _named_set(facts: Facts, host: str) -> list[Failure]:
    """Check that a set named by its id accepts this server's part, or has it already."""
    set_id = facts[host]["__groupid_asked"]["set_id"]
    again = "Leave groupid_set_id out to make a new set."
    what = f"Nothing can be added to set {set_id}"
    if set_id == LATEST:
        return [Failure("set_id", what, "'latest' cannot be the id of a new set", again)]
    listed = listing.find(facts, host, set_id)
    part = listing.part_of(listed, listing.server_of(facts, host))
    if listed and listed["sealed"]:
        return [Failure("set_sealed", what, "it is sealed, so it is complete", again)]
    if part is None or part["state"] in listing.SEALABLE or _at_work(facts, host, set_id):
        return []
    return [
        Failure(
            "part_unfinished",
            what,
            f"this server's part in it is {part['state']}, and no job is working on it",
            f"{again} An unfinished part is never used, and can be deleted.",
        )
    ]


def _at_work(facts: Facts, host: str, set_id: str) -> bool:
    """Return whether a backup of an earlier run into the set is still running on the host."""
    busy = facts[host]["__groupid_probe"].get("busy") or {}
    return (busy.get("operation"), busy.get("subject")) == ("backup", f"{deployments.name_of(facts, host)} {set_id}")
