# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a set is as full as the deployment's usual one, and which full set is the newest.

``Listed`` is a set as the agent lists it (``groupid_info``, ``backup_root.sets``). A set that does not tell, and whose
parts do not show it, is *unknown*: it never counts as full.
"""

from __future__ import annotations

import collections.abc as c
import datetime
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import products, shared_parts
from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import is_future
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure

Listed = c.Mapping[str, t.Any]

SHOWN = 3
"""How many of the sets that were passed over a message names."""


class _UnknownError(Exception):
    """It cannot be told of a set; the text says why."""


def narrowed_by(listed: Listed) -> list[str] | None:
    """Say what made less of a set than usual: nothing (an empty list), a text for each cause, or None: unknown.

    The set's own word counts where it has one. Else, of sets of 0.5.0 and before, each server's part must be listed
    here, with the usual components of its version, each whole, and without other filters than the usual excludes.
    """
    try:
        return _causes(listed)
    except _UnknownError:
        return None


def unknown_why(listed: Listed) -> str:
    """Say why `narrowed_by` cannot tell; empty when it can."""
    try:
        _causes(listed)
    except _UnknownError as error:
        return str(error)
    return ""


def newest_full(
    sets: c.Iterable[Listed], server: str | None = None, now: datetime.datetime | None = None
) -> Listed | None:
    """Return the newest sealed set that is not narrowed. Of one deployment's sets; ``server``: that has its part.

    now: sets that are dated in the future are passed over; with its time zone. None: all are taken.
    """
    known = (one for one in _sealed(sets, server) if now is None or not is_future(str(one["set_id"]), now))
    full = (one for one in known if narrowed_by(one) == [])
    return max(full, key=lambda one: str(one["set_id"]), default=None)


def no_full_set(sets: c.Iterable[Listed], server: str | None, root: str) -> Failure:
    """Explain why there is no `newest_full`, for a server or the whole deployment. root: where the sets lie."""
    passed = sorted(_sealed(sets, server), key=lambda one: str(one["set_id"]), reverse=True)
    what = f"The latest set of {server or 'the deployment'} was not found"
    if not passed:
        return Failure(
            "set_missing",
            what,
            f"There is no sealed set{f' with a part of {server}' if server else ''}",
            "Make a backup, or name a set that is not sealed by its id.",
            path=root,
        )
    told = "; ".join(f"{one['set_id']} {_verdict(one)}" for one in passed[:SHOWN])
    more = f"; and {len(passed) - SHOWN} more" if len(passed) > SHOWN else ""
    return Failure(
        "no_full_set",
        what,
        f"'latest' means a full set, and none of the sealed ones is known to be full: {told}{more}",
        f"Name one by its id (set_id: {passed[0]['set_id']}), or make a full backup.",
        path=root,
    )


def merged(listings: c.Iterable[c.Iterable[Listed]]) -> list[Listed]:
    """Bring together what the roots of several hosts show of each set of one deployment.

    With a root of its own each server lists its own part alone. Parts come together where the seal is the same one;
    otherwise the sets stay apart.
    """
    sets: dict[tuple[str, t.Any], dict[str, t.Any]] = {}
    for listed in (one for listing in listings for one in listing):
        key = (str(listed["set_id"]), listed.get("seal_sha256"))
        have = sets.setdefault(key, {**listed, "parts": []})
        known = {part["server"] for part in have["parts"]}
        have["parts"] = [*have["parts"], *(part for part in listed.get("parts") or () if part["server"] not in known)]
    return list(sets.values())


def _sealed(sets: c.Iterable[Listed], server: str | None) -> list[Listed]:
    return [one for one in sets if one.get("sealed") and (server is None or server in (one.get("members") or ()))]


def _verdict(listed: Listed) -> str:
    """Say in a few words what is known of a set that is not full."""
    narrowed = narrowed_by(listed)
    if narrowed is None:
        return f"may be narrowed ({unknown_why(listed)})"
    return f"is narrowed ({', '.join(narrowed[:SHOWN])})"


def _causes(listed: Listed) -> list[str]:
    if listed.get("narrowed") is not None:
        return list(listed["narrowed"])
    parts = {part["server"]: part for part in listed.get("parts") or () if not shared_parts.is_shared(part["server"])}
    members = [name for name in listed.get("members") or parts if not shared_parts.is_shared(name)]
    if not members:
        raise _UnknownError("it names no server")
    return [cause for name in sorted(members) for cause in _causes_of_part(name, parts.get(name))]


def _causes_of_part(server: str, part: c.Mapping[str, t.Any] | None) -> list[str]:
    """Say what is less than usual in a server's part. Raises _UnknownError."""
    if part is None:
        raise _UnknownError(f"the part of {server} is not listed here")
    if part.get("selection") is None:
        raise _UnknownError(f"the part of {server} is {part['state']}, or too long to be listed")
    version, components, selection = part.get("version"), part["components"], part["selection"]
    if version not in products.versions():
        raise _UnknownError(f"the part of {server} is of an unknown version")
    causes = []
    for name in products.default_components(version):
        if name not in components:
            causes.append(f"{server}: without {name}")
        elif components[name] not in ("copied", "absent"):
            raise _UnknownError(f"{name} of {server} is {components[name]}")
        else:
            causes += [f"{server}: {name} {filtered}" for filtered in _filters(selection[name])]
    return causes


def _filters(chosen: c.Mapping[str, t.Any]) -> list[str]:
    """Say which filters a component had besides the usual ones."""
    more = [glob for glob in chosen["exclude"] if glob not in products.DEFAULT_EXCLUDES]
    told = {"with only": chosen["include"], "without": more}
    return [f"{words} {', '.join(globs)}" for words, globs in told.items() if globs]
