# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_rehearsal
short_description: Have a server prove on itself what backup, verify and restore promise there
version_added: 0.6.0
description:
  - Makes a small tree of hard cases in scratch folders, backs it up, verifies it, damages it and restores it, with the
    same operations that a real backup and restore use. One restore is killed in the middle, and ended by the next.
  - Compares every property of every file by calls of its own.
  - Says for each claim of C(docs/windows.md) whether it is held. A claim that is not held is no failure of the task.
  - Removes all of it in every case. What cannot be removed fails the task, with the claims in the result. What a
    rehearsal that was killed left is removed by the next one, and by O(state=clean).
  - Endpoint protection may report it, as it writes, changes and deletes many files in a short time, and ends a process.
    Tell who watches the server before.
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
      - V(rehearsed) rehearses. It is refused while a backup or restore is at work on the server.
      - V(placed) only makes a folder that a SQL Server can write to, in a scratch in the backup root, as a set has one
        for the backup of a database. The next rehearsal of this server removes it, and V(clean).
      - V(clean) only removes what earlier rehearsals of this server left.
    type: str
    choices: [rehearsed, placed, clean]
    default: rehearsed
  backup_root:
    description:
      - Folder of all sets, as the host sees it. The rehearsal keeps its own sets in a folder
        C(.rehearsal-<server>-<id>) there, which lists and backups pass over.
      - On each volume that has a component of GroupID, and on the system's drive where none has, there is a folder of
        the same name at the top of the volume.
      - All of it takes 64 MB and a fifth of what is free at most.
    type: str
    required: true
  account:
    description:
      - With O(state=placed), account that is let into the folder, as V(CORP\\SQL01$) for the service of another
        computer.
    type: str
  directory:
    description:
      - Directory of the controller. The result is written there as C(rehearsal-<host>.json), in the place of an
        earlier one.
      - Without it, and in check mode, the result stands in the answer only.
    type: str
  names:
    description:
      - Leave the names of the server, its account, its domain and its backup root in the result. Otherwise they are
        masked, so that the result can be sent to others.
    type: bool
    default: false
seealso:
  - module: identityops.groupid.groupid_info
"""

EXAMPLES = r"""
- name: Rehearse, and keep the result
  identityops.groupid.groupid_rehearsal:
    backup_root: D:\Backups
    directory: rehearsals
  register: rehearsal

- name: Show what was found
  ansible.builtin.debug:
    var: rehearsal.table

- name: Remove what a rehearsal that was killed left
  identityops.groupid.groupid_rehearsal:
    backup_root: D:\Backups
    state: clean
"""

RETURN = r"""
claims:
  description: What was seen of each claim, in the order of C(docs/windows.md).
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
  sample: ["restore.killed  held  A restore that was killed is ended by the next"]
consequences:
  description: A sentence for each claim that is not held and matters for a restore.
  returned: O(state=rehearsed), and not in check mode
  type: list
  elements: str
  sample: []
losses:
  description: Those of RV(consequences) by which data would be lost. A backup should not begin.
  returned: O(state=rehearsed), and not in check mode
  type: list
  elements: str
  sample: []
measured:
  description: How fast the server was. Of a tree this small it says little of a large one.
  returned: O(state=rehearsed), and not in check mode
  type: dict
  contains:
    mb_per_second:
      description: Bytes that a backup copied in a second, in millions.
      returned: when a backup ended
      type: float
      sample: 21.4
    files_per_second:
      description: Files that a backup copied in a second.
      returned: when a backup ended
      type: int
      sample: 310
    ms_per_call:
      description: Milliseconds of one call to the host that does next to nothing.
      returned: always
      type: int
      sample: 2100
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
  description: Name of the server, with O(names) only.
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
  description: What the message says, in parts.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure. One of V(bad_request), V(locked), V(space), V(scratch), V(scratch_left),
        V(root_missing), V(result_file), or of a call that got no answer, V(become), V(bootstrap),
        V(connection_lost), V(constrained_language), V(no_answer), V(not_windows),
        V(protocol).
      returned: always
      type: str
      sample: space
    what:
      description: What was not done.
      returned: always
      type: str
      sample: The server was not rehearsed
    component:
      description: Component it was about, if any.
      returned: always
      type: str
      sample: null
    path:
      description: Path it was about, if any.
      returned: always
      type: str
      sample: \\nas01\backup
    cause:
      description: Cause, in the system's words.
      returned: always
      type: str
      sample: There are 12 MB free
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Free disk space there.
"""
