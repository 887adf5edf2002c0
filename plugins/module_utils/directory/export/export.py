# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An export: one pass over a domain's groups writes the canonical file and its companion.

Memory use does not grow with the number of groups. Records are sorted in runs, which are stored in a file in the same
folder, and then merged. The hashes are computed while the two files are written.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import hashlib
import json
import pathlib
import tempfile
import types
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export import group_index
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import (
    ADD,
    END,
    GUID,
    RECORD_LIMIT,
    ordered,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.external_sort import MEMORY, Sorter
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.writer import dn_lines, value_lines
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import DirectoryError, Entry

LDIF_ENDING: t.Final = ".ldf"
COMPANION_ENDING: t.Final = ".groups.jsonl"

_GUID_BYTES = 16
_LENGTH = 4
_WRITE = 256 * 1024


@dataclasses.dataclass(frozen=True)
class WrittenFile:
    """A file of an export. size: bytes. sha256: of its content, lower case."""

    path: pathlib.Path
    size: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class Exported:
    """What an export wrote.

    groups: all of the pass. exported: those with at least one of the attributes.
    attributes: as the records spell and order them.
    """

    groups: int
    exported: int
    attributes: tuple[str, ...]
    ldif: WrittenFile
    companion: WrittenFile


def export_pages(
    pages: c.Iterable[c.Iterable[Entry]],
    attributes: c.Sequence[str],
    folder: pathlib.Path,
    name: str,
    memory: int = MEMORY,
) -> Exported:
    """Write ``<name>.ldf`` and ``<name>.groups.jsonl`` into a folder that only the caller uses.

    pages: all groups of the domain, with objectGUID and the attributes; other attributes are ignored.
    attributes: what to export. memory: maximum bytes of records in memory.

    Raises DirectoryError for a group without a usable objectGUID, for a group that was returned twice with different
    content, and for values that were returned only in part; the exceptions of the pages; OSError; ValueError for
    invalid attributes or an invalid name.
    """
    names = ordered(attributes)
    if not name or pathlib.PurePath(name).name != name:
        raise ValueError(f"{name!r} cannot be the name of a file.")
    # It has no name, so it is removed when the process ends in any way.
    with tempfile.TemporaryFile(dir=folder) as spill:
        sorter = Sorter(spill, memory)
        encode = _Encoder(names).encode
        for page in pages:
            sorter.extend(encode(page))
        return _write(sorter.sorted(), names, folder / f"{name}{LDIF_ENDING}", folder / f"{name}{COMPANION_ENDING}")


class _Encoder:
    """Turns entries into byte strings to sort: objectGUID, length of the companion's line, that line, the record.

    Equal byte strings are the same group with the same content. Without a record, they end after the line.
    """

    def __init__(self, names: c.Sequence[str]) -> None:
        # Place of each attribute in a record, by every spelling seen so far; 0 is objectGUID.
        self._names = (GUID, *names)
        self._places = {spelling: place for place, name in enumerate(self._names) for spelling in (name, name.lower())}

    def encode(self, page: c.Iterable[Entry]) -> list[bytes]:
        """Encode one page. Raises DirectoryError."""
        # Bound to local names: this loop runs once for each value of a domain.
        place_of, names, encode_value, encode_dn = self._places.get, self._names, value_lines, dn_lines
        line, blobs = group_index.line, []
        for dn, found in page:
            present = []
            guid = b""
            for spelling, values in found.items():
                place = place_of(spelling)
                if place is None:
                    place = self._index_of(dn, spelling)
                if place:
                    present.append((place, values))
                elif place == 0:
                    guid = values[0] if len(values) == 1 else b""
            if len(guid) != _GUID_BYTES:
                raise _without_guid(dn)
            present.sort()
            lines = []
            for place, values in present:
                name = names[place]
                if len(values) == 1:
                    lines.append(encode_value(name, values[0]))
                else:
                    lines += [encode_value(name, value) for value in sorted(values)]
            text = line(guid, dn, bool(lines))
            blob = [guid, len(text).to_bytes(_LENGTH, "big"), text]
            if lines:
                blob += [encode_dn(dn), ADD, *lines, END]
            blobs.append(b"".join(blob))
        return blobs

    def _index_of(self, dn: str, spelling: str) -> int | None:
        """Return the place of an attribute in a new spelling. None: it was not requested. Raises DirectoryError."""
        name, dummy, options = spelling.lower().partition(";")
        place = self._places.get(name)
        if place is None:
            return None
        if options.startswith("range="):
            raise DirectoryError(
                "range",
                f"The export stopped at {dn}",
                f"The server returned only a part of the values of {self._names[place]} ({spelling})",
                "Shorten the attribute on this group, or leave it out of the attributes.",
            )
        if options:
            return None
        self._places[spelling] = place
        return place


def _without_guid(dn: str) -> DirectoryError:
    return DirectoryError(
        "no_guid",
        f"The export stopped at {dn}",
        f"The server returned no {GUID} of 16 bytes for it",
        f"Use an account that may read {GUID}, and a server of Active Directory.",
    )


def _too_large(line: bytes) -> DirectoryError:
    """Return the error for a record that could be written but not read again. line: of the companion."""
    return DirectoryError(
        "group_too_large",
        f"The export stopped at {json.loads(line)['dn'][:200]}",
        f"Its attributes have more than {RECORD_LIMIT:,} bytes of LDIF, or its DN more than {group_index.LINE_LIMIT:,}",
        "Shorten them on this group, or leave the attribute out of the attributes.",
    )


def _write(
    blobs: c.Iterable[bytes], names: tuple[str, ...], ldif_path: pathlib.Path, companion_path: pathlib.Path
) -> Exported:
    """Write both files from the sorted byte strings.

    Raises DirectoryError for a group that occurs twice or is too large.
    """
    groups = exported = 0
    before = b""
    with _HashedFile(ldif_path) as ldif, _HashedFile(companion_path) as lines:
        add_record, add_line = ldif.write, lines.write
        for blob in blobs:
            if blob[:_GUID_BYTES] == before[:_GUID_BYTES]:
                if blob == before:
                    continue
                raise _duplicate_guid(before)
            before = blob
            groups += 1
            start = _GUID_BYTES + _LENGTH
            end = start + int.from_bytes(blob[_GUID_BYTES:start], "big")
            if len(blob) > RECORD_LIMIT or end - start > group_index.LINE_LIMIT:
                raise _too_large(blob[start:end])
            add_line(blob[start:end])
            if end < len(blob):
                exported += 1
                add_record(blob[end:])
    return Exported(groups, exported, names, ldif.result, lines.result)


def _duplicate_guid(blob: bytes) -> DirectoryError:
    return DirectoryError(
        "group_twice",
        "The export stopped at a group that the server returned twice with different content",
        f"{GUID} {guid_text(blob[:_GUID_BYTES])} was renamed, moved or changed while the domain was read",
        "Run the export again.",
    )


class _HashedFile:
    """A new file that is hashed while it is written. After an error, it is removed."""

    result: WrittenFile

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        self._parts: list[bytes] = []
        self._held = 0
        self._size = 0
        self._hash = hashlib.sha256()

    def __enter__(self) -> _HashedFile:
        self._file = self._path.open("xb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        try:
            with self._file:
                if kind is None:
                    self._flush()
        finally:
            if kind is not None:
                self._path.unlink()
        self.result = WrittenFile(self._path, self._size, self._hash.hexdigest())

    def write(self, content: bytes) -> None:
        """Add some bytes. Raises OSError."""
        self._parts.append(content)
        self._held += len(content)
        if self._held >= _WRITE:
            self._flush()

    def _flush(self) -> None:
        held = b"".join(self._parts)
        self._parts.clear()
        self._held = 0
        self._size += len(held)
        self._hash.update(held)
        self._file.write(held)
