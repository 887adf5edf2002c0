# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_ldif_restore
short_description: Compare the group attributes of a domain with a set, and restore them
version_added: 0.3.0
description:
  - Compares the attributes that M(identityops.groupid.groupid_ldif_export) saved with the directory, by objectGUID, and
    writes only what differs. Groups may have been moved or renamed since.
  - Each group is written by one modification, which removes exactly the values that were found and adds the saved ones.
    If somebody has changed a value since, the group is not written, and is listed as a conflict. If the server refuses
    a group, it is listed with the server's reason, and the others are written.
  - Before the first write, the permissions on every group to be written are read. The values that will be overwritten
    are saved below the backup root as a set of their own, and flushed to the disk. To undo the restore, restore that
    set.
  - Groups that are gone or new are listed. They are neither created nor deleted.
  - An interrupted restore is completed by the next one, because it compares again. If you run it again and nothing
    differs, it changes nothing.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.backup_set
  - identityops.groupid.directory
  - identityops.groupid.open_roots
  - identityops.groupid.signing
attributes:
  diff_mode:
    support: full
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  set_id:
    description:
      - Id of the set to restore, or of the set that an earlier restore made so that it can be undone.
    type: str
    required: true
  confirm:
    description:
      - Must equal O(set_id). Nothing is written otherwise.
    type: str
    required: true
  unsealed:
    description:
      - Restore from a set that is not sealed. The set that an earlier restore made for its undo is never sealed, and
        does not need this option.
    type: bool
    default: false
  attributes:
    description:
      - Of the saved attributes, restore only these.
    type: list
    elements: str
  groups:
    description:
      - Restore only these groups, by distinguished name or objectGUID, also in the form V(<GUID=...>).
      - One list can be used for several domains. A name is ignored only if all of its DC parts are those of another
        domain of C(groupid_domains). An objectGUID must be of this domain.
      - Any other name that no group has is refused before anything is written, also in check mode. A name that was one
        group's name when the set was made, and is another group's name now, is refused too. Name that group by its
        objectGUID.
    type: list
    elements: str
    default: []
  exclude_groups:
    description:
      - Do not change these groups, for example because the account is not allowed to write them. Name them as in
        O(groups). The same names are refused.
    type: list
    elements: str
    default: []
  clear:
    description:
      - Clear values of attributes that were empty when the set was made. Otherwise such values stay, and are listed.
    type: bool
    default: false
  clear_unseen:
    description:
      - With O(clear), also clear values that the set may not have seen. An attribute that the account is not allowed to
        read looks empty, and is saved as empty.
      - By default, O(clear) is refused before anything is written if the set was made by another account than the one
        that restores. It is also refused for attributes that the set should have from a read-only domain controller,
        which does not receive them. A set of a version before 0.6.0 does not say which account made it, and there is a
        warning.
    type: bool
    default: false
    version_added: 0.6.0
  modify_file:
    description:
      - Path on the controller. The changes are written there as LDIF, which a person imports with C(ldifde -i -f). The
        directory is not changed, and no set is made to undo the changes. Keep the file, which contains the values that
        it removes, or run M(identityops.groupid.groupid_ldif_export) before the import.
    type: path
  safety_set_id:
    description:
      - Id of the set that gets the overwritten values. The default is a new set that ends with C(-before-restore).
    type: str
    version_added: 0.4.0
  diff_limit:
    description:
      - How many groups the diff and each list of the result show at most.
    type: int
    default: 200
seealso:
  - module: identityops.groupid.groupid_ldif_export
"""

EXAMPLES = r"""
- name: Show what a restore would change
  identityops.groupid.groupid_ldif_restore:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z
    confirm: 20261122T150405Z
    domain: corp.example
  check_mode: true
  diff: true

- name: Restore the attributes, and clear values that were set since
  identityops.groupid.groupid_ldif_restore:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z
    confirm: 20261122T150405Z
    domain: corp.example
    clear: true
  register: restored

- name: Undo the restore
  identityops.groupid.groupid_ldif_restore:
    backup_root: D:\Backups
    deployment: hq
    set_id: "{{ restored.safety.set_id }}"
    confirm: "{{ restored.safety.set_id }}"
    domain: corp.example
  when: restored.safety is not none
"""

RETURN = r"""
domain:
  description: DNS name of the domain.
  returned: success
  type: str
  sample: corp.example
directory_server:
  description: Domain controller that was read and written. The task does not wait for the replication to others.
  returned: success
  type: str
  sample: dc01.corp.example
set_id:
  description: Id of the set.
  returned: success
  type: str
  sample: 20261122T150405Z
kind:
  description: V(export) if a set was restored, V(undo) if a restore was undone.
  returned: success
  type: str
  sample: export
counts:
  description:
    - Number of groups by result. C(kept) counts groups with values that O(clear) would clear. C(set_since) counts those
      among them that had none of the attributes when the set was made.
    - For an undo, only C(written), C(conflicts), C(refused) and C(unchanged).
  returned: success
  type: dict
  sample:
    equal: 1000
    differing: 16
    gone: 2
    new: 4
    moved: 1
    renamed: 1
    set_since: 3
    kept: 3
    written: 15
    conflicts: 1
    refused: 0
    unchanged: 0
written:
  description: Groups that were written, or in check mode would be written, up to O(diff_limit).
  returned: success
  type: list
  elements: str
  sample: ["CN=Sales,OU=Groups,DC=corp,DC=example"]
conflicts:
  description: Groups that differ from the set, each with the reason. Somebody changed them between the comparison and
    the write, or right after it.
  returned: success
  type: list
  elements: str
  sample: []
refused:
  description: Groups that the server refused to write, each with the reason, such as a value that is too long or a
    permission that is missing. All others were written. The task fails at its end.
  returned: success
  type: list
  elements: str
  version_added: 0.6.0
  sample: []
gone:
  description: Groups of the set that no longer exist in the directory.
  returned: success
  type: list
  elements: str
  sample: []
new:
  description: Groups that were created since.
  returned: success
  type: list
  elements: str
  sample: []
set_since:
  description: Groups that had none of the attributes when the set was made, and have some now.
  returned: success
  type: list
  elements: str
  sample: []
kept:
  description: Groups with values that were empty when the set was made, and that O(clear) would clear.
  returned: success
  type: list
  elements: str
  sample: []
safety:
  description: Where the overwritten values were saved. Null if nothing was written.
  returned: success
  type: dict
  contains:
    set_id:
      description: Id to undo this restore by.
      returned: always
      type: str
      sample: 20261123T080910Z-before-restore
    part_path:
      description: Folder of the part.
      returned: always
      type: str
      sample: D:\Backups\hq\20261123T080910Z-before-restore\group_attributes.corp.example
modify_file:
  description: The file that was written instead of the directory. Null without O(modify_file).
  returned: success
  type: str
  sample: null
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
        restore, such as V(no_rights), V(read_only), V(conflicts), V(refused), V(other_domain), V(not_sealed),
        V(other_account), V(not_seen), V(unknown_group) or V(ambiguous_group); for the host, as
        M(identityops.groupid.groupid_backup_verify) has them. V(argument) is an option or a variable that is not valid.
        V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: no_rights
    what:
      description: What failed.
      returned: always
      type: str
      sample: The group attributes of corp.example were not restored
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
