# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What prevents a run on a deployment: settings that differ on its hosts, and members that are not in the run."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils import (
    decisions,
    deployments,
    set_again,
    shared_parts,
)
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.objections.not_started import BACKUP


def differing(facts: Facts, host: str) -> list[Failure]:
    """Refuse settings of the deployment that are not the same on all its hosts."""
    variables = decisions.review(facts, host)["differing"]
    if not variables:
        return []
    return [
        Failure(
            "differing",
            f"The hosts of deployment {deployments.name_of(facts, host)} have different settings for it",
            f"these variables differ: {', '.join(variables)}",
            "Set the same values for all of them, for example in the variables of their group.",
        )
    ]


def undeclared(facts: Facts, host: str) -> list[Failure]:
    """Refuse a host that is not among the named servers of its deployment."""
    name = decisions.review(facts, host)["undeclared"].get(host)
    if name is None:
        return []
    servers = ", ".join(facts[host]["__groupid_asked"]["deployment_servers"])
    return [
        Failure(
            "undeclared",
            f"{host} is not one of the servers of deployment {deployments.name_of(facts, host)}",
            f"its computer, {name}, is not in groupid_deployment_servers ({servers})",
            "Add it there, or correct groupid_deployment of this host.",
        )
    ]


def unseen(facts: Facts, host: str) -> list[Failure]:
    """Refuse a new set of a run that does not include all members: it could not be sealed."""
    missing = decisions.review(facts, host)["missing"]
    if not missing or facts[host]["__groupid_asked"]["set_id"]:
        return []
    return [
        Failure(
            "members_missing",
            BACKUP,
            f"this run does not include {', '.join(missing)} of deployment {deployments.name_of(facts, host)} (because "
            "of --limit, groupid_hosts, or serial in a play), and a set without their parts cannot be sealed",
            "Run again without it; or add parts to a set with -e groupid_set_id=ID. A later run of all members "
            f"with this id, and with {set_again.WAIVED}, seals the set. If one of these hosts is no GroupID server, "
            "remove it from the group groupid, or, if it is not in that group, set groupid_deployment: '' in its "
            "variables.",
        )
    ]


def unseen_database(facts: Facts, host: str) -> list[Failure]:
    """Refuse a database that is selected by name in a run that does not include all members.

    Such a run keeps no record of it.
    """
    where = "and with groupid_sql_backup_mode external only a run of all members records where the backup is"
    return _shared_unseen(facts, host, shared_parts.DATABASE, decisions.reaches_database(facts, host), where)


def unseen_domains(facts: Facts, host: str) -> list[Failure]:
    """Refuse group attributes that are selected by name in a run that does not include all members.

    It is not certain where such a run would save them.
    """
    where = "and if groupid_backup_root is not a share, only a run of all members knows which of them is the first"
    return _shared_unseen(facts, host, shared_parts.GROUP_ATTRIBUTES, decisions.reaches_domains(facts, host), where)


def _shared_unseen(facts: Facts, host: str, component: str, reached: bool, where: str) -> list[Failure]:
    """Refuse a named component of the whole deployment that this run cannot save."""
    components = facts[host]["__groupid_asked"]["components"] or []
    if reached or component not in components:
        return []
    return [
        Failure(
            "members_missing",
            f"{component} of deployment {deployments.name_of(facts, host)} cannot be saved by this run",
            f"it does not include {', '.join(decisions.review(facts, host)['missing'])}, {where}",
            f"Run again without --limit, or remove {component} from groupid_components.",
        )
    ]
