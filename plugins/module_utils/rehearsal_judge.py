# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the answers of a rehearsal of the folders mean for the claims. Functions from the agent's answers to `Finding`.

A ``look`` is the answer of the agent's step compare. A ``place`` is one of the places in the answer of its step make.
"""

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
    held_if,
)

Answer = c.Mapping[str, t.Any]
Looks = c.Sequence[Answer]

INSIDE: t.Final = "The operation ran inside the connection"
"""Beginning of the agent's warning if no process could be started for a job."""
BROKEN_AWAY: t.Final = "breakaway"
BY_SERVICE: t.Final = "wmi"

# Claims about every job, about a job that left the connection's job object, and about a job that WMI started.
_OF_JOBS: t.Final = ("job.look", "job.engine")
_BY_HANDLE: t.Final = ("job.request",)
_BY_SERVICE: t.Final = ("job.outside", "job.service", "job.pipe")
_WINDOWS_ALONE: t.Final = frozenset({"job.engine", "job.service"})
"""Claims that only Windows itself can prove."""

_IN_USE: t.Final = ("files.locked", "files.open_for_reading", "files.open_for_writing")
_UNSUPPORTED: t.Final = frozenset({1, 50, 87})
_HIDDEN_SYSTEM: t.Final = 0x6

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


def platform(facts: Answer) -> list[Finding]:
    """Judge what the agent runs on: ``platform`` of the step make."""
    findings = [Finding("state.owner", HELD)]
    missing = facts["privileges"]["missing"]
    findings.append(_if(not missing, "agent.privileges", f"Missing: {', '.join(missing)}."))
    runs_on = f"{facts['engine']}, {facts['runtime']} {facts['runtime_version']}, {facts['product'] or facts['system']}"
    if not on_windows(facts):
        why = f"The agent ran on {runs_on}."
        return [
            *findings,
            *(Finding(one, NOT_TRIED, why) for one in ("agent.bootstrap", "agent.framework", "agent.sha256")),
        ]
    framework = facts["runtime"] == ".NET Framework"
    return [
        *findings,
        Finding("agent.bootstrap", HELD if framework else NOT_TRIED, runs_on),
        Finding("agent.framework", HELD if framework else NOT_TRIED, runs_on),
        _if(facts["sha256"] == "SHA256Cng", "agent.sha256", f"It comes from {facts['sha256']}."),
    ]


def on_windows(facts: Answer) -> bool:
    """Return whether the server is Windows itself, not something in its place."""
    return str(facts["system"]).startswith("Windows ")


def not_made(places: c.Iterable[Answer]) -> list[Finding]:
    """Report the difficult files that the system did not accept."""
    findings = []
    for note in (note for place in places for note in place["not_made"]):
        verdict: Verdict = NOT_TRIED if note["code"] in _UNSUPPORTED else REFUSED
        findings += [
            Finding(one, verdict, note["cause"]) for one in _OF_CASE.get(note["case"], ("operations.succeed",))
        ]
    return findings


def job(answer: Answer, facts: Answer) -> list[Finding]:
    """Judge a backup that ran as a job after its connection was closed. ``route`` says how the job was started."""
    route = answer.get("route")
    if route == "inside":
        reason = _why_inside(answer)
        untried = [Finding(one, NOT_TRIED, "No job was started.") for one in (*_OF_JOBS, *_BY_HANDLE, *_BY_SERVICE)]
        return [Finding("job.inside", HELD, reason), Finding("job.outlives", REFUSED, reason), *untried]
    by_service = route == BY_SERVICE
    other = "WMI started the job." if by_service else "The job left the connection's job object by itself."
    untried = [Finding(one, NOT_TRIED, other) for one in (_BY_HANDLE if by_service else _BY_SERVICE)]
    untried.append(Finding("job.inside", NOT_TRIED, "A job was started."))
    if answer["failed"] and answer["error"]["code"] == "job_died":
        return [*untried, Finding("job.outlives", NOT_HELD, answer["error"]["cause"])]
    taken = ("job.outlives", *_OF_JOBS, *(_BY_SERVICE if by_service else _BY_HANDLE))
    return [*untried, *_proven_by_job(taken, facts)]


