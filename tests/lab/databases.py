# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQL Server of a fleet: the double, on the disks of its host, with a database for each deployment."""

from __future__ import annotations

import collections.abc as c
import contextlib
import pathlib
import sqlite3

from lab import layout
from lab.fleet import Fleet, Host
from lab.sql.engine import MapPath
from lab.sql.server import SqlServerDouble, make_certificate

LOGIN = "sa"


def name_of(deployment: str) -> str:
    """Name the database of a deployment."""
    return f"GroupID_{deployment}"


def authority(root: pathlib.Path) -> pathlib.Path:
    """Name the file with the certificate that the server shows, for those who check it."""
    return root / "sql" / "ca.pem"


def serve(root: pathlib.Path, fleet: Fleet) -> SqlServerDouble:
    """Make the SQL Server of a prepared lab; ``listen`` and ``stop`` are the caller's. Its rows end with it."""
    assert fleet.sql is not None
    folder = root / "sql"
    folder.mkdir(exist_ok=True)
    certificate, key = make_certificate(folder)
    certificate.replace(authority(root))
    double = SqlServerDouble(
        folder,
        encryption="forced",
        certificate=(authority(root), key),
        password=fleet.sql_password,
        map_path=_map_paths(root, fleet.sql),
    )
    for deployment in sorted({host.deployment for host in fleet.hosts}):
        database = double.engine.add_database(name_of(deployment))
        with _open(double.engine.path_of(database)) as connection:
            connection.executemany(
                'INSERT INTO "dbo.GroupLifecycle" VALUES (?, ?, ?, ?)',
                [
                    (number, f"Gruppe {number} \N{EM DASH} {deployment}", "corp\\owner", "2027-01-31")
                    for number in range(500)
                ],
            )
    return double


def rows(root: pathlib.Path, deployment: str) -> list[tuple[object, ...]]:
    """Return the rows of a deployment's database, past the server."""
    with _open(_file(root, deployment)) as connection:
        return connection.execute('SELECT * FROM "dbo.GroupLifecycle" ORDER BY 1').fetchall()


def harm(root: pathlib.Path, deployment: str, *, below: int = 1_000_000) -> None:
    """Change and delete rows below a number, and add one, as an upgrade does that went wrong."""
    with _open(_file(root, deployment)) as connection:
        connection.execute(
            'UPDATE "dbo.GroupLifecycle" SET "Owner" = NULL WHERE "GroupId" % 7 = 0 AND "GroupId" < ?', (below,)
        )
        connection.execute('DELETE FROM "dbo.GroupLifecycle" WHERE "GroupId" % 11 = 0 AND "GroupId" < ?', (below,))
        connection.execute("""INSERT INTO "dbo.GroupLifecycle" VALUES (9999, 'new', 'new', 'new')""")


@contextlib.contextmanager
def _open(file: pathlib.Path) -> c.Iterator[sqlite3.Connection]:
    """One transaction in a database's file."""
    connection = sqlite3.connect(file)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def _file(root: pathlib.Path, deployment: str) -> pathlib.Path:
    [file] = (root / "hosts").rglob(f"{name_of(deployment)}.mdf")
    return file


def _map_paths(root: pathlib.Path, host: Host) -> MapPath:
    def map_path(path: str) -> pathlib.Path:
        if path.startswith("\\\\"):
            return root / "shares" / path[2:].replace("\\", "/")
        drive, _colon, rest = path.partition(":")
        return layout.drive(root, host, drive.upper()) / rest.strip("\\/").replace("\\", "/")

    return map_path
