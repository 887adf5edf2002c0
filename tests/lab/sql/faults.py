# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults by rule: what goes wrong, with which batch, and when."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import re
import threading
import typing as t

from lab.sql.problems import severity
from lab.sql.wire import Message

When = t.Literal["before", "during", "after"]


@dataclasses.dataclass
class Fault:
    """A rule. Exactly one thing happens: messages instead of an answer, a lost connection, or only what comes before.

    pattern: regular expression searched in the batch, without case.
    nth: which of the matching batches, from 1; 0: each of them.
    messages: sent instead of executing; errors from severity 11 on.
    drop: when the connection is cut; ``during``: at ``percent`` of a BACKUP or RESTORE,
      of others as ``after``: done, not answered.
    outage: the whole server goes away with it, until the double is told to listen again.
    restart: the server starts again: seconds until it listens, seconds that it then takes to recover databases, and
      those that msdb takes longer than the others.
    delay: seconds before anything else.
    act: what somebody else does then, before the batch is executed.
    percent: with messages: a BACKUP or RESTORE goes so far before it fails.
    """

    pattern: str
    nth: int = 1
    messages: tuple[Message, ...] = ()
    drop: When | None = None
    outage: bool = False
    restart: tuple[float, float] | tuple[float, float, float] | None = None
    delay: float = 0.0
    act: c.Callable[[], object] = lambda: None
    percent: float = 0.0
    seen: int = 0


class Faults:
    """The rules of a server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a rule; the first one that matches counts."""
        with self._lock:
            self._rules.append(fault)

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()

    def errors(self, pattern: str, *messages: tuple[int, str], nth: int = 1, percent: float = 0.0) -> None:
        """Let a batch fail with these numbers and texts, each with the severity that it has on a server."""
        made = tuple(Message(number, text, severity(number)) for number, text in messages)
        self.add(Fault(pattern, nth, made, percent=percent))

    def deadlock(self, pattern: str, nth: int = 1) -> None:
        """Let a batch be a deadlock's victim."""
        text = (
            "Transaction (Process ID 60) was deadlocked on lock resources with another process and has been chosen as"
            " the deadlock victim. Rerun the transaction."
        )
        self.errors(pattern, (1205, text), nth=nth)

    def drop(self, pattern: str, when: When, nth: int = 1, percent: float = 50.0, outage: bool = False) -> None:
        """Cut the connection of a batch."""
        self.add(Fault(pattern, nth, drop=when, percent=percent, outage=outage))

    def delay(self, pattern: str, seconds: float, nth: int = 0) -> None:
        """Slow batches down."""
        self.add(Fault(pattern, nth, delay=seconds))

    def first(self, pattern: str, act: c.Callable[[], object], nth: int = 1) -> None:
        """Let somebody else do something when a batch has come and nothing of it is done."""
        self.add(Fault(pattern, nth, act=act))

    def of(self, batch: str) -> Fault | None:
        """Return the rule that strikes a batch now."""
        with self._lock:
            struck = None
            for rule in self._rules:
                if re.search(rule.pattern, batch, re.IGNORECASE | re.DOTALL):
                    rule.seen += 1
                    if struck is None and rule.nth in (0, rule.seen):
                        struck = rule
            return struck
