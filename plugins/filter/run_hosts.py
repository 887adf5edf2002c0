# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.run_hosts: a name for functions that roles and playbooks can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.identityops.groupid.plugins.plugin_utils import run_hosts as hosts

DOCUMENTATION = """
name: run_hosts
author: identityops contributors (@identityops)
version_added: 0.6.0
short_description: Refuse a run that would be about no host
description:
  - Gives a pattern of hosts back, when it and C(--limit) name hosts of the inventory. Fails otherwise, and under
    C(--start-at-task).
  - For the roles and playbooks of this collection.
positional: groups
options:
  _input:
    description: Pattern of hosts.
    type: raw
    required: true
  groups:
    description: Hosts by group, that is V(groups).
    type: dict
    required: true
"""

EXAMPLES = """
- name: A play that never ends green because nobody was there
  hosts: "{{ 'groupid' | identityops.groupid.run_hosts(groups) }}"
"""

RETURN = """
_value:
  description: The pattern.
  type: raw
"""


def run_hosts(pattern: str | list[str], groups: c.Mapping[str, c.Sequence[str]]) -> str | list[str]:
    """Call `run_hosts.check_run`."""
    try:
        return hosts.check_run(pattern, groups)
    except hosts.NoHostsError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"run_hosts": run_hosts}
