# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What groupid_backup_server asks of other actions, and what it makes of their answers."""

from __future__ import annotations

import collections.abc as c
import copy
import sys
import types
import typing as t

import pytest
from ansible.errors import AnsibleConnectionFailure
from unit.plugins.recorded_host import Host

from ansible_collections.identityops.groupid.plugins.module_utils import retry
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.sharing import Sharing

PREFIX = "identityops.groupid."
SERVICES, FOLDERS, DATABASE, EXPORT = "services", "backup_folder", "sql_backup", "ldif_export"
EPOCH = {"epoch": "20261122T150405Z", "run": "r1", "require_record": True}
ARGUMENTS: dict[str, t.Any] = {
    "deployment": "hq",
    "set_id": "20261122T150405Z",
    "members": ["web01.inventory"],
    "run": "r1",
    "quiesce": {**EPOCH, "only": "all", "quiesce_max": 60},
    "folders": {"backup_root": "D:\\Backups"},
    "database": {"database": "GroupID"},
    "domains": [{"domain": "corp.example"}],
}
WRONG = Failure("space", "It was not done", "there is no space", "Free some.")

Work = c.Callable[[dict[str, t.Any]], dict[str, t.Any]]


class Actions:
    """Other actions of the collection: notes what each was asked, and answers as it is told to."""

    def __init__(self, **works: Work) -> None:
        self.works = works
        self.asked: list[tuple[str, dict[str, t.Any], t.Any]] = []
        self.pythons: dict[str, t.Any] = {}

    def get(self, name: str, **members: t.Any) -> types.SimpleNamespace:
        short = name.removeprefix(f"{PREFIX}groupid_")
        args = members["task"].args

        def run(task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
            key = args["state"] if short == SERVICES else short
            self.asked.append((key, dict(args), members["connection"]))
            self.pythons[key] = task_vars.get("ansible_python_interpreter")
            return self.works.get(key, lambda _args: {})(args) or {"failed": False, "changed": True, "schema": 1}

        return types.SimpleNamespace(run=run)


class Connections:
    """Notes how a connection is made."""

    def __init__(self) -> None:
        self.made: list[t.Any] = []

    def get(self, name: str, context: t.Any, *_others: t.Any) -> types.SimpleNamespace:
        made = types.SimpleNamespace(
            _load_name=name,
            context=context,
            options={},
            closed=False,
            set_options=lambda **given: made.given.update(given),
        )
        made.given = {}
        made.close = lambda: setattr(made, "closed", True)
        self.made.append(made)
        return made


Make = t.Callable[..., Host]


def run(host: Make, actions: Actions, check_mode: bool = False, **changed: t.Any) -> dict[str, t.Any]:
    made = host("groupid_backup_server", {**ARGUMENTS, **changed}, check_mode=check_mode)
    made.action._task.copy = lambda: copy.copy(made.action._task)
    made.action._task.dump_attrs = dict
    connections = Connections()
    made.action._shared_loader_obj = types.SimpleNamespace(action_loader=actions, connection_loader=connections)
    found = made.run(hostvars={})
    assert all(one.closed for one in connections.made)
    return found


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return how long was waited for each next try, which takes no time."""
    found: list[float] = []
    monkeypatch.setattr(Sharing, "sleep", lambda _self, seconds: found.append(seconds))
    return found


def test_each_action_has_arguments_of_its_own(host: Make) -> None:
    actions = Actions(resumed=lambda _args: {"failed": False, "changed": True, "schema": 1, "down_ms": 1234})
    result = run(host, actions)
    assert result["failed"] is False
    names = [name for name, dummy, dummy in actions.asked]
    assert (names[0], names[-2:], sorted(names[1:-2])) == (
        "quiesced",
        ["resumed", DATABASE],
        [FOLDERS, EXPORT, DATABASE],
    )
    asked = {name: args for name, args, dummy in actions.asked}
    assert asked["quiesced"] == {**ARGUMENTS["quiesce"], "state": "quiesced"}
    assert asked["resumed"] == {**EPOCH, "state": "resumed"}
    assert (asked[FOLDERS], asked[DATABASE]) == (ARGUMENTS["folders"], ARGUMENTS["database"])
    assert (result["downtime_seconds"], result["changed"]) == (1.234, True)
    assert [one["domain"] for one in result["domains"]] == ["corp.example"]


def test_a_backup_of_the_database_is_read_again_when_all_runs(host: Make) -> None:
    made = {"changed": True, "shared": False, "sessions": {"visible": True}, "warnings": ["a"], "seconds": 2.0}
    found = {"changed": False, "shared": True, "sessions": None, "warnings": ["a", "b"], "seconds": 1.0}

    def back_up(args: dict[str, t.Any]) -> dict[str, t.Any]:
        verified = args.get("verify", True)
        answer = {**(found if verified else made), "verified": verified or None, "statements": [f"verify {verified}"]}
        return {"failed": False, "schema": 1, **answer}

    actions = Actions(**{DATABASE: back_up})
    result = run(host, actions)
    wanted = [args for name, args, dummy in actions.asked if name == DATABASE]
    assert wanted == [{**ARGUMENTS["database"], "verify": False, "test_restore": False}, ARGUMENTS["database"]]
    assert result["database"] == {
        **made,
        "failed": False,
        "schema": 1,
        "verified": True,
        "warnings": ["a", "b"],
        "statements": ["verify False", "verify True"],
        "seconds": 2.0,
    }
    alone = Actions(**{DATABASE: back_up})
    run(host, alone, quiesce={}, run="")
    assert [args for name, args, dummy in alone.asked if name == DATABASE] == [ARGUMENTS["database"]]


def test_the_database_is_saved_over_a_connection_of_its_own(host: Make) -> None:
    actions = Actions()
    run(host, actions)
    places = {name: getattr(connection, "_load_name", "host") for name, dummy, connection in actions.asked}
    assert places.pop(DATABASE) == "ansible.builtin.local"
    assert actions.pythons[DATABASE] == sys.executable
    assert actions.pythons[FOLDERS] is None
    assert "ansible.builtin.local" not in places.values()


def test_the_first_failure_is_that_of_the_task_and_each_answer_stays(host: Make) -> None:
    failed = {"failed": True, "changed": False, "schema": 1, "error": WRONG.explained(), "msg": str(WRONG)}
    result = run(host, Actions(**{FOLDERS: lambda _args: failed}))
    assert (result["failed"], result["error"]["code"], result["msg"]) == (True, "space", str(WRONG))
    assert result["part"]["error"]["code"] == "space"
    assert result["database"]["failed"] is False
    assert result["resumed"]["failed"] is False


def test_a_host_that_cannot_be_reached_in_the_middle_stays_in_the_run(host: Make) -> None:
    def gone(_args: dict[str, t.Any]) -> dict[str, t.Any]:
        raise AnsibleConnectionFailure("no route to host")

    result = run(host, Actions(**{FOLDERS: gone}))
    assert (result["failed"], result["error"]["code"]) == (True, "unreachable")
    assert result["part"] == {"changed": False, "schema": 1, "unreachable": True, "msg": "no route to host"}
    assert result["resumed"]["failed"] is False


def test_a_host_that_is_away_for_a_moment_is_asked_again_to_start(host: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.identityops.groupid.plugins.module_utils.retry.PAUSES", (0.0, 0.0))
    tries: list[int] = []

    def away(_args: dict[str, t.Any]) -> dict[str, t.Any]:
        tries.append(1)
        if len(tries) < 3:
            raise AnsibleConnectionFailure("no route to host")
        return {}

    result = run(host, Actions(resumed=away))
    assert (len(tries), result["failed"]) == (3, False)


def test_a_host_whose_stop_is_still_at_work_is_asked_again_to_start(
    host: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ansible_collections.identityops.groupid.plugins.module_utils.retry.PAUSES", (0.0, 0.0))
    busy = Failure("locked", "The resume was not started", "Another operation is at work: quiesce", "Wait.")
    answers = [{"failed": True, "changed": False, "schema": 1, "error": busy.explained()}, {}]
    result = run(host, Actions(resumed=lambda _args: answers.pop(0)))
    assert (answers, result["failed"], result["resumed"]["failed"]) == ([], False, False)
    result = run(host, Actions(resumed=lambda _args: {"failed": True, "changed": False, "error": busy.explained()}))
    assert (result["failed"], result["error"]["code"]) == (True, "locked")


INCOMPLETE = Failure("resume_incomplete", "GroupID was not started again as it was before", "(1069)", "Remove it.")


def failing(failure: Failure, **more: t.Any) -> dict[str, t.Any]:
    return {"failed": True, "changed": True, "schema": 1, "error": failure.explained(), **more}


@pytest.mark.parametrize("code", ["resume_incomplete", "job_died", "connection_lost", "no_answer"])
def test_a_server_that_was_not_started_is_started_once_more(host: Make, code: str, waits: list[float]) -> None:
    """The next task of the run waits for the slowest server of the batch."""
    first = failing(Failure(code, "It was not started", "it died", "Start it."), warnings=["red", "left over"])
    answers = [first, {"failed": False, "changed": True, "schema": 1, "warnings": ["red", "yellow"], "down_ms": 9000}]
    result = run(host, Actions(resumed=lambda _args: answers.pop(0)))
    assert (answers, result["failed"], result["resumed"]["failed"]) == ([], False, False)
    assert result["resumed"]["warnings"] == ["red", "left over", "yellow"]
    assert (result["downtime_seconds"], waits) == (9.0, [retry.ONCE_MORE])


def test_a_server_that_does_not_start_is_not_tried_for_ever(host: Make, waits: list[float]) -> None:
    actions = Actions(resumed=lambda _args: failing(INCOMPLETE))
    result = run(host, actions)
    assert [name for name, dummy, dummy in actions.asked].count("resumed") == 2
    assert (result["failed"], result["error"]["code"], waits) == (True, "resume_incomplete", [retry.ONCE_MORE])


def test_a_host_that_is_gone_after_the_first_try_says_what_that_has_said(host: Make, waits: list[float]) -> None:
    lost = Failure("connection_lost", "The host did not answer again", "it is gone", "Run the same again.")
    answers = [failing(lost)]

    def resume(_args: dict[str, t.Any]) -> dict[str, t.Any]:
        if answers:
            return answers.pop(0)
        raise AnsibleConnectionFailure("no route to host")

    result = run(host, Actions(resumed=resume))
    assert (result["resumed"]["error"]["code"], waits) == ("connection_lost", [retry.ONCE_MORE, *retry.PAUSES])


def test_only_the_database_warns_for_the_task_itself(host: Make) -> None:
    """Newer ansible-cores show what a module warns of in any case. All others are in the report, with their servers."""
    works = {name: lambda _args, name=name: {"warnings": [name]} for name in ("quiesced", FOLDERS, EXPORT, DATABASE)}
    result = run(host, Actions(**works))
    assert result["warnings"] == [DATABASE]
    assert (result["stopped"]["warnings"], result["part"]["warnings"]) == (["quiesced"], [FOLDERS])
    assert run(host, Actions(), database={})["warnings"] == []


def test_in_check_mode_nobody_waits_and_nothing_is_started_again(host: Make) -> None:
    actions = Actions()
    result = run(host, actions, check_mode=True, members=["web01.inventory", "web02"])
    assert "resumed" not in [name for name, dummy, dummy in actions.asked]
    assert (result["resumed"], result["downtime_seconds"]) == (None, None)


def test_nothing_that_was_not_asked_for_is_done(host: Make) -> None:
    actions = Actions()
    result = run(host, actions, quiesce={}, database={}, domains=[], run="")
    assert [name for name, dummy, dummy in actions.asked] == [FOLDERS]
    nothing = {"stopped": None, "database": None, "domains": [], "resumed": None, "downtime_seconds": None}
    assert {name: result[name] for name in nothing} == nothing


def test_a_host_that_is_no_member_is_refused(host: Make) -> None:
    result = run(host, Actions(), members=["web02"])
    assert (result["error"]["code"], result["error"]["cause"]) == ("argument", "members does not name web01.inventory.")
