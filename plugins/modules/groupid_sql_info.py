#!/usr/bin/python
# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_sql_info
short_description: Check whether GroupID's database on SQL Server can be backed up and restored
version_added: 0.2.0
description:
  - Reads the version and edition of the server, the state and properties of the database, its sessions, and its
    backups.
  - Says whether this login can back up the database, verify a backup of it, and restore it, each with reasons.
  - Changes nothing, except with O(probe=true).
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.sql_connection
attributes:
  check_mode:
    support: full
    description: Can run in check mode and return the changed status without modifying the target.
    details:
      - With O(probe=true), the statement is returned and not run.
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  database:
    description:
      - Name of GroupID's database. It is chosen when GroupID is set up, and has no default.
    type: str
    required: true
  path:
    description:
      - Folder for backups as the SQL server sees it, on one of its drives or on a share.
      - Without it, the server's default backup directory.
    type: str
  probe:
    description:
      - Test whether the server can write to the folder. It makes a copy-only backup of the database C(model) there, of
        a few megabytes, named C(groupid_probe_) and 16 hexadecimal digits.
      - The file is removed if the login is allowed to do that (sysadmin). Otherwise it stays, and a warning names it. A
        row in msdb's history always stays.
      - The login needs BACKUP DATABASE in C(model).
    type: bool
    default: false
seealso:
  - module: identityops.groupid.groupid_sql_backup
  - module: identityops.groupid.groupid_sql_restore
"""

EXAMPLES = r"""
- name: Check the database before an upgrade
  identityops.groupid.groupid_sql_info:
    server: sql01.corp.example
    database: GroupID
    username: groupid_backup
    password: "{{ vault_sql_password }}"
    ca_file: /etc/pki/corp-ca.pem
  delegate_to: localhost
  register: facts

- name: Stop if the database cannot be backed up
  ansible.builtin.assert:
    that: facts.can_backup.ok
    fail_msg: "{{ facts.can_backup.reasons | join(' ') }}"

- name: Test whether a named instance can write to the share, with the Kerberos ticket of this user
  identityops.groupid.groupid_sql_info:
    server: sql02.corp.example
    instance: HQ
    auth: windows
    database: GroupID
    path: \\nas01\backup\groupid
    probe: true
  delegate_to: localhost
"""

RETURN = r"""
server:
  description: The server.
  returned: success
  type: dict
  contains:
    name:
      description: Name, with the instance.
      returned: always
      type: str
      sample: SQL01\HQ
    version:
      description: Version.
      returned: always
      type: str
      sample: 16.0.4236.2
    edition:
      description: Edition, in the server's words.
      returned: always
      type: str
      sample: Standard Edition (64-bit)
    engine_edition:
      description: SERVERPROPERTY('EngineEdition').
      returned: always
      type: int
      sample: 2
    platform:
      description: V(Windows) or V(Linux).
      returned: always
      type: str
      sample: Windows
    login:
      description: Login of the connection.
      returned: always
      type: str
      sample: groupid_backup
    sysadmin:
      description: Whether it is a sysadmin.
      returned: always
      type: bool
      sample: false
    may_create:
      description: Whether it has CREATE DATABASE, which RESTORE and RESTORE VERIFYONLY need.
      returned: always
      type: bool
      sample: true
    view_server_state:
      description: Whether it has VIEW SERVER STATE, which is needed to see sessions of others.
      returned: always
      type: bool
      sample: true
    view_definitions:
      description: Whether it has VIEW ANY DEFINITION. Without it, logins and certificates can exist that it does not
        see.
      returned: always
      type: bool
      sample: false
      version_added: 0.6.0
    alter_any_database:
      description: Whether it has ALTER ANY DATABASE, as dbcreator has.
      returned: always
      type: bool
      sample: true
    windows_only:
      description: Whether the server accepts only Windows logins.
      returned: always
      type: bool
      sample: false
    hadr:
      description: Whether availability groups are enabled.
      returned: always
      type: bool
      sample: false
    compresses:
      description: Whether the edition makes compressed backups.
      returned: always
      type: bool
      sample: true
    service_account:
      description: Account that opens the server's files. Null if the login is not allowed to see it.
      returned: always
      type: str
      sample: NT Service\MSSQLSERVER
    data_path:
      description: Default folder of data files.
      returned: always
      type: str
      sample: D:\Data\
    log_path:
      description: Default folder of log files.
      returned: always
      type: str
      sample: L:\Log\
    backup_path:
      description: Default folder of backups. Null if it is not known.
      returned: always
      type: str
      sample: D:\Backup
