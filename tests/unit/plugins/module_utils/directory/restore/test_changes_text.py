# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a restore as a person sees it."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.changes import AttributeStep, Step
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.changes_text import (
    shown_value,
    steps_diff,
)


class TestShown:
    STEP = Step(
        b"g" * 16,
        "CN=Line\nbreak,DC=corp",
        (
            AttributeStep("extensionAttribute12", (b"now",), ("Größe".encode(),)),
            AttributeStep("extensionData", (), (b"\xff\x00", b"x" * 5000)),
        ),
    )

    def test_both_sides_are_text(self) -> None:
        shown = steps_diff([self.STEP], "corp.example")
        assert shown["before"] == "CN=Line\\nbreak,DC=corp\n  extensionAttribute12: now\n"
        head, rest = shown["after"].split("  extensionData: base64 /wA=\n")
        assert head == "CN=Line\\nbreak,DC=corp\n  extensionAttribute12: Größe\n"
        assert "(5000 bytes, SHA-256 " in rest
        assert len(rest) < 400
        assert "corp.example" in shown["before_header"]
        assert "corp.example" in shown["after_header"]

    def test_groups_beyond_the_limit_are_counted(self) -> None:
        shown = steps_diff([self.STEP] * 7, "corp.example", groups=3)
        for side in ("before", "after"):
            assert shown[side].count("CN=Line") == 3
            assert shown[side].endswith("... and 4 more groups\n")

    def test_long_values_that_differ_at_their_end_look_different(self) -> None:
        assert shown_value(b"x" * 5000 + b"a") != shown_value(b"x" * 5000 + b"b")

    def test_what_cannot_be_printed_is_not(self) -> None:
        assert shown_value(b"a\x1b[2Jb") == "base64 YRtbMkpi"
