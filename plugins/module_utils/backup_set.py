# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup sets: their ids and names, the content of a backup root, and the document that seals a set."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import datetime
import hashlib
import json
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import signature

SCHEMA = 1
LATEST = "latest"

_SET_ID = re.compile(r"([2-9][0-9]{7}T[0-9]{6}Z)(?:-([a-z0-9._-]{1,40}))?")
_MOMENT = "%Y%m%dT%H%M%SZ"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{7}Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DEPLOYMENT = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_COMPONENT = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SERVER = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_PART = re.compile(rf"(?=.{{1,200}}\Z){_SERVER.pattern}(?:\.{_SERVER.pattern})*")
_DOCUMENTS = ("set.prepared.json", "set.json")
# Windows ignores everything after the first dot and opens the device.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9])(?:\..*)?")


class InvalidNameError(ValueError):
    """A name cannot be a folder of a set."""


class SealRefusedError(ValueError):
    """The parts do not make one set."""


@dataclasses.dataclass(frozen=True, order=True)
class SetId:
    """The id of a set: a UTC time, and a label for people. Sorts by age."""

    moment: datetime.datetime
    label: str = ""

    @classmethod
    def parse(cls, text: str) -> SetId:
        """Read an id such as ``20261122T150405Z-before-upgrade``. Raises InvalidNameError."""
        found = _SET_ID.fullmatch(text)
        try:
            if found is None or text.endswith("."):
                raise ValueError(text)
            moment = datetime.datetime.strptime(found[1], _MOMENT).replace(tzinfo=datetime.timezone.utc)
        except ValueError:
            raise InvalidNameError(
                f"Set id {text!r} is not a UTC time as in 20261122T150405Z, optionally followed by - and a label of "
                "up to 40 characters of a-z 0-9 . _ - that does not end with a dot."
            ) from None
        return cls(moment, found[2] or "")

    def __str__(self) -> str:
        moment = self.moment.strftime(_MOMENT)
        return f"{moment}-{self.label}" if self.label else moment


def is_future(set_id: str, now: datetime.datetime) -> bool:
    """Whether a set is dated more than a day after now, as with a wrong clock. False if the text is not an id.

    now: with its time zone.
    """
    try:
        return SetId.parse(set_id).moment > now + datetime.timedelta(days=1)
    except InvalidNameError:
        return False


SAFETY_LABEL = "before-restore"
"""Label of the sets that hold what a restore replaced."""


def next_set_id(now: datetime.datetime, existing: c.Iterable[str], label: str = "") -> str:
    """Return the id of a new set of a deployment: the current time, but at least one second after its newest set.

    existing: names as in a list. Names that are not ids, and ids with the last possible time, are ignored: anybody can
      make a folder.
    If a clock was set back, a new set must not look older than the set before it.

    Raises InvalidNameError for a bad label.
    """
    moment = now.astimezone(datetime.timezone.utc).replace(microsecond=0)
    following = []
    for text in existing:
        with contextlib.suppress(InvalidNameError, OverflowError):
            following.append(SetId.parse(text).moment + datetime.timedelta(seconds=1))
    return str(SetId.parse(str(SetId(max([moment, *following]), label))))


def check_deployment(name: str) -> str:
    """Return the deployment's name in lower case, which is the name of its folder. Raises InvalidNameError."""
    folded = name.lower()
    if not _DEPLOYMENT.fullmatch(folded) or folded.endswith(".") or _DEVICE.fullmatch(folded):
        raise InvalidNameError(
            f"Deployment {name!r} cannot be the name of a folder. A name has up to 63 characters of a-z 0-9 . _ -, "
            "begins with a letter or a digit, does not end with a dot, and is not the name of a Windows device."
        )
    return folded


def check_server(name: str) -> str:
    """Return the server's DNS host name in lower case. Raises InvalidNameError."""
    folded = name.lower()
    if not _SERVER.fullmatch(folded) or _DEVICE.fullmatch(folded):
        raise InvalidNameError(f"Server {name!r} is not a DNS host name (without its domain) of up to 63 characters.")
    return folded


