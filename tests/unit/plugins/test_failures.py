# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module that fails says so in one form: what, on what, why, what next; and the message is these in one text."""

from __future__ import annotations

import importlib
import json
import pathlib
import re
import typing as t

import pytest
import requests
from ansible.errors import AnsibleAuthenticationFailure, AnsibleConnectionFailure, AnsibleError
from ansible.module_utils import basic
from ansible.utils.display import Display
from unit.plugins.recorded_host import Host, answer, error, trusted

from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import DirectoryError
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError

PLUGINS = pathlib.Path(__file__).parents[3] / "plugins"
NAMES = sorted(path.stem for path in (PLUGINS / "action").glob("*.py"))
OF_SQL = [name for name in NAMES if name.startswith("groupid_sql_")]
# groupid_backup_server asks a host by other actions alone.
OF_CONTROLLER = [
    "groupid_backup_server",
    "groupid_ldif_rehearsal",
    "groupid_plan",
    "groupid_settings",
    "groupid_summary",
]
OF_HOST = [name for name in NAMES if name not in OF_SQL and name not in OF_CONTROLLER]
MEMBERS = {"code", "what", "cause", "next", "component", "path"}
PASSWORD = "hunter2222"

PLACE = {"backup_root": "D:\\Backups", "deployment": "hq", "set_id": "20261122T150405Z"}
PART = {**PLACE, "part": "web01", "component": "reports"}
DOMAIN = {"name": "corp.example", "server": "127.0.0.1", "port": 9, "username": "u@corp.example", "password": PASSWORD}
OF_DOMAIN = {**PLACE, "domain": "corp.example"}
USES: dict[str, dict[str, t.Any]] = {
    "groupid_backup_adopt": {**PART, "files": ["a.bak"]},
    "groupid_backup_folder": {**PLACE, "components": ["reports"]},
    "groupid_backup_place": PART,
    "groupid_backup_seal": {**PLACE, "phase": "sealed", "document_sha256": "0" * 64},
    "groupid_backup_verify": PLACE,
    "groupid_info": {},
    "groupid_rehearsal": {"backup_root": "D:\\Backups"},
    "groupid_ldif_export": {**OF_DOMAIN, "engine": "ldifde"},
    "groupid_ldif_restore": {**OF_DOMAIN, "confirm": PLACE["set_id"]},
    "groupid_restore_folder": {**PLACE, "components": ["reports"], "safety": False},
    "groupid_services": {},
    "groupid_sets": {"backup_root": PLACE["backup_root"]},
}
CONTROLLER_USES: dict[str, dict[str, t.Any]] = {
    "groupid_backup_server": {"deployment": "hq", "set_id": PLACE["set_id"], "members": ["web01"]},
    "groupid_ldif_rehearsal": {"deployment": "hq", "domain": "corp.example"},
    "groupid_plan": {"known": []},
    "groupid_settings": {"role": "backup"},
    "groupid_summary": {"kind": "backup"},
}
OF_DATABASE = {"server": "127.0.0.1", "port": 9, "username": "sa", "password": PASSWORD, "encrypt": "off"}
DATABASE_USES: dict[str, dict[str, t.Any]] = {
    "groupid_sql_backup": {
        **OF_DATABASE,
        "database": "GroupID",
        "deployment": "hq",
        "set_id": PLACE["set_id"],
        "path": "D:\\Backups",
        "version": "10.0",
    },
    "groupid_sql_info": {**OF_DATABASE, "database": "GroupID"},
    "groupid_sql_rehearsal": {**OF_DATABASE, "database": "GroupID", "deployment": "hq"},
    "groupid_sql_restore": {
        **OF_DATABASE,
        "database": "GroupID",
        "set_id": PLACE["set_id"],
        "confirm": PLACE["set_id"],
        "files": ["D:\\GroupID.bak"],
        "reconnect_timeout": 0,
    },
}

Make = t.Callable[..., Host]


def checked_failure(result: dict[str, t.Any]) -> dict[str, t.Any]:
    """Check the form, and give the failure."""
    failure: dict[str, t.Any] = result["error"]
    assert result["failed"] is True
    assert result["schema"] == 1
    assert set(failure) >= MEMBERS
    assert result["msg"] == str(Failure.from_mapping(failure))
    assert all(failure[member] for member in ("code", "what", "cause", "next"))
    assert not failure["what"].endswith(".")
    assert PASSWORD not in json.dumps(result)
    json.dumps(result)
    return failure


