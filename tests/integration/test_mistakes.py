# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hurried administrator, a survey or a nightly job gets wrong costs nothing: it is refused, with what helps.

Each mistake is a command as somebody types it, on a fleet whose two deployments have a sealed set each under one id.
"""

from __future__ import annotations

import collections.abc as c
import concurrent.futures
import dataclasses
import os
import re
import shlex

import pytest
from integration.controller import Run
from integration.mistakes import database, directory, fleet, folders, names, restores, switches, values
from integration.mistakes.mistake import Mistake
from integration.screen_lines import to_read
from integration.two_deployments import STATE_FOLDER, Scene, scene

from lab import snapshot

MISTAKES: tuple[Mistake, ...] = (
    *names.MISTAKES,
    *values.MISTAKES,
    *folders.MISTAKES,
    *fleet.MISTAKES,
    *database.MISTAKES,
    *directory.MISTAKES,
    *restores.MISTAKES,
    *switches.MISTAKES,
)

# What Ansible says of an inventory, or of a group that has no hosts, beside our message.
ANSIBLES = tuple(
    f"[WARNING]: {text}"
    for text in (
        "Unable to parse",
        "No inventory was parsed",
        "provided hosts list is empty",
        "Could not match supplied",
    )
)

# Rows and headings of the tables, and the lines below them: what went well with the others, or was found.
_TABLE = re.compile(r"(host|deployment) +\S|(web01|web02|old01) +(hq|branch) |(hq|branch) +\S|(hq|branch): ")

# Words of a program that broke, of Ansible's own check of arguments, of our roles' inside, and of types of Ansible and
# Python.
NOISE = (
    "AnsibleUnsafe",
    "AnsibleTagged",
    "omit_place_holder",
    "<class '",
    " object at 0x",
    "Traceback",
    "argument_spec",
    "argument_errors",
    "undefined error",
    "AnsibleUndefined",
    "has no attribute",
    "__groupid",
)


# A value that a message calls the user's own: it is "x", names "x", groupid_y is "x".
_CALLED_GIVEN = re.compile(r'(?:\bit is|\bnames|groupid_\w+ is) "([^"]*)"')

JOBS = f"{STATE_FOLDER}/jobs"
"""Where the agent keeps the answers of its jobs: also of one that verifies a part before a restore is refused."""

BATCH = 12
"""Number of mistakes between two looks at everything that must not change."""


def run(place: Scene, mistake: Mistake) -> Run:
    """Type the command of a mistake."""
    playbook, *options = shlex.split(_with_set(place, mistake.typed))
    where = place.inventory(mistake.edit, inventory_name(mistake)) if mistake.edit else None
    if "-i" in options:
        where = place.controller.inventory.with_name(options.pop(options.index("-i") + 1))
        options.remove("-i")
    return place.controller.play(playbook, *options, where=where, environment=mistake.environment)


def problems(place: Scene, mistake: Mistake, done: Run) -> list[str]:
    """Say what is wrong with how a command was refused."""
    flat = " ".join(done.output.split())
    found = [] if done.code else ["it ended with exit code 0"]
    found += [f"it does not say {text!r}" for text in mistake.says if _with_set(place, text) not in flat]
    # Beside an error Ansible shows lines of the playbook, each with its number.
    shown = [line for line in done.output.splitlines() if not re.match(r" *\d+ ", line)]
    found += [line for line in shown if any(noise in line for noise in NOISE)]
    given = given_in(place, mistake)
    # A control character is shown by its number.
    pieces = {value: re.split(r"\\u[0-9a-f]{4}", value.casefold()) for value in _CALLED_GIVEN.findall(flat)}
    found += [f"nobody gave {value!r}" for value, parts in pieces.items() if any(part not in given for part in parts)]
    faults = fault_lines(done.output)
    if len(faults) > 3 * mistake.faults:
        found.append(f"it says {mistake.faults} faults in {len(faults)} lines")
    return found


def given_in(place: Scene, mistake: Mistake) -> str:
    """Return all text that somebody gave a run: the command, the environment, the inventory. In lower case."""
    inventories = [place.controller.inventory, place.controller.inventory.with_name(inventory_name(mistake))]
    texts = [path.read_text() for path in inventories if path.exists()]
    return "\n".join([_with_set(place, mistake.typed), *mistake.environment.values(), *texts]).casefold()


def inventory_name(mistake: Mistake) -> str:
    """Name the inventory that a mistake edits."""
    return f"{re.sub('[^a-zA-Z]+', '_', mistake.name)}.yml"


def fault_lines(output: str) -> list[str]:
    """Return the lines that tell faults, without the headline above them and Ansible's word that a host failed."""
    left = []
    in_note = False
    for line in to_read(output):
        in_note = line.startswith("Note (") or (in_note and line.startswith("  "))
        ansibles = line.startswith(("Nothing was started, because", "fatal: [", *ANSIBLES))
        if not (in_note or ansibles or _TABLE.match(line)):
            left.append(line)
    return left


def _with_set(place: Scene, text: str) -> str:
    return text.replace("THE_SET", place.set_id)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Scene]:
    """Both deployments, backed up. No test changes it."""
    with scene(tmp_path_factory.mktemp("mistakes")) as made:
        yield made


@dataclasses.dataclass(frozen=True)
class Batch:
    """Some mistakes, how each ended, and what all of them changed."""

    runs: c.Mapping[str, Run]
    changed: c.Sequence[snapshot.Difference]


@pytest.fixture(scope="module")
def refused(place: Scene, request: pytest.FixtureRequest) -> list[Batch]:
    """Run the chosen commands in batches, as many at once as there are processors."""
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    chosen = [test.callspec.params["mistake"] for test in tests if test.originalname == REFUSED.__name__]
    batches = []
    before = place.picture(with_state=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(chosen), BATCH):
            some = chosen[start : start + BATCH]
            runs = list(pool.map(lambda mistake: run(place, mistake), some))
            after = place.picture(with_state=True)
            named = {mistake.name: done for mistake, done in zip(some, runs, strict=True)}
            batches.append(Batch(named, [one for one in snapshot.compare(before, after) if JOBS not in one.path]))
            before = after
    return batches


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_it_is_refused_with_what_where_why_and_next(place: Scene, refused: list[Batch], mistake: Mistake) -> None:
    [done] = [batch.runs[mistake.name] for batch in refused if mistake.name in batch.runs]
    assert problems(place, mistake, done) == [], "\n".join(fault_lines(done.output))


REFUSED = test_it_is_refused_with_what_where_why_and_next


def test_nothing_was_written(refused: list[Batch]) -> None:
    """No batch changed a file, also none that the agent keeps for itself beside its jobs, a row or a group."""
    assert [(list(batch.runs), batch.changed) for batch in refused if batch.changed] == []


def test_there_are_enough_and_each_asks_for_more_than_one_text() -> None:
    assert len(MISTAKES) == len({mistake.name for mistake in MISTAKES}) >= 40
    assert [mistake.name for mistake in MISTAKES if len(mistake.says) < 2] == []
