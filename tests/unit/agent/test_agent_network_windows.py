# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network identity by Win32's own calls: impersonated by threads and a program, and reverted.

Wine's LogonUserW gives a token that is none. Here the token of the process stands in for it, so that all the
rest is as shipped; who other computers see is nothing that Wine can show.
"""

from __future__ import annotations

import collections.abc as c
import json
import re
import typing as t

import pytest
from unit.agent.win32_session import AGENT_DRIVER, NEEDS_WINE, Session, WineHost, lacks

pytestmark = pytest.mark.skipif(lacks("wine-host", "wine-powershell", "wine"), reason=NEEDS_WINE)

CMD = "C:\\windows\\system32\\cmd.exe"
NETWORK = {"username": "CORP\\svc", "password": "N3twork-Pa55"}
LOG_ON = re.compile(r"Check\(NativeSecurity\.LogonUserW\(.*?\bout token\)\);", re.DOTALL)
OWN_TOKEN = "Check(NativeSecurity.OpenProcessToken(NativeSecurity.GetCurrentProcess(), 0xF01FF, out token));"


def own_token(name: str, text: str) -> str:
    if name != "NetworkIdentity.cs":
        return text
    changed, count = LOG_ON.subn(OWN_TOKEN, text)
    assert count == 1
    return changed


@pytest.fixture(scope="module")
def host() -> c.Iterator[WineHost]:
    wine = WineHost(AGENT_DRIVER, own_token)
    try:
        yield wine
    finally:
        wine.stop()


@pytest.fixture(scope="module")
def session(host: WineHost) -> c.Iterator[Session]:
    session = host.session()
    yield session
    session.close()


def call(session: Session, operation: str, **members: t.Any) -> dict[str, t.Any]:
    answer: dict[str, t.Any] = session("Run", json.dumps({"protocol": 1, "operation": operation, **members}))
    return answer


def run(session: Session, *arguments: str, seconds: int = 60, **members: t.Any) -> dict[str, t.Any]:
    given = {"program": CMD, "arguments": list(arguments), "time_limit": seconds, "collect": []}
    return call(session, "run", **given, **members)


@pytest.mark.parametrize("members", [{}, {"network": NETWORK}, {"network": None}], ids=["before", "with_it", "after"])
def test_a_program_is_the_same_with_it(session: Session, members: dict[str, t.Any]) -> None:
    """Its pipes, its settings, its folder and its exit code."""
    answer = run(session, "/c", "echo out& echo err 1>&2& set PATHEXT& cd& exit 7", **members)
    assert not answer["failed"], answer
    out, settings, folder = answer["stdout"].splitlines()
    assert (out, answer["stderr"].strip(), answer["exit_code"]) == ("out", "err", 7)
    assert settings.startswith("PATHEXT=")
    assert folder.startswith("C:\\ProgramData\\identityops.groupid\\run.")


def test_a_program_ends_in_time_with_all_that_it_started(session: Session) -> None:
    answer = run(session, "/c", "ping -n 100 127.0.0.1", seconds=2, network=NETWORK)
    assert answer["error"]["code"] == "time_limit"


def test_a_part_goes_to_a_share_while_it_is_worn(host: WineHost, session: Session) -> None:
    host.share("nas01", "backup")
    source = "C:\\ProgramData\\source"
    made = run(session, "/c", f"mkdir {source}& for /L %i in (1,1,50) do @echo %i> {source}\\%i.txt")
    assert made["exit_code"] == 0, made
    place = {"root": "\\\\nas01\\backup\\Backups", "deployment": "hq", "set_id": "20260101T000000Z", "network": NETWORK}
    backup = call(session, "backup", **place, components=[{"name": "data", "path": source}], threads=4)
    assert (backup["failed"], backup["files"]) == (False, 50), backup
    assert backup["privileges"]["missing"] == []
    assert call(session, "verify", **place)["state"] == "verified"
