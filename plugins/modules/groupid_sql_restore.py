#!/usr/bin/python
# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_sql_restore
short_description: Restore GroupID's database on SQL Server from a backup
version_added: 0.2.0
description:
  - First checks the backup, the server and the database. Before anything is changed, it refuses a backup of another
    database or of a newer server, a backup whose certificate is missing, a damaged or truncated backup (RESTORE
    VERIFYONLY), and a database in an availability group.
  - Makes a safety backup of the database, verifies it, disconnects all users, restores the database, and lets the users
    in again. If the restore fails, it is rolled back, from the safety backup if necessary.
  - The database is OFFLINE from the time when the users are disconnected until RESTORE. Nobody can connect to an
    offline database, whatever permissions a login has, and even if this module's connection is lost.
  - The name of the safety backup in msdb is the journal. After an interrupted restore, the next one for the same set,
    on any controller, finds it there and completes the restore.
  - C(docs/restore-database.md) of the collection describes what it does in each state of the database, and what is left
    after each failure.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.sql_connection
attributes:
  check_mode:
    support: full
    description: Can run in check mode and return the changed status without modifying the target.
    details:
      - All checks that only read are run, including RESTORE VERIFYONLY of the backup. The statements are returned.
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  database:
    description:
      - Name of the database that the backup was made of. It is restored under this name.
    type: str
    required: true
  set_id:
    description:
      - Id of the backup set. A file that was made by this collection for another set is refused.
    type: str
    required: true
  confirm:
    description:
      - Must equal O(set_id). The restore replaces the database.
    type: str
    required: true
  files:
    description:
      - Files of the backup as the SQL server sees them, all of its stripes.
      - This module cannot hash the files, because it does not see them. If they are part of a set,
        M(identityops.groupid.groupid_backup_verify) compares them with its manifest.
    type: list
    elements: str
    required: true
  position:
    description:
      - Position of the backup in the files, if they contain several.
    type: int
  expected:
    description:
      - What the record of the set says about the backup. A file that contains another backup is refused.
    type: dict
    suboptions:
      backup_set_uuid:
        description: Identity of the backup. It also finds the position.
        type: str
      family_guid:
        description: Identity of the database, which its restores keep.
        type: str
      server_version:
        description:
          - Version of the SQL Server that made the backup. With it, a newer server's backup does not look incomplete.
        type: str
        version_added: 0.6.0
  as_database:
    description:
      - Restore under another name. The files get names made from it, and are put beside the server's other databases.
    type: str
  data_path:
    description:
      - Folder for data files, as the SQL server sees it.
      - Without it, existing files of the database stay where they are, and other files are put beside them. The files
        of a new database go to the server's default folder.
    type: str
  log_path:
    description:
      - As O(data_path), for log files.
    type: str
  safety_path:
    description:
      - Folder for the safety backup, as the SQL server sees it. Without it, the server's default backup directory.
    type: str
  tail_log:
    description:
      - Also back up the tail of the log right before RESTORE, beside the safety backup. This is for databases in the
        recovery model full or bulk-logged. The administrator's chain of log backups continues with it.
    type: bool
    default: false
  accept_unverified:
    description:
      - Restore a backup that has no checksums.
    type: bool
    default: false
  accept_no_safety:
    description:
      - Continue if SQL Server cannot make a safety backup because of the database's state or because of damage, and
        there is none of an interrupted restore. The content of the database is then lost.
      - If the safety backup fails for another reason, such as lack of space, the restore stops in any case.
    type: bool
    default: false
  allow_other_family:
    description:
      - Family_guid of another database that the backup may replace. The refusal shows it.
    type: str
  login_map:
    description:
      - Logins of the server to join with users of the database after the restore. Keys are users, values are logins.
      - The key V(dbo) names the login that owns the database.
    type: dict
    default: {}
  claim_timeout:
    description:
      - Seconds to wait for a backup or another restore of the same database by this collection.
    type: int
    default: 60
  reconnect_timeout:
    description:
      - Seconds to wait for the server if the connection is lost after the database was changed. After that, the module
        gives up, and the state of the database is not known.
    type: int
    default: 120