database:
  description: The database. Null if there is no database with that name, or if the login is not allowed to see it.
  returned: success
  type: dict
  contains:
    name:
      description: Name, as the server writes it.
      returned: always
      type: str
      sample: GroupID
    database_id:
      description: Number on the server.
      returned: always
      type: int
      sample: 7
    state:
      description: V(ONLINE), V(OFFLINE), V(RESTORING), V(RECOVERING), V(RECOVERY_PENDING), V(SUSPECT) or V(EMERGENCY).
      returned: always
      type: str
      sample: ONLINE
    user_access:
      description: V(MULTI_USER), V(SINGLE_USER) or V(RESTRICTED_USER).
      returned: always
      type: str
      sample: MULTI_USER
    recovery_model:
      description: V(SIMPLE), V(FULL) or V(BULK_LOGGED).
      returned: always
      type: str
      sample: FULL
    compatibility_level:
      description: Compatibility level.
      returned: always
      type: int
      sample: 160
    read_only:
      description: Whether it is read-only.
      returned: always
      type: bool
      sample: false
    standby:
      description: Whether it was restored WITH STANDBY.
      returned: always
      type: bool
      sample: false
    contained:
      description: Whether it is a contained database.
      returned: always
      type: bool
      sample: false
    owner:
      description: Login that owns it. Null if the server does not know it.
      returned: always
      type: str
      sample: sa
    is_owner:
      description: Whether that is the connection's login.
      returned: always
      type: bool
      sample: false
    bytes:
      description: Size of all its files. Null if the login may not see it.
      returned: always
      type: int
      sample: 5368709120
    used_bytes:
      description: Size of the pages with data in all its data files. Null if the login cannot enter it.
      returned: always
      type: int
      version_added: 0.6.0
      sample: 2147483648
    family_guid:
      description: Identity of the database, shared by its copies. Null while it cannot be opened.
      returned: always
      type: str
      sample: 5f1a2b3c-4d5e-4f60-8a9b-0c1d2e3f4a5b
    accessible:
      description: Whether the login can enter it.
      returned: always
      type: bool
      sample: true
    may_backup:
      description: Whether it has BACKUP DATABASE there. Null if the server does not say, for example for a name of
        more than 126 characters.
      returned: always
      type: bool
      sample: true
    objects_visible:
      description: Whether it has VIEW DEFINITION there, without which tables of GroupID are not seen. Null if this
        could not be checked, or if the server does not say.
      returned: always
      type: bool
      sample: true
    known_objects:
      description: Tables of GroupID that were found. No table of 9.0 is known.
      returned: always
      type: list
      elements: str
      sample: [SVC.Client, Event.Action]
    snapshot_of:
      description: If this database is a snapshot, the number of its source database.
      returned: always
      type: int
      sample: 5
    snapshots:
      description: Its database snapshots.
      returned: always
      type: list
      elements: str
      sample: []
    availability_group:
      description: Availability group that it is in. Empty if its name is not visible, null if there is none.
      returned: always
      type: str
      sample: AG1
    primary:
      description: Whether this server has the group's primary replica. Null if not known.
      returned: always
      type: bool
      sample: true
    mirrored:
      description: Whether it is mirrored.
      returned: always
      type: bool
      sample: false
    published:
      description: Whether it is published for replication.
      returned: always
      type: bool
      sample: false
    subscribed:
      description: Whether it is subscribed to a publication.
      returned: always
      type: bool
      sample: false
    cdc:
      description: Whether change data capture is on.
      returned: always
      type: bool
      sample: false
    encrypted:
      description: Whether it is encrypted (TDE).
      returned: always
      type: bool
      sample: false
    tde_certificate:
      description: Certificate that it is encrypted with, as in RV(certificates). Its name is empty if the login sees
        the thumbprint only.
      returned: always
      type: dict
      sample: null
    sessions:
      description: Sessions in it, by host and program, without this one. Null if the login may not see them.
      returned: always
      type: list
      elements: dict
      contains:
        host:
          description: Host that the program runs on, as it says.
          returned: always
          type: str
          sample: WEB01
        program:
          description: Program, as it says.
          returned: always
          type: str
          sample: GroupID Data Service
        login:
          description: Login.
          returned: always
          type: str
          sample: CORP\svc-groupid
        sessions:
          description: Number of sessions.
          returned: always
          type: int
          sample: 4
