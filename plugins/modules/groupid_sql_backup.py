#!/usr/bin/python
# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_sql_backup
short_description: Back up the database of GroupID, once for each set
version_added: 0.2.0
description:
  - Makes a full backup of GroupID's database with SQL Server's own C(BACKUP), copy-only and with checksums. Confirms
    the backup in C(msdb), and verifies it with C(RESTORE VERIFYONLY).
  - Each set has one backup. If several hosts, batches, forks or controllers ask for it, the first one makes it, and the
    others wait and share its result. A run with another set id waits for its turn and makes its own backup.
  - The module locks the database with an application lock of SQL Server in C(master). The connection that runs
    C(BACKUP) holds it, and the lock ends with that connection, so a run that was killed delays nobody. Nothing is
    written into the database itself. The record of a set's backup is its name in C(msdb), C(groupid <deployment> <set
    id>).
  - SQL Server writes the file with its own service account. If a file with that name exists, it is neither appended to
    nor overwritten. The name of the new file then gets 8 more characters, and there is a warning.
  - A backup counts as made only if C(msdb) has its record. After a lost connection, the module connects again, waits
    until the server has ended the old session, and reads the record.
  - A copy-only backup does not affect the chain of the administrator's own full, differential and log backups.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.sql_connection
attributes:
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  database:
    description:
      - Name of GroupID's database. System databases are refused.
    type: str
    required: true
  deployment:
    description:
      - Name of the deployment, which is the group of servers that share the database. It is part of the name of the
        backup, in lower case.
    type: str
    required: true
  set_id:
    description:
      - Id of the set that the backup is for, a UTC time such as V(20261122T150405Z), optionally followed by V(-)
        and a label.
    type: str
    required: true
  path:
    description:
      - Folder for the backup, as the SQL server sees it. A drive's folder such as V(D:\\Backups), or a share in full
        such as V(\\\\nas01\\backup). It must exist, and the service account of SQL Server must be able to write there;
        mapped drives are not visible to it.
    type: str
    required: true
  file_name:
    description:
      - Name of the file, without C(.bak). If all sets share O(path), the name should contain the set id. The default is
        the name of the database.
      - Characters that Windows does not allow in a name are replaced with V(_), and a short hash is appended.
    type: str
  version:
    description:
      - Version of GroupID that the database belongs to. It decides which tables identify the database as GroupID's.
      - Some tables of 10.0 and 11.0 are known. A database with none of them is refused. No table of 9.0 is known, and
        there is a warning.
    type: str
    required: true
    choices: ["9.0", "10.0", "11.0"]
  allow_unknown_database:
    description:
      - Name of the database once more, to back it up although it does not look like GroupID's.
    type: str
  compression:
    description:
      - V(auto) compresses if the edition can. V(on) fails if it cannot (Express, Web).
    type: str
    choices: [auto, "on", "off"]
    default: auto
  encryption_certificate:
    description:
      - Name of a certificate in C(master) to encrypt the backup with. Only a server that has the certificate with its
        private key can restore it.
      - The login needs VIEW DEFINITION on the certificate. If it does not see the certificate, this is a warning, and
        the server decides.
    type: str
  allow_unsaved_certificate:
    description:
      - Encrypt even if the private key of O(encryption_certificate) was never backed up, as far as this server knows.
    type: bool
    default: false
  stripes:
    description:
      - Number of files to write side by side, named C(<name>_1.bak) and so on if more than one. A restore needs all
        of them.
    type: int
    default: 1
  stats:
    description:
      - Percent of progress between two messages of SQL Server.
    type: int
    default: 5
  verify:
    description:
      - Run C(RESTORE VERIFYONLY) with checksums on the backup. This needs the permission CREATE DATABASE.
      - A run that shares the backup verifies it again, because the server has no record of a verification. If many
        hosts share a database, all but one of them can set this to false.
    type: bool
    default: true
  sessions:
    description:
      - Find out which sessions of others are in the database, right before C(BACKUP) and right after it. See
        RV(sessions).
      - To see them, the login needs VIEW SERVER STATE; in SQL Server 2022 and later, VIEW SERVER PERFORMANCE STATE is
        enough. Without it, nothing fails, and RV(sessions) says that they are not visible.
    type: bool
    default: false
    version_added: 0.6.0
  claim_timeout:
    description:
      - Seconds to wait for another run that is working on the database.
    type: int
    default: 7200
  test_restore:
    description:
      - Restore the backup under a scratch name (C(groupid_test_) and 16 hexadecimal digits), run C(DBCC CHECKDB) on it,
        and drop it. Free space is checked first. Scratch databases of killed runs are dropped if their
        files show that a test restore made them.
    type: bool
    default: false
  test_restore_server:
    description:
      - Another SQL Server for O(test_restore). It must see the backup's files under the same paths.
    type: str
  test_restore_instance:
    description:
      - Named instance on O(test_restore_server).
    type: str
  test_restore_port:
    description:
      - TCP port of O(test_restore_server).
    type: int
  test_restore_username:
    description:
      - SQL login on O(test_restore_server). The default is O(username).
    type: str
  test_restore_password:
    description:
      - Password of this login. The default is O(password).
    type: str
  test_restore_data_path:
    description:
      - Folder for the scratch database's data files. The default is the server's own.
    type: str
  test_restore_log_path:
    description:
      - Folder for its log. The default is O(test_restore_data_path), otherwise the server's own.
    type: str
