# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module groupid_sql_restore as Ansible runs it, on the SQL Server double."""

from __future__ import annotations

import collections.abc as c
import json
import pathlib
import typing as t

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from unit.plugins.sql_drivers import both_drivers, target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.modules import groupid_sql_restore
from lab.sql.server import SqlServerDouble

SET = "20261122T150405Z"
BAK = r"D:\MSSQL\Backup\GroupID.bak"
AFTER_RESTORE = {
    "joined_users",
    "orphaned_users",
    "owner",
    "compatibility_level",
    "containment",
    "master_key",
}
DOCUMENTED = yaml.safe_load(groupid_sql_restore.RETURN)


@pytest.fixture
def server(tmp_path: pathlib.Path) -> c.Iterator[SqlServerDouble]:
    with SqlServerDouble(tmp_path / "server") as double:
        double.engine.add_database("GroupID")
        yield double


def run(capsys: pytest.CaptureFixture[str], server: SqlServerDouble, driver: str, **options: t.Any) -> dict[str, t.Any]:
    """Run the module; None takes an option away."""
    usual = {
        "server": "127.0.0.1",
        "port": server.port,
        "username": "sa",
        "password": server.password,
        "encrypt": "off",
        "driver": driver,
        "database": "GroupID",
        "set_id": SET,
        "confirm": SET,
        "files": [BAK],
        "reconnect_timeout": 5,
    }
    given = {name: value for name, value in {**usual, **options}.items() if value is not None}
    with patch_module_args(given), pytest.raises(SystemExit):
        groupid_sql_restore.main()
    printed = capsys.readouterr().out
    assert server.password not in printed
    outcome: dict[str, t.Any] = json.loads(printed)
    outcome.pop("invocation", None)
    return outcome


def back_up(server: SqlServerDouble, driver: str) -> None:
    session = open_session(target(server, driver))
    session.execute(
        f"BACKUP DATABASE [GroupID] TO DISK = N'{BAK}' WITH COPY_ONLY, CHECKSUM, NAME = N'groupid hq {SET}'"
    )
    session.close()
    server.statements.clear()


@both_drivers
def test_gives_the_documented_result(server: SqlServerDouble, driver: str, capsys: pytest.CaptureFixture[str]) -> None:
    back_up(server, driver)
    checked = run(capsys, server, driver, _ansible_check_mode=True)
    assert checked["changed"]
    assert not [batch for batch in server.statements if batch.startswith(("BACKUP", "ALTER", "RESTORE DATABASE"))]
    assert set(checked) - {"changed"} == set(DOCUMENTED) - {"error"} - AFTER_RESTORE
    done = run(capsys, server, driver)
    assert set(done) - {"changed"} == set(DOCUMENTED) - {"error"}
    for name in ("backup", "safety"):
        assert set(done[name]) == set(DOCUMENTED[name]["contains"])
    assert len(done["statements"]) == len(checked["statements"])


@both_drivers
def test_failure_says_what_failed_and_how_it_ended(
    server: SqlServerDouble, driver: str, capsys: pytest.CaptureFixture[str]
) -> None:
    back_up(server, driver)
    server.faults.errors("^RESTORE DATABASE", (3203, "Read on 'x' failed: 23(error)"), percent=50)
    failed = run(capsys, server, driver)
    assert set(failed) - {"changed", "failed", "msg", "warnings"} == set(DOCUMENTED) - AFTER_RESTORE
    assert set(failed["error"]) == set(DOCUMENTED["error"]["contains"])
    assert (failed["outcome"], failed["error"]["number"]) == ("rolled_back", 3203)
    assert "GroupID on 127.0.0.1" in failed["msg"]
    assert "restored from its safety backup" in failed["msg"]


@both_drivers
def test_wrong_password_touches_nothing_and_is_not_shown(
    server: SqlServerDouble, driver: str, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = run(capsys, server, driver, password="Wr0ng-Passw0rd!")
    assert (failed["error"]["number"], failed["changed"]) == (18456, False)
    assert "Wr0ng-Passw0rd!" not in json.dumps(failed)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"confirm": "yes"}, "confirm is 'yes'"),
        ({"database": "msdb"}, "system database"),
        ({"as_database": "a\nb"}, "control character"),
        ({"set_id": "latest", "confirm": "latest"}, "not a UTC time"),
        ({"files": []}, "files is empty"),
        ({"expected": {"uuid": "x"}}, "Unsupported"),
    ],
)
def test_bad_input_is_refused_before_any_connection(
    server: SqlServerDouble, capsys: pytest.CaptureFixture[str], options: dict[str, t.Any], words: str
) -> None:
    failed = run(capsys, server, "FreeTDS", **options)
    assert failed["failed"]
    assert words in failed["msg"]
    assert server.logins_seen == []
