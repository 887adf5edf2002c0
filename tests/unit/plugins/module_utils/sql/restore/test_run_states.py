# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From every state that a database can be in."""

from __future__ import annotations

import dataclasses

import pytest
from unit.plugins.module_utils.sql.restore.site import (
    REQUEST,
    TIMEOUTS,
    Site,
)

from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.run import Timeouts
from lab.waiting import until


def test_from_restricted_user(site: Site) -> None:
    site.database.user_access = "RESTRICTED_USER"
    result = site.restore()
    assert (site.row(), site.stands()) == ("saved", True)
    assert "RESTRICTED_USER" in result["warnings"][0]


def test_from_single_user_that_nobody_holds(site: Site) -> None:
    site.database.user_access = "SINGLE_USER"
    site.restore()
    assert (site.row(), site.stands()) == ("saved", True)


def test_single_user_held_by_another_is_left_and_the_holder_is_named(site: Site) -> None:
    holder = site.open()
    holder.execute("ALTER DATABASE [GroupID] SET SINGLE_USER WITH ROLLBACK IMMEDIATE")
    error = site.fail()
    assert error.failure.explained()["number"] == 5064
    assert "session" in error.failure.explained()["cause"]
    assert error.result["outcome"] == "as_found"
    assert site.stands("ONLINE", "SINGLE_USER")
    assert site.safety_backups() == []
    holder.close()


def test_from_offline_with_a_safety_backup_of_what_was_in_it(site: Site) -> None:
    site.database.state = "OFFLINE"
    result = site.restore()
    assert (site.row(), site.stands()) == ("saved", True)
    assert site.safety_backups() == [result["safety"]["name"]]


def test_offline_database_is_offline_again_after_a_failure(site: Site) -> None:
    site.database.state = "OFFLINE"
    site.double.faults.errors(
        "^BACKUP DATABASE", (3201, "Cannot open backup device 'x'. Operating system error 5(denied).")
    )
    error = site.fail()
    assert error.failure.explained()["number"] == 3201
    assert site.stands("OFFLINE")


@pytest.mark.parametrize(("percent", "outcome"), [(0, "as_found"), (60, "rolled_back")])
def test_offline_database_is_offline_again_when_restore_fails(site: Site, percent: float, outcome: str) -> None:
    """Refused before it begins, or in the middle."""
    site.database.state = "OFFLINE"
    text = "Cannot open backup device 'x'. Operating system error 5(denied)."
    site.double.faults.errors("^RESTORE DATABASE", (3201, text), percent=percent)
    error = site.fail()
    assert (error.failure.explained()["number"], error.result["outcome"]) == (3201, outcome)
    assert site.stands("OFFLINE")
    assert (error.result["state"], error.result["user_access"]) == ("OFFLINE", "MULTI_USER")
    site.run("ALTER DATABASE [GroupID] SET ONLINE")
    assert site.row() == "new"


@pytest.mark.parametrize("state", ["RESTORING", "RECOVERY_PENDING", "SUSPECT"])
def test_a_state_without_safety_backup_is_refused_unless_accepted(site: Site, state: str) -> None:
    site.database.state = state
    error = site.fail()
    assert error.failure.explained()["code"] == "no_safety"
    assert site.changed() == []
    result = site.restore(dataclasses.replace(REQUEST, accept_no_safety=True))
    assert (site.row(), site.stands(), result["safety"]) == ("saved", True, None)
    assert any("no safety backup" in warning for warning in result["warnings"])


@pytest.mark.parametrize("state", ["RECOVERING", "EMERGENCY"])
def test_states_in_which_somebody_works_on_it_are_refused(site: Site, state: str) -> None:
    site.database.state = state
    error = site.fail(dataclasses.replace(REQUEST, accept_no_safety=True), timeouts=Timeouts(reconnect=0.2, pause=0.05))
    assert error.failure.explained()["code"] == "state"
    assert site.changed() == []


def test_absent_database_is_made_anew(site: Site) -> None:
    site.run("DROP DATABASE [GroupID]")
    result = site.restore()
    assert (site.row(), site.stands(), result["safety"], result["replace"]) == ("saved", True, None, False)


def test_absent_database_is_absent_again_after_a_failure(site: Site) -> None:
    site.run("DROP DATABASE [GroupID]")
    site.double.faults.errors("^RESTORE DATABASE", (3203, "Read on x failed: 23"), percent=50)
    error = site.fail()
    assert error.result["state"] == "ABSENT"
    assert "groupid" not in site.double.engine.databases


def test_offline_database_of_unknown_family_is_identified_when_it_is_opened(site: Site) -> None:
    site.double.engine.history["backupset"].clear()
    site.database.state = "OFFLINE"
    assert site.restore()["replace"] is True
    assert (site.row(), site.stands()) == ("saved", True)


