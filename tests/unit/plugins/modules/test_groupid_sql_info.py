# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module groupid_sql_info, run as Ansible runs it, against the double."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
import yaml
from ansible.module_utils import basic
from unit.plugins.sql_drivers import both_drivers

from ansible_collections.identityops.groupid.plugins.doc_fragments.sql_connection import ModuleDocFragment
from ansible_collections.identityops.groupid.plugins.modules import groupid_sql_info
from lab.sql.server import SqlServerDouble

SECRET = "Very-s3cret&Word"


@pytest.fixture
def double(tmp_path: pathlib.Path) -> t.Iterator[SqlServerDouble]:
    with SqlServerDouble(tmp_path / "server", password=SECRET) as server:
        server.engine.add_database("GroupID")
        yield server


class Run:
    """One run of the module: its result, and everything that it printed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **args: t.Any) -> None:
        text = json.dumps({"ANSIBLE_MODULE_ARGS": {"_ansible_remote_tmp": "/tmp", **args}})
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", text.encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit):
            groupid_sql_info.main()
        self.printed = "".join(capsys.readouterr())
        self.result: dict[str, t.Any] = json.loads(self.printed.strip().splitlines()[-1])


Runner = t.Callable[..., Run]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    return lambda **args: Run(monkeypatch, capsys, **args)


def connection(double: SqlServerDouble, driver: str) -> dict[str, t.Any]:
    return {
        "server": "127.0.0.1",
        "port": double.port,
        "username": "sa",
        "password": SECRET,
        "encrypt": "off",
        "driver": driver,
        "database": "GroupID",
    }


@both_drivers
def test_the_result_is_as_documented(driver: str, double: SqlServerDouble, run: Runner) -> None:
    backup = r"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\a.bak' WITH COPY_ONLY, CHECKSUM;"
    seen = run(**connection(double, driver), probe=True)
    assert backup not in double.statements
    assert seen.result["changed"] is True
    assert seen.result["can_backup"] == {"ok": True, "reasons": []}
    assert seen.result["folder"]["writable"] is True
    documented = yaml.safe_load(groupid_sql_info.RETURN)
    ours = {name for name in seen.result if name not in ("changed", "invocation")}
    assert ours == set(documented) - {"error"}
    for name in ("server", "database", "chain", "folder", "can_backup"):
        assert set(seen.result[name]) == set(documented[name]["contains"]), name
    assert set(seen.result["folder"]["probe"]) == set(documented["folder"]["contains"]["probe"]["contains"])


@both_drivers
def test_without_a_probe_nothing_is_written(driver: str, double: SqlServerDouble, run: Runner) -> None:
    seen = run(**connection(double, driver))
    assert seen.result["changed"] is False
    assert (seen.result["folder"]["visible"], seen.result["folder"]["writable"]) == (True, None)
    changing = ("BACKUP ", "RESTORE ", "ALTER ", "CREATE ", "DROP ", "INSERT ", "UPDATE ", "DELETE ")
    assert not [batch for batch in double.statements if batch.lstrip().upper().startswith(changing)]


GB = 1024**3


@both_drivers
@pytest.mark.parametrize(
    ("path", "version", "volume"),
    [
        ("D:\\MSSQL\\Backup", "16.0.4236.2", "D:\\"),
        ("c:\\Backups", "16.0.4236.2", "C:\\"),
        # Older servers tell of volumes that have files of databases.
        ("D:\\MSSQL\\Backup", "13.0.5026.0", "D:\\"),
        ("C:\\Backups", "13.0.5026.0", None),
        ("Q:\\Backups", "16.0.4236.2", None),
        ("\\\\nas01\\backup", "16.0.4236.2", None),
    ],
)
def test_free_space_is_that_of_the_folders_volume(
    path: str, version: str, volume: str | None, driver: str, double: SqlServerDouble, run: Runner
) -> None:
    double.engine.version, double.engine.volume_free = version, 7 * GB
    folder = run(**connection(double, driver), path=path).result["folder"]
    assert (folder["volume"], folder["free_bytes"]) == (volume, volume and 7 * GB)


@both_drivers
def test_free_space_is_not_known_without_the_right_to_see_it(driver: str, double: SqlServerDouble, run: Runner) -> None:
    double.engine.add_login("worker", SECRET, permissions={"VIEW ANY DEFINITION"})
    folder = run(**{**connection(double, driver), "username": "worker"}, path="D:\\MSSQL").result["folder"]
    assert (folder["volume"], folder["free_bytes"]) == (None, None)


@both_drivers
def test_check_mode_says_what_the_probe_would_write(driver: str, double: SqlServerDouble, run: Runner) -> None:
    seen = run(**connection(double, driver), probe=True, _ansible_check_mode=True)
    assert seen.result["changed"] is False
    assert seen.result["folder"]["probe"]["statement"].startswith("BACKUP DATABASE [model] TO DISK = N'D:\\")
    assert not [batch for batch in double.statements if batch.startswith("BACKUP")]


@both_drivers
def test_a_probe_that_cannot_write_says_why(driver: str, double: SqlServerDouble, run: Runner) -> None:
    seen = run(**connection(double, driver), probe=True, path=r"D:\it's not there")
    probe = seen.result["folder"]["probe"]
    assert (seen.result["changed"], seen.result["folder"]["visible"], probe["writable"]) == (False, False, False)
    assert probe["error"]["code"] == "sql_3201"
    assert "it's not there" in probe["error"]["cause"]


@both_drivers
def test_no_such_database_is_an_answer(driver: str, double: SqlServerDouble, run: Runner) -> None:
    seen = run(**{**connection(double, driver), "database": "nö]'--"})
    assert "failed" not in seen.result
    assert (seen.result["database"], seen.result["can_backup"]["ok"]) == (None, False)


@both_drivers
def test_a_refused_login_fails_in_parts_and_hides_the_password(
    driver: str, double: SqlServerDouble, run: Runner
) -> None:
    double.engine.logins["sa"].password = "another"
    seen = run(**connection(double, driver))
    assert seen.result["failed"] is True
    error = seen.result["error"]
    assert (error["code"], error["number"]) == ("login", 18456)
    for part in ("The database GroupID on 127.0.0.1", "Login failed for user 'sa'", "(18456)", "Check username"):
        assert part in seen.result["msg"]
    assert set(error) == set(yaml.safe_load(groupid_sql_info.RETURN)["error"]["contains"])
    assert SECRET not in seen.printed
    assert SECRET not in "".join(double.statements)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"database": "master"}, "system database"),
        ({"database": "a\nb"}, "control character"),
        ({"database": "n" * 129}, "128"),
        ({"path": "a\nb"}, "control character"),
        ({"server": "sql01\\HQ"}, "goes into instance"),
        ({"auth": "windows"}, "kinit"),
        ({"password": None}, "needs username and password"),
        ({"ca_file": "/nowhere/ca.pem", "encrypt": "verified"}, "cannot be read"),
        ({"instance": "HQ"}, "mutually exclusive"),
    ],
)
def test_bad_options_are_refused_before_anything_is_sent(
    changes: dict[str, t.Any], words: str, double: SqlServerDouble, run: Runner
) -> None:
    seen = run(**{**connection(double, "FreeTDS"), **changes})
    assert seen.result["failed"] is True
    assert words in seen.result["msg"]
    assert SECRET not in seen.printed
    assert not double.logins_seen


def test_options_are_documented() -> None:
    own = yaml.safe_load(groupid_sql_info.DOCUMENTATION)["options"]
    shared = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    documented = {**shared, **own}
    assert set(documented) == set(groupid_sql_info.ARGUMENT_SPEC)
    for name, option in groupid_sql_info.ARGUMENT_SPEC.items():
        for field in ("type", "default", "choices", "required"):
            assert documented[name].get(field) == option.get(field), (name, field)
