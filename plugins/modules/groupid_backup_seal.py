# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_backup_seal
short_description: Seal a backup set
version_added: 0.1.0
description:
  - Decides that the parts of a deployment make one complete set. Only a sealed set is restored by default, and only a
    sealed one is the latest.
  - There are two phases. V(prepared) on every member checks the part of the member and stores the document there.
    V(sealed) makes the same document the seal, first on the first server, which is the decision, and then on the
    others.
  - If a set is prepared on every member, any later run can seal it. Otherwise, it is never sealed.
  - Parts that are missing, partial or of different epochs are refused before any host is asked.
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
      - Id of the set.
    type: str
    required: true
  phase:
    description:
      - Phase of the seal.
    type: str
    required: true
    choices: [prepared, sealed]
  members:
    description:
      - The parts of all servers of the deployment, as M(identityops.groupid.groupid_backup_folder) and
        M(identityops.groupid.groupid_info) return them.
      - Required for O(phase=prepared). The same members give the same document.
    type: list
    elements: dict
    suboptions:
      server:
        description: Server that made the part.
        type: str
        required: true
      part_sha256:
        description: Digest of the part's record.
        type: str
        required: true
      state:
        description: State of the part. V(complete) and V(waived) are accepted.
        type: str
        required: true
      machine_guid:
        description: Identity of the Windows installation.
        type: str
        required: true
      version:
        description: Version of GroupID, if any.
        type: str
      files:
        description: Number of files.
        type: int
        required: true
      bytes:
        description: Size of all files.
        type: int
        required: true
      epoch:
        description: Point in time that the part belongs to. It is the same for all parts of a sealed set. By default
          O(set_id).
        type: str
        required: true
      finished:
        description: When the part was finished, UTC, with seven digits of a second.
        type: str
        required: true
      narrowed:
        description: What makes the part smaller than usual, as its record says. Null if this is not known.
        type: list
        elements: str
        version_added: 0.6.0
      scope:
        description: The permanent choices for the part, as its record says. Null if they are not known.
        type: dict
        version_added: 0.6.0
  decider:
    description:
      - Server whose seal decides. This is the first server of the deployment.
      - Required together with O(members).
    type: str
  quiesce:
    description:
      - What was stopped for the set, and what proves that it stayed stopped. The seal records it.
      - Without it, the seal does not say whether anything was stopped.
    type: dict
    version_added: 0.6.0
    suboptions:
      mode:
        description: What was asked to be stopped on all servers of the deployment.
        type: str
        required: true
        choices: [all, elasticsearch, none]
      epoch:
        description: Id of the set, if anything was stopped for it.
        type: str
      servers:
        description: The servers on which something was stopped. Each has C(samples), how many times it was checked that
          everything is still stopped, C(longest_gap_ms), the longest time between two checks, and C(down_ms), for how
          long it was stopped, or null if that is not known.
        type: dict
        default: {}
      waived:
        description: Problems that were accepted for the seal.
        type: list
        elements: str
        choices: [elasticsearch_running, programs_running, sessions_open, sessions_unknown, workers_unknown]
        default: []
  parts:
    description:
      - Other parts on the host, such as V(database). For O(phase=prepared), each of them is checked like the host's own
        part.
    type: list
    elements: str
    default: []
  own_part:
    description:
      - Whether the host has its own part. Set it to false for a host that has only parts of others, such as the host of
        a SQL Server.
    type: bool
    default: true
  document_sha256:
    description:
      - Digest of the prepared document, in place of O(members), to seal what an earlier run has prepared.
    type: str
seealso:
  - module: identityops.groupid.groupid_backup_folder
"""

EXAMPLES = r"""
- name: Prepare the seal on every member
  identityops.groupid.groupid_backup_seal:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z
    phase: prepared
    members: "{{ parts }}"
    decider: web01
  register: prepared

- name: Seal the set, on web01 first
  identityops.groupid.groupid_backup_seal:
    backup_root: D:\Backups
    deployment: hq
    set_id: 20261122T150405Z
    phase: sealed
    document_sha256: "{{ prepared.document_sha256 }}"
"""

RETURN = r"""
path:
  description: File that the phase writes.
  returned: success
  type: str
  sample: D:\Backups\hq\20261122T150405Z\set.json
document_sha256:
  description: Digest of the document.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
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
      description: Kind of the failure. One of V(bad_request), V(not_prepared), V(part_differs), V(part_missing),
        V(part_state), V(prepared_differs), V(sealed_differs), or, if the agent did not answer, V(become), V(bootstrap),
        V(connection_lost), V(constrained_language), V(no_answer), V(not_windows), V(protocol). V(argument) is an option
        or a variable that is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: part_differs
    what:
      description: What failed.
      returned: always
      type: str
      sample: The seal was not prepared
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
