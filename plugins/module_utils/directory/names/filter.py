# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the first fault in an LDAP filter.

A server or its client library only says "bad search filter". The grammar is RFC 4515's, with the empty ``(&)`` and
``(|)`` of RFC 4526 and the attribute names of RFC 4512. It is stricter in three places, where no server accepts what
the grammar allows: two asterisks in a row, ``(:dn:=value)``, and halves of a character that UTF-8 cannot encode. Spaces
between the parts are faults, as in the RFC: some clients ignore them and others do not.
"""

from __future__ import annotations

import dataclasses
import re

_NAME = r"(?:[A-Za-z][A-Za-z0-9-]*|(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+)"
_ATTRIBUTE = re.compile(rf"{_NAME}(?:;[A-Za-z0-9-]+)*")
_RULE = re.compile(rf":{_NAME}")
_DN = re.compile(r":dn(?=:)", re.IGNORECASE)
_PLAIN = re.compile(r"(?:[^\x00()*\\\ud800-\udfff]+|\\[0-9A-Fa-f]{2})*")
_ITEM = re.compile(rf"{_ATTRIBUTE.pattern}(?:[<>~:]?=)(?:{_PLAIN.pattern})")
_BLANKS = re.compile(r"[ \t\r\n]+")

# Maximum characters of a name in a message: a given filter may be any text of any length.
_QUOTED_AT_MOST = 40


@dataclasses.dataclass(frozen=True)
class Fault:
    """The first fault of a filter.

    position: of the character that is wrong, from 0; the filter's length if something is missing at its end.
    what: a sentence for people. corrected: the filter without its faults if that is clear, else None.
    """

    position: int
    what: str
    corrected: str | None


def fault(text: str) -> Fault | None:
    """Return the first fault of a filter, None if it has none."""
    scan = _Scan(text)
    try:
        scan.run()
    except _StopError as stop:
        first = scan.mended or stop.fault
        return Fault(first.position, first.what, None)
    if scan.mended is None:
        return None
    return Fault(scan.mended.position, scan.mended.what, scan.corrected())


class _StopError(Exception):
    """A fault that only the author of the filter can correct."""

    def __init__(self, position: int, what: str) -> None:
        super().__init__(what)
        self.fault = Fault(position, what, None)


class _Scan:
    """One pass over a filter, from left to right, without recursion: a level of nesting is one character in a list."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.mended: Fault | None = None
        self._position = 0
        # Operators without their ')' so far: "&" before, and "&)" after the first filter that follows it.
        self._open: list[str] = []
        self._edits: list[tuple[int, int, str]] = []

    def corrected(self) -> str:
        """Return the text with all edits."""
        parts, done = [], 0
        for start, end, instead in self._edits:
            parts += [self.text[done:start], instead]
            done = end
        return "".join([*parts, self.text[done:]])

    def run(self) -> None:
        """Raise _StopError, or store the first fault that could be corrected in ``mended``."""
        self._skip_blanks()
        if not self.text[self._position :]:
            raise _StopError(0, "The filter is empty.")
        if self.text[self._position] == "(":
            self._filters()
        else:
            self._bare_item("The filter does not begin with '('.")
        self._skip_blanks()
        self._nothing_follows()

    def _filters(self) -> None:
        """Read one filter with everything in it."""
        self._start()
        while self._open:
            self._skip_blanks()
            here = self._here()
            if here == "(":
                self._start()
            elif here == ")":
                self._position += 1
                self._close()
            elif not here:
                self._close_at_end()
            elif self._open[-1] == "!":
                self._bare_item("What follows '!' does not begin with '('.")
                self._operand_is_there()
            else:
                raise _StopError(
                    self._position, f"{self._quoted()} is found where '(' of a further filter or ')' is expected."
                )

    def _start(self) -> None:
        """Read '(' and the operator or the whole item after it."""
        if self._open and self._open[-1] == "!)":
            raise _StopError(self._position, "'!' takes one filter, and a second one begins here.")
        self._position += 1
        self._skip_blanks()
        here = self._here()
        if here and here in "&|!":
            self._open.append(here)
            self._position += 1
            return
        self._item()
        if self._here() == ")":
            self._position += 1
        else:
            self._append_at_end(1)
        self._operand_is_there()

    def _close(self) -> None:
        operator = self._open.pop()
        if operator == "!":
            raise _StopError(self._position - 1, "No filter follows '!'.")
        self._operand_is_there()

    def _close_at_end(self) -> None:
        if len(self._open[-1]) == 1:
            raise _StopError(self._position, f"The filter ends after '{self._open[-1]}'.")
        self._append_at_end(len(self._open))
        self._open.clear()

    def _operand_is_there(self) -> None:
        """Note that the enclosing filter now contains a filter."""
        if self._open:
            self._open[-1] = self._open[-1][0] + ")"

    def _append_at_end(self, count: int) -> None:
        end = len(self.text)
        there = sum(len(instead) for start, dummy, instead in self._edits if start == end)
        missing = count + there
        self._edits = [edit for edit in self._edits if edit[0] != end]
        what = "One closing parenthesis is" if missing == 1 else f"{missing} closing parentheses are"
        if self.mended is None or self.mended.position == end:
            self.mended = Fault(end, f"{what} missing at the end.", None)
        self._edits.append((end, end, ")" * missing))

    def _bare_item(self, what: str) -> None:
        """Read an item without its parentheses, or stop there."""
        item = _ITEM.match(self.text, self._position)
        if item is None:
            raise _StopError(self._position, what)
        self._correct(self._position, self._position, "(", what)
        self._item()
        self._correct(self._position, self._position, ")", what)

    def _nothing_follows(self) -> None:
        rest = self.text[self._position :]
        if not rest:
            return
        if rest.strip(") \t\r\n"):
            raise _StopError(self._position, f"The filter is complete before {self._quoted()}, and more follows.")
        count = rest.count(")")
        what = "One closing parenthesis is" if count == 1 else f"{count} closing parentheses are"
        self._correct(self._position, len(self.text), "", f"{what} too many at the end.")

    def _item(self) -> None:
        """Read attribute, comparison and value."""
        start = self._position
        attribute = _ATTRIBUTE.match(self.text, start)
        if attribute is not None:
            self._position = attribute.end()
            self._skip_blanks()
        comparison = self._comparison(attribute[0] if attribute else None)
        self._value(asterisks=comparison == "=")

    def _comparison(self, attribute: str | None) -> str:
        for sign in ("=", ">=", "<=", "~="):
            if attribute is not None and self.text.startswith(sign, self._position):
                self._position += len(sign)
                return sign
        here = self._here()
        if here == ":":
            self._extensible(attribute)
            return ":="
        if attribute is None:
            raise _StopError(self._position, self._no_attribute(here))
        if not here:
            raise _StopError(self._position, f"The filter ends after the attribute {_short(attribute)}.")
        if here in "<>~":
            raise _StopError(self._position + 1, f"'{here}' must be followed directly by '='.")
        if here in "()":
            raise _StopError(self._position, f"The attribute {_short(attribute)} has no '=' and no value.")
        raise _StopError(self._position, f"{self._quoted()} is not allowed in the name of an attribute.")

    def _no_attribute(self, here: str) -> str:
        if not here:
            return "The filter ends after '('."
        if here == ")":
            return "There is nothing between '(' and ')'."
        if here == "(":
            return "A second '(' follows, where an attribute, '&', '|' or '!' is expected."
        return f"{self._quoted()} is found where the name of an attribute, '&', '|' or '!' is expected."

    def _extensible(self, attribute: str | None) -> None:
        """Read ``:dn``, ``:rule`` and ``:=``."""
        flag = _DN.match(self.text, self._position)
        if flag:
            self._position = flag.end()
        rule = _RULE.match(self.text, self._position)
        if rule:
            self._position = rule.end()
        if not self.text.startswith(":=", self._position):
            position = self._position + (self._here() == ":")
            raise _StopError(position, "After ':', 'dn', a matching rule or '=' is expected, and ':=' at the end.")
        if attribute is None and rule is None:
            raise _StopError(self._position, "The filter names neither an attribute nor a matching rule.")
        self._position += 2

    def _value(self, *, asterisks: bool) -> None:
        """Read a value up to ')' or the end of the text."""
        start = self._position
        while True:
            plain = _PLAIN.match(self.text, self._position)
            self._position = plain.end() if plain else self._position
            here = self._here()
            if not here and self._position == start:
                raise _StopError(start, "The filter ends before a value.")
            if here == ")" or not here:
                return
            if here != "*":
                raise _StopError(self._position, self._bad_in_value(here))
            if not asterisks:
                raise _StopError(
                    self._position, "'*' is only special after '='. As a character of the value, it is written '\\2a'."
                )
            self._position += 1
            if self._here() == "*":
                raise _StopError(self._position, "Two asterisks follow each other.")

    def _bad_in_value(self, here: str) -> str:
        if here == "(":
            return "There is a '(' in a value: a ')' is missing before it, or it is a character that is written '\\28'."
        if here == "\\":
            return "A '\\' needs two hexadecimal digits after it. As a character of the value, it is written '\\5c'."
        if here == "\0":
            return "The value contains a NUL character. It is written '\\00'."
        return f"{self._quoted()} is half of a character."

    def _skip_blanks(self) -> None:
        blanks = _BLANKS.match(self.text, self._position)
        if blanks:
            self._correct(blanks.start(), blanks.end(), "", "There is a blank or a line end outside of a value.")
            self._position = blanks.end()

    def _correct(self, start: int, end: int, instead: str, what: str) -> None:
        if self.mended is None:
            self.mended = Fault(start, what, None)
        self._edits.append((start, end, instead))

    def _here(self) -> str:
        return self.text[self._position : self._position + 1]

    def _quoted(self) -> str:
        return repr(self._here())


def _short(name: str) -> str:
    return repr(name if len(name) <= _QUOTED_AT_MOST else name[:_QUOTED_AT_MOST] + "...")
