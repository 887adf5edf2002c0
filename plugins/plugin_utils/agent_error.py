# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went wrong in a call to the agent, in the agent's own shape."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class AgentError:
    """One failure.

    code: stable name of the kind of failure.
    what: what was not done. component, path: on what. cause: in the system's words. next: what to do about it.
    """

    code: str
    what: str
    cause: str
    next: str
    component: str | None = None
    path: str | None = None

    @classmethod
    def from_answer(cls, error: c.Mapping[str, t.Any]) -> AgentError:
        """Read the error of an answer; fields that a later agent adds are passed over. Raises KeyError."""
        return cls(**{field.name: error[field.name] for field in dataclasses.fields(cls)})

    def __str__(self) -> str:
        place = " ".join(part for part in (self.component, self.path) if part)
        cause = ": ".join(part.rstrip(".") for part in (self.what, place, self.cause) if part)
        return f"{cause}. {self.next}".strip()


class AgentCallError(Exception):
    """The agent could not be run, or did not answer."""

    def __init__(self, error: AgentError) -> None:
        super().__init__(str(error))
        self.error = error
