# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a failure."""

from __future__ import annotations

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure


@pytest.mark.parametrize(
    ("component", "path", "text"),
    [
        (None, None, "It was not done: Access is denied. (5). Ask for access."),
        ("reports", None, "It was not done: reports: Access is denied. (5). Ask for access."),
        ("reports", "C:\\a", "It was not done: reports C:\\a: Access is denied. (5). Ask for access."),
        (None, "C:\\a", "It was not done: C:\\a: Access is denied. (5). Ask for access."),
    ],
)
def test_says_what_on_what_why_and_what_next(component: str | None, path: str | None, text: str) -> None:
    error = Failure("denied", "It was not done", "Access is denied. (5)", "Ask for access.", component, path)
    assert str(error) == text


def test_no_double_stop_and_no_empty_part() -> None:
    assert str(Failure("x", "It was not done.", "Nothing is there.", "")) == "It was not done: Nothing is there."