notes:
  - The login needs db_backupoperator in the database. For O(verify) and O(test_restore), it also needs the permission
    CREATE ANY DATABASE on the server. VIEW DEFINITION in the database shows its tables. VIEW SERVER STATE shows
    progress, free space, and who holds the lock. The module also works without it.
  - In check mode, all checks that only read are run, and RV(statements) has the statements that would be executed. The
    media name and the name of the scratch database are new each time.
seealso:
  - module: identityops.groupid.groupid_sql_info
  - module: identityops.groupid.groupid_sql_restore
"""

EXAMPLES = r"""
- name: Back up the database that two GroupID servers share
  identityops.groupid.groupid_sql_backup:
    server: sql01.corp.example
    username: groupid_backup
    password: "{{ groupid_sql_password }}"
    database: NetwrixGroupIDDatabase
    deployment: hq
    set_id: 20261122T150405Z
    version: "10.0"
    path: \\nas01\backup\hq\20261122T150405Z\database
  delegate_to: localhost

- name: Encrypt the backup, and test it on another server
  identityops.groupid.groupid_sql_backup:
    server: sql01.corp.example
    instance: HQ
    auth: windows
    database: NetwrixGroupIDDatabase
    deployment: hq
    set_id: 20261122T150405Z-proven
    version: "11.0"
    path: \\nas01\backup\hq\20261122T150405Z-proven\database
    encryption_certificate: BackupCert
    test_restore: true
    test_restore_server: sqltest.corp.example
  delegate_to: localhost

- name: Show the statements
  identityops.groupid.groupid_sql_backup:
    server: sql01.corp.example
    username: groupid_backup
    password: "{{ groupid_sql_password }}"
    database: NetwrixGroupIDDatabase
    deployment: hq
    set_id: 20261122T150405Z
    version: "10.0"
    path: D:\Backups
  check_mode: true
  delegate_to: localhost
"""

RETURN = r"""
database:
  description: Name of the database, as the server writes it.
  returned: when the database was found
  type: str
  sample: NetwrixGroupIDDatabase
name:
  description: Name of the backup in C(msdb).
  returned: when the database was found
  type: str
  sample: groupid hq 20261122T150405Z
files:
  description: Paths of the backup's files, as the SQL server sees them, in order of stripes. In check mode, those to be
    written.
  returned: when the database was found
  type: list
  elements: str
  sample: [D:\Backups\NetwrixGroupIDDatabase.bak]
shared:
  description: Whether another run made the backup, and this one shares it.
  returned: when the database was found and the claim was not refused
  type: bool
  sample: false
server_version:
  description: Version of SQL Server. No older one can restore the backup.
  returned: when the database was found and the claim was not refused
  type: str
  sample: "16.0.4236.2"
  version_added: 0.6.0
backup_set_uuid:
  description: Identity of the backup.
  returned: when there is a backup
  type: str
  sample: 6d5a2f0e-7e3b-4d7b-9a8e-2b1b0c9f3a11
family_guid:
  description: Identity of the database, which its copies and restores keep.
  returned: when there is a backup
  type: str
  sample: 3f9b0a52-1d2c-4c1e-8a6b-9d0e7f1a2b3c
bytes:
  description: Size of the backup on the disk, as recorded in C(msdb).
  returned: when there is a backup
  type: int
  sample: 104857600
database_bytes:
  description: Size of its content before compression.
  returned: when there is a backup
  type: int
  sample: 524288000
first_lsn:
  description: Its first log sequence number. It is text, because it can have 25 digits.
  returned: when there is a backup
  type: str
  sample: "37000000012300001"
last_lsn:
  description: The log sequence number after its last.
  returned: when there is a backup
  type: str
  sample: "37000000012400001"
checkpoint_lsn:
  description: Log sequence number where redo starts.
  returned: when there is a backup
  type: str
  sample: "37000000012300037"
