# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What prevents a verification."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils import decisions, listing, narrowing
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.objections import trust


def against(facts: Facts, host: str) -> list[Failure]:
    """Return why there is no newest set to verify, or why the set is not trusted."""
    asked = facts[host]["__groupid_asked"]
    chosen = decisions.verified_set(facts, host)
    if chosen:
        return trust.not_trusted("The set was not verified", listing.find(facts, host, chosen))
    sets = decisions.sets_of_deployment(facts, host)
    return [narrowing.no_full_set(sets, None, asked["backup_root"])]
