# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""groupid_network_username and _password: from the variables into the request, and nowhere else."""

from __future__ import annotations

import json
import typing as t

import pytest
from unit.plugins.recorded_host import Host, answer, error, job, job_state, trusted

from ansible_collections.identityops.groupid.plugins.module_utils import retry

Make = t.Callable[..., Host]
ARGS = {"backup_root": "\\\\nas01\\backup", "deployment": "hq", "set_id": "20260101T000000Z"}
PASSWORD = "N3twork-Pa55"
BOTH = {"groupid_network_username": "CORP\\svc-share", "groupid_network_password": PASSWORD}
IDENTITY = {"username": "CORP\\svc-share", "password": PASSWORD}


def test_a_request_has_it(host: Make) -> None:
    made = host("groupid_info", {}, answer("probe"))
    made.run(**BOTH)
    assert made.requests[0]["network"] == IDENTITY


def test_without_it_nothing_is_said_of_it(host: Make) -> None:
    made = host("groupid_info", {}, answer("probe"))
    made.run(groupid_network_username="", groupid_network_password="")
    assert "network" not in made.requests[0]


def test_it_comes_by_templates(host: Make) -> None:
    made = host("groupid_info", {}, answer("probe"))
    made.run(
        groupid_network_username=trusted("{{ realm }}\\svc"),
        groupid_network_password=trusted("{{ stored }}"),
        realm="CORP",
        stored=PASSWORD,
    )
    assert made.requests[0]["network"] == {"username": "CORP\\svc", "password": PASSWORD}


def test_the_call_that_starts_a_job_has_it_and_the_job_has_not(host: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a job does lies on the host's disk."""
    monkeypatch.setattr(retry, "poll_pause", lambda _seconds: 0.0)
    done = job_state("poll", state="ended", answer=json.loads(job("verify")["stdout"])["answer"])
    made = host("groupid_backup_verify", ARGS, job_state("start"), done)
    assert made.run(**BOTH)["failed"] is False
    start, poll = made.requests
    assert start["network"] == IDENTITY
    assert PASSWORD not in json.dumps([start["request"], poll])


def test_a_jobs_id_is_the_same_with_another_password(host: Make) -> None:
    ids = set()
    for password in ("one-of-them", "another-one"):
        made = host("groupid_backup_verify", ARGS, job("verify"))
        made.run(**{**BOTH, "groupid_network_password": password})
        ids.add(made.requests[0]["id"])
    made = host("groupid_backup_verify", ARGS, job("verify"))
    made.run()
    assert ids == {made.requests[0]["id"]}


def test_the_password_is_masked_in_what_comes_back(host: Make) -> None:
    made = host("groupid_info", {}, answer("probe", **error("failed", cause=f"no {PASSWORD}"), drives=[PASSWORD]))
    result = made.run(**BOTH)
    assert PASSWORD not in str(result)
    assert result["drives"] == ["********"]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"groupid_network_username": "CORP\\svc"}, "groupid_network_password is not"),
        ({"groupid_network_password": PASSWORD}, "groupid_network_username is not"),
        ({**BOTH, "groupid_network_username": ""}, "groupid_network_username is not"),
        ({**BOTH, "groupid_network_username": "svc"}, "DOMAIN\\user or user@domain"),
        ({**BOTH, "groupid_network_username": "CORP\\svc\\x"}, "DOMAIN\\user or user@domain"),
        ({**BOTH, "groupid_network_password": 1234567}, "Put it in quotes"),
        ({**BOTH, "groupid_network_password": trusted("{{ nobody_knows }}")}, "nobody_knows"),
    ],
    ids=str,
)
@pytest.mark.parametrize(("name", "args"), [("groupid_info", {}), ("groupid_backup_verify", ARGS)])
def test_what_cannot_be_one_fails_before_the_host_is_asked(
    host: Make, name: str, args: dict[str, t.Any], variables: dict[str, t.Any], words: str
) -> None:
    made = host(name, args)
    result = made.run(**variables)
    assert (result["failed"], result["changed"]) == (True, False)
    assert words in result["msg"]
    assert PASSWORD not in str(result)
    assert made.connection.commands == []


@pytest.mark.parametrize("username", ["CORP\\svc", "svc@corp.example", "nas01\\backup user"])
def test_the_forms_of_a_name(host: Make, username: str) -> None:
    made = host("groupid_info", {}, answer("probe"))
    made.run(**{**BOTH, "groupid_network_username": username})
    assert made.requests[0]["network"]["username"] == username
