# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What prevents a backup according to the predictions of a preflight: its space and its duration."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils import deployments, quiescing
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure


def space(facts: Facts, host: str) -> list[Failure]:
    """Check free space, after a preflight has measured what a backup needs."""
    found = (facts[host].get("__groupid_predictions") or {}).get(deployments.name_of(facts, host)) or {}
    return [Failure.from_mapping(failure) for failure in found.get("failures") or []]


def duration(facts: Facts, host: str) -> list[Failure]:
    """Refuse a backup that is expected to take longer than GroupID may be stopped."""
    found = (facts[host].get("__groupid_predictions") or {}).get(deployments.name_of(facts, host)) or {}
    limit = int(facts[host]["__groupid_asked"]["quiesce_max"])
    if not limit or float(found.get("seconds") or 0) <= limit or not quiescing.recorder(facts, host):
        return []
    minutes = max(1, round(float(found["seconds"]) / 60))
    return [
        Failure(
            "too_long",
            f"GroupID would be stopped for too long on deployment {deployments.name_of(facts, host)}",
            f"a backup takes about {minutes} min, and after groupid_quiesce_max ({limit} s) each server starts GroupID "
            "again by itself, so that the set cannot be sealed",
            "Set groupid_quiesce_max to more seconds; or save less at a time, as with groupid_link_unchanged.",
        )
    ]
