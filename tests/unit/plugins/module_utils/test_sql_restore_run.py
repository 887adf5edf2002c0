# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore over a real driver against the double: from every state, through every cut, and back."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import itertools
import pathlib
import re
import sqlite3
import threading
import time
import typing as t

import pytest
from unit.plugins.sql_drivers import DRIVERS, target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore import Request
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore_report import RestoreError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore_run import Patience, restore
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import Session
from lab.sql import grammar
from lab.sql.engine import Certificate, Database, DataFile, User
from lab.sql.faults import Fault
from lab.sql.server import SqlServerDouble
from lab.sql.wire import Message

SET = "20261122T150405Z"
BAK = r"D:\MSSQL\Backup\GroupID.bak"
SAFETY = "groupid-safety GroupID"
TABLE = '"dbo.GroupLifecycle"'
PATIENCE = Patience(claim=5, reconnect=20, pause=0.05)
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
        return open_session(target(self.double, self.driver, username=username, login_timeout=2, **options))

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


@pytest.fixture(scope="module", autouse=True)
def statements() -> c.Iterator[list[str]]:
    """All that the tests send, which goes through Microsoft's grammar at the end, where that is here."""
    sent: list[str] = []
    yield sent
    assert grammar.complaints(sent) == []


@pytest.fixture(params=DRIVERS)
def site(request: pytest.FixtureRequest, tmp_path: pathlib.Path, statements: list[str]) -> c.Iterator[Site]:
    with SqlServerDouble(tmp_path / "server") as double:
        double.engine.add_database("GroupID")
        made = Site(double, request.param)
        made.write("saved")
        made.run(backup())
        made.write("new")
        double.statements.clear()
        yield made
    statements += double.statements


def test_a_changed_row_returns_and_the_safety_backup_has_the_new_one(site: Site) -> None:
    result = site.restore()
    assert (result["outcome"], result["changed"], site.row(), site.stands()) == ("restored", True, "saved", True)
    assert site.safety_backups() == [result["safety"]["name"]]
    back = dataclasses.replace(REQUEST, files=tuple(result["safety"]["files"]))
    site.restore(back)
    assert site.row() == "new"


def test_takes_it_offline_between_the_safety_backup_and_the_restore(site: Site) -> None:
    portal = site.double.engine.visitor("GroupID")
    result = site.restore()
    kinds = [" ".join(batch.split()[:2]) for batch in result["statements"]]
    assert kinds == ["BACKUP DATABASE", "RESTORE VERIFYONLY", "ALTER DATABASE", "RESTORE DATABASE", "ALTER DATABASE"]
    assert "OFFLINE WITH ROLLBACK IMMEDIATE" in result["statements"][2]
    assert "REPLACE" in result["statements"][3], "recovery model full: the log's tail would stop it (3159)"
    assert "session" in result["warnings"][0]
    assert portal.killed
    assert site.double.engine.sessions_in(site.database), "the portal is back"


def test_replace_is_left_out_where_the_server_can_check_for_itself(site: Site) -> None:
    site.database.recovery_model = "SIMPLE"
    assert "REPLACE" not in site.restore()["statements"][3]


@pytest.mark.parametrize("start", ["ONLINE", "OFFLINE"])
def test_a_server_that_cannot_look_into_an_offline_database_is_told_to_replace(site: Site, start: str) -> None:
    site.database.recovery_model = "SIMPLE"
    begin(site, start)
    site.double.engine.compares_offline = False
    result = site.restore()
    assert (result["outcome"], result["replace"], site.row()) == ("restored", True, "saved")
    sent = [batch for batch in result["statements"] if batch.startswith("RESTORE DATABASE")]
    assert ["REPLACE" in batch for batch in sent] == [False, True]
    assert any("3154" in warning and "REPLACE" in warning for warning in result["warnings"])


@pytest.mark.parametrize("number", [3154, 3159, 3142])
def test_replace_is_asked_for_once(site: Site, number: int) -> None:
    site.database.recovery_model = "SIMPLE"
    site.double.faults.add(Fault("^RESTORE DATABASE", 0, (Message(number, "Refused.", 16),)))
    error = site.fail()
    assert (error.explained["number"], error.result["outcome"]) == (number, "as_found")
    assert len([batch for batch in site.changed() if batch.startswith("RESTORE DATABASE")]) == 2
    assert (site.row(), site.stands()) == ("new", True)