certificates:
  description: Certificates in master that the login may see, without the server's own.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      returned: always
      type: str
      sample: BackupCert
    thumbprint:
      description: Thumbprint, C(0x) and hexadecimal digits.
      returned: always
      type: str
      sample: "0x2F3E4D5C6B7A8990A1B2C3D4E5F60718293A4B5C"
    expires:
      description: When it expires, by the server's clock.
      returned: always
      type: str
      sample: "2030-01-01T00:00:00"
    key_saved:
      description: When its private key was last saved, by the server's clock. Null if never. What it encrypts is then
        lost with this server.
      returned: always
      type: str
      sample: "2026-01-15T10:00:00"
backups:
  description: Backups in msdb, newest first, 20 at most. Null if the login may not read msdb.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the backup.
      returned: always
      type: str
      sample: groupid hq 20261122T150405Z
    kind:
      description: V(full), V(differential), V(log), or another kind by msdb's letter.
      returned: always
      type: str
      sample: full
    copy_only:
      description: Whether it is copy-only.
      returned: always
      type: bool
      sample: true
    checksums:
      description: Whether it has checksums.
      returned: always
      type: bool
      sample: true
    damaged:
      description: Whether damage was found while it was made.
      returned: always
      type: bool
      sample: false
    finished:
      description: When it was finished, UTC. Null if the server's time zone at that time is not known.
      returned: always
      type: str
      sample: "2026-11-22T15:04:17Z"
    bytes:
      description: Size of the file.
      returned: always
      type: int
      sample: 73400320
    data_bytes:
      description: Size of what was backed up, before compression.
      returned: always
      type: int
      version_added: 0.6.0
      sample: 293601280
    seconds:
      description: How long it took, in whole seconds. Null if msdb does not say.
      returned: always
      type: int
      version_added: 0.6.0
      sample: 12
    user:
      description: Who made it.
      returned: always
      type: str
      sample: CORP\sqlagent
    file:
      description: First file, as the SQL server sees it.
      returned: always
      type: str
      sample: D:\Backup\GroupID.bak
    backup_set_uuid:
      description: Identity of the backup.
      returned: always
      type: str
      sample: 0d3c6a52-9a0e-4a43-8f0e-2f6b7c8d9e0f
chain:
  description: Backups by others that depend on each other. Null if the login is not allowed to read msdb.
  returned: success
  type: dict
  contains:
    last_full:
      description: Newest full backup that is not copy-only, UTC.
      returned: always
      type: str
      sample: "2026-11-22T01:00:12Z"
    last_differential:
      description: Newest differential backup, UTC.
      returned: always
      type: str
      sample: null
    last_log:
      description: Newest log backup, UTC.
      returned: always
      type: str
      sample: "2026-11-22T15:00:03Z"
    users:
      description: Who made them.
      returned: always
      type: list
      elements: str
      sample: ['CORP\sqlagent']
    text:
      description: The effect of a copy-only backup and of a restore on them.
      returned: always
      type: str
      sample: Others back up this database. A copy-only backup does not disturb their chain.
