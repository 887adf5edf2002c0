# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log's tail is saved, and comes back."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from unit.plugins.module_utils.sql.restore.site import (
    REQUEST,
    Site,
    refused,
)


def test_tail_of_the_log_is_saved_and_replace_left_out(site: Site) -> None:
    site.run(r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\full.bak' WITH CHECKSUM")
    site.double.statements.clear()
    result = site.restore(dataclasses.replace(REQUEST, tail_log=True))
    assert (site.row(), site.stands(), result["replace"]) == ("saved", True, False)
    assert site.file(result["tail_file"]).exists()


def test_tail_of_the_log_comes_back_with_the_safety_backup(site: Site) -> None:
    site.run(r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\full.bak' WITH CHECKSUM")
    site.double.faults.errors("^RESTORE DATABASE", (3183, "RESTORE detected an error on page (1:7)"), percent=60)
    error = site.fail(dataclasses.replace(REQUEST, tail_log=True))
    assert error.result["outcome"] == "rolled_back"
    assert (site.row(), site.stands()) == ("new", True)


def test_a_tail_with_a_gap_before_it_is_named_and_what_it_holds_is_called_missing(site: Site) -> None:
    """A job of the administrator backs the log up after the safety backup, so the tail does not follow on that."""
    site.run(r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\full.bak' WITH CHECKSUM")
    site.double.faults.first("SET OFFLINE", lambda: back_the_log_up(site))
    site.double.faults.errors("^RESTORE DATABASE", (3183, "RESTORE detected an error on page (1:7)"), percent=60)
    error = site.fail(dataclasses.replace(REQUEST, tail_log=True))
    assert (error.failure.explained()["number"], error.result["outcome"]) == (3183, "rolled_back")
    assert error.result["tail_file"] in error.failure.explained()["cause"]
    assert site.file(error.result["tail_file"]).exists()
    assert "as it was before" not in error.failure.explained()["cause"]
    assert any("4305" in warning for warning in error.result["warnings"])
    assert (site.row(), site.stands()) == ("new", True)


def back_the_log_up(site: Site) -> None:
    site.write("written after the safety backup")
    site.run(r"BACKUP LOG [GroupID] TO DISK = N'D:\MSSQL\Backup\job.trn' WITH CHECKSUM")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_tail_leaves_all_data(site: Site, when: t.Any) -> None:
    site.run(r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\full.bak' WITH CHECKSUM")
    site.double.faults.drop("BACKUP LOG", when)
    error = site.fail(dataclasses.replace(REQUEST, tail_log=True))
    assert error.result["outcome"] == "as_found"
    assert (site.row(), site.stands()) == ("new", True)


def test_tail_of_a_simple_database_is_refused(site: Site) -> None:
    site.database.recovery_model = "SIMPLE"
    assert refused(site, dataclasses.replace(REQUEST, tail_log=True))["code"] == "tail_log"


@pytest.mark.parametrize("state", ["RECOVERY_PENDING", "SUSPECT"])
def test_the_log_of_a_database_that_cannot_be_opened_is_saved(site: Site, state: str) -> None:
    site.run(r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\full.bak' WITH CHECKSUM")
    site.database.state = state
    assert "tail_log: true" in site.fail().failure.explained()["next"]
    assert site.changed()[1:] == []
    result = site.restore(dataclasses.replace(REQUEST, tail_log=True, accept_no_safety=True))
    assert (site.row(), site.stands()) == ("saved", True)
    assert site.file(result["tail_file"]).exists()
    [saved] = [batch for batch in result["statements"] if batch.startswith("BACKUP LOG")]
    assert "NO_TRUNCATE" in saved


def test_a_log_that_cannot_be_saved_leaves_it_as_it_was(site: Site) -> None:
    site.run(r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\full.bak' WITH CHECKSUM")
    site.database.state = "SUSPECT"
    site.double.faults.errors(
        "^BACKUP LOG", (3201, "Cannot open backup device. Operating system error 5(Access is denied.).")
    )
    error = site.fail(dataclasses.replace(REQUEST, tail_log=True, accept_no_safety=True))
    assert (error.result["outcome"], error.result["tail_file"], site.database.state) == ("as_found", None, "SUSPECT")


def test_a_tail_without_a_full_backup_is_refused_before_anybody_is_thrown_out(site: Site) -> None:
    explained = refused(site, dataclasses.replace(REQUEST, tail_log=True))
    assert explained["code"] == "tail_log"
    assert "4214" in explained["cause"]
