# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a restore or an undo: what one group has before, and shall have after. One modify does one step."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.writer import modify_record

Values: t.TypeAlias = c.Mapping[str, c.Sequence[bytes]]
"""Values of a group by attribute name in lower case."""


@dataclasses.dataclass(frozen=True)
class AttributeStep:
    """One attribute. before, after: all of its values, in order of their bytes; they differ."""

    name: str
    before: tuple[bytes, ...]
    after: tuple[bytes, ...]

    def changes(self) -> c.Iterator[Change]:
        """Delete exactly the values that must go, add those that come: a server refuses it where others are there.

        Deleting comes first. A single-valued attribute takes no other order, and "Sales" is in the way of "sales".
        """
        gone = tuple(value for value in self.before if value not in self.after)
        come = tuple(value for value in self.after if value not in self.before)
        return self._blocks(gone, come)

    def whole(self) -> c.Iterator[Change]:
        """Delete all values of before, add all of after: says in full what was there and what shall be."""
        return self._blocks(self.before, self.after)

    def _blocks(self, gone: tuple[bytes, ...], come: tuple[bytes, ...]) -> c.Iterator[Change]:
        if gone:
            yield Change("delete", self.name, gone)
        if come:
            yield Change("add", self.name, come)


@dataclasses.dataclass(frozen=True)
class Step:
    """One group. guid: objectGUID's 16 bytes, by which it is found. dn: where it lay when the step was made."""

    guid: bytes
    dn: str
    attributes: tuple[AttributeStep, ...]

    def reversed(self) -> Step:
        """Return the step that undoes this one."""
        back = (AttributeStep(step.name, step.after, step.before) for step in self.attributes)
        return dataclasses.replace(self, attributes=tuple(back))

    def remaining(self, values: Values) -> Step | None:
        """Return what is still to be done for a group that has these values; no attributes if nothing is.

        None: it has other values than before or after in some attribute. Nothing of it may be overwritten.
        """
        left = []
        for step in self.attributes:
            present = tuple(sorted(values.get(step.name.lower(), ())))
            if present == step.after:
                continue
            if present != step.before:
                return None
            left.append(step)
        return dataclasses.replace(self, attributes=tuple(left))

    def changes(self) -> tuple[Change, ...]:
        """Return the modify that does it."""
        return tuple(change for step in self.attributes for change in step.changes())

    def record(self) -> bytes:
        """Write it as a record that a person can have imported: ``ldifde -i -f``."""
        return modify_record(self.dn, self.changes())

    def whole_record(self) -> bytes:
        """Write it as a record with all values of both sides."""
        return modify_record(self.dn, [change for step in self.attributes for change in step.whole()])
