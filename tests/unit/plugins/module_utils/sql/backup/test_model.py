# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, files and statements of a backup, and what is read from msdb's record of it."""

from __future__ import annotations

import datetime
import decimal
import re
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup import model as sql_backup
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.model import Order, Record, backup_files

HARD_NAMES = ["Group]ID", "o'Brien", "x]; DROP DATABASE master;--", "Gruppe \N{GREEK SMALL LETTER OMEGA}", "n" * 128]

ROW: dict[str, t.Any] = {
    "backup_set_id": 8,
    "backup_set_uuid": "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
    "family_guid": "B0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
    "database_name": "GroupID",
    "name": "groupid hq 20261122T150405Z",
    "position": 1,
    "backup_size": decimal.Decimal(5_000_000),
    "compressed_backup_size": decimal.Decimal(1_000_000),
    "first_lsn": decimal.Decimal("1234567890123456789012345"),
    "last_lsn": decimal.Decimal(38),
    "checkpoint_lsn": decimal.Decimal(37),
    "backup_start_date": datetime.datetime(2026, 11, 22, 16, 4, 6),
    "backup_finish_date": datetime.datetime(2026, 11, 22, 16, 4, 9),
    "time_zone": 4,
    "is_copy_only": True,
    "has_backup_checksums": True,
    "is_damaged": False,
    "user_name": "backup",
    "server_name": "SQL01",
    "media_name": "groupid 00",
    "is_compressed": True,
    "physical_device_name": r"D:\b\GroupID_1.bak",
    "encryptor_thumbprint": b"\x1f\xa0",
}


def order(**changes: t.Any) -> Order:
    return Order(**{"database": "GroupID", "name": "n", "media": "m", "files": (r"D:\b\GroupID.bak",), **changes})


def record(**changes: t.Any) -> Record:
    found = sql_backup.read_record([{**ROW, **changes}])
    assert found is not None
    return found


def test_backup_name_is_deployment_and_set() -> None:
    assert sql_backup.backup_name("HQ", "20261122T150405Z-x") == "groupid hq 20261122T150405Z-x"


def test_backup_name_that_does_not_fit_is_refused() -> None:
    label = "l" * 40
    assert len(sql_backup.backup_name("d" * 62, f"20261122T150405Z-{label}")) == 128
    with pytest.raises(ValueError, match="129 characters"):
        sql_backup.backup_name("d" * 63, f"20261122T150405Z-{label}")


@pytest.mark.parametrize(
    ("folder", "path"),
    [
        ("D:\\", r"D:\GroupID.bak"),
        ("D:\\Backups\\", r"D:\Backups\GroupID.bak"),
        (r"\\nas01\backup\x", r"\\nas01\backup\x\GroupID.bak"),
        ("/var/opt/mssql/backup", "/var/opt/mssql/backup/GroupID.bak"),
    ],
)
def test_file_lies_in_the_folder_in_its_writing(folder: str, path: str) -> None:
    assert backup_files(folder, "GroupID") == (path,)


def test_stripes_are_numbered() -> None:
    assert backup_files("D:\\b", "G", 2) == (r"D:\b\G_1.bak", r"D:\b\G_2.bak")
    for stripes in (0, 65):
        with pytest.raises(ValueError, match="1 to 64"):
            backup_files("D:\\b", "G", stripes)


@pytest.mark.parametrize(
    "folder",
    ["", "b", "D:b", "D:", r"\b", r"\\nas01", "https://x/y", r"D:\a\..\b", "/a/./b", r"D:\a|b", "D:\\a\nb", "D:/b"],
)
def test_folder_that_is_not_absolute_and_plain_is_refused(folder: str) -> None:
    with pytest.raises(ValueError, match=r"path|control character"):
        backup_files(folder, "GroupID")


def test_path_longer_than_backup_allows_is_refused() -> None:
    longest = order(media="groupid 0123456789abcdef", files=backup_files("D:\\" + "f" * 235, "GroupID"))
    assert len(longest.elsewhere().files[0]) == 259
    with pytest.raises(ValueError, match="250"):
        backup_files("D:\\" + "f" * 236, "GroupID")


def test_files_make_way_under_a_name_of_their_own() -> None:
    there = order(media="groupid 0123456789abcdef", files=(r"D:\b\G_1.bak", r"D:\b\G_2.bak"))
    assert there.elsewhere().files == (r"D:\b\G_1_89abcdef.bak", r"D:\b\G_2_89abcdef.bak")
    assert there.elsewhere().media == there.media


