# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_ldif_rehearsal
short_description: Test on an Active Directory domain what export and restore of group attributes need
version_added: 0.6.0
description:
  - Asks the domain controller for the domain, the schema, one page of groups, one of these groups by its objectGUID,
    and which attributes the account may write of the first 50 groups. Says for each claim of
    C(docs/group-attributes.md) whether it is held. A claim that is not held does not fail the task.
  - Only reads, over LDAP from the controller. If C(ldifde.exe) on the host would read, the result says so.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.directory
attributes:
  action:
    support: full
    description: Runs on the controller. The host of the task is not contacted.
  async:
    support: none
    description: Supports being used with the C(async) keyword.
  check_mode:
    support: full
    description: Can run in check mode and return the changed status without modifying the target.
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
  platform:
    support: full
    platforms: posix
    description: Target OS that can be operated against.
options:
  deployment:
    description:
      - Name of the deployment, for the name of the result file.
    type: str
    required: true
  attributes:
    description:
      - Attributes that are saved, in place of the vendor's five or those that C(groupid_domains) names.
    type: list
    elements: str
  engine:
    description:
      - As in M(identityops.groupid.groupid_ldif_export). With V(ldap), the task fails if it cannot log in. With V(auto)
        and V(ldifde), the claims are then not tried, because C(ldifde.exe) on the host would read.
    type: str
    choices: [auto, ldap, ldifde]
    default: auto
  directory:
    description:
      - Directory on the controller. The result is written there as C(rehearsal-<deployment>-<domain>-directory.json),
        and replaces an earlier one. The name of the file has the name of the domain, even if names are masked.
      - Without it, and in check mode, the result is only returned.
    type: str
  names:
    description:
      - Keep the names of the domain, its server, the account and groups in the claims. By default, they are masked, so
        that you can send the result to others.
    type: bool
    default: false
seealso:
  - module: identityops.groupid.groupid_rehearsal
  - module: identityops.groupid.groupid_ldif_export
"""

EXAMPLES = r"""
- name: Check what the account may read and write in the domain
  identityops.groupid.groupid_ldif_rehearsal:
    deployment: hq
    domain: corp.example
    directory: rehearsals
  register: rehearsal

- name: Show what was found
  ansible.builtin.debug:
    var: rehearsal.table
"""

RETURN = r"""
claims:
  description: The result of each claim, in the order of C(docs/group-attributes.md).
  returned: when the domain was asked, or did not let the account in
  type: list
  elements: dict
  contains:
    id:
      description: The claim.
      returned: always
      type: str
      sample: directory.rights
    verdict:
      description: V(held), V(not held), V(refused by the system) or V(not tried here).
      returned: always
      type: str
      sample: held
    seen:
      description: What was seen instead, or why it was not tried.
      returned: always
      type: str
      sample: ""
table:
  description: The claims as lines of at most 80 columns.
  returned: with RV(claims)
  type: list
  elements: str
  sample: ["directory.reads  held  A page of groups can be read"]
consequences:
  description: A sentence for each claim that is not held and matters for a restore.
  returned: with RV(claims)
  type: list
  elements: str
  sample: []
losses:
  description: Those of RV(consequences) by which data would be lost.
  returned: with RV(claims)
  type: list
  elements: str
  sample: []
platform:
  description: Kind of the directory, and how it was connected to.
  returned: with RV(claims)
  type: dict
  sample: {kind: ad, encryption: ldaps, auth: simple}
rehearsal_schema:
  description: Version of the result's form.
  returned: with RV(claims)
  type: int
  sample: 1
rehearsed_at:
  description: When, in UTC.
  returned: with RV(claims)
  type: str
  sample: "2026-11-28T21:00:00Z"
file:
  description: The result's file on the controller.
  returned: with RV(claims)
  type: str
  sample: /home/ops/rehearsals/rehearsal-hq-corp.example-directory.json
schema:
  description: Version of the result.
  returned: always
  type: int
  sample: 1
seconds:
  description: How long it took.
  returned: success
  type: float
  sample: 0.345
error:
  description: The parts of the error message.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure, as of M(identityops.groupid.groupid_ldif_export); V(result_file).
      returned: always
      type: str
      sample: login
    what:
      description: What failed.
      returned: always
      type: str
      sample: dc01.corp.example:636 was not connected to
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
    cause:
      description: Cause, in the server's words.
      returned: always
      type: str
      sample: Invalid credentials
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Check username and password.
"""