def test_every_module_is_here() -> None:
    assert set(OF_HOST) == set(USES), "add a use of it to USES"
    assert set(OF_SQL) == set(DATABASE_USES), "add a use of it to DATABASE_USES"
    assert set(OF_CONTROLLER) == set(CONTROLLER_USES), "add a use of it to CONTROLLER_USES"


@pytest.mark.parametrize("name", [*OF_HOST, *OF_CONTROLLER])
def test_an_option_that_there_is_not(host: Make, name: str) -> None:
    made = host(name, {**{**USES, **CONTROLLER_USES}[name], "no_such": 1})
    failure = checked_failure(made.run())
    assert failure["code"] == "argument"
    assert "no_such" in failure["cause"]
    assert f"ansible-doc identityops.groupid.{name}" in failure["next"]
    assert made.connection.commands == []


@pytest.mark.parametrize("name", OF_HOST)
def test_what_the_agent_says(host: Make, name: str) -> None:
    said = answer("x", **error("denied", path=f"D:\\x {PASSWORD}", cause=f"{PASSWORD} is wrong"))
    made = host(name, USES[name], *([said] * 3))
    made.action.AS_JOB = False
    said["stdout"] = said["stdout"].replace('"operation": "x"', f'"operation": "{_operation(made)}"')
    failure = checked_failure(made.run(groupid_domains=[DOMAIN], ansible_password=PASSWORD))
    assert (failure["code"], failure["path"]) == ("denied", "D:\\x ********")


