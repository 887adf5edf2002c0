# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""state, quiesce and resume on Wine's service control manager, or Windows': the shipped calls, with real services."""

from __future__ import annotations

import collections.abc as c
import itertools
import json
import random
import typing as t

import pytest
from unit.agent.win32_session import FOLDER, NEEDS_WINDOWS, NEEDS_WINE, Session, WindowsHost, WineHost, lacks

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_files
from lab.powershell import ALLOWED
from lab.waiting import until

pytestmark = pytest.mark.skipif(
    not ALLOWED and lacks("wine-host", "wine-powershell", "wine"), reason=f"{NEEDS_WINE}; or {NEEDS_WINDOWS}"
)

DRIVER = FOLDER / "services_driver.cs"
REAL = ("Spooler", "wuauserv", "StiSvc")
"""Services of Wine that run as programs, two in a process of their own and one in svchost."""

Ask = c.Callable[..., dict[str, t.Any]]


WINE_LACKS = {
    "TaskScheduler.cs": [('Ask(delegate(Automation service) { Add(service.Call("GetFolder", "\\\\"), found); });', "")],
    "ServiceControl.cs": [
        ("facts.IsDelayed = Flag(service, NativeServices.DelayedStart);", ""),
        ("facts.RecoversFromErrors = Flag(service, NativeServices.FailureActionsFlag);", ""),
        ("facts.Recovers = HasActions(service);", ""),
    ],
}
"""Wine's Schedule.Service knows no subfolders, and its services keep neither a delayed start nor recovery actions."""


def as_wine_can(name: str, text: str) -> str:
    for shipped, planted in WINE_LACKS.get(name, []):
        assert shipped in text
        text = text.replace(shipped, planted)
    return text


@pytest.fixture(scope="module")
def session() -> c.Iterator[Session]:
    host = WindowsHost(DRIVER) if ALLOWED else WineHost(DRIVER, as_wine_can)
    try:
        session = host.session()
        yield session
        session.close()
    finally:
        host.stop()


@pytest.fixture
def ask(session: Session) -> Ask:
    def run(*names: str) -> dict[str, t.Any]:
        named = [{"kind": "service", "name": name} for name in names]
        request = {"protocol": 1, "operation": "state", "version": "auto", "products": [], "services": named}
        answer: dict[str, t.Any] = session("Run", json.dumps(request))
        assert answer.get("error") is None
        return answer

    return run


def test_services_are_read(ask: Ask) -> None:
    [found] = ask("Eventlog")["services"]
    assert found["name"].lower() == "eventlog"
    assert found["state"] in ("running", "stopped", "start_pending")
    assert found["start_type"] in ("automatic", "manual")
    assert found["program"].lower().endswith("svchost.exe") or found["program"].lower().endswith(".exe")
    assert (found["process"] > 0) == (found["state"] != "stopped")


def test_all_services_are_found(ask: Ask) -> None:
    answer = ask("*")
    names = [one["name"].lower() for one in answer["services"]]
    assert {"rpcss", "eventlog"} <= set(names)
    assert len(names) == len(set(names)) > 5


MANUAL, DISABLED = 3, 4
STATES = tuple(itertools.product(("running", "stopped"), (MANUAL, DISABLED)))


def put(session: Session, name: str, state: str, start_type: int) -> None:
    """Bring a service into a state, as an administrator would."""
    session("SetStartType", name, MANUAL)
    if session("Facts", name)[0] != state:
        session("Start" if state == "running" else "Stop", name)
        until(lambda: session("Facts", name)[0] == state, f"{name} {state}")
    session("SetStartType", name, start_type)


@pytest.mark.skipif(ALLOWED, reason="stops services, which a computer of somebody's may need")
@pytest.mark.parametrize("case", random.Random(7).sample([*itertools.product(STATES, repeat=3)], 8))
def test_real_services_come_back(session: Session, case: tuple[tuple[str, int], ...]) -> None:
    for name, (state, start_type) in zip(REAL, case, strict=True):
        put(session, name, state, start_type)
    before = {name: session("Facts", name) for name in REAL}
    common = {"protocol": 1, "item_seconds": 100}
    quiesce = {
        **common,
        "operation": "quiesce",
        "version": "auto",
        "products": [],
        "epoch": "20260101T000000Z",
        "run": repr(case),  # one that has ended stops nothing any more
        "controller": "c",
        "services": [{"kind": "service", "name": name} for name in REAL],
    }
    answer = session("Run", json.dumps(quiesce))
    assert answer.get("error") is None
    assert {name: session("Facts", name) for name in REAL} == {
        name: ["stopped", start_type] for name, (dummy, start_type) in before.items()
    }
    assert session("Run", json.dumps(quiesce))["error"]["code"] == "quiesced"
    answer = session("Run", json.dumps({**common, "operation": "resume"}))
    assert answer.get("error") is None
    assert {name: session("Facts", name) for name in REAL} == before


@pytest.mark.parametrize("name", WINE_LACKS)
def test_what_wine_lacks_is_in_the_shipped_files(name: str) -> None:
    assert as_wine_can(name, agent_files()[name].read_text(encoding="utf-8"))
