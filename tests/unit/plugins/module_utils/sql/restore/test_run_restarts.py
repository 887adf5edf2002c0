# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server starts again in the middle of a restore: it ends as before or as after, and what is reported is true.

After a start a database is RECOVERING for a while. RESTORE then says 3101, ALTER DATABASE 5011, USE 922, and so does
what asks msdb while msdb is RECOVERING, which may take longer. The restore's clock runs FAST times as fast as the
tests'.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
import typing as t

import pytest
from unit.plugins.module_utils.sql.restore.site import REQUEST, SAFETY, TABLE, Site, begin
from unit.plugins.sql_drivers import DRIVERS

from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.report import RestoreError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.run import Timeouts, restore
from lab.sql.faults import Fault
from lab.waiting import until

FAST = 60.0
TIMEOUTS = Timeouts(claim=600, reconnect=1200, pause=2)
MADE_DEAD = Timeouts(claim=600, reconnect=20, pause=2)

Moment = tuple[str, str, t.Any, float]
# From where it starts, the batch, whether that is done, and how much of it.
MOMENTS: tuple[Moment, ...] = (
    ("ONLINE", "RESTORE VERIFYONLY", "after", 0),
    ("ONLINE", "^BACKUP DATABASE", "before", 0),
    ("ONLINE", "^BACKUP DATABASE", "during", 50),
    ("ONLINE", "^BACKUP DATABASE", "after", 0),
    ("ONLINE", "s.compressed_backup_size", "before", 0),
    ("ONLINE", "s.compressed_backup_size", "after", 0),
    ("ONLINE", "RESTORE VERIFYONLY.*groupid-safety", "before", 0),
    ("ONLINE", "RESTORE VERIFYONLY.*groupid-safety", "after", 0),
    ("ONLINE", "resource_type = N'DATABASE'", "before", 0),
    ("ONLINE", "resource_type = N'DATABASE'", "after", 0),
    ("ONLINE", "SET OFFLINE", "before", 0),
    ("ONLINE", "SET OFFLINE", "after", 0),
    ("ONLINE", "^RESTORE DATABASE", "before", 0),
    ("ONLINE", "^RESTORE DATABASE", "during", 5),
    ("ONLINE", "^RESTORE DATABASE", "during", 50),
    ("ONLINE", "^RESTORE DATABASE", "during", 95),
    ("ONLINE", "^RESTORE DATABASE", "after", 0),
    ("ONLINE", "SET MULTI_USER", "before", 0),
    ("ONLINE", "SET MULTI_USER", "after", 0),
    ("ONLINE", "database_principals", "before", 0),
    ("ABSENT", "^RESTORE DATABASE", "before", 0),
    ("ABSENT", "^RESTORE DATABASE", "during", 50),
    ("ABSENT", "^RESTORE DATABASE", "after", 0),
    ("ABSENT", "SET MULTI_USER", "before", 0),
    ("OFFLINE", "SET RESTRICTED_USER", "after", 0),
    ("OFFLINE", "SET ONLINE", "before", 0),
    ("OFFLINE", "SET ONLINE", "after", 0),
    ("OFFLINE", "SET OFFLINE", "before", 0),
    ("OFFLINE", "SET OFFLINE", "after", 0),
    ("OFFLINE", "^RESTORE DATABASE", "during", 50),
    ("OFFLINE", "^RESTORE DATABASE", "after", 0),
    ("RESTRICTED_USER", "SET OFFLINE", "before", 0),
    ("RESTRICTED_USER", "^RESTORE DATABASE", "during", 50),
    ("SINGLE_USER", "SET MULTI_USER WITH", "after", 0),
    ("SINGLE_USER", "^RESTORE DATABASE", "after", 0),
    ("tail_log", "BACKUP LOG", "before", 0),
    ("tail_log", "BACKUP LOG", "during", 50),
    ("tail_log", "BACKUP LOG", "after", 0),
    ("tail_log", "^RESTORE DATABASE", "during", 50),
    ("tail_log", "^RESTORE DATABASE", "after", 0),
)
# Until the database is recovered, and how much longer msdb takes.
SECONDS = ((0.1, 0), (0.5, 9), (2, 0), (7, 5), (15, 0), (30, 2), (0.2, 30))
CASES = [
    pytest.param(driver.values[0], moment, seconds, id=f"{driver.id}-{'-'.join(map(str, moment))}", marks=driver.marks)
    for driver, moment, seconds in zip(itertools.cycle(DRIVERS), MOMENTS, itertools.cycle(SECONDS), strict=False)
]


