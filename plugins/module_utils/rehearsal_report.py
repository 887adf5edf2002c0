# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results of a rehearsal: a document that can be sent to others, a table, and the consequences for a restore."""

from __future__ import annotations

import collections.abc as c
import datetime
import posixpath
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import columns
from ansible_collections.identityops.groupid.plugins.module_utils.network.endpoint import is_address
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal import Outcome
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    VERDICTS,
    Claim,
    Finding,
    claim,
    gathered,
)
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.words import WORDS

SCHEMA: t.Final = 1

# Times of day also have two colons, so each match is checked.
_ADDRESS: t.Final = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])"
)
# A domain's or a machine's part of the SID of an account.
_DOMAIN_SID: t.Final = re.compile(r"\b(S-1-5-21-)\d+-\d+-\d+")
_DNS_NAME: t.Final = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_LEAST_NAME: t.Final = 2  # characters; a single letter would mask too much of a text
_SHORT_NAME: t.Final = 4  # characters; shorter names, such as the login sa, are part of many words
MASK: t.Final = "<masked>"
# Of the columns of VERDICTS. Whole words would not fit beside a long name.
_HEADINGS: t.Final = [verdict.removesuffix(" by the system").removesuffix(" here") for verdict in VERDICTS]
# The collection's own names, which contain the name of the database if that is GroupID.
_OWN_WORDS: t.Final = "|".join(
    [
        r"groupid_(?:rehearsal|test|probe)_[0-9a-f]{16}",
        *sorted((word.name for word in WORDS), key=len, reverse=True),
    ]
)


def folders(probe: c.Mapping[str, t.Any]) -> list[dict[str, str]]:
    """Return the components that were found, as `rehearsal.Subject` takes them. probe: the agent's answer."""
    return [
        {"component": component["name"], "path": component["path"]}
        for installation in probe["installations"]
        for component in installation["components"]
        if component["exists"]
    ]


def names_of(probe: c.Mapping[str, t.Any], *others: str) -> tuple[str, ...]:
    """Return the texts that identify a server: its names, its account and domain, its backup root."""
    computer = probe["computer"]
    account = re.split(r"[\\@]", str(computer["user"]))
    own = (computer["server"], computer["fqdn"], computer["machine_guid"], *account)
    domain = str(computer["fqdn"]).partition(".")[2]
    roots = (root["path"] for root in probe["roots"])
    found = {str(name) for name in (*own, domain, *roots, *others) if len(str(name)) >= _LEAST_NAME}
    return tuple(sorted(found, key=len, reverse=True))


def document(
    outcome: Outcome, probe: c.Mapping[str, t.Any], now: datetime.datetime, names: c.Sequence[str]
) -> dict[str, t.Any]:
    """Return the document of a rehearsal.

    names: names to mask in its texts. Empty: nothing is masked.
    """
    platform = {name: value for name, value in outcome.platform.items() if name != "privileges"}
    return {
        "rehearsal_schema": SCHEMA,
        "rehearsed_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "agent": probe["computer"]["agent"],
        "server": None if names else probe["computer"]["server"],
        "platform": platform,
        "file_systems": sorted({drive["file_system"] for drive in probe["drives"]}),
        "measured": dict(outcome.measured),
        "claims": [{**one.explained(), "seen": masked(one.seen, names)} for one in gathered(outcome.findings)],
    }


def document_of(
    findings: c.Iterable[Finding],
    claims: c.Sequence[Claim],
    platform: c.Mapping[str, t.Any],
    now: datetime.datetime,
    names: c.Iterable[str | None],
) -> dict[str, t.Any]:
    """Return the document of a rehearsal of a SQL Server or a domain.

    names: names to mask in its texts. Empty: nothing is masked.
    """
    hidden = sorted({name for name in names if name and len(name) >= _LEAST_NAME}, key=len, reverse=True)
    return {
        "rehearsal_schema": SCHEMA,
        "rehearsed_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "platform": dict(platform),
        "claims": [{**one.explained(), "seen": masked(one.seen, hidden)} for one in gathered(findings, claims)],
    }


