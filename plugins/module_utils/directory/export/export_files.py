# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two files of an export, read together: the companion says which record comes next."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import io
import pathlib
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export import group_index
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import (
    body,
    head,
    raw_records,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import LdifError, Record
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.reader import records
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import DirectoryError

StoredGroup: t.TypeAlias = tuple[bytes, str, bytes]
"""The 16 bytes of objectGUID, the DN, and the record from its first attribute to its empty line, or nothing."""

Item = t.TypeVar("Item")


class FilesError(DirectoryError):
    """The files were not written by an export or a restore. Nothing in them was used."""


@dataclasses.dataclass(frozen=True)
class Pair:
    """The files of one export. attributes: what it exported, as ``canonical.ordered`` gives them."""

    ldif: pathlib.Path
    companion: pathlib.Path
    attributes: tuple[str, ...]

    def groups(self) -> c.Iterator[StoredGroup]:
        """Yield every group in order of objectGUID; records are not parsed.

        Raises FilesError if the files do not belong together or the companion is not valid, OSError.
        """
        with self.companion.open("rb") as lines, self.ldif.open("rb") as source:
            following = self._refusing(self.ldif.name, raw_records(source))
            for guid, dn, exported in self._refusing(self.companion.name, group_index.groups(lines)):
                if not exported:
                    yield guid, dn, b""
                    continue
                begin = head(dn)
                record = next(following, b"")
                if not record.startswith(begin):
                    raise self._refused(f"{self.companion.name} names {dn}, but the next record is of another group")
                yield guid, dn, record[len(begin) :]
            if next(following, None) is not None:
                raise self._refused(f"{self.ldif.name} has more records than {self.companion.name} names")

    def values(self, dn: str, text: bytes) -> dict[str, list[bytes]]:
        """Parse a record that ``groups`` returned: values by attribute name in lower case.

        Raises FilesError for a record that an export of these attributes would not have written.
        """
        if not text:
            return {}
        try:
            found = list(records(io.BytesIO(head(dn) + text)))
        except LdifError as problem:
            raise self._refused(f"{self.ldif.name}, record of {dn}: {problem}") from None
        values = self._attributes(found)
        if values is None or body(self.attributes, values) != text:
            raise self._refused(
                f"{self.ldif.name}, record of {dn}: it is not in the canonical form of {', '.join(self.attributes)}"
            )
        return values

    def _attributes(self, found: list[Record]) -> dict[str, list[bytes]] | None:
        """Return the record's attributes. None: not exactly one record, or an attribute that was not exported."""
        if len(found) != 1 or found[0].changetype != "add":
            return None
        known = {name.lower() for name in self.attributes}
        return found[0].attributes if found[0].attributes.keys() <= known else None

    def _refusing(self, name: str, items: c.Iterator[Item]) -> c.Iterator[Item]:
        """Yield the items. An error of their reader becomes a FilesError. name: of the file that is read."""
        try:
            yield from items
        except ValueError as problem:
            raise self._refused(f"{name}: {problem}") from None

    def _refused(self, cause: str) -> FilesError:
        return FilesError(
            "files",
            f"The files {self.ldif.name} and {self.companion.name} were not used",
            cause,
            "Use both files of one set, unchanged.",
        )
