# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_settings
short_description: Read and check the variables of a host
version_added: 0.6.0
description:
  - Reads the variables C(groupid_*) of the host, including those of the play and of the command line. Checks them, and
    converts each to its type. A list can be text with commas. A number or a truth value can be text.
  - A value that is not valid is a failure of the host, which M(identityops.groupid.groupid_plan) reports.
  - Also reads the values that come only from the inventory, so that a backup can recognize a set that is smaller than
    usual.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.controller
options:
  role:
    description:
      - Role of the run. Some defaults depend on it.
    type: str
    required: true
    choices: [preflight, backup, verify, restore]
  unknown:
    description:
      - What to do about variables that begin with C(groupid_) and that this collection does not have. V(refuse) makes
        each a failure. V(warn) prints a warning.
    type: str
    choices: [refuse, warn]
    default: warn
seealso:
  - module: identityops.groupid.groupid_info
"""

EXAMPLES = r"""
- name: Read and check the variables of each server
  identityops.groupid.groupid_settings:
    role: backup
"""

RETURN = r"""
asked:
  description: Each variable by its name without the prefix. A variable that is not set has its default. Secrets are not
    included.
  returned: success
  type: dict
  sample: {deployment: hq, backup_root: "D:\\Backups", components: null, usual: null}
  contains:
    usual:
      description: The same from the inventory only, without the variables of the command line, of plays and of tasks.
        Null if there is no difference.
      returned: always
      type: dict
      sample: null
failures:
  description: Values that are not valid and, with O(unknown=refuse), variables that are not known.
  returned: success
  type: list
  elements: dict
  contains:
    phase:
      description: Phase of the run in which it happened.
      returned: always
      type: str
      sample: plan
    code:
      description: Kind of the failure, V(variable) or V(unknown_variable).
      returned: always
      type: str
      sample: variable
    what:
      description: What is wrong.
      returned: always
      type: str
      sample: groupid_retries must be a whole number from 0 to 100
    cause:
      description: Why, with the value that was set.
      returned: always
      type: str
      sample: it is "many"
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: "Correct it in the variables of the host or its group, for example: groupid_retries: 3"
    component:
      description: Always null.
      returned: always
      type: str
      sample: null
    path:
      description: Always null.
      returned: always
      type: str
      sample: null
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
      description: Kind of the failure. V(refused), V(argument) (an option that is not valid) or V(unexpected) (a
        defect of the collection).
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