def judged(kept: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the other members of a result: the table, and the consequences for a restore."""
    warnings, losses = consequences(kept)
    return {"table": table(kept), "consequences": [*losses, *warnings], "losses": losses}


def masked(text: str, names: c.Sequence[str]) -> str:
    """Mask names, the longest first, addresses, and the numbers of domains. No names: nothing is masked."""
    if not names:
        return text
    pattern = rf"(?P<own>(?-i:\b(?:{_OWN_WORDS})\b))|{'|'.join(map(_pattern_of, names))}"
    text = re.sub(pattern, lambda found: found["own"] or MASK, text, flags=re.IGNORECASE)
    text = _DOMAIN_SID.sub(rf"\1{MASK}", text)
    return _ADDRESS.sub(lambda found: MASK if ":" not in found[0] or is_address(found[0]) else found[0], text)


def _pattern_of(name: str) -> str:
    if len(name) < _SHORT_NAME:
        return rf"(?<![^\W_]){re.escape(name)}(?![^\W_])"
    # The name of a domain also masks the hosts in it.
    return (r"(?:[\w-]+\.)*" if _DNS_NAME.fullmatch(name) else "") + re.escape(name)


def table(kept: c.Mapping[str, t.Any]) -> list[str]:
    """Return the claims by verdict as lines of at most 80 columns. Those not held come first, with what was seen."""
    by: dict[str, list[c.Mapping[str, t.Any]]] = {verdict: [] for verdict in VERDICTS}
    for one in kept["claims"]:
        by[one["verdict"]].append(one)
    lines: list[str] = []
    for verdict in (NOT_HELD, REFUSED, HELD):
        lines += [f"{verdict.capitalize()}:"] if by[verdict] else []
        for one in by[verdict]:
            lines += columns.folded(f"{claim(one['id']).words} ({one['id']})", "  ", "    ")
            lines += columns.folded(one["seen"], "    ", "    ") if verdict != HELD else []
    if by[NOT_TRIED]:
        ids = ", ".join(one["id"] for one in by[NOT_TRIED])
        lines += ["Not tried here, each for a reason in the result:", *columns.folded(ids, "  ", "  ")]
    measured = kept.get("measured") or {}
    if "mb_per_second" in measured:
        lines.append(
            f"Measured: {measured['mb_per_second']} MB/s, {measured['files_per_second']} files/s, "
            f"{measured['ms_per_call']} ms a call, {measured['seconds']} s in all."
        )
    return lines


def consequences(kept: c.Mapping[str, t.Any]) -> tuple[list[str], list[str]]:
    """Return a sentence for each claim that is not held and matters for a restore: warnings, and what loses data."""
    warnings: list[str] = []
    losses: list[str] = []
    for one in (Finding(**one) for one in kept["claims"]):
        about = claim(one.id)
        if one.verdict == NOT_HELD and about.consequence:
            sentence = f"{about.words}: this does not hold here ({one.id}). {about.consequence} Seen: {one.seen}"
            (losses if about.loss else warnings).append(sentence)
    return warnings, losses


def of_run(answers: c.Mapping[str, c.Mapping[str, t.Any]]) -> list[str]:
    """Return the lines of a run: the servers with counts of their claims, and below the claims that are not held.

    answers: of groupid_rehearsal by host; empty if a host was not rehearsed. A run with one server shows all claims.
    In check mode, an answer has no claims.
    """
    findings = {host: answer for host, answer in answers.items() if answer.get("claims")}
    cleaned = {host: answer["removed"] for host, answer in answers.items() if "removed" in answer}
    if cleaned:
        return columns.table(["host", "folders removed"], list(cleaned.items()))
    if not findings:
        asked = [host for host, answer in answers.items() if answer.get("changed")]
        return columns.folded(f"Check mode: nothing was rehearsed on {', '.join(asked)}.", "", "  ") if asked else []
    rows = [[host, *_counts(answer), *_speed(answer)] for host, answer in findings.items()]
    lines = columns.table(["host", *_HEADINGS, "MB/s", "files/s"], rows)
    for host, answer in findings.items():
        shown = answer["table"] if len(findings) == 1 else _not_held(answer)
        lines += ["", f"{host}:", *shown] if shown else []
    return [*lines, *_files(findings)]


def of_shared(answers: c.Mapping[str, c.Mapping[str, t.Any]]) -> list[str]:
    """Return the lines of databases and domains, by name: each with its counts and the claims that are not held.

    If there is only one, all its claims are shown.
    """
    findings = {name: answer for name, answer in answers.items() if answer.get("claims")}
    if not findings:
        return []
    lines = columns.table(["", *_HEADINGS], [[name, *_counts(answer)] for name, answer in findings.items()])
    for name, answer in findings.items():
        shown = answer["table"] if len(findings) == 1 else _not_held(answer)
        lines += ["", f"{name}:", *shown] if shown else []
    return [*lines, *_files(findings)]


def _files(answers: c.Mapping[str, c.Mapping[str, t.Any]]) -> list[str]:
    """Return where the results are: the folder of several, or the file of one."""
    by_folder: dict[str, list[str]] = {}
    for name, answer in answers.items():
        if answer.get("file"):
            by_folder.setdefault(posixpath.dirname(answer["file"]), []).append(name)
    return [
        f"{names[0]}: {answers[names[0]]['file']}" if len(names) == 1 else f"{len(names)} results: {folder}"
        for folder, names in by_folder.items()
    ]


def _counts(answer: c.Mapping[str, t.Any]) -> list[int]:
    return [sum(one["verdict"] == verdict for one in answer["claims"]) for verdict in VERDICTS]


def _speed(answer: c.Mapping[str, t.Any]) -> list[float | int | None]:
    return [answer["measured"].get("mb_per_second"), answer["measured"].get("files_per_second")]


def _not_held(answer: c.Mapping[str, t.Any]) -> list[str]:
    claims = [one for one in answer["claims"] if one["verdict"] in (NOT_HELD, REFUSED)]
    return table({"claims": claims}) if claims else []
