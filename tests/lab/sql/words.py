# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""T-SQL words: a batch cut into tokens, and the tokens into statements."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import enum
import re

from lab.sql.problems import StatementError, syntax_error


class Kind(enum.Enum):
    """What a token is."""

    TEXT = "text"
    NAME = "name"
    WORD = "word"
    NUMBER = "number"
    BINARY = "binary"
    VARIABLE = "variable"
    SIGN = "sign"


@dataclasses.dataclass(frozen=True)
class Token:
    """A word of T-SQL. ``value``: a text or name without its quotes, all else as written."""

    kind: Kind
    value: str

    @property
    def upper(self) -> str:
        """The word in capitals; empty for what cannot be a keyword."""
        return self.value.upper() if self.kind in (Kind.WORD, Kind.SIGN, Kind.VARIABLE) else ""

    @property
    def is_name(self) -> bool:
        """Whether it can name something."""
        return self.kind in (Kind.NAME, Kind.WORD)


_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<text>[Nn]?'(?:[^']|'')*')
    |(?P<name>\[(?:[^\]]|\]\])*\]|"(?:[^"]|"")*")
    |(?P<binary>0[xX][0-9a-fA-F]*)
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<variable>@@?[\w$#]+)
    |(?P<word>[^\W\d][\w$\#@]*|\#\#?\w+)
    |(?P<sign><>|<=|>=|!=|\|\||::|[-+*/%=<>(),.;&|^~:])""",
    re.VERBOSE | re.DOTALL,
)


def tokens(batch: str) -> list[Token]:
    """Cut a batch into tokens. Raises StatementError."""
    # Inside a literal, backslash and newline are a line continuation: both vanish.
    batch = batch.replace("\\\r\n", "").replace("\\\n", "")
    found = []
    position = 0
    while position < len(batch):
        match = _TOKEN.match(batch, position)
        if match is None:
            if batch[position] == "'":
                raise StatementError.of(
                    105, f"Unclosed quotation mark after the character string '{batch[position + 1 :]}'.", 15
                )
            raise syntax_error(batch[position])
        position = match.end()
        kind = match.lastgroup
        if kind != "space":
            found.append(_token(str(kind), match[0]))
    return found


def _token(kind: str, raw: str) -> Token:
    if kind == "text":
        return Token(Kind.TEXT, raw[raw.index("'") + 1 : -1].replace("''", "'"))
    if kind == "name":
        return Token(Kind.NAME, raw[1:-1].replace(raw[-1] * 2, raw[-1]))
    return Token(Kind(kind), raw)


class Words:
    """Tokens to take one after the other."""

    def __init__(self, found: c.Sequence[Token]) -> None:
        self._tokens = list(found)
        self.position = 0

    def __bool__(self) -> bool:
        return self.position < len(self._tokens)

    def peek(self, ahead: int = 0) -> Token:
        """Return a coming token without taking it; past the end one that is like no other."""
        index = self.position + ahead
        return self._tokens[index] if index < len(self._tokens) else Token(Kind.SIGN, "")

    def take(self) -> Token:
        """Take the next token. Raises StatementError at the end."""
        if not self:
            raise syntax_error(self._tokens[-1].value if self._tokens else "")
        self.position += 1
        return self._tokens[self.position - 1]

    def accept(self, *words: str) -> bool:
        """Take these words when they come next, all or none."""
        if all(self.peek(index).upper == word for index, word in enumerate(words)):
            self.position += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        """Take these words. Raises StatementError when something else comes."""
        for word in words:
            if not self.accept(word):
                raise syntax_error(self.peek().value)

    def name(self) -> str:
        """Take an identifier. Raises StatementError."""
        token = self.take()
        if not token.is_name:
            raise syntax_error(token.value)
        return token.value

    def group(self) -> list[Token]:
        """Take a group in parentheses, and give what is inside. Raises StatementError."""
        self.expect("(")
        inside: list[Token] = []
        depth = 1
        while True:
            token = self.take()
            depth += {"(": 1, ")": -1}.get(token.upper, 0)
            if depth == 0:
                return inside
            inside.append(token)

    def rest(self) -> list[Token]:
        """Take all that is left."""
        found = self._tokens[self.position :]
        self.position = len(self._tokens)
        return found


def split(found: c.Sequence[Token], separator: str) -> list[list[Token]]:
    """Split tokens at a sign outside of parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in found:
        depth += {"(": 1, ")": -1}.get(token.upper, 0)
        if token.upper == separator and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
