# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server starts again in the middle of a backup or its test restore: what is reported is true, and nothing is made
twice or left.

After a start databases are RECOVERING for a while, msdb perhaps longer than the others.
"""

from __future__ import annotations

import itertools

import pytest
from unit.plugins.module_utils.sql.backup_task.backing_up import Outcome, back_up, backups, succeeded
from unit.plugins.sql_drivers import target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup_task import ProofRequest
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.reconnect import Reconnect
from lab.sql.faults import Fault
from lab.sql.server import SqlServerDouble
from lab.waiting import until

RUN = "ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.run.Reconnect"
TRIAL = "ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.trial.Reconnect"
# The batch, which of its kind, whether that is done, and how much of it.
BEFORE_BACKUP = [
    ("ProductVersion", 1, "before", 0),
    (r"sys\.databases AS d", 1, "after", 0),
    ("sp_getapplock", 1, "after", 0),
    ("backupmediafamily", 1, "before", 0),
]
IN_BACKUP = [
    ("^BACKUP DATABASE", 1, "before", 0),
    ("^BACKUP DATABASE", 1, "during", 1),
    ("^BACKUP DATABASE", 1, "during", 50),
    ("^BACKUP DATABASE", 1, "during", 99),
]
AFTER_BACKUP = [("^BACKUP DATABASE", 1, "after", 0), ("backupmediafamily", 2, "before", 0)]
IN_VERIFY = [("VERIFYONLY", 1, "before", 0), ("VERIFYONLY", 1, "after", 0)]
IN_TEST_RESTORE = [
    ("sp_getapplock", 2, "after", 0),
    ("FILELISTONLY", 1, "before", 0),
    ("^RESTORE DATABASE", 1, "before", 0),
    ("^RESTORE DATABASE", 1, "during", 5),
    ("^RESTORE DATABASE", 1, "during", 95),
    ("^RESTORE DATABASE", 1, "after", 0),
    ("CHECKDB", 1, "before", 0),
    ("CHECKDB", 1, "after", 0),
    ("DROP DATABASE", 1, "before", 0),
    ("DROP DATABASE", 1, "after", 0),
]
MOMENTS = [*BEFORE_BACKUP, *IN_BACKUP, *AFTER_BACKUP, *IN_VERIFY, *IN_TEST_RESTORE]
# Until the databases are recovered, and how much longer msdb takes.
SECONDS = [(0.05, 0), (0.4, 0), (0.05, 0.4), (0.3, 0.3)]
CASES = [
    pytest.param(moment, seconds, id="-".join(map(str, moment)))
    for moment, seconds in zip(MOMENTS, itertools.cycle(SECONDS), strict=False)
]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (RUN, TRIAL):
        monkeypatch.setattr(name, lambda opener, timeout=20: Reconnect(opener, timeout, pause=0.05))


def attempt(server: SqlServerDouble, driver: str) -> Outcome:
    where = target(server, driver)
    return back_up(where, test_restore=ProofRequest(lambda: open_session(where), same_server=True))


def recovered(server: SqlServerDouble) -> bool:
    return all(one.state != "RECOVERING" for one in server.engine.databases.values())


@pytest.mark.parametrize(("moment", "seconds"), CASES)
def test_a_restart_is_reported_as_what_it_ended_and_the_next_run_finishes(
    server: SqlServerDouble, driver: str, moment: tuple[str, int, str, float], seconds: tuple[float, float]
) -> None:
    pattern, number, when, percent = moment
    before = set(server.engine.databases)
    server.engine.backup_seconds = 0.3 if when == "during" else 0
    fault = Fault(pattern, number, drop=when, percent=percent, restart=(0.05, *seconds))  # type: ignore[arg-type]
    server.faults.add(fault)
    outcome = attempt(server, driver)
    assert fault.seen >= number
    made = moment not in (*BEFORE_BACKUP, *IN_BACKUP)
    if moment in AFTER_BACKUP:
        assert (succeeded(outcome)["verified"], outcome["test_restore"]["strays"]) == (True, [])
        assert "connection was lost" in outcome["warnings"][0]
    else:
        assert outcome["failed"]
        assert outcome["error"]["code"] == ("backup_cut" if moment in IN_BACKUP else "connection_lost"), outcome["msg"]
    assert (outcome["changed"], backups(server)) == (made, int(made))
    assert set(server.engine.databases) == before
    assert "left" not in outcome
    until(lambda: recovered(server))
    server.engine.backup_seconds = 0
    again = succeeded(attempt(server, driver))
    assert (again["shared"], again["test_restore"]["strays"], backups(server)) == (made, [], 1)
    assert set(server.engine.databases) == before


@pytest.mark.parametrize("late", ["GroupID", "msdb"])
def test_a_run_that_meets_a_recovery_is_no_matter_of_rights(server: SqlServerDouble, driver: str, late: str) -> None:
    server.engine.shut_down()
    server.engine.start_up(besides=late)
    outcome = attempt(server, driver)
    assert outcome["failed"]
    assert "being recovered" in outcome["msg"] or "RECOVERING" in outcome["msg"]
    assert "GRANT" not in outcome["msg"].upper()
    server.engine.start_up()
    succeeded(attempt(server, driver))


def test_a_backup_that_msdb_did_not_record_while_it_was_recovered_was_made(
    server: SqlServerDouble, driver: str
) -> None:
    def lose_msdb() -> None:
        server.engine.database("msdb").state = "RECOVERING"

    server.faults.first("^BACKUP DATABASE", lose_msdb)
    outcome = attempt(server, driver)
    assert outcome["failed"]
    assert "delete it" not in outcome["msg"]


def test_a_test_restore_that_msdb_did_not_record_is_a_test_restore(server: SqlServerDouble, driver: str) -> None:
    """Nobody needs its record."""
    server.faults.first("^RESTORE DATABASE", lambda: setattr(server.engine, "msdb_full", True))
    before = set(server.engine.databases)
    outcome = succeeded(attempt(server, driver))
    assert outcome["test_restore"]["bytes"] > 0
    assert set(server.engine.databases) == before
