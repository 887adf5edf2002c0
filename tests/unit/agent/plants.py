# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of a server that a rehearsal has to find, with all the claims that each one breaks."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

from unit.agent.rehearsing import rehearse, verdicts

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
)

Faults = dict[str, t.Any]

REFUSED_ON_MONO = frozenset({"files.created", "files.hidden_system"})
HELD_ON_MONO = frozenset(
    {
        "agent.privileges", "agent.compiler", "state.owner", "job.outlives", "job.request", "job.outside", "job.pipe",
        "job.look", "files.names", "files.long_names", "files.reserved_names", "files.locked",
        "files.open_for_reading", "files.open_for_writing", "files.times", "files.read_only", "files.streams",
        "files.hard_links", "files.links", "backup.untouched", "backup.content", "operations.succeed",
        "verify.damage", "restore.predicted", "restore.merge", "restore.mirror", "restore.held_open",
        "restore.killed", "restore.folder_facts", "root.trust", "links.unchanged", "links.read_only",
        "links.streams",
    }
)  # fmt: skip
HELD_WITH_ALL = HELD_ON_MONO | {
    "files.case_twins", "files.security", "files.security_protected", "files.owner", "restore.inherits",
    "restore.passed_on",
}  # fmt: skip
"""On a sound host whose disks keep access lists, and whose folders keep names that differ in case alone."""

WITH_LISTS: Faults = {"lists": True}
IGNORES_CASE: Faults = {"ignores_case": True}

