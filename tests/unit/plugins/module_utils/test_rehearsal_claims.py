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
from unit.plugins import run_facts

from ansible_collections.identityops.groupid.plugins.module_utils import (
    rehearsal_report,
)
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.objections import by_step
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal import Outcome, place_request
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    CLAIMS,
    DATABASE_CLAIMS,
    DIRECTORY_CLAIMS,
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    Claim,
    Finding,
    gathered,
)
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_judge.files import restored
from ansible_collections.identityops.groupid.plugins.module_utils.summary import report

DOCS = pathlib.Path(__file__).parents[4] / "docs"
MODULE_UTILS = DOCS.parent / "plugins" / "module_utils"
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


def kept(*reported: Finding, names: bool = False) -> dict[str, t.Any]:
    masked = () if names else rehearsal_report.names_of(PROBE, "inventory-name", "10.1.2.3")
    measured = {"mb_per_second": 21.4, "files_per_second": 310, "ms_per_call": 2100, "seconds": 48}
    return rehearsal_report.document(Outcome(list(reported), measured, PLATFORM), PROBE, NOW, masked)


@pytest.mark.parametrize(
    ("path", "refuted"),
    [
        ("security/denying/below.txt", "restore.passed_on"),
        ("security/denying", "files.security_protected"),
        ("security/inherited.txt", "restore.inherits"),
    ],
)
def test_a_list_that_did_not_come_back_refutes_the_claim_of_its_file(path: str, refuted: str) -> None:
    other = {"case": "security", "path": path, "property": "security", "made": "D:(A;ID;FR;;;BG)", "seen": "D:"}
    looks = [{"failed": False, "differences": [other]}]
    reported = restored("restore.mirror", {"failed": False}, looks, [{"not_made": []}])
    assert [one.id for one in reported if one.verdict == NOT_HELD] == [refuted]


def test_the_page_and_the_table_have_the_same_claims() -> None:
    items = re.findall(r"^- (`[\w.]+`(?:, `[\w.]+`)*): ", (DOCS / "windows.md").read_text(), re.MULTILINE)
    on_page = [identity for item in items for identity in re.findall(r"`([\w.]+)`", item)]
    assert sorted(on_page) == sorted(claim.id for claim in CLAIMS), "docs/windows.md and rehearsal_claims.py"


@pytest.mark.parametrize(
    ("page", "claims"), [("sql-server.md", DATABASE_CLAIMS), ("group-attributes.md", DIRECTORY_CLAIMS)]
)
def test_the_pages_of_what_is_there_once_have_their_claims(page: str, claims: t.Sequence[Claim]) -> None:
    on_page = re.findall(r"^\| `((?:sql|directory)\.\w+)` \|", (DOCS / page).read_text(), re.MULTILINE)
    assert on_page == [claim.id for claim in claims], f"docs/{page} and rehearsal_claims.py"


@pytest.mark.parametrize(
    ("claims", "files"),
    [
        (
            CLAIMS,
            ["rehearsal.py", "rehearsal_judge/files.py", "rehearsal_judge/jobs.py", "rehearsal_judge/surroundings.py"],
        ),
        (DATABASE_CLAIMS, ["sql/rehearsal/rehearsal.py", "sql/rehearsal/scratch.py"]),
        (DIRECTORY_CLAIMS, ["directory/rehearsal.py"]),
    ],
)
def test_every_claim_is_judged_or_says_why_it_is_not_tried(claims: t.Sequence[Claim], files: list[str]) -> None:
    """What nobody judges would be told as "The rehearsal ended earlier."."""
    text = "\n".join((MODULE_UTILS / name).read_text(encoding="utf-8") for name in files)
    judged = {claim.id for claim in claims if f'"{claim.id}"' in text}
    assert {claim.id for claim in claims if not claim.untried} == judged, f"{', '.join(files)}, or untried of the claim"


def test_every_id_is_one_claim() -> None:
    every = [claim.id for claim in (*CLAIMS, *DATABASE_CLAIMS, *DIRECTORY_CLAIMS)]
    assert len(set(every)) == len(every)


def once(*reported: Finding, names: t.Sequence[str] = ()) -> dict[str, t.Any]:
    kept = rehearsal_report.document_of(reported, DATABASE_CLAIMS, {"version": "16"}, NOW, names)
    return {**kept, **rehearsal_report.judged(kept)}


