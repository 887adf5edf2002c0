# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.seal_candidate: a name for a function of module_utils that roles can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import seals

DOCUMENTATION = """
name: seal_candidate
author: identityops contributors (@identityops)
version_added: 0.1.0
short_description: Gather the parts of a set and say what stands against sealing it
description:
  - A part that is missing, incomplete or, on demand, not verified stands against it.
  - For the roles of this collection, which leave on the hosts what it reads.
positional: hosts, set_id, verified
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
  verified:
    description: Demand that each part was verified in full by this run.
    type: bool
    required: true
"""

EXAMPLES = """
- name: Show what stands against sealing a set
  ansible.builtin.debug:
    msg: "{{ (hostvars | identityops.groupid.seal_candidate(['a', 'b'], '20261122T150405Z', true)).refusals }}"
"""

RETURN = """
_value:
  description: The members as M(identityops.groupid.groupid_backup_seal) takes them, and the refusals.
  type: dict
"""


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"seal_candidate": seals.candidate}
