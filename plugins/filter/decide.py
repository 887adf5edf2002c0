# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.decide: a name for functions that roles and playbooks can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import decisions

DOCUMENTATION = """
name: decide
author: identityops contributors (@identityops)
version_added: 0.6.0
short_description: Ask for one of the decisions of a run
description:
  - Decides by the answers that all hosts of the run have given so far.
  - For the roles and playbooks of this collection.
positional: host, question
options:
  _input:
    description: Variables of all hosts, that is V(hostvars).
    type: dict
    required: true
  host:
    description: Inventory name of the host.
    type: str
    required: true
  question:
    description: Name of the decision.
    type: str
    required: true
"""

EXAMPLES = """
- name: Choose the set to verify
  ansible.builtin.set_fact:
    __groupid_verify_set: "{{ hostvars | identityops.groupid.decide(inventory_hostname, 'verified_set') }}"
"""

RETURN = """
_value:
  description: The answer.
  type: raw
"""


def decide(facts: decisions.Facts, host: str, question: str) -> t.Any:
    """Call the function of `decisions.QUESTIONS`."""
    return decisions.QUESTIONS[question](facts, host)


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"decide": decide}
