# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in a backup, in a restore, and while programs have them open."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    Finding,
    Verdict,
)
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_judge.answers import (
    Answer,
    code_of,
    error_of,
    failed,
    judged,
)
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_judge.differences import (
    Looks,
    agree,
    claim_of,
    differences_of,
    is_expected,
    shown,
    unless,
    unseen,
)

_IN_USE: t.Final = ("files.locked", "files.open_for_reading", "files.open_for_writing")
_UNSUPPORTED: t.Final = frozenset({1, 50, 87})

# By case of a difficult file: the claims that are not tried if it could not be made.
_OF_CASE: t.Final = {
    "names": ("files.names",),
    "long": ("files.long_names",),
    "reserved": ("files.reserved_names",),
    "open": _IN_USE,
    "twins": ("files.case_twins",),
    "streams": ("files.streams", "links.streams"),
    "links": ("files.hard_links",),
    "junction": ("files.links",),
    "sparse": ("files.sparse_compressed",),
    "compressed": ("files.sparse_compressed",),
    "security": ("files.security", "files.security_protected", "restore.inherits", "restore.passed_on"),
    "owner": ("files.owner",),
    "attributes": ("files.read_only", "files.hidden_system"),
    "attributes.read_only": ("files.read_only",),
    "attributes.hidden_system": ("files.hidden_system",),
    "times": ("files.times", "files.created", "restore.folder_facts"),
    "times.created": ("files.created",),
    "times.written": ("files.times",),
}
_COME_BACK: t.Final = (
    "files.names",
    "files.long_names",
    "files.times",
    "files.created",
    "files.read_only",
    "files.hidden_system",
    "files.security",
    "files.security_protected",
    "files.owner",
    "files.streams",
    "files.hard_links",
    "restore.inherits",
    "restore.passed_on",
    "restore.folder_facts",
)


def not_made(places: c.Iterable[Answer]) -> list[Finding]:
    """Report the difficult files that the system did not accept."""
    findings = []
    for note in (note for place in places for note in place["not_made"]):
        verdict: Verdict = NOT_TRIED if note["code"] in _UNSUPPORTED else REFUSED
        findings += [
            Finding(one, verdict, note["cause"]) for one in _OF_CASE.get(note["case"], ("operations.succeed",))
        ]
    return findings


def backup(answer: Answer, places: c.Sequence[Answer], made: Answer) -> list[Finding]:
    """Judge the first backup by the problems and losses that it names."""
    if answer["failed"]:
        return [failed("operations.succeed", answer)]
    problems = {problem["path"]: problem["problem"] for problem in answer["problems"]}
    kinds = {loss["kind"] for loss in answer["losses"]}
    findings = [Finding("operations.succeed", HELD)]
    for number, place in enumerate(places, 1):
        lacking = {note["case"] for note in place["not_made"]}
        if "junction" not in lacking:
            seen = problems.get(f"volume{number}/junction/link")
            findings.append(judged(seen == "link", "files.links", f"The junction was reported as {seen}."))
        if "reserved" not in lacking:
            reserved = [kind for path, kind in problems.items() if path.startswith(f"volume{number}/reserved/")]
            findings.append(
                judged(
                    reserved == ["name"] * 4,
                    "files.reserved_names",
                    f"Of 4 files, the backup named {len(reserved)}.",
                )
            )
        if "twins" not in lacking:
            twins = [kind for path, kind in problems.items() if path.startswith(f"volume{number}/twins/")]
            findings.append(judged(twins == ["name"], "files.case_twins", f"Of 2 files, {len(twins)} were named."))
        findings += [
            judged(kind in kinds, "files.sparse_compressed", f"A {kind} file was not counted.")
            for kind in ("sparse", "compressed")
            if kind not in lacking
        ]
    return [*findings, *_same_volume(answer, places, made)]


def _same_volume(answer: Answer, places: c.Sequence[Answer], made: Answer) -> list[Finding]:
    drive = str(made["root"])[:2].upper()
    if (
        made["root_is_share"]
        or not any(str(place["path"])[:2].upper() == drive for place in places)
        or drive[1:] != ":"
    ):
        return [Finding("root.volume", NOT_TRIED, "The backup root is on a volume of its own.")]
    warned = any("volume" in warning for warning in answer["warnings"])
    return [judged(warned, "root.volume", "The backup did not warn.")]


def verified(answer: Answer) -> list[Finding]:
    """Judge the verify of an unchanged part."""
    return [judged(not answer["failed"], "backup.content", error_of(answer))]