def job_by_service(answer: Answer, facts: Answer) -> list[Finding]:
    """Judge a job that WMI alone was to start, though it could have left the connection's job object."""
    if not _has_verified(answer):
        return [_failed("job.outside", answer)]
    if answer.get("route") != BY_SERVICE:
        return [Finding("job.outside", REFUSED, _why_inside(answer)[:300])]
    return _proven_by_job(_BY_SERVICE, facts)


def _proven_by_job(claims: c.Iterable[str], facts: Answer) -> list[Finding]:
    elsewhere = () if on_windows(facts) else _WINDOWS_ALONE
    why = "The job did not run on Windows."
    return [Finding(one, NOT_TRIED, why) if one in elsewhere else Finding(one, HELD) for one in claims]


def _why_inside(answer: Answer) -> str:
    return next((warning for warning in answer["warnings"] if warning.startswith(INSIDE)), INSIDE)


def compiled_late(answer: Answer) -> list[Finding]:
    """Judge a job whose compiler was to fail once: the step hiccup."""
    identity = "agent.compiler"
    if answer["failed"]:
        return [Finding(identity, REFUSED, _error(answer))]
    if answer["start"]["failed"]:
        return [Finding(identity, REFUSED, _error(answer["start"]))]
    if not answer["waited"]:
        return [Finding(identity, NOT_TRIED, "No compiler of a job needed a folder for its files.")]
    if answer["answer"] is None:
        return [Finding(identity, NOT_HELD, "The job did not start, or did not end in time.")]
    return [_if(_has_verified(answer["answer"]), identity, _error(answer["answer"]))]


