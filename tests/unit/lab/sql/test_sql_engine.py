# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's model: who may do what, states and user access, application locks, the catalogue."""

from __future__ import annotations

import threading

import pytest

from lab.sql.engine import User
from lab.waiting import HANG, until

BACKUP = r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\g.bak' WITH COPY_ONLY, CHECKSUM"
VERIFY = r"RESTORE VERIFYONLY FROM DISK = N'D:\MSSQL\Backup\g.bak'"
RESTORE = r"RESTORE DATABASE [GroupID] FROM DISK = N'D:\MSSQL\Backup\g.bak' WITH REPLACE"


MILD = (262, 916, 922, 926, 927, 942, 945, 3110, 5011)
"""Errors of severity 14. FreeTDS puts the error of the highest severity first, and pyodbc shows the first only."""


def leads(answer, number: int) -> bool:
    """Whether an answer's first error is this one, as far as the driver lets it be seen; 0 for none."""
    return (answer.number or 0) == number or (number in MILD and answer.number in (3013, 5069))


def claim(resource: str, timeout_ms: int = 0) -> str:
    return (
        f"DECLARE @code int; EXEC @code = sys.sp_getapplock @Resource = N'{resource}', @LockMode = N'Exclusive',"
        f" @LockOwner = N'Session', @LockTimeout = {timeout_ms}, @DbPrincipal = N'public'; SELECT @code AS code"
    )


@pytest.mark.parametrize(
    ("server_roles", "database_roles", "backup", "verify", "restore"),
    [
        ((), None, 916, 262, 3110),
        ((), (), 262, 262, 3110),
        ((), ("db_backupoperator",), 0, 262, 3110),
        ((), ("db_owner",), 0, 262, 3110),
        (("dbcreator",), ("db_backupoperator",), 0, 0, 0),
        (("sysadmin",), None, 0, 0, 0),
    ],
)
def test_rights(double, connect, server_roles, database_roles, backup: int, verify: int, restore: int) -> None:
    login = double.engine.add_login("worker", "x", roles=set(server_roles))
    if database_roles is not None:
        double.engine.database("GroupID").users = (User("worker", login.sid, frozenset(database_roles)),)
    connect().run(BACKUP)
    client = connect("worker", "x")
    assert leads(client.run(BACKUP.replace("g.bak", "h.bak")), backup)
    assert leads(client.run(VERIFY), verify)
    assert leads(client.run(RESTORE), restore)


def test_rights_as_the_catalogue_shows_them(double, connect) -> None:
    login = double.engine.add_login("worker", "x", permissions={"VIEW SERVER STATE"}, denied={"msdb.dbo.backupset"})
    double.engine.database("GroupID").users = (User("worker", login.sid, frozenset({"db_backupoperator"})),)
    client = connect("worker", "x")
    row = client.run(
        "SELECT IS_SRVROLEMEMBER(N'sysadmin'), HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE'),"
        " HAS_PERMS_BY_NAME(N'[GroupID]', N'DATABASE', N'BACKUP DATABASE'),"
        " HAS_PERMS_BY_NAME(NULL, NULL, N'CREATE ANY DATABASE'), HAS_DBACCESS(N'GroupID'), HAS_DBACCESS(N'nosuch')"
    ).sets[0][0]
    assert row == (0, 1, 1, 0, 1, None)
    assert client.run("SELECT name FROM msdb.dbo.backupset").number == 229
    names = client.run("SELECT permission_name FROM sys.fn_my_permissions(N'GroupID', N'DATABASE')").sets[0]
    assert ("BACKUP DATABASE",) in names


DRIVES = "SELECT fixed_drive_path, free_space_in_bytes FROM sys.dm_os_enumerate_fixed_drives"


@pytest.mark.parametrize(
    ("version", "permissions", "number"),
    [
        ("16.0.4236.2", {"VIEW SERVER STATE"}, 0),
        ("16.0.4236.2", set(), 300),
        ("14.0.1000.169", {"VIEW SERVER STATE"}, 208),
    ],
)
def test_drives_are_shown_since_2017_and_with_a_right(
    double, connect, version: str, permissions: set[str], number: int
) -> None:
    double.engine.version = version
    double.engine.add_login("worker", "x", permissions=permissions)
    answer = connect("worker", "x").run(DRIVES)
    assert answer.number == number
    assert number or ("D:\\", double.engine.volume_free) in answer.sets[0]


