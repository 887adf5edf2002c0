# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log's tail is saved, and comes back."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from unit.plugins.module_utils.sql_restore_run.site import (
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
