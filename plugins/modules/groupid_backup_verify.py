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
  - Reads every file of a part again and compares it with the part's manifest, the manifest with the part's record,
    and the record with the seal. O(mode) makes it read less.
  - A damaged part is a failure. Nothing is changed in the set.
  - How and when the part was last verified from the host is noted there, below C(%ProgramData%\identityops.groupid),
    and shown by M(identityops.groupid.groupid_info). Check mode notes nothing, nor does a run in which O(components)
    names sound ones.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.backup_set
attributes:
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  set_id:
    description:
      - Id of the set. V(latest) is the newest sealed one that has the part and is full.
      - V(latest) passes over a set that is narrowed, and one of which it cannot be told. Those that an earlier release
        made are judged by their parts, all of which must be listed below O(backup_root). Name such a set by its id.
    type: str
    default: latest
  server:
    description:
      - Server whose part is verified. The default is the host itself.
    type: str
  components:
    description:
      - Components to read. The default is all that the part has.
    type: list
    elements: str
  mode:
    description:
      - Whose content is read again. V(full) reads every file. V(quick) reads none, and finds what is missing, added, or
        of another size, and records that contradict each other or the seal.
      - A share such as V(2/7), the second of seven, does what V(quick) does and reads the files of that share. Which
        share a file belongs to follows from its path alone. Seven runs from V(1/7) to V(7/7) read every file once. The
        number of shares is at most 9,999.
      - Only a set whose parts were verified in full is sealed, and a restore always verifies in full itself.
    type: str
    default: full
    version_added: 0.3.0
seealso:
  - module: identityops.groupid.groupid_backup_folder
"""

EXAMPLES = r"""
- name: Verify this host's part of the newest sealed set
  identityops.groupid.groupid_backup_verify:
    backup_root: D:\Backups
    deployment: hq

- name: Read another seventh of it each day of the week
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
  description: V(verified), as far as RV(mode) goes, or V(damaged).
  returned: when the part was read
  type: str
  sample: verified
mode:
  description: Whose content was read, as in O(mode).
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
        stream), or V(record) where the part's own records contradict each other or the seal.
      returned: always
      type: str
      sample: content
    cause:
      description: Cause, in the system's words or the agent's.
      returned: always
      type: str
      sample: its SHA-256 is not the one of the manifest
problem_count:
  description: Number of all problems.
  returned: when the part was read
  type: int
  sample: 0
narrowed:
  description: What makes less of the set than usual, as its seal has it, or the part's record where there is no seal.
    Null where that is not known.
  returned: when the part was read
  type: list
  elements: str
  version_added: 0.6.0
  sample: []
details:
  description: What M(identityops.groupid.groupid_backup_adopt) was told of the part's files. Null for other parts.
  returned: when the part was read
  type: dict
  sample: {database: GroupID, mode: unc}
external:
  description: Components of the part that lie elsewhere. Nothing of them was verified.
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
  description: What the message says, in parts.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure. One of V(bad_request), V(component_missing), V(damaged), V(no_full_set),
        V(part_missing), V(root_unreadable), V(set_missing), or of a call that got no answer, V(become), V(bootstrap),
        V(connection_lost), V(constrained_language), V(no_answer), V(not_windows), V(protocol).
        V(argument) for an option or a variable that cannot be right, V(unexpected) for a fault of the program.
      returned: always
      type: str
      sample: damaged
    what:
      description: What was not done.
      returned: always
      type: str
      sample: The part is damaged
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
