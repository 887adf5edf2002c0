# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test restore has room, files and a name of its own, is checked, and leaves nothing behind."""

from __future__ import annotations

import collections.abc as c
import typing as t

import pytest
from unit.plugins.scripted_session import Answer, ScriptedSession, rows

from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore import trial as sql_test_restore
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import BackupFile
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.trial import ProofError, prove
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    NoConnectionError,
    Outcome,
    Session,
    SqlError,
)

FILES = [r"\\nas01\b\GroupID.bak"]
STRAY = "groupid_test_0123456789abcdef"
GRANTED = rows({"code": 0, "session_id": 57})
FOLDERS = {"data_path": "D:\\Data\\", "log_path": "L:\\Log\\", "server_name": "SQL02"}
LOST = ConnectionLostError(None, "Communication link failure")


def listed(name: str, kind: str, size: int) -> dict[str, t.Any]:
    return {"LogicalName": name, "PhysicalName": f"C:\\{name}", "Type": kind, "Size": size, "TDEThumbprint": None}


FILELIST = rows(listed("GroupID", "D", 800), listed("More", "D ", 100), listed("Log", "L", 50), listed("Blobs", "S", 7))
VOLUMES = rows(
    {"volume_mount_point": "D:\\", "available_bytes": 10_000}, {"volume_mount_point": "L:\\", "available_bytes": 60}
)


def server(**rules: Answer | c.Sequence[Answer]) -> ScriptedSession:
    """A server on which all goes well, but for what is given."""
    usual: dict[str, t.Any] = {
        "sp_getapplock": GRANTED,
        "sp_releaseapplock": Outcome(),
        "RECOVERING": rows(columns=["name"]),
        "groupid[_]test[_]%": rows(columns=["name"]),
        "FILELISTONLY": FILELIST,
        "InstanceDefaultDataPath": rows(FOLDERS),
        "dm_os_volume_stats": VOLUMES,
        "RESTORE DATABASE": Outcome(),
        "CHECKDB": Outcome(),
        "DROP DATABASE": Outcome(),
    }
    return ScriptedSession({**usual, **rules})


def no_other() -> Session:
    raise NoConnectionError(None, "out of reach")


def failed(session: ScriptedSession, opener: t.Callable[[], Session] = no_other, **options: t.Any) -> ProofError:
    with pytest.raises(ProofError) as raised:
        prove(session, opener, FILES, **options)
    return raised.value


def test_restored_checked_and_dropped_under_one_name() -> None:
    session = server()
    proof = prove(session, no_other, FILES)
    [restore], [check], [drop] = (session.sent(word) for word in ("RESTORE DATABASE", "CHECKDB", "DROP DATABASE"))
    assert session.executed.index(restore) < session.executed.index(check) < session.executed.index(drop)
    for statement in (restore, check, drop):
        assert proof.database in statement
    assert (proof.server, proof.bytes, proof.strays, proof.warnings) == ("SQL02", 957, (), ())
    assert rf"MOVE N'GroupID' TO N'D:\Data\{proof.database}_0.mdf'" in restore
    assert rf"MOVE N'More' TO N'D:\Data\{proof.database}_1.ndf'" in restore
    assert rf"MOVE N'Log' TO N'L:\Log\{proof.database}_2.ldf'" in restore
    assert rf"MOVE N'Blobs' TO N'D:\Data\{proof.database}_3'" in restore
    assert "CHECKSUM" in restore
    assert "REPLACE" not in restore


def test_each_run_has_a_name_of_its_own() -> None:
    assert prove(server(), no_other, FILES).database != prove(server(), no_other, FILES).database


def test_folders_that_are_asked_for_are_taken() -> None:
    session = server()
    prove(session, no_other, FILES, "E:\\scratch")
    assert session.sent("RESTORE DATABASE")[0].count("N'E:\\scratch\\groupid_test_") == 4


def test_volume_that_is_too_small_stops_it_before_it_begins() -> None:
    small = rows(
        {"volume_mount_point": "D:\\", "available_bytes": 906}, {"volume_mount_point": "", "available_bytes": 1}
    )
    session = server(dm_os_volume_stats=small)
    error = failed(session)
    assert error.failure.code == "space"
    assert "D:\\ has 906 bytes free, and the restored files take 907" in error.failure.cause
    assert not session.sent("RESTORE DATABASE")