def untouched(looks: Looks) -> list[Finding]:
    """Judge whether a backup changed what it read."""
    return [agree("backup.untouched", looks)]


def copied(looks: Looks) -> list[Finding]:
    """Judge the copy in the part: content and streams, except for files that a backup leaves out by design."""
    differences = [
        one
        for one in differences_of(looks)
        if one["case"] not in ("reserved", "twins") and one["path"] != "junction/link"
    ]
    streams = [one for one in differences if one["property"] == "streams"]
    others = [one for one in differences if one["property"] != "streams"]
    findings = [unless(others, "backup.content"), *unseen("backup.content", looks)]
    if streams:
        findings.append(Finding("files.streams", NOT_HELD, f"In the backup root: {shown(streams)}"))
    findings += [Finding("files.hard_links", NOT_HELD, shown([one])) for one in others if one["case"] == "links"]
    return findings + [one for look in looks for one in _twins(look)]


def _twins(look: Answer) -> list[Finding]:
    """Judge the copy of two names that differ only in case: one of them exists, and is equal to its original."""
    twins = [one for one in differences_of([look]) if one["case"] == "twins"]
    right = len(twins) <= 1 and all(one["property"] == "there" for one in twins)
    return [] if right else [Finding("files.case_twins", NOT_HELD, shown(twins))]


def streams_reported(answer: Answer, looks: Looks) -> list[Finding]:
    """Judge whether lost streams were reported. answer: of the backup; looks: at its copies."""
    lost = any(one["property"] == "streams" for one in differences_of(looks))
    said = any(loss["kind"] == "streams" for loss in answer["losses"])
    if not lost and not said:
        why = "The backup root keeps streams." if answer["streams"] else "No streams were made."
        return [Finding("root.streams", NOT_TRIED, why)]
    return [judged(said, "root.streams", "Some were lost without a warning.")]


def succeeded(answer: Answer) -> list[Finding]:
    """Judge an operation that only has to succeed."""
    return [failed("operations.succeed", answer)] if answer["failed"] else []


def linked(answer: Answer, proven: Answer, removed: Answer, after: Looks, places: c.Sequence[Answer]) -> list[Finding]:
    """Judge a second backup with links to the first, its verify, its removal, and the first after that."""
    if answer["failed"] or proven["failed"]:
        return [failed("links.unchanged", answer if answer["failed"] else proven)]
    if answer["linked"] == 0:
        kinds = ", ".join(loss["kind"] for loss in answer["not_linked"])
        refused: Verdict = REFUSED if kinds else NOT_HELD
        findings = [Finding("links.unchanged", refused, f"None of {answer['files']} files was linked. {kinds}".strip())]
        return [
            *findings,
            *(Finding(one, NOT_TRIED, "No file was linked.") for one in ("links.read_only", "links.streams")),
        ]
    with_streams = 2 * sum("streams" not in _lacking(place) for place in places)
    findings = [Finding("links.unchanged", HELD, f"{answer['linked']} of {answer['files']} files.")]
    if with_streams:
        all_linked = answer["linked"] > answer["files"] - with_streams
        findings.append(judged(not all_linked, "links.streams", "A file with streams was linked."))
    if removed["failed"]:
        return [*findings, Finding("links.read_only", REFUSED, error_of(removed))]
    changed = [one for one in differences_of(after) if one["property"] == "attributes"]
    return [*findings, unless(changed, "links.read_only"), *unseen("links.read_only", after)]


def in_use(answer: Answer) -> list[Finding]:
    """Judge a backup while one file is open for reading, two for writing, and one exclusively."""
    if answer["failed"]:
        return [Finding(one, REFUSED, error_of(answer)) for one in _IN_USE]
    inner = answer["answer"]
    if "problems" not in inner:
        return [failed("files.locked", inner)]
    named = {one["path"]: one["problem"] for one in inner["problems"] if one["path"].startswith("volume1/open/")}
    told = ", ".join(f"{path} as {problem}" for path, problem in sorted(named.items())) or "none"
    counted = [loss for loss in inner["losses"] if loss["kind"] == "open_for_writing"]
    count, first = (counted[0]["count"], counted[0]["first"]) if counted else (0, "none")
    read = first == "volume1/open/reading.bin"  # the first by name of those that are held
    seen = f"It named {told}, and counted {count}, the first {first}."
    exclusive = {path: problem for path, problem in named.items() if path.endswith("/exclusive.bin")}
    return [
        judged(list(exclusive.values()) == ["locked"], "files.locked", seen),
        judged(not read and "volume1/open/reading.bin" not in named, "files.open_for_reading", seen),
        judged(
            count - read == 2 and not named.keys() & {"volume1/open/shared.bin", "volume1/open/writing.bin"},
            "files.open_for_writing",
            seen,
        ),
    ]


