# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_ldif_export
short_description: Save the group attributes of an Active Directory domain into a set
version_added: 0.3.0
description:
  - Reads every group of a domain once and saves the attributes in which GroupID keeps its own data (C(extensionData),
    C(extensionAttribute12) to C(extensionAttribute15)). The vendor's C(ldifde) command saves the same attributes, but
    its filter lacks two parentheses.
  - The part of the set is named C(group_attributes.) and the name of the domain. It has two files. C(.ldf) has the
    groups with a value. C(.groups.jsonl) lists every group by its objectGUID. With this list, a restore finds groups
    that were moved or renamed. It can also distinguish a group that had no value from a newer group.
  - Both files have a canonical form. Two exports of an unchanged domain are equal byte for byte, with either engine.
  - Changes nothing in the directory. The set is below the backup root of the host of the task.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.backup_set
  - identityops.groupid.directory
  - identityops.groupid.open_roots
  - identityops.groupid.narrowing
attributes:
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  set_id:
    description:
      - Id of the set.
    type: str
    required: true
  epoch:
    description:
      - Point in time that the part belongs to. It is the same for all parts of a sealed set. By default O(set_id).
    type: str
  engine:
    description:
      - V(ldap) reads over LDAP from the controller.
      - V(ldifde) runs C(ldifde.exe) on the host, with the logon of the connection. The host must have this program,
        which comes with a role or feature of Active Directory. Windows must pass the logon on to the domain controller
        (Kerberos delegation or CredSSP).
      - V(auto) uses V(ldap) if the controller can bind, otherwise V(ldifde). This is decided before anything is read,
        and recorded. If the controller lacks a library, the task fails, because a restore needs the library too. To
        save without the library, use V(ldifde).
    type: str
    choices: [auto, ldap, ldifde]
    default: auto
  attributes:
    description:
      - Attributes to save, in place of the vendor's five or those that C(groupid_domains) names.
    type: list
    elements: str
  allow_empty:
    description:
      - Accept a domain in which no group has one of the attributes, and print a warning. By default, this is a failure,
        because a wrong base or a misspelled attribute has the same effect.
    type: bool
    default: false
seealso:
  - module: identityops.groupid.groupid_ldif_restore
  - module: identityops.groupid.groupid_backup_verify
"""

EXAMPLES = r"""
# In the variables of the group:
#   groupid_domains:
#     - name: corp.example
#       server: dc01.corp.example
#       username: svc-groupid@corp.example
#       password: "{{ lookup('ansible.builtin.env', 'GROUPID_LDAP_PASSWORD') }}"
- name: Save the group attributes of the domain
  identityops.groupid.groupid_ldif_export:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z
    domain: corp.example

- name: Read the attributes on the server itself
  identityops.groupid.groupid_ldif_export:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150406Z
    domain: corp.example
    engine: ldifde
"""

RETURN = r"""
domain:
  description: DNS name of the domain.
  returned: success
  type: str
  sample: corp.example
directory_server:
  description: Domain controller that was asked.
  returned: success
  type: str
  sample: dc01.corp.example
engine:
  description: What read the directory, V(ldap) or V(ldifde).
  returned: success
  type: str
  sample: ldap
groups:
  description: Groups that were read.
  returned: success
  type: int
  sample: 1240
exported:
  description: Groups among them that have one of the attributes.
  returned: success
  type: int
  sample: 1016
attributes:
  description: Attributes that were asked for.
  returned: success
  type: list
  elements: str
  sample: [extensionData, extensionAttribute12]
missing_attributes:
  description: Attributes among them that the directory's schema does not have. A warning names them.
  returned: success
  type: list
  elements: str
  sample: []
confidential_attributes:
  description: Attributes among them that the schema marks as confidential. If the account has no control access on a
    group, such an attribute looks empty. A warning names them. Empty with the engine V(ldifde), which does not read the
    schema.
  returned: success
  type: list
  elements: str
  version_added: 0.6.0
  sample: []
