# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""place and adopt: files that another program wrote become a part like any other."""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import os
import pathlib
import typing as t

import pytest
from unit.agent.conftest import SET_ID, Host

PART = {"part": "database", "component": "database"}
DOMAIN = "group_attributes.corp.example"
DETAILS = {
    "database": "GroupID",
    "family_guid": "5d1c4c1c",
    "lsn": "31000000012",
    "stripes": ["GroupID.bak"],
    "size": 9,
}


def code(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


def adopt(host: t.Any, *files: str, **members: t.Any) -> dict[str, t.Any]:
    answer: dict[str, t.Any] = host.call("adopt", **{**PART, "files": list(files), "details": DETAILS, **members})
    return answer


@pytest.fixture
def folder(host: t.Any) -> pathlib.Path:
    """The folder of a new place."""
    answer = host.call("place", **PART, account="CORP\\sql01$")
    assert (code(answer), answer["changed"], answer["granted"]) == ("none", True, False)
    assert "does not support access lists" in answer["warnings"][0]
    assert answer["folder"] == f"{host.root}/hq/{SET_ID}/database/database"
    return pathlib.Path(answer["folder"])


def test_adopted_files_are_a_part(host: t.Any, folder: pathlib.Path) -> None:
    (folder / "GroupID.bak").write_bytes(b"the backup")
    answer = adopt(host, "GroupID.bak", version="10.0")
    assert (code(answer), answer["state"], answer["files"], answer["bytes"]) == ("none", "complete", 1, 10)
    document = json.loads((folder.parent / "part.json").read_bytes())
    assert (document["server"], document["details"], document["version"]) == ("database", DETAILS, "10.0")
    digest = hashlib.sha256(b"the backup").hexdigest()
    assert (folder.parent / "manifest.sha256").read_text() == f"{digest}  database/GroupID.bak\n"
    verified = host.call("verify", server="database", components=None)
    assert (verified["state"], verified["details"], verified["external"]) == ("verified", DETAILS, [])
    [found] = host.call("list")["sets"]
    [part] = found["parts"]
    assert (part["server"], part["state"], part["details"]) == ("database", "complete", DETAILS)

    (folder / "GroupID.bak").write_bytes(b"the bAckup")
    damaged = host.call("verify", server="database", components=None)
    assert (code(damaged), damaged["problems"][0]["path"]) == ("damaged", "database/GroupID.bak")


def test_an_external_file_is_recorded_and_not_verified(host: t.Any) -> None:
    answer = adopt(host, external=True)
    assert (code(answer), answer["files"], answer["components"][0]["status"]) == ("none", 0, "external")
    verified = host.call("verify", server="database", components=None)
    assert (verified["state"], verified["external"]) == ("verified", ["database"])
    assert host.call("restore", server="database", unsealed=True, components=None)["components"] == []


def test_only_what_was_announced_is_adopted(host: t.Any, folder: pathlib.Path) -> None:
    assert code(adopt(host, "GroupID.bak")) == "part_content"
    (folder / "GroupID.bak").write_bytes(b"x")
    (folder / "other.bak").write_bytes(b"y")
    answer = adopt(host, "GroupID.bak")
    assert (code(answer), "other.bak" in answer["error"]["path"]) == ("part_content", True)
    assert not (folder.parent / "part.json").exists()
    (folder / "other.bak").unlink()
    (folder / "link.bak").symlink_to("/etc/passwd")
    assert code(adopt(host, "GroupID.bak")) == "part_content"


def test_a_part_is_never_made_twice(host: t.Any, folder: pathlib.Path) -> None:
    (folder / "GroupID.bak").write_bytes(b"x")
    assert code(adopt(host, "GroupID.bak")) == "none"
    before = host.picture(host.root)
    assert code(adopt(host, "other.bak")) == "part_exists"
    assert code(adopt(host, "GroupID.bak", "other.bak")) == "part_exists"
    assert code(adopt(host, external=True)) == "part_exists"
    assert code(host.call("place", **{**PART, "component": "other"})) == "part_exists"
    assert host.picture(host.root) == before


def test_a_place_is_given_to_every_run_of_the_set(host: t.Any, folder: pathlib.Path) -> None:
    (folder / "GroupID.bak").write_bytes(b"half")
    before = host.picture(host.root)
    again = host.call("place", **PART, account="CORP\\sql01$")
    assert (code(again), again["changed"], again["granted"], again["complete"]) == ("none", False, False, False)
    assert again["folder"] == str(folder)
    assert host.picture(host.root) == before
    assert not host.call("place", **PART, check=True)["changed"]


def test_a_place_that_was_cut_is_finished(host: t.Any, folder: pathlib.Path) -> None:
    folder.rmdir()
    placed = host.call("place", **PART)
    assert (code(placed), placed["changed"], folder.is_dir()) == ("none", True, True)
    folder.rename(folder.parent / "data")
    assert code(host.call("place", **PART)) == "part_exists", "somebody else's part"


def test_a_complete_part_is_returned_by_place(host: t.Any, folder: pathlib.Path) -> None:
    (folder / "GroupID.bak").write_bytes(b"the backup")
    made = adopt(host, "GroupID.bak", version="10.0")
    before = host.picture(host.root)
    again = host.call("place", **PART, account="CORP\\sql01$")
    assert (code(again), again["changed"], again["complete"], again["granted"]) == ("none", False, True, None)
    reported = ("server", "version", "epoch", "state", "part_sha256", "files", "directories", "bytes", "machine_guid")
    assert {name: again[name] for name in reported} == {name: made[name] for name in reported}
    assert (again["details"], again["finished"]) == (DETAILS, made["finished"])
    assert host.picture(host.root) == before


def test_a_part_that_was_completed_meanwhile_is_answered_with_its_record(host: t.Any, folder: pathlib.Path) -> None:
    (folder / "GroupID.bak").write_bytes(b"the backup")
    made = adopt(host, "GroupID.bak", version="10.0")
    host.name, host.machine_guid = "WEB02", "22222222-0000-4000-8000-000000000002"
    again = adopt(host, "GroupID.bak", version="10.0")
    assert (made["changed"], again["changed"]) == (True, False)
    assert {**again, "changed": True, "seconds": 0} == {**made, "seconds": 0}


def test_two_agents_at_once_make_one_part(
    executable: pathlib.Path, host: t.Any, folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """On a share every computer has a lock of its own: the name of part.json decides."""
    content = os.urandom(30_000_000)
    (folder / "GroupID.bak").write_bytes(content)
    hosts = [host]
    for name in ("WEB02", "WEB03", "WEB04"):
        other = Host(executable, tmp_path / name)
        other.name, other.root = name, host.root
        hosts.append(other)
    with concurrent.futures.ThreadPoolExecutor(len(hosts)) as pool:
        answers = list(pool.map(lambda one: adopt(one, "GroupID.bak"), hosts))
    assert [code(answer) for answer in answers] == ["none"] * len(hosts)
    assert [answer["changed"] for answer in answers].count(True) == 1
    assert len({answer["part_sha256"] for answer in answers}) == 1
    assert sorted(one.name for one in folder.parent.iterdir()) == [
        "database",
        "files.jsonl",
        "manifest.sha256",
        "part.json",
    ]
    assert host.call("verify", server="database", components=None)["state"] == "verified"


def test_lists_of_an_adoption_that_was_cut_are_taken_when_they_agree(host: t.Any, folder: pathlib.Path) -> None:
    (folder / "GroupID.bak").write_bytes(b"the backup")
    adopt(host, "GroupID.bak")
    (folder.parent / "part.json").unlink()
    assert adopt(host, "GroupID.bak")["changed"]
    assert host.call("verify", server="database", components=None)["state"] == "verified"
    (folder.parent / "part.json").unlink()
    (folder / "GroupID.bak").write_bytes(b"another one")
    refused = adopt(host, "GroupID.bak")
    assert (code(refused), "manifest.sha256" in refused["error"]["path"]) == ("write_failed", True)
    assert not (folder.parent / "part.json").exists()


def test_a_sealed_set_takes_no_place(host: t.Any) -> None:
    own = host.backup()
    parts = [{"server": own["server"], "part_sha256": own["part_sha256"]}]
    document = {"schema": 1, "deployment": "hq", "set_id": SET_ID, "decider": "web01", "parts": parts}
    prepared = host.call("seal", phase="prepared", document=json.dumps(document), parts=[])
    host.call("seal", phase="sealed", document_sha256=prepared["document_sha256"])
    before = host.picture(host.root)
    assert code(host.call("place", **PART)) == "set_sealed"
    assert code(host.call("place", **PART, check=True)) == "set_sealed"
    assert host.picture(host.root) == before


@pytest.mark.parametrize("name", ["../x.bak", "a/b.bak", "NUL", "", "x:y"])
def test_hostile_names(host: t.Any, folder: pathlib.Path, name: str) -> None:
    assert code(adopt(host, name)) == "bad_request"


def test_check_mode_writes_nothing(host: t.Any) -> None:
    before = host.picture()
    placed = host.call("place", **PART, account="CORP\\sql01$", check=True)
    assert (placed["changed"], placed["granted"]) == (True, None)
    assert adopt(host, "GroupID.bak", check=True)["changed"]
    assert adopt(host, external=True, check=True)["changed"]
    assert host.picture() == before


def test_a_seal_stands_for_the_part_too(host: t.Any, folder: pathlib.Path) -> None:
    (folder / "GroupID.bak").write_bytes(b"x")
    own, other = host.backup(), adopt(host, "GroupID.bak")
    parts = [{"server": one["server"], "part_sha256": one["part_sha256"]} for one in (other, own)]
    document = {"schema": 1, "deployment": "hq", "set_id": SET_ID, "decider": "web01", "parts": parts}
    request = {"phase": "prepared", "document": json.dumps(document)}
    assert code(host.call("seal", **request, parts=["database"], check=True)) == "none"
    assert code(host.call("seal", **request, parts=["database"], own_part=False, check=True)) == "none"
    assert code(host.call("seal", **request, parts=["other"])) == "part_missing"
    assert code(host.call("seal", **request, own_part=False)) == "bad_request"
    (folder.parent / "part.json").write_text((folder.parent / "part.json").read_text() + " ")
    assert code(host.call("seal", **request, parts=["database"])) == "part_differs"


def test_bad_requests(host: t.Any) -> None:
    assert code(host.call("place", **{**PART, "part": "a/b"})) == "bad_request"
    assert code(host.call("adopt", **PART, files=[])) == "bad_request"


def test_a_part_of_a_domain_is_a_part_like_any_other(host: t.Any) -> None:
    part = {"part": "group_attributes.Corp.EXAMPLE", "component": "group_attributes"}
    folder = pathlib.Path(host.call("place", **part)["folder"])
    assert folder == host.root / "hq" / SET_ID / DOMAIN / "group_attributes"
    (folder / "corp.example.ldf").write_bytes(b"dn: CN=a\r\n")
    adopted = adopt(host, "corp.example.ldf", **part)
    assert (code(adopted), adopted["server"]) == ("none", DOMAIN)
    assert host.call("verify", server=DOMAIN)["state"] == "verified"
    [listed] = host.call("list")["sets"][0]["parts"]
    assert (listed["server"], listed["state"]) == (DOMAIN, "complete")

    own = host.backup()
    parts = [{"server": one["server"], "part_sha256": one["part_sha256"]} for one in (adopted, own)]
    document = {"schema": 1, "deployment": "hq", "set_id": SET_ID, "decider": "web01", "parts": parts}
    sealing = {"phase": "prepared", "document": json.dumps(document)}
    headless = json.dumps({**document, "decider": DOMAIN})
    assert code(host.call("seal", phase="prepared", document=headless, parts=[DOMAIN])) == "bad_request"
    prepared = host.call("seal", **sealing, parts=[DOMAIN])
    assert host.call("seal", phase="sealed", document_sha256=prepared["document_sha256"])["changed"]
    assert host.call("verify", server=DOMAIN)["sealed"]
    target = host.folder / "C" / "Elsewhere"
    components = [{"name": "group_attributes", "target": str(target)}]
    assert host.call("restore", server=DOMAIN, components=components)["added"] == 1
    assert (target / "corp.example.ldf").read_bytes() == b"dn: CN=a\r\n"


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "a..b", ".a", "a.", "a.-b", "a.b-", "a/b", "a.b\n", "nul.corp.example", "COM1.x", "a" * 64),
        *("set.json", "SET.prepared.json", f"{'a' * 63}.{'b' * 63}.{'c' * 63}.123456789"),
    ],
)
def test_no_name_of_a_part(host: t.Any, name: str) -> None:
    before = host.picture()
    for operation in ("place", "adopt"):
        answer = host.call(operation, **{**PART, "part": name}, files=["a"])
        assert (code(answer), "the name of a part" in answer["error"]["cause"]) == ("bad_request", True)
    assert code(host.call("verify", server=name)) == "bad_request"
    assert host.picture() == before
