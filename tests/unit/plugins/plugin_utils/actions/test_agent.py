# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From arguments to result."""

from __future__ import annotations

import json
import typing as t

import pytest
import requests
from ansible.errors import AnsibleConnectionFailure
from unit.plugins.recorded_host import Host, answer, error, job, trusted

from ansible_collections.identityops.groupid.plugins.module_utils import retry
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.answer import SHOWN_OUTPUT

Make = t.Callable[..., Host]


def test_result_is_the_answer_without_its_envelope(host: Make) -> None:
    result = host("groupid_info", {}, answer("probe", drives=[], warnings=["w"], roots=[])).run()
    assert result == {
        "schema": 1,
        "failed": False,
        "changed": False,
        "warnings": ["w"],
        "seconds": 0.5,
        "drives": [],
        "backup_root": None,
    }


@pytest.mark.parametrize("check_mode", [True, False])
def test_check_mode_reaches_the_agent(host: Make, check_mode: bool) -> None:
    made = host("groupid_info", {}, answer("probe"), check_mode=check_mode)
    made.run()
    assert made.requests[0]["check"] is check_mode


@pytest.mark.parametrize(("typed", "understood"), [('"d:/Backups/"', "D:\\Backups"), (" //nas/b\\ ", "\\\\nas\\b")])
def test_the_backup_root_is_understood_as_people_write_it(host: Make, typed: str, understood: str) -> None:
    made = host("groupid_sets", {"backup_root": typed}, answer("list", exists=True, sets=[]))
    assert (made.run()["backup_root"], made.operations[0]["root"]) == (understood, understood)


@pytest.mark.parametrize("typed", ["D:", "", "Backups", "D:\\x\\..\\y"])
@pytest.mark.parametrize("name", ["groupid_sets", "groupid_info"])
def test_a_backup_root_that_could_mean_several_is_refused_as_typed(host: Make, name: str, typed: str) -> None:
    made = host(name, {"backup_root": typed})
    result = made.run()
    assert (result["failed"], made.requests) == (True, [])
    assert f"backup_root is '{typed}', " in result["msg"]


def test_failed_answer_keeps_its_data(host: Make) -> None:
    fields = error("partial", component="reports", path="a.txt")
    args = {"backup_root": "D:\\B", "deployment": "hq", "set_id": "20261122T150405Z", "components": ["reports"]}
    result = host("groupid_backup_folder", args, job("backup", **fields, files=3, problems=[{"path": "a.txt"}])).run()
    assert result["failed"] is True
    assert result["msg"] == "It was not done: reports a.txt: Reasons. (5). Act."
    assert result["error"]["code"] == "partial"
    assert (result["files"], result["problems"], result["schema"]) == (3, [{"path": "a.txt"}], 1)


@pytest.mark.parametrize(
    ("name", "args", "words"),
    [
        ("groupid_info", {"measures": True}, "measures"),
        ("groupid_info", {"version": "8.0"}, "8.0"),
        ("groupid_info", {"deployment": "a/b"}, "a/b"),
        ("groupid_backup_verify", {"backup_root": "D:\\B"}, "deployment"),
    ],
)
def test_wrong_argument_fails_before_the_host_is_asked(
    host: Make, name: str, args: dict[str, t.Any], words: str
) -> None:
    made = host(name, args)
    result = made.run()
    assert (result["failed"], result["changed"], result["schema"]) == (True, False, 1)
    assert words in result["msg"]
    # By this alone a task with `failed_when: false` tells that it failed.
    assert words in str(result["error"])
    assert made.connection.commands == []


def test_lost_connection_is_a_result(host: Make) -> None:
    result = host("groupid_info", {}, requests.ConnectionError("gone")).run()
    assert (result["failed"], result["error"]["code"]) == (True, "connection_lost")
    assert "unreachable" not in result


def test_secrets_are_masked_wherever_they_turn_up(host: Make) -> None:
    secret = 'Wörter\\und"mehr'
    fields = error("failed", cause=f"login with {secret} failed", path=f"C:\\{secret}")
    made = host("groupid_info", {}, answer("probe", **fields, warnings=[f"w {secret}"], drives=[{secret: [secret]}]))
    made.connection.options = {"remote_password": secret}
    assert secret not in str(list(_texts(made.run())))
    lost = host("groupid_info", {}, requests.ConnectionError(f"https://u:{secret}@web01")).run(ansible_password=secret)
    assert secret not in str(list(_texts(lost)))
    assert "https://u:********@web01" in lost["msg"]


@pytest.mark.parametrize("module", ["groupid_info", "groupid_backup_verify"])
def test_a_secret_where_an_output_is_cut_is_masked_before(
    host: Make, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setattr(retry, "PAUSES", ())
    args = {"backup_root": "D:\\Backups", "deployment": "hq", "set_id": "20260101T000000Z"}
    noise = {"rc": 1, "stdout": "." * (SHOWN_OUTPUT - 5) + "hunter2222"}
    result = host(module, {} if module == "groupid_info" else args, noise).run(ansible_password="hunter2222")
    assert result["error"]["code"] == "no_answer"
    assert "hunt" not in str(list(_texts(result)))


def test_secrets_are_masked_in_what_is_raised(host: Make) -> None:
    made = host("groupid_info", {}, opening=AnsibleConnectionFailure("refused for hunter2222"))
    with pytest.raises(AnsibleConnectionFailure) as caught:
        made.run(ansible_password="hunter2222")
    assert "refused for ********" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_templated_secret_is_masked(host: Make) -> None:
    result = host("groupid_info", {}, answer("probe", drives=["hunter2222"])).run(
        ansible_password=trusted("{{ stored }}"), stored="hunter2222"
    )
    assert result["drives"] == ["********"]


def test_async_is_refused(host: Make) -> None:
    made = host("groupid_info", {}, answer("probe"))
    made.action._task.async_val = 10
    result = made.run()
    assert (result["failed"], result["error"]["code"]) == (True, "argument")
    assert "async" in result["msg"]


def test_result_can_be_written_as_json(host: Make) -> None:
    result = host("groupid_info", {}, answer("probe", drives=[{"root": "C:\\"}])).run()
    assert json.loads(json.dumps(result)) == result


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from (str(name), *_texts(item))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    else:
        yield str(value)
