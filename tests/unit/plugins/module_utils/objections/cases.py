# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the tests of objections change a run against which nothing stands, and what a fault must be reported with."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins import run_facts
from unit.plugins.run_facts import SET, Facts, ask, listed, part

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.objections import by_step

Change = t.Callable[[Facts], t.Any]

VERIFIED = {"state": "verified", "mode": "full", "set_id": SET, "sealed": True}
UNSEALED = listed(part("web01"), sealed=False, seal_sha256=None)
ELASTIC = {**run_facts.IDLE, "services": [{"name": "es", "display_name": "Elasticsearch", "state": "running"}]}


class Fault(t.NamedTuple):
    """What prevents a step on web01. code, text: of its failure, and words that it must have."""

    step: str
    change: Change
    code: str
    text: str


def each(faults: t.Sequence[Fault]) -> pytest.MarkDecorator:
    """Run a test for each fault."""
    return pytest.mark.parametrize("fault", faults, ids=[f"{one.step}-{one.code}" for one in faults])


def failures(facts: Facts, step: str, host: str = "web01") -> list[Failure]:
    """Return what stands against a step, once the run is planned and reviewed."""
    run_facts.planned(facts, ["web01", "web02"])
    return by_step.against(facts, host, step)


def against(facts: Facts, step: str, host: str = "web01") -> list[str]:
    """Return the codes of what stands against a step."""
    return [failure.code for failure in failures(facts, step, host)]


def problems(facts: Facts, fault: Fault) -> list[str]:
    """Say what is wrong with how a fault is reported: once, in a line, with why and what to do."""
    fault.change(facts)
    reported = [one for one in failures(facts, fault.step) if one.code == fault.code]
    if len(reported) != 1:
        return [f"{fault.code} is reported {len(reported)} times"]
    [failure] = reported
    found = [f"its {name} is empty" for name in ("what", "cause", "next") if not getattr(failure, name)]
    found += [] if fault.text in str(failure) else [f"it does not say {fault.text!r}: {failure}"]
    return found + ([] if len(str(failure).splitlines()) == 1 else ["it has more than one line"])


# Changes.


def new_set(facts: Facts) -> None:
    """Ask for a new set instead of the one that is there."""
    ask(facts, set_id="")


def lone(facts: Facts) -> None:
    """Leave a member outside of the run."""
    facts["web03"] = {"groupid_deployment": "hq"}


def running(facts: Facts, **answer: t.Any) -> None:
    """Let a new set be made while something of GroupID runs."""
    new_set(facts)
    elastic = {"name": "Elastic", "state": "running"}
    for host in facts.values():
        host["__groupid_running"] = {"schema": 1, "services": [elastic], "record": None, **answer}


def on_web01(name: str, **values: t.Any) -> Change:
    """Change members of an answer of web01."""
    return lambda facts: facts["web01"][name].update(values)


def root(**values: t.Any) -> Change:
    """Change the backup root of web01."""
    return lambda facts: facts["web01"]["__groupid_probe"]["backup_root"].update(values)


def sets(*found: dict[str, t.Any]) -> Change:
    """Change the sets in the backup root of web01."""
    return root(sets=list(found))


def asking(**values: t.Any) -> Change:
    """Let all hosts ask for something else too."""
    return lambda facts: ask(facts, **values)


def both(*changes: Change) -> Change:
    """Make several changes."""

    def change(facts: Facts) -> None:
        for one in changes:
            one(facts)

    return change
