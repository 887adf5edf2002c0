# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one answer of the agent says, and the answer to a claim that follows only from it."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import NOT_HELD, Finding, held_if

Answer = c.Mapping[str, t.Any]


def code_of(answer: Answer) -> str:
    """Return the code of a failure. Empty if it is none."""
    return str(answer["error"]["code"]) if answer["failed"] else ""


def error_of(answer: Answer) -> str:
    """Return code, path and cause of a failure. Empty if it is none."""
    if not answer["failed"]:
        return ""
    return ": ".join(filter(None, (answer["error"][field] for field in ("code", "path", "cause"))))


def failed(identity: str, answer: Answer) -> Finding:
    """Return that a claim is not held, because of a failure."""
    return Finding(identity, NOT_HELD, error_of(answer)[:300])


def judged(right: bool, identity: str, otherwise: str) -> Finding:
    """Return the answer to a claim that is held or not. otherwise: what was seen if it is not, as long as it may be."""
    return held_if(right, identity, otherwise[:300])
