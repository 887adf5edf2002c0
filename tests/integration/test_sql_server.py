# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the database's modules promise: against the double over each driver, and against a real server that is named."""

from __future__ import annotations

import collections.abc as c
import itertools
import pathlib
import threading
import typing as t
import uuid

import pytest
from integration import sql_servers
from integration.sql_servers import ROWS, Server, open_on, send

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.checks import Request as BackupRequest
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup_task import BackupTask
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.checks import check_request
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import Request as RestoreRequest
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.report import RestoreError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.run import restore
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.capabilities import verdicts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.facts import read_database, read_server
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import identifier, literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Message,
    Outcome,
    Session,
)
from lab.sql.drivers import drivers

_numbers = itertools.count(1)
SERVERS = [
    *(
        pytest.param(
            driver.value.strip("{}"), id=driver.name, marks=pytest.mark.skipif(not driver.value, reason=driver.install)
        )
        for driver in drivers()
    ),
    pytest.param("", id="real", marks=pytest.mark.skipif(bool(sql_servers.missing()), reason=sql_servers.missing())),
]


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> c.Iterator[Server]:
    if not request.param:
        real = sql_servers.Real()
        try:
            yield real
        finally:
            real.clean()
        return
    with sql_servers.double_of(tmp_path / "sql") as double:
        yield sql_servers.Double(double, request.param)


@pytest.fixture
def database(server: Server) -> str:
    name = f"GroupID {uuid.uuid4().hex[:8]}"
    server.make(name)
    return name


def new_set() -> str:
    return f"{2026 + next(_numbers)}0101T000000Z-{uuid.uuid4().hex[:8]}"


def back_up(
    server: Server, database: str, set_id: str, opener: c.Callable[[], Session] | None = None, **options: t.Any
) -> dict[str, t.Any]:
    wanted = {"path": server.folder, "file_name": f"{uuid.uuid4().hex}", "version": "10.0", **options}
    request = BackupRequest(database=database, deployment="hq", set_id=set_id, **wanted)
    return BackupTask(request, opener or open_on(server), 60.0).run(check=False)


def put_back(
    server: Server,
    database: str,
    made: t.Mapping[str, t.Any],
    set_id: str,
    opener: c.Callable[[], Session] | None = None,
    **options: t.Any,
) -> dict[str, t.Any]:
    request = RestoreRequest(database=database, files=tuple(made["files"]), set_id=set_id, **options)
    return restore(check_request(request, set_id), opener or open_on(server), "the server")


def test_the_facts(server: Server, database: str) -> None:
    session = open_session(server.target)
    found = read_database(session, database)
    facts = read_server(session)
    session.close()
    assert found is not None
    assert (found.state, found.user_access) == ("ONLINE", "MULTI_USER")
    assert found.family_guid
    judged = verdicts(facts, found)
    assert {name: verdict.ok for name, verdict in judged.items()} == {
        "can_backup": True,
        "can_verify": True,
        "can_restore": True,
    }


def test_rows_come_back(server: Server, database: str) -> None:
    set_id = new_set()
    made = back_up(server, database, set_id)
    assert not made.get("failed"), made
    assert (made["verified"], made["shared"], made["checksums"]) == (True, False, True)
    server.change(database)
    assert server.rows(database) != list(ROWS)
    done = put_back(server, database, made, set_id)
    assert (done["outcome"], done["state"], done["user_access"]) == ("restored", "ONLINE", "MULTI_USER")
    assert server.rows(database) == list(ROWS)


def test_one_backup_for_a_set(server: Server, database: str) -> None:
    set_id = new_set()
    made: list[dict[str, t.Any]] = []
    threads = [threading.Thread(target=lambda: made.append(back_up(server, database, set_id))) for dummy in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one["shared"] for one in made) == [False, True, True, True]
    assert len({one["backup_set_uuid"] for one in made}) == 1


@pytest.mark.parametrize("name", ["a]b", "it's", "x;-- y", "Größe 日本", "n" * 100])
def test_hard_names(server: Server, name: str) -> None:
    server.make(name)
    set_id = new_set()
    made = back_up(server, name, set_id)
    assert not made.get("failed"), made
    server.change(name)
    put_back(server, name, made, set_id)
    assert server.rows(name) == list(ROWS)


def test_an_offline_database_is_restored(server: Server, database: str) -> None:
    set_id = new_set()
    made = back_up(server, database, set_id)
    server.change(database)
    send(server, f"ALTER DATABASE {identifier(database)} SET OFFLINE WITH ROLLBACK IMMEDIATE")
    assert put_back(server, database, made, set_id)["state"] == "ONLINE"
    assert server.rows(database) == list(ROWS)