@pytest.mark.parametrize(
    ("version", "permissions", "answers", "sees"),
    [
        ("16.0.4236.2", {"VIEW SERVER STATE"}, (1, 1), True),
        ("16.0.4236.2", {"VIEW SERVER PERFORMANCE STATE"}, (0, 1), True),
        ("16.0.4236.2", {"VIEW SERVER SECURITY STATE"}, (0, 0), False),
        ("16.0.4236.2", set(), (0, 0), False),
        ("15.0.4430.1", {"VIEW SERVER STATE"}, (1, None), True),
        ("15.0.4430.1", set(), (0, None), False),
    ],
)
def test_sessions_of_others_are_hidden_without_the_permission_and_nothing_is_refused(
    double, connect, version: str, permissions: set[str], answers: tuple[int | None, int | None], sees: bool
) -> None:
    double.engine.version = version
    double.engine.add_login("worker", "x", permissions=permissions)
    other = connect()
    other.run("USE GroupID")
    client = connect("worker", "x")
    row = client.run(
        "SELECT HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE'),"
        " HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER PERFORMANCE STATE')"
    ).sets[0][0]
    assert row == answers
    found = client.run(
        "SELECT login_name, is_user_process FROM sys.dm_exec_sessions WHERE database_id = DB_ID(N'GroupID')"
        " AND session_id <> @@SPID ORDER BY session_id"
    )
    assert found.sets[0] == ([("sa", False), ("sa", True)] if sees else [])
    assert client.run("SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE session_id = @@SPID").value() == 1


@pytest.mark.parametrize(
    ("state", "use", "alter"),
    [("OFFLINE", 942, 0), ("RESTORING", 927, 5052), ("RECOVERY_PENDING", 945, 0), ("SUSPECT", 926, 0)],
)
def test_states(double, connect, state: str, use: int, alter: int) -> None:
    database = double.engine.database("GroupID")
    database.state = state
    client = connect()
    assert client.run("SELECT state_desc FROM sys.databases WHERE name = N'GROUPID'").value() == state
    assert client.run("USE GroupID").number == use
    assert leads(client.run(BACKUP), use)
    assert client.run("ALTER DATABASE GroupID SET RESTRICTED_USER").number == alter


def test_a_database_that_is_being_recovered_takes_nothing(double, connect) -> None:
    """Learned: Microsoft's list of errors (922, 5011) and what RESTORE says of a database in use (3101, then 3013)."""
    client = connect()
    client.run(BACKUP)
    double.engine.shut_down()
    assert client.run("SELECT state_desc FROM sys.databases WHERE name = N'GROUPID'").value() == "RECOVERING"
    assert client.run("USE GroupID").number == 922
    assert leads(client.run(BACKUP.replace("g.bak", "h.bak")), 922)
    assert leads(client.run("ALTER DATABASE GroupID SET OFFLINE WITH ROLLBACK IMMEDIATE"), 5011)
    assert leads(client.run(RESTORE), 3101)
    double.engine.start_up()
    assert client.run(RESTORE).error == ""


def test_the_informative_error_comes_first(double, connect, driver) -> None:
    double.engine.add_login("worker", "x")
    numbers = {"FreeTDS": (3013, 5069), "Microsoft": (916, 5011)}[driver.name]
    client = connect("worker", "x")
    assert (client.run(BACKUP).number, client.run("ALTER DATABASE GroupID SET OFFLINE").number) == numbers


def test_unknown_databases(connect) -> None:
    client = connect()
    assert client.run("USE nosuch").number == 911
    assert leads(client.run("ALTER DATABASE nosuch SET OFFLINE"), 5011)
    assert client.run("DROP DATABASE nosuch").number == 3701
    assert client.run("SELECT * FROM nosuch.dbo.x").number == 208
    assert client.run("ALTER DATABASE master SET SINGLE_USER").number == 5058


@pytest.mark.timing
def test_single_user_belongs_to_who_set_it_even_from_master(connect) -> None:
    holder, other = connect(), connect()
    holder.run("ALTER DATABASE GroupID SET SINGLE_USER WITH ROLLBACK IMMEDIATE")
    assert holder.run("SELECT DB_NAME()").value() == "master"
    assert other.run("USE GroupID").number == 924
    assert other.run("ALTER DATABASE GroupID SET MULTI_USER WITH ROLLBACK IMMEDIATE").number == 5064
    assert other.run("DROP DATABASE GroupID").number == 3702
    assert holder.run("SELECT COUNT(*) FROM GroupID.dbo.GroupLifecycle").value() == 1
    holder.close()
    until(lambda: other.run("USE GroupID; USE master").error == "", "the end of the session")
    assert other.run("ALTER DATABASE GroupID SET MULTI_USER").error == ""