def test_what_is_there_once_has_a_table_and_consequences() -> None:
    answer = once(
        Finding("sql.rows", NOT_HELD, "2 missing on sql01"), Finding("sql.history", NOT_HELD, "x"), names=["sql01", ""]
    )
    assert max(map(len, answer["table"])) <= 80
    assert "sql01" not in str(answer)
    assert len(answer["losses"]) == 1
    assert len(answer["consequences"]) == 2
    lines = rehearsal_report.of_shared({"database of hq": {**answer, "file": "/x.json"}, "none": {}})
    assert lines[1].split()[:5] == ["database", "of", "hq", "0", "2"]
    assert "Not held:" in lines
    assert "    2 missing on <masked>" in lines
    assert any(
        " sql.connect," in line for line in lines[lines.index("Not tried here, each for a reason in the result:") :]
    )
    assert lines[-1] == "database of hq: /x.json"
    several = rehearsal_report.of_shared({"database of hq": answer, "database of lab": once()})
    assert not any(line.startswith("sql.connect ") for line in several)
    assert rehearsal_report.of_shared({}) == []


def test_a_failed_rehearsal_of_a_database_shows_its_claims_and_a_skipped_one_none() -> None:
    facts = run_facts.make("hq", "web01", "web02")
    plan = run_facts.planned(facts)
    for host in facts.values():
        host["__groupid_sql_rehearsal"] = {"skipped": True}
    failed = {"failed": True, "error": Failure("scratch_left", "w", "c", "n").explained()}
    facts["web01"]["__groupid_sql_rehearsal"] = {**once(Finding("sql.rows", HELD)), **failed}
    facts["web01"]["__groupid_directory_rehearsal"] = {"corp.example": once(Finding("sql.history", NOT_HELD, "x"))}
    text = "\n".join(report.lines(facts, plan, "rehearse"))
    assert "database of hq" in text
    assert "corp.example of hq" in text
    notes = [note for host in ("web01", "web02") for note in report._notes(facts, host)]
    assert "\n".join(notes).count("No backup can be confirmed") == 1


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"sql_rehearse": True, "sql_server": "", "components": None}, "groupid_sql_server is not set"),
        (
            {"sql_rehearse": True, "sql_server": "sql01", "components": ["reports"]},
            "groupid_components does not name",
        ),
        ({"sql_rehearse": True, "sql_server": "sql01", "components": None}, ""),
        ({"sql_rehearse": True, "sql_server": "", "components": None, "rehearsal_clean": True}, ""),
        ({"sql_rehearse": False, "sql_server": "", "components": None}, ""),
    ],
)
def test_a_database_that_was_asked_for_and_not_rehearsed_is_reported_once(asked: dict[str, t.Any], why: str) -> None:
    facts = run_facts.make("hq", "web01", "web02")
    plan = run_facts.planned(facts)
    for host in facts.values():
        host["__groupid_asked"] = {**host["__groupid_asked"], **asked}
    text = " ".join(" ".join(report.lines(facts, plan, "rehearse")).split())
    assert text.count("no database of hq was rehearsed") == int(bool(why))
    assert why in text


def test_the_folder_for_a_sql_server_lies_in_a_scratch() -> None:
    request = place_request("web01", "0123456789abcdef", "\\\\nas01\\backup\\", "CORP\\SQL01$")
    assert request["root"] == "\\\\nas01\\backup\\.rehearsal-web01-0123456789abcdef"
    assert (request["operation"], request["account"]) == ("place", "CORP\\SQL01$")
    assert place_request("web01", "0" * 16, "/srv/backup", None)["root"] == f"/srv/backup/.rehearsal-web01-{'0' * 16}"


def test_of_several_answers_the_gravest_stays() -> None:
    reported = [
        Finding("files.names", HELD),
        Finding("files.names", NOT_HELD, "a"),
        Finding("files.names", NOT_HELD, "b"),
    ]
    [found] = [one for one in gathered(reported) if one.id == "files.names"]
    assert found == Finding("files.names", NOT_HELD, "a")
    [found] = [
        one
        for one in gathered([Finding("files.names", NOT_TRIED, "x"), Finding("files.names", HELD)])
        if one.seen == ""
    ]
    assert found.verdict == HELD


def test_every_claim_is_answered_with_a_reason() -> None:
    answers = gathered([])
    assert [one.id for one in answers] == [claim.id for claim in CLAIMS]
    assert all(one.verdict == NOT_TRIED and one.seen for one in answers)
    with pytest.raises(KeyError):
        gathered([Finding("no.such", HELD)])


