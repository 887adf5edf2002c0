# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.domains_in_set: a name for a function of module_utils that roles can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import shared_parts

DOCUMENTATION = """
name: domains_in_set
author: identityops contributors (@identityops)
version_added: 0.3.0
short_description: Name the domains of a set
description:
  - Gives the domains whose group attributes a host holds in a set, in order.
  - For the roles of this collection, which leave on the hosts what it reads.
positional: set_id
options:
  _input:
    description: Answer of groupid_info.
    type: dict
    required: true
  set_id:
    description: Id of the set.
    type: str
    required: true
"""

EXAMPLES = """
- name: Which domains are in the set?
  ansible.builtin.debug:
    msg: "{{ __groupid_probe | identityops.groupid.domains_in_set('20261122T150405Z') }}"
"""

RETURN = """
_value:
  description: Names of domains.
  type: list
  elements: str
"""


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"domains_in_set": shared_parts.domains_in_set}
