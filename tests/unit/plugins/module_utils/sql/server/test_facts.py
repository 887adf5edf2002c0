# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of a server and its databases."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import pytest
from unit.plugins.scripted_session import ScriptedSession
from unit.plugins.sql_drivers import both_drivers, target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.server import facts as sql_facts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server import folder as sql_folder
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server import history as sql_history
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.capabilities import verdicts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Session,
    SqlError,
)
from lab.sql import grammar
from lab.sql.engine import Certificate, User
from lab.sql.server import SqlServerDouble

THUMBPRINT = "A1" * 20
BACKUP = r"D:\MSSQL\Backup"


@pytest.fixture
def double(tmp_path: pathlib.Path) -> t.Iterator[SqlServerDouble]:
    with SqlServerDouble(tmp_path / "server") as server:
        server.engine.add_database("GroupID")
        yield server


def session_of(double: SqlServerDouble, driver: str, *roles: str, user: tuple[str, ...] | None = None) -> Session:
    """A session of a login with these server roles, and as a user of GroupID's database with these roles."""
    login = double.engine.add_login("app", "pw", roles=set(roles))
    if user is not None:
        database = double.engine.database("GroupID")
        database.users = (*database.users, User("app", login.sid, frozenset(user)))
    return open_session(target(double, driver, username="app", password="pw"))


@pytest.fixture
def as_sa(double: SqlServerDouble, driver: str) -> t.Iterator[Session]:
    session = open_session(target(double, driver))
    yield session
    session.close()


@both_drivers
def test_a_server_as_sysadmin_sees_it(double: SqlServerDouble, as_sa: Session) -> None:
    found = sql_facts.read_server(as_sa)
    assert (found.name, found.version, found.major, found.edition) == (
        double.engine.server_name,
        "16.0.4236.2",
        16,
        "Standard Edition (64-bit)",
    )
    assert (found.login, found.sysadmin, found.may_create, found.view_server_state) == ("sa", True, True, True)
    assert (found.platform, found.service_account) == ("Windows", double.engine.service_account)
    assert (found.compresses, found.express, found.backs_up_to_files) == (True, False, True)
    assert found.backup_path == BACKUP
    assert len(as_sa.executed) <= 4


@both_drivers
@pytest.mark.parametrize("version", ["13.0.5026.0", "14.0.1000.1"])
def test_an_older_server_is_asked_for_its_backup_directory_otherwise(
    driver: str, version: str, tmp_path: pathlib.Path
) -> None:
    with SqlServerDouble(tmp_path, version=version) as double:
        session = open_session(target(double, driver))
        found = sql_facts.read_server(session)
        assert (found.major, found.backup_path) == (int(version[:2]), BACKUP)
        session.close()


@both_drivers
def test_express(driver: str, tmp_path: pathlib.Path) -> None:
    with SqlServerDouble(tmp_path, edition="Express") as double:
        double.engine.add_database("GroupID")
        session = open_session(target(double, driver))
        server = sql_facts.read_server(session)
        verdict = verdicts(server, sql_facts.read_database(session, "GroupID"))["can_backup"]
        assert (server.express, server.compresses) == (True, False)
        assert verdict.ok
        assert "makes no compressed backups" in verdict.reasons[0]


@both_drivers
def test_a_login_without_rights_sees_less_and_guesses_nothing(driver: str, double: SqlServerDouble) -> None:
    session = session_of(double, driver)
    server, database = sql_facts.read_server(session), sql_facts.read_database(session, "GroupID")
    assert (server.sysadmin, server.may_create, server.view_server_state) == (False, False, False)
    assert server.service_account is None
    assert database is not None
    assert (database.accessible, database.may_backup, database.is_owner) == (False, False, False)
    assert (database.objects_visible, database.known_objects) == (None, ())
    assert database.sessions is None
    assert (database.bytes, database.used_bytes) == (None, None)
    found = verdicts(server, database)
    assert [name for name, verdict in found.items() if verdict.ok] == []
    assert "db_backupoperator" in found["can_backup"].reasons[0]
    assert "dbcreator" in found["can_verify"].reasons[0]


