# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that lose, cache or refuse something: a rehearsal finds each of it, and names the claims that it breaks.

Plants that break different claims are in one rehearsal. None can hide behind another there: no other plant of its
company breaks the claim that names it, and all claims that nobody breaks are held. What each one breaks alone, which
this relies on, is looked at by `python -m faults.plants`.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pathlib
import signal
import typing as t

import pytest
from unit.agent.plants import HELD_ON_MONO, PLANTS, TOGETHER, merged, unlike
from unit.agent.rehearsing import rehearse, verdicts

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import HELD, NOT_HELD, NOT_TRIED
from lab.waiting import until

ALONE = sorted(PLANTS.keys() - set().union(*TOGETHER))


@pytest.mark.parametrize("company", [*TOGETHER, *((name,) for name in ALONE)], ids=lambda company: company[0])
def test_what_is_lost_is_found_and_named(host: t.Any, company: tuple[str, ...]) -> None:
    assert unlike(host, company) == []


def test_no_plant_hides_behind_another() -> None:
    assert len(PLANTS) >= 25
    in_company = list(itertools.chain(*TOGETHER))
    assert len(in_company) == len(set(in_company))
    for company in TOGETHER:
        merged(company)
        for one, other in itertools.permutations(company, 2):
            assert PLANTS[one].own, one
            assert not PLANTS[one].own & (PLANTS[other].named | PLANTS[other].untried), (one, other)


def test_a_job_that_wmi_starts_is_reported(host: t.Any) -> None:
    host.faults = {"no_breakaway": True}
    by = verdicts(rehearse(host))
    assert by[HELD] == HELD_ON_MONO - {"agent.compiler", "job.request"}
    assert {"agent.compiler", "job.request", "job.service"} <= by[NOT_TRIED]
    assert NOT_HELD not in by


def test_a_job_that_dies_with_its_shell_is_found(host: t.Any) -> None:
    def dying(request: t.Mapping[str, t.Any]) -> None:
        if request["operation"] == "poll":
            state = pathlib.Path(request["state"], "jobs", request["id"], "state.json")
            until(state.exists, "the job")
            with contextlib.suppress(ProcessLookupError):
                os.kill(json.loads(state.read_text())["process"], signal.SIGKILL)

    reported = rehearse(host, before=dying)
    assert reported["job.outlives"].verdict == NOT_HELD
