# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_backup_verify
short_description: Verify a part of a backup set
version_added: 0.1.0
description:
  - Reads every file of a part again and compares it with the manifest of the part. Compares the manifest with the
    record of the part, and the record with the seal. O(mode) makes it read less.
  - If the part is damaged, the task fails. Nothing is changed in the set.
  - The host records how and when it last verified the part, below C(%ProgramData%\identityops.groupid).
    M(identityops.groupid.groupid_info) shows it. In check mode, nothing is recorded. If only some components are
    verified with O(components) and they are intact, nothing is recorded either.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.backup_set
  - identityops.groupid.signing
attributes:
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  set_id:
    description:
      - Id of the set. V(latest) is the newest sealed set that has the part and is full.
      - V(latest) ignores a set that is narrowed, and a set for which this is not known. Sets of an earlier release are
        judged by their parts, and all parts must be listed below O(backup_root). To verify such a set, use its id.
      - If C(groupid_signing_key) is set, V(latest) also ignores a set without a valid signature. The warnings name
        those that are newer.
    type: str
    default: latest
  server:
    description:
      - Server whose part is verified. The default is the host itself.
    type: str
  components:
    description:
      - Components to read. The default is all components of the part.
    type: list
    elements: str
  mode:
    description:
      - Which files are read. V(full) reads every file. V(quick) reads none. It finds files that are missing, added, or
        of another size, and records that contradict each other or the seal.
      - A share such as V(2/7), the second of seven, does the same as V(quick) and also reads the files of that share.
        The path of a file decides which share it belongs to. Seven runs from V(1/7) to V(7/7) read every file once.
        There can be at most 9,999 shares.
      - The role C(backup) seals a set only after its new parts were verified in full, if C(groupid_verify_after) is
        true. A restore always verifies the part in full.
    type: str
    default: full
    version_added: 0.3.0
  unsealed:
    description:
      - Verify a part of a set that is not sealed yet. No signature is asked for.
    type: bool
    default: false
    version_added: 0.6.0
  for_restore:
    description:
      - Another program will read the files of the part, for example SQL Server. The module then refuses a backup root
        that accounts other than administrators can change, because the files could be replaced after this check.
    type: bool
    default: false
    version_added: 0.6.0
seealso:
  - module: identityops.groupid.groupid_backup_folder
"""

EXAMPLES = r"""
- name: Verify this host's part of the newest sealed set
  identityops.groupid.groupid_backup_verify:
    backup_root: D:\Backups
    deployment: hq

- name: Read another seventh of the files on each day of the week
  identityops.groupid.groupid_backup_verify:
    backup_root: D:\Backups
    deployment: hq
    mode: "{{ now().isoweekday() }}/7"
"""

RETURN = r"""
set_id:
  description: Id of the set that was read.
  returned: when there is such a set
  type: str
  sample: 20261122T150405Z
server:
  description: Server whose part was read.
  returned: when there is such a set
  type: str
  sample: web01
state:
  description: V(verified), to the extent of RV(mode), or V(damaged).
  returned: when the part was read
  type: str
  sample: verified
mode:
  description: Which files were read, as in O(mode).
  returned: when the part was read
  type: str
  sample: full
sealed:
  description: Whether the set is sealed.
  returned: when the part was read
  type: bool
  sample: true
files:
  description: Number of files compared with the record.
  returned: when the part was read
  type: int
  sample: 1204
bytes:
  description: Size of all files compared with the record.
  returned: when the part was read
  type: int
  sample: 73400320
files_read:
  description: Number of these files whose content was read.
  returned: when the part was read
  type: int
  sample: 1204
bytes_read:
  description: How much content was read.
  returned: when the part was read
  type: int
  sample: 73400320
problems:
  description: What is wrong, at most 1,000.
  returned: when the part was read
  type: list
  elements: dict
  contains:
    path:
      description: Path below the part.
      returned: always
      type: str
      sample: reports/monthly/groups.xlsx
    problem:
      description: V(missing), V(added), V(size), V(content), V(kind), V(unreadable), V(stream) (an alternate data
        stream), or V(record) if the records of the part contradict each other or the seal.
      returned: always
      type: str
      sample: content
    cause:
      description: Cause, with the message of the system or of the agent.
      returned: always
      type: str
      sample: its SHA-256 is not the one of the manifest
problem_count:
  description: Number of all problems.
  returned: when the part was read
  type: int
  sample: 0
narrowed:
  description: What makes the set smaller than usual, as its seal says, or the record of the part if there is no seal.
    Null if this is not known.
  returned: when the part was read
  type: list
  elements: str
  version_added: 0.6.0
  sample: []
details:
  description: The details of the part that M(identityops.groupid.groupid_backup_adopt) recorded. Null for other parts.
  returned: when the part was read
  type: dict
  sample: {database: GroupID, mode: unc}
external:
  description: Components of the part whose files are elsewhere. These files were not verified.
  returned: when the part was read
  type: list
  elements: str
  sample: []
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
      description: Kind of the failure. One of V(bad_request), V(component_missing), V(damaged), V(no_full_set),
        V(part_missing), V(root_open), V(root_unreadable), V(seal_differs), V(set_link), V(set_missing),
        V(signature_missing), V(signature_wrong), V(signing_key_unknown), or, if the agent did not answer, V(become),
        V(bootstrap), V(connection_lost), V(constrained_language), V(no_answer), V(not_windows), V(protocol).
        V(argument) is an option or a variable that is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: damaged
    what:
      description: What failed.
      returned: always
      type: str
      sample: The part is damaged
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
