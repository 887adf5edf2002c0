# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before anything is touched."""

from __future__ import annotations

import datetime

import pytest
from unit.plugins.module_utils.sql.backup_task.backing_up import FOLDER, SET, back_up, refused, succeeded
from unit.plugins.sql_drivers import target

from lab.sql.engine import Certificate, User
from lab.sql.server import SqlServerDouble


def test_absent_and_system_databases_are_refused(server: SqlServerDouble, driver: str) -> None:
    refused(server, "cannot_backup", back_up(target(server, driver), database="GruopID"))
    server.engine.database("GroupID").state = "RESTORING"
    assert "RESTORING" in refused(server, "cannot_backup", back_up(target(server, driver)))


@pytest.mark.parametrize("version", ["10.0", "11.0"])
def test_foreign_database_is_refused_unless_it_is_named(server: SqlServerDouble, driver: str, version: str) -> None:
    server.engine.add_database("Payroll", {"dbo.Salary": ["Id INTEGER"]})
    where = target(server, driver)
    message = refused(server, "unknown_database", back_up(where, database="Payroll", version=version))
    assert "allow_unknown_database: Payroll" in message
    other = back_up(where, database="Payroll", version=version, allow_unknown_database="payrol")
    refused(server, "unknown_database", other)
    allowed = back_up(where, database="Payroll", version=version, allow_unknown_database="Payroll")
    assert "does not look like" in succeeded(allowed)["warnings"][0]


def test_foreign_database_is_a_warning_for_9(server: SqlServerDouble, driver: str) -> None:
    server.engine.add_database("Old", {"dbo.Things": ["Id INTEGER"]})
    outcome = succeeded(back_up(target(server, driver), database="Old", version="9.0"))
    assert "Check its name" in outcome["warnings"][0]


def test_msdb_that_is_recovered_is_no_missing_right(server: SqlServerDouble, driver: str) -> None:
    server.engine.database("msdb").state = "RECOVERING"
    outcome = back_up(target(server, driver))
    assert outcome["error"]["code"] == "sql_922"
    assert "may not read msdb" not in outcome["msg"]


def test_encryption_needs_a_certificate_whose_key_was_saved(server: SqlServerDouble, driver: str) -> None:
    where = target(server, driver)
    assert "BackupCert" in refused(server, "certificate", back_up(where, encryption_certificate="BackupCert"))
    certificate = Certificate("BackupCert")
    server.engine.certificates.append(certificate)
    unsaved = back_up(where, encryption_certificate="BackupCert")
    assert "never saved" in refused(server, "certificate_unsaved", unsaved)
    outcome = succeeded(back_up(where, encryption_certificate="BackupCert", allow_unsaved_certificate=True))
    assert outcome["encryption_thumbprint"] == f"0x{certificate.thumbprint}"
    certificate.saved = datetime.datetime(2026, 1, 1)
    succeeded(back_up(where, encryption_certificate="BackupCert", set_id=f"{SET}-saved", file_name="saved"))


@pytest.mark.parametrize("there", [True, False])
def test_a_certificate_that_the_login_may_not_see_is_left_to_the_server(
    server: SqlServerDouble, driver: str, there: bool
) -> None:
    """What it does not see may be there or not. The server answers both in the same way, before it touches a file."""
    certificate = Certificate("BackupCert", saved=datetime.datetime(2026, 1, 1))
    if there:
        server.engine.certificates.append(certificate)
    login = server.engine.add_login("backup", "Backup-Passw0rd!", roles={"dbcreator"})
    server.engine.database("GroupID").users += (User("backup", login.sid, frozenset({"db_owner"})),)
    where = target(server, driver, username="backup", password="Backup-Passw0rd!")
    outcome = back_up(where, encryption_certificate="BackupCert")
    assert (outcome["failed"], outcome["error"]["number"], outcome["changed"]) == (True, 15151, False)
    assert "does not see certificate 'BackupCert'" in outcome["warnings"][0]
    assert "GRANT VIEW DEFINITION ON CERTIFICATE" in outcome["msg"]
    assert list(server.engine.map_path(FOLDER).iterdir()) == []
    login.permissions.add("VIEW DEFINITION ON CERTIFICATE::BackupCert")
    if there:
        outcome = succeeded(back_up(where, encryption_certificate="BackupCert"))
        assert (outcome["encryption_thumbprint"], outcome["warnings"]) == (f"0x{certificate.thumbprint}", [])
    login.permissions.add("VIEW ANY DEFINITION")
    if not there:
        server.statements.clear()
        outcome = back_up(where, encryption_certificate="BackupCert")
        assert "has no certificate" in refused(server, "certificate", outcome)


def test_login_that_may_not_verify_is_reported_before_the_backup(server: SqlServerDouble, driver: str) -> None:
    login = server.engine.add_login("backup", "Backup-Passw0rd!")
    database = server.engine.database("GroupID")
    where = target(server, driver, username="backup", password="Backup-Passw0rd!")
    assert "backup" in refused(server, "cannot_backup", back_up(where))
    database.users = (User("backup", login.sid, frozenset({"db_owner"})),)
    assert "CREATE DATABASE" in refused(server, "cannot_verify", back_up(where))
    succeeded(back_up(where, verify=False))