def test_offline_database_that_turns_out_to_be_another_one_is_offline_again(site: Site) -> None:
    site.double.engine.history["backupset"].clear()
    site.database.state = "OFFLINE"
    site.database.family_guid = "00000000-0000-0000-0000-000000000001"
    assert site.fail().failure.explained()["code"] == "other_family"
    assert site.stands("OFFLINE")
    assert site.safety_backups() == []


def test_the_history_of_a_dropped_database_of_the_same_name_identifies_nobody(site: Site) -> None:
    """msdb keeps the backups of a database that was dropped. Another one has its name now, and is OFFLINE."""
    site.database.state = "OFFLINE"
    site.database.family_guid = "00000000-0000-0000-0000-000000000001"
    error = site.fail()
    assert (error.failure.explained()["code"], error.result["outcome"]) == ("other_family", "as_found")
    assert site.stands("OFFLINE")
    assert site.safety_backups() == []
    assert not [batch for batch in site.changed() if batch.startswith("RESTORE")]


def test_a_cut_restore_of_an_absent_database_is_finished_as_its_message_says(site: Site) -> None:
    site.run("DROP DATABASE [GroupID]")
    site.double.engine.history["backupset"].clear()
    site.double.faults.drop("^RESTORE DATABASE", "during", outage=True)
    error = site.fail(timeouts=dataclasses.replace(TIMEOUTS, reconnect=0.2))
    assert "accept_no_safety: true" in error.failure.explained()["next"]
    assert error.result["recovery_statement"] == "DROP DATABASE [GroupID]"
    site.double.faults.clear()
    site.double.listen()
    until(lambda: not site.double.engine.sessions)
    assert site.database.state == "RESTORING"
    assert site.fail().failure.explained()["code"] == "no_safety"
    assert site.restore(dataclasses.replace(REQUEST, accept_no_safety=True))["outcome"] == "restored"
    assert (site.row(), site.stands()) == ("saved", True)


def test_offline_database_that_does_not_come_online_is_left(site: Site) -> None:
    site.database.state = "OFFLINE"
    site.double.faults.errors("SET ONLINE", (5120, "Unable to open the physical file. Operating system error 2"), nth=0)
    assert site.fail().failure.explained()["number"] == 5120
    assert site.stands("OFFLINE")


def test_offline_database_without_its_file_is_restored_without_a_safety_backup_when_accepted(site: Site) -> None:
    site.database.state = "OFFLINE"
    site.double.engine.path_of(site.database).unlink()
    error = site.fail()
    assert error.failure.explained()["code"] == "no_safety"
    assert site.stands("OFFLINE")
    result = site.restore(dataclasses.replace(REQUEST, accept_no_safety=True))
    assert (site.row(), site.stands(), result["safety"]) == ("saved", True, None)
    assert any("could not be brought ONLINE" in warning for warning in result["warnings"])


def test_giving_it_back_is_tried_again(site: Site) -> None:
    site.double.faults.deadlock("SET MULTI_USER")
    assert site.restore()["outcome"] == "restored"
    assert site.stands()


def test_a_database_that_cannot_be_given_back_is_reported_with_the_statement(site: Site) -> None:
    site.double.faults.errors(
        "SET MULTI_USER", (5061, "ALTER DATABASE failed because a lock could not be placed"), nth=0
    )
    error = site.fail()
    assert (error.failure.explained()["number"], error.result["outcome"]) == (5061, "restored")
    assert error.result["recovery_statement"] == "ALTER DATABASE [GroupID] SET MULTI_USER"
    assert site.row() == "saved"


NUMBERS = (
    1827,
    1834,
    3101,
    3102,
    3104,
    3141,
    3142,
    3154,
    3156,
    3159,
    3169,
    3176,
    3182,
    3183,
    3187,
    3189,
    3203,
    3234,
)
NUMBERS += (3241, 3242, 3256, 3257, 3287, 12824, 33111)


@pytest.mark.parametrize("number", NUMBERS)
def test_what_restore_says_first_is_what_is_said(site: Site, number: int) -> None:
    site.double.faults.errors(
        "^RESTORE DATABASE",
        (number, f"Text of {number} about 'X'."),
        (3119, "Problems"),
        (3013, "RESTORE is terminating"),
    )
    error = site.fail()
    assert (error.failure.explained()["number"], error.result["outcome"]) == (number, "as_found")
    assert f"Text of {number} about 'X'. ({number})" in str(error)
    assert error.failure.explained()["next"]
    assert (site.row(), site.stands()) == ("new", True)
