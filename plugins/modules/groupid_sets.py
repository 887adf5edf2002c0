# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_sets
short_description: List the backup sets of a host
version_added: 0.6.0
description:
  - Lists the backup sets below a backup root. For each, it shows the age, size and parts, whether it is sealed, whether
    it is smaller than what the inventory asks for, and when and how it was verified.
  - Names other entries there, which are not sets.
  - If several hosts have separate backup roots, each of them has some parts of a set. A host lists only what it has.
  - Changes nothing.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.signing
attributes:
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  backup_root:
    description:
      - Folder for all sets, as the host sees it.
      - If the folder does not exist, RV(exists) is false and there are no sets.
    type: str
    required: true
  deployment:
    description:
      - List only the sets of this deployment.
    type: str
  set_id:
    description:
      - List only the set with this id, of each deployment that has one. It is an error if none has one.
    type: str
seealso:
  - module: identityops.groupid.groupid_info
  - module: identityops.groupid.groupid_backup_verify
"""

EXAMPLES = r"""
- name: List the sets
  identityops.groupid.groupid_sets:
    backup_root: D:\Backups
    deployment: hq
  register: known

- name: Stop when the newest full set is older than a day
  ansible.builtin.assert:
    that: known.sets | selectattr('sealed') | selectattr('narrowed', 'equalto', []) | map(attribute='age') | min < 86400
"""

RETURN = r"""
backup_root:
  description: The folder that was searched.
  returned: success
  type: str
  sample: D:\Backups
exists:
  description: Whether it is there.
  returned: success
  type: bool
  sample: true
now:
  description: Time of the controller that ages are counted from, UTC.
  returned: success
  type: str
  sample: "2026-11-24T08:00:00Z"