LONG_NAMES = ("n" * 128, "]" * 70, "a." * 64)


@both_drivers
@pytest.mark.parametrize("name", LONG_NAMES, ids=["letters", "brackets", "dots"])
def test_a_name_without_known_rights_is_not_refused(driver: str, name: str, double: SqlServerDouble) -> None:
    double.engine.add_database(name)
    session = open_session(target(double, driver))
    server, database = sql_facts.read_server(session), sql_facts.read_database(session, name)
    assert database is not None
    assert (database.may_backup, database.objects_visible) == (None, None)
    verdict = verdicts(server, database)["can_backup"]
    assert verdict.ok
    assert "not known" in verdict.reasons[0]
    session.close()


@both_drivers
def test_a_long_name_that_the_login_may_not_enter_is_refused(driver: str, double: SqlServerDouble) -> None:
    double.engine.add_database("n" * 128)
    session = session_of(double, driver)
    assert not verdicts(sql_facts.read_server(session), sql_facts.read_database(session, "n" * 128))["can_backup"].ok
    session.close()


@both_drivers
@pytest.mark.parametrize(
    ("roles", "user", "able"),
    [
        ((), ("db_backupoperator",), ["can_backup"]),
        ((), ("db_owner",), ["can_backup"]),
        (("dbcreator",), ("db_backupoperator",), ["can_backup", "can_restore", "can_verify"]),
        (("dbcreator",), None, ["can_restore", "can_verify"]),
        (("sysadmin",), None, ["can_backup", "can_restore", "can_verify"]),
    ],
)
def test_rights_decide(
    driver: str, roles: tuple[str, ...], user: tuple[str, ...] | None, able: list[str], double: SqlServerDouble
) -> None:
    session = session_of(double, driver, *roles, user=user)
    found = verdicts(sql_facts.read_server(session), sql_facts.read_database(session, "GroupID"))
    assert sorted(name for name, verdict in found.items() if verdict.ok) == able
    if "can_restore" not in able and user == ("db_owner",):
        assert any("db_owner" in reason for reason in found["can_restore"].reasons)


@both_drivers
def test_a_database_of_groupid(double: SqlServerDouble, as_sa: Session, driver: str) -> None:
    other = open_session(target(double, driver))
    other.execute("USE [GroupID];")
    found = sql_facts.read_database(as_sa, "groupid")
    assert found is not None
    assert (found.name, found.state, found.user_access, found.recovery_model) == (
        "GroupID",
        "ONLINE",
        "MULTI_USER",
        "FULL",
    )
    model = double.engine.database("GroupID")
    assert found.family_guid == model.family_guid.lower()
    assert found.bytes == sum(file.size for file in model.files)
    assert found.used_bytes == model.files[0].size
    assert found.objects_visible is True
    assert {"SVC.Client", "Event.Action"} <= set(found.known_objects)
    assert found.sessions is not None
    assert [(group.program, group.login, group.sessions) for group in found.sessions] == [
        ("identityops.groupid", "sa", 1)
    ]
    caution = verdicts(sql_facts.read_server(as_sa), found)["can_restore"]
    assert (caution.ok, caution.reasons) == (True, ("1 session(s) of others are in GroupID and would be ended.",))


@both_drivers
def test_a_database_of_something_else(double: SqlServerDouble, as_sa: Session) -> None:
    double.engine.add_database("HR", {"dbo.Client": ["id INTEGER"]})
    found = sql_facts.read_database(as_sa, "HR")
    assert found is not None
    assert (found.objects_visible, found.known_objects) == (True, ())