@pytest.mark.parametrize("start", ["ONLINE", "OFFLINE"])
def test_a_simple_database_is_restored(server: Server, database: str, start: str) -> None:
    """Without REPLACE where the server can compare the family, with it where it cannot."""
    server.recovery(database, "SIMPLE")
    set_id = new_set()
    made = back_up(server, database, set_id)
    server.change(database)
    if start == "OFFLINE":
        send(server, f"ALTER DATABASE {identifier(database)} SET OFFLINE WITH ROLLBACK IMMEDIATE")
    done = put_back(server, database, made, set_id)
    assert (done["outcome"], done["state"]) == ("restored", "ONLINE")
    assert server.rows(database) == list(ROWS)


class Cut:
    """A session whose connection is closed as soon as RESTORE DATABASE says something, which is in its middle."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def execute(
        self, batch: str, *, timeout: int = 0, on_message: c.Callable[[Message], None] | None = None
    ) -> Outcome:
        if not batch.startswith("RESTORE DATABASE"):
            return self._session.execute(batch, timeout=timeout, on_message=on_message)
        try:
            return self._session.execute(batch, timeout=timeout, on_message=self._lose)
        finally:
            self._session.close()

    def _lose(self, message: Message) -> None:
        raise ConnectionLostError(None, f"cut at: {message.text}")

    def close(self) -> None:
        self._session.close()


def test_a_cut_restore_ends_as_before_or_as_after(server: Server, database: str) -> None:
    set_id = new_set()
    made = back_up(server, database, set_id)
    server.change(database)
    changed = server.rows(database)
    cuts = [Cut]

    def opener() -> Session:
        session = open_session(server.target)
        return cuts.pop()(session) if cuts else session

    outcome = "restored"
    try:
        done = put_back(server, database, made, set_id, opener)
        assert any("connection was lost" in warning for warning in done["warnings"])
    except RestoreError as error:
        outcome = error.result["outcome"]
    assert server.rows(database) == {"restored": list(ROWS), "rolled_back": changed, "as_found": changed}[outcome]
    assert put_back(server, database, made, set_id)["outcome"] == "restored"
    assert server.rows(database) == list(ROWS)


def test_the_two_logins_of_the_readme_are_enough(server: Server, database: str) -> None:
    set_id = new_set()
    login = server.login(database, restores=False)
    made = back_up(server, database, set_id, lambda: open_session(login))
    assert not made.get("failed"), made
    assert (made["verified"], made["checksums"]) == (True, True)
    server.change(database)
    changed = server.rows(database)
    with pytest.raises(RestoreError) as refusal:
        put_back(server, database, made, set_id, lambda: open_session(login))
    assert refusal.value.result["outcome"] == "as_found"
    assert server.rows(database) == changed

    login = server.login(database, restores=True)
    done = put_back(server, database, made, set_id, lambda: open_session(login))
    assert (done["outcome"], server.rows(database)) == ("restored", list(ROWS))


def test_another_databases_backup_is_refused(server: Server, database: str) -> None:
    other = f"{database} too"
    server.make(other)
    set_id = new_set()
    made = back_up(server, other, set_id)
    server.change(database)
    before = server.rows(database)
    with pytest.raises(RestoreError) as refusal:
        put_back(server, database, made, set_id)
    assert refusal.value.result["outcome"] == "as_found"
    assert server.rows(database) == before


def test_a_backup_without_checksums_is_refused(server: Server, database: str) -> None:
    set_id = new_set()
    separator = "/" if server.folder.startswith("/") else "\\"
    file = f"{server.folder}{separator}{uuid.uuid4().hex}.bak"
    send(server, f"BACKUP DATABASE {identifier(database)} TO DISK = {literal(file)} WITH COPY_ONLY, NO_CHECKSUM")
    with pytest.raises(RestoreError, match="checksum"):
        put_back(server, database, {"files": [file]}, set_id)
    assert put_back(server, database, {"files": [file]}, set_id, accept_unverified=True)["outcome"] == "restored"


def test_a_folder_that_is_not_there(server: Server, database: str) -> None:
    separator = "/" if server.folder.startswith("/") else "\\"
    made = back_up(server, database, new_set(), path=f"{server.folder}{separator}not there")
    assert made["failed"]
    assert made["error"]["number"] == 3201, made
