# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies in the folder of the backups is left as it is, and what a backup leaves there is named."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils.sql.backup_task.backing_up import FILE, back_up, succeeded
from unit.plugins.sql_drivers import target

from lab.sql.server import SqlServerDouble


def test_file_of_another_set_is_left_as_it_is(server: SqlServerDouble, driver: str) -> None:
    where = target(server, driver)
    succeeded(back_up(where))
    before = server.engine.map_path(FILE).read_bytes()
    outcome = succeeded(back_up(where, set_id="20261122T150406Z"))
    assert outcome["files"] != [FILE]
    assert FILE in outcome["warnings"][0]
    assert server.engine.map_path(FILE).read_bytes() == before
    other = server.engine.map_path(r"D:\Backups\junk.bak")
    other.write_bytes(b"no backup at all" * 1000)
    succeeded(back_up(where, set_id="20261122T150407Z", file_name="junk"))
    assert other.read_bytes() == b"no backup at all" * 1000


REFUSED_BEFORE_WRITING = {
    3023: "Backup, file manipulation operations (such as ALTER DATABASE ADD FILE) on a database must be serialized.",
    3201: f"Cannot open backup device '{FILE}'. Operating system error 32(The process cannot access the file.).",
    701: "There is insufficient system memory in resource pool 'default' to run this query.",
}


@pytest.mark.parametrize("number", REFUSED_BEFORE_WRITING)
def test_a_good_backup_of_another_set_is_never_said_to_be_incomplete(
    server: SqlServerDouble, driver: str, number: int
) -> None:
    """All sets share one file name here, and the second BACKUP is refused before it opens the file."""
    where = target(server, driver)
    succeeded(back_up(where))
    server.faults.errors("^BACKUP DATABASE", (number, REFUSED_BEFORE_WRITING[number]), (3013, "BACKUP ended."))
    outcome = back_up(where, set_id="20261122T150406Z")
    assert outcome["failed"]
    assert "delete" not in outcome["msg"]
    assert "incomplete" not in outcome["msg"]


def test_an_encrypted_backup_takes_another_file_than_a_plain_one(server: SqlServerDouble, driver: str) -> None:
    where = target(server, driver)
    succeeded(back_up(where))
    text = "The backup cannot be performed because 'ENCRYPTION' was requested after the media was formatted."
    server.faults.errors("^BACKUP DATABASE", (3095, text), (3013, "BACKUP ended."))
    outcome = succeeded(back_up(where, set_id="20261122T150406Z"))
    assert outcome["files"] != [FILE]


def test_a_file_that_msdb_has_on_record_is_never_to_be_deleted_unseen(server: SqlServerDouble, driver: str) -> None:
    """Somebody moved set 1's file away. The path is on record, and what lies there now is the rest of a full disk."""
    where = target(server, driver)
    succeeded(back_up(where))
    server.engine.map_path(FILE).unlink()
    server.engine.disk_full_after = 2000
    outcome = back_up(where, set_id="20261122T150406Z")
    assert "delete it" not in outcome["msg"]
    assert "HEADERONLY" in outcome["msg"]


def test_what_a_full_disk_left_is_to_be_deleted(server: SqlServerDouble, driver: str) -> None:
    server.engine.disk_full_after = 2000
    outcome = back_up(target(server, driver))
    assert f"The backup in {FILE} is incomplete: delete it." in outcome["msg"]


def test_a_backup_that_msdb_did_not_record_was_made(server: SqlServerDouble, driver: str) -> None:
    """3009 has severity 16, and 3014 follows it."""
    server.engine.msdb_full = True
    outcome = back_up(target(server, driver))
    assert outcome["error"]["code"] == "not_recorded"
    assert "was made" in outcome["msg"]
    assert "3009" in outcome["msg"]
    assert "incomplete" not in outcome["msg"]
    assert server.engine.map_path(FILE).exists()
