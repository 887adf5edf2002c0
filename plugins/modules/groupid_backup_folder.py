# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_backup_folder
short_description: Back up the folders of GroupID on a host into a set
version_added: 0.1.0
description:
  - Copies the folders of GroupID's components, and others if wanted, into this host's part of a backup set, and
    hashes every file on the way.
  - The part is a plain folder with its manifest in C(sha256sum) format. Files can be restored by hand.
  - Owners, groups, access lists, times and attributes stand in the list of the part. Alternate data streams come with
    their files and folders, listed with size and SHA-256. RV(losses) counts what is not kept.
  - The bytes stay between the host and the backup root. Only a summary returns.
  - A part is written once. An unfinished one is never continued; the next backup takes a new set id.
  - Files that cannot be copied make the part partial, which is a failure unless O(allow_partial) names them.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.backup_set
  - identityops.groupid.product
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
      - Id of the set, a second of UTC such as V(20261122T150405Z), optionally followed by V(-) and a label of up to
        40 characters. All hosts of the deployment use the same.
    type: str
    required: true
  epoch:
    description:
      - Names the point in time that all parts of a set must share. A seal refuses parts of different epochs.
      - The default is the value of O(set_id).
    type: str
  components:
    description:
      - Components of GroupID to back up. The default is all of the version's usual ones.
      - In 9.0, V(self_service_portals), V(password_center_user), V(password_center_helpdesk), V(synchronize_jobs) and
        V(reports); and on request V(replication_attributes) and V(password_exceptions).
      - In 10.0, the same and V(elasticsearch); and on request V(schedules) too.
      - In 11.0, V(portals).
      - A component that every installation has, and that is not at its usual place, fails the backup. Name its folder
        in O(component_paths), or leave it out.
      - V([]) backs up nothing but O(folders).
    type: list
    elements: str
  folders:
    description:
      - Other folders to back up. O(include), O(exclude) and O(exclude_defaults) do not apply to them.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the folder in the part.
        type: str
        required: true
      path:
        description: Absolute path on the host.
        type: str
        required: true
      required:
        description: Whether its absence fails the backup.
        type: bool
        default: true
      include:
        description: As O(include), for this folder.
        type: list
        elements: str
        default: []
      exclude:
        description: As O(exclude), for this folder.
        type: list
        elements: str
        default: []
  include:
    description:
      - Globs below each component's root. Where there are any, only what one of them matches is copied.
      - V(*) and V(?) stay within one name, V(**) crosses folders, V(/) is between folders, case does not matter. A
        pattern that matches a folder covers all below it.
      - A pattern that matches nothing in any component, and a component in which no file matches, are errors. So name
        in O(components) those that it is meant for.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Globs of what is not copied.
    type: list
    elements: str
    default: []
  exclude_defaults:
    description:
      - More globs of what is not copied. The default names logs of portals and of Synchronize jobs, and the lock file
        of a running Elasticsearch. V([]) turns them off.
    type: list
    elements: str
    default: ["*/log/**", "*/Web/Logs/**", "*/JobRun_*.dtmlog", "**/node.lock"]
  allow_partial:
    description:
      - Globs over the component's name, V(/) and the path below its root. Files that they match may be missing from
        the part.
    type: list
    elements: str
    default: []
  link_unchanged:
    description:
      - Whether files that did not change since an older set become hard links to that set's files. They are neither
        read nor written, and take no room.
      - Linked to is the newest sealed set of the deployment below O(backup_root) whose part is of this Windows
        installation and has the component from the same folder, where the part's record agrees with the seal.
      - A file is linked where its size, time of last write, change time, attributes, owner and access list are
        those of the record, it has no alternate data streams, and the older set's file has the size and the time of
        last write of the record. All others are copied.
      - Links share fate. Whoever changes a file in one set changes it in all that share it, and a disk that fails
        loses all of them. Removing a set leaves the others whole.
      - What happened to the content of an older set's file without a trace in its size and times is not seen here.
        Verify each set in full before it is sealed, with M(identityops.groupid.groupid_backup_verify); a set that
        is found damaged is replaced by a backup without links.
      - Where no link can be made, the file is copied, and RV(not_linked) counts it. Room for a whole copy must be
        there.
      - In check mode the links are foretold as if none of them were refused.
      - Stop GroupID first. Windows promises the times of a file only once it is closed, so what a program writes over
        in place while it keeps the file open can be taken for unchanged.
    type: bool
    default: false
  threads:
    description:
      - Files copied at the same time. V(0) lets the host choose.
    type: int
    default: 0
  retries:
    description:
      - How many times a locked file is tried again.
    type: int
    default: 3
  retry_wait:
    description:
      - Seconds between these tries.
    type: float
    default: 0.5
  sample:
    description:
      - In check mode, read some of the files that would be copied, for two seconds at most, to learn how fast the host
        reads them. RV(sample) tells. Nothing is written.
      - Without check mode it does nothing.
    type: bool
    default: false
    version_added: 0.6.0
