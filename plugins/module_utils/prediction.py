# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup will need, before it starts: files, bytes, disk space, time, and the source of each number.

The size of folders comes from a backup in check mode, so it is exact until something changes. The size of a domain
comes from the same query as its export. The size of a database is the size of its used pages, which is an upper bound.
If there was a backup before, it is multiplied by the ratio of that backup's size to its data.

The time is that of the last set, in proportion to the work: bytes, and an amount for each file (`FILE_BYTES`). Without
a last set, it comes from a sample, which only reads. A backup also writes and flushes, and this is assumed to take
three times as long as reading (`BACKUP_FACTOR`). This is not known until something is written to the target. A slow
share takes longer than a sample shows, and cached files are read faster than they can be written. So a sample can be
wrong by a factor of 3. The second backup is predicted from the first one. Verification is not included.
"""

from __future__ import annotations

import collections.abc as c
import datetime
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import shared_parts
from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import InvalidNameError, SetId
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure

Answer = c.Mapping[str, t.Any]
Sets = c.Sequence[c.Mapping[str, t.Any]]
Kind = t.Literal["folders", "database", "domain"]

FILE_BYTES = 64 * 1024
"""Cost of opening, making and closing a file, in bytes that could be copied in the same time."""
BACKUP_FACTOR = 4.0
"""Ratio of the time of a backup to the time of only reading and hashing. It was 2 in memory, and up to 10 on a disk."""
SPARE_BYTES = 16 * 1024 * 1024
"""Disk space that is required in addition to a part and one per cent of it. The agent requires the same."""

_ROOT = "groupid_backup_root"
_UPPER_BOUND = "upper bound"
_UNKNOWN = "not known"
_SHARE = re.compile(r"\\\\[^\\]+\\[^\\]+")
_DRIVE = re.compile(r"[a-z]:")
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6})\d?Z")


class Source(t.TypedDict):
    """A drive or share that has folders of a server. A restore of all of them writes the new files beside the old ones.

    path: the drive or share. needed_bytes: for all files, with a reserve. free_bytes: None if not known.
    """

    path: str
    needed_bytes: int
    free_bytes: int | None


class Part(t.TypedDict):
    """One part of the set to come.

    host: host that has the drive of the root, unless it is a share; for an external backup the SQL Server. root: folder
    of the sets, or the folder of an external backup. Empty: not known. setting: variable that sets it.
    files, bytes: of the part. needed_bytes: disk space for it, with a reserve. None: not known.
    sources: of folders: where they are now. A backup writes nothing there.
    seconds: how long it will take; None: not known.
    basis: of the bytes: ``walk``, ``query``, ``last set <id>`` or ``upper bound``.
    time_basis: ``last set <id>``, ``sample``, ``query`` or ``last backup <time>``. Either may be ``not known``.
    """

    kind: Kind
    part: str
    host: str
    root: str
    setting: str
    files: int | None
    bytes: int | None
    needed_bytes: int | None
    sources: list[Source]
    basis: str
    seconds: float | None
    time_basis: str


class Room(t.TypedDict):
    """Disk space that all parts of the run need in one place: a share, or a drive of a host.

    host: empty for a share. parts: ``<deployment>/<part>``. unknown: those without a known size, which are not in
    needed_bytes. free_bytes: None if not known. enough: None if this is not known.
    """

    host: str
    root: str
    parts: list[str]
    unknown: list[str]
    needed_bytes: int
    free_bytes: int | None
    enough: bool | None


class Prediction(t.TypedDict):
    """What the set of one deployment will need.

    files, bytes, needed_bytes: sums of the known numbers. unknown: parts without a known size.
    seconds: time of the slowest part, because all are saved at the same time. untimed: parts that are not counted.
    rooms: the places that the parts go to. They include what other deployments need there.
    enough: in every room; None if this is not known of one, and no other is full.
    failures: as `Failure.explained` gives them, code ``space``, for each room that is full.
    """

    parts: list[Part]
    files: int
    bytes: int
    needed_bytes: int
    unknown: list[str]
    seconds: float
    untimed: list[str]
    rooms: list[Room]
    enough: bool | None
    failures: list[dict[str, str | None]]


def folders(host: str, answer: Answer, root: Answer) -> Part:
    """Predict the part of a server.

    answer: of groupid_backup_folder in check mode, best with ``sample``. If it failed early, nothing is known.
    root: ``backup_root`` of groupid_info: path, and the deployment's sets.
    """
    size = answer.get("bytes")
    name = str(answer.get("server") or host)
    part: Part = {
        "kind": "folders",
        "part": name,
        "host": host,
        "root": str(root.get("path") or ""),
        "setting": _ROOT,
        "files": answer.get("files"),
        "bytes": size,
        "needed_bytes": None if size is None else _with_reserve(size),
        "sources": [_source(found) for found in answer.get("sources") or []],
        "basis": _UNKNOWN if size is None else "walk",
        "seconds": None,
        "time_basis": _UNKNOWN,
    }
    if size is not None:
        part["seconds"], part["time_basis"] = _time_of_folders(answer, name, root.get("sets") or [])
    return part


def database(host: str, answer: Answer, root: str, deployment: str, setting: str = _ROOT) -> Part:
    """Predict the part of the database.

    host: holder of the part. answer: of groupid_sql_info. root: the backup root of the holder, or the folder of an
    external backup. setting: variable that sets it.
    deployment: its earlier backups show the ratio. Backups of others may be compressed in another way. Without an
    earlier backup, compression does not make the upper bound smaller.
    """
    found = answer.get("database") or {}
    used = found.get("used_bytes")
    bound = found.get("bytes") if used is None else used
    last = _last_backup(answer, deployment)
    size, basis = bound, _UNKNOWN if bound is None else _UPPER_BOUND
    if last and bound is not None:
        size, basis = round(bound * last["bytes"] / last["data_bytes"]), f"last set {str(last['name']).split()[-1]}"
    timed = last is not None and size is not None and last.get("seconds") is not None
    return {
        "kind": "database",
        "part": shared_parts.DATABASE,
        "host": host,
        "root": root,
        "setting": setting,
        "files": None if size is None else 1,
        "bytes": size,
        "needed_bytes": None if size is None else _with_reserve(size),
        "sources": [],
        "basis": basis,
        "seconds": last["seconds"] * size / last["bytes"] if last and timed and size is not None else None,
        "time_basis": basis if timed else _UNKNOWN,
    }


def domain(host: str, answer: Answer, root: str) -> Part:
    """Predict the part of a domain's group attributes by the answer of groupid_ldif_export in check mode.

    It has read from the domain everything that the export will read, so bytes are exact, and the time is the query's.
    """
    size, seconds = answer.get("bytes"), answer.get("seconds")
    return {
        "kind": "domain",
        "part": str(answer.get("server") or answer.get("domain") or "group_attributes"),
        "host": host,
        "root": root,
        "setting": _ROOT,
        "files": answer.get("files"),
        "bytes": size,
        "needed_bytes": None if size is None else _with_reserve(size),
        "sources": [],
        "basis": _UNKNOWN if size is None else "query",
        "seconds": None if size is None else seconds,
        "time_basis": _UNKNOWN if size is None or seconds is None else "query",
    }


def source_free_bytes(part: c.Mapping[str, t.Any]) -> int | None:
    """Return the least free space of the drives and shares that have files of a part. None if none is known."""
    known = [source["free_bytes"] for source in part.get("sources") or [] if source["needed_bytes"]]
    return min((free for free in known if free is not None), default=None)


def restore_notes(part: c.Mapping[str, t.Any]) -> list[str]:
    """Return a sentence for each drive or share of a part that has no room for a restore of all its files."""
    return [
        f"A restore that writes all files needs {_mb(source['needed_bytes'])} on {source['path']} beside the old ones, "
        f"and {source['free_bytes'] // 10**6:,} MB are free."
        for source in part.get("sources") or []
        if source["free_bytes"] is not None and source["needed_bytes"] > source["free_bytes"]
    ]


def predict(
    parts: c.Mapping[str, c.Sequence[Part]],
    roots: c.Mapping[str, Answer],
    elsewhere: c.Iterable[tuple[str, Answer]] = (),
) -> dict[str, Prediction]:
    """Add up the parts of all deployments of a run.

    parts: by deployment. roots: by host, ``backup_root`` of groupid_info: path and free_bytes. elsewhere: the same of
    computers that get a part and are not in the run.

    A share is one place for all hosts, with all its folders and in every spelling. A drive is one place for one host.
    If hosts report different free space for a place, the smallest one counts.
    """
    free: dict[str, int] = {}
    for host, root in (*roots.items(), *elsewhere):
        free_bytes = root.get("free_bytes")
        if free_bytes is not None and root.get("path"):
            place = place_of(host, root["path"])
            free[place] = min(free_bytes, free.get(place, free_bytes))
    rooms: dict[str, Room] = {}
    needs: dict[str, dict[str, int]] = {}
    settings: dict[str, list[str]] = {}
    for deployment, own in parts.items():
        for part in own:
            place = place_of(part["host"], part["root"])
            room = rooms.setdefault(place, _empty(part, free.get(place)))
            room["parts"].append(f"{deployment}/{part['part']}")
            room["unknown"] += [f"{deployment}/{part['part']}"] if part["needed_bytes"] is None else []
            room["needed_bytes"] += part["needed_bytes"] or 0
            needs.setdefault(place, {}).setdefault(deployment, 0)
            needs[place][deployment] += part["needed_bytes"] or 0
            settings.setdefault(place, []).append(part["setting"])
    for room in rooms.values():
        room["enough"] = _is_enough(room)
    failures = {
        place: {name: _no_room(name, room, needs[place], settings[place]) for name in needs[place]}
        for place, room in rooms.items()
        if room["enough"] is False
    }
    return {deployment: _prediction(deployment, own, rooms, failures) for deployment, own in parts.items()}


def place_of(host: str, root: str) -> str:
    """Name the place whose disk space a root uses: a share, or a drive of the host. Case and slashes do not matter."""
    path = root.replace("/", "\\").casefold()
    for prefix, meaning in (("\\\\?\\unc\\", "\\\\"), ("\\\\?\\", "")):
        if path.startswith(prefix):
            path = meaning + path[len(prefix) :]
            break
    share = _SHARE.match(path)
    if share:
        return share[0]
    drive = _DRIVE.match(path)
    return f"{host} {drive[0] if drive else path.rstrip(chr(92))}"


def _source(found: Answer) -> Source:
    return {
        "path": str(found["path"]),
        "needed_bytes": _with_reserve(found["bytes"]),
        "free_bytes": found["free_bytes"],
    }


def _empty(part: Part, free: int | None) -> Room:
    host = "" if part["root"].replace("/", "\\").startswith("\\\\") else part["host"]
    return {
        "host": host,
        "root": part["root"],
        "parts": [],
        "unknown": [],
        "needed_bytes": 0,
        "free_bytes": free,
        "enough": None,
    }


def _is_enough(room: Room) -> bool | None:
    if room["free_bytes"] is not None and room["needed_bytes"] > room["free_bytes"]:
        return False
    return None if room["free_bytes"] is None or room["unknown"] else True


def _prediction(
    deployment: str,
    parts: c.Sequence[Part],
    rooms: c.Mapping[str, Room],
    failures: c.Mapping[str, c.Mapping[str, Failure]],
) -> Prediction:
    places = dict.fromkeys(place_of(part["host"], part["root"]) for part in parts)
    full = [place for place in places if place in failures]
    unknown = any(rooms[place]["enough"] is None for place in places)
    servers = [part["seconds"] or 0.0 for part in parts if part["kind"] == "folders"]
    others = [part["seconds"] or 0.0 for part in parts if part["kind"] != "folders"]
    return {
        "parts": list(parts),
        "files": sum(part["files"] or 0 for part in parts),
        "bytes": sum(part["bytes"] or 0 for part in parts),
        "needed_bytes": sum(part["needed_bytes"] or 0 for part in parts),
        "unknown": [part["part"] for part in parts if part["bytes"] is None],
        "seconds": max([*servers, *others], default=0.0),
        "untimed": [part["part"] for part in parts if part["seconds"] is None],
        "rooms": [rooms[place] for place in places],
        "enough": False if full else None if unknown else True,
        "failures": [failures[place][deployment].explained() for place in full],
    }


def _no_room(deployment: str, room: Room, needs: c.Mapping[str, int], settings: c.Iterable[str]) -> Failure:
    several = "" if len(needs) == 1 else f" ({', '.join(f'{name}: {_mb(size)}' for name, size in needs.items())})"
    fewer = "" if len(needs) == 1 else ", or back up fewer deployments at a time with groupid_deployments"
    free = (room["free_bytes"] or 0) // 10**6
    # The host that reports the failure may be another one than the host that the database's backup is on.
    has_database = any(part.endswith(f"/{shared_parts.DATABASE}") for part in room["parts"])
    where = f"there, on {room['host']}" if room["host"] and has_database else "there"
    return Failure(
        code="space",
        what=f"There is not enough free space for a backup of {deployment}",
        cause=f"{_mb(room['needed_bytes'])} are needed {where}{several}, and {free:,} MB are free",
        next=f"Free disk space, or choose another {' or '.join(dict.fromkeys(settings))}{fewer}.",
        path=room["root"],
    )


def _mb(size: int) -> str:
    """Write bytes as MB, rounded up."""
    return f"{-(-size // 10**6):,} MB"


def _with_reserve(size: int) -> int:
    return size + size // 100 + SPARE_BYTES if size else 0


def _work(size: int, files: int) -> int:
    return size + files * FILE_BYTES


def _time_of_folders(answer: Answer, server: str, sets: Sets) -> tuple[float | None, str]:
    work = _work(answer.get("copied_bytes", answer["bytes"]), answer["files"])
    last = _last_part(server, sets)
    if last:
        set_id, seconds, done = last
        return seconds * work / done, f"last set {set_id}"
    sample = answer.get("sample") or {}
    read = _work(sample.get("bytes") or 0, sample.get("files") or 0)
    if not read:
        return (None, _UNKNOWN) if work else (0.0, "walk")
    walk = max(0.0, (answer.get("seconds") or 0.0) - sample["seconds"])
    return walk + BACKUP_FACTOR * sample["seconds"] * work / read, "sample"


def _last_part(server: str, sets: Sets) -> tuple[str, float, int] | None:
    """Return the newest full part of a server: set id, seconds, work. Parts known not to be narrowed come first."""
    found = [one for one in (_timed_part(server, known) for known in sets) if one]
    return max(found, key=lambda one: (one[0], one[1][0]))[1] if found else None


def _timed_part(server: str, known: Answer) -> tuple[bool, tuple[str, float, int]] | None:
    """Return the server's speed according to a set, and whether the set is known to be full."""
    if not known.get("sealed") or known.get("narrowed"):
        return None
    for part in known.get("parts") or []:
        seconds = _seconds(part)
        if part.get("server") != server or part.get("state") not in ("complete", "waived") or not seconds:
            continue
        done = _work((part.get("bytes") or 0) - (part.get("linked_bytes") or 0), part.get("files") or 0)
        if done > 0:
            return known.get("narrowed") is not None, (str(known["set_id"]), seconds, done)
    return None


def _seconds(part: Answer) -> float | None:
    """Return how long a part took; None if the listing does not say, or has an impossible value."""
    # Python reads only six digits of a second, not seven.
    begun, ended = (_TIME.fullmatch(str(part.get(name))) for name in ("started", "finished"))
    if begun is None or ended is None:
        return None
    try:
        took = datetime.datetime.fromisoformat(ended[1]) - datetime.datetime.fromisoformat(begun[1])
    except ValueError:
        return None
    return took.total_seconds() if took.total_seconds() > 0 else None


def _last_backup(answer: Answer, deployment: str) -> Answer | None:
    """Return the deployment's newest backup in msdb that has its size and the size of its data."""
    opening = f"groupid {deployment} ".casefold()
    for backup in answer.get("backups") or []:
        name = str(backup.get("name") or "")
        ours = name.casefold().startswith(opening) and _is_set_id(name[len(opening) :])
        whole = backup.get("kind") == "full" and not backup.get("damaged")
        if ours and whole and backup.get("bytes") and backup.get("data_bytes"):
            found: Answer = backup
            return found
    return None


def _is_set_id(text: str) -> bool:
    try:
        SetId.parse(text)
    except InvalidNameError:
        return False
    return True
