# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.unfinished_seals: a name for a function of module_utils that roles can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import seals

DOCUMENTATION = """
name: unfinished_seals
author: identityops contributors (@identityops)
version_added: 0.1.0
short_description: Find seals that an earlier run decided or prepared and did not finish
description:
  - A set that is prepared on fewer than all of its members is never among them.
  - For the roles of this collection, which leave on the hosts what it reads.
positional: hosts
options:
  _input:
    description: Variables of all hosts, that is V(hostvars).
    type: dict
    required: true
  hosts:
    description: Hosts of the deployment.
    type: list
    elements: str
    required: true
"""

EXAMPLES = """
- name: Show the seals to finish
  ansible.builtin.debug:
    msg: "{{ hostvars | identityops.groupid.unfinished_seals(['a', 'b']) | map(attribute='set_id') }}"
"""

RETURN = """
_value:
  description: The seals to finish, oldest first.
  type: list
  elements: dict
"""


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"unfinished_seals": seals.unfinished}
