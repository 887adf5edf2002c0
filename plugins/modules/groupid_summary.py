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
  - Prints tables of at most 80 columns, except for long paths and ids. Prints every failure once, with the hosts that
    share it.
  - Prints to stderr if the callback writes a JSON document to stdout.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.controller
options:
  kind:
    description:
      - Kind of the run.
    type: str
    required: true
    choices: [preflight, list, resume, rehearse, backup, verify, restore]
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
