# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_restore_folder
short_description: Restore the folders of GroupID on a host from a set
version_added: 0.1.0
description:
  - Verifies a part in full, compares it with the existing files, and writes the files that are missing or differ. If
    the part is damaged, nothing is changed.
  - All new files are written beside their places and hashed before anything is changed. Then renames put them in place.
    If anything fails, the restore is rolled back, and the message says so.
  - If the process of a restore is killed, the next backup or restore on the host ends that restore. If all new files
    were written, it completes the restore. Otherwise, it rolls the restore back.
  - Files that are replaced or removed are first saved as a part of another set. Restore that set like any other. It
    does not need O(unsealed). It has no signature.
  - Stop GroupID first. A file that is in use cannot be replaced.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.backup_set
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
      - Id of the set. V(latest) cannot be used here.
    type: str
    required: true
  server:
    description:
      - Server whose part is restored. The default is the host itself.
    type: str
  components:
    description:
      - Components to restore. The default is all components of the part.
    type: list
    elements: str
  policy:
    description:
      - V(merge) keeps files that the part does not have. V(mirror) removes them, except files that the backup excluded.
      - The default is V(merge) for all components except V(elasticsearch).
      - V(elasticsearch) is always mirrored, because files of two indexes in one folder break both.
    type: str
    choices: [merge, mirror]
  overwrite:
    description:
      - What happens to files that exist. V(always) reads files of the same size, and replaces every file that differs.
      - V(if-changed) treats files with the same size and last write time as equal, without reading them.
      - V(never) does not change existing files, and only adds new ones. It cannot be used for V(elasticsearch).
    type: str
    choices: [always, if-changed, never]
    default: always
    version_added: 0.4.0
  targets:
    description:
      - Folders to restore to, in place of the original ones, by the name of the component. Each is a full path on the
        host, written like O(backup_root).
    type: dict
    default: {}
  security:
    description:
      - Whether owners, groups and access lists are restored from the part. The part does not have inherited entries.
        They are inherited again.
      - V(auto) restores them if the files go back to the same folder on the same Windows installation. In other places,
        restored files inherit from the folder above.
      - V(original) always restores them. V(inherit) never restores them. Files that are already as in the part keep
        what they have.
      - A part of an early release has no owners, groups and access lists.
    type: str
    choices: [auto, original, inherit]
    default: auto
    version_added: 0.3.0
  include:
    description:
      - Globs below the root of each component, as in M(identityops.groupid.groupid_backup_folder). If there are any,
        only files that match one of them are restored.
      - If a pattern matches nothing in the part, or no file of a component matches, the task fails before anything is
        changed.
      - V(elasticsearch) can only be restored as a whole. With O(include) or O(exclude), O(components) must leave it
        out.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Globs for files that are not restored.
    type: list
    elements: str
    default: []
  unsealed:
    description:
      - Accept a part of a set that is not sealed, or a partial part.
    type: bool
    default: false
  other_machine:
    description:
      - Accept a part that another Windows installation made.
    type: bool
    default: false
  safety:
    description:
      - Save the files that will be replaced or removed, before anything is changed. A component that is mirrored is
        saved as a whole.
      - Without it, a restore that fails is still rolled back. After a restore that succeeds, the replaced files are
        gone.
    type: bool
    default: true
    version_added: 0.4.0
  safety_set_id:
    description:
      - Id of the set that gets the replaced files. It ends with C(-before-restore). The default is a new id.
      - Use it to save the files of several hosts in one set.
    type: str
    version_added: 0.4.0
  safety_keep:
    description:
      - How many parts of this host to keep in such sets. A restore that succeeds removes older parts.
    type: int
    default: 3
    version_added: 0.4.0
  threads:
    description:
      - Number of files handled at the same time. V(0) lets the host choose.
    type: int
    default: 0
  diff_limit:
    description:
      - How many paths of each kind RV(differences) and the diff show, up to 1000.
    type: int
    default: 200
seealso:
  - module: identityops.groupid.groupid_backup_verify
"""

EXAMPLES = r"""
- name: Show what a restore would change
  identityops.groupid.groupid_restore_folder:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z
  check_mode: true
  diff: true

- name: Restore one portal
  identityops.groupid.groupid_restore_folder:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z
    components: [self_service_portals]
    include: [HelpdeskPortal]
  register: restored

- name: Restore the files that this restore replaced
  identityops.groupid.groupid_restore_folder:
    backup_root: D:\Backups
    deployment: hq
    set_id: "{{ restored.safety.set_id }}"
  when: restored.safety is not none

- name: Restore reports to another folder, beside the current ones
  identityops.groupid.groupid_restore_folder:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z
    components: [reports]
    targets:
      reports: E:\Restored reports
"""

RETURN = r"""
set_id:
  description: Id of the set.
  returned: when there is such a set
  type: str
  sample: 20261122T150405Z
server:
  description: Server whose part was restored.
  returned: when there is such a set
  type: str
  sample: web01
files:
  description: Number of files in the part.
  returned: when the part was compared
  type: int
  sample: 1204
bytes:
  description: Size of all files in the part.
  returned: when the part was compared
  type: int
  sample: 73400320
narrowed:
  description: What makes the set smaller than usual, as its seal says, or the record of the part if there is no seal.
    Null if this is not known.
  returned: when the part was compared
  type: list
  elements: str
  version_added: 0.6.0
  sample: []
