# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped Win32.cs and the agent where the class of the reparse tag is not known, as on FAT32."""

from __future__ import annotations

import collections.abc as c
import hashlib
import json
import os
import typing as t

import pytest
from unit.agent.win32_session import (
    AGENT_DRIVER,
    DRIVER,
    NEEDS_WINE,
    Session,
    SystemFailureError,
    WineHost,
    lacks,
    run,
)

from lab.wine_disk import USER_ID, as_user

pytestmark = pytest.mark.skipif(lacks("wine-host", "wine-powershell", "wine"), reason=NEEDS_WINE)

ARCHIVE = 0x20
SET_ID = "20260101T000000Z"


def without_tags(name: str, text: str) -> str:
    """Change the number of the class, and what marks a link: here each file is one that is asked for its tag."""
    if name == "NativeMethods.cs":
        return changed(text, "TagClass = 9;", "TagClass = 99;")
    return changed(text, "ReparsePoint = 0x400;", "ReparsePoint = 0x20;") if name == "Win32.cs" else text


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


@pytest.fixture
def host(request: pytest.FixtureRequest) -> c.Iterator[WineHost]:
    """Behind the driver that the test names."""
    wine = WineHost(request.param, change=without_tags)
    try:
        yield wine
    finally:
        wine.stop()


@pytest.fixture
def session(host: WineHost) -> c.Iterator[Session]:
    session = host.session()
    yield session
    session.close()


@pytest.mark.parametrize("host", [DRIVER], indirect=True)
def test_a_file_whose_tag_nobody_knows_has_none(session: Session) -> None:
    file = session("OpenNew", "C:\\file")
    session("Write", file, b"content".hex())
    session("Close", file)
    read = session("OpenRead", "C:\\file")
    assert bytes.fromhex(session("Read", read, 100)) == b"content"
    facts = session("Facts", read)
    assert (facts["Attributes"] & ARCHIVE, facts["ReparseTag"]) == (ARCHIVE, 0)
    session("Close", read)
    session("CreateClosedFolder", "C:\\folder")
    assert session("IsOwnedByUs", "C:\\folder") is True
    assert session("Enumerate", "C:\\folder") == []
    with pytest.raises(SystemFailureError):
        session("OpenRead", "C:\\absent")


@pytest.mark.parametrize("host", [AGENT_DRIVER], indirect=True)
def test_a_set_goes_through_its_life(host: WineHost, session: Session) -> None:
    """With a link to a folder: Wine tells no tag of it, so that what is behind it shows where it lies."""

    def call(operation: str, **members: t.Any) -> dict[str, t.Any]:
        place = {"root": "C:\\Backups", "deployment": "hq", "set_id": SET_ID}
        answer: dict[str, t.Any] = session(
            "Run", json.dumps({"protocol": 1, "operation": operation, **place, **members})
        )
        assert not answer["failed"], answer["error"]
        return answer

    run(as_user(["mkdir", "-p", *(str(host.drive / name) for name in ("Source/folder", "Outside"))]))
    source = host.drive / "Source"
    for name, content in (("a", "one"), ("folder/b", "two"), ("../Outside/c", "three")):
        (source / name).write_text(content)
        if os.getuid() == 0:
            os.chown(source / name, USER_ID, USER_ID)
    (source / "link").symlink_to("../Outside")
    answer = call("backup", components=[{"name": "data", "path": "C:\\Source"}], allow_partial=["data/link"])
    assert (answer["state"], answer["files"]) == ("waived", 2)
    assert [(one["path"], one["problem"]) for one in answer["problems"]] == [("data/link/c", "link")]
    assert call("verify")["state"] == "verified"
    [part] = (host.drive / "Backups" / "hq" / SET_ID).iterdir()
    member = {"server": part.name, "part_sha256": hashlib.sha256((part / "part.json").read_bytes()).hexdigest()}
    seal = {"schema": 1, "deployment": "hq", "set_id": SET_ID, "decider": part.name, "parts": [member]}
    document = json.dumps(seal, sort_keys=True)
    call("seal", phase="prepared", document=document)
    call("seal", phase="sealed", document_sha256=hashlib.sha256(document.encode()).hexdigest())
    (source / "a").write_text("damaged")
    (source / "folder" / "b").unlink()
    call("restore", components=[{"name": "data", "policy": "mirror"}])
    assert [(source / name).read_text() for name in ("a", "folder/b", "link/c")] == ["one", "two", "three"]