def test_replace_is_not_asked_for_where_files_have_to_move(site: Site) -> None:
    """3142 may then be of a file that nobody looked at."""
    site.database.recovery_model = "SIMPLE"
    site.file(r"D:\Elsewhere").mkdir()
    site.double.faults.errors("^RESTORE DATABASE", (3142, "File 'x' cannot be restored over the existing 'x'."))
    assert site.fail(dataclasses.replace(REQUEST, data_path=r"D:\Elsewhere")).explained["number"] == 3142
    assert len([batch for batch in site.changed() if batch.startswith("RESTORE DATABASE")]) == 1


def test_check_mode_says_the_statements_and_sends_none(site: Site) -> None:
    foretold = site.restore(check=True)
    assert site.changed() == []
    assert site.row() == "new"
    stamp = foretold["safety"]["name"].rpartition(" ")[2]
    done = site.restore()
    later = done["safety"]["name"].rpartition(" ")[2]
    assert [batch.replace(stamp, later) for batch in foretold["statements"]] == done["statements"]
    assert foretold["changed"]


# --- states ----------------------------------------------------------------------------------------------------------


def cut_restore(site: Site) -> None:
    """Leave what a controller leaves that dies in the middle of RESTORE."""
    site.double.faults.drop("^RESTORE DATABASE", "during", outage=True)
    error = site.fail(patience=dataclasses.replace(PATIENCE, reconnect=0.2))
    assert error.explained["code"] == "unreachable"
    site.double.listen()
    wait_for(lambda: not site.double.engine.sessions)
    site.double.statements.clear()