components:
  description: The result for each component.
  returned: when the part was compared
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      returned: always
      type: str
      sample: reports
    target:
      description: Folder restored into.
      returned: always
      type: str
      sample: C:\ProgramData\Imanami\GroupID 10.0\Reports
    policy:
      description: V(merge) or V(mirror).
      returned: always
      type: str
      sample: merge
    overwrite:
      description: V(always), V(if-changed) or V(never).
      returned: always
      type: str
      sample: always
    added:
      description: Number of entries that were not there.
      returned: always
      type: int
      sample: 3
    replaced:
      description: Number of files that were different.
      returned: always
      type: int
      sample: 1
    removed:
      description: Number of entries that the part does not have.
      returned: always
      type: int
      sample: 0
    attributes:
      description: Number of entries that differed only in times, attributes, owner or access list.
      returned: always
      type: int
      sample: 0
    unchanged:
      description: Number of entries that were already as in the part.
      returned: always
      type: int
      sample: 1200
    spared:
      description: Number of existing entries that were not changed, with O(overwrite=never).
      returned: always
      type: int
      sample: 0
    written_bytes:
      description: Size of all files written.
      returned: always
      type: int
      sample: 40960
added:
  description: Number of entries that were not there, in all components.
  returned: when the part was compared
  type: int
  sample: 3
replaced:
  description: Number of files that were different, in all components.
  returned: when the part was compared
  type: int
  sample: 1
removed:
  description: Number of entries that the part does not have, in all components.
  returned: when the part was compared
  type: int
  sample: 0
attributes:
  description: Number of entries that differed only in times, attributes, owner or access list, in all components.
  returned: when the part was compared
  type: int
  sample: 0
differences:
  description: Paths below the part, by kind. Each list has at most O(diff_limit) paths.
  returned: when the part was compared
  type: dict
  contains:
    added:
      description: Not there before.
      returned: always
      type: list
      elements: str
      sample: [reports/monthly/groups.xlsx]
    replaced:
      description: Different before.
      returned: always
      type: list
      elements: str
      sample: []
    removed:
      description: Not in the part.
      returned: always
      type: list
      elements: str
      sample: []
    attributes:
      description: Entries that differed only in times, attributes, owner or access list.
      returned: always
      type: list
      elements: str
      sample: []
diff:
  description: The same as text.
  returned: in diff mode, when the part was compared
  type: dict
  contains:
    prepared:
      description: The text.
      returned: always
      type: str
      sample: "added: 1\n+ reports/monthly/groups.xlsx\n"
safety:
  description:
    - Where the replaced and removed files were saved.
    - Null if there were none, if O(safety) is false, or if the restore failed and was undone.
  returned: when the part was compared
  type: dict
  contains:
    set_id:
      description: Id of the set.
      returned: always
      type: str
      sample: 20261123T081500Z-before-restore
    part_path:
      description: Folder of the part.
      returned: always
      type: str
      sample: D:\Backups\hq\20261123T081500Z-before-restore\web01
    files:
      description: Number of files in it.
      returned: always
      type: int
      sample: 1
    bytes:
      description: Size of all files in it.
      returned: always
      type: int
      sample: 40960
privileges:
  description: Privileges of the account that let it write files without regard to access lists.
  returned: when the part was compared
  type: dict
  contains:
    enabled:
      description: Names of the privileges that were enabled.
      returned: always
      type: list
      elements: str
      sample: [SeBackupPrivilege, SeRestorePrivilege, SeSecurityPrivilege, SeTakeOwnershipPrivilege]
    missing:
      description: Names of the privileges that the account does not have.
      returned: always
      type: list
      elements: str
      sample: []
losses:
  description: Properties of files and folders that were not kept, by kind. There is also a warning for each kind.
  returned: when the part was compared
  type: list
  elements: dict
  contains:
    kind:
      description: V(security_refused), V(security_not_kept_here) (the file system of the target has no access lists),
        V(security_not_in_part) or V(streams_not_restored) (alternate data streams; the cause says why).
      returned: always
      type: str
      sample: security_refused
    count:
      description: Number of files and folders.
      returned: always
      type: int
      sample: 3
    first:
      description: Path of the first file, below the part.
      returned: always
      type: str
      sample: reports/monthly/groups.xlsx
    cause:
      description: Cause for the first one, if the kind alone does not explain it.
      returned: always
      type: str
      sample: Access is denied. (5)
schema:
  description: Version of this result's shape.
  returned: always
  type: int
  sample: 1
seconds:
  description: How long the operation took on the host.
  returned: when the host answered
  type: float
  sample: 12.345
error:
  description: The parts of the error message.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure. One of V(bad_request), V(component_missing), V(damaged), V(journal), V(locked),
        V(nothing_left) (O(exclude) leaves no file of a component), V(nothing_matched) (O(include) matches nothing),
        V(not_sealed), V(other_machine), V(part_exists), V(part_missing), V(part_state), V(restore_unfinished),
        V(root_open), V(safety), V(seal_differs), V(set_missing), V(signature_missing), V(signature_wrong),
        V(signing_key_unknown), V(space), V(state_owner), V(target_changed), V(target_file), V(target_link),
        V(write_failed), or, if the agent did not answer, V(become), V(bootstrap), V(connection_lost),
        V(constrained_language), V(no_answer), V(not_windows), V(protocol). V(argument) is an option or a variable that
        is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: damaged
    what:
      description: What failed.
      returned: always
      type: str
      sample: The restore was not started
    component:
      description: Component that failed, if any.
      returned: always
      type: str
      sample: reports
    path:
      description: Path that failed, if any.
      returned: always
      type: str
      sample: C:\ProgramData\Imanami\GroupID 10.0\Reports
    cause:
      description: Cause, with the message of the system.
      returned: always
      type: str
      sample: The system cannot find the path specified. (3)
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Name the folder in component_paths.
"""
