# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What groupid_backup_seal asks."""

from __future__ import annotations

import hashlib
import json
import typing as t

import pytest
from unit.plugins.recorded_host import Host, answer

Make = t.Callable[..., Host]
ARGS = {"backup_root": "D:\\Backups", "deployment": "HQ", "set_id": "20261122T150405Z"}
MEMBER = {
    "server": "WEB01",
    "part_sha256": "ab" * 32,
    "state": "complete",
    "machine_guid": "guid",
    "version": "10.0",
    "files": 3,
    "bytes": 12,
    "epoch": "20261122T150405Z",
    "finished": "2026-11-22T15:04:17.1234567Z",
}


@pytest.mark.parametrize("phase", ["prepared", "sealed"])
def test_members_make_the_document(host: Make, phase: str) -> None:
    made = host(
        "groupid_backup_seal", {**ARGS, "phase": phase, "members": [MEMBER], "decider": "web01"}, answer("seal")
    )
    assert made.run()["failed"] is False
    [request] = made.requests
    assert (request["operation"], request["phase"], request["deployment"]) == ("seal", phase, "hq")
    assert json.loads(request["document"])["parts"][0]["server"] == "web01"
    assert request["document_sha256"] == hashlib.sha256(request["document"].encode()).hexdigest()


@pytest.mark.parametrize("narrowed", [None, [], ["groupid_include: HR Portal, Users"]])
def test_what_the_parts_say_is_in_the_document(host: Make, narrowed: list[str] | None) -> None:
    reported = {**MEMBER, "narrowed": narrowed, "scope": {"exclude": ["*.bak"]}}
    made = host(
        "groupid_backup_seal", {**ARGS, "phase": "prepared", "members": [reported], "decider": "web01"}, answer("seal")
    )
    assert made.run()["failed"] is False
    document = json.loads(made.requests[0]["document"])
    assert (document["narrowed"], document["scope"]) == (narrowed, {"web01": {"exclude": ["*.bak"]}})


def test_what_was_stopped_is_in_the_document(host: Make) -> None:
    servers = {"web01": {"samples": 3, "longest_gap_ms": 2000, "down_ms": 5000}}
    quiesce = {"mode": "all", "epoch": ARGS["set_id"], "servers": servers}
    args = {**ARGS, "phase": "prepared", "members": [MEMBER], "decider": "web01", "quiesce": quiesce}
    made = host("groupid_backup_seal", args, answer("seal"))
    assert made.run()["failed"] is False
    document = json.loads(made.requests[0]["document"])
    assert document["quiesce"] == {**quiesce, "waived": []}
    assert document["quiesced"] is True


def test_what_cannot_be_accepted_is_refused(host: Make) -> None:
    quiesce = {"mode": "none", "waived": ["epoch_broken"]}
    args = {**ARGS, "phase": "prepared", "members": [MEMBER], "decider": "web01", "quiesce": quiesce}
    made = host("groupid_backup_seal", args, answer("seal"))
    result = made.run()
    assert result["failed"]
    assert "waived" in result["msg"]
    assert made.requests == []


def test_prepared_set_is_finished_by_its_digest(host: Make) -> None:
    made = host("groupid_backup_seal", {**ARGS, "phase": "sealed", "document_sha256": "ab" * 32}, answer("seal"))
    assert made.run()["failed"] is False
    [request] = made.requests
    assert request["document_sha256"] == "ab" * 32
    assert "document" not in request


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"phase": "sealed"}, "one of the following is required: members, document_sha256"),
        (
            {"phase": "prepared", "document_sha256": "x"},
            "phase is prepared but all of the following are missing: members",
        ),
        ({"phase": "sealed", "members": [MEMBER], "decider": "web01", "document_sha256": "x"}, "mutually exclusive"),
        ({"phase": "sealed", "members": [MEMBER]}, "required together"),
        ({"phase": "prepared", "members": [{**MEMBER, "state": "partial"}], "decider": "web01"}, "web01 is partial"),
        ({"phase": "prepared", "members": [MEMBER], "decider": "web02"}, "the decider, web02"),
    ],
)
def test_mistake_is_named_before_the_host_is_asked(host: Make, args: dict[str, t.Any], words: str) -> None:
    made = host("groupid_backup_seal", {**ARGS, **args})
    result = made.run()
    assert result["failed"] is True
    assert words in result["msg"]
    assert made.requests == []
