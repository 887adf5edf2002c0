# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_backup_server
short_description: Save one server while GroupID is stopped on all servers of its deployment
version_added: 0.6.0
description:
  - Stops GroupID on the server, and waits until it is stopped on all other servers of the deployment. Then saves the
    folders of the server, the database and the domains at the same time.
  - Starts again what ran as soon as the folders of the server, and the database and the domains of the deployment, are
    saved. It does this even if something fails or the run is interrupted.
  - If something does not start, or the host gives no answer about it, tries it once more after some seconds.
  - Each server is one host of the same task. Ansible must work on all of them at the same time (C(forks)).
  - Without O(quiesce), nothing is stopped. Without O(run), servers do not wait for each other.
  - Before it stops anything, M(identityops.groupid.groupid_services) must have recorded what runs, with the same epoch
    and the same run.
  - Ansible shows the warnings of the database during the task. The results of all other parts have their own
    RV(ignore:warnings). The report of the role P(identityops.groupid.backup#role) shows these, each once with its
    servers.
  - The role P(identityops.groupid.backup#role) uses this module.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
attributes:
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  deployment:
    description:
      - Name of the deployment.
    type: str
    required: true
  set_id:
    description:
      - Id of the set.
    type: str
    required: true
  members:
    description:
      - Inventory hosts of the deployment that are saved together in this task. All of them must name the same hosts.
    type: list
    elements: str
    required: true
  run:
    description:
      - Name of this run, the same for all members. If it is empty, servers do not wait for each other.
    type: str
    default: ""
  longest:
    description:
      - How many seconds the server waits for the others, all in all.
    type: int
    default: 7200
  quiesce:
    description:
      - Options of M(identityops.groupid.groupid_services) that stop GroupID, without O(ignore:state). If empty, nothing
        is stopped on this server.
    type: dict
    default: {}
  folders:
    description:
      - Options of M(identityops.groupid.groupid_backup_folder). If empty, no folders are saved.
    type: dict
    default: {}
  database:
    description:
      - Options of M(identityops.groupid.groupid_sql_backup). If empty, no database is saved.
      - If O(run) is given, the backup is verified and restored for a test when GroupID runs again.
    type: dict
    default: {}
  database_host:
    description:
      - Where that module runs.
    type: dict
    default: {}
    suboptions:
      host:
        description:
          - Inventory host.
        type: str
        default: localhost
      connection:
        description:
          - Plugin that connects to it.
        type: str
        default: ansible.builtin.local
      interpreter:
        description:
          - Its Python. By default, the one that runs Ansible, or on another host the one that Ansible finds.
        type: str
  domains:
    description:
      - Options of M(identityops.groupid.groupid_ldif_export), for each domain to save.
    type: list
    elements: dict
    default: []
seealso:
  - module: identityops.groupid.groupid_services
"""

EXAMPLES = r"""
- name: Record what runs
  identityops.groupid.groupid_services:
    state: recorded
    epoch: 20261122T150405Z
    run: nightly

- name: Save a deployment of two servers
  identityops.groupid.groupid_backup_server:
    deployment: hq
    set_id: 20261122T150405Z
    members: [web01, web02]
    run: nightly
    quiesce:
      epoch: 20261122T150405Z
      run: nightly
    folders:
      backup_root: D:\Backups
      deployment: hq
      set_id: 20261122T150405Z
      epoch: 20261122T150405Z
"""

RETURN = r"""
stopped:
  description: Result of M(identityops.groupid.groupid_services) with V(quiesced). Null if nothing was stopped.
  returned: when the task began
  type: dict
  sample: null
part:
  description: Result of M(identityops.groupid.groupid_backup_folder). Null if no folders were saved.
  returned: when the task began
  type: dict
  sample: null
database:
  description: Result of M(identityops.groupid.groupid_sql_backup). Null if no database was saved.
  returned: when the task began
  type: dict
  sample: null
domains:
  description: Result of M(identityops.groupid.groupid_ldif_export) for each domain. RV(ignore:domain) is its name.
  returned: when the task began
  type: list
  elements: dict
  sample: []
resumed:
  description: Result of M(identityops.groupid.groupid_services) with V(resumed). Null if nothing was stopped.
  returned: when the task began
  type: dict
  sample: null
downtime_seconds:
  description: For how long GroupID was stopped on the server. Null if it was not.
  returned: when the task began
  type: float
  sample: 12.345
schema:
  description: Version of this result's shape.
  returned: always
  type: int
  sample: 1
seconds:
  description: Duration of the task.
  returned: when the task began
  type: float
  sample: 123.456
error:
  description: The first failure, in parts.
  returned: failure
  type: dict
  contains:
    code:
      description: Kind of the failure. V(not_together) (a server of the deployment was not ready in time, or ended
        before the others), V(interrupted) (the run was), V(unreachable), or one of the modules that are named above.
        V(argument) is an option or a variable that is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: not_together
    what:
      description: What failed.
      returned: always
      type: str
      sample: The server was not saved, and nothing of it was stopped
    component:
      description: Component that failed, if any.
      returned: always
      type: str
      sample: null
    path:
      description: Path that failed, if any.
      returned: always
      type: str
      sample: null
    cause:
      description: Why.
      returned: always
      type: str
      sample: web02 was not ready in time
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Run the backup again.
"""
