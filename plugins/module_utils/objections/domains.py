# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What prevents the restore of a deployment's group attributes."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils import shared_parts
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure


def against_restore(facts: Facts, host: str) -> list[Failure]:
    """Check the first host of a deployment whose group attributes are restored."""
    asked = facts[host]["__groupid_asked"]
    held = shared_parts.domains_in_set(facts[host]["__groupid_probe"], str(asked["set_id"]))
    what = f"The group attributes of deployment {asked['deployment']} cannot be restored"
    if not held and shared_parts.GROUP_ATTRIBUTES in (asked["components"] or []):
        return [
            Failure(
                "component_missing",
                what,
                f"set {asked['set_id']} has none, and groupid_components names them",
                "Choose a set that has them, or remove group_attributes from groupid_components.",
            )
        ]
    unknown = sorted(set(held) - {str(domain["name"]).lower() for domain in asked["domains"]})
    if not unknown:
        return []
    return [
        Failure(
            "domain_unknown",
            what,
            f"set {asked['set_id']} has those of {', '.join(unknown)}, but groupid_domains does not list it",
            "Add it to groupid_domains; or, to leave the group attributes unchanged, name only the other components in "
            "groupid_components.",
        )
    ]
