# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.set_table: a name for a function of module_utils that playbooks can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import set_table

DOCUMENTATION = """
name: set_table
author: identityops contributors (@identityops)
version_added: 0.6.0
short_description: Write the sets of several hosts as a table
description:
  - For the playbook C(identityops.groupid.list), which leaves on the hosts what it reads.
positional: hosts
options:
  _input:
    description: Variables of all hosts, that is V(hostvars). Each host that was asked has C(__groupid_sets), the result
      of M(identityops.groupid.groupid_sets).
    type: dict
    required: true
  hosts:
    description: Names of the hosts that were asked.
    type: list
    elements: str
    required: true
"""

EXAMPLES = """
- name: Print the sets
  ansible.builtin.debug:
    msg: "{{ hostvars | identityops.groupid.set_table(ansible_play_hosts_all) }}"
  run_once: true
"""

RETURN = """
_value:
  description: Lines of text, of 80 characters at most but for long ids and paths.
  type: list
  elements: str
"""


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"set_table": set_table.of_run}
