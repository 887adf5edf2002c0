# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_backup_place
short_description: Make room in a set for files that another program writes
version_added: 0.2.0
description:
  - Makes a new part with an empty folder, and lets one account write there. A program such as SQL Server writes its
    backup into it; M(identityops.groupid.groupid_backup_adopt) then makes the part complete.
  - Until then the part is unfinished, and a set that has it is not sealed.
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
      - Id of the set.
    type: str
    required: true
  part:
    description:
      - Name of the part, beside those that carry the names of servers.
    type: str
    required: true
  component:
    description:
      - Name of the component, that is of the folder in the part that holds the files.
    type: str
    required: true
  account:
    description:
      - Account that may read, write and delete in the folder, besides those that may already, as C(DOMAIN\name). For
        a service of another computer this is the computer, C(DOMAIN\COMPUTER$).
    type: str
seealso:
  - module: identityops.groupid.groupid_backup_adopt
  - module: identityops.groupid.groupid_sql_backup
"""

EXAMPLES = r"""
- name: Make room for the backup of the database
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
  description: Whether O(account) was let in. False where the file system keeps no access lists, which a warning says.
    Null without an account, and in check mode.
  returned: success
  type: bool
  sample: true
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
  returned: on failure on the host
  type: dict
  contains:
    code:
      description: Kind of the failure. One of V(account), V(bad_request), V(part_exists),
        V(root_missing), V(root_unreadable), V(write_failed), or of a call that got no answer, V(become),
        V(bootstrap), V(connection_lost), V(constrained_language), V(no_answer), V(not_windows), V(protocol).
      returned: always
      type: str
      sample: part_exists
    what:
      description: What was not done.
      returned: always
      type: str
      sample: The folder was not made
    component:
      description: Component it was about, if any.
      returned: always
      type: str
      sample: database
    path:
      description: Path it was about, if any.
      returned: always
      type: str
      sample: \\nas01\backup\hq\20261122T150405Z\database
    cause:
      description: Cause, in the system's words.
      returned: always
      type: str
      sample: The system cannot find the path specified. (3)
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Correct groupid_backup_root, or connect the drive.
"""
