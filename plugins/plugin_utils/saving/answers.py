# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answers of the modules that save one server, put together."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.saving.saving import Saved, is_failed
from ansible_collections.identityops.groupid.plugins.plugin_utils.saving.side_by_side import Answer

_OF_MAKING = ("changed", "shared", "sessions", "progress", "seconds")
"""What only the module that makes a backup knows about it, and not a second one that finds and verifies it."""


def verified(made: Answer, found: Answer) -> Answer:
    """Return one answer about a backup, from the module that made it and the module that verified it."""
    known = {name: made[name] for name in _OF_MAKING if name in made}
    warnings = joined(made.get("warnings"), found.get("warnings"))
    statements = [*(made.get("statements") or ()), *(found.get("statements") or ())]
    return {**made, **found, **known, "warnings": warnings, "statements": statements}


def joined(*found: c.Iterable[t.Any] | None) -> list[t.Any]:
    """Return the warnings of several answers, each once."""
    return list(dict.fromkeys(warning for warnings in found for warning in warnings or ()))


def of_server(saved: Saved, downtime: float | None) -> Answer:
    """Return the answers of all parts, with the first failure. downtime: in seconds; None: not stopped, not known."""
    answers = saved.answers()
    result: Answer = {
        "failed": False,
        "changed": any(bool(one.get("changed")) for one in answers),
        "stopped": saved.stopped,
        "part": saved.part,
        "database": saved.database,
        "domains": [{**answer, "domain": name} for name, answer in saved.domains.items()],
        "resumed": saved.resumed,
        "downtime_seconds": downtime,
        # Only these: ansible-core 2.21 and later show what a module warns of in any case. The report has all others.
        "warnings": joined((saved.database or {}).get("warnings")),
    }
    first = next((one for one in answers if is_failed(one)), None)
    if first is not None:
        unreachable = Failure("unreachable", str(first.get("msg") or ""), "", "").explained()
        return {**result, "failed": True, "error": first.get("error") or unreachable}
    if saved.apart is not None:
        return {**result, "failed": True, "error": saved.apart.explained()}
    return result


def downtime(saved: Saved) -> float | None:
    """Return for how many seconds GroupID was stopped: as the host measured it, otherwise as measured here."""
    if saved.stopped is None or saved.resumed is None:
        return None
    measured = saved.resumed.get("down_ms")
    return saved.seconds if measured is None else round(float(measured) / 1000, 3)
