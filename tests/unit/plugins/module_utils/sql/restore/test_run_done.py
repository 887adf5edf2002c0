# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore over a real driver against the double: what is sent, in which order, and what is back."""

from __future__ import annotations

import dataclasses

import pytest
from unit.plugins.module_utils.sql.restore.site import (
    REQUEST,
    Site,
    backup,
    begin,
)

from lab.sql.engine import Certificate
from lab.sql.faults import Fault
from lab.sql.wire import Message


def test_a_changed_row_returns_and_the_safety_backup_has_the_new_one(site: Site) -> None:
    result = site.restore()
    assert (result["outcome"], result["changed"], site.row(), site.stands()) == ("restored", True, "saved", True)
    assert site.safety_backups() == [result["safety"]["name"]]
    back = dataclasses.replace(REQUEST, files=tuple(result["safety"]["files"]))
    site.restore(back)
    assert site.row() == "new"


def test_takes_it_offline_between_the_safety_backup_and_the_restore(site: Site) -> None:
    portal = site.double.engine.visitor("GroupID")
    result = site.restore()
    kinds = [" ".join(batch.split()[:2]) for batch in result["statements"]]
    assert kinds == ["BACKUP DATABASE", "RESTORE VERIFYONLY", "ALTER DATABASE", "RESTORE DATABASE", "ALTER DATABASE"]
    assert "OFFLINE WITH ROLLBACK IMMEDIATE" in result["statements"][2]
    assert "REPLACE" in result["statements"][3], "recovery model full: the log's tail would stop it (3159)"
    assert "session" in result["warnings"][0]
    assert portal.killed
    assert site.double.engine.sessions_in(site.database), "the portal is back"


def test_replace_is_left_out_where_the_server_can_check_for_itself(site: Site) -> None:
    site.database.recovery_model = "SIMPLE"
    assert "REPLACE" not in site.restore()["statements"][3]


@pytest.mark.parametrize("start", ["ONLINE", "OFFLINE"])
def test_a_server_that_cannot_look_into_an_offline_database_gets_replace(site: Site, start: str) -> None:
    site.database.recovery_model = "SIMPLE"
    begin(site, start)
    site.double.engine.compares_offline = False
    result = site.restore()
    assert (result["outcome"], result["replace"], site.row()) == ("restored", True, "saved")
    sent = [batch for batch in result["statements"] if batch.startswith("RESTORE DATABASE")]
    assert ["REPLACE" in batch for batch in sent] == [False, True]
    assert any("3154" in warning and "REPLACE" in warning for warning in result["warnings"])


@pytest.mark.parametrize("number", [3154, 3159, 3142])
def test_replace_is_asked_for_once(site: Site, number: int) -> None:
    site.database.recovery_model = "SIMPLE"
    site.double.faults.add(Fault("^RESTORE DATABASE", 0, (Message(number, "Refused.", 16),)))
    error = site.fail()
    assert (error.failure.explained()["number"], error.result["outcome"]) == (number, "as_found")
    assert len([batch for batch in site.changed() if batch.startswith("RESTORE DATABASE")]) == 2
    assert (site.row(), site.stands()) == ("new", True)


def test_replace_is_not_asked_for_where_files_have_to_move(site: Site) -> None:
    """3142 may then be of a file that nobody looked at."""
    site.database.recovery_model = "SIMPLE"
    site.file(r"D:\Elsewhere").mkdir()
    site.double.faults.errors("^RESTORE DATABASE", (3142, "File 'x' cannot be restored over the existing 'x'."))
    assert site.fail(dataclasses.replace(REQUEST, data_path=r"D:\Elsewhere")).failure.explained()["number"] == 3142
    assert len([batch for batch in site.changed() if batch.startswith("RESTORE DATABASE")]) == 1


def test_check_mode_says_the_statements_and_sends_none(site: Site) -> None:
    previewed = site.restore(check=True)
    assert site.changed() == []
    assert site.row() == "new"
    stamp = previewed["safety"]["name"].rpartition(" ")[2]
    done = site.restore()
    later = done["safety"]["name"].rpartition(" ")[2]
    assert [batch.replace(stamp, later) for batch in previewed["statements"]] == done["statements"]
    assert previewed["changed"]


@pytest.mark.parametrize(("version", "compressed"), [("15.0.4198.2", False), ("16.0.4236.2", True)])
def test_the_safety_backup_of_an_encrypted_database_can_be_restored(site: Site, version: str, compressed: bool) -> None:
    """Before 2019 CU16 a compressed one may not be (KB5014298)."""
    certificate = Certificate("Tde")
    site.double.engine.certificates.append(certificate)
    site.database.tde_thumbprint = certificate.thumbprint
    site.double.engine.version = version
    site.run(backup(path=r"D:\MSSQL\Backup\tde.bak"))
    result = site.restore(dataclasses.replace(REQUEST, files=(r"D:\MSSQL\Backup\tde.bak",)))
    [safety] = [batch for batch in result["statements"] if batch.startswith("BACKUP DATABASE")]
    assert ("NO_COMPRESSION" in safety) is not compressed
