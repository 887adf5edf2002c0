# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which groups and attributes a comparison or a restore is limited to."""

from __future__ import annotations

import collections.abc as c
import re

from ansible_collections.identityops.groupid.plugins.module_utils.directory import distinguished_name
from ansible_collections.identityops.groupid.plugins.module_utils.directory.guid import guid_bytes

_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")


class Selection:
    """A choice of groups, by GUID or DN, and of attributes. It remembers which of its names it met.

    A DN counts as it was then or is now, without case, and however it is escaped.
    """

    def __init__(
        self, attributes: c.Sequence[str] | None = None, groups: c.Sequence[str] = (), exclude: c.Sequence[str] = ()
    ) -> None:
        """attributes: None for all. groups: none for all; exclude counts against them.

        Raises ValueError for a name that is neither a GUID nor a DN.
        """
        self._attributes = attributes
        self._groups = _Names(groups)
        self._exclude = _Names(exclude)

    def chosen(self, attributes: c.Sequence[str]) -> tuple[str, ...]:
        """Give those of the attributes that are chosen. Raises ValueError for a chosen one that is not among them."""
        if self._attributes is None:
            return tuple(attributes)
        wanted = {name.lower(): name for name in self._attributes}
        unknown = wanted.keys() - {name.lower() for name in attributes}
        if unknown:
            raise ValueError(f"Not exported: {', '.join(sorted(wanted[key] for key in unknown))}.")
        return tuple(name for name in attributes if name.lower() in wanted)

    def takes(self, guid: bytes, *dns: str | None) -> bool:
        """Whether a group is chosen. dns: by which it is known."""
        excluded = self._exclude.meets(guid, dns)
        return (not self._groups or self._groups.meets(guid, dns)) and not excluded

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names, as they were given, of groups that were not met."""
        return (*self._groups.unmet, *self._exclude.unmet)


def names_below(names: c.Sequence[str], root: str) -> tuple[str, ...]:
    """Give the GUIDs among the names, and the DNs that lie below a domain's root: others are of another domain.

    Raises ValueError for a name that is neither a GUID nor a DN.
    """
    end = distinguished_name.normal(root)
    return tuple(
        name for name in names if _GUID.fullmatch(name.strip()) or distinguished_name.normal(name)[-len(end) :] == end
    )


class _Names:
    """Groups that somebody named."""

    def __init__(self, names: c.Sequence[str]) -> None:
        self._guids: dict[bytes, str] = {}
        self._dns: dict[tuple[str, ...], str] = {}
        for name in names:
            if found := _GUID.fullmatch(name.strip()):
                self._guids[guid_bytes(found[1].lower())] = name
            else:
                self._dns[distinguished_name.normal(name)] = name
        self.unmet = dict.fromkeys([*self._guids.values(), *self._dns.values()])

    def __bool__(self) -> bool:
        return bool(self._guids or self._dns)

    def meets(self, guid: bytes, dns: c.Iterable[str | None]) -> bool:
        """Whether a group is one of them."""
        met = [self._guids[guid]] if guid in self._guids else []
        if self._dns:
            keys = [_key(dn) for dn in dict.fromkeys(dns) if dn]
            met += [self._dns[key] for key in keys if key in self._dns]
        for name in met:
            self.unmet.pop(name, None)
        return bool(met)


def _key(dn: str) -> tuple[str, ...]:
    """Give the normal form of a DN out of a file or directory. A text that is none matches no name."""
    try:
        return distinguished_name.normal(dn)
    except ValueError:
        return ()
