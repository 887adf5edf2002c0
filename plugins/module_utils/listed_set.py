# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set as a list of a backup root shows it: its age, its size, how and when its parts were verified.

Anything can be on a disk, so nothing here raises. Entries that are not sets are ignored, with the reason.
"""

from __future__ import annotations

import collections.abc as c
import datetime
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import verify_mode
from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import InvalidNameError, SetId
from ansible_collections.identityops.groupid.plugins.module_utils.quiesce_proof import Quiesce, understood
from ansible_collections.identityops.groupid.plugins.module_utils.signature import Verdict, accepted

DAY = 86_400
COMPLETE = ("complete", "waived")


class Verification(t.TypedDict):
    """How a part, or the worst of a set's parts, was last verified.

    state: ``verified`` or ``damaged``. mode: ``full``, ``quick`` or ``n/t``. time: UTC, ISO 8601. age: seconds.
    parts: number of parts that it is about; 1 for a part.
    """

    state: str
    mode: str
    time: str
    age: int
    parts: int


class ListedPart(t.TypedDict):
    """A part. state: as in `backup_set.Part`. started, finished: UTC, ISO 8601. verified: None means never."""

    server: str
    state: str
    files: int | None
    bytes: int | None
    started: str | None
    finished: str | None
    components: dict[str, str]
    verified: Verification | None


class ListedSet(t.TypedDict):
    """A set, or the parts that one host has of it.

    age: seconds since the time in its id. Negative if this is in the future. future: more than a day in the future.
    files, bytes: of the parts on this host.
    narrowed: what made the set smaller than the inventory asks for. Empty: nothing. None: not known.
    quiesce: what was stopped for it (`quiesce_proof.Quiesce`). None: not known, as for sets of older versions.
    members: parts that the seal names. None: there is no seal.
    signature: what is known about the seal's signature. None: there is none, and no key was given.
    verified: the worst verification of its parts. Damaged is the worst, then the weakest mode and the oldest time.
    None: no part was verified.
    """

    deployment: str
    set_id: str
    label: str
    path: str
    age: int
    future: bool
    files: int
    bytes: int
    sealed: bool
    prepared: bool
    narrowed: list[str] | None
    quiesce: Quiesce | None
    members: list[str] | None
    seal_sha256: str | None
    signature: Verdict | None
    parts: list[ListedPart]
    part_count: int
    verified: Verification | None


class PassedOver(t.TypedDict):
    """An entry below a backup root that is not a set. path: as the host writes it."""

    path: str
    reason: str


def listed(answer: c.Mapping[str, t.Any], now: datetime.datetime) -> tuple[list[ListedSet], list[PassedOver]]:
    """Return the sets of an answer to ``list``, in its order, and the entries that are not sets.

    now: with a time zone.
    """
    sets: list[ListedSet] = []
    passed: list[PassedOver] = [
        {"path": str(one["path"]), "reason": str(one["reason"])} for one in answer.get("passed_over") or []
    ]
    for found in answer.get("sets") or []:
        try:
            name = SetId.parse(str(found["set_id"]))
        except InvalidNameError as problem:
            passed.append({"path": str(found["path"]), "reason": str(problem)})
            continue
        sets.append(_listed(found, name, now))
    return sets, passed


def merged(sets: c.Iterable[ListedSet]) -> list[ListedSet]:
    """Merge the parts that several hosts have of each set. Returns sets in order of deployment, newest first.

    On a share, each host has all parts. If several hosts have a part, the more complete one counts, and the newest
    record of its verification.
    """
    found: dict[tuple[str, str], list[ListedSet]] = {}
    for one in sets:
        found.setdefault((one["deployment"], one["set_id"]), []).append(one)
    newest_first = sorted(found, key=lambda key: key[1], reverse=True)
    return [_merged(found[key]) for key in sorted(newest_first, key=lambda key: key[0])]


def worst(parts: c.Iterable[ListedPart]) -> Verification | None:
    """Return the worst verification of several parts. None if none of them was verified."""
    known = [part["verified"] for part in parts if part["verified"]]
    if not known:
        return None
    damaged = [one for one in known if one["state"] != "verified"]
    if damaged:
        return {**max(damaged, key=lambda one: one["time"]), "parts": len(damaged)}
    mode = min((one["mode"] for one in known), key=_depth)
    oldest = min(known, key=lambda one: one["time"])
    return {"state": "verified", "mode": mode, "time": oldest["time"], "age": oldest["age"], "parts": len(known)}


def _depth(mode: str) -> float:
    """Return how much of the content a mode reads, from 0 to 1."""
    if mode in (verify_mode.FULL, verify_mode.QUICK):
        return 1.0 if mode == verify_mode.FULL else 0.0
    total = mode.rpartition("/")[2]
    return 1 / int(total) if total.isdecimal() and int(total) else 0.0


def _listed(found: c.Mapping[str, t.Any], name: SetId, now: datetime.datetime) -> ListedSet:
    seal = found.get("seal_sha256")
    parts = [_part(part, seal, now) for part in found.get("parts") or []]
    age = round((now - name.moment).total_seconds())
    return {
        "deployment": str(found["deployment"]),
        "set_id": str(name),
        "label": name.label,
        "path": str(found["path"]),
        "age": age,
        "future": age < -DAY,
        "files": sum(part["files"] or 0 for part in parts),
        "bytes": sum(part["bytes"] or 0 for part in parts),
        "sealed": bool(found.get("sealed")),
        "prepared": bool(found.get("prepared")),
        "narrowed": found.get("narrowed"),
        "quiesce": understood(found.get("quiesce")),
        "members": found.get("members"),
        "seal_sha256": seal,
        "signature": found.get("signature"),
        "parts": parts,
        "part_count": max(len(parts), found.get("part_count") or 0),
        "verified": worst(parts),
    }


def _part(found: c.Mapping[str, t.Any], seal: str | None, now: datetime.datetime) -> ListedPart:
    return {
        "server": str(found["server"]),
        "state": str(found["state"]),
        "files": found.get("files"),
        "bytes": found.get("bytes"),
        "started": found.get("started"),
        "finished": found.get("finished"),
        "components": dict(found.get("components") or {}),
        "verified": _verification(found, seal, now),
    }


def _verification(found: c.Mapping[str, t.Any], seal: str | None, now: datetime.datetime) -> Verification | None:
    """Return the verification of a part from its record. None if the record is not of this part.

    A record with another seal belongs to another set that had this id. A backup verifies before it seals: a record
    without a seal belongs to this part if it is later than the part.
    """
    record = found.get("verified") or {}
    text = str(record.get("time") or "")
    before_seal = record.get("seal_sha256") is None and text >= str(found.get("finished") or "9")
    if not record or not (record.get("seal_sha256") == seal or before_seal):
        return None
    try:
        moment = datetime.datetime.fromisoformat(text[:19]).replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return None
    return {
        "state": str(record.get("state")),
        "mode": str(record.get("mode")),
        "time": text,
        "age": round((now - moment).total_seconds()),
        "parts": 1,
    }


def _merged(sets: c.Sequence[ListedSet]) -> ListedSet:
    by_server: dict[str, list[ListedPart]] = {}
    for one in sets:
        for part in one["parts"]:
            by_server.setdefault(part["server"], []).append(part)
    parts = [_merged_part(by_server[server]) for server in sorted(by_server)]
    narrowed = [one["narrowed"] for one in sets]
    named = list(dict.fromkeys(name for names in narrowed for name in names or []))
    # The seal of any member shows that the set is sealed. One that is not trusted must not hide behind another one.
    sealed = min(sets, key=lambda one: (not one["sealed"], accepted(one["signature"])))
    return {
        **sealed,
        "files": sum(part["files"] or 0 for part in parts),
        "bytes": sum(part["bytes"] or 0 for part in parts),
        "prepared": any(one["prepared"] for one in sets),
        "narrowed": None if not named and None in narrowed else named,
        "members": sealed["members"] or next((one["members"] for one in sets if one["members"]), None),
        "parts": parts,
        "part_count": max(len(parts), *(one["part_count"] for one in sets)),
        "verified": worst(parts),
    }


def _merged_part(parts: c.Sequence[ListedPart]) -> ListedPart:
    best = max(parts, key=lambda part: (part["state"] in COMPLETE, part["bytes"] or 0))
    records = [part["verified"] for part in parts if part["verified"]]
    return {**best, "verified": max(records, key=lambda one: one["time"], default=None)}
