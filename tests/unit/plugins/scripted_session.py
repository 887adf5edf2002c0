# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session on a server that answers by a script: for tests of what is sent, in which order, and after which answer."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Message, Outcome, ResultSet

Answer = Outcome | Exception


class ScriptedSession:
    """Answers a batch by the first rule whose text is in it; a rule's last answer goes on for ever."""

    def __init__(self, rules: t.Mapping[str, Answer | c.Sequence[Answer]]) -> None:
        self.executed: list[str] = []
        self.closed = False
        self._rules = {
            text: [answer] if isinstance(answer, (Outcome, Exception)) else [*answer] for text, answer in rules.items()
        }

    def execute(
        self, batch: str, *, timeout: int = 0, on_message: c.Callable[[Message], None] | None = None
    ) -> Outcome:
        self.executed.append(batch)
        assert not self.closed, batch
        answers = next((answers for text, answers in self._rules.items() if text in batch), None)
        assert answers, f"The script has no answer to: {batch}"
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        for message in answer.messages:
            if on_message:
                on_message(message)
        return answer

    def close(self) -> None:
        self.closed = True

    def sent(self, text: str) -> list[str]:
        """The batches with a text in them."""
        return [batch for batch in self.executed if text in batch]


def rows(*found: t.Mapping[str, t.Any], columns: c.Sequence[str] = ()) -> Outcome:
    """One result set. columns: for one without rows."""
    names = tuple(found[0]) if found else tuple(columns)
    return Outcome((ResultSet(names, tuple(tuple(row.values()) for row in found)),))