seealso:
  - module: identityops.groupid.groupid_backup_verify
  - module: identityops.groupid.groupid_backup_seal
  - module: identityops.groupid.groupid_restore_folder
"""

EXAMPLES = r"""
- name: Back up all usual components
  identityops.groupid.groupid_backup_folder:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z

- name: Back up one portal and a folder of our own
  identityops.groupid.groupid_backup_folder:
    backup_root: \\nas01\backup
    deployment: hq
    set_id: 20261122T150405Z-portal
    components: [self_service_portals]
    include: [HelpdeskPortal]
    folders:
      - name: scripts
        path: D:\GroupIDScripts
        exclude: ["**/*.tmp"]

- name: Back up reports that were moved, and do without those that are open
  identityops.groupid.groupid_backup_folder:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z-reports
    components: [reports]
    component_paths:
      reports: E:\Reports
    allow_partial: ["reports/**/*.xlsx"]

- name: See how much a backup would copy, and how fast the host reads
  identityops.groupid.groupid_backup_folder:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z
    sample: true
  check_mode: true
"""

RETURN = r"""
server:
  description: The host's name for itself, and for its part.
  returned: when the host answered
  type: str
  sample: web01
machine_guid:
  description: Identity of the Windows installation.
  returned: when the host answered
  type: str
  sample: 4f5cd3e0-9a0c-4b52-9c5a-7c0b9a6f7d11
version:
  description: Version of GroupID. Null when none is installed.
  returned: when the host answered
  type: str
  sample: "10.0"
epoch:
  description: The point in time that the part belongs to.
  returned: when the backup was started
  type: str
  sample: 20261122T150405Z
finished_at:
  description: When the part was finished, UTC.
  returned: when the part was finished, not in check mode
  type: str
  sample: "2026-11-22T15:04:17.1234567Z"
set_path:
  description: Folder of the set.
  returned: when the backup was started
  type: str
  sample: D:\Backups\hq\20261122T150405Z
part_path:
  description: Folder of the part.
  returned: when the backup was started
  type: str
  sample: D:\Backups\hq\20261122T150405Z\web01
state:
  description: V(complete), V(partial), or V(waived) when O(allow_partial) covers all that is missing.
  returned: when the backup was started
  type: str
  sample: complete
part_sha256:
  description: Digest of the part's record, for the seal. Null in check mode.
  returned: when the backup was started
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
files:
  description: Number of files copied.
  returned: when the backup was started
  type: int
  sample: 1204
directories:
  description: Number of folders made.
  returned: when the backup was started
  type: int
  sample: 37
bytes:
  description: Size of all files copied.
  returned: when the backup was started
  type: int
  sample: 73400320
streams:
  description: Number of alternate data streams copied; check mode does not foretell it. RV(bytes) is without them.
  returned: when the backup was started
  type: int
  version_added: 0.5.0
  sample: 2
excluded:
  description: Number of files that globs kept out.
  returned: when the backup was started
  type: int
  sample: 12
linked:
  description: Number of RV(files) that are hard links to files of older sets.
  returned: when the backup was started
  type: int
  sample: 1198
linked_bytes:
  description: Size of the files that are hard links.
  returned: when the backup was started
  type: int
  sample: 72351744
copied_bytes:
  description: Size of the files that were read and written.
  returned: when the backup was started
  type: int
  sample: 1048576
link_sets:
  description: Ids of the sets that O(link_unchanged) links to, most often one.
  returned: when the backup was started
  type: list
  elements: str
  sample: [20261121T150405Z]
