# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_plan
short_description: Sort the hosts of a run by deployment, or refuse the run
version_added: 0.6.0
description:
  - If M(identityops.groupid.groupid_settings) has found failures, prints each of them once with its hosts, and fails.
  - Otherwise puts the hosts of the play in order, one deployment after the other.
  - If C(groupid_run_file) is set, writes there that the run was refused, or that it is running.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.controller
options:
  known:
    description:
      - Hosts of the inventory that can be members of a deployment, even if the play does not include them.
      - Those of the group C(groupid) are added. If the inventory has no such group, or if no host is in it, all hosts
        are added, except those that C(groupid_sql_host) and C(groupid_sql_delegate_to) name.
    type: list
    elements: str
    required: true
  kind:
    description:
      - Kind of the run, for its result. A playbook of this collection has its own.
    type: str
    choices: [preflight, resume, backup, verify, restore]
    default: preflight
  batched:
    description:
      - Whether the play takes whole deployments at a time, no more hosts than Ansible works on at the same time.
    type: bool
    default: false
seealso:
  - module: identityops.groupid.groupid_info
"""

EXAMPLES = r"""
- name: Sort the servers by deployment
  identityops.groupid.groupid_plan:
    known: "{{ groups.groupid }}"
  run_once: true
"""

RETURN = r"""
plan:
  description: What the run works on.
  returned: success
  type: dict
  contains:
    hosts:
      description: Hosts in order, one deployment after the other.
      returned: always
      type: list
      elements: str
      sample: [web01, web02]
    deployments:
      description: For each deployment, its hosts in this run, and its other hosts in the inventory.
      returned: always
      type: dict
      sample: {hq: {hosts: [web01, web02], outside: []}}
group:
  description: Name of a new group for the hosts of the run.
  returned: success
  type: str
  sample: groupid_run_1
run:
  description: Name of this run in its records.
  returned: success
  type: str
  sample: 8f1d2c3b4a596877
forks:
  description: On how many hosts Ansible works at the same time.
  returned: success
  type: int
  sample: 5
batched:
  description: As in the option.
  returned: success
  type: bool
  sample: true
run_file:
  description: File for the result of the run. Null without C(groupid_run_file).
  returned: success
  type: str
  sample: /home/ops/run.json
schema:
  description: Version of this result's shape.
  returned: always
  type: int
  sample: 1
seconds:
  description: Duration of the task.
  returned: success
  type: float
  sample: 0.012
error:
  description: The failure, in parts.
  returned: failure
  type: dict
  contains:
    code:
      description: Kind of the failure. V(refused), V(run_file) or V(result_file) (the file for the result cannot be
        used or written), V(argument) (an option that is not valid) or V(unexpected) (a defect of the collection).
      returned: always
      type: str
      sample: refused
    what:
      description: What failed.
      returned: always
      type: str
      sample: Nothing was started
    component:
      description: Component that failed, if any.
      returned: always
      type: str
      sample: null
    path:
      description: Path that failed, if any.
      returned: always
      type: str
      sample: null
    cause:
      description: Why.
      returned: always
      type: str
      sample: the run has the errors listed above
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Correct them, and run again.
"""