def wait_for(reached: c.Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not reached():
        assert time.monotonic() < until
        time.sleep(0.02)


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
    assert error.explained["number"] == 5064
    assert "session" in error.explained["cause"]
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
    assert error.explained["number"] == 3201
    assert site.stands("OFFLINE")


@pytest.mark.parametrize(("percent", "outcome"), [(0, "as_found"), (60, "rolled_back")])
def test_offline_database_is_offline_again_when_restore_fails(site: Site, percent: float, outcome: str) -> None:
    """Refused before it begins, or in the middle."""
    site.database.state = "OFFLINE"
    text = "Cannot open backup device 'x'. Operating system error 5(denied)."
    site.double.faults.errors("^RESTORE DATABASE", (3201, text), percent=percent)
    error = site.fail()
    assert (error.explained["number"], error.result["outcome"]) == (3201, outcome)
    assert site.stands("OFFLINE")
    assert (error.result["state"], error.result["user_access"]) == ("OFFLINE", "MULTI_USER")
    site.run("ALTER DATABASE [GroupID] SET ONLINE")
    assert site.row() == "new"


@pytest.mark.parametrize("state", ["RESTORING", "RECOVERY_PENDING", "SUSPECT"])
def test_a_state_without_safety_backup_is_refused_unless_accepted(site: Site, state: str) -> None:
    site.database.state = state
    error = site.fail()
    assert error.explained["code"] == "no_safety"
    assert site.changed() == []
    result = site.restore(dataclasses.replace(REQUEST, accept_no_safety=True))
    assert (site.row(), site.stands(), result["safety"]) == ("saved", True, None)
    assert any("no safety backup" in warning for warning in result["warnings"])


@pytest.mark.parametrize("state", ["RECOVERING", "EMERGENCY"])
def test_states_in_which_somebody_works_on_it_are_refused(site: Site, state: str) -> None:
    site.database.state = state
    assert site.fail(dataclasses.replace(REQUEST, accept_no_safety=True)).explained["code"] == "state"
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
    assert site.fail().explained["code"] == "other_family"
    assert site.stands("OFFLINE")
    assert site.safety_backups() == []


def test_the_history_of_a_dropped_database_of_the_same_name_identifies_nobody(site: Site) -> None:
    """msdb keeps the backups of a database that was dropped. Another one has its name now, and is OFFLINE."""
    site.database.state = "OFFLINE"
    site.database.family_guid = "00000000-0000-0000-0000-000000000001"
    error = site.fail()
    assert (error.explained["code"], error.result["outcome"]) == ("other_family", "as_found")
    assert site.stands("OFFLINE")
    assert site.safety_backups() == []
    assert not [batch for batch in site.changed() if batch.startswith("RESTORE")]


def test_a_cut_restore_of_an_absent_database_is_finished_as_its_message_says(site: Site) -> None:
    site.run("DROP DATABASE [GroupID]")
    site.double.engine.history["backupset"].clear()
    site.double.faults.drop("^RESTORE DATABASE", "during", outage=True)
    error = site.fail(patience=dataclasses.replace(PATIENCE, reconnect=0.2))
    assert "accept_no_safety: true" in error.explained["next"]
    assert error.result["recovery_statement"] == "DROP DATABASE [GroupID]"
    site.double.faults.clear()
    site.double.listen()
    wait_for(lambda: not site.double.engine.sessions)
    assert site.database.state == "RESTORING"
    assert site.fail().explained["code"] == "no_safety"
    assert site.restore(dataclasses.replace(REQUEST, accept_no_safety=True))["outcome"] == "restored"
    assert (site.row(), site.stands()) == ("saved", True)


def test_offline_database_that_does_not_come_online_is_left(site: Site) -> None:
    site.database.state = "OFFLINE"
    site.double.faults.errors("SET ONLINE", (5120, "Unable to open the physical file. Operating system error 2"), nth=0)
    assert site.fail().explained["number"] == 5120
    assert site.stands("OFFLINE")


def test_offline_database_without_its_file_is_restored_without_a_safety_backup_when_accepted(site: Site) -> None:
    site.database.state = "OFFLINE"
    site.double.engine.path_of(site.database).unlink()
    error = site.fail()
    assert error.explained["code"] == "no_safety"
    assert site.stands("OFFLINE")
    result = site.restore(dataclasses.replace(REQUEST, accept_no_safety=True))
    assert (site.row(), site.stands(), result["safety"]) == ("saved", True, None)
    assert any("could not be brought ONLINE" in warning for warning in result["warnings"])


def test_giving_it_back_is_tried_again(site: Site) -> None:
    site.double.faults.deadlock("SET MULTI_USER")
    assert site.restore()["outcome"] == "restored"
    assert site.stands()


def test_a_database_that_cannot_be_given_back_is_told_with_the_statement(site: Site) -> None:
    site.double.faults.errors(
        "SET MULTI_USER", (5061, "ALTER DATABASE failed because a lock could not be placed"), nth=0
    )
    error = site.fail()
    assert (error.explained["number"], error.result["outcome"]) == (5061, "restored")
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
    assert (error.explained["number"], error.result["outcome"]) == (number, "as_found")
    assert f"Text of {number} about 'X'. ({number})" in str(error)
    assert error.explained["next"]
    assert (site.row(), site.stands()) == ("new", True)


# --- what is cut -----------------------------------------------------------------------------------------------------

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
        assert error.explained["code"] == "connection_lost"
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
def test_an_unreachable_server_is_told_with_one_command_and_the_next_run_finishes(
    site: Site, pattern: str, when: t.Any
) -> None:
    site.double.faults.drop(pattern, when, outage=True)
    error = site.fail(patience=dataclasses.replace(PATIENCE, reconnect=0.2))
    assert (error.explained["code"], error.result["outcome"]) == ("unreachable", "unknown")
    assert (error.result["recovery_statement"] or "Once the server answers") in str(error)
    assert (error.result["recovery_statement"] is None) == ("OFFLINE" not in " ".join(error.result["statements"]))
    assert (error.result["safety"] is None) == (pattern == "^BACKUP DATABASE")
    site.double.listen()
    assert site.restore()["outcome"] == "restored"
    assert (site.row(), site.stands()) == ("saved", True)


@pytest.mark.parametrize(("pattern", "when"), [("SET OFFLINE", "after"), ("^RESTORE DATABASE", "during")])
def test_the_one_command_goes_back(site: Site, pattern: str, when: t.Any) -> None:
    site.double.faults.drop(pattern, when, outage=True)
    command = site.fail(patience=dataclasses.replace(PATIENCE, reconnect=0.2)).result["recovery_statement"]
    site.double.listen()
    site.run(command)
    assert (site.row(), site.stands()) == ("new", True)


def test_after_a_cut_another_sets_run_is_told_and_this_sets_run_goes_back(site: Site) -> None:
    cut_restore(site)
    assert site.database.state == "RESTORING"
    other = site.fail(dataclasses.replace(REQUEST, set_id="20261123T000000Z")).explained
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
    assert site.fail().explained["code"] == "no_safety"


def test_a_restore_that_fails_halfway_is_rolled_back_from_the_safety_backup(site: Site) -> None:
    site.double.faults.errors("^RESTORE DATABASE", (3183, "RESTORE detected an error on page (1:7)"), percent=60)
    error = site.fail()
    assert (error.explained["number"], error.result["outcome"]) == (3183, "rolled_back")
    assert error.result["safety"]["name"] in error.explained["cause"]
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
    assert (error.explained["number"], error.result["outcome"]) == (3183, "rolled_back")
    assert (site.row(), site.stands()) == ("new", True)


def fill_msdb(site: Site, batch: str) -> None:
    """Let msdb be full as soon as a batch was sent."""

    def fill() -> None:
        wait_for(lambda: any(re.match(batch, sent) for sent in site.double.statements))
        site.double.engine.msdb_full = True

    site.double.faults.delay(batch, 0.5, nth=1)
    threading.Thread(target=fill, daemon=True).start()


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
    assert "not known" in error.explained["cause"]
    assert "as it was" not in error.explained["cause"]
    assert error.result["recovery_statement"] in error.explained["next"]
    site.run(error.result["recovery_statement"])
    assert site.stands()
    assert site.restore()["outcome"] == "restored"


def test_a_way_back_that_msdb_does_not_record_is_done(site: Site) -> None:
    site.double.faults.errors("^RESTORE DATABASE", (3183, "RESTORE detected an error on page (1:7)"), percent=60)
    fill_msdb(site, "RESTORE DATABASE.*groupid-safety")
    error = site.fail()
    assert (error.explained["number"], error.result["outcome"]) == (3183, "rolled_back")
    assert (site.row(), site.stands()) == ("new", True)


def test_two_controllers_restore_one_after_the_other(site: Site) -> None:
    site.double.engine.backup_seconds = 0.3
    ended: list[dict[str, t.Any]] = []
    threads = [threading.Thread(target=lambda: ended.append(site.restore())) for dummy in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [one["outcome"] for one in ended] == ["restored", "restored"]
    order = [batch.split()[0] for batch in site.changed()]
    assert order == order[: len(order) // 2] * 2
    assert (site.row(), site.stands()) == ("saved", True)


# --- what is refused -------------------------------------------------------------------------------------------------


def refused(site: Site, request: Request = REQUEST) -> dict[str, t.Any]:
    explained = site.fail(request).explained
    assert site.changed() == []
    assert (site.row(), site.stands()) == ("new", True)
    return explained


@pytest.mark.parametrize("part", [0.01, 0.6, 0.99])
def test_truncated_file(site: Site, part: float) -> None:
    file = site.file(BAK)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * part)])
    assert refused(site)["number"] in (3203, 3241, 3242, 3256, 3189)


