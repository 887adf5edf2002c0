# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The diff of a restore."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils.differences import differences_text


def test_paths_stand_under_their_full_count() -> None:
    counts = {"added": 3, "replaced": 1, "removed": 0, "attributes": 2}
    paths = {"added": ["reports/a", "reports/b"], "replaced": ["reports/c"], "removed": [], "attributes": []}
    assert differences_text(counts, paths).splitlines() == [
        "added: 3",
        "+ reports/a",
        "+ reports/b",
        "+ ... and 1 more",
        "replaced: 1",
        "~ reports/c",
        "attributes: 2",
        "@ ... and 2 more",
    ]


def test_no_difference_is_no_text() -> None:
    kinds = ("added", "replaced", "removed", "attributes")
    assert differences_text(dict.fromkeys(kinds, 0), dict.fromkeys(kinds, ())) == ""