def damage_found(verify: Answer, restore: Answer, looks: Looks, healed: Answer) -> list[Finding]:
    """Judge a part in which one byte was changed and then repaired."""
    found = code_of(verify) == "damaged" and any(one["path"] == "volume1/speed/1.bin" for one in verify["problems"])
    findings = [judged(found, "verify.damage", f"It said: {error_of(verify) or 'verified'}")]
    findings.append(
        judged(code_of(restore) == "damaged", "verify.damage", f"A restore of it said: {error_of(restore) or 'done'}")
    )
    findings.append(agree("verify.damage", looks))
    return [*findings, judged(not healed["failed"], "verify.damage", f"Repaired: {error_of(healed)}")]


def predicted(previewed: Answer, done: Answer) -> list[Finding]:
    """Judge check mode by the restore after it."""
    if previewed["failed"] or done["failed"]:
        return [failed("restore.predicted", previewed if previewed["failed"] else done)]
    kinds = ("added", "replaced", "removed", "attributes")
    before, after = ([answer[kind] for kind in kinds] for answer in (previewed, done))
    return [judged(before == after, "restore.predicted", f"Predicted {before}, done {after} ({', '.join(kinds)}).")]


def restored(identity: str, answer: Answer, looks: Looks, places: c.Sequence[Answer]) -> list[Finding]:
    """Judge a restore after damage, and all properties that it must restore.

    identity: the claim about the restore itself.
    """
    if answer["failed"]:
        return [failed(identity, answer)]
    findings = unseen(identity, looks)
    differing: dict[str, list[Answer]] = {identity: []}
    for place, look in zip(places, looks, strict=True):
        for one in differences_of([look]):
            if not is_expected(one, _lacking(place), identity):
                differing.setdefault(claim_of(one, identity), []).append(one)
    findings += [Finding(one, NOT_HELD, shown(seen)) for one, seen in differing.items() if seen]
    lacking = {case for place in places for case in _lacking(place)}
    untried = {one for case in lacking for one in _OF_CASE.get(case, ())}
    return findings + [
        Finding(one, HELD) for one in (identity, *_COME_BACK) if not differing.get(one) and one not in untried
    ]


def went_back(path: str, answer: Answer, looks: Looks) -> list[Finding]:
    """Judge a restore that found a file in use. path: of that file."""
    if answer["failed"]:
        return [Finding("restore.held_open", REFUSED, error_of(answer))]
    inner = answer["answer"]
    if not inner["failed"]:
        return [Finding("restore.held_open", NOT_HELD, "The restore replaced a file that was held open.")]
    named = path in f"{inner['error']['path']} {inner['error']['cause']}"
    return [judged(named, "restore.held_open", f"It said: {error_of(inner)}"), agree("restore.held_open", looks)]


def killed(answer: Answer, ended: Answer, looks: Looks, places: c.Sequence[Answer]) -> list[Finding]:
    """Judge how the next restore completes one that was killed."""
    if ended["failed"]:
        return [failed("restore.killed", ended)]
    findings = [one for one in restored("restore.killed", ended, looks, places) if one.id == "restore.killed"]
    if not answer["failed"] and answer["killed"]:
        said = any("was not ended" in warning for warning in ended["warnings"])
        return [*findings, judged(said, "restore.killed", "The next restore did not find it.")]
    why = error_of(answer) if answer["failed"] else "The restore ended before it could be killed."
    return [*(one for one in findings if one.verdict != HELD), Finding("restore.killed", NOT_TRIED, why)]


def witnessed(run: Answer, looks: Looks) -> list[Finding]:
    """Judge the records of Windows' own commands. run: the answer of the program; looks: its records, compared."""
    if run["failed"]:
        return [Finding("witness.agrees", NOT_TRIED, error_of(run)[:300])]
    if run["exit_code"] != 0 or any(look["failed"] for look in looks) or not looks[0]["entries"]:
        said = " ".join(f"{run['stderr']} {run['stdout']}".split())
        return [
            Finding("witness.agrees", NOT_TRIED, f"PowerShell ended with exit code {run['exit_code']}: {said}"[:300])
        ]
    return [unless(differences_of(looks), "witness.agrees")]


def _lacking(place: Answer) -> set[str]:
    return {note["case"] for note in place["not_made"]}