filtered_attributes:
  description: Attributes among them that a read-only domain controller does not receive, if one was asked. They look
    empty. A warning names them.
  returned: success
  type: list
  elements: str
  version_added: 0.6.0
  sample: []
account:
  description: Account that read the directory, as the domain controller names it. Attributes that it was not allowed to
    read are empty in the set. Null if the account is not known.
  returned: success
  type: str
  version_added: 0.6.0
  sample: CORP\svc-groupid
read_only:
  description: Whether the domain controller is read-only. Null if it does not say so.
  returned: success
  type: bool
  version_added: 0.6.0
  sample: false
shared:
  description: Whether another run of the same set had already made the part. The result is then about that part.
  returned: success
  type: bool
  sample: false
server:
  description: Name of the part.
  returned: success
  type: str
  sample: group_attributes.corp.example
machine_guid:
  description: Identity of the Windows installation that holds the part.
  returned: success
  type: str
  sample: 4f5cd3e0-9a0c-4b52-9c5a-7c0b9a6f7d11
version:
  description: Version of GroupID. Always null, because the directory has none.
  returned: success
  type: str
  sample: null
epoch:
  description: The point in time that the part belongs to.
  returned: success
  type: str
  sample: 20261122T150405Z
finished_at:
  description: When the part was finished, UTC.
  returned: success, not in check mode
  type: str
  sample: "2026-11-22T15:04:09.1234567Z"
set_path:
  description: Folder of the set.
  returned: success
  type: str
  sample: D:\Backups\hq\20261122T150405Z
part_path:
  description: Folder of the part.
  returned: success
  type: str
  sample: D:\Backups\hq\20261122T150405Z\group_attributes.corp.example
state:
  description: State of the part, V(complete).
  returned: success
  type: str
  sample: complete
part_sha256:
  description: SHA-256 of the part's record. Null in check mode.
  returned: success
  type: str
  sample: 5f2b0d6a0d7e3f0c6ad1d8b30c9fd55b9ef3a3f4f2f5a5b4d2e6d1b6c4b0f2aa
files:
  description: Files of the part.
  returned: success
  type: int
  sample: 2
directories:
  description: Folders of the part.
  returned: success
  type: int
  sample: 1
bytes:
  description: Bytes of the part.
  returned: success
  type: int
  sample: 648122
components:
  description: The component of the part, as M(identityops.groupid.groupid_backup_adopt) returns it.
  returned: success
  type: list
  elements: dict
  sample: [{"name": "group_attributes", "status": "copied"}]
external:
  description: Components whose files are elsewhere. Always empty.
  returned: success
  type: list
  elements: str
  sample: []
narrowed:
  description: What makes the part smaller than usual, as its record says. Null if this is not known.
  returned: success
  type: list
  elements: str
  version_added: 0.6.0
  sample: []
scope:
  description: The permanent choices for the part, as its record says. Null if they are not known.
  returned: success
  type: dict
  version_added: 0.6.0
  sample: {exclude: ["*.bak"]}
schema:
  description: Version of this result's shape.
  returned: always
  type: int
  sample: 1
seconds:
  description: How long the task took, for the directory and the host together.
  returned: success
  type: float
  sample: 3.456
error:
  description: The parts of the error message.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure. For the directory, such as V(login), V(certificate) or V(refused); for the
        export, such as V(no_groups); for the host, as M(identityops.groupid.groupid_backup_adopt) has them. V(argument)
        is an option or a variable that is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: login
    what:
      description: What failed.
      returned: always
      type: str
      sample: The group attributes of corp.example were not saved
    component:
      description: Component that failed, if any.
      returned: always
      type: str
      sample: group_attributes
    path:
      description: Path that failed, if any.
      returned: always
      type: str
      sample: D:\Backups\hq
    cause:
      description: Cause, with the message of the system.
      returned: always
      type: str
      sample: Invalid credentials (49)
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Correct username and password of the domain in groupid_domains.
"""
