# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server refuses: errors as numbers, texts and severities.

Texts are those of sys.messages (English). The order inside one problem is the order on the wire.
"""

from __future__ import annotations

import typing as t

from lab.sql.wire import Message

OS_ERRORS: t.Final = {
    2: "The system cannot find the file specified.",
    3: "The system cannot find the path specified.",
    5: "Access is denied.",
    32: "The process cannot access the file because it is being used by another process.",
    38: "Reached the end of the file.",
    53: "The network path was not found.",
    67: "The network name cannot be found.",
    112: "There is not enough space on the disk.",
    1326: "The user name or password is incorrect.",
}


# Of sys.messages. All others that the tests send have severity 16.
SEVERITIES: t.Final = {
    **dict.fromkeys((3701, 4060, 4064), 11),
    **dict.fromkeys((1205,), 13),
    **dict.fromkeys((229, 262, 297, 300, 916, 922, 924, 926, 927, 942, 945, 976, 983, 3110, 5011, 6102, 7983), 14),
    **dict.fromkeys((18452, 18456, 18470, 18486, 18487, 18488), 14),
    **dict.fromkeys((102, 137), 15),
    **dict.fromkeys((701, 1105, 9002), 17),
    **dict.fromkeys((823, 824), 24),
}
GENERAL: t.Final = 16


def severity(number: int) -> int:
    """Return the severity that sys.messages has for a number."""
    return SEVERITIES.get(number, GENERAL)


class StatementError(Exception):
    """A statement that fails.

    messages: all of them, the telling one first.
    ends_batch: the statements after it are not executed.
    """

    def __init__(self, *messages: Message, ends_batch: bool = False) -> None:
        super().__init__("; ".join(f"{message.number}: {message.text}" for message in messages))
        self.messages = messages
        self.ends_batch = ends_batch

    @classmethod
    def of(
        cls, number: int, text: str, severity: int = 16, state: int = 1, *, ends_batch: bool = False
    ) -> StatementError:
        """Make one of one message."""
        return cls(Message(number, text, severity, state), ends_batch=ends_batch)

    def followed_by(self, number: int, text: str, severity: int = 16) -> StatementError:
        """Return the same problem with one more message behind."""
        return StatementError(*self.messages, Message(number, text, severity), ends_batch=self.ends_batch)


class InterruptedStatementError(Exception):
    """The client cancelled, was cut off, or was killed: the statement stops where it is."""


def syntax_error(near: str) -> StatementError:
    """Refuse a whole batch that the double cannot read."""
    return StatementError.of(102, f"Incorrect syntax near '{near}'.", 15, ends_batch=True)


def no_such_database(name: str) -> StatementError:
    """Say that there is no such database."""
    return StatementError.of(911, f"Database '{name}' does not exist. Make sure that the name is entered correctly.")


def unrecorded() -> Message:
    """Say that msdb has no record of a backup or restore that was done. What follows is said too."""
    text = (
        "Could not insert a backup or restore history/detail record in the msdb database. This may indicate a problem"
        " with the msdb database. The backup/restore operation was still successful."
    )
    return Message(3009, text, 16)


def device_refused(path: str, number: int, state: int) -> StatementError:
    """Say why a backup file cannot be opened; state 1 for writing, 2 for reading."""
    text = f"Cannot open backup device '{path}'. Operating system error {number}({OS_ERRORS[number]})."
    return StatementError.of(3201, text, 16, state)
