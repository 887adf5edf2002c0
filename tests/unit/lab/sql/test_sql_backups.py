# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BACKUP and RESTORE: what is written comes back, and damage shows where a real server shows it."""

from __future__ import annotations

import pathlib

import pytest

from lab.sql.engine import Certificate, DataFile, User
from lab.sql.server import SqlServerDouble

BACKUP = r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\g.bak' WITH COPY_ONLY, CHECKSUM, COMPRESSION"
RESTORE = r"RESTORE DATABASE [GroupID] FROM DISK = N'D:\MSSQL\Backup\g.bak' WITH REPLACE"
VERIFY = r"RESTORE VERIFYONLY FROM DISK = N'D:\MSSQL\Backup\g.bak' WITH CHECKSUM"
HEADER = r"RESTORE HEADERONLY FROM DISK = N'D:\MSSQL\Backup\g.bak'"
FILES = r"RESTORE FILELISTONLY FROM DISK = N'D:\MSSQL\Backup\g.bak'"


def bak(double: SqlServerDouble, name: str = "g.bak") -> pathlib.Path:
    return double.engine.map_path(rf"D:\MSSQL\Backup\{name}")


def owner(double: SqlServerDouble, database: str = "GroupID") -> str:
    return str(double.engine.sql(database, 'SELECT "Owner" FROM "dbo.GroupLifecycle"')[0][0])


def fill(double: SqlServerDouble) -> None:
    rows = [(number, f"group {number}" * 20) for number in range(10, 2000)]
    for row in rows[:1]:
        double.engine.sql("GroupID", 'INSERT INTO "dbo.GroupLifecycle" (GroupId, Name) VALUES (?, ?)', row)
    double.engine.sql("GroupID", 'INSERT INTO "svc.Client" (Name) VALUES (randomblob(300000))')


def test_a_changed_row_comes_back(double, connect) -> None:
    client = connect()
    answer = client.run(BACKUP)
    assert answer.numbers() == [4035, 4035, 3014]
    client.run("UPDATE GroupID.dbo.GroupLifecycle SET Owner = N'eve'")
    assert owner(double) == "eve"
    answer = client.run(RESTORE + ", STATS = 50")
    assert answer.numbers() == [3211, 3211, 4035, 4035, 3014]
    assert owner(double) == "ann"


def test_msdb_knows_a_backup_that_succeeded_and_no_other(double, connect) -> None:
    client = connect()
    client.run(BACKUP + ", NAME = N'groupid hq 1'")
    double.faults.errors(
        "BACKUP", (3202, "Write failed: 112"), (3013, "BACKUP DATABASE is terminating abnormally."), percent=40
    )
    assert client.run(BACKUP.replace("g.bak", "h.bak")).number == 3202
    rows = client.run(
        "SELECT s.name, s.is_copy_only, s.has_backup_checksums, f.physical_device_name FROM msdb.dbo.backupset AS s"
        " JOIN msdb..backupmediafamily AS f ON f.media_set_id = s.media_set_id"
    ).sets[0]
    assert rows == [("groupid hq 1", True, True, r"D:\MSSQL\Backup\g.bak")]


def test_the_columns_are_those_of_the_version(double, connect) -> None:
    client = connect()
    client.run(BACKUP)
    header = client.connection.execute(HEADER)
    names = [column[0] for column in header.description]
    row = dict(zip(names, header.fetchone(), strict=True))
    assert len(names) == 59
    assert (names[0], names[-1]) == ("BackupName", "CompressionAlgorithm")
    assert (row["Flags"], row["HasBackupChecksums"], row["IsCopyOnly"], row["Position"]) == (1552, True, True, 1)
    assert row["FamilyGUID"] == double.engine.database("GroupID").family_guid
    header.close()
    files = client.connection.execute(FILES)
    assert len(files.description) == 22
    assert [row[0:3] for row in map(tuple, files.fetchall())] == [
        ("GroupID", r"D:\MSSQL\DATA\GroupID.mdf", "D"),
        ("GroupID_log", r"D:\MSSQL\LOG\GroupID_log.ldf", "L"),
    ]
    files.close()
    for version, count in (("15.0.4300.1", 56), ("12.0.6024.0", 56), ("11.0.7001.0", 53)):
        double.engine.version = version
        header = client.connection.execute(HEADER)
        reported = [column[0] for column in header.description]
        assert (reported, len(header.fetchone())) == (names[:count], count)
        header.close()


