# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before anything is changed."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from unit.plugins.module_utils.sql.restore.site import (
    BAK,
    REQUEST,
    TIMEOUTS,
    Site,
    backup,
    refused,
)

from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.checks import check_request
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.report import RestoreError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.run import restore
from lab.sql.engine import Certificate, User


@pytest.mark.parametrize("part", [0.01, 0.6, 0.99])
def test_truncated_file(site: Site, part: float) -> None:
    file = site.file(BAK)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * part)])
    assert refused(site)["number"] in (3203, 3241, 3242, 3256, 3189)


def test_flipped_byte(site: Site) -> None:
    file = site.file(BAK)
    content = bytearray(file.read_bytes())
    content[len(content) * 7 // 10] ^= 1
    file.write_bytes(content)
    assert refused(site)["number"] in (3183, 3189, 3203, 3242)


def test_another_databases_file(site: Site) -> None:
    site.double.engine.add_database("Payroll")
    site.run(backup("Payroll", r"D:\MSSQL\Backup\Payroll.bak", "nightly"))
    site.double.statements.clear()
    files = (r"D:\MSSQL\Backup\Payroll.bak",)
    assert refused(site, dataclasses.replace(REQUEST, files=files))["code"] == "other_database"
    request = dataclasses.replace(REQUEST, files=files, database="Payroll", as_database="GroupID")
    explained = refused(site, request)
    assert explained["code"] == "other_family"
    waiver = site.double.engine.database("Payroll").family_guid.lower()
    assert waiver in explained["next"]
    result = site.restore(dataclasses.replace(request, allow_other_family=waiver))
    assert (result["replace"], site.database.family_guid.lower()) == (True, waiver)


def test_a_database_of_the_same_name_and_another_family(site: Site) -> None:
    site.database.family_guid = "00000000-0000-0000-0000-000000000001"
    assert refused(site)["code"] == "other_family"


def test_a_file_that_is_not_the_one_of_the_record(site: Site) -> None:
    gone = "00000000-0000-0000-0000-000000000001"
    assert refused(site, dataclasses.replace(REQUEST, expected_uuid=gone))["code"] == "backup_missing"
    assert refused(site, dataclasses.replace(REQUEST, expected_family=gone))["code"] == "other_backup"


def test_newer_server(site: Site) -> None:
    site.double.engine.version = "15.0.2000.5"
    explained = refused(site, dataclasses.replace(REQUEST, expected_uuid="00000000-0000-0000-0000-000000000001"))
    assert explained["code"] == "incomplete"
    assert "newer version" in explained["cause"]


def test_the_server_in_the_record_distinguishes_a_newer_one_from_a_cut_backup(site: Site) -> None:
    site.double.engine.version = "15.0.2000.5"
    newer = refused(site, dataclasses.replace(REQUEST, expected_version="16.0.4236.2"))
    assert newer["code"] == "newer_server"
    assert "version 16.0.4236.2, and this is version 15.0.2000.5" in newer["cause"]
    cut = refused(site, dataclasses.replace(REQUEST, expected_version="15.0.4300.1"))
    assert cut["code"] == "incomplete"
    assert "not written to its end" in cut["cause"]


def test_missing_certificate(site: Site) -> None:
    certificate = Certificate("tde")
    site.double.engine.certificates.append(certificate)
    site.database.tde_thumbprint = certificate.thumbprint
    site.run(backup(path=r"D:\MSSQL\Backup\tde.bak"))
    site.double.statements.clear()
    site.double.engine.certificates.clear()
    explained = refused(site, dataclasses.replace(REQUEST, files=(r"D:\MSSQL\Backup\tde.bak",)))
    assert explained["code"] in ("certificate_missing", "sql_33111")
    assert certificate.thumbprint in explained["cause"]


def test_no_checksums(site: Site) -> None:
    site.run(backup(path=r"D:\MSSQL\Backup\plain.bak", options="NO_CHECKSUM, "))
    site.double.statements.clear()
    request = dataclasses.replace(REQUEST, files=(r"D:\MSSQL\Backup\plain.bak",))
    assert refused(site, request)["code"] == "no_checksums"
    site.write("newer still")
    assert site.restore(dataclasses.replace(request, accept_unverified=True))["outcome"] == "restored"


def test_availability_group(site: Site) -> None:
    site.database.availability_group = "AG1"
    assert refused(site)["code"] == "availability_group"


def test_several_backups_in_one_file(site: Site) -> None:
    site.run(backup(options="CHECKSUM, NOINIT, "))
    site.double.statements.clear()
    assert refused(site)["code"] == "several_backups"
    site.restore(dataclasses.replace(REQUEST, position=1))
    assert site.row() == "saved"


def test_login_that_may_back_up_but_not_restore(site: Site) -> None:
    login = site.double.engine.add_login("half", "Half-Passw0rd!")
    site.database.users = (User("half", login.sid, frozenset(("db_owner",))),)
    with pytest.raises(RestoreError) as caught:
        restore(REQUEST, lambda: site.open("half", "Half-Passw0rd!"), "sql01", timeouts=TIMEOUTS)
    assert caught.value.failure.explained()["code"] == "no_permission"
    assert "dbcreator" in caught.value.failure.explained()["next"]
    assert site.changed() == []


def test_missing_file_is_reported_with_its_number_and_path(site: Site) -> None:
    explained = refused(site, dataclasses.replace(REQUEST, files=(r"D:\MSSQL\Backup\gone.bak",)))
    assert explained["number"] == 3201
    assert "gone.bak" in explained["cause"]


def test_safety_folder_without_room_stops_it(site: Site) -> None:
    site.double.engine.os_errors["\\\\nas01"] = 53
    error = site.fail(dataclasses.replace(REQUEST, safety_path=r"\\nas01\backup", accept_no_safety=True))
    assert error.failure.explained()["number"] == 3201
    assert (site.row(), site.stands(), error.result["changed"]) == ("new", True, False)


def test_damaged_database_is_restored_without_a_safety_backup_when_accepted(site: Site) -> None:
    site.database.damaged_page = 3
    error = site.fail()
    assert (site.row(), site.stands(), error.result["outcome"]) == ("new", True, "as_found")
    result = site.restore(dataclasses.replace(REQUEST, accept_no_safety=True))
    assert (site.row(), site.stands(), result["safety"]) == ("saved", True, None)


def test_a_safety_path_that_is_too_long_is_refused_in_check_mode_too(site: Site) -> None:
    request = dataclasses.replace(REQUEST, safety_path="D:\\" + "x" * 220)
    with pytest.raises(RestoreError) as caught:
        site.restore(request, check=True)
    assert caught.value.failure.code == "safety_path"
    assert "259" in caught.value.failure.cause


@pytest.mark.parametrize("option", ["files", "safety_path", "data_path", "log_path"])
@pytest.mark.parametrize("path", ["relative", r"D:\MSSQL\..\x", r"D:\a|b", "D:x"])
def test_paths_are_checked_as_paths(option: str, path: str) -> None:
    changes: dict[str, t.Any] = {option: (path,) if option == "files" else path}
    with pytest.raises(ValueError, match="path"):
        check_request(dataclasses.replace(REQUEST, **changes), REQUEST.set_id)


def test_a_shortage_of_space_is_a_warning_of_the_check(site: Site) -> None:
    """VERIFYONLY says so (3181, 3257) and does not fail."""
    site.double.engine.volume_free = 1024
    assert any("insufficient free space" in line for line in site.restore(check=True)["warnings"])
