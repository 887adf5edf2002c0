# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.deployment_review: a name for a function of module_utils that roles can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import deployments

DOCUMENTATION = """
name: deployment_review
author: identityops contributors (@identityops)
version_added: 0.1.0
short_description: Compare what the hosts of each deployment answered
description:
  - Finds hosts that are one computer, members that the run does not see, and variables and versions that differ.
  - For the roles of this collection, which leave on the hosts what it reads.
positional: plan
options:
  _input:
    description: Variables of all hosts, that is V(hostvars).
    type: dict
    required: true
  plan:
    description: What M(identityops.groupid.groupid_plan) returned.
    type: dict
    required: true
"""

EXAMPLES = """
- name: Compare the answers of all servers
  ansible.builtin.set_fact:
    __groupid_review: "{{ hostvars | identityops.groupid.deployment_review(__groupid_plan) }}"
  run_once: true
"""

RETURN = """
_value:
  description: What was found for each deployment.
  type: dict
"""


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"deployment_review": deployments.review}