def test_a_second_backup_is_appended(double, connect) -> None:
    client = connect()
    client.run(BACKUP)
    double.engine.sql("GroupID", 'UPDATE "dbo.GroupLifecycle" SET "Owner" = ?', ("bob",))
    assert client.run(BACKUP).messages[0][1].endswith("on file 2.")
    assert [row[5] for row in client.run(HEADER).sets[0]] == [1, 2]
    client.run(RESTORE + ", FILE = 1")
    assert owner(double) == "ann"
    client.run(RESTORE + ", FILE = 2")
    assert owner(double) == "bob"
    assert client.run(RESTORE + ", FILE = 3").number == 3287


def test_a_medianame_keeps_others_out(double, connect) -> None:
    client = connect()
    client.run(BACKUP + ", MEDIANAME = N'one'")
    assert client.run(BACKUP + ", MEDIANAME = N'two'").number == 4037
    bak(double, "h.bak").write_bytes(b"something else")
    assert client.run(BACKUP.replace("g.bak", "h.bak")).number == 3241


def test_stripes_belong_together(double, connect) -> None:
    fill(double)
    client = connect()
    one, two = (rf"DISK = N'D:\MSSQL\Backup\s{number}.bak'" for number in (1, 2))
    client.run(f"BACKUP DATABASE GroupID TO {one}, {two} WITH CHECKSUM")
    assert client.run(f"RESTORE VERIFYONLY FROM {one}").number == 3132
    double.engine.sql("GroupID", 'UPDATE "dbo.GroupLifecycle" SET "Owner" = ?', ("bob",))
    assert client.run(f"RESTORE DATABASE GroupID FROM {two}, {one} WITH REPLACE").error == ""
    assert owner(double) == "ann"