checksums:
  description: Whether it has checksums.
  returned: when there is a backup
  type: bool
  sample: true
compressed:
  description: Whether it is compressed.
  returned: when there is a backup
  type: bool
  sample: true
encryption_thumbprint:
  description: Thumbprint of the certificate that encrypted the backup. Null if it is not encrypted.
  returned: when there is a backup
  type: str
  sample: "0x5A1C0B7E3F9D2A4C6E8B0D1F3A5C7E9B1D3F5A7C"
tde_thumbprint:
  description: Thumbprint of the certificate that encrypts the database itself (TDE). Without this certificate, no other
    server can restore the backup. Null if the database is not encrypted, or if the login cannot see it.
  returned: when the database was found
  type: str
  sample: null
started_at:
  description: When C(BACKUP) started, UTC. Null if the server's time zone is not known.
  returned: when there is a backup
  type: str
  sample: "2026-11-22T15:04:06Z"
finished_at:
  description: When it ended, UTC.
  returned: when there is a backup
  type: str
  sample: "2026-11-22T15:04:41Z"
backup_seconds:
  description: How long C(BACKUP) took on the server, in whole seconds.
  returned: when there is a backup
  type: float
  sample: 35.0
seconds:
  description: How long this run took.
  returned: when the database was found
  type: float
  sample: 52.31
verified:
  description: Whether this run verified the backup. Null with O(verify=false), and in check mode.
  returned: when the database was found
  type: bool
  sample: true
chain:
  description: A sentence about the effect on the other backups of the database.
  returned: when the database was found
  type: str
  sample: msdb has no backup of this database by others, so there is no chain to disturb.
progress:
  description: Progress of C(BACKUP), as pairs of seconds and percent. Percents are whole numbers, so there are at most
    101 pairs. Empty if another run made the backup.
  returned: when the database was found
  type: list
  elements: list
  sample: [[2.1, 15.0], [12.1, 85.0]]
statements:
  description: Statements that changed something, or in check mode would do so, in order. Statements that only read are
    not listed.
  returned: when the database was found
  type: list
  elements: str
  sample: ["BACKUP DATABASE [NetwrixGroupIDDatabase] TO DISK = N'D:\\Backups\\NetwrixGroupIDDatabase.bak' WITH ..."]
sessions:
  description: Sessions of others in the database while it was backed up. Null without O(sessions), in check mode, and
    if another run made the backup.
  returned: when the database was found
  type: dict
  version_added: 0.6.0
  contains:
    visible:
      description: Whether the login sees sessions of others. If not, both lists are empty.
      returned: always
      type: bool
      sample: true
    before:
      description: Those right before C(BACKUP), at most 50. The names of host and program are what the client says.
      returned: always
      type: list
      elements: dict
      contains:
        login:
          description: Login of the sessions.
          returned: always
          type: str
          sample: CORP\svc-groupid
        host:
          description: Computer that they come from.
          returned: always
          type: str
          sample: WEB03
        program:
          description: Program that opened them.
          returned: always
          type: str
          sample: .Net SqlClient Data Provider
        count:
          description: Number of sessions with these names.
          returned: always
          type: int
          sample: 2
    after:
      description: The same right after C(BACKUP).
      returned: always
      type: list
      elements: dict
      sample: []
test_restore:
  description: The test restore. Null if there is none, and in check mode.
  returned: when the database was found
  type: dict
  contains:
    server:
      description: Server that restored the backup.
      returned: always
      type: str
      sample: SQLTEST
    database:
      description: Scratch name of the database, which was dropped.
      returned: always
      type: str
      sample: groupid_test_0123456789abcdef
    bytes:
      description: Size of the restored files.
      returned: always
      type: int
      sample: 524288000
    seconds:
      description: Time for restore and C(DBCC CHECKDB).
      returned: always
      type: float
      sample: 41.7
    strays:
      description: Scratch databases of killed runs that were dropped.
      returned: always
      type: list
      elements: str
      sample: []
schema:
  description: Version of this result's shape.
  returned: always
  type: int
  sample: 1