def attempt(
    site: Site, request: t.Any = REQUEST, timeouts: Timeouts = TIMEOUTS
) -> tuple[dict[str, t.Any], RestoreError | None]:
    """Restore on a clock that runs fast."""
    try:
        found = restore(
            request,
            site.open,
            "sql01",
            timeouts=timeouts,
            clock=lambda: time.monotonic() * FAST,
            sleep=lambda seconds: time.sleep(seconds / FAST),
        )
    except RestoreError as error:
        return error.result, error
    return found, None


def was_restored(pattern: str, when: str) -> bool:
    """Tell whether RESTORE had come to its end at that moment: then nothing is left to go back for."""
    return pattern in ("SET MULTI_USER", "database_principals") or (pattern, when) == ("^RESTORE DATABASE", "after")


def last_row(site: Site) -> str | None:
    """The row in the database whatever its state; None where there is none."""
    return None if "groupid" not in site.double.engine.databases else site.row()


@pytest.mark.parametrize(("site", "moment", "seconds"), CASES, indirect=["site"])
def test_a_restart_ends_as_before_or_as_after_and_the_last_row_stays(
    site: Site, moment: Moment, seconds: tuple[float, float]
) -> None:
    start, pattern, when, percent = moment
    wanted = begin(site, start)
    before = "new" if start != "ABSENT" else None
    written: list[str] = []
    shut_down = site.double.engine.shut_down

    def write_and_shut_down() -> None:
        """Somebody writes at the last moment at which the database takes it."""
        found = site.double.engine.databases.get("groupid")
        saved = any(SAFETY in str(row["name"]) for row in site.double.engine.history.get("backupset", []))
        restored = site.double.engine.history.get("restorehistory")
        if found is not None and found.state == "ONLINE" and saved and not restored and start != "OFFLINE":
            site.double.engine.sql("GroupID", f"UPDATE {TABLE} SET Name = 'written last'")
            written.append("written last")
        shut_down()

    site.double.engine.shut_down = write_and_shut_down  # type: ignore[method-assign]
    fault = Fault(pattern, drop=when, percent=percent, restart=(0.05, seconds[0] / FAST, seconds[1] / FAST))
    site.double.faults.add(fault)
    result, error = attempt(site, wanted)
    assert fault.seen
    assert error is None or not was_restored(pattern, when), str(error)
    until(lambda: all(one.state != "RECOVERING" for one in site.double.engine.databases.values()))
    if error is None:
        assert (last_row(site), site.stands()) == ("saved", True)
    else:
        assert result["outcome"] in ("as_found", "rolled_back"), str(error)
        # Once RESTORE had begun, the safety backup is all there is; before that, nothing is put back from it.
        assert last_row(site) == (written or [before])[-1]
        expected = "OFFLINE" if start == "OFFLINE" else "ABSENT" if start == "ABSENT" else "ONLINE"
        assert result["state"] == expected
        assert start == "ABSENT" or site.database.state == expected
        assert start != "ONLINE" or site.stands()
        assert result["outcome"] == "as_found" or not written
    site.double.engine.shut_down = shut_down  # type: ignore[method-assign]
    site.double.faults.clear()
    again, refused = attempt(site, dataclasses.replace(wanted, tail_log=False))
    assert (refused, again["outcome"], last_row(site), site.stands()) == (None, "restored", "saved", True)


def test_a_server_that_recovers_for_too_long_is_left_alone(site: Site) -> None:
    site.double.faults.add(Fault("SET OFFLINE", drop="before", restart=(0.05, 5)))
    result, error = attempt(site, timeouts=MADE_DEAD)
    assert error is not None
    assert result["outcome"] == "unknown"
    assert "RECOVERING" in str(error)
    assert not any("groupid-safety" in batch for batch in site.changed() if batch.startswith("RESTORE DATABASE"))
    site.double.engine.start_up()
    assert (site.row(), site.stands()) == ("new", True)


def test_a_restore_waits_for_a_database_that_is_being_recovered(site: Site) -> None:
    site.double.faults.first("sp_getapplock", site.double.engine.shut_down)
    site.double.faults.first("RECOVERING", site.double.engine.start_up, nth=2)
    result, error = attempt(site)
    assert (error, result["outcome"], site.row()) == (None, "restored", "saved")
