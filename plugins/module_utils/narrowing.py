# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a set is as full as the deployment's usual one, and which full set is the newest.

``Listed`` is a set as the agent lists it (``groupid_info``, ``backup_root.sets``). If neither the set nor its parts
show whether it is narrowed, it is *unknown*, and never counts as full.
"""

from __future__ import annotations

import collections.abc as c
import datetime
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import products, shared_parts, signature
from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import is_future
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure

Listed = c.Mapping[str, t.Any]

SHOWN = 3
"""Number of sets that a message names as not full, and of causes that it names for one."""


class _UnknownError(Exception):
    """It is not known whether a set is narrowed. The text says why."""


def narrowed_by(listed: Listed) -> list[str] | None:
    """Return why a set is smaller than usual: a text for each cause, an empty list for nothing, None if unknown.

    If the set records this, the record counts. For sets of 0.5.0 and earlier, each server's part must be listed here,
    with the usual components of its version, each complete, and without filters except the usual excludes.
    """
    try:
        return _causes(listed)
    except _UnknownError:
        return None


def unknown_why(listed: Listed) -> str:
    """Return why `narrowed_by` returns None. Empty if it does not."""
    try:
        _causes(listed)
    except _UnknownError as error:
        return str(error)
    return ""


def newest_full(
    sets: c.Iterable[Listed], server: str | None = None, now: datetime.datetime | None = None
) -> Listed | None:
    """Return the newest sealed set of a deployment that is not narrowed, and whose signature is valid if that is known.

    server: only sets that have its part.

    now: with a time zone. Sets that are dated in the future are ignored. None: they are not.
    """
    trusted = (one for one in _sealed(sets, server) if signature.accepted(one.get("signature")))
    known = (one for one in trusted if now is None or not is_future(str(one["set_id"]), now))
    full = (one for one in known if narrowed_by(one) == [])
    return max(full, key=lambda one: str(one["set_id"]), default=None)


def no_full_set(sets: c.Iterable[Listed], server: str | None, root: str) -> Failure:
    """Return why there is no `newest_full`, for a server or the whole deployment. root: the backup root."""
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
    shown = "; ".join(f"{one['set_id']} {_verdict(one)}" for one in passed[:SHOWN])
    more = f"; and {len(passed) - SHOWN} more" if len(passed) > SHOWN else ""
    trusted = [one for one in passed if signature.accepted(one.get("signature"))]
    also = "" if len(trusted) == len(passed) else " and trusted"
    return Failure(
        "no_full_set",
        what,
        f"'latest' means a full set, and none of the sealed ones is known to be full{also}: {shown}{more}",
        f"Name one by its id (groupid_set_id={trusted[0]['set_id']}; set_id of the module), or make a full backup."
        if trusted
        else "Make a backup.",
        path=root,
    )


def passed_over(sets: c.Iterable[Listed], chosen: Listed, server: str | None = None) -> list[str]:
    """Return a sentence for each sealed set that is newer than the chosen one, and is not trusted or may be narrowed.

    server: narrowed sets without its part are not named. Of many narrowed sets, the newest are named.
    """
    newer = [one for one in _sealed(sets, None) if str(one["set_id"]) > str(chosen["set_id"])]
    narrowed = [one for one in _sealed(newer, server) if signature.accepted(one.get("signature")) and shortage(one)]
    newest = sorted(narrowed, key=lambda one: str(one["set_id"]), reverse=True)
    more = len(newest) - SHOWN
    return [
        *(
            f"Set {one['set_id']} is not used as the latest: {signature.cause(one['signature'])}."
            for one in newer
            if not signature.accepted(one.get("signature"))
        ),
        *(f"Set {one['set_id']} is not used as the latest: it {shortage(one)}." for one in newest[:SHOWN]),
        *([f"{more} more newer sets are not used as the latest, because they may be narrowed."] if more > 0 else []),
    ]


def shortage(listed: Listed) -> str:
    """Return in a few words why a set may be smaller than usual, as in ``is narrowed (...)``. Empty: it is full."""
    narrowed = narrowed_by(listed)
    if narrowed is None:
        return f"may be narrowed ({unknown_why(listed)})"
    return f"is narrowed ({', '.join(narrowed[:SHOWN])})" if narrowed else ""


def merged(listings: c.Iterable[c.Iterable[Listed]]) -> list[Listed]:
    """Merge the lists of several hosts for the sets of one deployment.

    If each server has its own backup root, it lists only its own part. Parts are merged if their seal is the same.
    Otherwise the sets stay separate.
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
    """Return in a few words what is known about a set that is not used."""
    if not signature.accepted(listed.get("signature")):
        return f"is not trusted ({signature.cause(listed['signature'])})"
    return shortage(listed)


def _causes(listed: Listed) -> list[str]:
    if listed.get("narrowed") is not None:
        return list(listed["narrowed"])
    parts = {part["server"]: part for part in listed.get("parts") or () if not shared_parts.is_shared(part["server"])}
    members = [name for name in listed.get("members") or parts if not shared_parts.is_shared(name)]
    if not members:
        raise _UnknownError("it names no server")
    return [cause for name in sorted(members) for cause in _causes_of_part(name, parts.get(name))]


def _causes_of_part(server: str, part: c.Mapping[str, t.Any] | None) -> list[str]:
    """Return what a server's part has less than usual. Raises _UnknownError."""
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
    """Return the filters of a component, except the usual ones."""
    more = [glob for glob in chosen["exclude"] if glob not in products.DEFAULT_EXCLUDES]
    by_words = {"with only": chosen["include"], "without": more}
    return [f"{words} {', '.join(globs)}" for words, globs in by_words.items() if globs]
