# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line that says how far a job is."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.job_progress import progress_text

BASE = {"phase": "copying", "files": 0, "files_total": 0, "bytes": 0, "bytes_total": 0, "seconds": 0}


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (None, "starting"),
        ({}, "copying"),
        ({"files_total": 20000, "bytes_total": 4 * 10**9}, "copying, 0 of 20,000 files, 0 bytes of 4.0 GB"),
        (
            {"files": 1234, "files_total": 20000, "bytes": 1.2e9, "bytes_total": 4 * 10**9, "seconds": 15},
            "copying, 1,234 of 20,000 files, 1.2 GB of 4.0 GB, 80.0 MB/s, 0:00:35 left",
        ),
        (
            {"files": 12, "files_total": 10, "bytes": 2000, "bytes_total": 1000, "seconds": 1},
            "copying, 10 of 10 files, 2.0 KB of 1.0 KB, 2.0 KB/s, 0:00:00 left",
        ),
        (
            {"files": 1, "files_total": 2, "bytes": 10**12, "bytes_total": 9 * 10**15, "seconds": 100},
            "copying, 1 of 2 files, 1.0 TB of 9000.0 TB, 10.0 GB/s, 249:58:20 left",
        ),
    ],
)
def test_line(progress: dict[str, t.Any] | None, text: str) -> None:
    assert progress_text(None if progress is None else {**BASE, **progress}) == text
