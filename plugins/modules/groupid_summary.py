# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_summary
short_description: Print what a run did
version_added: 0.6.0
description:
  - Prints tables of at most 80 columns, but for single long paths and ids, and every failure once, with the hosts that
    share it.
  - Prints to stderr where the callback makes a JSON document of stdout.
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
  kind:
    description:
      - Kind of the run.
    type: str
    required: true
    choices: [preflight, list, backup, verify, restore]
seealso:
  - module: identityops.groupid.groupid_info
"""

EXAMPLES = r"""
- name: Print the summary
  identityops.groupid.groupid_summary:
    kind: backup
  run_once: true
"""

RETURN = r"""
schema:
  description: Version of this result. A version only adds members.
  returned: always
  type: int
  sample: 1
"""
