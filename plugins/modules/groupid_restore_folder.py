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
  - Verifies a part in full, compares it with what is there, and writes the files that are missing or differ. A
    damaged part changes nothing.
  - All new content is staged beside its place and hashed before anything changes; then renames put it in place. When
    anything fails, everything is as it was before, and the message says so.
  - A restore whose process was killed is ended by the next backup or restore on the host, forward when everything was
    staged, else back.
  - What is replaced or removed is saved first, as a part of a set of its own. That is restored like any other, without
    O(unsealed).
  - Stop GroupID first. A file in use cannot be replaced.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.backup_set
  - identityops.groupid.open_roots
attributes:
  diff_mode:
    support: full
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  set_id:
    description:
      - Id of the set. It must be named; there is no newest one here.
    type: str
    required: true
  server:
    description:
      - Server whose part is restored. The default is the host itself.
    type: str
  components:
    description:
      - Components to restore. The default is all that the part has.
    type: list
    elements: str
  policy:
    description:
      - V(merge) leaves files that the part does not have. V(mirror) removes them, except those that the backup
        excluded.
      - The default is what suits the component, V(merge) for all but V(elasticsearch).
      - V(elasticsearch) is always mirrored. Files of another index among those of this one would break it.
    type: str
    choices: [merge, mirror]
  overwrite:
    description:
      - What becomes of files that are there. V(always) reads those of the same size, and replaces what differs.
      - V(if-changed) takes files of the same size and time of writing as equal, without reading them.
      - V(never) leaves them as they are, and only adds. Not for V(elasticsearch).
    type: str
    choices: [always, if-changed, never]
    default: always
    version_added: 0.4.0
  targets:
    description:
      - Folders to restore into instead of those that were backed up, by the component's name, each a full path
        on the host, written as O(backup_root) may be.
    type: dict
    default: {}
  security:
    description:
      - Whether owners, groups and access lists come back as the part has them. Entries that were inherited are not in
        the part; they are inherited again.
      - V(auto) puts them back where they came from, the same folder on the same Windows installation. Elsewhere,
        what is written inherits from the folder above.
      - V(original) puts them back anywhere. V(inherit) nowhere; files that are as in the part keep what they have.
      - A part of an earlier release has none.
    type: str
    choices: [auto, original, inherit]
    default: auto
    version_added: 0.3.0
  include:
    description:
      - Globs below each component's root, as in M(identityops.groupid.groupid_backup_folder). Where there are any,
        only what one of them matches is restored.
      - A pattern that matches nothing in the part, and a component of which no file matches, are errors before anything
        is touched.
      - V(elasticsearch) is restored whole or not at all. With O(include) or O(exclude), O(components) must leave it
        out.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Globs of what is not restored.
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
      - Save what is replaced or removed before anything is touched. A component that is mirrored is saved whole.
      - Without it, a restore still ends as before or after, but what it replaced is gone at its end.
    type: bool
    default: true
    version_added: 0.4.0
  safety_set_id:
    description:
      - Id of the set that gets what is replaced; it ends with C(-before-restore). The default is a new one.
      - For the restores of several hosts into one set.
    type: str
    version_added: 0.4.0
  safety_keep:
    description:
      - Of the parts that restores of this host have left in such sets, how many are kept. Older ones are removed after
        a restore that succeeded.
    type: int
    default: 3
    version_added: 0.4.0
  threads:
    description:
      - Files handled at the same time. V(0) lets the host choose.
    type: int
    default: 0
  diff_limit:
    description:
      - How many paths of each kind RV(differences) and the diff name, up to 1000.
    type: int
    default: 200
seealso:
  - module: identityops.groupid.groupid_backup_verify
"""

EXAMPLES = r"""
- name: See what a restore would change
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

- name: Go back to what that restore replaced
  identityops.groupid.groupid_restore_folder:
    backup_root: D:\Backups
    deployment: hq
    set_id: "{{ restored.safety.set_id }}"
  when: restored.safety is not none

- name: Restore reports beside the live ones
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
components:
  description: What became of each component.
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
      description: Number of entries of which only times, attributes, owner or access list were different.
      returned: always
      type: int
      sample: 0
    unchanged:
      description: Number of entries that were as in the part.
      returned: always
      type: int
      sample: 1200
    spared:
      description: Number of entries that were there and left as they are, with O(overwrite=never).
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
  description: Number of entries of which only times, attributes, owner or access list were different, in all
    components.
  returned: when the part was compared
  type: int
  sample: 0
differences:
  description: Paths below the part by kind, each list cut at O(diff_limit).
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
      description: Only times, attributes, owner or access list different before.
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
  description: Where what was replaced or removed was saved. Null when nothing was, or O(safety) is false.
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
  description: Rights of the account that let it write past access lists.
  returned: when the part was compared
  type: dict
  contains:
    enabled:
      description: Names of those that were taken.
      returned: always
      type: list
      elements: str
      sample: [SeBackupPrivilege, SeRestorePrivilege, SeSecurityPrivilege, SeTakeOwnershipPrivilege]
    missing:
      description: Names of those that the account does not hold.
      returned: always
      type: list
      elements: str
      sample: []
losses:
  description: Properties of files and folders that were not kept, by kind. Each is a warning too.
  returned: when the part was compared
  type: list
  elements: dict
  contains:
    kind:
      description: V(security_refused), V(security_not_kept_here) (the file system of the target has no access lists),
        V(security_not_in_part) or V(streams_not_restored) (alternate data streams; their cause says why).
      returned: always
      type: str
      sample: security_refused
    count:
      description: Number of files and folders.
      returned: always
      type: int
      sample: 3
    first:
      description: Path of the first below the part.
      returned: always
      type: str
      sample: reports/monthly/groups.xlsx
    cause:
      description: Cause for the first, if there is more to say than the kind.
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
  description: What the message says, in parts.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure. One of V(bad_request), V(component_missing), V(damaged), V(journal), V(locked),
        V(nothing_left) (O(exclude) leaves no file of a component), V(nothing_matched) (O(include) matches nothing),
        V(not_sealed), V(other_machine), V(part_exists), V(part_missing), V(part_state), V(restore_unfinished),
        V(safety), V(set_missing), V(space), V(state_owner), V(target_changed), V(target_file), V(target_link),
        V(write_failed), or of a call that got no answer, V(become), V(bootstrap), V(connection_lost),
        V(constrained_language), V(no_answer), V(not_windows), V(protocol).
        V(argument) for an option or a variable that cannot be right, V(unexpected) for a fault of the program.
      returned: always
      type: str
      sample: damaged
    what:
      description: What was not done.
      returned: always
      type: str
      sample: The restore was not started
    component:
      description: Component it was about, if any.
      returned: always
      type: str
      sample: reports
    path:
      description: Path it was about, if any.
      returned: always
      type: str
      sample: C:\ProgramData\Imanami\GroupID 10.0\Reports
    cause:
      description: Cause, in the system's words.
      returned: always
      type: str
      sample: The system cannot find the path specified. (3)
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Name the folder in component_paths.
"""
