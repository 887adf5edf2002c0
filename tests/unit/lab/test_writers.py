# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GroupID at work in the lab: it writes while it runs, and what a set holds of that is judged."""

from __future__ import annotations

import pathlib

import pytest

from lab import agent_build, fleet, writers
from lab.lab import Lab, prepare
from lab.services import ELASTICSEARCH, POOL
from lab.waiting import until

WRITTEN = [(1, "a"), (2, "b"), (3, "a"), (4, "b"), (5, "a")]


@pytest.mark.parametrize(
    ("a", "b", "since", "faults"),
    [
        ({1, 3}, {2}, 0, []),
        ({1, 3}, {2, 4}, 0, []),
        ({1, 3, 5}, {2, 4}, 0, []),
        ({1}, {2, 4}, 0, ["3 was written to a and is not in its part. Another part holds 4."]),
        ({1, 3, 5}, {2}, 0, ["4 was written to b and is not in its part. Another part holds 5."]),
        ({1, 5}, {2, 4}, 0, ["3 was written to a and is not in its part. Another part holds 5."]),
        ({5}, {4}, 3, []),
        ({1, 3}, {4}, 3, ["The part of a holds nothing that was written after 3."]),
        (set(), set(), 0, [f"The part of {name} holds nothing that was written after 0." for name in "ab"]),
    ],
)
def test_a_set_is_one_point_in_time_if_all_parts_end_at_one_number(
    a: set[int], b: set[int], since: int, faults: list[str]
) -> None:
    assert writers.judge(WRITTEN, {"a": a, "b": b}, since).faults == faults


def test_what_was_written_where_the_set_has_no_part_is_named() -> None:
    assert writers.judge(WRITTEN, {"a": {1, 3}}).faults == ["2 was written to b, and the set has no part of it."]


@pytest.mark.skipif(bool(agent_build.missing_programs()), reason=f"no Mono: {agent_build.APT_LINE}")
def test_each_writer_stops_and_starts_with_what_it_belongs_to(tmp_path: pathlib.Path) -> None:
    prepare(tmp_path, fleet.default_fleet(1, scale="small", sql=True, at_work=True))

    def counts() -> dict[str, int]:
        targets = [line.split("\t")[2] for line in (tmp_path / writers.JOURNAL).read_text("utf-8").splitlines()]
        return {target: targets.count(target) for target in targets}

    def grown(before: dict[str, int]) -> set[str]:
        return {target for target, count in counts().items() if count > before.get(target, 0)}

    def only(expected: set[str], what: str) -> None:
        """Wait until nothing else is written. A writer that is stopped may end a write that it has begun."""
        before = counts()

        def alone() -> bool:
            nonlocal before
            found = grown(before)
            if found - expected:
                before = counts()
            return found == expected

        until(alone, what)

    with Lab(tmp_path) as lab:
        services = lab.services("web01")
        everything = {"web01/elasticsearch", "web01/self_service_portals", "hq/database"}
        until(lambda: (tmp_path / writers.JOURNAL).exists() and grown({}) == everything, "the first writes")
        services.change("services", ELASTICSEARCH, state="stopped")
        only(everything - {"web01/elasticsearch"}, "writes of the pool")
        assert services.worker().exists()
        services.iis.change(0, state="Stopping")
        until(lambda: not services.worker().exists(), "the end of the worker process")
        services.change("services", ELASTICSEARCH, state="running")
        only({"web01/elasticsearch"}, "writes of the service alone")
        before = counts()
        services.iis.change(0, state="Started")
        until(lambda: grown(before) == everything, "writes of all")
        assert services.picture()[f"pool {POOL}"] == "started, starts with IIS"
    assert not services.worker().exists(), "a worker process has outlived the lab"
    after = counts()
    with Lab(tmp_path):
        until(lambda: grown(after) == everything, "writes of the second lab")
    numbers = [int(line.split("\t")[1]) for line in (tmp_path / writers.JOURNAL).read_text("utf-8").splitlines()]
    assert numbers == list(range(1, len(numbers) + 1))
