# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stays away after a cut: a server, a way back, or the record of a restore in msdb."""

from __future__ import annotations

import dataclasses
import datetime
import threading
import typing as t

import pytest
from unit.plugins.module_utils.sql.restore.site import (
    BAK,
    REQUEST,
    SAFETY,
    TIMEOUTS,
    Site,
    begin,
    cut_restore,
)

from lab.sql.faults import Fault
from lab.waiting import HANG

OUTAGES = [
    ("^BACKUP DATABASE", "during"),
    ("RESTORE VERIFYONLY.*groupid-safety", "after"),
    ("SET OFFLINE", "before"),
    ("SET OFFLINE", "after"),
    ("^RESTORE DATABASE", "before"),
    ("^RESTORE DATABASE", "during"),
    ("^RESTORE DATABASE", "after"),
    ("SET MULTI_USER", "before"),
]


@pytest.mark.parametrize(("pattern", "when"), OUTAGES)
def test_an_unreachable_server_is_reported_with_one_command_and_the_next_run_finishes(
    site: Site, pattern: str, when: t.Any
) -> None:
    site.double.faults.drop(pattern, when, outage=True)
    error = site.fail(timeouts=dataclasses.replace(TIMEOUTS, reconnect=0.2))
    assert (error.failure.explained()["code"], error.result["outcome"]) == ("unreachable", "unknown")
    assert (error.result["recovery_statement"] or "Once the server answers") in str(error)
    assert (error.result["recovery_statement"] is None) == ("OFFLINE" not in " ".join(error.result["statements"]))
    assert (error.result["safety"] is None) == (pattern == "^BACKUP DATABASE")
    site.double.listen()
    assert site.restore()["outcome"] == "restored"
    assert (site.row(), site.stands()) == ("saved", True)


@pytest.mark.parametrize(("pattern", "when"), [("SET OFFLINE", "after"), ("^RESTORE DATABASE", "during")])
def test_the_one_command_goes_back(site: Site, pattern: str, when: t.Any) -> None:
    site.double.faults.drop(pattern, when, outage=True)
    command = site.fail(timeouts=dataclasses.replace(TIMEOUTS, reconnect=0.2)).result["recovery_statement"]
    site.double.listen()
    site.run(command)
    assert (site.row(), site.stands()) == ("new", True)


def test_after_a_cut_another_sets_run_is_reported_and_this_sets_run_goes_back(site: Site) -> None:
    cut_restore(site)
    assert site.database.state == "RESTORING"
    other = site.fail(dataclasses.replace(REQUEST, set_id="20261123T000000Z")).failure.explained()
    assert other["code"] == "other_set"
    safety = next(
        row["physical_device_name"]
        for row in site.double.engine.history["backupmediafamily"]
        if SAFETY in row["physical_device_name"]
    )
    site.restore(dataclasses.replace(REQUEST, files=(safety,)))
    assert (site.row(), site.stands()) == ("new", True)


def test_the_run_after_a_cut_goes_back_to_the_first_runs_safety_backup_when_it_fails_too(site: Site) -> None:
    cut_restore(site)
    site.double.faults.clear()
    site.double.faults.errors("^RESTORE DATABASE", (3203, "Read on x failed: 23"), percent=50)
    error = site.fail()
    assert error.result["outcome"] == "rolled_back"
    assert (site.row(), site.stands()) == ("new", True)


def test_a_safety_backup_counts_though_clocks_were_turned_back_since_the_restore_before(site: Site) -> None:
    site.restore()
    site.write("newer")
    cut_restore(site)
    for one in site.double.engine.history["restorehistory"]:
        one["restore_date"] += datetime.timedelta(minutes=59)
    site.double.faults.clear()
    result = site.restore()
    assert (result["outcome"], site.row()) == ("restored", "saved")
    site.restore(dataclasses.replace(REQUEST, files=tuple(result["safety"]["files"])))
    assert site.row() == "newer"


def test_a_safety_backup_does_not_count_after_a_restore_by_somebody_though_its_date_is_older(site: Site) -> None:
    cut_restore(site)
    site.double.faults.clear()
    site.run(f"RESTORE DATABASE [GroupID] FROM DISK = N'{BAK}' WITH REPLACE")
    for one in site.double.engine.history["restorehistory"]:
        one["restore_date"] -= datetime.timedelta(minutes=59)
    site.database.state = "SUSPECT"
    assert site.fail().failure.explained()["code"] == "no_safety"