def backup(answer: Answer, places: c.Sequence[Answer], made: Answer) -> list[Finding]:
    """Judge the first backup by the problems and losses that it names."""
    if answer["failed"]:
        return [_failed("operations.succeed", answer)]
    problems = {problem["path"]: problem["problem"] for problem in answer["problems"]}
    kinds = {loss["kind"] for loss in answer["losses"]}
    findings = [Finding("operations.succeed", HELD)]
    for number, place in enumerate(places, 1):
        lacking = {note["case"] for note in place["not_made"]}
        if "junction" not in lacking:
            seen = problems.get(f"volume{number}/junction/link")
            findings.append(_if(seen == "link", "files.links", f"The junction was reported as {seen}."))
        if "reserved" not in lacking:
            reserved = [kind for path, kind in problems.items() if path.startswith(f"volume{number}/reserved/")]
            findings.append(
                _if(
                    reserved == ["name"] * 4,
                    "files.reserved_names",
                    f"Of 4 files, the backup named {len(reserved)}.",
                )
            )
        if "twins" not in lacking:
            twins = [kind for path, kind in problems.items() if path.startswith(f"volume{number}/twins/")]
            findings.append(_if(twins == ["name"], "files.case_twins", f"Of 2 files, {len(twins)} were named."))
        findings += [
            _if(kind in kinds, "files.sparse_compressed", f"A {kind} file was not counted.")
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
    return [_if(warned, "root.volume", "The backup did not warn.")]


def verified(answer: Answer) -> list[Finding]:
    """Judge the verify of an unchanged part."""
    return [_if(not answer["failed"], "backup.content", _error(answer))]


def untouched(looks: Looks) -> list[Finding]:
    """Judge whether a backup changed what it read."""
    return [_agree("backup.untouched", looks)]


def copied(looks: Looks) -> list[Finding]:
    """Judge the copy in the part: content and streams, except for files that a backup leaves out by design."""
    differences = [
        one
        for one in _differences(looks)
        if one["case"] not in ("reserved", "twins") and one["path"] != "junction/link"
    ]
    streams = [one for one in differences if one["property"] == "streams"]
    others = [one for one in differences if one["property"] != "streams"]
    findings = [_unless(others, "backup.content"), *_unseen("backup.content", looks)]
    if streams:
        findings.append(Finding("files.streams", NOT_HELD, f"In the backup root: {_seen(streams)}"))
    findings += [Finding("files.hard_links", NOT_HELD, _seen([one])) for one in others if one["case"] == "links"]
    return findings + [one for look in looks for one in _twins(look)]


def _twins(look: Answer) -> list[Finding]:
    """Judge the copy of two names that differ in case alone: one of them is there, as its original is."""
    twins = [one for one in _differences([look]) if one["case"] == "twins"]
    right = len(twins) <= 1 and all(one["property"] == "there" for one in twins)
    return [] if right else [Finding("files.case_twins", NOT_HELD, _seen(twins))]


def streams_reported(answer: Answer, looks: Looks) -> list[Finding]:
    """Judge whether lost streams were reported. answer: of the backup; looks: at its copies."""
    lost = any(one["property"] == "streams" for one in _differences(looks))
    said = any(loss["kind"] == "streams" for loss in answer["losses"])
    if not lost and not said:
        why = "The backup root keeps streams." if answer["streams"] else "No streams were made."
        return [Finding("root.streams", NOT_TRIED, why)]
    return [_if(said, "root.streams", "Some were lost without a warning.")]


def succeeded(answer: Answer) -> list[Finding]:
    """Judge an operation that only has to succeed."""
    return [_failed("operations.succeed", answer)] if answer["failed"] else []


def linked(answer: Answer, proven: Answer, removed: Answer, after: Looks, places: c.Sequence[Answer]) -> list[Finding]:
    """Judge a second backup with links to the first, its verify, its removal, and the first after that."""
    if answer["failed"] or proven["failed"]:
        return [_failed("links.unchanged", answer if answer["failed"] else proven)]
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
        findings.append(_if(not all_linked, "links.streams", "A file with streams was linked."))
    if removed["failed"]:
        return [*findings, Finding("links.read_only", REFUSED, _error(removed))]
    changed = [one for one in _differences(after) if one["property"] == "attributes"]
    return [*findings, _unless(changed, "links.read_only"), *_unseen("links.read_only", after)]


def damage_found(verify: Answer, restore: Answer, looks: Looks, healed: Answer) -> list[Finding]:
    """Judge a part in which one byte was changed and then repaired."""
    found = _code(verify) == "damaged" and any(one["path"] == "volume1/speed/1.bin" for one in verify["problems"])
    findings = [_if(found, "verify.damage", f"It said: {_error(verify) or 'verified'}")]
    findings.append(
        _if(_code(restore) == "damaged", "verify.damage", f"A restore of it said: {_error(restore) or 'done'}")
    )
    findings.append(_agree("verify.damage", looks))
    return [*findings, _if(not healed["failed"], "verify.damage", f"Repaired: {_error(healed)}")]


def predicted(previewed: Answer, done: Answer) -> list[Finding]:
    """Judge check mode by the restore after it."""
    if previewed["failed"] or done["failed"]:
        return [_failed("restore.predicted", previewed if previewed["failed"] else done)]
    kinds = ("added", "replaced", "removed", "attributes")
    before, after = ([answer[kind] for kind in kinds] for answer in (previewed, done))
    return [_if(before == after, "restore.predicted", f"Predicted {before}, done {after} ({', '.join(kinds)}).")]


def restored(identity: str, answer: Answer, looks: Looks, places: c.Sequence[Answer]) -> list[Finding]:
    """Judge a restore after damage, and all properties that it must restore.

    identity: the claim about the restore itself.
    """
    if answer["failed"]:
        return [_failed(identity, answer)]
    findings = _unseen(identity, looks)
    differing: dict[str, list[Answer]] = {identity: []}
    for place, look in zip(places, looks, strict=True):
        for one in _differences([look]):
            if not _expected(one, _lacking(place), identity):
                differing.setdefault(_claim_of(one, identity), []).append(one)
    findings += [Finding(one, NOT_HELD, _seen(seen)) for one, seen in differing.items() if seen]
    lacking = {case for place in places for case in _lacking(place)}
    untried = {one for case in lacking for one in _OF_CASE.get(case, ())}
    return findings + [
        Finding(one, HELD) for one in (identity, *_COME_BACK) if not differing.get(one) and one not in untried
    ]


def in_use(answer: Answer) -> list[Finding]:
    """Judge a backup while one file is open for reading, two for writing, and one exclusively."""
    if answer["failed"]:
        return [Finding(one, REFUSED, _error(answer)) for one in _IN_USE]
    inner = answer["answer"]
    if "problems" not in inner:
        return [_failed("files.locked", inner)]
    named = {one["path"]: one["problem"] for one in inner["problems"] if one["path"].startswith("volume1/open/")}
    told = ", ".join(f"{path} as {problem}" for path, problem in sorted(named.items())) or "none"
    counted = [loss for loss in inner["losses"] if loss["kind"] == "open_for_writing"]
    count, first = (counted[0]["count"], counted[0]["first"]) if counted else (0, "none")
    read = first == "volume1/open/reading.bin"  # the first by name of those that are held
    seen = f"It named {told}, and counted {count}, the first {first}."
    exclusive = {path: problem for path, problem in named.items() if path.endswith("/exclusive.bin")}
    return [
        _if(list(exclusive.values()) == ["locked"], "files.locked", seen),
        _if(not read and "volume1/open/reading.bin" not in named, "files.open_for_reading", seen),
        _if(
            count - read == 2 and not named.keys() & {"volume1/open/shared.bin", "volume1/open/writing.bin"},
            "files.open_for_writing",
            seen,
        ),
    ]


def went_back(path: str, answer: Answer, looks: Looks) -> list[Finding]:
    """Judge a restore that found a file in use. path: of that file."""
    if answer["failed"]:
        return [Finding("restore.held_open", REFUSED, _error(answer))]
    inner = answer["answer"]
    if not inner["failed"]:
        return [Finding("restore.held_open", NOT_HELD, "The restore replaced a file that was held open.")]
    named = path in f"{inner['error']['path']} {inner['error']['cause']}"
    return [_if(named, "restore.held_open", f"It said: {_error(inner)}"), _agree("restore.held_open", looks)]


def killed(answer: Answer, ended: Answer, looks: Looks, places: c.Sequence[Answer]) -> list[Finding]:
    """Judge how the next restore completes one that was killed."""
    if ended["failed"]:
        return [_failed("restore.killed", ended)]
    findings = [one for one in restored("restore.killed", ended, looks, places) if one.id == "restore.killed"]
    if not answer["failed"] and answer["killed"]:
        said = any("was not ended" in warning for warning in ended["warnings"])
        return [*findings, _if(said, "restore.killed", "The next restore did not find it.")]
    why = _error(answer) if answer["failed"] else "The restore ended before it could be killed."
    return [*(one for one in findings if one.verdict != HELD), Finding("restore.killed", NOT_TRIED, why)]


def witnessed(run: Answer, looks: Looks) -> list[Finding]:
    """Judge the records of Windows' own commands. run: the answer of the program; looks: its records, compared."""
    if run["failed"]:
        return [Finding("witness.agrees", NOT_TRIED, _error(run)[:300])]
    if run["exit_code"] != 0 or any(look["failed"] for look in looks) or not looks[0]["entries"]:
        said = " ".join(f"{run['stderr']} {run['stdout']}".split())
        return [
            Finding("witness.agrees", NOT_TRIED, f"PowerShell ended with exit code {run['exit_code']}: {said}"[:300])
        ]
    return [_unless(_differences(looks), "witness.agrees")]


def trust(opened: Answer, refused: Answer, share: bool) -> list[Finding]:
    """Judge a backup to a folder that everybody may change."""
    if share or opened["failed"] or opened["refused"]:
        why = "This is not tested on a share." if share else _error(opened) or str(opened.get("refused"))
        return [Finding("root.trust", NOT_TRIED, why)]
    return [_if(_code(refused) == "root_open", "root.trust", f"It said: {_error(refused) or 'done'}")]


def share(made: Answer, network: bool) -> list[Finding]:
    """Judge the access to the share, after everything on it succeeded. network: a separate account was given."""
    names = ("share.second_hop", "share.identity", "share.rights")
    if not made["root_is_share"]:
        return [Finding(one, NOT_TRIED, "The backup root is on this server's own disks.") for one in names]
    if network:
        return [
            Finding("share.identity", HELD),
            Finding("share.rights", HELD),
            Finding(names[0], NOT_TRIED, "An account is given."),
        ]
    return [Finding(names[0], HELD), *(Finding(one, NOT_TRIED, "No account is given.") for one in names[1:])]


def connection(transport: str, scheme: str | None, auth: str, checked: bool) -> list[Finding]:
    """Judge the connection, after the whole rehearsal used it.

    transport: the plugin. scheme: http or https. auth: how it logs in. checked: a certificate is checked.
    """
    used = {
        "connection.https": scheme == "https" and checked,
        "connection.ntlm": auth == "ntlm" and scheme == "http",
        "connection.kerberos": auth in ("kerberos", "credssp") and scheme == "http",
        "connection.psrp": transport == "psrp",
        "connection.ssh": transport == "ssh",
    }
    way = ", ".join(text for text in (transport, scheme, auth) if text)
    return [Finding(one, HELD if right else NOT_TRIED, way) for one, right in used.items()]


# ---- differences


def _claim_of(difference: Answer, otherwise: str) -> str:
    """Return the claim that a difference between the made and the found file refutes."""
    of_property = {"written": "files.times", "created": "files.created", "streams": "files.streams"}
    if difference["property"] in of_property:
        return of_property[difference["property"]]
    if difference["property"] == "security":
        return _security_claim(difference)
    if difference["property"] == "attributes":
        bits = int(difference["made"]) ^ int(difference["seen"])
        return "files.hidden_system" if bits & _HIDDEN_SYSTEM else "files.read_only"
    of_case = {
        "names": "files.names",
        "long": "files.long_names",
        "links": "files.hard_links",
        "twins": "files.case_twins",
    }
    return of_case.get(difference["case"], otherwise)


def _security_claim(difference: Answer) -> str:
    if difference["case"] == "owner":
        return "files.owner"
    if difference["case"] != "security" or difference["path"] == "security/inherited.txt":
        return "restore.inherits"
    if difference["path"] == "security/denying/below.txt":  # which nothing damages but the list of its folder
        return "restore.passed_on"
    return "files.security" if difference["path"] == "security/explicit.txt" else "files.security_protected"


def _expected(difference: Answer, lacking: c.Container[str], identity: str) -> bool:
    """Return whether a difference is allowed."""
    if difference["property"] in ("created", "written") and f"times.{difference['property']}" in lacking:
        return True
    # A merge keeps files that are newer than the backup. Then their folder has a newer time too.
    return identity == "restore.merge" and difference["path"] == "plain" and difference["property"] == "written"


def _lacking(place: Answer) -> set[str]:
    return {note["case"] for note in place["not_made"]}


def _differences(looks: Looks) -> list[Answer]:
    return [one for look in looks if not look["failed"] for one in look["differences"]]


def _unseen(identity: str, looks: Looks) -> list[Finding]:
    return [Finding(identity, REFUSED, f"It cannot be read: {_error(look)}") for look in looks if look["failed"]]


def _agree(identity: str, looks: Looks) -> Finding:
    unseen = _unseen(identity, looks)
    return unseen[0] if unseen else _unless(_differences(looks), identity)


def _unless(differences: c.Sequence[Answer], identity: str) -> Finding:
    return Finding(identity, NOT_HELD, _seen(differences)) if differences else Finding(identity, HELD)


def _seen(differences: c.Sequence[Answer]) -> str:
    first = differences[0]
    more = f" ({len(differences) - 1} more)" if len(differences) > 1 else ""
    return f"{first['path']}: {first['property']} was {first['made']}, is {first['seen']}{more}"[:300]


def _if(right: bool, identity: str, otherwise: str) -> Finding:
    return held_if(right, identity, otherwise[:300])


def _failed(identity: str, answer: Answer) -> Finding:
    return Finding(identity, NOT_HELD, _error(answer)[:300])


def _has_verified(answer: Answer) -> bool:
    """Return whether a job that verifies a part came to its end. That the part is damaged refutes other claims."""
    return not answer["failed"] or _code(answer) == "damaged"


def _code(answer: Answer) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else ""


def _error(answer: Answer) -> str:
    if not answer["failed"]:
        return ""
    return ": ".join(filter(None, (answer["error"][field] for field in ("code", "path", "cause"))))
