# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.run_summary: a name for a function of module_utils that roles can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import summary

DOCUMENTATION = """
name: run_summary
author: identityops contributors (@identityops)
version_added: 0.1.0
short_description: Write the summary of a run
description:
  - For the roles of this collection, which leave on the hosts what it reads.
positional: chosen, kind, check
options:
  _input:
    description: Variables of all hosts, that is V(hostvars).
    type: dict
    required: true
  chosen:
    description: What M(identityops.groupid.groupid_plan) returned.
    type: dict
    required: true
  kind:
    description: Kind of the run, one of V(preflight), V(backup), V(verify), V(restore).
    type: str
    required: true
  check:
    description: Whether the run was in check mode.
    type: bool
"""

EXAMPLES = """
- name: Print what was done
  ansible.builtin.debug:
    msg: "{{ hostvars | identityops.groupid.run_summary(__groupid_plan, 'backup') }}"
  run_once: true
"""

RETURN = """
_value:
  description: Lines of text.
  type: list
  elements: str
"""


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"run_summary": summary.lines}
