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
  - Copies the folders of GroupID's components, and other folders if you name them, into this host's part of a backup
    set. It hashes every file while it copies it.
  - The part is a plain folder, and its manifest has the C(sha256sum) format. You can restore files by hand.
  - The list of the part records owners, groups, access lists, times and attributes. Alternate data streams are copied
    with their files and folders, and listed with size and SHA-256. RV(losses) counts what is not kept.
  - File contents go only from the host to the backup root. The controller gets a summary.
  - A part is written once. An unfinished part is never continued. The next backup uses a new set id.
  - If a file cannot be copied, the part is partial. This is a failure unless O(allow_partial) matches the file.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.backup_set
  - identityops.groupid.product
  - identityops.groupid.open_roots
  - identityops.groupid.signing
  - identityops.groupid.narrowing
attributes:
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  set_id:
    description:
      - Id of the set, a UTC time such as V(20261122T150405Z), optionally followed by V(-) and a label of up to
        40 characters. All hosts of the deployment use the same.
    type: str
    required: true
  epoch:
    description:
      - Point in time that all parts of a set share. A seal refuses parts of different epochs.
      - The default is the value of O(set_id).
    type: str
  components:
    description:
      - Components of GroupID to back up. The default is all of the version's usual ones.
      - In 9.0, V(self_service_portals), V(password_center_user), V(password_center_helpdesk), V(synchronize_jobs) and
        V(reports); and on request V(replication_attributes) and V(password_exceptions).
      - In 10.0, the same and V(elasticsearch); and on request V(schedules) too.
      - In 11.0, V(portals).
      - If a component that every installation has is not in its usual place, the backup fails. Set its folder in
        O(component_paths), or leave it out.
      - V([]) backs up only O(folders).
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
        description: Whether the backup fails if the folder does not exist.
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
      - Globs below the root of each component. If there are any, only files that match one of them are copied.
      - V(*) and V(?) match within one name. V(**) also matches across folders. V(/) separates folders. Case is ignored.
        A pattern that matches a folder also matches everything below it.
      - It is an error if a pattern matches nothing in any component, or if no file of a component matches. So name in
        O(components) only the components that the patterns are for.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Globs for files to leave out.
    type: list
    elements: str
    default: []
  exclude_defaults:
    description:
      - More globs for files to leave out. The default matches logs of portals and of Synchronize jobs, and the lock
        file of a running Elasticsearch. V([]) turns them off.
    type: list
    elements: str
    default: ["*/log/**", "*/Web/Logs/**", "*/JobRun_*.dtmlog", "**/node.lock"]
  allow_partial:
    description:
      - Globs for files that may be missing from the part. They match the name of the component, V(/), and the path
        below its root.
    type: list
    elements: str
    default: []
  link_unchanged:
    description:
      - Make hard links to an older set for files that did not change since then. These files are neither read nor
        written, and use no additional disk space.
      - Links are made to the newest sealed set of the deployment below O(backup_root) that meets these conditions. Its
        part is of this Windows installation, has the component from the same folder, and its record agrees with the
        seal.
      - If C(groupid_signing_key) is set, links are made only to a set whose signature is valid.
      - A file is linked if its size, last write time, change time, attributes, owner and access list are those of the
        record, if it has no alternate data streams, and if the file in the older set has the size and the last write
        time of the record. All other files are copied.
      - All sets that share a file have only one copy of it. If the file is changed in one set, it is changed in all of
        them. If the disk fails, all of them lose it. Removing one of the sets does not affect the others.
      - Damage to a file of an older set that does not change its size and times is not detected here. Verify each set
        in full before it is sealed, with M(identityops.groupid.groupid_backup_verify). If a set is damaged, replace it
        with a backup without links.
      - If a link cannot be made, the file is copied, and RV(not_linked) counts it. There must be enough free space for
        a whole copy.
      - Check mode predicts the links, and assumes that none of them is refused.
      - Stop GroupID first. Windows updates the times of a file reliably only after the file is closed. If a program
        keeps a file open and overwrites a part of it, the file can be mistaken for unchanged.
    type: bool
    default: false
  threads:
    description:
      - Number of files that are copied at the same time. V(0) lets the host choose.
    type: int
    default: 0
  retries:
    description:
      - How many times a locked file is tried again.
    type: int
    default: 3
  retry_wait:
    description:
      - Seconds between two tries.
    type: float
    default: 0.5
  sample:
    description:
      - In check mode, read some of the files that would be copied, for at most two seconds, to measure how fast the
        host reads them. RV(sample) has the result. Nothing is written.
      - Without check mode, this option has no effect.
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

- name: Back up reports that were moved, and allow open files to be missing
  identityops.groupid.groupid_backup_folder:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z-reports
    components: [reports]
    component_paths:
      reports: E:\Reports
    allow_partial: ["reports/**/*.xlsx"]

