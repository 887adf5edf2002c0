# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Globs mean the same wherever they are used."""

from __future__ import annotations

import time
import typing as t

import pytest

TREE = (
    "a.log", "A.LOG", "a.txt", "ab", "logs/x", "logs/deep/y", "sub/a.log", "sub/logs/z", "sub/logs2/z",
    "sub/deep/er/a.log", "Straße/ÄÖ.TXT", "x[1]/y+(z)", "node.lock",
)  # fmt: skip

MATCHES = {
    "*.log": {"a.log", "A.LOG"},
    "a.*": {"a.log", "A.LOG", "a.txt"},
    "a?": {"ab"},
    "?????": {"a.log", "A.LOG", "a.txt"},
    "**/*.log": {"a.log", "A.LOG", "sub/a.log", "sub/deep/er/a.log"},
    "**.log": {"a.log", "A.LOG", "sub/a.log", "sub/deep/er/a.log"},
    "**/logs": {"logs/x", "logs/deep/y", "sub/logs/z"},
    "logs": {"logs/x", "logs/deep/y"},
    "logs/": {"logs/x", "logs/deep/y"},
    "LOGS\\*": {"logs/x", "logs/deep/y"},
    "logs/**": {"logs/x", "logs/deep/y"},
    "sub/*": {"sub/a.log", "sub/logs/z", "sub/logs2/z", "sub/deep/er/a.log"},
    "sub/*/z": {"sub/logs/z", "sub/logs2/z"},
    "sub/**/a.log": {"sub/a.log", "sub/deep/er/a.log"},
    "s**g": {"sub/a.log", "sub/deep/er/a.log"},
    "*b/*g*/z": {"sub/logs/z", "sub/logs2/z"},
    "**/deep/**/*.log": {"sub/deep/er/a.log"},
    "straße/äö.txt": {"Straße/ÄÖ.TXT"},
    "x[1]/y+(z)": {"x[1]/y+(z)"},
    "**": set(TREE),
    "*": set(TREE),
    "deep": set(),
    "*/x/*": set(),
    "ogs": set(),
    "log": set(),
}


@pytest.mark.parametrize(("pattern", "matched"), MATCHES.items())
def test_include_takes_what_exclude_leaves(host: t.Any, pattern: str, matched: set[str]) -> None:
    for name in TREE:
        host.file(name, name)
    taken = host.backup(check=True, include=[pattern])
    left = host.backup(check=True, exclude=[pattern])
    if matched:
        assert taken["files"] == len(matched)
        assert taken["bytes"] == sum(len(name.encode()) for name in matched)
    else:
        assert taken["error"]["code"] == "nothing_matched"
    if len(matched) < len(TREE):
        assert left["files"] == len(TREE) - len(matched)
    else:
        assert left["error"]["code"] == "nothing_left"


def test_exclude_wins(host: t.Any) -> None:
    for name in TREE:
        host.file(name)
    answer = host.backup(check=True, include=["sub", "a.*"], exclude=["**/*.log"])
    assert answer["files"] == 3


@pytest.mark.parametrize("pattern", ["", "/a", "a//b", "../a", "a/./b", "a/.."])
def test_senseless_patterns_are_refused(host: t.Any, pattern: str) -> None:
    assert host.backup(exclude=[pattern])["error"]["code"] == "bad_request"


@pytest.mark.timing
def test_a_malicious_pattern_takes_no_time(host: t.Any) -> None:
    host.file("/".join(["a" * 200] * 15) + "/b")
    begin = time.monotonic()
    host.backup(check=True, exclude=["*a*a*a*a*a*a*a*a*a*a*c", "**/" * 20 + "*a*a*a*a*a*c", "**a" * 60 + "c"])
    assert time.monotonic() - begin < 60  # going back over what it passed takes longer than anybody lives