def test_unsafe_names_get_files_of_their_own() -> None:
    names = ["a?b", "a*b", "a_b", "a.", "a", "CON", "con.x", 'q"', "x/y", "x\\y", "x:y"]
    files = [backup_files("D:\\b", name)[0] for name in names]
    assert len({file.lower() for file in files}) == len(names)
    assert files[2] == r"D:\b\a_b.bak"
    for file in files:
        name = file.removeprefix("D:\\b\\")
        assert not set(name) & set('<>:"/\\|?*')
        assert name.lower() not in ("con.bak", "con.x.bak")


def test_statement_of_a_plain_backup() -> None:
    assert order().backup_statement() == (
        r"BACKUP DATABASE [GroupID] TO DISK = N'D:\b\GroupID.bak' WITH COPY_ONLY, CHECKSUM, NOINIT, NOSKIP, "
        "NAME = N'n', MEDIANAME = N'm', STATS = 5;"
    )


def test_statement_of_a_backup_with_everything() -> None:
    full = order(
        files=(r"D:\b\1.bak", r"D:\b\2.bak"),
        compression=True,
        certificate="Backup]Cert",
        transfer_bytes=131072,
        stats=10,
    )
    assert full.backup_statement().endswith(
        "COMPRESSION, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [Backup]]Cert]), MAXTRANSFERSIZE = 131072, "
        "STATS = 10;"
    )
    assert r"TO DISK = N'D:\b\1.bak', DISK = N'D:\b\2.bak' WITH" in full.backup_statement()
    assert "NO_COMPRESSION" in order(compression=False).backup_statement()


@pytest.mark.parametrize("name", HARD_NAMES)
def test_hard_names_are_one_token(name: str) -> None:
    statement = order(database=name, files=backup_files(r"D:\it's", name)).backup_statement()
    assert statement.startswith("BACKUP DATABASE [" + name.replace("]", "]]") + "] TO DISK = N'D:\\it''s\\")


def test_transfers_are_larger_for_compressed_tde_only() -> None:
    assert sql_backup.transfer_bytes(13, True, True) == 131072
    assert sql_backup.transfer_bytes(12, True, True) is None
    assert sql_backup.transfer_bytes(16, False, True) is None
    assert sql_backup.transfer_bytes(16, True, False) is None


def test_record_is_read() -> None:
    found = record()
    assert found.backup_set_uuid == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    assert found.first_lsn == "1234567890123456789012345"
    assert (found.bytes, found.database_bytes, found.seconds) == (1_000_000, 5_000_000, 3.0)
    assert (found.started, found.finished) == ("2026-11-22T15:04:06Z", "2026-11-22T15:04:09Z")
    assert found.thumbprint == "0x1FA0"
    assert found.doubts() == []


def test_newest_record_counts_with_its_own_files() -> None:
    second = {**ROW, "physical_device_name": r"D:\b\GroupID_2.bak"}
    older = {**ROW, "backup_set_id": 7, "physical_device_name": r"D:\old.bak"}
    found = sql_backup.read_record([ROW, second, older])
    assert found is not None
    assert found.files == (r"D:\b\GroupID_1.bak", r"D:\b\GroupID_2.bak")
    assert sql_backup.read_record([]) is None


def test_time_in_an_unknown_zone_is_not_given() -> None:
    assert record(time_zone=127).started is None
    assert record(time_zone=None).finished is None
    assert record(time_zone=-20).started == "2026-11-22T21:04:06Z"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"has_backup_checksums": False}, "no checksums"),
        ({"is_damaged": True}, "damage"),
        ({"is_copy_only": False}, "copy-only"),
        ({"position": 2}, "appended.*number 2"),
        ({"physical_device_name": None}, "names no file"),
    ],
)
def test_record_that_does_not_count_says_why(change: dict[str, t.Any], words: str) -> None:
    [doubt] = record(**change).doubts()
    assert re.search(words, doubt)


def test_columns_of_encryption_are_asked_for_where_they_exist() -> None:
    assert "encryptor_thumbprint" not in sql_backup.record_query("d", "n", 11)
    assert "encryptor_thumbprint" in sql_backup.record_query("d", "n", 12)
    assert record_without_encryption().thumbprint is None


def record_without_encryption() -> Record:
    row = {name: value for name, value in ROW.items() if name != "encryptor_thumbprint"}
    found = sql_backup.read_record([row])
    assert found is not None
    return found