seealso:
  - module: identityops.groupid.groupid_sql_backup
  - module: identityops.groupid.groupid_sql_info
"""

EXAMPLES = r"""
- name: Show what a restore would do
  identityops.groupid.groupid_sql_restore: &restore
    server: sql01.corp.example
    username: groupid_restore
    password: "{{ vault_sql_password }}"
    database: GroupID
    set_id: 20261122T150405Z
    confirm: 20261122T150405Z
    files: ['\\nas01\backup\groupid\hq\20261122T150405Z\database\GroupID.bak']
    expected:
      backup_set_uuid: 8f6c0a0e-38a0-4c4e-9a70-0f9d7a5a1a11
      family_guid: 5b0fd5b0-6b1f-4a8f-a6d6-3f4f1b2a7c22
  check_mode: true
  delegate_to: localhost

- name: Restore
  identityops.groupid.groupid_sql_restore: *restore
  delegate_to: localhost

- name: Restore on another server, under another name, and join its users
  identityops.groupid.groupid_sql_restore:
    server: sqltest.corp.example
    auth: windows
    database: GroupID
    as_database: GroupID_Test
    set_id: 20261122T150405Z
    confirm: 20261122T150405Z
    files: ['\\nas01\backup\groupid\hq\20261122T150405Z\database\GroupID.bak']
    login_map:
      groupid_svc: groupid_svc
      dbo: sa
  delegate_to: localhost
"""

RETURN = r"""
outcome:
  description: V(restored). On failure V(as_found) (the database is as before), V(rolled_back) (the database is as in
    its safety backup), V(broken) (the database cannot be used) or V(unknown) (the server could not be asked, or did not
    say which data the database has).
  returned: always
  type: str
  sample: restored
database:
  description: Name of the database after the restore.
  returned: always
  type: str
  sample: GroupID
set_id:
  description: Id of the set.
  returned: always
  type: str
  sample: 20261122T150405Z
found:
  description: State and user access of the database before the restore. Null if they could not be read.
  returned: always
  type: dict
  sample: {state: ONLINE, user_access: MULTI_USER}
state:
  description: State of the database now. V(ABSENT) if there is no such database. Null if it is not known.
  returned: always
  type: str
  sample: ONLINE
user_access:
  description: Its user access now. Null if it is not known.
  returned: always
  type: str
  sample: MULTI_USER
backup:
  description: The backup, as in its header. Null if it was not read.
  returned: always
  type: dict
  contains:
    name:
      description: Its name.
      returned: always
      type: str
      sample: groupid hq 20261122T150405Z
    database:
      description: The database that it was made of.
      returned: always
      type: str
      sample: GroupID
    position:
      description: Its position in the files.
      returned: always
      type: int
      sample: 1
    backup_set_uuid:
      description: Its identity.
      returned: always
      type: str
      sample: 8f6c0a0e-38a0-4c4e-9a70-0f9d7a5a1a11
    family_guid:
      description: Identity of the database.
      returned: always
      type: str
      sample: 5b0fd5b0-6b1f-4a8f-a6d6-3f4f1b2a7c22
    finished:
      description: When it was finished, in the time zone of the server that made it.
      returned: always
      type: str
      sample: "2026-11-22 16:04:17"
    checksums:
      description: Whether it has checksums.
      returned: always
      type: bool
      sample: true
files:
  description: Where the files of the database go.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Logical name.
      returned: always
      type: str
      sample: GroupID
    path:
      description: Path, as the SQL server sees it.
      returned: always
      type: str
      sample: D:\MSSQL\DATA\GroupID.mdf
replace:
  description: Whether RESTORE uses REPLACE, which the state of the database may require. Null if this was not decided.
  returned: always
  type: bool
  sample: false
