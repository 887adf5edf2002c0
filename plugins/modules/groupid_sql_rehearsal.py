#!/usr/bin/python
# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_sql_rehearsal
short_description: Test on a SQL Server what backup and restore of GroupID's database need
version_added: 0.6.0
description:
  - Reads from the server everything that a backup and a restore of the database will need, and says for each claim of
    C(docs/sql-server.md) whether it is held. A claim that is not held does not fail the task.
  - Without O(scratch), it only reads. GroupID's database is never backed up, restored or written.
  - With O(scratch), it makes a database C(groupid_rehearsal_) and 16 hexadecimal digits with 300 rows. It backs this
    database up, has the backup verified, restores it under another name, runs C(DBCC CHECKDB), compares the rows, and
    drops both databases. It uses the code of a real backup and test restore.
  - It drops only databases that this run has made. The batch that drops a database first compares its number, time and
    Service Broker GUID. Databases that other rehearsals have left are named, and not dropped.
  - The task fails if it cannot log in. It also fails if a database could not be dropped. The claims are then in the
    result, and RV(left) names the database.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.sql_connection
attributes:
  check_mode:
    support: full
    description: Can run in check mode and return the changed status without modifying the target.
    details:
      - In check mode, O(scratch) is ignored, and the module only reads.
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  database:
    description:
      - Name of GroupID's database.
    type: str
    required: true
  deployment:
    description:
      - Name of the deployment, for the name of the result file.
    type: str
    required: true
  path:
    description:
      - Folder for backups as the SQL server sees it, on one of its drives or on a share. With O(scratch), the backup of
        the scratch database is written there.
      - Without it, the server's default backup directory.
    type: str
  scratch:
    description:
      - Make, back up, restore and drop a scratch database. This needs the permission CREATE ANY DATABASE. Without it,
        nothing is made.
      - One row of the backup and one of the restore stay in C(msdb).
    type: bool
    default: false
  keep_file:
    description:
      - Do not remove the backup file of the scratch database, because the caller removes it with its folder.
      - By default, it is removed if the login is allowed to do that (sysadmin). No documented statement removes a file.
        The module uses the undocumented C(xp_delete_file) of maintenance plans. If this is refused, the file stays,
        RV(files) names it, and there is a warning.
    type: bool
    default: false
  compression:
    description:
      - As in M(identityops.groupid.groupid_sql_backup).
    type: str
    choices: [auto, "on", "off"]
    default: auto
  encryption_certificate:
    description:
      - As in M(identityops.groupid.groupid_sql_backup).
    type: str
  directory:
    description:
      - Directory on the controller. The result is written there as C(rehearsal-<deployment>-database.json), and
        replaces an earlier one.
      - Without it, and in check mode, the result is only returned.
    type: str
  names:
    description:
      - Keep the names of the server, the login, the database, its availability group, the folder and
        certificates in the claims. By default, they are masked, so that you can send the result to others.
    type: bool
    default: false
seealso:
  - module: identityops.groupid.groupid_rehearsal
  - module: identityops.groupid.groupid_sql_info
"""

EXAMPLES = r"""
- name: Check everything that can be checked without a change
  identityops.groupid.groupid_sql_rehearsal:
    server: sql01.corp.example
    username: groupid_restore
    password: "{{ vault_sql_password }}"
    database: GroupID
    deployment: hq
  delegate_to: localhost
  register: rehearsal

- name: Also test with a scratch database, and keep the result
  identityops.groupid.groupid_sql_rehearsal:
    server: sql01.corp.example
    username: groupid_restore
    password: "{{ vault_sql_password }}"
    database: GroupID
    deployment: hq
    path: E:\SqlBackups
    scratch: true
    directory: rehearsals
  delegate_to: localhost
"""

RETURN = r"""
claims:
  description: The result of each claim, in the order of C(docs/sql-server.md).
  returned: when the server was asked, or did not let the login in
  type: list
  elements: dict
  contains:
    id:
      description: The claim.
      returned: always
      type: str
      sample: sql.rows
    verdict:
      description: V(held), V(not held), V(refused by the system) or V(not tried here).
      returned: always
      type: str
      sample: held
    seen:
      description: What was seen instead, or why it was not tried.
      returned: always
      type: str
      sample: ""
table:
  description: The claims as lines of at most 80 columns.
  returned: with RV(claims)
  type: list
  elements: str
  sample: ["sql.rows  held  Every row is restored"]
consequences:
  description: A sentence for each claim that is not held and matters for a restore.
  returned: with RV(claims)
  type: list
  elements: str
  sample: []
losses:
  description: Those of RV(consequences) that mean that data would be lost. Do not start a backup.
  returned: with RV(claims)
  type: list
  elements: str
  sample: []
platform:
  description: Version, edition and system of the server.
  returned: with RV(claims)
  type: dict
  sample: {version: 16.0.4236.2, edition: Standard Edition (64-bit), system: Windows}
rehearsed_at:
  description: When, in UTC.
  returned: with RV(claims)
  type: str
  sample: "2026-11-28T21:00:00Z"
left:
  description: Names of scratch databases of this run that are still on the server, or may be.
  returned: with RV(claims)
  type: list
  elements: str
  sample: []
files:
  description: Files of the scratch database's backup that are still there, or may be, as the server sees them.
  returned: with RV(claims)
  type: list
  elements: str
  sample: []
file:
  description: The result's file on the controller.
  returned: with RV(claims)
  type: str
  sample: /home/ops/rehearsals/rehearsal-hq-database.json
