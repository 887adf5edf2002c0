# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.with_failure: a name for functions that roles and playbooks can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import failures

DOCUMENTATION = """
name: with_failure
author: identityops contributors (@identityops)
version_added: 0.1.0
short_description: Add a failed task to the failures of a host
description:
  - Gives the failures unchanged when the task did its work, was skipped, or never ran.
  - For the roles and playbooks of this collection.
positional: phase, result
options:
  _input:
    description: Failures so far.
    type: list
    elements: dict
    required: true
  phase:
    description: Phase of the run, as the summary names it.
    type: str
    required: true
  result:
    description: What the task registered, or RV(ignore:ansible_failed_result).
    type: dict
"""

EXAMPLES = """
- name: Note what went wrong
  ansible.builtin.set_fact:
    __groupid_failures: "{{ __groupid_failures | identityops.groupid.with_failure('backup', __groupid_part) }}"
"""

RETURN = """
_value:
  description: The failures so far, and that of the task.
  type: list
  elements: dict
"""


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"with_failure": failures.with_result}
