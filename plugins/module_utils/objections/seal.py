# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What prevents the seal of a set."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils import decisions, deployments, quiesce_proof, seals
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure


def against(facts: Facts, host: str) -> list[Failure]:
    """Return why the set of the host's deployment cannot be sealed."""
    set_id = facts[host]["__groupid_set_id"]
    hosts = deployments.fellows(facts, host)
    what = f"Set {set_id} of deployment {deployments.name_of(facts, host)} is not sealed"
    refusals = seals.candidate(facts, hosts, set_id, decisions.must_verify(facts, host))["refusals"]
    found = []
    if refusals:
        found.append(
            Failure(
                "not_sealed",
                what,
                "; ".join(refusals),
                "Its parts stay where they are. Run the backup again for a new set.",
            )
        )
    causes = quiesce_proof.broken(facts, hosts, set_id)
    if causes:
        found.append(
            Failure(
                "epoch_broken",
                what,
                f"it is not one point in time: {'; '.join(causes)}",
                "Find out what started GroupID or kept it from starting, and run the backup again for a new set. The "
                "parts of this one stay where they are.",
            )
        )
    if quiesce_proof.kept(facts, hosts, set_id)[0]:
        return found  # another run has decided it, and its document says how
    return [*found, *quiesce_proof.unwaived(facts, host, quiesce_proof.inhibitors(facts, hosts, what))]
