# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module groupid_sql_backup as Ansible runs it, on the SQL Server double."""

from __future__ import annotations

import collections.abc as c
import json
import pathlib
import typing as t

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from unit.plugins.module_utils.sql.backup_task.backing_up import FOLDER, SET, Outcome, backups, running

from ansible_collections.identityops.groupid.plugins.modules import groupid_sql_backup
from lab.sql.server import SqlServerDouble


@pytest.fixture
def server(tmp_path: pathlib.Path, statements: list[str]) -> c.Iterator[SqlServerDouble]:
    with running(tmp_path) as double:
        yield double
    statements += double.statements


def run_module(capsys: pytest.CaptureFixture[str], server: SqlServerDouble, **options: t.Any) -> Outcome:
    """Run the module as Ansible does; None takes an option away."""
    usual = {
        "server": "127.0.0.1",
        "port": server.port,
        "username": "sa",
        "password": server.password,
        "encrypt": "off",
        "driver": "FreeTDS",
        "database": "GroupID",
        "deployment": "HQ",
        "set_id": SET,
        "version": "10.0",
        "path": FOLDER,
        "_ansible_inject_invocation": True,
    }
    given = {name: value for name, value in {**usual, **options}.items() if value is not None}
    with patch_module_args(given), pytest.raises(SystemExit):
        groupid_sql_backup.main()
    printed = capsys.readouterr().out
    assert server.password not in printed
    outcome = json.loads(printed)
    outcome.pop("invocation")
    return t.cast(Outcome, outcome)


def test_module_gives_the_documented_result(server: SqlServerDouble, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run_module(capsys, server, test_restore=True)
    documented = yaml.safe_load(groupid_sql_backup.RETURN)
    assert set(outcome) - {"changed"} == set(documented) - {"error", "left"}
    assert set(outcome["test_restore"]) == set(documented["test_restore"]["contains"])
    assert outcome["name"] == f"groupid hq {SET}"
    checked = run_module(capsys, server, set_id=f"{SET}-x", _ansible_check_mode=True)
    assert checked["changed"]
    assert backups(server) == 1
    failed = run_module(capsys, server, database="Other")
    assert failed["failed"]
    assert set(failed["error"]) == set(documented["error"]["contains"])


def test_module_warns(
    server: SqlServerDouble, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda dummy, text: heard.append(text))
    server.engine.add_database("Old", {"dbo.Things": ["Id INTEGER"]})
    run_module(capsys, server, database="Old", version="9.0")
    assert "Check its name" in heard[0]


def test_module_restores_on_another_server_when_one_is_named(
    server: SqlServerDouble, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"test_restore": True, "test_restore_server": "127.0.0.1", "test_restore_password": "Other-Passw0rd!"}
    with SqlServerDouble(tmp_path / "other", map_path=server.engine.map_path, password="Other-Passw0rd!") as other:
        outcome = run_module(capsys, server, test_restore_port=other.port, **options)
        assert [batch for batch in other.statements if batch.startswith("DBCC CHECKDB")]
    assert not outcome.get("failed"), outcome
    assert not [batch for batch in server.statements if batch.startswith("RESTORE DATABASE")]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"database": "msdb"}, "system database"),
        ({"database": "a\nb"}, "control character"),
        ({"path": "backups"}, "not absolute"),
        ({"set_id": "today"}, "UTC time"),
        ({"deployment": "h q"}, "Deployment"),
        ({"stripes": 65}, "1 to 64"),
        ({"stats": 0}, "1 to 100"),
        ({"encryption_certificate": "n" * 129}, "128"),
        ({"version": "8.0"}, "version must be one of"),
        ({"instance": "HQ"}, "mutually exclusive"),
        ({"password": None}, "username and password"),
        ({"test_restore_port": 1433}, "test_restore_server"),
        ({"test_restore": True, "test_restore_server": "not a name"}, "DNS name"),
    ],
)
def test_module_refuses_bad_options_before_it_connects(
    server: SqlServerDouble, capsys: pytest.CaptureFixture[str], options: Outcome, words: str
) -> None:
    outcome = run_module(capsys, server, **options)
    assert outcome["failed"]
    assert words in outcome["msg"]
    assert server.logins_seen == []
