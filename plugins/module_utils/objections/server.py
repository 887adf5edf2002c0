# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What prevents the use of a server that has answered: its backup root, and another name of the same computer."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils import decisions
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure


def against(facts: Facts, host: str) -> list[Failure]:
    """Check the answer of one server: can its backup root be used, and is no other host the same computer?"""
    probe, asked = facts[host]["__groupid_probe"], facts[host]["__groupid_asked"]
    root = probe.get("backup_root") or {}
    failures = []
    if root.get("error"):
        failures.append(
            Failure(
                "root_unusable",
                "The backup root cannot be used",
                str(root["error"]),
                f"Correct groupid_backup_root, or let {probe['computer']['user']} read and write there.",
                path=asked["backup_root"],
            )
        )
    if root.get("inside"):
        failures.append(
            Failure(
                "root_in_product",
                "The backup root cannot be used",
                f"it is inside GroupID's own folder {root['inside']}, which an upgrade or an uninstall removes",
                "Set groupid_backup_root to a folder elsewhere.",
                path=asked["backup_root"],
            )
        )
    twins = decisions.review(facts, host)["twins"].get(host)
    if twins:
        failures.append(
            Failure(
                "one_computer",
                f"The hosts {' and '.join(sorted([host, *twins]))} of the inventory are the same computer",
                f"both are {probe['computer']['fqdn']}, and a computer has only one part in a set",
                "Correct ansible_host of one of them, or remove one of them from the inventory.",
            )
        )
    return failures
