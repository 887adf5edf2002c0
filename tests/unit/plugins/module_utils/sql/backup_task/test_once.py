# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set has one backup of the database, whoever asks for it."""

from __future__ import annotations

import itertools
import time

import pytest
from unit.plugins import sql_controllers
from unit.plugins.module_utils.sql.backup_task.backing_up import SET, back_up, backups, refused, request_for, succeeded
from unit.plugins.sql_drivers import target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from lab.sql.server import SqlServerDouble
from lab.waiting import HANG, until


def test_two_controllers_with_one_set_make_one_backup(server: SqlServerDouble) -> None:
    """50 hosts each, in 5 serial batches."""
    run = [[request_for()] * 10] * 5
    results = [*itertools.chain(*sql_controllers.controllers(target(server, "FreeTDS"), [run, run]))]
    assert len(results) == 100
    assert [outcome["msg"] for outcome in results if outcome.get("failed")] == []
    assert backups(server) == 1
    assert sum(outcome["changed"] for outcome in results) == 1
    assert len({outcome["backup_set_uuid"] for outcome in results}) == 1
    assert all(outcome["verified"] for outcome in results)


def test_two_sets_make_two_backups_one_after_the_other(server: SqlServerDouble) -> None:
    server.engine.backup_seconds = 0.5
    runs = [[[request_for(set_id=set_id, file_name=set_id)] * 3] for set_id in (SET, "20261122T150406Z")]
    results = [*itertools.chain(*sql_controllers.controllers(target(server, "FreeTDS"), runs))]
    assert [outcome["msg"] for outcome in results if outcome.get("failed")] == []
    made = server.engine.history["backupset"]
    assert sorted(row["name"] for row in made) == [f"groupid hq {SET}", "groupid hq 20261122T150406Z"]
    session = open_session(target(server, "FreeTDS"))
    [first, second] = session.execute(
        "SELECT backup_start_date, backup_finish_date FROM msdb.dbo.backupset ORDER BY backup_set_id;"
    ).rows()
    session.close()
    assert first["backup_finish_date"] <= second["backup_start_date"]


@pytest.mark.timing
def test_controller_that_is_killed_delays_nobody(server: SqlServerDouble) -> None:
    """The claim goes with the session: the next run waits neither for the killed backup's end nor for its patience."""
    server.engine.backup_seconds = 3600.0
    with sql_controllers.controller(target(server, "FreeTDS"), request_for()) as process:
        # Some of it is copied, so the double has read how long it takes.
        until(lambda: any(one.request and one.request.percent for one in list(server.engine.sessions.values())))
        server.engine.backup_seconds = 0.0
        process.kill()
        began = time.monotonic()
        outcome = succeeded(back_up(target(server, "FreeTDS"), patience=3600))
    assert time.monotonic() - began < HANG
    assert outcome["changed"]
    assert backups(server) == 1


def test_wait_for_another_run_ends_with_who_that_is(server: SqlServerDouble, driver: str) -> None:
    where = target(server, driver)
    holder = open_session(where)
    try:
        holder.execute(
            "DECLARE @code int; EXEC @code = sys.sp_getapplock @Resource = N'groupid 1567e45e13feff2e1b89866f', "
            "@LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 0; SELECT @code;"
        )
        message = refused(server, "claim", back_up(where, patience=0))
    finally:
        holder.close()
    assert "of sa from" in message
