# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One failure, in the form that every part of this collection uses: what failed, on what, why, and the next step."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

_Any = t.TypeVar("_Any", bound="Failure")


@dataclasses.dataclass(frozen=True)
class Failure:
    """One thing that went wrong.

    code: stable name of the kind of failure.
    what: what was not done. component, path: on what. cause: the message of the system. next: what to do about it.
    No secret is ever part of one.
    """

    code: str
    what: str
    cause: str
    next: str
    component: str | None = None
    path: str | None = None

    @classmethod
    def from_mapping(cls, data: c.Mapping[str, t.Any]) -> Failure:
        """Read a failure of a result or an answer; other fields are ignored. Raises KeyError."""
        required = {field.name: data[field.name] for field in dataclasses.fields(cls) if field.default is not None}
        return cls(**required, component=data.get("component"), path=data.get("path"))

    def explained(self) -> dict[str, t.Any]:
        """Return the failure in parts, for a result."""
        return dataclasses.asdict(self)

    def also(self: _Any, sentence: str) -> _Any:
        """Return the failure with one more sentence in its next step."""
        return dataclasses.replace(self, next=f"{self.next} {sentence}".strip())

    def __str__(self) -> str:
        place = " ".join(part for part in (self.component, self.path) if part)
        cause = ": ".join(part.rstrip(". ") for part in (self.what, place, self.cause) if part)
        return f"{cause}. {self.next}".strip()


class FailureError(Exception):
    """What went wrong, to raise."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


def argument_failure(what: str, cause: str, module: str) -> Failure:
    """Return the failure of a task with wrong options or variables. what: what was not done. module: its name."""
    return Failure(
        "argument", what, cause, f"Correct the task or the variable; 'ansible-doc {module}' lists the options."
    )
