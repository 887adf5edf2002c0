# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_rehearsal
short_description: Test backup, verify and restore on a server, in scratch folders
version_added: 0.6.0
description:
  - Makes a small tree of difficult files in scratch folders, backs it up, verifies it, damages it and restores it. It
    uses the same operations as a real backup and restore. One restore is killed in the middle, and the next one
    completes it.
  - Compares every property of every file, with calls that the other operations do not use.
  - Says for each claim of C(docs/windows.md) whether it is held. A claim that is not held does not fail the task.
  - Always removes its files at the end. If something cannot be removed, the task fails, with the claims in the result.
    Files of a rehearsal that was killed are removed by the next one, and by O(state=clean).
  - Endpoint protection may report a rehearsal, because it writes, changes and deletes many files in a short time, and
    ends a process. Tell the people who monitor the server before you run it.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.product
attributes:
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  state:
    description:
      - V(rehearsed) runs a rehearsal. It is refused while a backup or restore is running on the server.
      - V(placed) only makes a folder in the backup root that a SQL Server can write to, like the folder of a set for
        the backup of a database. The next rehearsal of this server removes it, and so does V(clean).
      - V(clean) only removes files that earlier rehearsals of this server have left.
    type: str
    choices: [rehearsed, placed, clean]
    default: rehearsed
  backup_root:
    description:
      - Folder for all sets, as the host sees it. The rehearsal makes its own sets in a folder
        C(.rehearsal-<server>-<id>) there, which lists and backups ignore.
      - The rehearsal makes a folder with the same name at the top of each volume that has a component of GroupID, and
        on the system drive if no volume has one.
      - Together, these folders use at most 64 MB, and at most a fifth of the free space.
    type: str
    required: true
  account:
    description:
      - With O(state=placed), the account that may write to the folder. For a service on another computer, this is the
        account of the computer, such as V(CORP\\SQL01$).
    type: str
  directory:
    description:
      - Directory on the controller. The result is written there as C(rehearsal-<host>.json), and replaces an earlier
        one.
      - Without it, and in check mode, the result is only returned.
    type: str
  names:
    description:
      - Keep the names of the server, its account, its domain and its backup root in the result. By default, they are
        masked, so that you can send the result to others.
    type: bool
    default: false
seealso:
  - module: identityops.groupid.groupid_info
"""

EXAMPLES = r"""
- name: Run a rehearsal, and keep the result
  identityops.groupid.groupid_rehearsal:
    backup_root: D:\Backups
    directory: rehearsals
  register: rehearsal

- name: Show what was found
  ansible.builtin.debug:
    var: rehearsal.table

- name: Remove the files of a rehearsal that was killed
  identityops.groupid.groupid_rehearsal:
    backup_root: D:\Backups
    state: clean
"""

RETURN = r"""
claims:
  description: The result of each claim.
  returned: O(state=rehearsed), and not in check mode
  type: list
  elements: dict
  contains:
    id:
      description: The claim.
      returned: always
      type: str
      sample: restore.killed
    verdict:
      description: V(held), V(not held), V(refused by the system) or V(not tried here).
      returned: always
      type: str
      sample: held
    seen:
      description: What was seen instead, or why it was not tried.
      returned: always
      type: str
      sample: The backup root is on this server's own disks.
table:
  description: The claims as lines of at most 80 columns.
  returned: O(state=rehearsed), and not in check mode
  type: list
  elements: str
  sample: ["restore.killed  held  The next restore completes one that was killed"]
consequences:
  description: A sentence for each claim that is not held and matters for a restore.
  returned: O(state=rehearsed), and not in check mode
  type: list
  elements: str
  sample: []
losses:
  description: Those of RV(consequences) that mean that data would be lost. Do not start a backup.
  returned: O(state=rehearsed), and not in check mode
  type: list
  elements: str
  sample: []
measured:
  description: How fast the server was. A tree this small says little about a large one.
  returned: O(state=rehearsed), and not in check mode
  type: dict
  contains:
    mb_per_second:
      description: Megabytes that a backup copied per second.
      returned: when a backup ended
      type: float
      sample: 21.4
    files_per_second:
      description: Files that a backup copied per second.
      returned: when a backup ended
      type: int
      sample: 310
    ms_per_call:
      description: Milliseconds of one call to the host that does almost nothing.
      returned: always
      type: int
      sample: 2100
    seconds:
      description: Seconds that the whole rehearsal took, with the removal of its files.
      returned: always
      type: int
      sample: 48
platform:
  description: What the agent ran on.
  returned: O(state=rehearsed), and not in check mode
  type: dict
  sample: {system: Windows 10.0.20348.0, runtime: .NET Framework}
file_systems:
  description: File systems of the fixed drives.
  returned: O(state=rehearsed), and not in check mode
  type: list
  elements: str
  sample: [NTFS]
agent:
  description: Identity of the agent's source.
  returned: O(state=rehearsed), and not in check mode
  type: str
  sample: 72278a6bae3c05c6
server:
  description: Name of the server. Only with O(names).
  returned: O(state=rehearsed), and not in check mode
  type: str
  sample: null
rehearsed_at:
  description: When, in UTC.
  returned: O(state=rehearsed), and not in check mode
  type: str
  sample: "2026-11-28T21:00:00Z"
rehearsal_schema:
  description: Version of the result's form.
  returned: O(state=rehearsed), and not in check mode
  type: int
  sample: 1
file:
  description: The file on the controller.
  returned: O(state=rehearsed), and not in check mode
  type: str
  sample: /home/ops/rehearsals/rehearsal-web01.json
folder:
  description: The folder that was made.
  returned: O(state=placed)
  type: str
  sample: D:\Backups\.rehearsal-web01-0123456789abcdef\rehearsal\20000101T000000Z\database\database
removed:
  description: Number of folders of earlier rehearsals that were removed.
  returned: O(state=clean), and not in check mode
  type: int
  sample: 2
left:
  description: What could not be removed, each with C(path) and C(cause).
  returned: O(state=clean), and not in check mode
  type: list
  elements: dict
  sample: []
schema:
  description: Version of the result.
  returned: always
  type: int
  sample: 1
seconds:
  description: How long it took on the host.
  returned: O(state=clean) and O(state=placed), when the host answered
  type: float
  sample: 0.345
error:
  description: The parts of the error message.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure. One of V(bad_request), V(locked), V(space), V(scratch), V(scratch_left),
        V(root_missing), V(result_file), or, if the agent did not answer, V(become), V(bootstrap), V(connection_lost),
        V(constrained_language), V(no_answer), V(not_windows), V(protocol).
      returned: always
      type: str
      sample: space
    what:
      description: What failed.
      returned: always
      type: str
      sample: The server was not rehearsed
    component:
      description: Component that failed, if any.
      returned: always
      type: str
      sample: null
    path:
      description: Path that failed, if any.
      returned: always
      type: str
      sample: \\nas01\backup
    cause:
      description: Cause, with the message of the system.
      returned: always
      type: str
      sample: There are 12 MB free
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Free disk space there.
"""
