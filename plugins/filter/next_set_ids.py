# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.next_set_ids: a name for a function of module_utils that roles can use."""

from __future__ import annotations

import collections.abc as c
import datetime
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, deployments

DOCUMENTATION = """
name: next_set_ids
author: identityops contributors (@identityops)
version_added: 0.1.0
short_description: Choose the id of each deployment's set
description:
  - The id that was asked for, else a new one, later than every set of the deployment that is on a backup root.
  - For the roles of this collection, which leave on the hosts what it reads.
positional: plan, now, label
options:
  _input:
    description: Variables of all hosts, that is V(hostvars).
    type: dict
    required: true
  plan:
    description: What M(identityops.groupid.groupid_plan) returned.
    type: dict
    required: true
  now:
    description: The time, in UTC.
    type: raw
    required: true
  label:
    description: Label of a further set beside the one that was asked for, as for what a restore replaces. Always new.
    type: str
    version_added: 0.4.0
"""

EXAMPLES = """
- name: Choose the id of each set
  ansible.builtin.set_fact:
    __groupid_set_ids: "{{ hostvars | identityops.groupid.next_set_ids(__groupid_plan, now(utc=true)) }}"
  run_once: true
"""

RETURN = """
_value:
  description: The id of each deployment's set.
  type: dict
"""


def next_set_ids(
    facts: deployments.Facts, plan: deployments.Plan, now: datetime.datetime, label: str | None = None
) -> dict[str, str]:
    """Call `deployments.next_set_ids`."""
    try:
        return deployments.next_set_ids(facts, plan, now, label)
    except backup_set.InvalidNameError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"next_set_ids": next_set_ids}
