# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.with_objections: a name for functions that roles and playbooks can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import failures, objections

DOCUMENTATION = """
name: with_objections
author: identityops contributors (@identityops)
version_added: 0.6.0
short_description: Add what stands against a step to the failures of a host
description:
  - Decides by the answers that all hosts of the run have given so far.
  - For the roles and playbooks of this collection.
positional: host, step, phase
options:
  _input:
    description: Variables of all hosts, that is V(hostvars).
    type: dict
    required: true
  host:
    description: Inventory name of the host.
    type: str
    required: true
  step:
    description: What is about to be done.
    type: str
    required: true
  phase:
    description: Phase of the run, as the summary names it.
    type: str
    default: preflight
"""

EXAMPLES = """
- name: Check what a backup needs
  ansible.builtin.set_fact:
    __groupid_failures: "{{ hostvars | identityops.groupid.with_objections(inventory_hostname, 'backup') }}"
"""

RETURN = """
_value:
  description: The failures of the host so far, and those that this step adds.
  type: list
  elements: dict
"""


def with_objections(facts: objections.Facts, host: str, step: str, phase: str = "preflight") -> list[failures.Recorded]:
    """Call `objections.against`."""
    found = [failures.recorded(phase, failure) for failure in objections.against(facts, host, step)]
    return [*(facts[host].get("__groupid_failures") or []), *found]


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"with_objections": with_objections}
