# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.restore_choice: a name for functions that roles and playbooks can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import restore_choice

DOCUMENTATION = """
name: restore_choice
author: identityops contributors (@identityops)
version_added: 0.6.0
short_description: Choose what a restore is meant for
description:
  - Gives the plan without the deployments that were not meant, whose part each host restores, and what stands against
    it.
  - For the roles and playbooks of this collection.
positional: plan
options:
  _input:
    description: Variables of all hosts, that is V(hostvars).
    type: dict
    required: true
  plan:
    description: The plan of the run.
    type: dict
    required: true
"""

EXAMPLES = """
- name: Choose the deployments
  ansible.builtin.set_fact:
    __groupid_choice: "{{ hostvars | identityops.groupid.restore_choice(__groupid_plan) }}"
  run_once: true
"""

RETURN = """
_value:
  description: RV(ignore:plan), RV(ignore:sources) by host, and RV(ignore:refusals).
  type: dict
"""


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"restore_choice": restore_choice.choose}
