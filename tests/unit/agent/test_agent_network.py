# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares that ask who comes, and the network identity: of every thread, of jobs and of programs, kept nowhere."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
from unit.agent.test_agent_jobs import ID, Jobs
from unit.agent.test_agent_put_get import packed

from lab.process_watch import ProcessWatch
from lab.waiting import until

USER, PASSWORD = "CORP\\svc-share", 'N3twork "Pä55\\'
IDENTITY = {"username": USER, "password": PASSWORD}
SECOND_HOP = (
    "second hop",
    "groupid_network_username",
    "groupid_network_password",
    "CredSSP",
    "Kerberos delegation",
    "local",
)
MANY = 40  # files: more than there are threads


def code(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


@pytest.fixture
def share(host: t.Any) -> t.Any:
    """A host whose backup root lies on another computer's share, which is there for one account."""
    digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
    folder = host.folder / "shares" / "nas01"
    folder.mkdir(parents=True)
    host.root = folder / "Backups"
    host.shares = {str(folder): {"username": USER, "password_sha256": digest}}
    for number in range(MANY):
        host.file(f"{number}.txt", f"content {number}")
    return host


def test_a_part_goes_there_and_back(share: t.Any) -> None:
    backup = share.backup(network=IDENTITY, threads=4)
    assert (code(backup), backup["files"]) == ("none", MANY)
    assert share.call("verify", network=IDENTITY)["state"] == "verified"
    assert len(share.call("list", network=IDENTITY)["sets"]) == 1
    [root] = share.call("probe", network=IDENTITY, roots=[str(share.root)])["roots"]
    assert (root["error"], root["exists"], len(root["sets"])) == (None, True, 1)
    share.file("0.txt", "damaged")
    restored = share.restore(network=IDENTITY, threads=4)
    assert (code(restored), restored["replaced"]) == ("none", 1)
    assert (share.source / "0.txt").read_text() == "content 0"


def digest_of(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def test_two_servers_with_accounts_of_their_own_share_a_deployment(share: t.Any) -> None:
    """None of the accounts is an administrator of the file server, and none is the one that the agent runs as."""
    other = {"username": "CORP\\svc-second", "password": "another"}
    [folder] = share.shares
    share.shares = {folder: {"accounts": {USER: digest_of(PASSWORD), other["username"]: digest_of(other["password"])}}}
    later = "20260102T000000Z"
    assert code(share.backup(network=IDENTITY)) == "none"
    assert code(share.backup(network=IDENTITY, set_id=later)) == "none"
    share.name = "WEB02"
    assert code(share.backup(network=other)) == "none"
    assert code(share.backup(network=other, set_id=later)) == "none"
    for part in ("web01", "web02"):
        for identity in (IDENTITY, other):
            assert share.call("verify", network=identity, server=part, set_id=later)["state"] == "verified"
    share.name = "WEB01"
    share.file("0.txt", "damaged")
    assert code(share.restore(network=IDENTITY)) == "none"
    assert (share.source / "0.txt").read_text() == "content 0"
    assert code(share.call("probe", network=other, roots=[str(share.root)])) == "none"


def test_what_a_link_to_a_share_holds_is_on_a_share(share: t.Any) -> None:
    link, root = share.folder / "D" / "Link", share.root
    link.symlink_to(root)
    root.mkdir()
    for place, set_id in ((link, "20260101T000000Z"), (root, "20260102T000000Z")):
        share.root = place
        assert code(share.backup(network=IDENTITY, set_id=set_id)) == "none"


FILE = {"part": "web01", "component": "data", "name": "0.txt"}
MEMBERS: dict[str, dict[str, t.Any]] = {
    "backup": {"components": [{"name": "data", "path": "/a folder"}]},
    "verify": {},
    "restore": {"components": [{"name": "data"}], "unsealed": True},
    "list": {},
    "seal": {"phase": "sealed", "document_sha256": "0" * 64},
    "place": {**FILE, "account": None},
    "put": {**FILE, **packed(b"content")},
    "get": FILE,
    "adopt": {**FILE, "files": ["0.txt"], "details": {}},
}


@pytest.mark.parametrize("operation", MEMBERS)
def test_without_right_the_second_hop_is_named_and_its_cures(share: t.Any, operation: str) -> None:
    share.backup(network=IDENTITY)
    before = share.picture(share.root)
    answer = share.call(operation, **MEMBERS[operation])
    assert code(answer) == "root_unreadable"
    assert answer["error"]["path"].startswith(str(share.root))
    assert answer["error"]["cause"].endswith("(5)")
    assert [words for words in SECOND_HOP if words not in answer["error"]["next"]] == []
    assert share.picture(share.root) == before


def test_a_probe_says_so_of_the_root(share: t.Any) -> None:
    [root] = share.call("probe", roots=[str(share.root)])["roots"]
    assert [words for words in ("(5)", *SECOND_HOP) if words not in root["error"]] == []


def test_what_cannot_be_written_there_says_so_too(share: t.Any) -> None:
    """Anybody may read this share."""
    share.root.mkdir()
    share.shares = dict.fromkeys(share.shares)
    share.faults = {"denied": [f"{share.root}/*"]}
    answer = share.backup()
    assert (code(answer), answer["error"]["cause"][-3:]) == ("write_failed", "(5)")
    assert "second hop" in answer["error"]["next"]


def test_a_local_root_has_no_second_hop(host: t.Any) -> None:
    host.file("a.txt", "a")
    host.root.mkdir()
    host.faults = {"denied": [f"{host.root}/*"]}
    answer = host.backup()
    assert code(answer) == "write_failed"
    assert "hop" not in answer["error"]["next"]


def test_another_failure_of_a_share_is_no_refusal(share: t.Any) -> None:
    share.faults = {"full_after_bytes": 100}
    answer = share.backup(network=IDENTITY)
    assert (code(answer), answer["error"]["cause"][-5:]) == ("write_failed", "(112)")
    assert "hop" not in answer["error"]["next"]
    assert "groupid_network" not in answer["error"]["next"]


@pytest.mark.parametrize(
    ("identity", "number"),
    [({**IDENTITY, "password": "wrong"}, "(1326)"), ({**IDENTITY, "username": "CORP\\other"}, "(5)")],
    ids=["password", "account"],
)
def test_a_wrong_account_is_found_by_the_share(share: t.Any, identity: dict[str, str], number: str) -> None:
    answer = share.backup(network=identity)
    assert code(answer) == "root_unreadable"
    assert answer["error"]["cause"].endswith(number)
    assert "Only the share checks its password" in answer["error"]["next"]
    assert "hop" not in answer["error"]["next"]


def test_who_may_not_log_on_begins_nothing(share: t.Any) -> None:
    share.faults = {"no_network_identity": True}
    before = share.picture()
    answer = share.backup(network=IDENTITY)
    assert (code(answer), answer["changed"]) == ("network_identity", False)
    assert answer["error"]["cause"].endswith("(5)")
    assert code(Jobs(share).start(network=IDENTITY)) == "network_identity"
    assert share.picture() == before


@pytest.mark.parametrize(
    "network", ["text", {}, {"username": USER}, {"password": PASSWORD}, {**IDENTITY, "password": 1}]
)
def test_bad_requests(share: t.Any, network: t.Any) -> None:
    answer = share.backup(network=network)
    assert code(answer) == "bad_request"
    assert PASSWORD not in json.dumps(answer, ensure_ascii=False)


def forms(secret: str) -> list[bytes]:
    """The secret as it would lie in a file: as it is, in JSON, and in base64 of JSON."""
    texts = [secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]]
    return [*(text.encode() for text in texts), *(base64.b64encode(text.encode())[4:-4] for text in texts)]


@pytest.mark.timing
def test_a_job_wears_it_and_leaves_it_nowhere(share: t.Any) -> None:
    jobs = Jobs(share)
    request = jobs.request(retries=40, retry_wait_ms=100)
    share.faults = {"locked": [f"{share.source}/7.txt"]}
    with ProcessWatch(PASSWORD) as watch:
        assert jobs.start(request, wait_ms=0, network=IDENTITY)["state"] == "running"
        process = jobs.process()
        own = pathlib.Path(f"/proc/{process}")
        shown = (own / "cmdline").read_bytes() + (own / "environ").read_bytes()
        looks = watch.looks
        with jobs.stopped():
            until(lambda: watch.looks > looks + 5, "a look at the processes")
        answer = jobs.poll()["answer"]
    assert watch.found == set()
    assert (code(answer), answer["files"]) == ("partial", MANY - 1)
    assert json.loads((jobs.folder / "request.json").read_text()) == {**request, "attempt": "a"}
    files = [path.read_bytes() for path in share.folder.rglob("*") if path.is_file()]
    for form in forms(PASSWORD):
        assert form not in shown
        assert not [content for content in files if form in content]


@pytest.mark.timing
def test_the_watch_sees_what_it_should() -> None:
    word = "a word that is nowhere else"
    with ProcessWatch(word) as watch, subprocess.Popen(["sleep", "600"], env={**os.environ, "A": word}) as shown:
        try:
            until(lambda: watch.found, "what the watch sees")
        finally:
            shown.kill()
    assert {path.rpartition("/")[2] for path in watch.found} == {"environ"}


def test_without_it_a_job_fails_by_its_answer(share: t.Any) -> None:
    answer = Jobs(share).start()
    assert (code(answer), code(answer["answer"])) == ("none", "root_unreadable")
    assert "second hop" in answer["answer"]["error"]["next"]


@pytest.mark.timing
def test_who_asks_the_same_with_it_meets_the_job(share: t.Any) -> None:
    jobs = Jobs(share)
    share.faults = {"locked": [f"{share.source}/7.txt"]}
    request = jobs.request(retries=80, retry_wait_ms=100)
    jobs.start(request, wait_ms=0, network=IDENTITY)
    first = jobs.process()
    again = jobs.start(request, attempt="b", network=IDENTITY)
    assert (again["attached"], code(again["answer"]), jobs.process()) == (True, "partial", first)


def test_a_job_that_wears_it_can_be_cancelled(share: t.Any) -> None:
    jobs = Jobs(share)
    share.faults = {"locked": [f"{share.source}/7.txt"]}
    jobs.start(jobs.request(retries=100, retry_wait_ms=200), wait_ms=0, network=IDENTITY)
    jobs.process()
    assert code(jobs.cancel()["answer"]) == "cancelled"


def test_inside_the_connection_it_is_worn_too(share: t.Any) -> None:
    share.faults = {"no_breakaway": True, "wmi_error": 5}
    answer = Jobs(share).start(network=IDENTITY)
    assert (code(answer["answer"]), answer["answer"]["files"]) == ("none", MANY)
    assert "inside the connection" in answer["warnings"][0]
    assert not (share.folder / "C" / "ProgramData" / "identityops.groupid" / "jobs" / ID).exists()


def program(host: t.Any, **members: t.Any) -> dict[str, t.Any]:
    """Run a program that tells as whom it comes to other computers, and its whole environment."""
    tool = host.folder / "C" / "tool.exe"
    tool.write_text(f"#!{sys.executable}\nimport json, os\nprint(json.dumps(dict(os.environ)))")
    tool.chmod(0o755)
    request = {"program": str(tool), "arguments": [], "time_limit": 60, "collect": []}
    answer: dict[str, t.Any] = host.call("run", **{**request, **members})
    return answer


def test_a_program_wears_it(host: t.Any) -> None:
    answer = program(host, network=IDENTITY)
    assert code(answer) == "none"
    environment = json.loads(answer["stdout"])
    assert environment["LAB_NETWORK_USER"] == USER
    assert PASSWORD not in environment.values()
    assert "LAB_NETWORK_USER" not in json.loads(program(host)["stdout"])


def test_a_program_that_wears_it_has_a_shorter_command_line(host: t.Any) -> None:
    answer = program(host, network=IDENTITY, arguments=["x" * 1023])
    assert code(answer) == "bad_request"
    assert "1023" in answer["error"]["cause"]
    assert code(program(host, arguments=["x" * 1023])) == "none"
    assert code(program(host, network=IDENTITY, arguments=["x" * 500])) == "none"


def test_a_disabled_service_of_logons_is_named(host: t.Any) -> None:
    host.faults = {"start_code": 1058}
    answer = program(host, network=IDENTITY)
    assert (code(answer), answer["error"]["cause"][-6:]) == ("start_failed", "(1058)")
    assert "seclogon" in answer["error"]["next"]
    assert code(program(host)) == "none"


def test_a_program_that_windows_ended_before_it_began_is_explained(host: t.Any) -> None:
    host.faults = {"exit_code": 0xC0000142}
    answer = program(host, network=IDENTITY)
    assert (code(answer), answer["exit_code"]) == ("start_failed", 0xC0000142)
    assert "0xC0000142" in answer["error"]["cause"]
    assert "desktop" in answer["error"]["next"]