folder:
  description: The folder for backups. Null if it was not set and the server's default is not known.
  returned: success
  type: dict
  contains:
    path:
      description: Path, as the SQL server sees it.
      returned: always
      type: str
      sample: D:\Backup
    visible:
      description: Whether the server sees it. Null if this is not known, as for logins that are not sysadmin.
      returned: always
      type: bool
      sample: true
    volume:
      description:
        - Volume that the folder is on, as far as the server reports it. Null for shares, on Linux, and if the login is
          not allowed to see volumes, which needs VIEW SERVER STATE.
        - Before SQL Server 2017 CU 1, null also for volumes without a file of a database. A volume that is mounted in a
          folder is known only if a file of a database is on it. Otherwise, this is the drive.
      returned: always
      type: str
      version_added: 0.6.0
      sample: D:\
    free_bytes:
      description: Free space of this volume. Null if the volume is not known.
      returned: always
      type: int
      version_added: 0.6.0
      sample: 53687091200
    writable:
      description: Whether the server can write there. Null without O(probe=true), and if the login is not allowed to
        back up C(model).
      returned: always
      type: bool
      sample: true
    probe:
      description: What the probe wrote, or in check mode would write. Null without O(probe=true).
      returned: always
      type: dict
      contains:
        file:
          description: The file.
          returned: always
          type: str
          sample: D:\Backup\groupid_probe_1f2e3d4c5b6a7988.bak
        statement:
          description: The statement.
          returned: always
          type: str
          sample: BACKUP DATABASE [model] TO DISK = N'D:\Backup\groupid_probe_1f2e3d4c5b6a7988.bak' WITH COPY_ONLY;
        writable:
          description: Whether it was written. Null if it was not tried.
          returned: always
          type: bool
          sample: true
        bytes:
          description: Size of what was written.
          returned: always
          type: int
          sample: 2883584
        removed:
          description: Whether the file was removed, which was checked. Null if nothing was written.
          returned: always
          type: bool
          sample: true
        error:
          description: Why it was not written, as RV(error).
          returned: always
          type: dict
          sample: null
can_backup:
  description: Whether this login can back up the database.
  returned: success
  type: dict
  contains: &verdict
    ok:
      description: Whether it can.
      returned: always
      type: bool
      sample: true
    reasons:
      description: What prevents it or, if it can, what to consider.
      returned: always
      type: list
      elements: str
      sample: []
can_verify:
  description: Whether this login can verify a backup (RESTORE VERIFYONLY). This needs CREATE DATABASE.
  returned: success
  type: dict
  contains: *verdict
can_restore:
  description: Whether this login can restore the database. db_owner is not enough for this.
  returned: success
  type: dict
  contains: *verdict
schema:
  description: Version of this result's shape.
  returned: success
  type: int
  sample: 1
seconds:
  description: How long it took.
  returned: success
  type: float
  sample: 0.123
error:
  description: The parts of the error message.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure. C(sql_) and the server's error number, or V(sql) for an error without one;
        V(connection_lost); or, if the login failed, V(browser), V(certificate), V(connection), V(driver),
        V(encryption), V(instance), V(kerberos), V(login), V(name), V(network), V(refused), V(timeout). V(argument) is
        an option or a variable that is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: login
    what:
      description: What failed.
      returned: always
      type: str
      sample: The database GroupID on sql01,1433 was not checked
    number:
      description: The server's error number, if it gave one.
      returned: when SQL Server was asked
      type: int
      sample: 18456
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
      description: Cause, with the server's or the driver's message and the number.
      returned: always
      type: str
      sample: Login failed for user 'groupid_backup'. (18456)
    meaning:
      description: The same in English, in case the server uses another language. Empty for an unknown number.
      returned: when SQL Server was asked
      type: str
      sample: The login failed.
    next:
      description: The likely reason, and what to do about it.
      returned: always
      type: str
      sample: Check username and password.
    following:
      description: Errors that came after it.
      returned: when SQL Server was asked
      type: list
      elements: str
      sample: []
