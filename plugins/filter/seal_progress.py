# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.seal_progress: a name for a function of module_utils that roles can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import seals

DOCUMENTATION = """
name: seal_progress
author: identityops contributors (@identityops)
version_added: 0.1.0
short_description: Say how far the seal of a set has come
description:
  - For the roles of this collection, which leave on the hosts what it reads.
positional: hosts, set_id
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
  set_id:
    description: Id of the set.
    type: str
    required: true
"""

EXAMPLES = """
- name: Say whether the set is sealed
  ansible.builtin.debug:
    msg: "{{ (hostvars | identityops.groupid.seal_progress(['a', 'b'], '20261122T150405Z')).decided }}"
"""

RETURN = """
_value:
  description: The digest that all hosts hold, empty while they do not, and whether the first server has sealed.
  type: dict
"""


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"seal_progress": seals.progress}