@both_drivers
def test_no_database(as_sa: Session) -> None:
    assert sql_facts.read_database(as_sa, "nö']]--") is None
    found = verdicts(sql_facts.read_server(as_sa), None)
    assert (found["can_backup"].ok, found["can_verify"].ok, found["can_restore"].ok) == (False, True, True)
    assert "no database of that name" in found["can_backup"].reasons[0]


@both_drivers
@pytest.mark.parametrize("state", ["OFFLINE", "RESTORING", "RECOVERY_PENDING", "SUSPECT"])
def test_states_are_reported_without_entering(double: SqlServerDouble, as_sa: Session, state: str) -> None:
    double.engine.database("GroupID").state = state
    found = sql_facts.read_database(as_sa, "GroupID")
    assert found is not None
    assert (found.state, found.known_objects, found.objects_visible) == (state, (), None)
    verdict = verdicts(sql_facts.read_server(as_sa), found)["can_backup"]
    assert (verdict.ok, verdict.reasons) == (False, (f"GroupID is {state}: only an ONLINE database can be backed up.",))


@both_drivers
def test_a_single_user_database_is_not_taken_by_looking(double: SqlServerDouble, as_sa: Session) -> None:
    double.engine.database("GroupID").user_access = "SINGLE_USER"
    found = sql_facts.read_database(as_sa, "GroupID")
    assert found is not None
    assert (found.user_access, found.objects_visible) == ("SINGLE_USER", None)
    assert double.engine.database("GroupID").holder is None
    assert not any("[GroupID].sys" in batch for batch in as_sa.executed)


@both_drivers
def test_encryption(double: SqlServerDouble, as_sa: Session) -> None:
    double.engine.database("GroupID").tde_thumbprint = THUMBPRINT
    server = sql_facts.read_server(as_sa)
    unknown = sql_facts.read_database(as_sa, "GroupID")
    assert unknown is not None
    assert unknown.encrypted
    assert unknown.tde_certificate == sql_facts.Certificate("", f"0x{THUMBPRINT}", None, None)
    double.engine.certificates.append(Certificate("TdeCert", THUMBPRINT))
    found = sql_facts.read_database(as_sa, "GroupID")
    assert found is not None
    assert found.tde_certificate is not None
    assert (found.tde_certificate.name, found.tde_certificate.key_saved) == ("TdeCert", None)
    assert found.certificates == (found.tde_certificate,)
    assert "BACKUP CERTIFICATE" in verdicts(server, found)["can_backup"].reasons[0]


@both_drivers
def test_what_keeps_a_restore_out(double: SqlServerDouble, as_sa: Session) -> None:
    model = double.engine.database("GroupID")
    model.availability_group, model.mirrored, model.published, model.cdc = "AG1", True, True, True
    double.engine.add_database("GroupID_snap", snapshot_of="GroupID")
    found = sql_facts.read_database(as_sa, "GroupID")
    assert found is not None
    assert (found.availability_group, found.primary, found.mirrored) == ("AG1", True, True)
    assert (found.published, found.cdc, found.snapshots) == (True, True, ("GroupID_snap",))
    verdict = verdicts(sql_facts.read_server(as_sa), found)["can_restore"]
    assert not verdict.ok
    for words in ("availability group AG1", "mirrored", "GroupID_snap"):
        assert any(words in reason for reason in verdict.reasons)


def test_a_system_database_by_any_name_is_known_by_its_number() -> None:
    facts = dataclasses.replace(_database(), name="other", database_id=4)
    assert facts.system
    found = verdicts(_server(), facts)
    assert (found["can_backup"].ok, found["can_restore"].ok) == (False, False)


def test_azure_services_back_up_to_no_files() -> None:
    server = dataclasses.replace(_server(), engine_edition=8)
    found = verdicts(server, _database())
    assert "Azure" in found["can_backup"].reasons[0]
    assert "Azure" in found["can_restore"].reasons[0]


