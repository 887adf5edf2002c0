# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's two logins do what it says, on a server that hides from them what a server hides from such logins."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import typing as t

import pytest
from unit.plugins.module_utils.sql.restore.site import REQUEST, TIMEOUTS, Site, backup

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.checks import Request as BackupRequest
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup_task import BackupTask, ProofRequest
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.report import RestoreError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.run import restore
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server import facts as sql_facts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.capabilities import verdicts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Session
from lab.sql import readme_logins
from lab.sql.engine import Certificate, User

README = pathlib.Path(__file__).parents[6] / "README.md"
PASSWORD = "Readme-Passw0rd!"
ELSEWHERE = r"D:\Elsewhere"


def add(site: Site, which: str) -> t.Callable[[], Session]:
    """Make one of the two logins of the README, and give what opens a session for it."""
    [sql] = re.findall(r"```sql\n(-- backup and verify.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    granted = sql if which == "restores" else sql.partition("-- and restore")[0]
    login = readme_logins.add_login(site.double.engine, site.database, granted, "groupid_backup", PASSWORD)
    assert login.granted
    assert login.granted >= {"msdb.dbo.backupset", "msdb.dbo.backupmediafamily"}
    assert not login.sysadmin
    return lambda: site.open("groupid_backup", PASSWORD)


def saved(site: Site, name: str) -> t.Any:
    """Back up what there is now, and give the request for it."""
    path = rf"D:\MSSQL\Backup\{name}.bak"
    site.run(backup(path=path))
    return dataclasses.replace(REQUEST, files=(path,))


def attempt(
    opener: t.Callable[[], Session], request: t.Any = REQUEST, *, check: bool = False
) -> tuple[dict[str, t.Any], RestoreError | None]:
    try:
        return restore(request, opener, "sql01", check=check, timeouts=TIMEOUTS), None
    except RestoreError as error:
        return error.result, error


@pytest.mark.parametrize("which", ["backs up", "restores"])
def test_it_backs_up_verifies_and_restores_on_trial(site: Site, which: str) -> None:
    opener = add(site, which)
    wanted = BackupRequest("GroupID", "hq", "20261123T150405Z", r"D:\MSSQL\Backup", "10.0", file_name="second")
    made = BackupTask(wanted, opener, 5, ProofRequest(opener, same_server=True)).run(check=False)
    assert not made.get("failed"), made["msg"]
    assert (made["verified"], made["test_restore"]["strays"]) == (True, [])
    assert site.stands()


@pytest.mark.parametrize("version", ["11.0.7001.0", "16.0.4236.2"])
@pytest.mark.parametrize("place", ["over it", "as another", "elsewhere", "absent", "rebuilt server"])
def test_it_restores(site: Site, place: str, version: str) -> None:
    site.double.engine.version = version
    opener = add(site, "restores")
    request = saved(site, "mine")
    site.file(ELSEWHERE).mkdir()
    if place == "as another":
        request = dataclasses.replace(request, as_database="GroupID_Test")
    elif place == "elsewhere":
        site.database.recovery_model = "SIMPLE"
        request = dataclasses.replace(request, data_path=ELSEWHERE, log_path=ELSEWHERE)
    elif place != "over it":
        site.run("DROP DATABASE [GroupID]")
        request = dataclasses.replace(request, data_path=ELSEWHERE) if place == "rebuilt server" else request
    previewed, error = attempt(opener, request, check=True)
    assert (error, previewed["outcome"]) == (None, "restored")
    result, error = attempt(opener, request)
    assert (error, result["outcome"]) == (None, "restored")
    assert site.double.engine.sql(request.target, 'SELECT Name FROM "dbo.GroupLifecycle"') == [("new",)]
    assert site.double.engine.database(request.target).user_access == "MULTI_USER"


def test_a_file_in_the_way_is_seen_since_2017(site: Site) -> None:
    site.file(ELSEWHERE).mkdir()
    site.file(ELSEWHERE + r"\GroupID.mdf").write_bytes(b"somebody's")
    result, error = attempt(add(site, "restores"), dataclasses.replace(REQUEST, data_path=ELSEWHERE))
    assert error is not None
    assert (error.failure.code, result["outcome"]) == ("no_place", "as_found")


def test_what_cannot_be_seen_is_never_replaced(site: Site) -> None:
    """Recovery model FULL: RESTORE says REPLACE, which overwrites a file that is there."""
    site.double.engine.version = "11.0.7001.0"
    site.run(backup())
    request = dataclasses.replace(saved(site, "old"), data_path=ELSEWHERE)
    site.file(ELSEWHERE).mkdir()
    taken = site.file(ELSEWHERE + r"\GroupID.mdf")
    taken.write_bytes(b"somebody's")
    opener = add(site, "restores")
    result, error = attempt(opener, request)
    assert error is not None
    assert (error.failure.code, result["outcome"]) == ("no_place", "as_found")
    site.database.recovery_model = "SIMPLE"
    result, error = attempt(opener, request)
    assert error is not None
    assert (error.failure.explained()["number"], result["outcome"]) == (3142, "as_found")
    assert any("cannot see" in warning for warning in result["warnings"])
    assert (taken.read_bytes(), site.row(), site.stands()) == (b"somebody's", "new", True)


def encrypt(site: Site) -> tuple[Certificate, t.Any]:
    certificate = Certificate("TdeCert")
    site.double.engine.certificates.append(certificate)
    site.database.tde_thumbprint = certificate.thumbprint
    return certificate, saved(site, "tde")


def test_a_certificate_that_it_may_not_see_is_not_called_missing(site: Site) -> None:
    dummy, request = encrypt(site)
    opener = add(site, "restores")
    session = opener()
    server, database = sql_facts.read_server(session), sql_facts.read_database(session, "GroupID")
    session.close()
    reasons = " ".join(verdicts(server, database)["can_backup"].reasons)
    assert "may not see" in reasons
    assert "on this server the private key" not in reasons
    result, error = attempt(opener, request)
    assert (error, result["outcome"]) == (None, "restored")


def test_a_certificate_that_is_not_there_is_reported_by_the_server(site: Site) -> None:
    certificate, request = encrypt(site)
    site.double.engine.certificates.remove(certificate)
    result, error = attempt(add(site, "restores"), request)
    assert error is not None
    assert (error.failure.explained()["number"], result["outcome"]) == (33111, "as_found")


def test_what_restore_resets_is_reported_with_the_statements(site: Site) -> None:
    site.database.owner_sid = site.double.engine.add_login("owner", "Owner-Passw0rd!").sid
    site.database.trustworthy = True
    request = saved(site, "owned")
    result, error = attempt(add(site, "restores"), request)
    assert error is None
    steps = " ".join(result["next_steps"])
    assert "ALTER DATABASE [GroupID] SET TRUSTWORTHY ON" in steps
    assert "ALTER DATABASE [GroupID] SET ENABLE_BROKER" in steps
    assert "ALTER AUTHORIZATION ON DATABASE::[GroupID] TO [owner]" in steps
    assert "33009" in steps


def test_what_a_rollback_resets_is_reported_too(site: Site) -> None:
    site.database.trustworthy = True
    site.double.faults.errors("^RESTORE DATABASE", (3183, "RESTORE detected an error on page (1:7)"), percent=60)
    error = site.fail()
    assert error.result["outcome"] == "rolled_back"
    assert "SET TRUSTWORTHY ON" in error.failure.explained()["next"]
    assert any("ENABLE_BROKER" in step for step in error.result["next_steps"])


SERVICE = r"CORP\svc-groupid"
SERVICE_SID = b"\x01\x05service"


def windows_user(site: Site) -> None:
    """A user whose account the domain knows, and this server does not let in."""
    site.double.engine.windows_accounts[SERVICE] = SERVICE_SID
    site.database.users = (User(SERVICE, SERVICE_SID, frozenset(("db_owner",))),)


def test_a_windows_account_without_a_login_is_an_orphan(site: Site) -> None:
    windows_user(site)
    request = saved(site, "windows")
    result, error = attempt(site.open, request)
    assert (error, result["orphaned_users"]) == (None, [SERVICE])
    assert not any("A login of that name exists" in step for step in result["next_steps"])
    mapped = dataclasses.replace(request, login_map={SERVICE: SERVICE})
    assert site.fail(mapped).failure.code == "login_missing"


def test_whether_a_windows_account_has_a_login_is_said_to_be_unknown(site: Site) -> None:
    windows_user(site)
    opener = add(site, "restores")
    result, error = attempt(opener, saved(site, "windows"))
    assert (error, result["orphaned_users"]) == (None, [])
    assert any(SERVICE in step and "cannot be seen" in step for step in result["next_steps"])
