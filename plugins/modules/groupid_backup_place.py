# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_backup_place
short_description: Make a folder in a set for files of another program
version_added: 0.2.0
description:
  - Makes a new part with an empty folder, and lets one account write there. A program such as SQL Server then writes
    its backup into the folder, and M(identityops.groupid.groupid_backup_adopt) makes the part complete.
  - Until then, the part is unfinished, and the set cannot be sealed.
  - Several runs with the same set id can use this module for the same part. The folder is made once, and O(account)
    gets access again. If another run has completed the part, RV(complete) is true, and the result has the record of the
    part.
  - The module refuses a part with any other content, and a set that is sealed.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.backup_set
  - identityops.groupid.open_roots
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
  account:
    description:
      - Account that may read, write and delete in the folder, in addition to those that already may, as C(DOMAIN\name).
        For a service on another computer, use the account of the computer, C(DOMAIN\COMPUTER$).
    type: str
seealso:
  - module: identityops.groupid.groupid_backup_adopt
  - module: identityops.groupid.groupid_sql_backup
"""

EXAMPLES = r"""
- name: Make a folder for the backup of the database
  identityops.groupid.groupid_backup_place:
    backup_root: \\nas01\backup
    deployment: hq
    set_id: 20261122T150405Z
    part: database
    component: database
    account: CORP\SQL01$
  register: place
"""

RETURN = r"""
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
folder:
  description: Folder to write into.
  returned: success
  type: str
  sample: \\nas01\backup\hq\20261122T150405Z\database\database
granted:
  description: Whether O(account) got access. False if the file system has no access lists; a warning says so. Null
    without an account, in check mode, and if the part is complete.
  returned: success
  type: bool
  sample: true
complete:
  description: Whether the part is already complete. If it is, the result has the values that
    M(identityops.groupid.groupid_backup_adopt) returned for it, such as RV(part_sha256), and RV(details).
  returned: success
  type: bool
  sample: false
part_sha256:
  description: Digest of the part's record, for the seal.
  returned: when RV(complete)
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
server:
  description: Name of the part.
  returned: when RV(complete)
  type: str
  sample: database
machine_guid:
  description: Identity of the Windows installation that completed the part.
  returned: when RV(complete)
  type: str
  sample: 4f5cd3e0-9a0c-4b52-9c5a-7c0b9a6f7d11
version:
  description: Version of GroupID, if it was set.
  returned: when RV(complete)
  type: str
  sample: "10.0"
epoch:
  description: The point in time that the part belongs to.
  returned: when RV(complete)
  type: str
  sample: 20261122T150405Z
finished_at:
  description: When the part was finished, UTC.
  returned: when RV(complete)
  type: str
  sample: "2026-11-22T15:04:17.1234567Z"
state:
  description: Always V(complete).
  returned: when RV(complete)
  type: str
  sample: complete
files:
  description: Number of files.
  returned: when RV(complete)
  type: int
  sample: 1
directories:
  description: Number of folders.
  returned: when RV(complete)
  type: int
  sample: 1
bytes:
  description: Size of all files.
  returned: when RV(complete)
  type: int
  sample: 73400320
components:
  description: The component.
  returned: when RV(complete)
  type: list
  elements: dict
  sample: [{name: database, status: copied, files: 1}]
external:
  description: Always empty, because files that are elsewhere have no folder in the set.
  returned: when RV(complete)
  type: list
  elements: str
  sample: []
details:
  description: Other facts about the files, as they were recorded.
  returned: when RV(complete)
  type: dict
  sample: {database: GroupID}
narrowed:
  description: What makes the part smaller than usual, as its record says. Null if this is not known.
  returned: when RV(complete)
  type: list
  elements: str
  version_added: 0.6.0
  sample: []
scope:
  description: The permanent choices for the part, as its record says. Null if they are not known.
  returned: when RV(complete)
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
      description: Kind of the failure. One of V(account), V(bad_request), V(part_exists), V(root_missing),
        V(root_unreadable), V(set_sealed), V(write_failed), or, if the agent did not answer, V(become), V(bootstrap),
        V(connection_lost), V(constrained_language), V(no_answer), V(not_windows), V(protocol). V(argument) is an option
        or a variable that is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: part_exists
    what:
      description: What failed.
      returned: always
      type: str
      sample: The folder was not made
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
