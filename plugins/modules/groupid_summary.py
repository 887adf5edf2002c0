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
  - Says how the run ended, in its result, in Ansible's custom stats and, if C(groupid_run_file) is set, in that file.
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
run:
  description: How the run ended.
  returned: success
  type: dict
  contains:
    class:
      description: V(0) is done. V(2) was refused before anything was touched. V(3) failed, and everything is as it was
        and runs. V(4) failed, and something that the file names is not as it was.
      returned: always
      type: int
      sample: 0
    state:
      description: V(done), V(refused) or V(failed).
      returned: always
      type: str
      sample: done
    set_ids:
      description: Id of the set that was made, verified or restored, by deployment.
      returned: always
      type: dict
      sample: {hq: 20261122T150405Z}
ansible_stats:
  description: What Ansible adds to its custom stats. The value is RV(run), as C(groupid_run) and by kind of run.
  returned: success
  type: dict
  sample: {data: {groupid_run: {backup: {class: 0, state: done, set_ids: {hq: 20261122T150405Z}}}}}
file:
  description: File with the whole result. Null without C(groupid_run_file).
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
      description: Kind of the failure. V(run_file) or V(result_file) (the file for the result cannot be used or
        written), V(argument) (an option that is not valid) or V(unexpected) (a defect of the collection).
      returned: always
      type: str
      sample: run_file
    what:
      description: What failed.
      returned: always
      type: str
      sample: The result of the run was not written
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
      sample: another run has written the file since
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Give each run a file of its own in groupid_run_file, and leave it there until the run has ended.
"""
