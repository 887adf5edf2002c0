# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_info
short_description: Find GroupID, its folders and its backup sets on a host
version_added: 0.1.0
description:
  - Finds the installed versions of GroupID, the folders of their components, and the host's drives.
  - Lists the backup sets below a backup root.
  - Changes nothing.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.product
  - identityops.groupid.signing
attributes:
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  measure:
    description:
      - Walk the components and count their files and bytes.
    type: bool
    default: false
  backup_root:
    description:
      - Folder for all sets, as the host sees it. It does not have to exist.
      - Without it no sets are listed.
    type: str
  deployment:
    description:
      - List only the sets of this deployment.
    type: str
seealso:
  - module: identityops.groupid.groupid_backup_folder
"""

EXAMPLES = r"""
- name: Find what can be backed up
  identityops.groupid.groupid_info:
    measure: true
    backup_root: D:\Backups
  register: facts

- name: Show the newest set
  ansible.builtin.debug:
    var: facts.backup_root.sets | first
"""

RETURN = r"""
computer:
  description: The host, as it names itself.
  returned: success
  type: dict
  contains:
    server:
      description: DNS host name in lower case. It is also the name of the host's part in a set.
      returned: always
      type: str
      sample: web01
    fqdn:
      description: Full DNS name.
      returned: always
      type: str
      sample: web01.corp.example
    machine_guid:
      description: Identity of the Windows installation.
      returned: always
      type: str
      sample: 4f5cd3e0-9a0c-4b52-9c5a-7c0b9a6f7d11
    user:
      description: User of the connection.
      returned: always
      type: str
      sample: CORP\svc-backup
    processors:
      description: Number of logical processors.
      returned: always
      type: int
      sample: 4
    agent:
      description: Identity of the agent's source.
      returned: always
      type: str
      sample: 72278a6bae3c05c6
    language_runtime:
      description: Version of the Common Language Runtime.
      returned: always
      type: str
      sample: 4.0.30319.42000
drives:
  description: Fixed drives.
  returned: success
  type: list
  elements: dict
  contains:
    root:
      description: Root folder.
      returned: always
      type: str
      sample: "C:\\"
    file_system:
      description: Name of the file system.
      returned: always
      type: str
      sample: NTFS
    bytes:
      description: Size of the drive.
      returned: always
      type: int
      sample: 137438953472
    free_bytes:
      description: Free space that the user of the connection may use.
      returned: always
      type: int
      sample: 53687091200
installations:
  description: Installed versions of GroupID. There can be several.
  returned: success
  type: list
  elements: dict
  contains:
    version:
      description: Version.
      returned: always
      type: str
      sample: "10.0"
    folder:
      description: Installation folder. Null if the registry has the version but no drive has the folder.
      returned: always
      type: str
      sample: C:\Program Files\Imanami\GroupID 10.0
    found_by:
      description: Where the version was seen, V(registry) or V(folder).
      returned: always
      type: str
      sample: registry
    components:
      description: Components of the version, optional ones included.
      returned: always
      type: list
      elements: dict
      contains:
        name:
          description: Name of the component.
          returned: always
          type: str
          sample: reports
        path:
          description: Its folder.
          returned: always
          type: str
          sample: C:\ProgramData\Imanami\GroupID 10.0\Reports
        exists:
          description: Whether the folder is there.
          returned: always
          type: bool
          sample: true
        required:
          description: Whether a backup fails if the folder does not exist.
          returned: always
          type: bool
          sample: true
        files:
          description: Number of files. Null without O(measure).
          returned: always
          type: int
          sample: 1204
        directories:
          description: Number of folders. Null without O(measure).
          returned: always
          type: int
          sample: 37
        bytes:
          description: Size of all files. Null without O(measure).
          returned: always
          type: int
          sample: 73400320
        problems:
          description: Number of entries that could not be read. Null without O(measure).
          returned: always
          type: int
          sample: 0
busy:
  description: The operation that holds the host's lock. Null if there is none.
  returned: success
  type: dict
  version_added: 0.6.0
  contains:
    operation:
      description: V(backup), V(restore) or V(adopt). Null if the operation has just started.
      returned: always
      type: str
      sample: backup
    subject:
      description: Deployment and set that it works on.
      returned: always
      type: str
      sample: hq 20261122T150405Z
