# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the groups that a restore names: if a name does not match exactly one group, nothing is restored."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import spelling
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names import distinguished_name
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_filter, guid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.selection import (
    Selection,
    domain_of,
    is_below,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import BATCH
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.restore import RefusedError
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    Directory,
    DirectoryError,
    search,
)

_SHOWN: t.Final = 5
_ATTRIBUTES: t.Final = ("objectClass", "objectGUID")


def match_named(directory: Directory, root: str, selection: Selection) -> None:
    """Find the groups that a selection names, also those that its filter does not find, and record them in it.

    root: DN of the domain. Raises DirectoryError.
    """
    for name in selection.dns:
        if is_below(name, root):
            _record(selection, name, _read(directory, name) or {})
    guids = selection.guids
    for begin in range(0, len(guids), BATCH):
        wanted = guid_filter(guids[begin : begin + BATCH])
        for dn, attributes in search(directory, root, f"(&(objectClass=group){wanted})", _ATTRIBUTES):
            _record(selection, dn, attributes)


def check_names(selection: Selection, root: str, where: str, known: c.Iterable[str]) -> None:
    """Refuse a selection if a name matches no group, more than one, or a group without anything to restore.

    root: DN of the domain. where: what was searched besides the directory, such as ``the set``. known: DNs of the
      groups there, read only if a name is refused.

    Raises RefusedError, which suggests the known group that was probably meant.
    """
    if ambiguous := selection.ambiguous:
        raise RefusedError(
            "ambiguous_group",
            _listed([f"{name} means several groups, {_guids(guids)}" for name, guids in ambiguous.items()])
            + ": one had this name when the set was made, another has it now",
            "Use the objectGUID of the group that you mean.",
        )
    unmatched = selection.unmatched
    if not unmatched:
        return
    there = selection.there
    wrong = [name for name in unmatched if name not in there][:_SHOWN]
    meant = "; ".join(dict.fromkeys(_meant(wrong, known))) if wrong else ""
    options = " and ".join(f"groupid_ldif_{option}" for option in sorted(set(unmatched.values())))
    raise RefusedError(
        "unknown_group",
        _listed(
            [
                f"{option} names {name}: {_reason(name, root, where, there=name in there)}"
                for name, option in unmatched.items()
            ]
        ),
        f"{f'Did you mean {meant}? ' if meant else ''}Correct {options}, or the module's option.",
    )


def _read(directory: Directory, name: str) -> dict[str, list[bytes]] | None:
    """Read a group by a name that somebody wrote. The server may not accept it as a DN. Raises DirectoryError."""
    try:
        return directory.read(name, _ATTRIBUTES)
    except DirectoryError as problem:
        if problem.failure.code != "dn_syntax":
            raise
        return None


def _record(selection: Selection, dn: str, attributes: c.Mapping[str, list[bytes]]) -> None:
    held = {name.lower(): values for name, values in attributes.items()}
    if b"group" in [kind.lower() for kind in held.get("objectclass", ())]:
        for guid in held.get("objectguid", ()):
            selection.record(guid, dn)


def _reason(name: str, root: str, where: str, *, there: bool) -> str:
    """Return why a name matched no group. there: the directory has it."""
    if there:
        return f"it is in the directory, but not in {where}"
    domain = domain_of(name)
    if domain and not is_below(name, root):
        return f"groupid_domains has no domain {domain}"
    return f"neither {where} nor the directory has such a group"


def _meant(names: c.Sequence[str], known: c.Iterable[str]) -> c.Iterator[str]:
    """Return the most similar known name for each name, by the object's own name, because units have long names."""
    by_own: dict[str, list[str]] = {}
    for dn in known:
        by_own.setdefault(distinguished_name.split(dn)[0].lower(), []).append(dn)
    for name in names:
        own = distinguished_name.split(name)[0].strip().lower()
        near = own if own in by_own else spelling.closest(own, by_own)
        if near is not None:
            yield spelling.closest(name, by_own[near]) or min(by_own[near])


def _guids(guids: c.Iterable[bytes]) -> str:
    return " and ".join(map(guid_text, guids))


def _listed(parts: c.Sequence[str]) -> str:
    more = f"; and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
    return "; ".join(parts[:_SHOWN]) + more
