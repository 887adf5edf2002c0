# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/windows.md says what real servers answered, and nothing of Mono, Wine, or somebody's names comes there."""

from __future__ import annotations

import datetime
import json
import pathlib
import re
import typing as t

import pytest
import windows_page

from ansible_collections.identityops.groupid.plugins.module_utils import rehearsal_report
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal import Outcome
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    CLAIMS,
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    Finding,
)

SERVER_2019 = {
    "system": "Windows 10.0.17763.0",
    "product": "Windows Server 2019 Standard",
    "build": "17763",
    "runtime": ".NET Framework",
    "runtime_version": "4.8.03761",
    "engine": "powershell.exe",
    "sha256": "SHA256Cng",
}
SERVER_2025 = {
    **SERVER_2019,
    "system": "Windows 10.0.26100.0",
    "product": "Microsoft Windows Server 2025 Datacenter Evaluation",
    "build": "26100",
}
PROBE: dict[str, t.Any] = {
    "computer": {
        "server": "web01",
        "fqdn": "web01.corp.example",
        "machine_guid": "",
        "user": "CORP\\svc",
        "agent": "7" * 16,
    },
    "roots": [],
    "drives": [{"file_system": "NTFS"}, {"file_system": "ReFS"}],
}
FINDINGS = (
    Finding("files.names", HELD),
    Finding(
        "files.times", NOT_HELD, "times/old.txt: written was 1992-03-21T19:15:01.2345678Z, is 2026-11-28T21:00:00Z"
    ),
    Finding(
        "files.owner",
        REFUSED,
        r"CORP\svc on WEB01 may not: O:S-1-5-21-1-2-3-500, D:\.rehearsal-web01-0123456789abcdef\tree",
    ),
    Finding("agent.framework", HELD, "powershell.exe, .NET Framework 4.8.03761, Windows Server 2019 Standard"),
    Finding("job.inside", HELD, r"It ran inside: \\web01\backup and 10.1.2.3 say: NT AUTHORITY\SYSTEM"),
    Finding("witness.agrees", NOT_TRIED, "FullyQualifiedErrorId : Get_Acl,Microsoft.PowerShell.Commands.GetAclCommand"),
)


def document(
    *findings: Finding, platform: dict[str, t.Any] | None = None, when: str = "2026-11-28", names: bool = False
) -> dict[str, t.Any]:
    """Make a result as the playbook does, of a Windows Server 2019 if no platform is named."""
    system = {**(platform or SERVER_2019), "privileges": {}}
    outcome = Outcome(list(findings or FINDINGS), {"ms_per_call": 900, "mb_per_second": 12.5}, system)
    masked = () if names else rehearsal_report.names_of(PROBE)
    now = datetime.datetime.fromisoformat(f"{when}T21:00:00+00:00")
    return rehearsal_report.document(outcome, PROBE, now, masked)


def kept(folder: pathlib.Path, content: t.Any, name: str = "windows-server-2019-ntfs-20261128.json") -> pathlib.Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def column(folder: pathlib.Path) -> dict[str, str]:
    """The column of the page that the tool would write."""
    return dict(re.findall(r"^\| `([\w.]+)` \| (.+) \|$", windows_page.written(folder), re.MULTILINE))


def test_the_page_is_as_it_would_be_written() -> None:
    assert windows_page.written() == windows_page.PAGE.read_text(encoding="utf-8"), (
        "Run python3 tests/tools/windows_page.py"
    )


def test_without_a_result_no_claim_ran_anywhere(tmp_path: pathlib.Path) -> None:
    assert column(tmp_path) == {claim.id: "not yet" for claim in CLAIMS}
    assert "There are no results yet." in windows_page.written(tmp_path)


def test_a_result_fills_the_column(tmp_path: pathlib.Path) -> None:
    kept(tmp_path, document())
    told = column(tmp_path)
    assert told["files.names"] == "Windows Server 2019 (17763), 2026-11"
    assert told["files.times"] == "not held: Windows Server 2019 (17763), 2026-11"
    assert told["files.owner"] == "refused by the system: Windows Server 2019 (17763), 2026-11"
    assert told["witness.agrees"] == told["groupid.works"] == "not yet"
    page = windows_page.written(tmp_path)
    link = "[2026-11](rehearsals/windows-server-2019-ntfs-20261128.json)"
    assert f"| {link} | Windows Server 2019 (17763) | 4.8.03761 | NTFS, ReFS | 3 | 1 | 1 |" in page
    assert "There are no results yet." not in page


def test_of_several_results_what_is_wrong_comes_first_then_the_newest(tmp_path: pathlib.Path) -> None:
    held, wrong = Finding("files.names", HELD), Finding("files.names", NOT_HELD, "x")
    for number, (finding, platform, when) in enumerate(
        [
            (held, SERVER_2019, "2026-11-28"),
            (held, SERVER_2019, "2027-02-01"),
            (held, SERVER_2025, "2027-03-01"),
            (wrong, SERVER_2025, "2026-12-24"),
        ]
    ):
        kept(tmp_path, document(finding, platform=platform, when=when), f"{number}.json")
    cell = column(tmp_path)["files.names"]
    assert cell == "not held: Windows Server 2025 (26100), 2026-12; Windows Server 2025 (26100), 2027-03; and 1 more"
    assert max(map(len, windows_page.written(tmp_path).splitlines())) <= 160


def changed(**members: t.Any) -> dict[str, t.Any]:
    return {**document(), **members}


