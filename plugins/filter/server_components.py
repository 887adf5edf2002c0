# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.server_components: a name for a function of module_utils that roles can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import shared_parts

DOCUMENTATION = """
name: server_components
author: identityops contributors (@identityops)
version_added: 0.3.0
short_description: Choose the components that each server has itself
description:
  - Leaves out the components that a deployment has once, such as the database.
  - For the roles of this collection, which leave on the hosts what it reads.
options:
  _input:
    description: Names of components.
    type: list
    elements: str
    required: true
"""

EXAMPLES = """
- name: What is backed up on every server?
  ansible.builtin.debug:
    msg: "{{ ['reports', 'database'] | identityops.groupid.server_components }}"
"""

RETURN = """
_value:
  description: Names of components.
  type: list
  elements: str
"""


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"server_components": shared_parts.server_components}