def check_part(name: str) -> str:
    """Return the part's name in lower case: the name of a server, or labels joined by dots. Raises InvalidNameError."""
    folded = name.lower()
    if not _PART.fullmatch(folded) or _DEVICE.fullmatch(folded) or folded in _DOCUMENTS:
        raise InvalidNameError(
            f"Part {name!r} cannot be the name of a folder. A name has DNS labels joined by dots, up to 200 "
            "characters, and is not the name of a Windows device or of a document of a set."
        )
    return folded


def check_component(name: str) -> str:
    """Return the component's name unchanged. Raises InvalidNameError."""
    if not _COMPONENT.fullmatch(name) or _DEVICE.fullmatch(name):
        raise InvalidNameError(
            f"Component {name!r} cannot be the name of a folder. A name has up to 63 characters of a-z 0-9 _, begins "
            "with a letter, and is not the name of a Windows device."
        )
    return name


@dataclasses.dataclass(frozen=True)
class Part:
    """The part of a server, the database or a domain in a set, as the agent lists it.

    server: the part's name.
    state: ``complete``; ``waived``: incomplete as the caller allowed; ``partial``: incomplete; ``unfinished``: never
      finished; ``unreadable``.
    finished: UTC, ISO 8601, seven digits of a second.
    components: name -> ``copied``, ``absent`` or ``partial``.
    """

    server: str
    state: str
    part_sha256: str | None
    epoch: str | None
    machine_guid: str | None
    version: str | None
    files: int | None
    directories: int | None
    bytes: int | None
    finished: str | None
    components: c.Mapping[str, str]

    @property
    def sealable(self) -> bool:
        """Whether a seal accepts the part."""
        return self.state in ("complete", "waived")


@dataclasses.dataclass(frozen=True)
class BackupSet:
    """One deployment at one point in time, as one server lists it in its backup root."""

    deployment: str
    set_id: str
    path: str
    sealed: bool
    prepared: bool
    prepared_sha256: str | None
    seal_sha256: str | None
    members: c.Sequence[str] | None
    decider: str | None
    parts: c.Sequence[Part]

    @classmethod
    def from_answer(cls, data: c.Mapping[str, t.Any]) -> BackupSet:
        """Read a set of the agent's answer; fields that a later agent adds are ignored. Raises KeyError."""
        parts = tuple(
            Part(**{field.name: part[field.name] for field in dataclasses.fields(Part)}) for part in data["parts"]
        )
        fields = {field.name: data[field.name] for field in dataclasses.fields(cls)}
        return cls(**{**fields, "parts": parts})


@dataclasses.dataclass(frozen=True)
class SealDocument:
    """The text of set.prepared.json and set.json, and its digest in hexadecimal."""

    text: str
    sha256: str


_MEMBER_FIELDS = ("server", "part_sha256", "state", "machine_guid", "version", "files", "bytes")


QUIESCE_MODES = ("all", "elasticsearch", "none")
"""What a backup stops."""
INHIBITORS = ("elasticsearch_running", "programs_running", "sessions_open", "sessions_unknown", "workers_unknown")
"""What prevents a seal unless it is accepted by name. Then the seal names it."""