sets:
  description: Sets, newest first, at most 1,000.
  returned: success
  type: list
  elements: dict
  contains:
    deployment:
      description: Deployment it belongs to.
      returned: always
      type: str
      sample: hq
    set_id:
      description: "Its id: the second of UTC at which it was started, and a label."
      returned: always
      type: str
      sample: 20261122T150405Z-before-upgrade
    label:
      description: The label. Empty if there is none.
      returned: always
      type: str
      sample: before-upgrade
    path:
      description: Its folder.
      returned: always
      type: str
      sample: D:\Backups\hq\20261122T150405Z-before-upgrade
    age:
      description: Seconds since it was started, according to its id. Negative if this is in the future.
      returned: always
      type: int
      sample: 147355
    future:
      description: Whether its id is more than a day in the future, for example because a clock was wrong.
      returned: always
      type: bool
      sample: false
    files:
      description: Number of files of the parts below this root.
      returned: always
      type: int
      sample: 1204
    bytes:
      description: Size of these files.
      returned: always
      type: int
      sample: 73400320
    sealed:
      description: Whether the set is sealed, that is, complete.
      returned: always
      type: bool
      sample: true
    prepared:
      description: Whether a seal was prepared here.
      returned: always
      type: bool
      sample: true
    narrowed:
      description: Names of the variables that made the set smaller than what the inventory asks for. Empty for a full
        set, null if this is not known.
      returned: always
      type: list
      elements: str
      sample: []
    quiesce:
      description: What was stopped for the set, as its seal or its prepared document says. Null if it does not
        say, as those of older versions.
      returned: always
      type: dict
      version_added: 0.6.0
      contains:
        mode:
          description: What was to be stopped on all servers of the deployment, V(all), V(elasticsearch) or V(none).
          returned: always
          type: str
          sample: all
        epoch:
          description: Id of the set. Null if nothing was stopped.
          returned: always
          type: str
          sample: 20261122T150405Z
        waived:
          description: Problems that were accepted by name for the seal.
          returned: always
          type: list
          elements: str
          sample: []
        servers:
          description: How it was proved that each server stayed stopped. Empty if the set is sealed.
          returned: always
          type: dict
          sample: {}
    members:
      description: Parts that the seal names. Null if there is none.
      returned: always
      type: list
      elements: str
      sample: [web01, web02]
    seal_sha256:
      description: Digest of the seal. Null if there is none.
      returned: always
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    signature:
      description: Signature of the seal. Null if there is none, and C(groupid_signing_key) is not set.
      returned: always
      type: dict
      contains:
        state:
          description: V(valid); V(missing); V(wrong), if it does not belong to this document; V(other_key), if it was
            made with none of the given keys; V(unchecked), if C(groupid_signing_key) is not set.
          returned: always
          type: str
          sample: valid
        key_id:
          description: Identifies the key that made it. Null if it does not say.
          returned: always
          type: str
          sample: 8e2d1f0c9b7a6534
        given:
          description: Ids of the keys that are set, the one that signs first.
          returned: always
          type: list
          elements: str
          sample: [8e2d1f0c9b7a6534]
    part_count:
      description: Number of parts below this root.
      returned: always
      type: int
      sample: 2
    parts:
      description: These parts.
      returned: always
      type: list
      elements: dict
      contains:
        server:
          description: Server that made it, V(database), or V(group_attributes) with a dot and the domain.
          returned: always
          type: str
          sample: web01
        state:
          description: V(complete), V(partial), V(waived) (files are missing that may be missing), V(unfinished) or
            V(unreadable).
          returned: always
          type: str
          sample: complete
        files:
          description: Number of files. Null while it is not finished.
          returned: always
          type: int
          sample: 1204
        bytes:
          description: Size of all files. Null while it is not finished.
          returned: always
          type: int
          sample: 73400320
        started:
          description: When it was started, UTC. Null if this is not known.
          returned: always
          type: str
          sample: "2026-11-22T15:04:05.1234567Z"
        finished:
          description: When it was finished, UTC. Null while it is not.
          returned: always
          type: str
          sample: "2026-11-22T15:04:17.1234567Z"
        components:
          description: Status by component, V(copied), V(absent), V(partial) or V(external).
          returned: always
          type: dict
          sample: {reports: copied}
        verified:
          description: How it was last verified from this host, as RV(sets[].verified). Null if it never was, or if that
            was another set with this id.
          returned: always
          type: dict
          sample: {state: verified, mode: full, time: "2026-11-22T15:05:00.1234567Z", age: 147300, parts: 1}
    verified:
      description: The worst result of the verifications of the parts below this root. Null if none was verified.
      returned: always
      type: dict
      contains:
        state:
          description: V(verified), or V(damaged) if one of them was damaged.
          returned: always
          type: str
          sample: verified
        mode:
          description: The weakest mode, V(full), V(quick) or a share such as V(2/7).
          returned: always
          type: str
          sample: full
        time:
          description: The earliest time, UTC. For V(damaged), when the damage was found.
          returned: always
          type: str
          sample: "2026-11-22T15:05:00.1234567Z"
        age:
          description: Seconds since then.
          returned: always
          type: int
          sample: 147300
        parts:
          description: Number of parts with this result.
          returned: always
          type: int
          sample: 2
unlisted:
  description: Number of older sets that are not listed because there are more than 1,000.
  returned: success
  type: int
  sample: 0
passed_over:
  description: Entries below the root that belong to no set, at most 1,000.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: Where it is.
      returned: always
      type: str
      sample: D:\Backups\hq\old copy
    reason:
      description: Why it is not a set.
      returned: always
      type: str
      sample: Its name is not that of a set.
passed_over_count:
  description: Number of all entries that belong to no set.
  returned: success
  type: int
  sample: 1
schema:
  description: Version of this result's shape.
  returned: always
  type: int
  sample: 1
seconds:
  description: How long the operation took on the host.
  returned: when the host answered
  type: float
  sample: 0.345
error:
  description: The parts of the error message.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure. One of V(bad_request), V(root_unreadable), V(set_missing), or, if the agent did
        not answer, V(become), V(bootstrap), V(connection_lost), V(constrained_language), V(no_answer), V(not_windows),
        V(protocol).
      returned: always
      type: str
      sample: root_unreadable
    what:
      description: What failed.
      returned: always
      type: str
      sample: The sets were not listed
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
      sample: Access is denied. (5)
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Let the account read there.
"""
