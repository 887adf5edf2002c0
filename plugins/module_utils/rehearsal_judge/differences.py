# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How files differ from what they should be, and the claims that this refutes."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    HELD,
    NOT_HELD,
    REFUSED,
    Finding,
)
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_judge.answers import Answer, error_of

Looks = c.Sequence[Answer]

_HIDDEN_SYSTEM: t.Final = 0x6


def differences_of(looks: Looks) -> list[Answer]:
    """Return the differences of all looks that succeeded."""
    return [one for look in looks if not look["failed"] for one in look["differences"]]


def unseen(identity: str, looks: Looks) -> list[Finding]:
    """Return an answer to a claim for each look that failed."""
    return [Finding(identity, REFUSED, f"It cannot be read: {error_of(look)}") for look in looks if look["failed"]]


def agree(identity: str, looks: Looks) -> Finding:
    """Return that a claim is held, unless a look failed or saw a difference."""
    failures = unseen(identity, looks)
    return failures[0] if failures else unless(differences_of(looks), identity)


def unless(differences: c.Sequence[Answer], identity: str) -> Finding:
    """Return that a claim is held, unless there are differences."""
    return Finding(identity, NOT_HELD, shown(differences)) if differences else Finding(identity, HELD)


def shown(differences: c.Sequence[Answer]) -> str:
    """Return the first difference as text, and how many more there are."""
    first = differences[0]
    more = f" ({len(differences) - 1} more)" if len(differences) > 1 else ""
    return f"{first['path']}: {first['property']} was {first['made']}, is {first['seen']}{more}"[:300]


def claim_of(difference: Answer, otherwise: str) -> str:
    """Return the claim that a difference between the made and the found file refutes."""
    of_property = {"written": "files.times", "created": "files.created", "streams": "files.streams"}
    if difference["property"] in of_property:
        return of_property[difference["property"]]
    if difference["property"] == "security":
        return _security_claim(difference)
    if difference["property"] == "attributes":
        bits = int(difference["made"]) ^ int(difference["seen"])
        return "files.hidden_system" if bits & _HIDDEN_SYSTEM else "files.read_only"
    of_case = {
        "names": "files.names",
        "long": "files.long_names",
        "links": "files.hard_links",
        "twins": "files.case_twins",
    }
    return of_case.get(difference["case"], otherwise)


def _security_claim(difference: Answer) -> str:
    if difference["case"] == "owner":
        return "files.owner"
    if difference["case"] != "security" or difference["path"] == "security/inherited.txt":
        return "restore.inherits"
    if difference["path"] == "security/denying/below.txt":  # which nothing damages but the list of its folder
        return "restore.passed_on"
    return "files.security" if difference["path"] == "security/explicit.txt" else "files.security_protected"


def is_expected(difference: Answer, lacking: c.Container[str], identity: str) -> bool:
    """Return whether a difference is allowed."""
    if difference["property"] in ("created", "written") and f"times.{difference['property']}" in lacking:
        return True
    # A merge keeps files that are newer than the backup. Then their folder has a newer time too.
    return identity == "restore.merge" and difference["path"] == "plain" and difference["property"] == "written"