def _operation(made: Host) -> str:
    """Which operation the module asks for first."""
    made.run(groupid_domains=[DOMAIN])
    return str(made.operations[0]["operation"])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "carrier",
    [
        AgentCallError(Failure("x", "It was not done", "Reasons", "Act.")),
        DirectoryError("x", "It was not done", "R", "A."),
    ],
)
def test_an_exception_that_carries_a_failure(
    host: Make, name: str, carrier: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = host(name, {})
    monkeypatch.setattr(type(made.action), "_perform", _raising(carrier))
    assert checked_failure(made.run())["what"] == "It was not done"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", [KeyError("sets"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, f"no\n{PASSWORD}")])
def test_what_nobody_foresaw(host: Make, name: str, fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(Display, "vvv", lambda _self, text, **_rest: shown.append(text))
    made = host(name, {})
    monkeypatch.setattr(type(made.action), "_perform", _raising(fault))
    failure = checked_failure(made.run(ansible_password=PASSWORD))
    assert failure["code"] == "unexpected"
    assert failure["what"] == made.action.WHAT != "The task failed"
    assert failure["cause"].startswith(f"{type(fault).__name__}: ")
    assert "-vvv" in failure["next"]
    assert "Traceback" not in failure["cause"]
    assert "Traceback" in "".join(shown)
    assert PASSWORD not in "".join(shown)


@pytest.mark.parametrize("name", OF_HOST)
def test_a_host_that_refuses_the_login_stays_unreachable(host: Make, name: str) -> None:
    refused = AnsibleAuthenticationFailure(f"ntlm: the specified credentials ({PASSWORD}) were rejected by the server")
    made = host(name, USES[name], opening=refused)
    made.connection.options = {"remote_addr": "10.0.0.7", "port": 5986, "remote_password": PASSWORD}
    with pytest.raises(AnsibleConnectionFailure) as caught:
        made.run(groupid_domains=[DOMAIN])
    said = str(caught.value)
    assert said.startswith(
        "The host refused the login: 10.0.0.7:5986 (winrm, ntlm): the specified credentials (********)"
    )
    assert "To find out: " in said
    assert "\n" not in said
    assert PASSWORD not in said


def test_a_library_that_raises_while_connecting_means_unreachable(host: Make) -> None:
    made = host("groupid_info", {}, opening=requests.exceptions.ReadTimeout("Read timed out. (read timeout=30)"))
    with pytest.raises(AnsibleConnectionFailure, match="To find out: curl"):
        made.run()


def test_a_connection_plugin_without_its_library(host: Make) -> None:
    made = host("groupid_info", {}, opening=AnsibleError("winrm or requests is not installed: No module named 'winrm'"))
    failure = checked_failure(made.run())
    assert failure["code"] == "library"
    assert "pywinrm" in failure["next"]


@pytest.mark.parametrize("name", OF_SQL)
def test_a_database_that_cannot_be_reached(
    name: str, host: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result = through_the_action(host, monkeypatch, name, run_module(monkeypatch, capsys, name, DATABASE_USES[name]))
    failure = checked_failure(result)
    assert failure["code"] in ("refused", "connection", "driver"), failure


@pytest.mark.parametrize("name", OF_SQL)
@pytest.mark.parametrize("wrong", [{"database": "master"}, {"no_such": 1}, {"port": 70000}])
def test_an_option_of_the_database_that_cannot_be_right(
    name: str,
    wrong: dict[str, t.Any],
    host: Make,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = run_module(monkeypatch, capsys, name, {**DATABASE_USES[name], **wrong})
    failure = checked_failure(through_the_action(host, monkeypatch, name, said))
    assert failure["code"] == "argument"
    assert f"ansible-doc identityops.groupid.{name}" in failure["next"]


@pytest.mark.parametrize("name", OF_SQL)
def test_a_module_that_breaks(name: str, host: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {
        "failed": True,
        "msg": "MODULE FAILURE: see stdout/stderr for the exact error",
        "rc": 1,
        "module_stdout": "",
        "module_stderr": f"Traceback (most recent call last):\n  File x\nImportError: {PASSWORD}\n",
    }
    failure = checked_failure(through_the_action(host, monkeypatch, name, broken))
    assert failure["code"] == "unexpected"
    assert failure["cause"].endswith("ImportError: ********")


def test_a_variable_of_the_database_that_cannot_be_read(host: Make) -> None:
    result = host("groupid_sql_info", {}).run(groupid_sql_server=trusted("{{ no_such_variable }}"))
    failure = checked_failure(result)
    assert failure["code"] == "argument"
    assert "groupid_sql_server" in failure["cause"]


def test_one_place_alone_makes_the_text() -> None:
    """what, cause and next step, or two of them, meet in one text in Failure and nowhere else."""
    names = r"(?:what|cause|next|next_step|meaning)"
    field = rf"\{{[^{{}}]*\b(?:\w+\.)?{names}(?:\[[^\]]*\])?(?:\.rstrip\([^)]*\))?\}}"
    joined = re.compile(rf"f\"[^\"]*{field}[^\"]*{field}")
    found = {
        path.relative_to(PLUGINS).as_posix(): [
            line.strip() for line in path.read_text().splitlines() if joined.search(line)
        ]
        for path in PLUGINS.rglob("*.py")
    }
    # A table's likely cause and step are the next step of a failure, in one property of each table.
    assert {name: lines for name, lines in found.items() if lines} == {
        "module_utils/failure.py": ['return f"{cause}. {self.next}".strip()'],
        "module_utils/directory/session/errors.py": ['return f"{self.meaning} {self.next_step}"'],
        "module_utils/sql/numbers/advice.py": ['return f"{self.cause} {self.next_step}"'],
    }


def run_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, args: dict[str, t.Any]
) -> dict[str, t.Any]:
    text = json.dumps({"ANSIBLE_MODULE_ARGS": {"_ansible_remote_tmp": "/tmp", **args}})
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", text.encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    with pytest.raises(SystemExit):
        importlib.import_module(f"ansible_collections.identityops.groupid.plugins.modules.{name}").main()
    result: dict[str, t.Any] = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    return result


def through_the_action(
    host: Make, monkeypatch: pytest.MonkeyPatch, name: str, said: dict[str, t.Any]
) -> dict[str, t.Any]:
    made = host(name, {})
    monkeypatch.setattr(type(made.action), "_execute_module", lambda _self, **_rest: said)
    return made.run(groupid_sql_password=PASSWORD)


def _raising(problem: Exception) -> t.Callable[..., t.NoReturn]:
    def fail(*_args: t.Any) -> t.NoReturn:
        raise problem

    return fail
