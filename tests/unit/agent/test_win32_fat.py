# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped Win32.cs where the class of the reparse tag is not known, as on FAT32: it has another number."""

from __future__ import annotations

import collections.abc as c

import pytest
from unit.agent.win32_session import NEEDS_WINE, Session, SystemFailureError, WineHost, lacks

pytestmark = pytest.mark.skipif(lacks("wine-host", "wine-powershell", "wine"), reason=NEEDS_WINE)


def without_tags(name: str, text: str) -> str:
    if name != "NativeMethods.cs":
        return text
    assert "TagClass = 9;" in text
    return text.replace("TagClass = 9;", "TagClass = 99;")


@pytest.fixture
def session() -> c.Iterator[Session]:
    host = WineHost(change=without_tags)
    session = host.session()
    yield session
    session.close()
    host.stop()


def test_a_file_without_a_link_needs_no_tag(session: Session) -> None:
    file = session("OpenNew", "C:\\file")
    session("Write", file, b"content".hex())
    session("Close", file)
    read = session("OpenRead", "C:\\file")
    assert bytes.fromhex(session("Read", read, 100)) == b"content"
    assert session("Facts", read)["ReparseTag"] == 0
    session("Close", read)
    session("CreateClosedFolder", "C:\\folder")
    assert session("IsOwnedByUs", "C:\\folder") is True
    assert session("Enumerate", "C:\\folder") == []
    with pytest.raises(SystemFailureError):
        session("OpenRead", "C:\\absent")
