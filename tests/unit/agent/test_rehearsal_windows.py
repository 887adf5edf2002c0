# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal by the shipped agent on Wine's Win32: what Wine does not keep is reported, and explained here."""

from __future__ import annotations

import collections.abc as c
import json
import secrets
import typing as t

import pytest
from unit.agent.rehearsing import LabServer, verdicts
from unit.agent.test_witness import COMMANDS, RECORDS
from unit.agent.win32_session import AGENT_DRIVER, NEEDS_WINE, Session, WineHost, lacks

from ansible_collections.identityops.groupid.plugins.module_utils import rehearsal, rehearsal_claims
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.rehearsal_server import witness

pytestmark = pytest.mark.skipif(lacks("wine-host", "wine-powershell", "wine"), reason=NEEDS_WINE)


@pytest.fixture(scope="module")
def host() -> c.Iterator[WineHost]:
    wine = WineHost(AGENT_DRIVER)
    try:
        yield wine
    finally:
        wine.stop()


@pytest.fixture(scope="module")
def session(host: WineHost) -> c.Iterator[Session]:
    session = host.session()
    yield session
    session.close()


class Spoken:
    """The session, as a `LabServer` speaks to a host."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def send(self, text: str) -> dict[str, t.Any]:
        answer: dict[str, t.Any] = self._session("Run", text)
        return answer


def test_what_wine_does_not_keep_is_reported_and_nothing_stays(host: WineHost, session: Session) -> None:
    subject = rehearsal.Subject(
        secrets.token_hex(8), [], "C:\\Backups", {"products": [], "component_paths": {}}, witness="param($Place)\n"
    )
    outcome = rehearsal.rehearse(LabServer(Spoken(session)), subject)
    reported = {one.id: one for one in rehearsal_claims.gathered(outcome.findings)}
    assert not list(host.drive.rglob(".rehearsal-*"))
    by = verdicts(reported)
    assert by.get("not held", set()) == set(), [reported[one].seen for one in by["not held"]]
    assert by["refused by the system"] == set(REFUSED_BY_WINE)
    assert by["held"] >= HELD_ON_WINE


HELD_ON_WINE = {
    "operations.succeed", "backup.untouched", "backup.content", "verify.damage", "restore.predicted", "restore.merge",
    "restore.mirror", "restore.held_open", "files.locked", "files.open_for_reading", "files.open_for_writing",
    "files.names", "files.long_names", "files.times", "files.read_only", "files.hard_links", "links.unchanged",
    "job.inside", "root.volume", "agent.privileges",
}  # fmt: skip
REFUSED_BY_WINE = {
    "job.outlives": "The session's agent has no copy of its own source, and starts no other one.",
    "files.hidden_system": "Wine loses hidden and system beside read-only.",
    "files.security": "Its disks keep three entries for a mode.",
    "files.security_protected": "The same, and no inheritance.",
    "files.owner": "The same: the owner is who made the file.",
    "restore.inherits": "The same.",
    "restore.passed_on": "The same.",
}


def test_the_second_witness_sees_the_same_files_on_win32(host: WineHost, session: Session) -> None:
    """By the engine's provider of files and .NET's descriptors: lists of three entries. Wine's icacls does nothing."""
    spoken = Spoken(session)

    def step(step: str, **members: t.Any) -> dict[str, t.Any]:
        own: dict[str, t.Any] = {"folders": [], "root": None, "products": [], "component_paths": {}}
        answer = spoken.send(json.dumps({"protocol": 1, "operation": "rehearsal", "step": step, **own, **members}))
        assert not answer["failed"], answer
        return answer

    place = step("make", id=secrets.token_hex(8))["places"][0]["path"]
    step("script", place=place, text=witness())
    (host.drive / "witness_commands.ps1").write_bytes(COMMANDS.read_bytes())
    allowed = "$env:PSExecutionPolicyPreference = 'Unrestricted'"
    said = host.powershell("-Command", f"{allowed}; & C:\\witness_commands.ps1 '{place}'; exit 0")
    assert "icacls" in said or "witness.acl" in said, said
    for record in ("witness_files", "witness_folders"):
        compared = step("compare", place=place, **{"with": record, "properties": RECORDS[record], "extra": True})
        assert compared["differences"] == []
        assert compared["entries"] > 5
    assert step("clean")["left"] == []
