# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.planned_hosts: a name for functions that roles and playbooks can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.identityops.groupid.plugins.plugin_utils import run_hosts as hosts

DOCUMENTATION = """
name: planned_hosts
author: identityops contributors (@identityops)
version_added: 0.6.0
short_description: Refuse to end a run whose plan was never made
description:
  - Gives the group of the hosts that the plan of a run chose. Fails when no task of the plan ran, as under C(--tags).
  - For the roles and playbooks of this collection.
options:
  _input:
    description: Hosts by group, that is V(groups).
    type: dict
    required: true
"""

EXAMPLES = """
- name: The last play of a playbook
  hosts: "{{ groups | identityops.groupid.planned_hosts }}"
"""

RETURN = """
_value:
  description: Name of the group.
  type: str
"""


def planned_hosts(groups: c.Mapping[str, c.Sequence[str]]) -> str:
    """Call `run_hosts.check_planned`."""
    try:
        return hosts.check_planned(groups)
    except hosts.NoHostsError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"planned_hosts": planned_hosts}