backup_root:
  description: Facts about O(backup_root). Null without it.
  returned: success
  type: dict
  contains:
    path:
      description: The folder.
      returned: always
      type: str
      sample: D:\Backups
    exists:
      description: Whether it is there.
      returned: always
      type: bool
      sample: true
    free_bytes:
      description: Free space there that the user of the connection may use. Null if the folder cannot be reached.
      returned: always
      type: int
      sample: 53687091200
    writable_by:
      description: Accounts that can change it, except administrators and the user of the connection. Null if the folder
        does not exist, or if this is not known, as for a share or a drive without access lists.
      returned: always
      type: list
      elements: str
      sample: [BUILTIN\Users (S-1-5-32-545)]
    inside:
      description: Folder of GroupID, or of a component that was moved, that contains the backup root. Null if none
        does. An upgrade or an uninstall can remove such a folder, and a backup refuses such a root.
      returned: always
      type: str
      sample: null
    error:
      description: Why the folder could not be read. Null if it could.
      returned: always
      type: str
      sample: Access is denied. (5)
    passed_over:
      description: Entries that belong to no set, at most 1,000, below the folder of O(deployment) or below the whole
        root. These are unknown names, files, links, and folders that cannot be listed. A set whose own folder cannot be
        listed is here and in RV(backup_root.sets).
      returned: always
      type: list
      elements: dict
      version_added: 0.6.0
      contains:
        path:
          description: Its path.
          returned: always
          type: str
          sample: D:\Backups\hq\20261131T000000Z
        reason:
          description: Why it belongs to no set.
          returned: always
          type: str
          sample: Its name is not the id of a set, a time in UTC such as 20261122T150405Z.
    passed_over_count:
      description: Number of all entries that belong to no set.
      returned: always
      type: int
      version_added: 0.6.0
      sample: 1
    sets:
      description: Sets, newest first, at most 1,000.
      returned: always
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
          sample: 20261122T150405Z
        path:
          description: Its folder.
          returned: always
          type: str
          sample: D:\Backups\hq\20261122T150405Z
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
        prepared_sha256:
          description: Digest of the prepared document.
          returned: always
          type: str
          sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        seal_sha256:
          description: Digest of the seal.
          returned: always
          type: str
          sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        signature:
          description: Signature of the seal. Null if there is none, and C(groupid_signing_key) is not set.
          returned: always
          type: dict
          version_added: 0.6.0
          contains:
            state:
              description: V(valid); V(missing); V(wrong), if it does not belong to this document; V(other_key), if it
                was made with none of the given keys; V(unchecked), if C(groupid_signing_key) is not set.
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
        prepared_signature:
          description: Signature of the prepared document, in the same form as RV(backup_root.sets.signature).
          returned: always
          type: dict
          version_added: 0.6.0
          sample: {state: valid, key_id: 8e2d1f0c9b7a6534, given: [8e2d1f0c9b7a6534]}
        members:
          description: Servers that the seal names. Null if there is none.
          returned: always
          type: list
          elements: str
          sample: [web01, web02]
        decider:
          description: Server whose seal decides. Null if there is no seal.
          returned: always
          type: str
          sample: web01
        narrowed:
          description: What makes the set smaller than usual, as its seal says, or its parts if there is no seal. Null
            if this is not known.
          returned: always
          type: list
          elements: str
          version_added: 0.6.0
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
              description: How it was proved that each server stayed stopped. Null if the set is sealed.
              returned: always
              type: dict
              sample: null
        unreadable:
          description: Why the folder of the set or one of its documents cannot be read. Null if they can.
          returned: always
          type: str
          version_added: 0.6.0
          sample: "set.json: a later version of this collection wrote it (schema 99)"
        parts:
          description: Parts of the set below this root.
          returned: always
          type: list
          elements: dict
          contains:
            server:
              description: Server that made it.
              returned: always
              type: str
              sample: web01
            state:
              description: V(complete), V(partial), V(waived) (files are missing that may be missing), V(unfinished) or
                V(unreadable).
              returned: always
              type: str
              sample: complete
            unreadable:
              description: Why the record of an V(unreadable) part cannot be read. Null for any other part.
              returned: always
              type: str
              version_added: 0.6.0
              sample: "part.json: not JSON: one object expected at character 0"
            started:
              description: When the part was begun, UTC.
              returned: always
              type: str
              version_added: 0.6.0
              sample: "2026-11-22T15:04:06.1234567Z"
            narrowed:
              description: What makes the part smaller than usual. Null if its record does not say.
              returned: always
              type: list
              elements: str
              version_added: 0.6.0
              sample: []
            scope:
              description: The permanent choices for the part. Null if its record does not say.
              returned: always
              type: dict
              version_added: 0.6.0
              sample: {exclude: ["*.bak"]}
            selection:
              description: For each component, its C(include) and C(exclude) globs, and whether it was C(required). Null
                for an unreadable part, and if there are more than 1,000 globs.
              returned: always
              type: dict
              version_added: 0.6.0
              sample: {reports: {include: [], exclude: ["*/log/**"], required: true}}
            verified:
              description: How the part was last verified from this host. Null if it never was.
              returned: always
              type: dict
              version_added: 0.6.0
              contains:
                mode:
                  description: Which files were read, as in M(identityops.groupid.groupid_backup_verify).
                  returned: always
                  type: str
                  sample: full
                time:
                  description: When, UTC.
                  returned: always
                  type: str
                  sample: "2026-11-23T15:04:05.1234567Z"
                state:
                  description: V(verified) or V(damaged).
                  returned: always
                  type: str
                  sample: verified
                seal_sha256:
                  description: Digest of the set's seal at that time. Null if it was not sealed.
                  returned: always
                  type: str
                  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
            part_sha256:
              description: Digest of the part's record.
              returned: always
              type: str
              sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
            epoch:
              description: The point in time it belongs to.
              returned: always
              type: str
              sample: 20261122T150405Z
            machine_guid:
              description: Identity of the Windows installation that made it.
              returned: always
              type: str
              sample: 4f5cd3e0-9a0c-4b52-9c5a-7c0b9a6f7d11
            version:
              description: Version of GroupID.
              returned: always
              type: str
              sample: "10.0"
            files:
              description: Number of files.
              returned: always
              type: int
              sample: 1204
            directories:
              description: Number of folders.
              returned: always
              type: int
              sample: 37
            bytes:
              description: Size of all files.
              returned: always
              type: int
              sample: 73400320
            finished:
              description: When it was finished, UTC.
              returned: always
              type: str
              sample: "2026-11-22T15:04:17.1234567Z"
            details:
              description: The details that M(identityops.groupid.groupid_backup_adopt) recorded. Null for other parts.
              returned: always
              type: dict
              sample: null
            components:
              description: Status by component, V(copied), V(absent), V(partial) or V(external).
              returned: always
              type: dict
              sample: {reports: copied}
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
      description: Kind of the failure. One of V(bad_request), or, if the agent did not answer, V(become), V(bootstrap),
        V(connection_lost), V(constrained_language), V(no_answer), V(not_windows), V(protocol). V(argument) is an option
        or a variable that is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: bad_request
    what:
      description: What failed.
      returned: always
      type: str
      sample: The host was not checked
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
