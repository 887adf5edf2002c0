# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The claims of a rehearsal, its document and its table, without a server."""

from __future__ import annotations

import datetime
import pathlib
import re
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import objections, rehearsal_report
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal import Outcome
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    CLAIMS,
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    Told,
    gathered,
)

DOCS = pathlib.Path(__file__).parents[3] / "docs"
NOW = datetime.datetime(2026, 11, 28, 21, 0, tzinfo=datetime.timezone.utc)
PROBE: dict[str, t.Any] = {
    "computer": {
        "server": "web01",
        "fqdn": "web01.corp.example",
        "machine_guid": "11111111-0000-4000-8000-000000000001",
        "user": "CORP\\svc-groupid",
        "agent": "72278a6bae3c05c6",
    },
    "roots": [{"path": r"\\nas01\backup"}],
    "drives": [{"file_system": "NTFS"}, {"file_system": "NTFS"}],
    "installations": [
        {
            "components": [
                {"name": "reports", "path": "C:\\x", "exists": True},
                {"name": "schedules", "path": "C:\\y", "exists": False},
            ]
        }
    ],
}
PLATFORM = {"system": "Windows 10.0.20348.0", "runtime": ".NET Framework", "privileges": {"missing": []}}


def kept(*told: Told, names: bool = False) -> dict[str, t.Any]:
    masked = () if names else rehearsal_report.names_of(PROBE, "inventory-name", "10.1.2.3")
    measured = {"mb_per_second": 21.4, "files_per_second": 310, "ms_per_call": 2100}
    return rehearsal_report.document(Outcome(list(told), measured, PLATFORM), PROBE, NOW, masked)


def test_the_page_and_the_table_have_the_same_claims() -> None:
    rows = [line for line in (DOCS / "windows.md").read_text().splitlines() if line.startswith("| `")]
    on_page = [identity for row in rows for identity in re.findall(r"`([\w.]+)`", row.split("|")[1])]
    assert sorted(set(on_page)) == sorted(claim.id for claim in CLAIMS)


def test_of_several_answers_the_gravest_stays() -> None:
    told = [Told("files.names", HELD), Told("files.names", NOT_HELD, "a"), Told("files.names", NOT_HELD, "b")]
    [found] = [one for one in gathered(told) if one.id == "files.names"]
    assert found == Told("files.names", NOT_HELD, "a")
    [found] = [
        one for one in gathered([Told("files.names", NOT_TRIED, "x"), Told("files.names", HELD)]) if one.seen == ""
    ]
    assert found.verdict == HELD


def test_every_claim_is_answered_with_a_reason() -> None:
    answers = gathered([])
    assert [one.id for one in answers] == [claim.id for claim in CLAIMS]
    assert all(one.verdict == NOT_TRIED and one.seen for one in answers)
    with pytest.raises(KeyError):
        gathered([Told("no.such", HELD)])


def test_names_and_addresses_are_masked() -> None:
    seen = r"\\NAS01\Backup\.rehearsal-web01-0123: CORP\svc-groupid on WEB01.corp.example (10.1.2.3), inventory-name"
    [one] = [one for one in kept(Told("files.names", REFUSED, seen))["claims"] if one["id"] == "files.names"]
    assert not re.search(r"web01|corp|svc|nas01|10\.1|inventory", one["seen"], re.IGNORECASE)
    document = kept(Told("files.names", REFUSED, seen), names=True)
    assert document["server"] == "web01"
    assert seen in {one["seen"] for one in document["claims"]}


def test_lines_have_80_columns_and_say_what_was_seen() -> None:
    lines = rehearsal_report.table(kept(Told("files.names", NOT_HELD, "x" * 200)))
    assert max(map(len, lines)) <= 80
    assert sum(line.count("x" * 20) for line in lines) > 2
    assert lines[-1] == "Measured: 21.4 MB/s, 310 files/s, 2100 ms a call."


def test_what_matters_for_a_restore_is_told() -> None:
    document = kept(
        Told("restore.killed", NOT_HELD, "a mixture"),
        Told("files.streams", NOT_HELD, "gone"),
        Told("files.created", NOT_HELD, "another"),
        Told("files.times", REFUSED, "refused"),
    )
    warnings, losses = rehearsal_report.consequences(document)
    assert [sentence.count("(files.streams)") for sentence in warnings] == [1]
    assert [sentence.count("(restore.killed)") for sentence in losses] == [1]
    facts = {"web01": {"__groupid_rehearsal": {"losses": losses}}, "web02": {"__groupid_rehearsal": {}}}
    [failure] = objections.against(facts, "web01", "rehearsal")
    assert (failure.code, failure.cause) == ("rehearsal", losses[0])
    assert objections.against(facts, "web02", "rehearsal") == []


def test_only_what_was_found_is_rehearsed() -> None:
    assert rehearsal_report.folders(PROBE) == [{"component": "reports", "path": "C:\\x"}]


def test_a_run_of_several_servers_shows_counts_and_what_is_not_held() -> None:
    one = {**kept(Told("files.names", NOT_HELD, "gone")), "file": "/x/rehearsal-web01.json"}
    one["table"] = rehearsal_report.table(one)
    lines = rehearsal_report.of_run({"web01": one, "web02": one, "web03": {}})
    assert lines[0].split()[:11] == [
        "host",
        "held",
        "not",
        "held",
        "refused",
        "by",
        "the",
        "system",
        "not",
        "tried",
        "here",
    ]
    assert sum("files.names" in line for line in lines) == 2
    assert sum("files.long_names" in line for line in lines) == 0
    alone = rehearsal_report.of_run({"web01": one})
    assert sum("files.long_names" in line for line in alone) == 1
    assert rehearsal_report.of_run({"web01": {"removed": 2}})[-1].split() == ["web01", "2"]