SETS = "*/sets/*"
STAGED = "*/tree/*.restoring*"
LATE = frozenset({"restore.killed"})
"""Not tried where a restore ended before it could be killed."""
LINKS = {"links.read_only", "links.streams"}
COMES_BACK = {
    "files.hard_links", "files.long_names", "files.names", "files.owner", "files.read_only", "files.security",
    "files.security_protected", "files.streams", "files.times", "restore.folder_facts", "restore.inherits",
    "restore.passed_on",
}  # fmt: skip
"""What only a restore that ends well shows."""
OF_A_DAMAGED_SET = {
    "links.unchanged", "restore.held_open", "restore.killed", "restore.merge", "restore.mirror",
    "restore.predicted", "verify.damage",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Plant:
    """faults: of mono/LabFaults.cs. own: claims that name it.

    others: claims that it breaks besides. untried: claims that cannot be tried any more.
    """

    faults: Faults
    own: set[str]
    others: set[str] = dataclasses.field(default_factory=set)
    untried: set[str] = dataclasses.field(default_factory=set)

    @property
    def named(self) -> set[str]:
        """Claims that are not held, or refused by the system."""
        return self.own | self.others


def loses(kind: str, *globs: str) -> Faults:
    return {"loses": {kind: list(globs)}}


def _in_a_set(faults: Faults, *own: str) -> Plant:
    """A set that is not as it was written: nothing is restored from it."""
    return Plant(faults, set(own), {"backup.content"} | OF_A_DAMAGED_SET, COMES_BACK | LINKS)


def _stops(faults: Faults) -> Plant:
    """A backup that fails: all that needs one is not tried."""
    tried = {"agent.privileges", "job.outlives", "job.look", "job.request", "root.trust", "state.owner"}
    return Plant(faults, {"operations.succeed"}, set(), set(HELD_WITH_ALL) - tried - {"operations.succeed"})


PLANTS: dict[str, Plant] = {
    "streams in the backup root": Plant(
        loses("streams", SETS),
        {"files.streams", "root.streams"},
        {"backup.content", "links.unchanged", "verify.damage"},
        LINKS,
    ),
    "streams of what is restored": Plant(loses("streams", STAGED), {"files.streams"}),
    "times of what is restored": Plant(loses("times", STAGED), {"files.times"}),
    "times of a folder": Plant(loses("times", "*/tree/times/*.restoring"), {"files.times"}),
    "attributes of what is restored": Plant(loses("attributes", "*/tree/*"), {"files.read_only"}),
    "content in the backup root": _in_a_set(loses("content", "*/sets/*/plain/*"), "backup.content"),
    "content of what is restored": Plant(
        loses("content", STAGED),
        {"restore.merge"},
        {"files.long_names", "files.names", "restore.killed", "restore.mirror"},
    ),
    "names": Plant(loses("names", "*/tree/names/with*"), {"files.names"}),
    "long names": Plant(loses("names", "*/tree/long/*"), {"files.long_names"}),
    "files of a usual name": Plant(
        loses("names", "*/tree/plain/b.txt"), {"restore.merge"}, {"restore.killed", "restore.mirror"}
    ),
    "deletions": Plant(loses("deletes", "*/tree/*.replaced"), {"restore.mirror"}, {"restore.killed"}),
    "hard links": Plant(loses("links", SETS), {"links.unchanged"}, set(), LINKS),
    "hard links, refused": Plant({"link_code": 5}, {"links.unchanged"}, {"files.hard_links"}, LINKS),
    "read-only of a shared file": Plant(loses("shared", "*/sets/*/attributes/*"), {"links.read_only"}),
    "what says that a link is one": Plant(loses("marks", "*/junction/link"), {"files.links"}, {"links.read_only"}),
    "access lists of what is restored": Plant(
        loses("lists", "*/tree/security/*.restoring"), {"files.security", "files.security_protected"}
    ),
    "owners": Plant(loses("owners", "*/tree/owner/*.restoring"), {"files.owner"}),
    "one of two names that differ in case alone": _in_a_set(loses("content", "*/sets/*/twins/*"), "files.case_twins"),
    "a share that caches": Plant({"caches": ["*/sets/*/speed/1.bin"]}, {"verify.damage"}),
    "jobs outside of the connection, refused": Plant(
        {"no_breakaway": True, "wmi_error": 5},
        {"job.outlives"},
        set(),
        {"agent.compiler", "job.look", "job.outside", "job.pipe", "job.request", "restore.killed"},
    ),
    "WMI, where it is not needed": Plant({"wmi_error": 5}, {"job.outside"}, set(), {"job.pipe"}),
    "a privilege": Plant({"no_privileges": ["SeBackupPrivilege"]}, {"agent.privileges"}),
    "staged files, to an antivirus": Plant(
        {"locked": ["*/tree/*.restoring"]},
        {"restore.merge", "restore.mirror"},
        {"files.locked", "restore.held_open", "restore.killed", "restore.predicted"},
        COMES_BACK | {"files.open_for_reading", "files.open_for_writing"},
    ),
    "share modes": Plant({"no_share_modes": True}, {"files.locked", "files.open_for_writing", "restore.held_open"}),
    "readers, taken for writers": Plant({"readers_as_writers": True}, {"files.open_for_reading"}),
    "who has a file open for reading": Plant({"readers_hold_nothing": True}, {"restore.held_open"}),
    "who may write to a folder": Plant({"no_writers": True}, {"root.trust"}),
    "a dot at the end of a name": Plant(loses("listing", "*/reserved/dot."), {"files.reserved_names"}),
    "files of a set": _in_a_set({"vanish": ["*/sets/*/plain/a.txt"]}, "backup.content"),
    "names of a set": _in_a_set(loses("listing", "*/sets/*/names/it*"), "backup.content"),
    "the times of what is read": Plant(
        loses("rest", "*/tree/plain/a.txt"), {"backup.untouched"}, {"files.times", "verify.damage"}
    ),
    "room": _stops({"fail_change": {"glob": SETS, "at": 20, "errno": 28}}),
    "the right to write there": _stops({"denied": ["*/sets/rehearsal/*/speed"]}),
    "the plan of a restore": Plant(loses("names", "*/restores/*/plan.jsonl"), {"restore.killed"}),
    "the decision": Plant(loses("names", "*/sets/*/set.json"), {"links.unchanged"}, set(), LINKS),
}

TOGETHER: tuple[tuple[str, ...], ...] = (
    (
        "streams of what is restored",
        "times of what is restored",
        "attributes of what is restored",
        "names",
        "long names",
        "access lists of what is restored",
        "owners",
        "hard links",
        "a share that caches",
        "WMI, where it is not needed",
        "a privilege",
        "readers, taken for writers",
        "who has a file open for reading",
        "who may write to a folder",
        "a dot at the end of a name",
        "the plan of a restore",
    ),
    ("files of a usual name", "times of a folder", "read-only of a shared file", "share modes"),
    ("the times of what is read", "deletions", "what says that a link is one", "the decision"),
    ("content of what is restored", "jobs outside of the connection, refused", "hard links, refused"),
)
"""Companies of plants that are found in one rehearsal. All others need one of their own."""


def merged(company: c.Iterable[str]) -> Faults:
    """Return the faults of several plants, and disks that keep lists. Raises ValueError where two of them differ."""
    faults: Faults = {**WITH_LISTS, "loses": {}}
    for name in company:
        for kind, value in PLANTS[name].faults.items():
            if kind == "loses":
                for lost, globs in value.items():
                    faults["loses"].setdefault(lost, []).extend(globs)
            elif faults.setdefault(kind, value) != value:
                raise ValueError(f"two plants of a company have another {kind}")
    return faults


def unlike(host: t.Any, company: c.Iterable[str]) -> list[str]:
    """Rehearse with some plants. Return what is not told as the table has it.

    Each plant is named by its own claims, nothing else is found but what they break, and all else is held.
    """
    host.faults, host.habits, host.patience = merged(company), IGNORES_CASE, 1000
    by = verdicts(rehearse(host))
    found = (by.get(NOT_HELD, set()) | by.get(REFUSED, set())) - REFUSED_ON_MONO
    plants = [PLANTS[name] for name in company]
    own, named = (set().union(*sets) for sets in ([one.own for one in plants], [one.named for one in plants]))
    broken = named.union(*(one.untried for one in plants))
    missing = HELD_WITH_ALL - broken - by[HELD] - (LATE & by[NOT_TRIED])
    return [
        *(f"{claim} is not found" for claim in sorted(own - found)),
        *(f"{claim} is found, and nothing here breaks it" for claim in sorted(found - named)),
        *(f"{claim} is not held, and nothing here breaks it" for claim in sorted(missing)),
        *(f"{claim} is held all the same" for claim in sorted(broken & by[HELD])),
    ]