error:
  description: The parts of the error message.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure. V(sql_) and the number of SQL Server's error; V(backup_cut), V(backup_unknown),
        V(cannot_backup), V(cannot_restore), V(cannot_verify), V(certificate), V(certificate_unsaved), V(claim),
        V(compression), V(connection_lost), V(encryption), V(file_exists), V(folders), V(msdb), V(not_confirmed),
        V(space), V(unknown_database); or that of a connection that failed. V(argument) is an option or a variable that
        is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: sql_3201
    what:
      description: What failed.
      returned: always
      type: str
      sample: The backup of NetwrixGroupIDDatabase failed
    number:
      description: Number of SQL Server's error, if it was one.
      returned: when SQL Server was asked
      type: int
      sample: 3201
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
      description: Cause, in the server's words.
      returned: always
      type: str
      sample: Cannot open backup device 'D:\Backups\NetwrixGroupIDDatabase.bak'. Operating system error 5(Access is
        denied.). (3201)
    meaning:
      description: What the error means, if this is known.
      returned: when SQL Server was asked
      type: str
      sample: SQL Server cannot open the backup's file.
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Grant the service account of SQL Server modify on the folder.
    following:
      description: The server's errors after the first, if the driver reports them.
      returned: when SQL Server was asked
      type: list
      elements: str
      sample: []
left:
  description: Name of the scratch database, if a database of that name still exists after a failed test restore. If a
    test restore made it, the next one there drops it.
  returned: when there is one
  type: str
  sample: groupid_test_0123456789abcdef
"""

import dataclasses
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.identityops.groupid.plugins.module_utils import products
from ansible_collections.identityops.groupid.plugins.module_utils.failure import argument_failure
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.checks import Request, check_request
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup_task import (
    SCHEMA,
    BackupTask,
    ProofRequest,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.arguments import (
    CONNECTION_SPEC,
    target_of,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target, check_target

NAME = "identityops.groupid.groupid_sql_backup"
ARGUMENT_SPEC: dict[str, t.Any] = {
    **CONNECTION_SPEC,
    "database": {"type": "str", "required": True},
    "deployment": {"type": "str", "required": True},
    "set_id": {"type": "str", "required": True},
    "path": {"type": "str", "required": True},
    "file_name": {"type": "str"},
    "version": {"type": "str", "required": True, "choices": products.versions()},
    "allow_unknown_database": {"type": "str"},
    "compression": {"type": "str", "choices": ["auto", "on", "off"], "default": "auto"},
    "encryption_certificate": {"type": "str"},
    "allow_unsaved_certificate": {"type": "bool", "default": False},
    "stripes": {"type": "int", "default": 1},
    "stats": {"type": "int", "default": 5},
    "verify": {"type": "bool", "default": True},
    "sessions": {"type": "bool", "default": False},
    "claim_timeout": {"type": "int", "default": 7200},
    "test_restore": {"type": "bool", "default": False},
    "test_restore_server": {"type": "str"},
    "test_restore_instance": {"type": "str"},
    "test_restore_port": {"type": "int"},
    "test_restore_username": {"type": "str"},
    "test_restore_password": {"type": "str", "no_log": True},
    "test_restore_data_path": {"type": "str"},
    "test_restore_log_path": {"type": "str"},
}

ALONE = [("instance", "port"), ("test_restore_instance", "test_restore_port")]
ELSEWHERE = ("instance", "port", "username", "password")
REQUIRED_BY = {f"test_restore_{name}": "test_restore_server" for name in ELSEWHERE}


def main() -> None:
    module = AnsibleModule(ARGUMENT_SPEC, mutually_exclusive=ALONE, required_by=REQUIRED_BY, supports_check_mode=True)
    try:
        task = _task(module.params)
    except ValueError as error:
        failure = argument_failure("The database was not backed up", str(error), NAME)
        module.fail_json(msg=str(failure), error=failure.explained(), schema=SCHEMA)
    outcome = task.run(check=module.check_mode)
    for warning in outcome.pop("warnings"):
        module.warn(warning)
    if outcome.get("failed"):
        module.fail_json(**outcome)
    module.exit_json(**outcome)


def _task(params: dict[str, t.Any]) -> BackupTask:
    """Turn options into the task. Raises ValueError."""
    target = target_of(params)
    request = Request(**{field.name: params[field.name] for field in dataclasses.fields(Request)})
    check_request(request)
    test_restore = None
    if params["test_restore"]:
        there = _there(params, target)
        test_restore = ProofRequest(
            opener=lambda: open_session(there),
            same_server=there == target,
            data_folder=params["test_restore_data_path"],
            log_folder=params["test_restore_log_path"],
        )
    return BackupTask(request, lambda: open_session(target), params["claim_timeout"], test_restore)


def _there(params: dict[str, t.Any], target: Target) -> Target:
    """Return the server of the test restore: the same, or another that is logged into in the same way."""
    if params["test_restore_server"] is None:
        return target
    return check_target(
        dataclasses.replace(
            target,
            server=params["test_restore_server"],
            instance=params["test_restore_instance"],
            port=params["test_restore_port"],
            username=params["test_restore_username"] or target.username,
            password=params["test_restore_password"] or target.password,
            host_name_in_certificate=None,
        )
    )


if __name__ == "__main__":
    main()
