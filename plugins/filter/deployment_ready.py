# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.deployment_ready: a name for a function of module_utils that roles can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import deployments

DOCUMENTATION = """
name: deployment_ready
author: identityops contributors (@identityops)
version_added: 0.1.0
short_description: Say whether a host may go on
description:
  - A host may go on when the run chose it and no host of its deployment has failed so far.
  - For the roles of this collection, which leave on the hosts what it reads.
positional: host
options:
  _input:
    description: Variables of all hosts, that is V(hostvars).
    type: dict
    required: true
  host:
    description: Inventory name of the host.
    type: str
    required: true
"""

EXAMPLES = """
- name: Say which servers go on
  ansible.builtin.debug:
    msg: "{{ hostvars | identityops.groupid.deployment_ready(inventory_hostname) }}"
"""

RETURN = """
_value:
  description: Whether it may.
  type: bool
"""


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"deployment_ready": deployments.ready}