safety:
  description: The safety backup. Null if there is none.
  returned: always
  type: dict
  contains:
    name:
      description: Its name in msdb.
      returned: always
      type: str
      sample: groupid-safety GroupID 20261122T150405Z 20261123T081500.123Z
    files:
      description: Its files, as the SQL server sees them.
      returned: always
      type: list
      elements: str
      sample: ['D:\MSSQL\Backup\groupid-safety GroupID 20261122T150405Z 20261123T081500.123Z.bak']
    backup_set_uuid:
      description: Its identity. Null in check mode.
      returned: always
      type: str
      sample: 1e0a7f3e-5b53-4a6a-9f3e-4c3fbd0f7d33
tail_file:
  description: File of the log's tail. Null if there is none.
  returned: always
  type: str
  sample: null
statements:
  description: Statements that were sent, or in check mode would be sent. Statements that only read are not listed.
  returned: always
  type: list
  elements: str
  sample: ["ALTER DATABASE [GroupID] SET OFFLINE WITH ROLLBACK IMMEDIATE"]
recovery_statement:
  description: The batch to run in C(master) to bring the database back by hand. Null if none is needed.
  returned: always
  type: str
  sample: null
lost:
  description: What is lost by the restore.
  returned: always
  type: str
  sample: All changes made in GroupID after 2026-11-22 16:04:17, the end of the backup, are lost.
next_steps:
  description: What remains to be done, one sentence for each step.
  returned: always
  type: list
  elements: str
  sample: ["Make a full backup of GroupID now: differential and log backups cannot build on older ones."]
joined_users:
  description: Users that were joined with a login, and the login of each.
  returned: after a restore
  type: dict
  sample: {groupid_svc: groupid_svc}
orphaned_users:
  description: Users that belong to no login of this server.
  returned: after a restore
  type: list
  elements: str
  sample: []
owner:
  description: Login that owns the database. Null if no login has its SID.
  returned: after a restore
  type: str
  sample: sa
compatibility_level:
  description: Compatibility level, as in the backup.
  returned: after a restore
  type: int
  sample: 160
containment:
  description: V(NONE) or V(PARTIAL).
  returned: after a restore
  type: str
  sample: NONE
master_key:
  description: Whether the database has a master key of its own.
  returned: after a restore
  type: bool
  sample: false
schema:
  description: Version of this result's shape.
  returned: always
  type: int
  sample: 1
seconds:
  description: How long it took.
  returned: always
  type: float
  sample: 74.318
