# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tables of a summary read of a host, and how they show it."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import deployments, failures, verify_mode
from ansible_collections.identityops.groupid.plugins.module_utils.columns import Cell
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts

Row: t.TypeAlias = list[Cell]


def has_failed(facts: Facts, host: str) -> bool:
    """Return whether something went wrong on the host."""
    return bool(facts[host].get("__groupid_failures"))


def answer_of(facts: Facts, host: str, name: str) -> c.Mapping[str, t.Any]:
    """Return the result that a task registered on a host. Empty if the task was skipped or failed."""
    return successful(facts[host].get(name) or {})


def successful(answer: c.Mapping[str, t.Any]) -> c.Mapping[str, t.Any]:
    """Return an answer. Empty if its task was skipped or failed."""
    return {} if answer.get("skipped") or failures.of_result(answer) else answer


def asked_of(facts: Facts, host: str, name: str) -> t.Any:
    """Return the value of a variable of the host, by its name without the prefix. None if it is not asked."""
    return facts[host]["__groupid_asked"].get(name)


def prediction_of(facts: Facts, host: str) -> c.Mapping[str, t.Any] | None:
    """Return what a preflight predicts for the host's deployment. None if it predicts nothing."""
    predictions: c.Mapping[str, c.Mapping[str, t.Any]] = facts[host].get("__groupid_predictions") or {}
    return predictions.get(deployments.name_of(facts, host))


def predicted_part(facts: Facts, host: str) -> c.Mapping[str, t.Any]:
    """Return what was predicted of the host's own folders. Empty: nothing."""
    parts = (prediction_of(facts, host) or {}).get("parts") or []
    return next((part for part in parts if (part["kind"], part["host"]) == ("folders", host)), {})


def checked(check: c.Mapping[str, t.Any]) -> str | None:
    """Return how a verification ended, with its mode unless it was full."""
    state, mode = check.get("state"), check.get("mode", verify_mode.FULL)
    return state if state is None or mode == verify_mode.FULL else f"{state} ({mode})"


def would(state: str, check: bool) -> str:
    """Return a state as it is, or in check mode as it would be."""
    return f"would be {state}" if check else state


def yes(value: object) -> str:
    """Return ``yes`` or ``no``."""
    return "yes" if value else "no"


def size_cells(answer: c.Mapping[str, t.Any]) -> Row:
    """Return the cells of how many files an answer has, and of their MB."""
    return [answer.get("files"), scaled(answer.get("bytes"), 1e6)]


def scaled(size: float | None, unit: float) -> float | None:
    """Return a size in a unit of so many bytes. None if it is not known."""
    return None if size is None else size / unit
