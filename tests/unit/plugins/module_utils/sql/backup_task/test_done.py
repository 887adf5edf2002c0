# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup of a database is made, confirmed by msdb and verified."""

from __future__ import annotations

import datetime
import json
import pathlib
import time

import pytest
from unit.plugins.module_utils.sql.backup_task.backing_up import (
    FILE,
    SET,
    back_up,
    backups,
    refused,
    running,
    succeeded,
)
from unit.plugins.sql_drivers import target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup_task import ProofRequest
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from lab.sql.engine import Certificate
from lab.sql.languages import TURKISH
from lab.sql.server import SqlServerDouble

ROUND_TRIPS = 25


def test_backup_is_made_confirmed_and_verified(server: SqlServerDouble, driver: str) -> None:
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=2)
    outcome = succeeded(back_up(target(server, driver)))
    assert outcome["changed"]
    assert not outcome["shared"]
    assert outcome["verified"]
    assert outcome["checksums"]
    assert outcome["files"] == [FILE]
    assert server.engine.map_path(FILE).stat().st_size > 0
    database = server.engine.database("GroupID")
    assert outcome["family_guid"] == database.family_guid.lower()
    assert len(outcome["backup_set_uuid"]) == 36
    assert outcome["first_lsn"].isdigit()
    assert outcome["warnings"] == []
    assert outcome["server_version"] == server.engine.version
    assert datetime.datetime.fromisoformat(outcome["started_at"].replace("Z", "+00:00")) >= before
    assert [statement.split()[0] for statement in outcome["statements"]] == ["BACKUP", "RESTORE"]
    assert json.loads(json.dumps(outcome)) == outcome


def test_round_trips_are_few(server: SqlServerDouble, driver: str) -> None:
    first = target(server, driver)
    succeeded(back_up(first))
    assert len(server.statements) <= ROUND_TRIPS
    assert not server.engine.locks.holds()


@pytest.mark.timing
def test_cost_besides_the_statement_is_small(server: SqlServerDouble, driver: str) -> None:
    """No step waits for a time of its own, such as the next look at the progress."""
    server.engine.backup_seconds = 1.0
    began = time.monotonic()
    outcome = succeeded(back_up(target(server, driver), verify=False))
    assert time.monotonic() - began - server.engine.backup_seconds < 10.0
    assert outcome["progress"]


def test_name_in_another_case_is_the_same_database(server: SqlServerDouble, driver: str) -> None:
    succeeded(back_up(target(server, driver)))
    outcome = succeeded(back_up(target(server, driver), database="groupid"))
    assert outcome["shared"]
    assert not outcome["changed"]
    assert outcome["database"] == "GroupID"
    assert backups(server) == 1


def test_check_mode_reads_and_predicts(server: SqlServerDouble, driver: str) -> None:
    where = target(server, driver)
    proof = ProofRequest(lambda: open_session(where), same_server=True)
    outcome = succeeded(back_up(where, check=True, test_restore=proof))
    assert outcome["changed"]
    assert backups(server) == 0
    assert not [batch for batch in server.statements if not batch.startswith(("SELECT", "EXEC master.dbo.xp_inst"))]
    assert [statement.split()[0] for statement in outcome["statements"]] == [
        "BACKUP",
        "RESTORE",
        "RESTORE",
        "DBCC",
        "IF",
    ]
    real = succeeded(back_up(where))
    assert outcome["files"] == real["files"]
    assert outcome["statements"][1] == real["statements"][1]
    again = succeeded(back_up(where, check=True))
    assert not again["changed"]
    assert again["shared"]
    assert again["backup_set_uuid"] == real["backup_set_uuid"]


def test_stripes_are_all_named_and_verified(server: SqlServerDouble, driver: str) -> None:
    outcome = succeeded(back_up(target(server, driver), stripes=3))
    assert outcome["files"] == [rf"D:\Backups\GroupID_{number}.bak" for number in (1, 2, 3)]
    assert all(server.engine.map_path(file).exists() for file in outcome["files"])


