# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_ldif_restore
short_description: Compare the group attributes of a domain with a set, and put them back
version_added: 0.3.0
description:
  - Compares what M(identityops.groupid.groupid_ldif_export) saved with the directory, group by group by objectGUID, and
    writes what differs and nothing else. Groups may have been moved or renamed since.
  - Each group is written by one modification that takes exactly the value found out and puts the saved one in. A value
    that somebody changed meanwhile is left, and listed as a conflict. A group that the server refuses is listed with
    the server's reason, and the others are written.
  - Before the first write, the rights on every group to be written are read, and what will be overwritten is stored
    below the backup root as a set of its own, flushed to the disk. Restoring that set undoes the restore.
  - Groups that are gone or new are listed. They are neither made nor deleted.
  - A run that was cut is finished by the next one, as it compares again. Run again on an equal directory, it changes
    nothing.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.backup_set
  - identityops.groupid.directory
  - identityops.groupid.open_roots
attributes:
  diff_mode:
    support: full
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  set_id:
    description:
      - Id of the set to restore, or of the set that an earlier restore left for its undoing.
    type: str
    required: true
  confirm:
    description:
      - Must equal O(set_id). Nothing is written otherwise.
    type: str
    required: true
  unsealed:
    description:
      - Restore from a set that is not sealed. What an earlier restore left for its undoing never is, and needs no such
        word.
    type: bool
    default: false
  attributes:
    description:
      - Restore these attributes alone, of those that were saved.
    type: list
    elements: str
  groups:
    description:
      - Restore these groups alone, by distinguished name or objectGUID, also in the form V(<GUID=...>).
      - One list may serve several domains. A name is passed over only where its DC parts, all of them, are those of
        another domain of C(groupid_domains). An objectGUID must be of this domain.
      - Any other name that meets no group is refused before anything is written, in check mode too. So is a name that
        was one group's when the set was made and is another's now. Name that group by its objectGUID.
    type: list
    elements: str
    default: []
  exclude_groups:
    description:
      - Leave these groups as they are, for example those that the account may not write. They are named as in
        O(groups), and the same names are refused.
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
      - With O(clear), clear values also where the set may not have seen what was there. An attribute that an account
        may not read reads as empty, and is saved so.
      - Otherwise O(clear) is refused, before anything is written, where another account read the set than the one that
        restores, and for attributes that the set was to have from a read-only domain controller, which does not get
        them. A set of a version before 0.6.0 does not tell who read it; then there is a warning.
    type: bool
    default: false
    version_added: 0.6.0
  modify_file:
    description:
      - Path on the controller. What would be written is written there instead, as LDIF that a person imports with
        C(ldifde -i -f). The directory is left as it is, and no set is left to undo it by. Keep the file, which names
        the values that it takes away, or run M(identityops.groupid.groupid_ldif_export) before the import.
    type: path
  safety_set_id:
    description:
      - Id of the set that gets what is overwritten. The default is a new one that ends with C(-before-restore).
    type: str
    version_added: 0.4.0
  diff_limit:
    description:
      - Groups that the diff, and each list of the result, name at most.
    type: int
    default: 200
seealso:
  - module: identityops.groupid.groupid_ldif_export
"""

EXAMPLES = r"""
- name: See what a restore would change
  identityops.groupid.groupid_ldif_restore:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z
    confirm: 20261122T150405Z
    domain: corp.example
  check_mode: true
  diff: true

- name: Put the attributes back, and clear what was set since
  identityops.groupid.groupid_ldif_restore:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z
    confirm: 20261122T150405Z
    domain: corp.example
    clear: true
  register: restored

- name: Undo that
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
  description: Domain controller that was asked and written to. That others have the changes was not waited for.
  returned: success
  type: str
  sample: dc01.corp.example
set_id:
  description: Id of the set.
  returned: success
  type: str
  sample: 20261122T150405Z
kind:
  description: V(export) when a set was restored, V(undo) when a restore was undone.
  returned: success
  type: str
  sample: export
counts:
  description:
    - Groups by what became of them. C(kept) are those with values that O(clear) would clear, C(set_since) those among
      them that had none of the attributes at all when the set was made.
    - Of an undo, C(written), C(conflicts), C(refused) and C(unchanged) alone.
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
  description: Groups that were written, in check mode those that would be, up to O(diff_limit).
  returned: success
  type: list
  elements: str
  sample: ["CN=Sales,OU=Groups,DC=corp,DC=example"]
conflicts:
  description: Groups that are not as the set has them, each with the reason. Somebody changed them between the
    comparison and the write, or right after it.
  returned: success
  type: list
  elements: str
  sample: []
refused:
  description: Groups that the server did not let be written for a reason of their own, such as a value that is too long
    or a right that is missing, each with the reason. All others were written; the task fails at its end.
  returned: success
  type: list
  elements: str
  version_added: 0.6.0
  sample: []
gone:
  description: Groups of the set that the directory has no more.
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
  description: Where that lies which was overwritten. Null when nothing was written.
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
  description: The file that was written in place of the directory. Null without O(modify_file).
  returned: success
  type: str
  sample: null
schema:
  description: Version of this result's shape.
  returned: always
  type: int
  sample: 1
seconds:
  description: How long it took, the directory and the host together.
  returned: success
  type: float
  sample: 3.456
error:
  description: What the message says, in parts.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure. Of the directory, such as V(login), V(certificate) or V(refused); of the
        restore, such as V(no_rights), V(read_only), V(conflicts), V(refused), V(other_domain), V(not_sealed),
        V(other_account), V(not_seen), V(unknown_group) or
        V(ambiguous_group); of the host, as M(identityops.groupid.groupid_backup_verify) has them.
        V(argument) for an option or a variable that cannot be right, V(unexpected) for a fault of the program.
      returned: always
      type: str
      sample: no_rights
    what:
      description: What was not done.
      returned: always
      type: str
      sample: The group attributes of corp.example were not restored
    component:
      description: Component it was about, if any.
      returned: always
      type: str
      sample: group_attributes
    path:
      description: Path it was about, if any.
      returned: always
      type: str
      sample: D:\Backups\hq
    cause:
      description: Cause, in the system's words.
      returned: always
      type: str
      sample: Invalid credentials (49)
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Correct username and password of the domain in groupid_domains.
"""
