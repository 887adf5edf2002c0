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
  - Prints every failure that M(identityops.groupid.groupid_settings) has found, each once with its hosts, and fails.
  - Otherwise puts the hosts of the play in order, one deployment after the other.
  - For the roles of this collection. Contacts no host.
author:
  - identityops (@identityops)
attributes:
  action:
    support: full
    description: Runs on the controller.
  async:
    support: none
    description: Supports being used with the C(async) keyword.
  check_mode:
    support: full
    description: Can run in check mode and return the changed status without modifying the host.
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
  platform:
    support: full
    platforms: all
    description: Target OS that can be operated against.
options:
  known:
    description:
      - Hosts of the inventory that may be members of a deployment, whether the play sees them or not.
    type: list
    elements: str
    required: true
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
  description: Hosts in order, deployments with their hosts, and the sizes of the batches.
  returned: success
  type: dict
schema:
  description: Version of this result. A version only adds members.
  returned: always
  type: int
  sample: 1
"""