def test_names_and_addresses_are_masked() -> None:
    seen = r"\\NAS01\Backup\.rehearsal-web01-0123: CORP\svc-groupid on WEB01.corp.example (10.1.2.3), inventory-name"
    [one] = [one for one in kept(Finding("files.names", REFUSED, seen))["claims"] if one["id"] == "files.names"]
    assert not re.search(r"web01|corp|svc|nas01|10\.1|inventory", one["seen"], re.IGNORECASE)
    document = kept(Finding("files.names", REFUSED, seen), names=True)
    assert document["server"] == "web01"
    assert seen in {one["seen"] for one in document["claims"]}


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        ("The message is the same for sa and SA.", "The message is the same for <masked> and <masked>."),
        ("Set groupid_sql_rehearse for GroupID.", "Set groupid_sql_rehearse for <masked>."),
        (r"D:\GroupID_log.ldf, groupid_old", r"D:\<masked>_log.ldf, <masked>_old"),
        ("groupid_test_0123456789abcdef at 10:20:30", "groupid_test_0123456789abcdef at 10:20:30"),
        ("[fe80::1:2], 2001:db8::12", "[<masked>], <masked>"),
        ("O:S-1-5-21-1111-2222-3333-500G:S-1-5-32-544", "O:S-1-5-21-<masked>-500G:S-1-5-32-544"),
        ("dc01.eu.corp.example:636 was not reached", "<masked>:636 was not reached"),
    ],
)
def test_masking_leaves_words_that_only_look_like_names(seen: str, shown: str) -> None:
    """sa and GroupID are the most usual names of a login and a database. A domain's hosts are masked with it."""
    reported = once(Finding("sql.history", NOT_HELD, seen), names=["sa", "GroupID", "corp.example"])
    assert shown in {one["seen"] for one in reported["claims"]}


def test_lines_have_80_columns_and_say_what_was_seen() -> None:
    lines = rehearsal_report.table(kept(Finding("files.names", NOT_HELD, "x" * 200)))
    assert max(map(len, lines)) <= 80
    assert sum(line.count("x" * 20) for line in lines) > 2
    assert lines[-1] == "Measured: 21.4 MB/s, 310 files/s, 2100 ms a call, 48 s in all."


def test_claims_are_reported_by_verdict_and_what_is_wrong_first() -> None:
    lines = rehearsal_report.table(
        kept(Finding("files.names", HELD), Finding("files.times", REFUSED, "Set to 1, it is 2."))
    )
    refused, held = lines.index("Refused by the system:"), lines.index("Held:")
    assert refused < held < lines.index("Not tried here, each for a reason in the result:")
    assert lines[refused + 1].endswith("(files.times)")
    assert lines[refused + 2] == "    Set to 1, it is 2."
    assert lines[held + 1].endswith("(files.names)")


def test_check_mode_says_that_nothing_was_rehearsed() -> None:
    lines = rehearsal_report.of_run({"web01": {"changed": True}, "web02": {"changed": True}, "web03": {}})
    assert lines == ["Check mode: nothing was rehearsed on web01, web02."]


def test_what_matters_for_a_restore_is_reported() -> None:
    document = kept(
        Finding("restore.killed", NOT_HELD, "a mixture"),
        Finding("files.streams", NOT_HELD, "gone"),
        Finding("files.created", NOT_HELD, "another"),
        Finding("files.times", REFUSED, "refused"),
    )
    warnings, losses = rehearsal_report.consequences(document)
    assert [sentence.count("(files.streams)") for sentence in warnings] == [1]
    assert [sentence.count("(restore.killed)") for sentence in losses] == [1]
    facts = {"web01": {"__groupid_rehearsal": {"losses": losses}}, "web02": {"__groupid_rehearsal": {}}}
    [failure] = by_step.against(facts, "web01", "rehearsal")
    assert (failure.code, failure.cause) == ("rehearsal", losses[0])
    assert by_step.against(facts, "web02", "rehearsal") == []


def test_only_what_was_found_is_rehearsed() -> None:
    assert rehearsal_report.folders(PROBE) == [{"component": "reports", "path": "C:\\x"}]


def test_a_run_of_several_servers_shows_counts_and_what_is_not_held() -> None:
    one = {**kept(Finding("files.names", NOT_HELD, "gone")), "file": "/x/rehearsal-web01.json"}
    one["table"] = rehearsal_report.table(one)
    lines = rehearsal_report.of_run({"web01": one, "web02": one, "web03": {}})
    assert lines[0].split() == ["host", "held", "not", "held", "refused", "not", "tried", "MB/s", "files/s"]
    assert lines[-1] == "2 results: /x"
    assert sum("files.names" in line for line in lines) == 2
    assert sum("files.long_names" in line for line in lines) == 0
    alone = rehearsal_report.of_run({"web01": one})
    assert sum("files.long_names" in line for line in alone) == 1
    assert rehearsal_report.of_run({"web01": {"removed": 2}})[-1].split() == ["web01", "2"]