error:
  description: The parts of the error message.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure. C(sql_) and the server's error number; V(connection_lost), or V(unreachable)
        when the database's state is not known; one of the words of M(identityops.groupid.groupid_sql_info) if the login
        failed; or of a refusal, V(availability_group), V(backup_missing), V(certificate_missing), V(claim),
        V(contained), V(damaged), V(data_path), V(express_size), V(login_map), V(login_missing), V(newer_server),
        V(no_checksums), V(no_files), V(no_permission), V(no_place), V(no_safety), V(not_confirmed), V(not_full),
        V(other_backup), V(other_database), V(other_family), V(other_set), V(safety), V(safety_path),
        V(several_backups), V(snapshots), V(standby), V(state), V(tail_log). V(argument) is an option or a variable that
        is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: other_family
    what:
      description: What failed.
      returned: always
      type: str
      sample: GroupID on sql01,1433 was not restored
    number:
      description: The server's error number, if it gave one.
      returned: when SQL Server was asked
      type: int
      sample: null
    component:
      description: Always null.
      returned: always
      type: str
      sample: null
    path:
      description: Always null.
      returned: always
      type: str
      sample: null
    cause:
      description: Cause, with the server's message if there is one, and the state of the database.
      returned: always
      type: str
      sample: The backup is of another database. Nothing was touched.
    meaning:
      description: The same in English, in case the server uses another language. Empty if the cause is not a message of
        the server.
      returned: when SQL Server was asked
      type: str
      sample: ""
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Give the right file or the right database.
    following:
      description: Errors that came after it.
      returned: when SQL Server was asked
      type: list
      elements: str
      sample: []
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure, argument_failure
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.checks import check_request
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import RefusedError, Request
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.report import RestoreError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.run import Timeouts, restore
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.arguments import (
    CONNECTION_SPEC,
    target_of,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session

NAME = "identityops.groupid.groupid_sql_restore"
WHAT = "The database was not restored"
SCHEMA = 1

ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    **CONNECTION_SPEC,
    "database": {"type": "str", "required": True},
    "set_id": {"type": "str", "required": True},
    "confirm": {"type": "str", "required": True},
    "files": {"type": "list", "elements": "str", "required": True},
    "position": {"type": "int"},
    "expected": {
        "type": "dict",
        "options": {name: {"type": "str"} for name in ("backup_set_uuid", "family_guid", "server_version")},
    },
    "as_database": {"type": "str"},
    "data_path": {"type": "str"},
    "log_path": {"type": "str"},
    "safety_path": {"type": "str"},
    "tail_log": {"type": "bool", "default": False},
    "accept_unverified": {"type": "bool", "default": False},
    "accept_no_safety": {"type": "bool", "default": False},
    "allow_other_family": {"type": "str"},
    "login_map": {"type": "dict", "default": {}},
    "claim_timeout": {"type": "int", "default": 60},
    "reconnect_timeout": {"type": "int", "default": 120},
}
_PASSED_ON = (
    "database",
    "set_id",
    "position",
    "as_database",
    "data_path",
    "log_path",
    "safety_path",
    "tail_log",
    "accept_unverified",
    "accept_no_safety",
    "allow_other_family",
)


def request_of(params: dict[str, t.Any]) -> Request:
    """Return the request that a module's parameters make. Raises ValueError."""
    expected = params["expected"] or {}
    request = Request(
        files=tuple(params["files"]),
        expected_uuid=expected.get("backup_set_uuid"),
        expected_family=expected.get("family_guid"),
        expected_version=expected.get("server_version") or None,
        login_map={str(user): str(login) for user, login in params["login_map"].items()},
        **{name: params[name] for name in _PASSED_ON},
    )
    return check_request(request, params["confirm"])


def main() -> None:
    """Run the module."""
    module = AnsibleModule(ARGUMENT_SPEC, mutually_exclusive=[("instance", "port")], supports_check_mode=True)
    params = module.params
    started = time.monotonic()
    try:
        request = request_of(params)
        target = target_of(params)
    except RefusedError as refused:
        _fail(module, refused.failure)
    except ValueError as problem:
        _fail(module, argument_failure(WHAT, str(problem), NAME))
    timeouts = Timeouts(claim=params["claim_timeout"], reconnect=params["reconnect_timeout"])
    try:
        result = restore(request, lambda: open_session(target), str(target), check=module.check_mode, timeouts=timeouts)
    except RestoreError as error:
        _warn(module, error.result)
        seconds = round(time.monotonic() - started, 3)
        _fail(module, error.failure, seconds=seconds, **error.result)
    except ValueError as problem:
        _fail(module, argument_failure(WHAT, str(problem), NAME))
    _warn(module, result)
    module.exit_json(schema=SCHEMA, seconds=round(time.monotonic() - started, 3), **result)


def _warn(module: AnsibleModule, result: dict[str, t.Any]) -> None:
    # Ansible keeps a list of that name itself.
    for warning in result.pop("warnings"):
        module.warn(warning)


def _fail(module: AnsibleModule, failure: Failure, **result: t.Any) -> t.NoReturn:
    module.fail_json(msg=str(failure), error=failure.explained(), schema=SCHEMA, **result)
    raise AssertionError("fail_json ends the module")


if __name__ == "__main__":
    main()
