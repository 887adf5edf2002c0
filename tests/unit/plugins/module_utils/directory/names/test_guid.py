# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GUIDs, against Python's own reading of them."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import (
    guid_bytes,
    guid_filter,
    guid_text,
)


@given(st.binary(min_size=16, max_size=16))
def test_text_and_bytes_are_microsoft_s(guid: bytes) -> None:
    text = str(uuid.UUID(bytes_le=guid))
    assert guid_text(guid) == text
    assert guid_bytes(text) == guid_bytes(text.upper()) == guid


@pytest.mark.parametrize(
    "text",
    [
        "",
        "6b29fc40-ca47-1067-b31d-00dd010662d",
        "{6b29fc40-ca47-1067-b31d-00dd010662da}",
        "6b29fc40ca471067b31d00dd010662da",
        "6b29fc40-ca47-1067-b31d-00dd010662da\n",
        "6b29fc40-ca47-1067-b31d-00dd010662dg",
    ],
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="GUID"):
        guid_bytes(text)


def test_the_filter_escapes_every_byte() -> None:
    assert guid_filter([b"()*\\\0" + b"a" * 11, b"\xff" * 16]) == (
        r"(|(objectGUID=\28\29\2a\5c\00" + r"\61" * 11 + r")(objectGUID=" + r"\ff" * 16 + "))"
    )
