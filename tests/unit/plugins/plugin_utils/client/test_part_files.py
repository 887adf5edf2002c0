# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and programs of a host: what is asked of the agent, and what of its answers is believed."""

from __future__ import annotations

import base64
import gzip
import hashlib
import typing as t

import pytest
from unit.plugins.recorded_host import Host, answer, error

from ansible_collections.identityops.groupid.plugins.plugin_utils.client import part_files
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError

Make = t.Callable[..., Host]
PLACE = part_files.Place("D:\\Backups", "hq", "20261122T150405Z", "group_attributes.corp.example", "group_attributes")
NAME = "corp.example.ldf"
CONTENT = b"dn: CN=a\r\nchangetype: add\r\n\r\n" * 100
FACTS = {"state": "complete", "sealed": True, "details": {"groups": 1}, "part_sha256": "ab" * 32, "machine_guid": "g"}


def packed(content: bytes = CONTENT, **changes: t.Any) -> dict[str, t.Any]:
    """A file as the agent sends it."""
    text = base64.b64encode(gzip.compress(content)).decode("ascii")
    return {"content": text, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), **changes}


def failure(call: t.Callable[..., t.Any], *arguments: t.Any) -> AgentCallError:
    with pytest.raises(AgentCallError) as caught:
        call(*arguments)
    assert caught.value.failure.next
    return caught.value


def test_a_file_is_put_with_its_size_and_digest(host: Make) -> None:
    made = host("groupid_info", {}, answer("put", changed=True))
    part_files.put_file(made.client, PLACE, NAME, CONTENT)
    [request] = made.requests
    content = gzip.decompress(base64.b64decode(request.pop("content")))
    assert content == CONTENT
    assert request == {
        "protocol": 1,
        "operation": "put",
        "check": False,
        "root": "D:\\Backups",
        "deployment": "hq",
        "set_id": "20261122T150405Z",
        "part": "group_attributes.corp.example",
        "component": "group_attributes",
        "allow_open_roots": [],
        "name": NAME,
        "bytes": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
    }


def test_the_same_content_makes_the_same_request(host: Make) -> None:
    made = host("groupid_info", {}, answer("put"), answer("put"))
    for dummy in range(2):
        part_files.put_file(made.client, PLACE, NAME, CONTENT)
    assert made.requests[0] == made.requests[1]


def test_a_refusal_is_raised_as_it_came(host: Make) -> None:
    made = host("groupid_info", {}, answer("put", **error("file_exists", path="D:\\x.ldf")))
    refused = failure(part_files.put_file, made.client, PLACE, NAME, CONTENT)
    assert (refused.failure.code, refused.failure.path) == ("file_exists", "D:\\x.ldf")


@pytest.mark.parametrize("content", [CONTENT, b""])
def test_a_file_is_read_with_what_its_part_says(host: Make, content: bytes) -> None:
    made = host("groupid_info", {}, answer("get", **packed(content), **FACTS))
    file = part_files.get_file(made.client, PLACE, NAME)
    assert (file.content, file.sealed, file.details) == (content, True, {"groups": 1})
    [request] = made.requests
    assert (request["operation"], request["part"], request["name"]) == ("get", PLACE.part, NAME)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sha256": "0" * 64}, "content_differs"),
        ({"content": "not base64!"}, "content_differs"),
        ({"content": base64.b64encode(CONTENT).decode()}, "content_differs"),
        ({"content": base64.b64encode(gzip.compress(CONTENT)[:-9]).decode()}, "content_differs"),
        ({"content": base64.b64encode(gzip.compress(bytes(part_files.LIMIT + 1), 1)).decode()}, "too_large"),
    ],
    ids=["another digest", "not base64", "not gzip", "cut off", "a bomb"],
)
def test_what_arrived_otherwise_is_not_used(host: Make, changes: dict[str, t.Any], code: str) -> None:
    made = host("groupid_info", {}, answer("get", **{**packed(), **changes}, **FACTS))
    refused = failure(part_files.get_file, made.client, PLACE, NAME)
    assert refused.failure.code == code
    assert NAME in str(refused)


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_program_runs_in_check_mode_too(host: Make, check_mode: bool) -> None:
    fields = {"exit_code": 3, "stdout": "out", "stderr": "err", "output_truncated": True}
    files = {"a.ldf": packed(), "b.ldf": None}
    made = host("groupid_info", {}, answer("run", changed=True, **fields, files=files), check_mode=check_mode)
    program, arguments = "C:\\Windows\\System32\\ldifde.exe", ("-f", "{work}\\a.ldf")
    ran = part_files.run_program(made.client, program, arguments, 600, ("a.ldf", "b.ldf"))
    assert ran == part_files.ProgramResult(3, "out", "err", True, {"a.ldf": CONTENT, "b.ldf": None})
    assert made.requests == [
        {
            "protocol": 1,
            "operation": "run",
            "check": False,
            "program": program,
            "arguments": ["-f", "{work}\\a.ldf"],
            "time_limit": 600,
            "collect": ["a.ldf", "b.ldf"],
        }
    ]


def test_a_program_that_was_ended_is_a_failure(host: Make) -> None:
    made = host("groupid_info", {}, answer("run", **error("time_limit"), exit_code=None, files={}))
    refused = failure(part_files.run_program, made.client, "C:\\x.exe", (), 1, ())
    assert refused.failure.code == "time_limit"
