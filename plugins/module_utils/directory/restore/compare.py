# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the groups of a set with the current groups of a directory.

Groups are matched by objectGUID: a group that was moved or renamed is the same group. Records that are equal byte for
byte are not parsed.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export_files import Pair, StoredGroup
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names import distinguished_name
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.selection import Selection

Kind = t.Literal["added", "changed", "cleared"]
"""What a restore would do: the directory has nothing now, has other values, or had nothing at backup time."""


@dataclasses.dataclass(frozen=True)
class AttributeDifference:
    """One attribute of one group, then (in the set) and now (in the directory). Values are in order of their bytes."""

    name: str
    then: tuple[bytes, ...]
    now: tuple[bytes, ...]

    @property
    def kind(self) -> Kind:
        """What a restore would do. ``cleared`` is only done on request."""
        if not self.then:
            return "cleared"
        return "changed" if self.now else "added"


@dataclasses.dataclass(frozen=True)
class GroupDifference:
    """One group that has changed.

    guid: objectGUID's 16 bytes. dn_then, dn_now: None if the group did not exist, or does not exist.
    exported_then, exported_now: whether it had, or has, one of the exported attributes.
    changes: in the chosen attributes; empty for a group that is gone or new.
    """

    guid: bytes
    dn_then: str | None
    dn_now: str | None
    exported_then: bool
    exported_now: bool
    changes: tuple[AttributeDifference, ...] = ()

    @property
    def guid_text(self) -> str:
        """Return objectGUID as Microsoft writes it, in lower case."""
        return guid_text(self.guid)

    @property
    def gone(self) -> bool:
        """Whether it is in the set, but no longer in the directory. It is listed, never created."""
        return self.dn_now is None

    @property
    def new(self) -> bool:
        """Whether it was created after the set. It is listed, never deleted."""
        return self.dn_then is None

    @property
    def moved(self) -> bool:
        """Whether it is in another container now. A restore writes to its current DN."""
        return self._parts_differ(1)

    @property
    def renamed(self) -> bool:
        """Whether its own name has changed."""
        return self._parts_differ(0)

    @property
    def set_since(self) -> bool:
        """Whether it had none of the attributes at backup time, and has some now."""
        return self.dn_then is not None and bool(self.changes) and not self.exported_then

    def _parts_differ(self, part: int) -> bool:
        if self.dn_then is None or self.dn_now is None or self.dn_then == self.dn_now:
            return False
        return distinguished_name.split(self.dn_then)[part] != distinguished_name.split(self.dn_now)[part]


@dataclasses.dataclass
class Counts:
    """Number of chosen groups of each kind.

    equal, differing: groups that are in both, compared by the chosen attributes; set_since is part of differing. moved
    and renamed groups are counted in addition.
    """

    equal: int = 0
    differing: int = 0
    gone: int = 0
    new: int = 0
    moved: int = 0
    renamed: int = 0
    set_since: int = 0

    def add(self, group: GroupDifference) -> None:
        """Count one group."""
        in_both = not group.gone and not group.new
        self.equal += in_both and not group.changes
        self.differing += bool(group.changes)
        for kind in ("gone", "new", "moved", "renamed", "set_since"):
            setattr(self, kind, getattr(self, kind) + getattr(group, kind))


class Comparison:
    """One pass over both. counts: complete when ``differences`` has ended, like ``selection.unmatched``."""

    def __init__(self, then: Pair, now: Pair, selection: Selection) -> None:
        """Take the files of the set and those of a new export.

        Raises ValueError if they do not have the same attributes, or if an attribute is chosen that they do not have.
        """
        if [name.lower() for name in then.attributes] != [name.lower() for name in now.attributes]:
            raise ValueError("The two exports are not of the same attributes.")
        self._then = then
        self._now = now
        self._attributes = selection.chosen(then.attributes)
        self._selection = selection
        self.counts = Counts()

    def differences(self) -> c.Iterator[GroupDifference]:
        """Yield every chosen group that differs, is gone, new, moved or renamed, in order of objectGUID.

        Raises FilesError, OSError.
        """
        chosen, counts = self._selection.takes, self.counts
        for then, now in _joined(self._then.groups(), self._now.groups()):
            # Nearly every group of a domain ends here.
            if then is not None and then == now:
                counts.equal += chosen(then[0], then[1])
                continue
            group = self._difference(then, now)
            if not chosen(group.guid, group.dn_then, group.dn_now):
                continue
            counts.add(group)
            if group.changes or group.dn_then != group.dn_now:
                yield group

    def _difference(self, then: StoredGroup | None, now: StoredGroup | None) -> GroupDifference:
        """Compare a group in the set with that in the directory. One of them may be missing. Raises FilesError."""
        changes: tuple[AttributeDifference, ...] = ()
        if then and now and then[2] != now[2]:
            old, new = self._then.values(*then[1:]), self._now.values(*now[1:])
            compared = (
                AttributeDifference(name, tuple(old.get(key, ())), tuple(new.get(key, ())))
                for name, key in ((name, name.lower()) for name in self._attributes)
            )
            changes = tuple(change for change in compared if change.then != change.now)
        return GroupDifference(
            (then or now or _NOWHERE)[0],
            then[1] if then else None,
            now[1] if now else None,
            bool(then and then[2]),
            bool(now and now[2]),
            changes,
        )


_NOWHERE: t.Final[StoredGroup] = (b"", "", b"")


def _joined(
    left: c.Iterator[StoredGroup], right: c.Iterator[StoredGroup]
) -> c.Iterator[tuple[StoredGroup | None, StoredGroup | None]]:
    """Join two streams that are in order of their first fields."""
    one, other = next(left, None), next(right, None)
    while one and other:
        if one[0] == other[0]:
            yield one, other
            one, other = next(left, None), next(right, None)
        elif one[0] < other[0]:
            yield one, None
            one = next(left, None)
        else:
            yield None, other
            other = next(right, None)
    while one:
        yield one, None
        one = next(left, None)
    while other:
        yield None, other
        other = next(right, None)
