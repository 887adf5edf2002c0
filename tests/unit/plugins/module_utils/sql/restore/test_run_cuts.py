# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Through every cut of the connection: it ends as before or as after."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

import pytest
from unit.plugins.module_utils.sql.restore.site import (
    Site,
    begin,
    state_of,
)
from unit.plugins.sql_drivers import DRIVERS

from lab.sql.faults import Fault

CUTS: list[tuple[str, t.Any, float]] = [
    ("sp_getapplock", "before", 0),
    ("sp_getapplock", "after", 0),
    ("RESTORE HEADERONLY", "before", 0),
    ("RESTORE VERIFYONLY", "before", 0),
    ("RESTORE VERIFYONLY", "after", 0),
    ("^BACKUP DATABASE", "before", 0),
    ("^BACKUP DATABASE", "during", 50),
    ("^BACKUP DATABASE", "after", 0),
    ("s.compressed_backup_size", "before", 0),
    ("RESTORE VERIFYONLY.*groupid-safety", "before", 0),
    ("RESTORE VERIFYONLY.*groupid-safety", "after", 0),
    ("resource_type = N'DATABASE'", "before", 0),
    ("SET OFFLINE", "before", 0),
    ("SET OFFLINE", "after", 0),
    ("^RESTORE DATABASE", "before", 0),
    ("^RESTORE DATABASE", "during", 5),
    ("^RESTORE DATABASE", "during", 50),
    ("^RESTORE DATABASE", "during", 95),
    ("^RESTORE DATABASE", "after", 0),
    ("SET MULTI_USER", "before", 0),
    ("SET MULTI_USER", "after", 0),
    ("database_principals", "before", 0),
    ("sp_releaseapplock", "before", 0),
]


@pytest.mark.parametrize(("pattern", "when", "percent"), CUTS)
def test_a_cut_connection_leaves_it_as_before_or_as_after(
    site: Site, pattern: str, when: t.Any, percent: float
) -> None:
    site.double.engine.visitor("GroupID")
    site.double.faults.drop(pattern, when, percent=percent)
    result, error = site.attempt()
    if error is None:
        assert site.row() == "saved"
        assert pattern == "sp_releaseapplock" or any("connection was lost" in line for line in result["warnings"])
    else:
        assert site.row() == "new"
        assert error.failure.explained()["code"] == "connection_lost"
        assert result["outcome"] in ("as_found", "rolled_back")
    assert site.stands()
    assert [name for name in site.safety_backups() if result["safety"]["name"] != name] == []
    site.double.faults.clear()
    assert site.restore()["outcome"] == "restored"
    assert (site.row(), site.stands()) == ("saved", True)


Cut = tuple[str, t.Any, float]
CUTS_ANYWHERE: tuple[Cut, ...] = (
    ("^RESTORE DATABASE", "before", 0),
    ("^RESTORE DATABASE", "during", 50),
    ("^RESTORE DATABASE", "after", 0),
    ("SET MULTI_USER$", "before", 0),
    ("SET MULTI_USER$", "after", 0),
)
CUTS_WITH_SAFETY: tuple[Cut, ...] = (
    *CUTS_ANYWHERE,
    ("^BACKUP DATABASE", "during", 50),
    ("SET OFFLINE", "before", 0),
    ("SET OFFLINE", "after", 0),
)
CUTS_OF_STARTS: dict[str, tuple[Cut, ...]] = {
    "OFFLINE": (
        *CUTS_WITH_SAFETY,
        ("SET RESTRICTED_USER", "after", 0),
        ("SET ONLINE", "before", 0),
        ("SET ONLINE", "after", 0),
    ),
    "RESTRICTED_USER": CUTS_WITH_SAFETY,
    "SINGLE_USER": (*CUTS_WITH_SAFETY, ("SET MULTI_USER WITH", "after", 0)),
    "SIMPLE": CUTS_WITH_SAFETY,
    "tail_log": (*CUTS_WITH_SAFETY, ("BACKUP LOG", "during", 50), ("BACKUP LOG", "after", 0)),
    "ABSENT": CUTS_ANYWHERE,
    "RESTORING": CUTS_ANYWHERE,
}
_PAIRS = [(start, cut) for start, cuts in CUTS_OF_STARTS.items() for cut in cuts]
# Each start meets each of its cuts, over one driver or the other.
MATRIX = [
    pytest.param(driver.values[0], start, cut, id=f"{driver.id}-{start}-{cut[0]}-{cut[1]}", marks=driver.marks)
    for driver, (start, cut) in zip(itertools.cycle(DRIVERS), _PAIRS, strict=False)
]


@pytest.mark.parametrize(("site", "start", "cut"), MATRIX, indirect=["site"])
def test_a_cut_from_every_state_ends_as_before_or_as_after(site: Site, start: str, cut: Cut) -> None:
    wanted = begin(site, start)
    before = ("ONLINE", "MULTI_USER") if start == "SINGLE_USER" else state_of(site)
    fault = Fault(cut[0], drop=cut[1], percent=cut[2])
    site.double.faults.add(fault)
    result, error = site.attempt(wanted)
    assert fault.seen
    if error is None:
        assert (state_of(site), site.row()) == (("ONLINE", "MULTI_USER"), "saved")
    elif start == "RESTORING":
        assert (result["outcome"], result["state"]) == ("broken", "RESTORING")
    else:
        rolled = result["outcome"] == "rolled_back" and start != "OFFLINE"
        assert state_of(site) == (("ONLINE", "MULTI_USER") if rolled else before)
        assert result["state"] == before[0]
        assert result["outcome"] in ("as_found", "rolled_back")
        assert start == "ABSENT" or site.row() == "new"
    site.double.faults.clear()
    again = dataclasses.replace(wanted, tail_log=False)
    assert site.restore(again)["outcome"] == "restored"
    assert (state_of(site), site.row()) == (("ONLINE", "MULTI_USER"), "saved")