schema:
  description: Version of this result's shape.
  returned: always
  type: int
  sample: 1
seconds:
  description: How long it took.
  returned: with RV(claims)
  type: float
  sample: 3.21
error:
  description: The parts of the error message.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure. V(scratch_left), V(result_file); C(sql_) and the server's error number;
        V(connection_lost); or that of a connection that failed, as of M(identityops.groupid.groupid_sql_info).
        V(argument) is an option or a variable that is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: scratch_left
    what:
      description: What failed.
      returned: always
      type: str
      sample: The rehearsal's scratch database was not dropped
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
      sample: Cannot drop database "groupid_rehearsal_0123456789abcdef" because it is currently in use. (3702)
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Drop it by hand.
"""

import datetime
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, rehearsal_report
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure, argument_failure
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import DATABASE_CLAIMS
from ansible_collections.identityops.groupid.plugins.module_utils.sql.rehearsal.rehearsal import (
    Outcome,
    Subject,
    rehearse,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.paths import check_folder
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import errors as sql_errors
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.arguments import (
    CONNECTION_SPEC,
    target_of,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import check_database, identifier
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import SqlError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target

NAME = "identityops.groupid.groupid_sql_rehearsal"
WHAT = "The database was not rehearsed"
SCHEMA = 1

ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    **CONNECTION_SPEC,
    "database": {"type": "str", "required": True},
    "deployment": {"type": "str", "required": True},
    "path": {"type": "str"},
    "scratch": {"type": "bool", "default": False},
    "keep_file": {"type": "bool", "default": False},
    "compression": {"type": "str", "choices": ["auto", "on", "off"], "default": "auto"},
    "encryption_certificate": {"type": "str"},
    "directory": {"type": "str"},
    "names": {"type": "bool", "default": False},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(ARGUMENT_SPEC, mutually_exclusive=[("instance", "port")], supports_check_mode=True)
    params = module.params
    began = time.monotonic()
    try:
        target, subject = target_of(params), subject_of(params, check=module.check_mode)
        deployment = backup_set.check_deployment(params["deployment"])
    except ValueError as problem:
        _fail(module, argument_failure(WHAT, str(problem), NAME))
    try:
        outcome = rehearse(lambda: open_session(target), subject)
    except SqlError as problem:
        _fail(module, sql_errors.explain(problem, f"The database {subject.database} on {target} was not rehearsed"))
    document = document_of(outcome, subject, target, deployment, names=params["names"])
    result = {
        **{name: value for name, value in document.items() if name != "deployment"},
        **rehearsal_report.judged(document),
        "document": document,
        "left": outcome.left,
        "files": outcome.files,
        "changed": outcome.changed,
        "schema": SCHEMA,
        "seconds": round(time.monotonic() - began, 3),
    }
    if outcome.files and not subject.keep_file:
        module.warn(f"The scratch database's backup may still be there: {', '.join(outcome.files)}. Remove it.")
    failure = outcome.refused or (left_failure(outcome) if outcome.left else None)
    if failure is not None:
        _fail(module, failure, **result)
    module.exit_json(**result)


def subject_of(params: dict[str, t.Any], *, check: bool) -> Subject:
    """Turn options into what is rehearsed. Raises ValueError."""
    certificate = params["encryption_certificate"]
    if certificate is not None:
        identifier(certificate)
    return Subject(
        database=check_database(params["database"]),
        path=None if params["path"] is None else check_folder(params["path"]),
        encrypt=params["encrypt"],
        compression=params["compression"],
        certificate=certificate,
        scratch=params["scratch"] and not check,
        keep_file=params["keep_file"],
    )


def document_of(
    outcome: Outcome, subject: Subject, target: Target, deployment: str, *, names: bool
) -> dict[str, t.Any]:
    """Return the document that is stored of a rehearsal."""
    server, database = outcome.server, outcome.database
    own: list[str | None] = [target.server, target.instance, target.username, subject.database, subject.path]
    own.append(subject.certificate)
    if server is not None:
        own += [server.name, *server.name.split("\\"), server.login, *server.login.split("\\"), server.service_account]
        own += [server.data_path, server.log_path, server.backup_path]
    if database is not None:
        own += [database.name, database.owner, database.availability_group, *database.snapshots]
        own += [one.name for one in database.certificates]
    # Of a domain's host, its domain too.
    own.append(target.server.partition(".")[2])
    system = {} if server is None else {"version": server.version, "edition": server.edition, "system": server.platform}
    now = datetime.datetime.now(datetime.timezone.utc)
    kept = rehearsal_report.document_of(outcome.findings, DATABASE_CLAIMS, system, now, () if names else own)
    return {**kept, "deployment": deployment}


def left_failure(outcome: Outcome) -> Failure:
    """Return the failure that names the databases that were not dropped, and says what to do about them."""
    why = [one.seen for one in outcome.findings if one.id == "sql.scratch_dropped" and one.seen]
    drops = " ".join(f"DROP DATABASE {identifier(name)};" for name in outcome.left)
    return Failure(
        "scratch_left",
        "The rehearsal's scratch database was not dropped",
        " ".join(why),
        "Remove the cause. Check that it is the rehearsal's: it has a table dbo.known_rows and nothing else. Run: "
        f"{drops}",
    )


def _fail(module: AnsibleModule, failure: Failure, **result: t.Any) -> t.NoReturn:
    module.fail_json(msg=str(failure), error=failure.explained(), **{"schema": SCHEMA, **result})
    raise AssertionError("fail_json ends the module")


if __name__ == "__main__":
    main()