@pytest.mark.parametrize("percent", [1, 60, 99])
def test_a_truncated_file(double, connect, percent: int) -> None:
    fill(double)
    client = connect()
    client.run(BACKUP)
    whole = bak(double).read_bytes()
    # The headers, which are about 3 KB, are a larger part of this file than of a real one.
    bak(double).write_bytes(whole[: max(100, len(whole) * percent // 100 - (3000 if percent == 1 else 0))])
    answer = client.run(VERIFY)
    assert answer.number == (3241 if percent == 1 else 3203)
    assert client.run(RESTORE).number == answer.number
    assert owner(double) == "ann"
    if percent > 1:
        assert client.run(HEADER).sets[0][0][0] == "*** INCOMPLETE ***"


def test_a_backup_that_was_cut_is_incomplete(double, connect) -> None:
    fill(double)
    double.faults.drop("^BACKUP", "during", percent=40)
    connect().run(BACKUP)
    client = connect()
    assert client.run(VERIFY).number == 3256
    assert client.run(RESTORE).number == 3256


def test_a_flipped_byte(double, connect) -> None:
    fill(double)
    client = connect()
    client.run(BACKUP)
    raw = bytearray(bak(double).read_bytes())
    raw[len(raw) // 2] ^= 1
    bak(double).write_bytes(raw)
    assert client.run(VERIFY).number == 3189
    assert client.run(RESTORE).number == 3183
    assert double.engine.database("GroupID").state == "RESTORING"


def test_no_checksums(double, connect) -> None:
    client = connect()
    client.run(BACKUP.replace("CHECKSUM, ", ""))
    assert client.run(VERIFY).number == 3187
    assert client.run(VERIFY.replace(" WITH CHECKSUM", "")).numbers() == [3262]
    assert client.run(RESTORE + ", CHECKSUM").number == 3187


def test_a_file_that_is_no_backup(double, connect) -> None:
    bak(double).write_bytes(b"no backup at all" * 1000)
    for batch in (HEADER, FILES, VERIFY, RESTORE):
        assert connect().run(batch).number == 3241


@pytest.mark.parametrize(
    ("path", "number"),
    [
        (r"D:\nosuch\g.bak", 3),
        (r"D:\denied\g.bak", 5),
        (r"\\nas01\backup\g.bak", 53),
        (r"\\nas02\backup\g.bak", 67),
        (r"\\nas03\backup\g.bak", 1326),
    ],
)
def test_the_operating_system_refuses(double, connect, path: str, number: int) -> None:
    double.engine.os_errors |= {r"D:\denied": 5, r"\\nas03": 1326}
    double.engine.map_path(r"\\nas02\other").mkdir(parents=True)
    answer = connect().run(f"BACKUP DATABASE GroupID TO DISK = N'{path}'")
    assert answer.number == 3201
    assert f"Operating system error {number}(" in answer.error


def test_a_missing_file_and_a_full_disk(double, connect) -> None:
    client = connect()
    assert "Operating system error 2(" in client.run(HEADER).error
    fill(double)
    double.engine.disk_full_after = 100_000
    answer = client.run(BACKUP + ", STATS = 5")
    assert answer.number == 3202
    assert "112(There is not enough space on the disk.)" in answer.error


def test_another_database_is_not_replaced_by_mistake(double, connect) -> None:
    client = connect()
    client.run(BACKUP)
    double.engine.add_database("Other")
    batch = RESTORE.replace("[GroupID]", "[Other]")
    assert client.run(batch.replace(" WITH REPLACE", "")).number == 3154
    answer = client.run(batch)
    assert answer.number == 1834
    assert "GroupID.mdf" in answer.error


@pytest.mark.parametrize(
    ("options", "number"),
    [
        (r"MOVE N'nope' TO N'D:\MSSQL\DATA\x.mdf'", 3234),
        (r"MOVE N'GroupID' TO N'D:\MSSQL\DATA\x', MOVE N'GroupID_log' TO N'D:\MSSQL\DATA\x'", 3176),
        (r"MOVE N'GroupID' TO N'D:\nosuch\x.mdf', MOVE N'GroupID_log' TO N'D:\MSSQL\DATA\x.ldf'", 5133),
        (r"MOVE N'GroupID' TO N'D:\MSSQL\DATA\there.mdf', MOVE N'GroupID_log' TO N'D:\MSSQL\DATA\x.ldf'", 3142),
    ],
)
def test_moves_that_cannot_be(double, connect, options: str, number: int) -> None:
    client = connect()
    client.run(BACKUP)
    double.engine.map_path(r"D:\MSSQL\DATA\there.mdf").write_bytes(b"")
    batch = rf"RESTORE DATABASE [New] FROM DISK = N'D:\MSSQL\Backup\g.bak' WITH {options}"
    assert client.run(batch).number == number
    assert "new" not in double.engine.databases


def test_a_copy_under_another_name(double, connect) -> None:
    stream = DataFile(3, "GroupID_fs", r"D:\MSSQL\DATA\GroupID_fs", "FILESTREAM")
    database = double.engine.database("GroupID")
    database.files += (stream,)
    client = connect()
    client.run(BACKUP)
    moves = ", ".join(rf"MOVE N'{file.name}' TO N'D:\MSSQL\DATA\c{file.file_id}'" for file in database.files)
    assert client.run(rf"RESTORE DATABASE [Copy] FROM DISK = N'D:\MSSQL\Backup\g.bak' WITH {moves}").error == ""
    assert owner(double, "Copy") == "ann"
    assert client.run("DBCC CHECKDB (N'Copy') WITH NO_INFOMSGS").error == ""
    assert client.run("DROP DATABASE [Copy]").error == ""
    assert not double.engine.map_path(r"D:\MSSQL\DATA\c1").exists()


def test_a_newer_server_and_its_editions(double, connect) -> None:
    client = connect()
    client.run(BACKUP)
    double.engine.version = "15.0.4300.1"
    assert client.run(RESTORE).number == 3169
    double.engine.edition = "Express"
    assert client.run(BACKUP).number == 1844
    assert client.run(BACKUP.replace(", COMPRESSION", "").replace("g.bak", "h.bak")).error == ""
    double.engine.size_limit = 1024**2
    assert client.run(RESTORE.replace("g.bak", "h.bak")).number == 1827


def test_certificates(double, connect) -> None:
    client = connect()
    encrypted = BACKUP + ", ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [Backup])"
    assert client.run(encrypted).number == 15151
    certificate = Certificate("Backup")
    double.engine.certificates.append(certificate)
    client.run(encrypted)
    assert (
        client.run("SELECT encryptor_thumbprint FROM msdb.dbo.backupset").value().hex().upper()
        == certificate.thumbprint
    )
    double.engine.certificates.clear()
    for batch in (FILES, VERIFY, RESTORE):
        assert client.run(batch).number == 33111
    assert client.run(HEADER).error == ""


def test_a_cut_restore_leaves_the_database_restoring(double, connect) -> None:
    client = connect()
    client.run(BACKUP)
    double.faults.drop("^RESTORE DATABASE", "during", percent=30)
    assert client.run(RESTORE).error
    client = connect()
    assert client.run("SELECT state_desc FROM sys.databases WHERE name = N'GroupID'").value() == "RESTORING"
    assert client.run("ALTER DATABASE GroupID SET MULTI_USER").number == 5052
    assert client.run("RESTORE DATABASE GroupID WITH RECOVERY").number == 4333
    assert client.run("SELECT * FROM GroupID.dbo.GroupLifecycle").number == 927
    assert client.run(RESTORE).error == ""
    assert owner(double) == "ann"


def test_the_tail_of_the_log(double, connect) -> None:
    client = connect()
    tail = r"BACKUP LOG GroupID TO DISK = N'D:\MSSQL\Backup\t.bak' WITH NORECOVERY"
    assert client.run(tail).number == 4214
    client.run(BACKUP.replace("COPY_ONLY, ", ""))
    assert client.run(RESTORE.replace(" WITH REPLACE", "")).number == 3159
    double.engine.sql("GroupID", 'UPDATE "dbo.GroupLifecycle" SET "Owner" = ?', ("bob",))
    assert client.run(tail).numbers()[-1] == 3014
    assert double.engine.database("GroupID").state == "RESTORING"
    assert client.run(RESTORE.replace("REPLACE", "NORECOVERY")).error == ""
    assert client.run(r"RESTORE LOG GroupID FROM DISK = N'D:\MSSQL\Backup\t.bak' WITH RECOVERY").error == ""
    assert owner(double) == "bob"
    double.engine.database("GroupID").recovery_model = "SIMPLE"
    assert client.run(tail).number == 4208


def test_users_travel_without_their_logins(double, connect) -> None:
    login = double.engine.add_login("portal", "x")
    database = double.engine.database("GroupID")
    database.users = (User("portal", b"elsewhere", frozenset({"db_owner"})),)
    client = connect()
    orphans = (
        "SELECT name FROM GroupID.sys.database_principals WHERE principal_id > 4 AND type = N'S'"
        " AND SUSER_SNAME(sid) IS NULL"
    )
    assert client.run(orphans).sets[0] == [("portal",)]
    assert client.run("EXEC [GroupID].sys.sp_executesql N'ALTER USER [portal] WITH LOGIN = [portal]'").error == ""
    assert database.users[0].sid == login.sid
    assert client.run("ALTER AUTHORIZATION ON DATABASE::[GroupID] TO [portal]").number == 15110
    assert client.run("ALTER AUTHORIZATION ON DATABASE::[GroupID] TO [nobody]").number == 15151


def test_inside_a_transaction(connect) -> None:
    client = connect()
    assert client.run(f"BEGIN TRAN; {BACKUP}; ROLLBACK").number == 3021
    assert client.run(BACKUP).error == ""


@pytest.mark.parametrize("name", ["a]b", "it's", "x;--", "Größe 𝄞", "n" * 128, '"quoted"'])
def test_names_of_every_kind(double, connect, name: str) -> None:
    double.engine.add_database(name)
    quoted, text = name.replace("]", "]]"), name.replace("'", "''")
    client = connect()
    assert client.run(rf"BACKUP DATABASE [{quoted}] TO DISK = N'D:\MSSQL\Backup\o''dd;--.bak'").error == ""
    assert client.run(f"SELECT database_name FROM msdb.dbo.backupset WHERE database_name = N'{text}'").value() == name
    assert client.run(f"SELECT COUNT(*) FROM [{quoted}].svc.Client").value() == 0
    assert bak(double, "o'dd;--.bak").exists()
