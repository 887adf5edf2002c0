# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server with another collation is backed up, rehearsed and restored as every other one.

In Turkish, I and i are two letters: what a batch names must have the letters of what it means, or be compared here.
"""

from __future__ import annotations

import datetime
import pathlib
import typing as t

import pytest
from unit.plugins.module_utils.sql.backup_task.backing_up import FOLDER, back_up, running, succeeded
from unit.plugins.sql_drivers import target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup_task import ProofRequest
from ansible_collections.identityops.groupid.plugins.module_utils.sql.rehearsal import rehearsal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import Request
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.run import restore
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server import facts as sql_facts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Session
from lab.sql.engine import Certificate, DataFile, User

STRAY = "groupid_test_0123456789abcdef"
STRAY_FILES = (DataFile(1, "GroupID", rf"D:\MSSQL\DATA\{STRAY}_0.mdf"),)


def answers(folder: pathlib.Path, collation: str, version: str, statements: list[str]) -> dict[str, t.Any]:
    """What a server with this collation answers to all that is asked of it."""
    with running(folder, version=version) as server:
        engine = server.engine
        engine.collation = collation
        engine.certificates.append(Certificate("BackupCert", saved=datetime.datetime(2026, 1, 1)))
        engine.add_login("Inci", "Inci-Passw0rd!")
        worker = engine.add_login("worker", "Worker-Passw0rd!")
        engine.database("GroupID").users += (User("worker", worker.sid, frozenset({"db_owner"})),)
        engine.database("GroupID").users += (User("Inci", b"\7" * 16), User("IIS APPPOOL\\GroupID", b"\6" * 16))
        engine.add_database(STRAY, state="RESTORING", files=STRAY_FILES)
        where = target(server, "FreeTDS")

        def opener() -> Session:
            return open_session(where)

        saved = back_up(
            where,
            test_restore=ProofRequest(opener, same_server=True),
            sessions=True,
            encryption_certificate="BackupCert" if version.startswith("16") else None,
        )
        wanted = Request("GroupID", tuple(succeeded(saved)["files"]), "20261122T150405Z", login_map={"Inci": "Inci"})
        subject = rehearsal.Subject("GroupID", FOLDER, encrypt="off", scratch=True)
        session = opener()
        # Somebody who sees less is asked in other ways.
        less = open_session(target(server, "FreeTDS", username="worker", password="Worker-Passw0rd!"))
        sql_facts.read_server(less)
        sql_facts.read_database(less, "GroupID")
        less.close()
        found = {
            "known": getattr(sql_facts.read_database(session, "GroupID"), "known_objects", None),
            "backup": [saved[name] for name in ("shared", "verified", "warnings", "chain")],
            "strays": saved["test_restore"]["strays"],
            "rehearsal": [(one.id, one.verdict) for one in rehearsal.rehearse(opener, subject).findings],
            "restore": restore(wanted, opener, "sql01")["outcome"],
        }
        # Scratch databases and safety backups have names of their own.
        named = ("groupid_", "groupid-safety")
        read = [one for one in dict.fromkeys(server.statements) if one.startswith("SELECT")]
        read = [one for one in read if not any(name in one for name in named)]
        found["rows"] = {
            batch: [(result.columns, len(result.rows)) for result in session.execute(batch).results] for batch in read
        }
        session.close()
        statements += server.statements
        return found


@pytest.mark.parametrize("version", ["16.0.4236.2", "11.0.7001.0"])
def test_a_turkish_server_answers_as_every_other_one(
    tmp_path: pathlib.Path, statements: list[str], version: str
) -> None:
    latin = answers(tmp_path / "latin", "SQL_Latin1_General_CP1_CI_AS", version, statements)
    turkish = answers(tmp_path / "turkish", "Turkish_CI_AS", version, statements)
    assert len(latin["rows"]) > 20
    rows = turkish.pop("rows")
    assert [batch for batch, found in latin.pop("rows").items() if rows.get(batch) != found] == []
    assert turkish == latin


@pytest.mark.parametrize("collation", ["SQL_Latin1_General_CP1_CI_AS", "Turkish_CI_AS"])
def test_a_database_is_the_one_that_the_server_takes_for_it(tmp_path: pathlib.Path, collation: str) -> None:
    """In Turkish GroupID and groupid are two databases, and a wrong letter is reported as that."""
    with running(tmp_path) as server:
        server.engine.collation = collation
        outcome = back_up(target(server, "FreeTDS"), database="groupid")
        if collation.startswith("Turkish"):
            assert outcome["error"]["code"] == "cannot_backup"
        else:
            assert succeeded(outcome)["database"] == "GroupID"
