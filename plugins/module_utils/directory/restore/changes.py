# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a restore or an undo: the values of one group before and after. One modify performs one step."""

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
        """Delete exactly the values to remove, and add the new ones. A server refuses this if other values are there.

        Values are deleted first. A single-valued attribute allows no other order, and "Sales" would conflict with
        "sales".
        """
        gone = tuple(value for value in self.before if value not in self.after)
        come = tuple(value for value in self.after if value not in self.before)
        return self._blocks(gone, come)

    def whole(self) -> c.Iterator[Change]:
        """Delete all old values and add all new ones. This shows the values before and after in full."""
        return self._blocks(self.before, self.after)

    def _blocks(self, gone: tuple[bytes, ...], come: tuple[bytes, ...]) -> c.Iterator[Change]:
        if gone:
            yield Change("delete", self.name, gone)
        if come:
            yield Change("add", self.name, come)


@dataclasses.dataclass(frozen=True)
class Step:
    """One group. guid: objectGUID's 16 bytes, by which it is found. dn: its DN when the step was made."""

    guid: bytes
    dn: str
    attributes: tuple[AttributeStep, ...]

    def reversed(self) -> Step:
        """Return the step that undoes this one."""
        back = (AttributeStep(step.name, step.after, step.before) for step in self.attributes)
        return dataclasses.replace(self, attributes=tuple(back))

    def remaining(self, values: Values) -> Step | None:
        """Return what is still to be done for a group that has these values; no attributes if nothing is.

        None: an attribute has other values than before and after. Then the group must not be changed.
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
        """Return it as a record that a person can import with ``ldifde -i -f``."""
        return modify_record(self.dn, self.changes())

    def whole_record(self) -> bytes:
        """Return it as a record with all values before and after."""
        return modify_record(self.dn, [change for step in self.attributes for change in step.whole()])