def seal_document(
    deployment: str,
    set_id: str,
    decider: str,
    members: c.Sequence[c.Mapping[str, t.Any]],
    key: str | None = None,
    quiesce: c.Mapping[str, t.Any] | None = None,
) -> SealDocument:
    """Write the document that makes the members' parts one set.

    members: a mapping per part with server, part_sha256, state, machine_guid, version, files, bytes, epoch, finished;
      and, if its record has them, narrowed (list) and scope (mapping).
    decider: the server whose set.json is the decision. key: signs the document. None: it has no signature.
    quiesce: what was stopped for the set (`quiesce_proof.Quiesce`). None: not known, and the document does not say.
    The same parts give the same text, in any order and at any time.

    Raises SealRefusedError when a part is missing, incomplete or of another epoch, or a server occurs twice;
    InvalidNameError.
    """
    parts = sorted(
        ({**member, "server": check_part(member["server"])} for member in members), key=lambda m: m["server"]
    )
    decider = check_server(decider)
    refusals = [*_refuse_members(decider, [part["server"] for part in parts]), *_refuse_parts(parts)]
    if quiesce is not None:
        refusals += _refuse_quiesce(quiesce, str(SetId.parse(set_id)))
    if refusals:
        raise SealRefusedError(f"Set {set_id} of {deployment} was not sealed: {'; '.join(refusals)}.")
    document = {
        "schema": SCHEMA,
        "deployment": check_deployment(deployment),
        "set_id": str(SetId.parse(set_id)),
        "epoch": parts[0]["epoch"],
        "quiesced": quiesce is not None and quiesce["mode"] == "all" and not quiesce["waived"],
        "decider": decider,
        "sealed_at": max(part["finished"] for part in parts),
        "narrowed": _narrowed(parts),
        "scope": {part["server"]: part["scope"] for part in parts if part.get("scope") is not None},
        "parts": [{name: part[name] for name in _MEMBER_FIELDS} for part in parts],
    }
    if quiesce is not None:
        document["quiesce"] = _quiesce(quiesce)
    text = json.dumps(document, indent=2, sort_keys=True) + "\n"
    text = text if key is None else signature.signed(text, key)
    return SealDocument(text, hashlib.sha256(text.encode("utf-8")).hexdigest())


def _narrowed(parts: c.Sequence[c.Mapping[str, t.Any]]) -> list[str] | None:
    """Return what made any of the parts smaller than usual, each once; None if one of them does not say."""
    causes: set[str] = set()
    for part in parts:
        if part.get("narrowed") is None:
            return None
        causes.update(part["narrowed"])
    return sorted(causes)


_SERVER_FIELDS = ("samples", "longest_gap_ms", "down_ms")


def _quiesce(quiesce: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the member of the document."""
    servers = {
        check_server(name): {field: server[field] for field in _SERVER_FIELDS}
        for name, server in quiesce["servers"].items()
    }
    return {**quiesce, "servers": servers, "waived": sorted(quiesce["waived"])}


def _refuse_quiesce(quiesce: c.Mapping[str, t.Any], set_id: str) -> c.Iterator[str]:
    """Return the faults of what was stopped. The numbers of a server are None if they are not known."""
    stopped = {name: server for name, server in quiesce["servers"].items() if quiesce["mode"] != "none"}
    if quiesce["mode"] not in QUIESCE_MODES or not set(quiesce["waived"]) <= set(INHIBITORS):
        yield "what it says of the stopped services is not known to this version"
    if quiesce["epoch"] != (set_id if quiesce["servers"] else None) or stopped != quiesce["servers"]:
        yield "its servers were stopped for something else"
    for name, server in stopped.items():
        if not _is_count(server["samples"], 1) or not _is_count(server["longest_gap_ms"]):
            yield f"nothing proves that {name} stayed stopped"
        elif server["down_ms"] is not None and not _is_count(server["down_ms"]):
            yield f"how long {name} was stopped is no number"


def _is_count(value: object, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _refuse_members(decider: str, servers: c.Sequence[str]) -> c.Iterator[str]:
    """Return the faults in the list of members."""
    for server in sorted({server for server in servers if servers.count(server) > 1}):
        yield f"{server} occurs {servers.count(server)} times, so several hosts have the same name"
    if decider not in servers:
        yield f"the decider, {decider}, is not one of its members ({', '.join(servers) or 'there are none'})"


def _refuse_parts(parts: c.Sequence[c.Mapping[str, t.Any]]) -> c.Iterator[str]:
    """Return the faults of the parts."""
    for part in parts:
        if part["state"] not in ("complete", "waived"):
            yield f"the part of {part['server']} is {part['state']}"
        elif not _SHA256.fullmatch(part["part_sha256"] or ""):
            yield f"the part of {part['server']} has no digest"
        elif not _TIME.fullmatch(part["finished"] or ""):
            yield f"the part of {part['server']} does not say when it was finished"
    epochs = {part["server"]: part["epoch"] for part in parts}
    if len(set(epochs.values())) > 1:
        listed = ", ".join(f"{server}: {epoch}" for server, epoch in epochs.items())
        yield f"its parts are of different epochs, that is of different runs ({listed})"
