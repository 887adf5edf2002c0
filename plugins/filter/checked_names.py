# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.checked_names: a name for a function of module_utils that roles can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, deployments

DOCUMENTATION = """
name: checked_names
author: identityops contributors (@identityops)
version_added: 0.1.0
short_description: Check the names that the variables of a host give
description:
  - Fails for a deployment, a set id or a label that cannot be the name of a folder.
  - For the roles of this collection, which leave on the hosts what it reads.
positional: servers, set_id, label
options:
  _input:
    description: Name of the deployment.
    type: str
    required: true
  servers:
    description: Computers that the deployment consists of.
    type: list
    elements: str
  set_id:
    description: Id of a set, V(latest), or nothing.
    type: str
  label:
    description: Label of a new set, or nothing.
    type: str
"""

EXAMPLES = """
- name: Show the name that the folder of a deployment has
  ansible.builtin.debug:
    msg: "{{ ('HQ' | identityops.groupid.checked_names).deployment }}"
"""

RETURN = """
_value:
  description: The names, that of the deployment in lower case.
  type: dict
"""


def checked_names(
    deployment: str, servers: str | c.Sequence[str] = (), set_id: str = "", label: str = ""
) -> deployments.Asked:
    """Call `deployments.asked`."""
    try:
        return deployments.asked(deployment, servers, set_id, label)
    except backup_set.InvalidNameError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"checked_names": checked_names}