"""

import dataclasses
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure, argument_failure
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server import facts as sql_facts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server import folder as sql_folder
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server import history as sql_history
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.capabilities import verdicts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import errors as sql_errors
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.arguments import (
    CONNECTION_SPEC,
    target_of,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import check_database, literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Session, SqlError

NAME = "identityops.groupid.groupid_sql_info"
WHAT = "The database was not checked"
SCHEMA = 1

ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    **CONNECTION_SPEC,
    "database": {"type": "str", "required": True},
    "path": {"type": "str"},
    "probe": {"type": "bool", "default": False},
}


def look(session: Session, database: str, path: str | None, probe: bool, check: bool) -> dict[str, t.Any]:
    """Return the module's result. Raises SqlError, ValueError."""
    server = sql_facts.read_server(session)
    found = sql_facts.read_database(session, database)
    backups = sql_history.last_backups(session, database)
    chain = sql_history.read_chain(session, database)
    folder = _folder(session, server, path or server.backup_path, probe, check)
    looked = {} if found is None else dataclasses.asdict(found)
    return {
        "server": {**dataclasses.asdict(server), "compresses": server.compresses},
        "certificates": looked.pop("certificates", []),
        "database": looked or None,
        "backups": None if backups is None else [dataclasses.asdict(backup) for backup in backups],
        "chain": None if chain is None else {**dataclasses.asdict(chain), "text": str(chain)},
        "folder": folder,
        **{name: dataclasses.asdict(verdict) for name, verdict in verdicts(server, found).items()},
    }


def _folder(
    session: Session, server: sql_facts.ServerFacts, path: str | None, probe: bool, check: bool
) -> dict[str, t.Any] | None:
    if path is None:
        return None
    visible = sql_folder.is_visible(session, server, path)
    volume = sql_folder.read_volume(session, path)
    tried = sql_folder.plan_probe(path) if probe else None
    if tried is not None and not check:
        tried = sql_folder.run_probe(session, server, tried)
    return {
        "path": path,
        "visible": visible,
        "volume": volume and volume.path,
        "free_bytes": volume and volume.free_bytes,
        "writable": tried and tried.writable,
        "probe": tried and dataclasses.asdict(tried),
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(ARGUMENT_SPEC, mutually_exclusive=[("instance", "port")], supports_check_mode=True)
    params = module.params
    started = time.monotonic()
    try:
        check_database(params["database"])
        if params["path"] is not None:
            literal(params["path"])
        target = target_of(params)
    except ValueError as problem:
        _fail(module, argument_failure(WHAT, str(problem), NAME))
    try:
        session = open_session(target)
        try:
            result = look(session, params["database"], params["path"], params["probe"], module.check_mode)
        finally:
            session.close()
    except SqlError as problem:
        _fail(module, sql_errors.explain(problem, f"The database {params['database']} on {target} was not checked"))
    except ValueError as problem:
        _fail(module, argument_failure(WHAT, str(problem), NAME))
    written = ((result["folder"] or {}).get("probe") or {}).get("writable") is True
    if written and not result["folder"]["probe"]["removed"]:
        module.warn(f"The probe's file may still be there: {result['folder']['probe']['file']}. Remove it.")
    seconds = round(time.monotonic() - started, 3)
    module.exit_json(changed=written, schema=SCHEMA, seconds=seconds, **result)


def _fail(module: AnsibleModule, failure: Failure) -> t.NoReturn:
    module.fail_json(msg=str(failure), error=failure.explained(), schema=SCHEMA)
    raise AssertionError("fail_json ends the module")


if __name__ == "__main__":
    main()
