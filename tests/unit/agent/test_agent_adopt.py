# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""place and adopt: files that another program wrote become a part like any other."""

from __future__ import annotations

import hashlib
import json
import pathlib
import typing as t

import pytest
from unit.agent.conftest import SET_ID

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
    assert "keeps no access lists" in answer["warnings"][0]
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
    assert code(host.call("place", **PART)) == "part_exists"
    (folder / "GroupID.bak").write_bytes(b"x")
    assert code(adopt(host, "GroupID.bak")) == "none"
    assert code(adopt(host, "GroupID.bak")) == "part_exists"
    assert code(adopt(host, external=True)) == "part_exists"


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
    assert host.call("verify", server=DOMAIN, set_id="latest")["sealed"]
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