def test_flipped_byte(site: Site) -> None:
    file = site.file(BAK)
    content = bytearray(file.read_bytes())
    content[len(content) * 7 // 10] ^= 1
    file.write_bytes(content)
    assert refused(site)["number"] in (3183, 3189, 3203, 3242)


def test_another_databases_file(site: Site) -> None:
    site.double.engine.add_database("Payroll")
    site.run(backup("Payroll", r"D:\MSSQL\Backup\Payroll.bak", "nightly"))
    site.double.statements.clear()
    files = (r"D:\MSSQL\Backup\Payroll.bak",)
    assert refused(site, dataclasses.replace(REQUEST, files=files))["code"] == "other_database"
    request = dataclasses.replace(REQUEST, files=files, database="Payroll", as_database="GroupID")
    explained = refused(site, request)
    assert explained["code"] == "other_family"
    waiver = site.double.engine.database("Payroll").family_guid.lower()
    assert waiver in explained["next"]
    result = site.restore(dataclasses.replace(request, allow_other_family=waiver))
    assert (result["replace"], site.database.family_guid.lower()) == (True, waiver)


def test_a_database_of_the_same_name_and_another_family(site: Site) -> None:
    site.database.family_guid = "00000000-0000-0000-0000-000000000001"
    assert refused(site)["code"] == "other_family"


def test_a_file_that_is_not_the_one_of_the_record(site: Site) -> None:
    gone = "00000000-0000-0000-0000-000000000001"
    assert refused(site, dataclasses.replace(REQUEST, expected_uuid=gone))["code"] == "backup_missing"
    assert refused(site, dataclasses.replace(REQUEST, expected_family=gone))["code"] == "other_backup"


def test_newer_server(site: Site) -> None:
    site.double.engine.version = "15.0.2000.5"
    assert refused(site)["code"] == "newer_server"


def test_missing_certificate(site: Site) -> None:
    certificate = Certificate("tde")
    site.double.engine.certificates.append(certificate)
    site.database.tde_thumbprint = certificate.thumbprint
    site.run(backup(path=r"D:\MSSQL\Backup\tde.bak"))
    site.double.statements.clear()
    site.double.engine.certificates.clear()
    explained = refused(site, dataclasses.replace(REQUEST, files=(r"D:\MSSQL\Backup\tde.bak",)))
    assert explained["code"] in ("certificate_missing", "sql_33111")
    assert certificate.thumbprint in explained["cause"]


def test_no_checksums(site: Site) -> None:
    site.run(backup(path=r"D:\MSSQL\Backup\plain.bak", options="NO_CHECKSUM, "))
    site.double.statements.clear()
    request = dataclasses.replace(REQUEST, files=(r"D:\MSSQL\Backup\plain.bak",))
    assert refused(site, request)["code"] == "no_checksums"
    site.write("newer still")
    assert site.restore(dataclasses.replace(request, accept_unverified=True))["outcome"] == "restored"


def test_availability_group(site: Site) -> None:
    site.database.availability_group = "AG1"
    assert refused(site)["code"] == "availability_group"


def test_several_backups_in_one_file(site: Site) -> None:
    site.run(backup(options="CHECKSUM, NOINIT, "))
    site.double.statements.clear()
    assert refused(site)["code"] == "several_backups"
    site.restore(dataclasses.replace(REQUEST, position=1))
    assert site.row() == "saved"


def test_login_that_may_back_up_but_not_restore(site: Site) -> None:
    login = site.double.engine.add_login("half", "Half-Passw0rd!")
    site.database.users = (User("half", login.sid, frozenset(("db_owner",))),)
    with pytest.raises(RestoreError) as caught:
        restore(REQUEST, lambda: site.open("half", "Half-Passw0rd!"), "sql01", patience=PATIENCE)
    assert caught.value.explained["code"] == "no_permission"
    assert "dbcreator" in caught.value.explained["next"]
    assert site.changed() == []


def test_missing_file_is_told_with_its_number_and_path(site: Site) -> None:
    explained = refused(site, dataclasses.replace(REQUEST, files=(r"D:\MSSQL\Backup\gone.bak",)))
    assert explained["number"] == 3201
    assert "gone.bak" in explained["cause"]


def test_safety_folder_without_room_stops_it(site: Site) -> None:
    site.double.engine.os_errors["\\\\nas01"] = 53
    error = site.fail(dataclasses.replace(REQUEST, safety_path=r"\\nas01\backup", accept_no_safety=True))
    assert error.explained["number"] == 3201
    assert (site.row(), site.stands(), error.result["changed"]) == ("new", True, False)


def test_damaged_database_is_restored_without_a_safety_backup_when_accepted(site: Site) -> None:
    site.database.damaged_page = 3
    error = site.fail()
    assert (site.row(), site.stands(), error.result["outcome"]) == ("new", True, "as_found")
    result = site.restore(dataclasses.replace(REQUEST, accept_no_safety=True))
    assert (site.row(), site.stands(), result["safety"]) == ("saved", True, None)


# --- the log's tail --------------------------------------------------------------------------------------------------


def test_tail_of_the_log_is_saved_and_replace_left_out(site: Site) -> None:
    site.run(r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\full.bak' WITH CHECKSUM")
    site.double.statements.clear()
    result = site.restore(dataclasses.replace(REQUEST, tail_log=True))
    assert (site.row(), site.stands(), result["replace"]) == ("saved", True, False)
    assert site.file(result["tail_file"]).exists()


def test_tail_of_the_log_comes_back_with_the_safety_backup(site: Site) -> None:
    site.run(r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\full.bak' WITH CHECKSUM")
    site.double.faults.errors("^RESTORE DATABASE", (3183, "RESTORE detected an error on page (1:7)"), percent=60)
    error = site.fail(dataclasses.replace(REQUEST, tail_log=True))
    assert error.result["outcome"] == "rolled_back"
    assert (site.row(), site.stands()) == ("new", True)


def test_a_tail_with_a_gap_before_it_is_named_and_what_it_holds_is_called_missing(site: Site) -> None:
    """A job of the administrator backs the log up after the safety backup, so the tail does not follow on that."""
    site.run(r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\full.bak' WITH CHECKSUM")
    site.double.faults.delay("SET OFFLINE", 1.5, nth=1)
    site.double.faults.errors("^RESTORE DATABASE", (3183, "RESTORE detected an error on page (1:7)"), percent=60)
    job = threading.Thread(target=back_the_log_up_before_it_goes_offline, args=(site,))
    job.start()
    error = site.fail(dataclasses.replace(REQUEST, tail_log=True))
    job.join(10)
    assert (error.explained["number"], error.result["outcome"]) == (3183, "rolled_back")
    assert error.result["tail_file"] in error.explained["cause"]
    assert site.file(error.result["tail_file"]).exists()
    assert "as it was before" not in error.explained["cause"]
    assert any("4305" in warning for warning in error.result["warnings"])
    assert (site.row(), site.stands()) == ("new", True)


def back_the_log_up_before_it_goes_offline(site: Site) -> None:
    wait_for(lambda: any("SET OFFLINE" in batch for batch in site.double.statements))
    site.write("written after the safety backup")
    site.run(r"BACKUP LOG [GroupID] TO DISK = N'D:\MSSQL\Backup\job.trn' WITH CHECKSUM")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_tail_leaves_all_data(site: Site, when: t.Any) -> None:
    site.run(r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\full.bak' WITH CHECKSUM")
    site.double.faults.drop("BACKUP LOG", when)
    error = site.fail(dataclasses.replace(REQUEST, tail_log=True))
    assert error.result["outcome"] == "as_found"
    assert (site.row(), site.stands()) == ("new", True)


def test_tail_of_a_simple_database_is_refused(site: Site) -> None:
    site.database.recovery_model = "SIMPLE"
    assert refused(site, dataclasses.replace(REQUEST, tail_log=True))["code"] == "tail_log"


# --- another name, other logins --------------------------------------------------------------------------------------


def test_under_another_name_beside_the_first(site: Site) -> None:
    site.restore(dataclasses.replace(REQUEST, as_database="GroupID Test"))
    copy = site.double.engine.database("GroupID Test")
    assert [file.path for file in copy.files] == [
        r"D:\MSSQL\DATA\GroupID Test.mdf",
        r"D:\MSSQL\LOG\GroupID Test_log.ldf",
    ]
    assert (site.row(), site.stands()) == ("new", True)


def test_a_file_in_the_place_of_a_new_one_is_refused(site: Site) -> None:
    site.file(r"D:\MSSQL\DATA\Copy.mdf").write_bytes(b"somebody's")
    explained = refused(site, dataclasses.replace(REQUEST, as_database="Copy"))
    assert explained["code"] == "no_place"
    assert r"D:\MSSQL\DATA\Copy.mdf" in explained["cause"]


def test_streams_and_full_text_are_moved_too(site: Site) -> None:
    site.database.files += (
        DataFile(3, "Photos", r"D:\MSSQL\DATA\Photos", "FILESTREAM"),
        DataFile(4, "Search", r"D:\MSSQL\DATA\Search", "FULLTEXT"),
    )
    for path in (r"D:\MSSQL\DATA\Photos", r"D:\MSSQL\DATA\Search"):
        site.file(path).write_bytes(b"content")
    site.run(backup(path=r"D:\MSSQL\Backup\streams.bak"))
    request = dataclasses.replace(REQUEST, files=(r"D:\MSSQL\Backup\streams.bak",), as_database="Copy")
    paths = {file["name"]: file["path"] for file in site.restore(request)["files"]}
    assert paths["Photos"] == r"D:\MSSQL\DATA\Copy_Photos"
    assert paths["Search"] == r"D:\MSSQL\DATA\Copy_Search"


def test_orphaned_users_are_named_and_mended(site: Site) -> None:
    old = User("portal", b"\x09" * 16, frozenset(("db_owner",)))
    site.database.users = (old,)
    site.run(backup(path=r"D:\MSSQL\Backup\users.bak"))
    site.double.engine.add_login("portal", "Portal-Passw0rd!")
    owner = site.double.engine.add_login("owner", "Owner-Passw0rd!")
    request = dataclasses.replace(REQUEST, files=(r"D:\MSSQL\Backup\users.bak",))
    result = site.restore(request)
    assert result["orphaned_users"] == ["portal"]
    assert any("login_map" in step for step in result["next_steps"])
    result = site.restore(dataclasses.replace(request, login_map={"portal": "portal", "dbo": "owner"}))
    assert (result["orphaned_users"], result["joined_users"]) == ([], {"portal": "portal", "dbo": "owner"})
    assert result["owner"] == "owner"
    assert site.database.owner_sid == owner.sid


def test_a_login_map_that_the_server_refuses_fails_after_the_restore(site: Site) -> None:
    login = site.double.engine.add_login("portal", "Portal-Passw0rd!")
    site.database.users = (User("portal", login.sid),)
    site.run(backup(path=r"D:\MSSQL\Backup\users.bak"))
    error = site.fail(dataclasses.replace(REQUEST, files=(r"D:\MSSQL\Backup\users.bak",), login_map={"dbo": "portal"}))
    assert (error.explained["code"], error.result["outcome"]) == ("login_map", "restored")
    assert "15110" in error.explained["cause"]
    assert site.stands()


def test_login_map_that_names_no_login_is_refused_before(site: Site) -> None:
    assert refused(site, dataclasses.replace(REQUEST, login_map={"portal": "gone"}))["code"] == "login_missing"


@pytest.mark.parametrize("name", ["Group]ID", "it's", "a;--b", "Gruppe-ÄÖ€", "x" * 128])
def test_names_that_need_quoting(site: Site, name: str) -> None:
    files = (DataFile(1, "Data", r"D:\MSSQL\DATA\long.mdf"), DataFile(2, "Log", r"D:\MSSQL\LOG\long.ldf", "LOG"))
    site.double.engine.add_database(name, files=files)
    site.write("saved", name)
    site.run(
        f"BACKUP DATABASE [{name.replace(']', ']]')}] TO DISK = N'D:\\MSSQL\\Backup\\it''s.bak' "
        f"WITH COPY_ONLY, CHECKSUM, NAME = N'groupid hq {SET}'"
    )
    site.write("new", name)
    result = site.restore(Request(name, (r"D:\MSSQL\Backup\it's.bak",), SET))
    assert len(result["safety"]["name"]) <= 128
    with sqlite3.connect(site.double.engine.path_of(site.double.engine.database(name))) as rows:
        assert rows.execute(f"SELECT Name FROM {TABLE}").fetchone() == ("saved",)


HOSTILE = ("A]b'; DROP DATABASE x;--", "ü漢字𝄞", "n" * 128, "]" * 64, "'" * 128, "𝄞" * 64, "a/b\\c:d*e?f")


@pytest.mark.parametrize("name", HOSTILE, ids=["sql", "unicode", "long", "brackets", "quotes", "pairs", "path"])
def test_hostile_names_to_restore_under(site: Site, name: str) -> None:
    wanted = dataclasses.replace(REQUEST, as_database=name)
    made = site.restore(wanted)
    copy = site.double.engine.database(name)
    assert (made["outcome"], copy.state, copy.user_access) == ("restored", "ONLINE", "MULTI_USER")
    assert [file["path"] for file in made["files"]] == [file.path for file in copy.files]
    folders = {file.path.rpartition("\\")[0] for file in copy.files}
    assert folders == {r"D:\MSSQL\DATA", r"D:\MSSQL\LOG"}
    site.write("new", name)
    again = site.restore(wanted)
    assert (again["outcome"], bool(again["safety"])) == ("restored", True)
    assert site.double.engine.sql(name, f"SELECT Name FROM {TABLE}") == [("saved",)]
    assert set(site.double.engine.databases) == {"master", "tempdb", "model", "msdb", "groupid", name.casefold()}


def test_hostile_logical_names(site: Site) -> None:
    files = (
        DataFile(1, "Da'ta]; --", r"D:\MSSQL\DATA\it's.mdf"),
        DataFile(2, "漢" * 64, r"D:\MSSQL\LOG\l]o'g.ldf", "LOG"),
    )
    site.double.engine.add_database("odd", files=files)
    site.run(backup("odd", r"D:\MSSQL\Backup\odd.bak"))
    made = site.restore(Request("odd", (r"D:\MSSQL\Backup\odd.bak",), SET, as_database="x" * 128))
    assert [file["name"] for file in made["files"]] == [file.name for file in files]
    copy = site.double.engine.database("x" * 128)
    assert [file.path for file in copy.files] == [file["path"] for file in made["files"]]
