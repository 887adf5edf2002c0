# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_backup_adopt
short_description: Make files of another program a part of a set
version_added: 0.2.0
description:
  - Reads every file in the folder that M(identityops.groupid.groupid_backup_place) made, and writes the manifest and
    the record of the part. After that, the part is like any other. It is verified, and the seal covers it.
  - The folder must contain the files in O(files), and no others.
  - If another run has completed the part with the same files, nothing is changed, and the result is the record of that
    run.
  - With O(external), files that another program keeps elsewhere are recorded. They are not hashed and not verified.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.backup_set
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
  part:
    description:
      - Name of the part. It is not the name of a server.
    type: str
    required: true
  component:
    description:
      - Name of the component, which is the name of the folder in the part.
    type: str
    required: true
  files:
    description:
      - Names of the files in the folder.
      - Required unless O(external).
    type: list
    elements: str
    default: []
  external:
    description:
      - Record a component whose files are elsewhere. The set contains none of its files.
    type: bool
    default: false
  epoch:
    description:
      - Point in time that the part belongs to. It is the same for all parts of a sealed set. By default O(set_id).
    type: str
  version:
    description:
      - Version of GroupID that the files belong to.
    type: str
  details:
    description:
      - Other facts about the files. They are stored in the record of the part.
    type: dict
    default: {}
seealso:
  - module: identityops.groupid.groupid_backup_place
"""

EXAMPLES = r"""
- name: Make the backup of the database a part of the set
  identityops.groupid.groupid_backup_adopt:
    backup_root: \\nas01\backup
    deployment: hq
    set_id: 20261122T150405Z
    part: database
    component: database
    files: [GroupID.bak]
    details:
      database: GroupID
"""

RETURN = r"""
server:
  description: Name of the part.
  returned: success
  type: str
  sample: database
machine_guid:
  description: Identity of the Windows installation that holds the part.
  returned: success
  type: str
  sample: 4f5cd3e0-9a0c-4b52-9c5a-7c0b9a6f7d11
version:
  description: Version of GroupID, if it was set.
  returned: success
  type: str
  sample: "10.0"
epoch:
  description: The point in time that the part belongs to.
  returned: success
  type: str
  sample: 20261122T150405Z
finished_at:
  description: When the part was finished, UTC.
  returned: success, not in check mode
  type: str
  sample: "2026-11-22T15:04:17.1234567Z"
set_path:
  description: Folder of the set.
  returned: success
  type: str
  sample: \\nas01\backup\hq\20261122T150405Z
part_path:
  description: Folder of the part.
  returned: success
  type: str
  sample: \\nas01\backup\hq\20261122T150405Z\database
state:
  description: Always V(complete).
  returned: success
  type: str
  sample: complete
part_sha256:
  description: Digest of the part's record, for the seal. Null in check mode.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
files:
  description: Number of files.
  returned: success
  type: int
  sample: 1
directories:
  description: Number of folders.
  returned: success
  type: int
  sample: 1
bytes:
  description: Size of all files.
  returned: success
  type: int
  sample: 73400320
components:
  description: The component, as in the result of M(identityops.groupid.groupid_backup_folder), with the
    status V(copied) or V(external).
  returned: success
  type: list
  elements: dict
  sample: [{name: database, status: copied, files: 1}]
external:
  description: Names of the components whose files are elsewhere.
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
      description: Kind of the failure. One of V(bad_request), V(locked), V(part_content), V(part_exists),
        V(root_missing), V(root_unreadable), V(write_failed), or, if the agent did not answer, V(become), V(bootstrap),
        V(connection_lost), V(constrained_language), V(no_answer), V(not_windows), V(protocol). V(argument) is an option
        or a variable that is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: part_exists
    what:
      description: What failed.
      returned: always
      type: str
      sample: The part was not completed
    component:
      description: Component that failed, if any.
      returned: always
      type: str
      sample: database
    path:
      description: Path that failed, if any.
      returned: always
      type: str
      sample: \\nas01\backup\hq\20261122T150405Z\database
    cause:
      description: Cause, with the message of the system.
      returned: always
      type: str
      sample: The system cannot find the path specified. (3)
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Correct groupid_backup_root, or connect the drive.
"""