@pytest.mark.timing
def test_a_portal_slips_into_a_single_user_database_that_was_let_go(double, connect) -> None:
    double.engine.visitor("GroupID")
    client = connect()
    answer = client.run("ALTER DATABASE GroupID SET SINGLE_USER WITH ROLLBACK IMMEDIATE")
    assert answer.numbers() == [5060, 5060]
    assert [one.program for one in double.engine.sessions.values()].count("GroupID") == 0
    client.close()
    until(lambda: "GroupID" in [one.program for one in list(double.engine.sessions.values())], "the portal")
    assert connect().run("ALTER DATABASE GroupID SET MULTI_USER").number == 5064


def test_rollback_immediate_ends_other_connections(connect) -> None:
    victim, client = connect(), connect()
    victim.run("USE GroupID")
    assert client.run("ALTER DATABASE GroupID SET OFFLINE WITH NO_WAIT").number == 5070
    client.run("ALTER DATABASE GroupID SET OFFLINE WITH ROLLBACK IMMEDIATE")
    assert victim.run("SELECT 1").error
    assert client.run("ALTER DATABASE GroupID SET RESTRICTED_USER; ALTER DATABASE GroupID SET ONLINE").error == ""


def test_restricted_user_lets_owners_in_and_nobody_else(double, connect) -> None:
    user, dbo = (double.engine.add_login(name, "x") for name in ("user", "dbo2"))
    database = double.engine.database("GroupID")
    database.users = (User("user", user.sid), User("dbo2", dbo.sid, frozenset({"db_owner"})))
    connect().run("ALTER DATABASE GroupID SET RESTRICTED_USER")
    assert connect("user", "x").run("USE GroupID").number == 916
    assert connect("dbo2", "x").run("USE GroupID").error == ""


def test_a_restore_needs_the_database_alone(connect) -> None:
    client, other = connect(), connect()
    client.run(BACKUP)
    other.run("USE GroupID")
    assert client.run(RESTORE).number == 3101
    assert other.run(RESTORE).number == 3102


def test_availability_group(double, connect) -> None:
    client = connect()
    client.run(BACKUP)
    double.engine.database("GroupID").availability_group = "AG1"
    assert client.run(RESTORE).number == 3104
    assert client.run("ALTER DATABASE GroupID SET OFFLINE").number == 1468
    assert client.run("SELECT database_name FROM sys.availability_databases_cluster").value() == "GroupID"


@pytest.mark.timing
def test_two_backups_at_once(double, connect) -> None:
    double.engine.backup_seconds = 20.0
    cursor = connect().connection.cursor()
    cursor.execute(BACKUP + ", STATS = 5")
    assert connect().run(BACKUP.replace("g.bak", "h.bak")).number == 3023
    assert double.engine.database("GroupID").busy == "BACKUP DATABASE"


@pytest.mark.timing
def test_a_lock_is_exclusive_waits_and_goes_with_its_session(double, connect) -> None:
    first, second, third = connect(), connect(), connect()
    assert first.run(claim("x")).value() == 0
    assert second.run(claim("x")).value() == -1
    assert second.run(claim("X")).value() == 0
    codes = []
    waiter = threading.Thread(target=lambda: codes.append(third.run(claim("x", -1)).value()))
    waiter.start()
    sessions = double.engine.sessions
    until(lambda: any(one.request and one.request.wait_type for one in list(sessions.values())), "who waits")
    first.close()
    waiter.join(HANG)
    assert codes == [1]


def test_who_holds_a_lock_can_be_seen(connect) -> None:
    first, second = connect(), connect()
    first.run(claim("groupid 0123456789abcdef"))
    row = second.run(
        "SELECT s.session_id, l.request_mode FROM sys.dm_tran_locks AS l JOIN sys.dm_exec_sessions AS s"
        " ON s.session_id = l.request_session_id WHERE l.resource_type = N'APPLICATION'"
        " AND CHARINDEX(N'groupid 0123456789abcdef', l.resource_description) > 0"
    ).sets[0][0]
    assert row == (first.run("SELECT @@SPID").value(), "X")