not_linked:
  description: Files that did not change and could not be linked, by kind. Each is a warning too.
  returned: when the backup was started
  type: list
  elements: dict
  contains:
    kind:
      description: V(link_limit) (NTFS has room for 1,024 names of a file), V(link_other_volume), V(link_unsupported),
        V(link_refused), V(link_other_time) (the older set's file has another time of writing than its record, as
        after a copy that rounds times), or V(link_damaged) (it is not as its record says).
      returned: always
      type: str
      sample: link_limit
    count:
      description: Number of files.
      returned: always
      type: int
      sample: 3
    first:
      description: Path of the first below the part.
      returned: always
      type: str
      sample: reports/monthly/groups.xlsx
    cause:
      description: Cause for the first. Of V(link_damaged) and V(link_other_time), the path of the older set's file.
      returned: always
      type: str
      sample: An attempt was made to create more links on a file than the file system supports. (1142)
components:
  description: What became of each component and folder.
  returned: when the backup was started
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      returned: always
      type: str
      sample: reports
    status:
      description: V(copied), V(absent) or V(partial).
      returned: always
      type: str
      sample: copied
    source:
      description: Folder it was copied from.
      returned: always
      type: str
      sample: C:\ProgramData\Imanami\GroupID 10.0\Reports
    required:
      description: Whether its absence would have failed the backup.
      returned: always
      type: bool
      sample: true
    files:
      description: Number of files copied.
      returned: always
      type: int
      sample: 1204
    directories:
      description: Number of folders made.
      returned: always
      type: int
      sample: 37
    bytes:
      description: Size of all files copied.
      returned: always
      type: int
      sample: 73400320
    excluded:
      description: Number of files that globs kept out.
      returned: always
      type: int
      sample: 12
    problems:
      description: Number of files that could not be copied.
      returned: always
      type: int
      sample: 0
problems:
  description: Files that could not be copied, at most 1,000.
  returned: when the backup was started
  type: list
  elements: dict
  contains:
    component:
      description: Component.
      returned: always
      type: str
      sample: reports
    path:
      description: Path below its root.
      returned: always
      type: str
      sample: monthly/groups.xlsx
    problem:
      description: V(locked), V(denied), V(vanished), V(changed), V(link), V(name) or V(failed).
      returned: always
      type: str
      sample: locked
    cause:
      description: Cause, in the system's words.
      returned: always
      type: str
      sample: The process cannot access the file because it is being used by another process. (32)
    allowed:
      description: Whether O(allow_partial) covers it.
      returned: always
      type: bool
      sample: false
problem_count:
  description: Number of all files that could not be copied.
  returned: when the backup was started
  type: int
  sample: 0
privileges:
  description: Rights of the account that let it read past access lists.
  returned: when the backup was started
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
  returned: when the backup was started
  type: list
  elements: dict
  contains:
    kind:
      description: V(encrypted), V(compressed), V(sparse), V(streams) (alternate data streams that the backup root does
        not take), V(security_unread), V(hard_links) (files with several names, of which a copy each is kept) or
        V(open_for_writing) (files that another program had open for writing while they were copied).
      returned: always
      type: str
      sample: compressed
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
narrowed:
  description: What makes less of the part than usual, as its record has it. Null where nobody told.
  returned: when the backup was started
  type: list
  elements: str
  version_added: 0.6.0
  sample: []
scope:
  description: The permanent choices behind the part, as its record has them. Null where nobody told.
  returned: when the backup was started
  type: dict
  version_added: 0.6.0
  sample: {exclude: ["*.bak"]}
sample:
  description: What was read to learn how fast the host reads. Files of all sizes, of a large one its first 8 MB.
  returned: in check mode with O(sample=true), when the backup could begin
  type: dict
  version_added: 0.6.0
  contains:
    files:
      description: Number of files read.
      returned: always
      type: int
      sample: 1204
    bytes:
      description: Bytes read of them.
      returned: always
      type: int
      sample: 73400320
    seconds:
      description: Time that it took.
      returned: always
      type: float
      sample: 1.2345
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
      description: Kind of the failure. One of V(bad_request), V(component_unknown), V(locked), V(no_installation),
        V(nothing_left) (O(exclude) leaves no file of a component), V(nothing_matched) (O(include) matches nothing),
        V(part_exists), V(partial), V(root_in_product), V(several_installations), V(source_in_root), V(source_missing),
        V(sources_overlap), V(space), or of a call that got no answer, V(become), V(bootstrap), V(connection_lost),
        V(constrained_language), V(no_answer), V(not_windows), V(protocol).
        V(argument) for an option or a variable that cannot be right, V(unexpected) for a fault of the program.
      returned: always
      type: str
      sample: source_missing
    what:
      description: What was not done.
      returned: always
      type: str
      sample: The backup was not started
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