def test_a_held_database_says_so_and_not_that_rights_are_missing() -> None:
    facts = dataclasses.replace(_database(), user_access="SINGLE_USER", accessible=False, may_backup=False)
    reasons = verdicts(_server(), facts)["can_backup"].reasons
    assert reasons == ("GroupID is in SINGLE_USER mode and another session has it.",)


def test_what_may_not_be_seen_is_none_and_a_loss_is_a_loss() -> None:
    denied = SqlError(229, "The SELECT permission was denied.")
    assert sql_history.last_backups(ScriptedSession({"backupset": denied}), "GroupID") is None
    assert sql_history.read_chain(ScriptedSession({"backupset": denied}), "GroupID") is None
    with pytest.raises(ConnectionLostError):
        sql_history.read_chain(ScriptedSession({"backupset": ConnectionLostError(None, "gone")}), "GroupID")


@both_drivers
def test_backups_and_the_chain_of_others(as_sa: Session) -> None:
    assert str(sql_history.read_chain(as_sa, "GroupID")).startswith("msdb has no backup of this database by others")
    as_sa.execute(rf"BACKUP DATABASE [GroupID] TO DISK = N'{BACKUP}\dba.bak' WITH CHECKSUM;")
    name = "groupid hq 20261122T150405Z"
    as_sa.execute(
        rf"BACKUP DATABASE [GroupID] TO DISK = N'{BACKUP}\ours.bak' WITH COPY_ONLY, CHECKSUM, NAME = N'{name}';"
    )
    backups, chain = sql_history.last_backups(as_sa, "GroupID"), sql_history.read_chain(as_sa, "GroupID")
    assert backups is not None
    assert [(one.name, one.kind, one.copy_only, one.checksums, one.file) for one in backups] == [
        (name, "full", True, True, rf"{BACKUP}\ours.bak"),
        (None, "full", False, True, rf"{BACKUP}\dba.bak"),
    ]
    assert backups[0].finished is not None
    assert backups[0].finished.endswith("Z")
    assert (backups[0].data_bytes, backups[0].seconds) == (8 * 1024 * 1024, 0)
    assert chain is not None
    assert (chain.last_full, chain.last_log, chain.users) == (backups[1].finished, None, ("sa",))
    assert "does not disturb their chain" in str(chain)


@both_drivers
def test_folders_and_the_probe(double: SqlServerDouble, as_sa: Session) -> None:
    server = sql_facts.read_server(as_sa)
    assert sql_folder.is_visible(as_sa, server, BACKUP) is True
    assert sql_folder.is_visible(as_sa, server, r"D:\nowhere") is False
    assert sql_folder.is_visible(as_sa, dataclasses.replace(server, sysadmin=False), r"D:\nowhere") is None
    planned = sql_folder.plan_probe(BACKUP)
    done = sql_folder.run_probe(as_sa, server, planned)
    assert (done.writable, done.removed, done.error) == (True, True, None)
    assert done.bytes > 0
    assert sql_folder.is_visible(as_sa, server, done.file) is False
    failed = sql_folder.run_probe(as_sa, server, sql_folder.plan_probe(r"D:\nowhere"))
    assert (failed.writable, failed.removed) == (False, None)
    assert failed.error is not None
    assert failed.error["code"] == "sql_3201"
    assert "There is no such folder" in failed.error["next"]


@both_drivers
def test_a_probe_without_the_right_to_back_up_model_shows_nothing(driver: str, double: SqlServerDouble) -> None:
    session = session_of(double, driver, user=("db_owner",))
    server = sql_facts.read_server(session)
    done = sql_folder.run_probe(session, server, sql_folder.plan_probe(BACKUP))
    assert done.writable is None
    assert done.error is not None
    assert done.error["number"] in (229, 262, 916)