- name: Show how much a backup would copy, and how fast the host reads
  identityops.groupid.groupid_backup_folder:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z
    sample: true
  check_mode: true
"""

RETURN = r"""
server:
  description: The host's own name, which is also the name of its part.
  returned: when the host answered
  type: str
  sample: web01
machine_guid:
  description: Identity of the Windows installation.
  returned: when the host answered
  type: str
  sample: 4f5cd3e0-9a0c-4b52-9c5a-7c0b9a6f7d11
version:
  description: Version of GroupID. Null if none is installed.
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
  description: V(complete), V(partial), or V(waived) if O(allow_partial) matches all missing files.
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
  description: Number of alternate data streams that were copied. Check mode does not predict it. RV(bytes) does not
    include them.
  returned: when the backup was started
  type: int
  version_added: 0.5.0
  sample: 2
excluded:
  description: Number of files that globs excluded.
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
  description: Ids of the sets that O(link_unchanged) links to. Usually this is one.
  returned: when the backup was started
  type: list
  elements: str
  sample: [20261121T150405Z]
not_linked:
  description: Files that did not change but could not be linked, by kind. There is also a warning for each kind.
  returned: when the backup was started
  type: list
  elements: dict
  contains:
    kind:
      description: V(link_limit) (NTFS allows 1,024 names of a file), V(link_other_volume), V(link_unsupported),
        V(link_refused), V(link_other_time) (the last write time of the file in the older set differs from its record,
        for example because a copy rounded it), or V(link_damaged) (the file in the older set differs from its record).
      returned: always
      type: str
      sample: link_limit
    count:
      description: Number of files.
      returned: always
      type: int
      sample: 3
    first:
      description: Path of the first file, below the part.
      returned: always
      type: str
      sample: reports/monthly/groups.xlsx
    cause:
      description: Cause for the first file. For V(link_damaged) and V(link_other_time), this is the path of the file in
        the older set.
      returned: always
      type: str
      sample: An attempt was made to create more links on a file than the file system supports. (1142)
components:
  description: The result for each component and folder.
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
      description: Whether the backup would have failed if the folder did not exist.
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
      description: Number of files that globs excluded.
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
      description: Cause, with the message of the system.
      returned: always
      type: str
      sample: The process cannot access the file because it is being used by another process. (32)
    allowed:
      description: Whether O(allow_partial) matches the file.
      returned: always
      type: bool
      sample: false
problem_count:
  description: Number of all files that could not be copied.
  returned: when the backup was started
  type: int
  sample: 0
privileges:
  description: Privileges of the account that let it read files without regard to access lists.
  returned: when the backup was started
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
  returned: when the backup was started
  type: list
  elements: dict
  contains:
    kind:
      description: V(encrypted), V(compressed), V(sparse), V(streams) (alternate data streams that the backup root does
        not accept), V(security_unread), V(hard_links) (files with several names; each name becomes a copy) or
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
      description: Path of the first file, below the part.
      returned: always
      type: str
      sample: reports/monthly/groups.xlsx
    cause:
      description: Cause for the first one, if the kind alone does not explain it.
      returned: always
      type: str
      sample: Access is denied. (5)
narrowed:
  description: What makes the part smaller than usual, as its record says. Null if this is not known.
  returned: when the backup was started
  type: list
  elements: str
  version_added: 0.6.0
  sample: []
scope:
  description: The permanent choices for the part, as its record says. Null if they are not known.
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
sources:
  description: Drives and shares that have the files. A restore writes new files there, beside the old ones.
  returned: in check mode, when the backup could begin
  type: list
  elements: dict
  version_added: 0.6.0
  contains:
    path:
      description: Drive or share.
      returned: always
      type: str
      sample: "C:\\"
    bytes:
      description: Size of the files that a backup takes from there.
      returned: always
      type: int
      sample: 73400320
    free_bytes:
      description: Free space there that the user of the connection may use. Null if this is not known.
      returned: always
      type: int
      sample: 53687091200
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
      description: Kind of the failure. One of V(bad_request), V(component_unknown), V(locked), V(no_installation),
        V(nothing_left) (O(exclude) leaves no file of a component), V(nothing_matched) (O(include) matches nothing),
        V(part_exists), V(partial), V(root_in_product), V(several_installations), V(source_in_root), V(source_missing),
        V(sources_overlap), V(space), or, if the agent did not answer, V(become), V(bootstrap), V(connection_lost),
        V(constrained_language), V(no_answer), V(not_windows), V(protocol). V(argument) is an option or a variable that
        is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: source_missing
    what:
      description: What failed.
      returned: always
      type: str
      sample: The backup was not started
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
