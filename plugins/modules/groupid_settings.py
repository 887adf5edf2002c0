# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_settings
short_description: Understand what the variables of a host ask for
version_added: 0.6.0
description:
  - Reads the variables C(groupid_*) of the host, with those of the play and of the command line, checks them, and gives
    each the type that it should have. A list may be given as text with commas, a number or a truth value as text.
  - What cannot be understood is a failure of the host, which M(identityops.groupid.groupid_plan) tells.
  - Also reads what the inventory alone says, so that a backup can tell a set that is smaller than usual.
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
  role:
    description:
      - Whose run it is. Some defaults differ.
    type: str
    required: true
    choices: [preflight, backup, verify, restore]
  unknown:
    description:
      - What to do about variables that begin with C(groupid_) and are none of this collection. V(refuse) makes each a
        failure, V(warn) prints a warning.
    type: str
    choices: [refuse, warn]
    default: warn
seealso:
  - module: identityops.groupid.groupid_info
"""

EXAMPLES = r"""
- name: Read what is asked of each server
  identityops.groupid.groupid_settings:
    role: backup
"""

RETURN = r"""
asked:
  description: Each variable by its name without the prefix, with its default where nothing is given. No secrets.
  returned: success
  type: dict
failures:
  description: What cannot be understood.
  returned: success
  type: list
  elements: dict
schema:
  description: Version of this result. A version only adds members.
  returned: always
  type: int
  sample: 1
"""
