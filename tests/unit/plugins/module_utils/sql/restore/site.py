# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server with a database that is restored, and what the tests of that share."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import pytest
from unit.plugins.sql_drivers import target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import Request
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.report import RestoreError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.run import Patience, restore
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Session
from lab.sql.engine import Database
from lab.sql.server import SqlServerDouble
from lab.waiting import until

SET = "20261122T150405Z"
BAK = r"D:\MSSQL\Backup\GroupID.bak"
SAFETY = "groupid-safety GroupID"
TABLE = '"dbo.GroupLifecycle"'
PATIENCE = Patience(claim=60, reconnect=20, pause=0.05)
REQUEST = Request("GroupID", (BAK,), SET)


@dataclasses.dataclass
class Site:
    """A server with GroupID's database, of which there is a backup with the row ``saved``; now the row is ``new``."""

    double: SqlServerDouble
    driver: str

    @property
    def database(self) -> Database:
        return self.double.engine.database("GroupID")

    def open(self, username: str = "sa", password: str = "") -> Session:
        options = {"password": password} if password else {}
        return open_session(target(self.double, self.driver, username=username, login_timeout=20, **options))

    def run(self, *batches: str) -> None:
        session = self.open()
        for batch in batches:
            session.execute(batch)
        session.close()

    def restore(
        self, request: Request = REQUEST, *, check: bool = False, patience: Patience = PATIENCE
    ) -> dict[str, t.Any]:
        return restore(request, self.open, "sql01", check=check, patience=patience)

    def fail(self, request: Request = REQUEST, *, patience: Patience = PATIENCE) -> RestoreError:
        with pytest.raises(RestoreError) as caught:
            self.restore(request, patience=patience)
        return caught.value

    def attempt(self, request: Request = REQUEST) -> tuple[dict[str, t.Any], RestoreError | None]:
        try:
            return self.restore(request), None
        except RestoreError as error:
            return error.result, error

    def row(self) -> str:
        return str(self.double.engine.sql("GroupID", f"SELECT Name FROM {TABLE}")[0][0])

    def write(self, name: str, database: str = "GroupID") -> None:
        self.double.engine.sql(database, f"DELETE FROM {TABLE}")
        self.double.engine.sql(database, f"INSERT INTO {TABLE} (GroupId, Name) VALUES (1, ?)", (name,))

    def stands(self, state: str = "ONLINE", access: str = "MULTI_USER") -> bool:
        return (self.database.state, self.database.user_access) == (state, access)

    def changed(self) -> list[str]:
        """The batches that changed something, in order."""
        starts = ("ALTER", "BACKUP", "DROP", "EXEC [", "RESTORE DATABASE", "RESTORE LOG")
        return [batch for batch in self.double.statements if batch.startswith(starts)]

    def file(self, path: str) -> pathlib.Path:
        return self.double.engine.map_path(path)

    def safety_backups(self) -> list[str]:
        return [row["name"] for row in self.double.engine.history["backupset"] if row["name"].startswith(SAFETY)]


def backup(
    database: str = "GroupID", path: str = BAK, name: str = f"groupid hq {SET}", options: str = "CHECKSUM, "
) -> str:
    return f"BACKUP DATABASE [{database}] TO DISK = N'{path}' WITH COPY_ONLY, {options}NAME = N'{name}'"


def cut_restore(site: Site) -> None:
    """Leave what a controller leaves that dies in the middle of RESTORE."""
    site.double.faults.drop("^RESTORE DATABASE", "during", outage=True)
    error = site.fail(patience=dataclasses.replace(PATIENCE, reconnect=0.2))
    assert error.failure.explained()["code"] == "unreachable"
    site.double.listen()
    until(lambda: not site.double.engine.sessions)
    site.double.statements.clear()


def begin(site: Site, start: str) -> Request:
    """Bring the database into a state, and give what to ask for then."""
    if start in ("OFFLINE", "RESTORING"):
        site.database.state = start
    elif start.endswith("_USER"):
        site.database.user_access = start
    elif start == "ABSENT":
        site.run("DROP DATABASE [GroupID]")
    elif start == "SIMPLE":
        site.database.recovery_model = "SIMPLE"
    elif start == "tail_log":
        site.run(r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\full.bak' WITH CHECKSUM")
    return dataclasses.replace(REQUEST, tail_log=start == "tail_log", accept_no_safety=start == "RESTORING")


def state_of(site: Site) -> tuple[str, str]:
    found = site.double.engine.databases.get("groupid")
    return (found.state, found.user_access) if found else ("ABSENT", "MULTI_USER")


def refused(site: Site, request: Request = REQUEST) -> dict[str, t.Any]:
    explained = site.fail(request).failure.explained()
    assert site.changed() == []
    assert (site.row(), site.stands()) == ("new", True)
    return explained
