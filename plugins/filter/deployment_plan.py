# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.deployment_plan: a name for a function of module_utils that roles can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.identityops.groupid.plugins.module_utils import deployments

DOCUMENTATION = """
name: deployment_plan
author: identityops contributors (@identityops)
version_added: 0.1.0
short_description: Sort the hosts of a run by deployment
description:
  - Fails when O(wanted) names a deployment that no host of O(run) belongs to.
  - For the roles of this collection, which leave on the hosts what it reads.
positional: run, known, wanted, parallel
options:
  _input:
    description: Variables of all hosts, that is V(hostvars).
    type: dict
    required: true
  run:
    description: Hosts of the run.
    type: list
    elements: str
    required: true
  known:
    description: Hosts of the inventory that may be members, whether this run sees them or not.
    type: list
    elements: str
    required: true
  wanted:
    description: Names or globs of deployments; none means all.
    type: list
    elements: str
  parallel:
    description: How many deployments a batch holds; V(0) means all.
    type: int
"""

EXAMPLES = """
- name: Sort the servers by deployment
  ansible.builtin.set_fact:
    __groupid_plan: "{{ hostvars | identityops.groupid.deployment_plan(ansible_play_batch, groups.groupid) }}"
  run_once: true
"""

RETURN = """
_value:
  description: The hosts in order, the deployments with their hosts, and the sizes of the batches.
  type: dict
"""


def deployment_plan(
    facts: deployments.Facts,
    run: c.Sequence[str],
    known: c.Sequence[str],
    wanted: str | c.Sequence[str] = (),
    parallel: int = 0,
) -> deployments.Plan:
    """Call `deployments.plan`."""
    try:
        return deployments.plan(facts, run, known, wanted, parallel)
    except deployments.NoSuchDeploymentError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"deployment_plan": deployment_plan}