def test_files_on_one_volume_share_its_room() -> None:
    files = [BackupFile("a", "a", "D", 60, None), BackupFile("b", "b", "L", 50, None)]
    placed = sql_test_restore.moves("s", files, "D:\\mount\\x", "D:\\y")
    assert sql_test_restore.space_refusal(placed, files, {"D:\\": 109, "C:\\": 0}) is not None
    assert sql_test_restore.space_refusal(placed, files, {"D:\\": 50, "D:\\mount\\": 60}) is None
    assert sql_test_restore.space_refusal(placed, files, {}) is None


def test_room_that_is_not_known_is_a_warning() -> None:
    proof = prove(server(dm_os_volume_stats=SqlError(300, "VIEW SERVER STATE permission was denied")), no_other, FILES)
    assert "300" in proof.warnings[0]


def test_strays_that_nobody_claims_are_dropped_and_others_are_left() -> None:
    names = [STRAY, "groupid_test_mine", "groupid_test_fedcba9876543210"]
    claims = [GRANTED, GRANTED, rows({"code": -1, "session_id": 57})]
    session = server(
        **{"groupid[_]test[_]%": rows(*({"name": name} for name in names)), "sp_getapplock": claims},
        dm_tran_locks=rows(columns=["session_id"]),
    )
    proof = prove(session, no_other, FILES)
    assert proof.strays == (STRAY,)
    dropped = session.sent("DROP DATABASE")
    assert len(dropped) == 2
    assert STRAY in dropped[0]
    assert proof.database in dropped[1]


def test_nothing_but_a_scratch_database_is_ever_dropped() -> None:
    with pytest.raises(ValueError, match="not dropped"):
        sql_test_restore.drop_statement("GroupID")


def test_a_database_of_the_name_that_is_still_there_is_reported() -> None:
    error = failed(server(**{"RESTORE DATABASE": SqlError(3154, "another"), "DROP DATABASE": rows({"database_id": 7})}))
    assert error.left is not None
    assert f"{error.left} is still on the server" in error.failure.next


@pytest.mark.parametrize("where", ["RESTORE DATABASE", "CHECKDB"])
def test_failure_drops_what_there_is(where: str) -> None:
    session = server(**{where: SqlError(8928, "Object ID 5: page (1:9) could not be processed.")})
    error = failed(session)
    assert error.failure.number == 8928
    assert error.left is None
    assert session.sent("DROP DATABASE")
    assert session.sent("sp_releaseapplock")


def test_scratch_database_that_stays_is_named() -> None:
    in_use = SqlError(3702, "Cannot drop database because it is currently in use.")
    error = failed(server(**{"CHECKDB": SqlError(8928, "damaged"), "DROP DATABASE": in_use}))
    assert error.left is not None
    proof = prove(server(**{"DROP DATABASE": in_use}), no_other, FILES)
    assert f"DROP DATABASE [{proof.database}]" in proof.warnings[0]


def test_lost_connection_is_followed_by_a_drop_on_another() -> None:
    second = server()
    error = failed(server(CHECKDB=LOST), lambda: second)
    assert error.left is None
    assert [batch.split()[0] for batch in second.executed] == ["DECLARE", "SELECT", "IF", "EXEC"]
    assert second.closed


def test_lost_server_leaves_the_scratch_database_and_says_so() -> None:
    assert failed(server(**{"RESTORE DATABASE": LOST}), patience=0).left is not None


def test_backup_that_cannot_be_listed_is_the_server_s_error() -> None:
    error = failed(server(FILELISTONLY=SqlError(3201, "Cannot open backup device.")))
    assert error.failure.number == 3201


def test_server_without_default_folders_asks_for_them() -> None:
    nowhere = {"data_path": None, "log_path": None, "server_name": "SQL02"}
    assert failed(server(InstanceDefaultDataPath=rows(nowhere))).failure.code == "folders"


def test_plan_is_made_from_the_database_before_there_is_a_backup() -> None:
    source = [
        {"name": name, "physical_name": f"C:\\{name}", "type_desc": kind, "pages": 2}
        for name, kind in (("GroupID", "ROWS"), ("Log", "LOG"), ("Blobs", "FILESTREAM"))
    ]
    session = server(master_files=rows(*source))
    files = sql_test_restore.source_files(session, "GroupID")
    assert [(file.kind, file.size) for file in files] == [("D", 16384), ("L", 16384), ("S", 16384)]
    roomy = server(dm_os_volume_stats=rows({"volume_mount_point": "D:\\", "available_bytes": 32768}))
    restore, check, drop = sql_test_restore.plan(roomy, STRAY, FILES, files, None, None).statements()
    assert "MOVE N'Blobs'" in restore
    assert STRAY in check
    assert STRAY in drop
    assert not roomy.sent("RESTORE DATABASE")
