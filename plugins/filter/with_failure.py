# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.with_failure: a name for a function of module_utils that roles can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import deployments

DOCUMENTATION = """
name: with_failure
author: identityops contributors (@identityops)
version_added: 0.1.0
short_description: Add a failed result to the failures of a host
description:
  - Keeps the message of the result to the letter.
  - For the roles of this collection, which leave on the hosts what it reads.
positional: phase, result
options:
  _input:
    description: Failures so far.
    type: list
    elements: dict
    required: true
  phase:
    description: What was being done.
    type: str
    required: true
  result:
    description: The failed result.
    type: dict
    required: true
"""

EXAMPLES = """
- name: Remember what went wrong
  ansible.builtin.set_fact:
    groupid_failures: "{{ groupid_failures | identityops.groupid.with_failure('backup', ansible_failed_result) }}"
"""

RETURN = """
_value:
  description: The failures, the new one last.
  type: list
  elements: dict
"""


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"with_failure": deployments.with_failure}
