# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup in check mode reads to learn how fast the host is."""

from __future__ import annotations

import typing as t

LARGE = 20 * 1024 * 1024
SHARE = 8 * 1024 * 1024
"""Of one file no more is read than this."""


def test_small_trees_are_read_whole(host: t.Any) -> None:
    host.write(a="one", sub__b="three", c="")
    before = host.picture()
    answer = host.backup(check=True, sample_ms=60_000)
    assert answer["sample"].pop("seconds") > 0
    assert answer["sample"] == {"files": 3, "bytes": 8}
    assert (answer["files"], answer["bytes"]) == (3, 8)
    assert host.picture() == before


def test_of_a_large_file_only_a_share_is_read(host: t.Any) -> None:
    host.file("large.bin").write_bytes(bytes(LARGE))
    host.file("small.bin", b"1")
    sample = host.backup(check=True, sample_ms=60_000)["sample"]
    assert (sample["files"], sample["bytes"]) == (2, SHARE + 1)


def test_it_takes_what_the_backup_takes(host: t.Any) -> None:
    host.write(a="one", sub__b="three")
    sample = host.backup(check=True, sample_ms=60_000, exclude=["sub"])["sample"]
    assert (sample["files"], sample["bytes"]) == (1, 3)


def test_a_file_that_cannot_be_read_is_left_out(host: t.Any) -> None:
    host.write(a="one", b="three")
    host.faults = {"locked": ["*/b.txt"]}
    answer = host.backup(check=True, sample_ms=60_000)
    assert (answer["sample"]["files"], answer["sample"]["bytes"]) == (1, 3)
    assert not answer["failed"], answer


def test_nothing_to_read(host: t.Any) -> None:
    assert host.backup(check=True, sample_ms=60_000)["sample"] == {"files": 0, "bytes": 0, "seconds": 0}


def test_it_ends_when_its_time_is_up(host: t.Any) -> None:
    for number in range(16):
        with host.file(f"{number}.bin").open("wb") as file:
            file.truncate(LARGE)
    answer = host.backup(check=True, sample_ms=1)
    assert 0 < answer["sample"]["bytes"] < 16 * SHARE
    assert answer["bytes"] == 16 * LARGE


def test_it_is_taken_where_it_is_asked_for_alone(host: t.Any) -> None:
    host.write(a="one")
    assert "sample" not in host.backup(check=True)
    assert "sample" not in host.backup(sample_ms=60_000)