@pytest.mark.skipif(grammar.command() is None, reason="Microsoft's T-SQL grammar (tsql -version:150) is not on PATH")
@both_drivers
def test_every_statement_is_t_sql(double: SqlServerDouble, as_sa: Session) -> None:
    model = double.engine.database("GroupID")
    model.availability_group, model.tde_thumbprint = "AG1", THUMBPRINT
    double.engine.add_database("x]';--", availability_group="AG2", tde_thumbprint=THUMBPRINT)
    server = sql_facts.read_server(as_sa)
    for name in ("GroupID", "x]';--"):
        sql_facts.read_database(as_sa, name)
        sql_history.last_backups(as_sa, name)
        sql_history.read_chain(as_sa, name)
    sql_folder.run_probe(as_sa, server, sql_folder.plan_probe(BACKUP))
    assert grammar.complaints(as_sa.executed) == []


def _server() -> sql_facts.ServerFacts:
    return sql_facts.ServerFacts(
        name="SQL01",
        version="16.0.4236.2",
        edition="Standard Edition (64-bit)",
        engine_edition=2,
        login="app",
        sysadmin=True,
        may_create=True,
        view_server_state=True,
        alter_any_database=True,
        windows_only=False,
        hadr=False,
    )


def _database() -> sql_facts.DatabaseFacts:
    return sql_facts.DatabaseFacts(
        name="GroupID",
        database_id=7,
        state="ONLINE",
        user_access="MULTI_USER",
        recovery_model="FULL",
        compatibility_level=160,
        read_only=False,
        standby=False,
        contained=False,
        owner="sa",
        is_owner=False,
        bytes=1,
        family_guid=None,
        accessible=True,
        may_backup=True,
        objects_visible=True,
        known_objects=(),
        snapshot_of=None,
        snapshots=(),
        availability_group=None,
        primary=None,
        mirrored=False,
        published=False,
        subscribed=False,
        cdc=False,
        encrypted=False,
        tde_certificate=None,
        certificates=(),
        sessions=(),
    )


@both_drivers
def test_a_turkish_collation_hides_no_table(double: SqlServerDouble, as_sa: Session) -> None:
    """There, LOWER makes another letter of I than i."""
    double.engine.add_database("Eleven", {"SVC.IDENTITYSTOREREPLICATION": ["Id INTEGER PRIMARY KEY"]})
    double.engine.collation = "Turkish_CI_AS"
    found = sql_facts.read_database(as_sa, "Eleven")
    assert found is not None
    assert found.known_objects == ("SVC.IdentityStoreReplication",)


@both_drivers
def test_a_secondary_that_may_not_be_read_is_not_a_matter_of_rights(double: SqlServerDouble, driver: str) -> None:
    database = double.engine.database("GroupID")
    database.availability_group, database.secondary = "AG1", True
    session = session_of(double, driver, "sysadmin")
    judged = verdicts(sql_facts.read_server(session), sql_facts.read_database(session, "GroupID"))["can_backup"]
    assert judged.ok
    assert "secondary replica" in " ".join(judged.reasons)
    session.execute(rf"BACKUP DATABASE [GroupID] TO DISK = N'{BACKUP}\secondary.bak' WITH COPY_ONLY, CHECKSUM")


@both_drivers
def test_a_restricted_database_is_reported_as_that(double: SqlServerDouble, driver: str) -> None:
    double.engine.database("GroupID").user_access = "RESTRICTED_USER"
    session = session_of(double, driver, user=("db_backupoperator",))
    judged = verdicts(sql_facts.read_server(session), sql_facts.read_database(session, "GroupID"))["can_backup"]
    assert not judged.ok
    assert "RESTRICTED_USER" in judged.reasons[0]
    assert not any("no BACKUP DATABASE" in reason for reason in judged.reasons)


def test_what_msdb_refuses_for_another_reason_is_no_missing_right() -> None:
    recovering = SqlError(922, "Database 'msdb' is being recovered. Waiting until recovery is finished.")
    for read in (sql_history.last_backups, sql_history.read_chain):
        with pytest.raises(SqlError, match="being recovered"):
            read(ScriptedSession({"backupset": recovering}), "GroupID")