@pytest.mark.parametrize("name", ["Group]ID", "o'Brien's", "x]; DROP DATABASE GroupID;--", "Gruppe Ω 漢字", "n" * 128])
def test_hard_names_arrive_as_they_are(server: SqlServerDouble, driver: str, name: str) -> None:
    server.engine.add_database(name)
    folder = r"D:\Backups\it's [here]; --"
    server.engine.map_path(folder).mkdir()
    outcome = succeeded(back_up(target(server, driver), database=name, path=folder))
    assert outcome["database"] == name
    assert server.engine.map_path(outcome["files"][0]).exists()
    assert server.engine.database("GroupID")


def test_a_login_of_another_language_hides_no_number(server: SqlServerDouble, driver: str) -> None:
    server.engine.logins["sa"].language = TURKISH
    outcome = succeeded(back_up(target(server, driver)))
    assert [step[1] for step in outcome["progress"]]
    server.engine.os_errors["D:\\Backups"] = 5
    refusal = back_up(target(server, driver), set_id=f"{SET}-2", file_name="other")
    assert "The account that SQL Server runs as has no access" in refusal["msg"]


def test_compression_follows_the_edition(tmp_path: pathlib.Path, driver: str) -> None:
    with running(tmp_path, edition="Express") as express:
        where = target(express, driver)
        assert "Express" in refused(express, "compression", back_up(where, compression="on"))
        outcome = succeeded(back_up(where))
    assert not outcome["compressed"]
    assert "COMPRESSION" not in outcome["statements"][0]


def test_compression_can_be_turned_off(server: SqlServerDouble, driver: str) -> None:
    assert succeeded(back_up(target(server, driver)))["compressed"]
    off = succeeded(back_up(target(server, driver), compression="off", set_id=f"{SET}-off", file_name="off"))
    assert not off["compressed"]


@pytest.mark.parametrize(
    ("version", "compressed", "said"),
    [
        ("13.0.1601.5", False, "not compressed"),
        ("13.0.4435.0", False, "not compressed"),
        ("13.0.4446.0", True, ""),
        ("13.0.5026.0", True, ""),
        ("15.0.4198.2", False, "not compressed"),
        ("15.0.4223.1", True, "15.0.4223"),
        ("16.0.4236.2", True, ""),
    ],
)
def test_an_encrypted_database_is_compressed_by_builds_that_restore_it(
    server: SqlServerDouble, driver: str, version: str, compressed: bool, said: str
) -> None:
    server.engine.version = version
    certificate = Certificate("Tde", saved=datetime.datetime(2026, 1, 1))
    server.engine.certificates.append(certificate)
    server.engine.database("GroupID").tde_thumbprint = certificate.thumbprint
    outcome = succeeded(back_up(target(server, driver)))
    assert outcome["compressed"] is compressed
    assert ("NO_COMPRESSION" in outcome["statements"][0]) is not compressed
    assert said in " ".join(outcome["warnings"])
    if not compressed:
        asked = back_up(target(server, driver), compression="on", set_id=f"{SET}-on")
        assert (asked["failed"], asked["error"]["code"]) == (True, "compression")


def test_password_is_nowhere(server: SqlServerDouble, driver: str) -> None:
    # FreeTDS does not accept braces together with semicolons, and is refused before it tries.
    secret = "S3cret' --Ω" if driver == "FreeTDS" else "S3cret}'{;-- Ω"
    server.engine.logins["sa"].password = secret
    outcome = succeeded(back_up(target(server, driver, password=secret)))
    wrong = back_up(target(server, driver, password=f"{secret}x"))
    assert wrong["failed"]
    assert wrong["error"]["number"] == 18456
    assert "was not started" in wrong["msg"]
    for text in (json.dumps(outcome), json.dumps(wrong), "\n".join(server.statements)):
        assert "S3cret" not in text
