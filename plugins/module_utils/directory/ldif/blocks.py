# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads an LDIF file as blocks: the lines between its empty lines, in any encoding and with any line ends."""

from __future__ import annotations

import codecs
import collections.abc as c
import itertools
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import LdifError, Limits

# Bytes read at once.
_PIECE = 512 * 1024
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Block(t.NamedTuple):
    """Lines of a file between two empty lines.

    line: number of the first line, from 1. text: UTF-8 if the file is in UTF-16, otherwise unchanged; ``\\n`` between
      lines.
    """

    line: int
    text: bytes

    def unfolded(self) -> bytes:
        """Return the text with continued lines joined. A line that begins with a space continues the line before it."""
        return self.text.replace(b"\n ", b"")

    def line_of(self, index: int) -> int:
        """Return the number of the line in the file where the unfolded line ``index``, from 0, begins."""
        if not index:
            return self.line
        begins = (at for at, line in enumerate(self.text.split(b"\n")) if not at or not line.startswith(b" "))
        return self.line + next(itertools.islice(begins, index, None))


def blocks(source: t.BinaryIO, limits: Limits) -> c.Iterator[Block]:
    """Yield the blocks of a file opened in binary mode, none of them empty. Raises LdifError."""
    line, rest = 1, b""
    for piece in _with_line_feeds(_in_utf8(source)):
        *whole, rest = (rest + piece).split(b"\n\n")
        for text in whole:
            if not text:
                line += 2
                continue
            block = _block(line, text, limits)
            if block.text:
                yield block
            line += text.count(b"\n") + 2
        _block(line, rest, limits)
    block = _block(line, rest.removesuffix(b"\n"), limits)
    if rest and not rest.endswith(b"\n"):
        raise LdifError(
            line + rest.count(b"\n"),
            "The file ends within this line: it may have been cut off.",
            "Use a complete file. If this one is complete, end its last line.",
        )
    if block.text:
        yield block


def _block(line: int, text: bytes, limits: Limits) -> Block:
    """Return a block without empty lines before it. Raises LdifError if it is too large or not text."""
    begins = text.lstrip(b"\n")
    block = Block(line + len(text) - len(begins), begins)
    if b"\0" in begins:
        raise LdifError(
            block.line + begins.count(b"\n", 0, begins.index(b"\0")),
            "The line contains a NUL character: the file is not LDIF, or it is damaged.",
            "Check the file. A file in UTF-16 must begin with a byte order mark.",
        )
    if len(begins) > limits.record_bytes:
        what = f"{limits.record_bytes:,} bytes"
    elif len(begins) > limits.record_lines and begins.count(b"\n") >= limits.record_lines:
        what = f"{limits.record_lines:,} lines"
    else:
        return block
    raise LdifError(
        block.line,
        f"More than {what} follow here without an empty line. No record of a group is that long.",
        "Check the file.",
    )


def _pieces(source: t.BinaryIO) -> c.Iterator[bytes]:
    """Yield a file in pieces of one size, even if a read returns less."""
    while True:
        parts, size = [], 0
        while size < _PIECE and (part := source.read(_PIECE - size)):
            parts.append(part)
            size += len(part)
        if not parts:
            return
        yield b"".join(parts)


def _in_utf8(source: t.BinaryIO) -> c.Iterator[bytes]:
    """Return the pieces of a file without its byte order mark, converted to UTF-8 if the mark says UTF-16."""
    pieces = _pieces(source)
    first = next(pieces, b"")
    codec = _UTF_16.get(first[:2])
    if codec is not None:
        return _decoded(itertools.chain([first[2:]], pieces), codec)
    return itertools.chain([first.removeprefix(codecs.BOM_UTF8)], pieces)


def _decoded(pieces: c.Iterator[bytes], codec: str) -> c.Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(codec)()
    line = 1
    for piece, last in itertools.chain(((piece, False) for piece in pieces), [(b"", True)]):
        try:
            text = decoder.decode(piece, last)
        except UnicodeDecodeError as problem:
            before = bytes(problem.object)[: int(problem.start)].decode(codec, "replace")
            raise LdifError(
                line + before.count("\n"),
                f"The file begins as {codec.upper()}, but this line is not valid ({problem.reason}).",
                "The file is damaged or was cut off: use a complete one.",
            ) from None
        line += text.count("\n")
        yield text.encode()


def _with_line_feeds(pieces: c.Iterator[bytes]) -> c.Iterator[bytes]:
    """Return the pieces with ``\\n`` for ``\\r\\n``, also if it is divided between two pieces."""
    held = b""
    for piece in pieces:
        text = held + piece
        held = b"\r" if text.endswith(b"\r") else b""
        yield (text[:-1] if held else text).replace(b"\r\n", b"\n")
    yield held
