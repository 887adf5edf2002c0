# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures on the hosts of a run: stored as data during the run, and printed once at its end.

``__groupid_failures`` of a host is a list of `Recorded` (`run_state`).
"""

from __future__ import annotations

import collections.abc as c
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure

Facts = c.Mapping[str, c.Mapping[str, t.Any]]

_PREFIXES = re.compile(r"\A(?:(?:Task|Action|Module) failed: )+")
_NUMBERED = re.compile(r"(.*?)([0-9]+)([^0-9]*)")


class Recorded(t.TypedDict):
    """A `Failure` in parts, and the phase of the run in which it happened."""

    phase: str
    code: str
    what: str
    cause: str
    next: str
    component: str | None
    path: str | None


def recorded(phase: str, failure: Failure) -> Recorded:
    """Return a failure in the form that is stored for a host."""
    return t.cast(Recorded, {"phase": phase, **failure.explained()})


def of_result(result: c.Mapping[str, t.Any]) -> Failure | None:
    """Return the failure in a task's result. None if the task succeeded or was skipped.

    result: the registered result, with ``failed_when: false`` or not, or ``ansible_failed_result``.
    """
    if result.get("skipped"):
        return None
    if result.get("unreachable"):
        return Failure("unreachable", _text(result), "", "")
    error = result.get("error")
    if isinstance(error, c.Mapping):
        return Failure.from_mapping(error)
    # A task that crashed, or that is not of this collection, has only a message.
    if result.get("failed") or (result.get("failed_when_result") is False and "schema" not in result):
        return Failure("task", _text(result), "", "")
    return None


class Shared(Recorded):
    """A failure with the hosts that have it. There are none if it is one of the whole run."""

    hosts: list[str]


def shared(facts: Facts, hosts: c.Iterable[str]) -> list[Shared]:
    """Return every failure once, with the hosts that have it."""
    found: dict[tuple[str, str], Shared] = {}
    for host in hosts:
        for one in facts[host].get("__groupid_failures") or []:
            alone = t.cast(Shared, {**one, "hosts": []})
            found.setdefault((one["phase"], str(Failure.from_mapping(one))), alone)["hosts"].append(host)
    return list(found.values())


def lines(facts: Facts, hosts: c.Iterable[str]) -> list[str]:
    """Return every failure once, in two lines, with the hosts that have it. Empty if there is none."""
    return lines_of(shared(facts, hosts))


def lines_of(found: c.Iterable[Shared]) -> list[str]:
    """Return the two lines of each failure."""
    pairs = [
        (f"FAILED in {one['phase']}: {shortened(one['hosts'])}", " ".join(str(Failure.from_mapping(one)).split()))
        for one in found
    ]
    return [line for where, sentence in pairs for line in (where.rstrip(), f"  {sentence}")]


def shortened(hosts: c.Sequence[str]) -> str:
    """Return the names of hosts in one line. Consecutive numbers are an Ansible pattern: ``web[01:20], sql01``."""
    rows: list[tuple[str, list[str], str]] = []
    for host in sorted(hosts):
        found = _NUMBERED.fullmatch(host)
        before, number, behind = found.groups() if found else (host, "", "")
        if rows and found and _follows(rows[-1], before, number, behind):
            rows[-1][1].append(number)
        else:
            rows.append((before, [number], behind))
    return ", ".join(
        f"{before}[{numbers[0]}:{numbers[-1]}]{behind}"
        if len(numbers) > 2
        else ", ".join(f"{before}{number}{behind}" for number in numbers)
        for before, numbers, behind in rows
    )


def _follows(row: tuple[str, list[str], str], before: str, number: str, behind: str) -> bool:
    last = row[1][-1]
    return (row[0], row[2], len(last)) == (before, behind, len(number)) and bool(last) and int(number) == int(last) + 1


def _text(result: c.Mapping[str, t.Any]) -> str:
    """Return a result's message, without the prefix that ansible-core 2.19 and later add."""
    text = str(result.get("msg") or "The task failed without a message. Run again with -vvv for details.")
    return _PREFIXES.sub("", text)
