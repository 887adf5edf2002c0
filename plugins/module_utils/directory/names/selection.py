# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which groups and attributes a comparison or a restore is limited to."""

from __future__ import annotations

import collections.abc as c
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.names import distinguished_name
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_bytes

Option = t.Literal["groups", "exclude_groups"]

_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")
# A name that Active Directory accepts as a DN (MS-ADTS 3.1.1.3.1.2.4): a GUID's text, or its bytes as they are stored.
_GUID_NAME = re.compile(r"<GUID=\s*(.*?)\s*>", re.IGNORECASE)
_BYTES = re.compile(r"[0-9A-Fa-f]{32}")
_DC = "dc="


class Selection:
    """A selection of groups, by GUID or DN, and of attributes. It remembers which of its names matched a group.

    A DN matches the group's DN in the set and its current DN, regardless of case and escapes.
    """

    def __init__(
        self, attributes: c.Sequence[str] | None = None, groups: c.Sequence[str] = (), exclude: c.Sequence[str] = ()
    ) -> None:
        """attributes: None for all. groups: empty for all; exclude: groups to leave out.

        Raises ValueError for a name that is neither a GUID nor a DN.
        """
        self._attributes = attributes
        self._groups = _Names(groups)
        self._exclude = _Names(exclude)

    def chosen(self, attributes: c.Sequence[str]) -> tuple[str, ...]:
        """Return the chosen attributes. Raises ValueError for a chosen one that is not among them."""
        if self._attributes is None:
            return tuple(attributes)
        wanted = {name.lower(): name for name in self._attributes}
        unknown = wanted.keys() - {name.lower() for name in attributes}
        if unknown:
            raise ValueError(f"Not exported: {', '.join(sorted(wanted[key] for key in unknown))}.")
        return tuple(name for name in attributes if name.lower() in wanted)

    def takes(self, guid: bytes, *dns: str | None) -> bool:
        """Whether a group is chosen. dns: its DNs."""
        excluded = self._exclude.matches(guid, dns)
        return (not self._groups or self._groups.matches(guid, dns)) and not excluded

    def record(self, guid: bytes, dn: str) -> None:
        """Note that a group exists now, and its DN. From then on, its objectGUID counts.

        For an excluded group, it is enough that it exists. For a group to restore, ``takes`` must also see it.
        """
        for names in (self._groups, self._exclude):
            names.record(guid, dn)

    @property
    def unmatched(self) -> dict[str, Option]:
        """Names that matched no group, as they were given, each with its option."""
        known = {*self._exclude.taken, *self._exclude.there}
        unmatched: dict[str, Option] = {name: "groups" for name in self._groups.names if name not in self._groups.taken}
        return {**unmatched, **{name: "exclude_groups" for name in self._exclude.names if name not in known}}

    @property
    def there(self) -> frozenset[str]:
        """Names of groups to restore that exist in the directory now, as they were given."""
        return frozenset(self._groups.there)

    @property
    def ambiguous(self) -> dict[str, tuple[bytes, ...]]:
        """Names that matched several groups, as they were given, with the objectGUIDs of these groups."""
        groups = {**self._groups.guids_by_name(), **self._exclude.guids_by_name()}
        return {name: guids for name, guids in groups.items() if len(guids) > 1}

    @property
    def dns(self) -> tuple[str, ...]:
        """The names that are DNs."""
        return tuple(dict.fromkeys([*self._groups.dns, *self._exclude.dns]))

    @property
    def guids(self) -> tuple[bytes, ...]:
        """The objectGUIDs by which groups are named."""
        return tuple(dict.fromkeys([*self._groups.guids, *self._exclude.guids]))


def own_names(names: c.Sequence[str], root: str, others: c.Iterable[str]) -> tuple[str, ...]:
    """Return the names without the groups of other domains, because one list may be used for several domains.

    root: DN of the domain. others: DNs of the other domains. A name belongs to the domain that all of its DC parts
      name, so a name in a child domain does not belong to the parent. A name that belongs to none of the domains, for
      example because of a typing error, is kept.

    Raises ValueError for a name that is neither a GUID nor a DN.
    """
    ends = [end for end in map(_key, others) if end]
    return tuple(name for name in names if is_below(name, root) or not _is_of_one(name, ends))


def is_below(name: str, root: str) -> bool:
    """Whether a name is of an object in this domain, and not in a child domain."""
    return _is_of_one(name, [_key(root)])


def domain_of(name: str) -> str:
    """Return the DNS name of the domain that a DN ends with; empty if it names none."""
    labels: list[str] = []
    for part in reversed(_key(name)):
        if not part.startswith(_DC):
            break
        labels.insert(0, part.removeprefix(_DC))
    return ".".join(labels)


def _is_of_one(name: str, ends: c.Iterable[tuple[str, ...]]) -> bool:
    if _guid(name) is not None:
        return False
    key = distinguished_name.normal(name)
    return any(
        key[-len(end) :] == end and (len(key) == len(end) or not key[-len(end) - 1].startswith(_DC)) for end in ends
    )


class _Names:
    """Groups that somebody named."""

    def __init__(self, names: c.Sequence[str]) -> None:
        self._guids: dict[bytes, str] = {}
        self._dns: dict[tuple[str, ...], str] = {}
        for name in names:
            guid = _guid(name)
            if guid is not None:
                self._guids[guid] = name
            else:
                self._dns[distinguished_name.normal(name)] = name
        self.guids = tuple(self._guids)
        self.dns = tuple(self._dns.values())
        self.names = (*self._guids.values(), *self.dns)
        self.taken: dict[str, dict[bytes, None]] = {}
        """For each name, the groups that a comparison found in the set or in the directory."""
        self.there: dict[str, dict[bytes, None]] = {}
        """For each name, the groups that exist in the directory."""

    def __bool__(self) -> bool:
        return bool(self.names)

    def guids_by_name(self) -> dict[str, tuple[bytes, ...]]:
        """Return the groups that each name matched."""
        return {
            name: tuple(dict.fromkeys([*self.taken.get(name, ()), *self.there.get(name, ())])) for name in self.names
        }

    def matches(self, guid: bytes, dns: c.Iterable[str | None]) -> bool:
        """Whether a group is one of them."""
        met = self._matching(guid, dns)
        for name in met:
            self.taken.setdefault(name, {})[guid] = None
        return bool(met)

    def record(self, guid: bytes, dn: str) -> None:
        """Note that a group exists in the directory."""
        for name in self._matching(guid, [dn]):
            self.there.setdefault(name, {})[guid] = None
            self._guids.setdefault(guid, name)

    def _matching(self, guid: bytes, dns: c.Iterable[str | None]) -> list[str]:
        met = [self._guids[guid]] if guid in self._guids else []
        if self._dns:
            keys = [_key(dn) for dn in dict.fromkeys(dns) if dn]
            met += [self._dns[key] for key in keys if key in self._dns]
        return met


def _guid(name: str) -> bytes | None:
    """Return the objectGUID of a name that is one; None for any other name."""
    text = name.strip()
    if found := _GUID_NAME.fullmatch(text):
        text = found[1]
        if _BYTES.fullmatch(text):
            return bytes.fromhex(text)
    shown = _GUID.fullmatch(text)
    return guid_bytes(shown[1].lower()) if shown else None


def _key(dn: str) -> tuple[str, ...]:
    """Return the normal form of a DN from a file or directory. A text that is not a DN matches no name."""
    try:
        return distinguished_name.normal(dn)
    except ValueError:
        return ()