def on(**platform: t.Any) -> dict[str, t.Any]:
    return document(platform={**SERVER_2019, **platform})


def seen(text: str) -> dict[str, t.Any]:
    """A result that somebody wrote into."""
    return changed(claims=[{"id": "files.names", "verdict": "held", "seen": text}])


def claims(*answers: dict[str, t.Any]) -> dict[str, t.Any]:
    return changed(claims=[{"id": "files.names", "verdict": "held", "seen": "", **answer} for answer in answers])


HOSTILE: dict[str, tuple[t.Any, str]] = {
    "no JSON": ("not held", "It is not JSON"),
    "cut off": (json.dumps(document())[:-20], "It is not JSON"),
    "deep": ("[" * 200_000, "It is not JSON"),
    "large": (json.dumps(document()) + " " * 1_000_000, "too large"),
    "a list": ([document()], "no JSON object"),
    "empty": ({}, "its members are none"),
    "another document": ({"schema": 1, "deployment_id": "hq"}, "its members are"),
    "a member more": (changed(note="[click](https://example.org)"), "its members are"),
    "another schema": (changed(rehearsal_schema=2), "rehearsal_schema is not known"),
    "no time": (changed(rehearsed_at="2026-13-45T00:00:00Z"), "is no time"),
    "no agent": (changed(agent="x | y"), "is no digest"),
    "no file systems": (changed(file_systems=["NTFS | x"]), "Its file_systems"),
    "no numbers": (changed(measured={"ms_per_call": "fast"}), "no numbers"),
    "claims of the wrong kind": (changed(claims={"files.names": "held"}), "of the wrong kind"),
    "no claims": (changed(claims=[]), "It has no claims"),
    "half a claim": (changed(claims=[{"id": "files.names"}]), "One of its claims"),
    "an unknown claim": (claims({"id": "files.everything"}), "no claim 'files.everything'"),
    "a claim twice": (claims({}, {"verdict": "not held"}), "answers files.names twice"),
    "an unknown answer": (claims({"verdict": "held for ever"}), "is no answer"),
    "a database": (changed(claims=[{"id": "sql.connect", "verdict": "held", "seen": ""}]), "a database or of a domain"),
    "a domain": (changed(domain=None), "a database or of a domain"),
    "Mono": (on(system="Linux, in the lab", runtime="Mono", product=None, build=None), "but on 'Linux, in the lab'"),
    "Mono on Windows": (on(runtime="Mono"), "but on 'Mono'"),
    "Wine": (on(system="Wine, as Windows 10.0.17763.0"), "but on 'Wine, as Windows"),
    "Wine that hides, with the .NET that it runs": (on(runtime=".NET"), "but on '.NET'"),
    "no word of the system": (changed(platform={"runtime": ".NET Framework"}), "does not say what it ran on"),
    "no system": (on(system=None), "but on None"),
    "no build": (on(build=None), "no build of a Windows"),
    "a product with a cell of its own": (on(product="Windows | [x](y)"), "no product of a Windows"),
    "named": (document(names=True), "It names its server"),
    "an address": (seen("It asked 10.20.30.40."), "An address"),
    "an address of version 6": (seen("fe80::1:2 does not answer"), "An address"),
    "a domain's number": (seen("O:S-1-5-21-111-222-333-500"), "number of a domain"),
    "a share": (seen(r"The share \\nas01\backup is full"), "a share's server"),
    "a long share": (seen(r"\\?\UNC\nas01\backup is full"), "a share's server"),
    "an account": (seen(r"D:\x is open in a program of CORP\svc-groupid"), "an account"),
    "a user's name": (seen("svc@corp.example may not"), "a user's"),
    "a host": (seen("web01.corp.example does not answer"), "a host"),
    "a host in an address of a page": (seen("https://web01.corp.example/wsman"), "a host"),
    "a computer's number": (seen("11111111-0000-4000-8000-000000000001"), "a machine's number"),
    "a scratch folder": (seen(r"D:\.rehearsal-web01-0123456789abcdef\tree"), "a server"),
    "a name in a name": (changed(measured={"web01.corp.example": 1}), "a host"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_does_not_count_is_refused_by_name(tmp_path: pathlib.Path, case: str) -> None:
    content, why = HOSTILE[case]
    path = kept(tmp_path, content)
    with pytest.raises(windows_page.RefusedError) as refused:
        windows_page.written(tmp_path)
    assert str(refused.value).startswith(f"{path}: ")
    assert why in str(refused.value)


def test_a_member_that_is_there_twice_hides_nothing(tmp_path: pathlib.Path) -> None:
    text = json.dumps(document()).replace('"server": null', '"server": "web01", "server": null')
    kept(tmp_path, text)
    with pytest.raises(windows_page.RefusedError, match="a member twice"):
        windows_page.written(tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "windows.json").write_bytes(b'{"server": "\xff"}')
    with pytest.raises(windows_page.RefusedError, match="It is not JSON"):
        windows_page.written(tmp_path)


@pytest.mark.parametrize("name", ["rehearsal-web01.json", "WEB01.json", "a b.json", "a).json"])
def test_a_file_that_names_a_server_by_its_name_is_to_be_renamed(tmp_path: pathlib.Path, name: str) -> None:
    kept(tmp_path, document(), name)
    with pytest.raises(windows_page.RefusedError, match="Rename it"):
        windows_page.written(tmp_path)