@pytest.mark.parametrize("code", [-2, -3, -999])
def test_every_return_code_of_a_lock(double, connect, code: int) -> None:
    double.engine.locks.forced.append(code)
    assert connect().run(claim("x")).value() == code


def test_releasing_what_is_not_held(connect) -> None:
    assert connect().run("EXEC sp_releaseapplock @Resource = N'x', @LockOwner = N'Session'").number == 1223


@pytest.mark.parametrize(
    ("batch", "value"),
    [
        ("SELECT TOP (1) name FROM sys.databases ORDER BY database_id DESC", "GroupID"),
        ("SELECT COUNT(*) FROM sys.databases WHERE name LIKE N'gr[^x]%'", 1),
        ("SELECT COUNT(*) FROM sys.databases WHERE name LIKE N'Group[_]D'", 0),
        ("SELECT ISNULL(source_database_id, -1) FROM sys.databases WHERE name = N'groupid'", -1),
        ("SELECT CASE WHEN EXISTS (SELECT 1 FROM GroupID.sys.tables WHERE name = N'client') THEN 1 ELSE 0 END", 1),
        ("SELECT OBJECT_ID(N'[GroupID].svc.Client') - OBJECT_ID(N'GroupID.svc.client')", 0),
        ("SELECT s.name + N'.' + t.name FROM [GroupID].sys.tables t JOIN [GroupID].sys.schemas s"
         " ON s.schema_id = t.schema_id WHERE t.name = N'Action'", "Event.Action"),
        ("SELECT CONVERT(nvarchar(100), 0x0AFF, 1)", "0x0AFF"),
        ("SELECT DATEDIFF(SECOND, GETUTCDATE(), DATEADD(MINUTE, 2, GETUTCDATE()))", 120),
        ("SELECT DISTINCT v.volume_mount_point FROM sys.master_files AS f"
         " CROSS APPLY sys.dm_os_volume_stats(f.database_id, f.file_id) AS v", "D:\\"),
        (r"SELECT file_is_a_directory FROM sys.dm_os_file_exists(N'D:\MSSQL\Backup')", True),
        ("DECLARE @n sysname = N'x'; IF DB_ID(@n) IS NULL SET @n = N'none'; SELECT @n", "none"),
        ("BEGIN TRY THROW 50001, N'oops', 1; END TRY BEGIN CATCH SELECT ERROR_MESSAGE() END CATCH", "oops"),
        ("SELECT severity FROM sys.messages WHERE message_id = 1205 AND language_id = 1033", 13),
    ],
)  # fmt: skip
def test_selects(connect, batch: str, value: object) -> None:
    answer = connect().run(batch)
    assert answer.error == ""
    assert answer.value() == value


def test_a_backslash_at_the_end_of_a_line_goes_on(connect) -> None:
    assert connect().run("SELECT N'a\\\nb'").value() == "ab"


def test_a_damaged_database_shows(double, connect) -> None:
    database = double.engine.database("GroupID")
    database.damaged_page = 7
    answer = connect().run(BACKUP)
    assert answer.number == 3043
    assert "(1:7)" in answer.error
    path = double.engine.path_of(database)
    raw = bytearray(path.read_bytes())
    raw[8192:8300] = b"\xff" * 108
    path.write_bytes(raw)
    assert connect().run("DBCC CHECKDB ([GroupID])").number == 8928


def test_whoever_makes_a_database_may_fill_it(double, connect) -> None:
    double.engine.add_login("maker", "x", permissions={"CREATE ANY DATABASE"})
    double.engine.add_login("other", "x")
    maker, other = connect("maker", "x"), connect("other", "x")
    made = maker.run("CREATE DATABASE [new]; SELECT name FROM sys.databases WHERE name = N'new';")
    assert made.sets == [[("new",)]]
    table = "CREATE TABLE [new].dbo.rows_of_it (number int NOT NULL PRIMARY KEY, words nvarchar(100) NOT NULL);"
    assert leads(other.run(table), 916)
    assert maker.run(table).number == 0
    assert maker.run(table).number == 2714
    assert maker.run("INSERT INTO [new].dbo.rows_of_it (number, words) VALUES (1, N'a'), (2, N'b');").number == 0
    assert maker.run("SELECT words FROM [new].dbo.rows_of_it ORDER BY number;").sets == [[("a",), ("b",)]]
    assert maker.run("CREATE DATABASE [new];").number == 1801