def test_a_restore_that_fails_halfway_is_rolled_back_from_the_safety_backup(site: Site) -> None:
    site.double.faults.errors("^RESTORE DATABASE", (3183, "RESTORE detected an error on page (1:7)"), percent=60)
    error = site.fail()
    assert (error.failure.explained()["number"], error.result["outcome"]) == (3183, "rolled_back")
    assert error.result["safety"]["name"] in error.failure.explained()["cause"]
    assert (site.row(), site.stands()) == ("new", True)


def test_a_state_that_cannot_be_read_is_not_called_as_it_was(site: Site) -> None:
    site.double.faults.errors("^RESTORE DATABASE", (3183, "RESTORE detected an error on page (1:7)"), percent=60)
    site.double.faults.errors("FROM sys.databases AS d LEFT JOIN", (229, "The SELECT permission was denied."), nth=2)
    error = site.fail()
    assert error.result["outcome"] == "unknown"
    assert "safety" in error.result["recovery_statement"]


def test_a_lost_way_back_is_found_again(site: Site) -> None:
    site.double.faults.errors("^RESTORE DATABASE", (3183, "RESTORE detected an error on page (1:7)"), percent=60)
    site.double.faults.drop("^RESTORE DATABASE.*groupid-safety", "during")
    error = site.fail()
    assert (error.failure.explained()["number"], error.result["outcome"]) == (3183, "rolled_back")
    assert (site.row(), site.stands()) == ("new", True)


def fill_msdb(site: Site, batch: str) -> None:
    """Let msdb be full as soon as a batch was sent."""
    site.double.faults.first(batch, lambda: setattr(site.double.engine, "msdb_full", True))


@pytest.mark.parametrize("start", ["ONLINE", "OFFLINE", "RESTRICTED_USER", "tail_log"])
def test_a_restore_that_msdb_does_not_record_is_done(site: Site, start: str) -> None:
    """3009 comes as an error, and the restore was done all the same."""
    wanted = begin(site, start)
    fill_msdb(site, "RESTORE DATABASE")
    result = site.restore(wanted)
    assert (result["outcome"], site.row(), site.stands()) == ("restored", "saved", True)
    assert any("3009" in warning for warning in result["warnings"])


@pytest.mark.parametrize("start", ["ONLINE", "SINGLE_USER", "SIMPLE"])
@pytest.mark.parametrize("batch", ["RESTORE DATABASE", "ALTER DATABASE.*MULTI_USER$"])
def test_a_lost_restore_that_msdb_does_not_record_shows_by_its_access(site: Site, start: str, batch: str) -> None:
    begin(site, start)
    fill_msdb(site, "RESTORE DATABASE")
    site.double.faults.add(Fault(f"^{batch}", drop="after", delay=0.5))
    assert site.restore()["outcome"] == "restored"
    assert (site.row(), site.stands()) == ("saved", True)


@pytest.mark.parametrize("start", ["OFFLINE", "RESTRICTED_USER", "tail_log"])
def test_a_lost_restore_that_nothing_shows_is_unknown_and_never_as_found(
    site: Site, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    """It was RESTRICTED_USER before RESTORE too, and the error 3009 is lost with the connection."""
    wanted = begin(site, start)
    record = site.double.engine.record
    monkeypatch.setattr(
        site.double.engine, "record", lambda table, row: None if table == "restorehistory" else record(table, row)
    )
    site.double.faults.drop("^RESTORE DATABASE", "after")
    error = site.fail(wanted)
    assert (error.result["outcome"], error.result["state"], site.row()) == ("unknown", "ONLINE", "saved")
    assert "not known" in error.failure.explained()["cause"]
    assert "as it was" not in error.failure.explained()["cause"]
    assert error.result["recovery_statement"] in error.failure.explained()["next"]
    site.run(error.result["recovery_statement"])
    assert site.stands()
    assert site.restore()["outcome"] == "restored"


def test_a_way_back_that_msdb_does_not_record_is_done(site: Site) -> None:
    site.double.faults.errors("^RESTORE DATABASE", (3183, "RESTORE detected an error on page (1:7)"), percent=60)
    fill_msdb(site, "RESTORE DATABASE.*groupid-safety")
    error = site.fail()
    assert (error.failure.explained()["number"], error.result["outcome"]) == (3183, "rolled_back")
    assert (site.row(), site.stands()) == ("new", True)


@pytest.mark.timing
def test_two_controllers_restore_one_after_the_other(site: Site) -> None:
    site.double.engine.backup_seconds = 0.3
    ended: list[dict[str, t.Any]] = []
    threads = [threading.Thread(target=lambda: ended.append(site.restore())) for dummy in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG)
    assert [one["outcome"] for one in ended] == ["restored", "restored"]
    order = [batch.split()[0] for batch in site.changed()]
    assert order == order[: len(order) // 2] * 2
    assert (site.row(), site.stands()) == ("saved", True)
