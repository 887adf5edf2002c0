# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One server is stopped, saved side by side and started again, whatever happens."""

from __future__ import annotations

import collections.abc as c
import concurrent.futures
import dataclasses
import os
import pathlib
import signal
import threading
import time
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.sharing import Sharing, WorkEndedError
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.rendezvous import Rendezvous
from ansible_collections.identityops.groupid.plugins.plugin_utils.saving import saving as module
from ansible_collections.identityops.groupid.plugins.plugin_utils.saving.saving import Plan, Saved, Saving, is_failed
from ansible_collections.identityops.groupid.plugins.plugin_utils.saving.signals import InterruptedByError
from lab.waiting import HANG

# Threads and signals differ from Python to Python.
pytestmark = pytest.mark.smoke

Answer = dict[str, t.Any]
FAILED: Answer = {"failed": True, "error": {"code": "stop_failed"}}


class Server:
    """Notes what is done, in order. works: by the name of the step, in place of a short success."""

    def __init__(self, **works: c.Callable[[], Answer]) -> None:
        self.done: list[str] = []
        self.works = works
        self.sharing = Sharing()

    def step(self, name: str) -> c.Callable[[], Answer]:
        def work() -> Answer:
            self.done.append(name)
            self.sharing.called.set()
            return self.works.get(name, dict)() or {"failed": False}

        return work

    def saving(self, meeting: Rendezvous | None = None, *, stops: bool = True, shared: bool = True) -> Saving:
        plan = Plan(
            stop=self.step("stop") if stops else None,
            resume=self.step("resume") if stops else None,
            folders=self.step("folders"),
            database=self.step("database") if shared else None,
            domains={"corp.example": self.step("domain")} if shared else {},
            failed=lambda error: {"failed": True, "error": {"code": type(error).__name__}},
            verify=(lambda made: {**made, **self.step("verify")()}) if "verify" in self.works else None,
        )
        return Saving(plan, meeting, self.sharing)


def codes(saved: Saved) -> list[str]:
    return [one["error"]["code"] for one in saved.answers() if is_failed(one)]


def raises(error: BaseException) -> c.Callable[[], Answer]:
    def work() -> Answer:
        raise error

    return work


def test_parts_are_saved_at_the_same_time_between_stop_and_resume() -> None:
    together = threading.Barrier(3)

    def meet() -> Answer:
        together.wait(HANG)
        return {}

    server = Server(folders=meet, database=meet, domain=meet)
    saved = server.saving().run()
    assert codes(saved) == []
    assert (server.done[0], server.done[-1], len(server.done)) == ("stop", "resume", 5)
    assert server.done[1] == "folders", "they go on without the connection, so they begin first"
    assert saved.seconds is not None
    assert list(saved.domains) == ["corp.example"]


def test_a_backup_is_verified_when_all_runs_again() -> None:
    server = Server(database=lambda: {"made": True}, verify=lambda: {"verified": True})
    saved = server.saving().run()
    assert server.done[-2:] == ["resume", "verify"]
    assert saved.database == {"made": True, "verified": True}


@pytest.mark.parametrize("verify", [lambda: FAILED, raises(RuntimeError("no"))], ids=["answer", "error"])
def test_a_backup_that_cannot_be_verified_is_a_failure(verify: c.Callable[[], Answer]) -> None:
    server = Server(verify=verify)
    saved = server.saving().run()
    assert (server.done[-1], len(codes(saved)), is_failed(saved.database)) == ("verify", 1, True)


def test_a_backup_that_was_not_made_is_not_verified() -> None:
    server = Server(database=lambda: FAILED, verify=dict)
    assert codes(server.saving().run()) == ["stop_failed"]
    assert server.done[-1] == "resume"


@pytest.mark.parametrize("resume", [lambda: FAILED, raises(RuntimeError("no"))], ids=["answer", "error"])
def test_where_not_all_runs_again_nothing_is_verified_before_the_next_try(resume: c.Callable[[], Answer]) -> None:
    """The run tries again after this task, and no set is sealed: to read the backup would only keep GroupID down."""
    server = Server(resume=resume, verify=dict)
    saved = server.saving().run()
    assert (server.done[-1], len(codes(saved)), is_failed(saved.database)) == ("resume", 1, False)


def test_without_a_stop_nothing_is_resumed() -> None:
    server = Server()
    saved = server.saving(stops=False).run()
    assert sorted(server.done) == ["database", "domain", "folders"]
    assert (saved.stopped, saved.resumed, saved.seconds) == (None, None, None)


@pytest.mark.parametrize("step", ["folders", "database", "domain", "resume"])
@pytest.mark.parametrize("error", [RuntimeError("no"), WorkEndedError()], ids=["error", "ended"])
def test_what_fails_stops_nothing_else_and_is_an_answer(step: str, error: BaseException) -> None:
    if step == "resume" and isinstance(error, WorkEndedError):
        pytest.skip("a resume is not ended")
    server = Server(**{step: raises(error)})
    saved = server.saving().run()
    assert sorted(server.done) == ["database", "domain", "folders", "resume", "stop"]
    assert codes(saved) == [type(error).__name__]


@pytest.mark.parametrize("stop", [lambda: FAILED, raises(RuntimeError("no"))], ids=["answer", "error"])
def test_what_was_not_stopped_is_not_saved_and_is_resumed(stop: c.Callable[[], Answer]) -> None:
    server = Server(stop=stop)
    saved = server.saving().run()
    assert server.done == ["stop", "resume"]
    assert len(codes(saved)) == 1
    assert (saved.part, saved.database, saved.domains) == (None, None, {})


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_an_interruption_in_the_middle_of_the_stop_is_raised_after_the_resume(error: BaseException) -> None:
    server = Server(stop=raises(error))
    with pytest.raises(type(error)):
        server.saving().run()
    assert server.done == ["stop", "resume"]
    assert server.sharing.ended.is_set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_work_and_starts_everything_again(number: signal.Signals) -> None:
    server = Server()

    def folders() -> Answer:
        os.kill(os.getpid(), number)
        server.sharing.sleep(HANG)
        raise AssertionError("nobody ended it")

    def resume() -> Answer:
        os.kill(os.getpid(), number)  # an impatient person
        return {}

    server.works = {"folders": folders, "resume": resume}
    before = signal.getsignal(number)
    with pytest.raises(InterruptedByError) as raised:
        server.saving().run()
    assert (raised.value.number, server.done[-1]) == (number, "resume")
    assert signal.getsignal(number) == before


@pytest.mark.parametrize("late", [False, True])
def test_a_time_limit_of_the_task_never_ends_the_resume(late: bool) -> None:
    """It comes during the work, or during the resume, and is raised after it."""

    class Limit(BaseException):
        pass

    def expire(*dummy: object) -> t.NoReturn:
        raise Limit

    def alarm() -> Answer:
        os.kill(os.getpid(), signal.SIGALRM)
        time.sleep(0.01)
        server.done.append("all of it")
        return {}

    server = Server(**{"resume" if late else "stop": alarm})
    before = signal.signal(signal.SIGALRM, expire)
    try:
        with pytest.raises(Limit):
            server.saving().run()
        assert signal.getsignal(signal.SIGALRM) == expire
    finally:
        signal.signal(signal.SIGALRM, before)
    assert server.done[-2:] == (["resume", "all of it"] if late else ["stop", "resume"])


@pytest.mark.parametrize("failing", ["folders", "database"])
def test_a_failure_that_cannot_be_reported_holds_no_resume_up(failing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _raised: None)
    server = Server(**{failing: raises(ValueError())})
    saving = server.saving()

    def failed(error: BaseException) -> t.NoReturn:
        raise RuntimeError(f"no report of {error!r}")

    saving._plan = dataclasses.replace(saving._plan, failed=failed)
    with pytest.raises(RuntimeError):
        saving.run()
    assert server.done[-1] == "resume"


def test_work_that_a_signal_ends_has_time_to_end_before_the_resume() -> None:
    """It cancels a job on the host. The signal comes while the task waits for it, in join() as a rule."""
    server = Server()
    told = threading.Event()

    def folders() -> Answer:
        signalling = threading.Timer(0.5, lambda: (os.kill(os.getpid(), signal.SIGTERM), told.set()))
        signalling.start()
        try:
            server.sharing.sleep(HANG)
        finally:
            told.wait(HANG)
            time.sleep(0.5)
            server.done.append("cancelled")
        return {}

    server.works = {"folders": folders}
    with pytest.raises(InterruptedByError):
        server.saving(shared=False).run()
    assert server.done == ["stop", "folders", "cancelled", "resume"]


def test_a_signal_before_the_stop_ends_the_record_that_was_made_for_it(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No later task of the run comes to it, and the next run would be refused."""
    server = Server()
    meeting = Rendezvous(tmp_path, "web01", ["web01", "web02"], HANG)
    monkeypatch.setattr(meeting, "wait", lambda *_args: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(InterruptedByError):
        server.saving(meeting).run()
    assert server.done == ["resume"]


def test_a_piece_of_work_that_hears_nothing_holds_no_resume_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CANCELLING", 0.1)
    deaf = threading.Event()

    def database() -> Answer:
        os.kill(os.getpid(), signal.SIGTERM)
        deaf.wait(HANG)
        return {}

    server = Server(database=database)
    saving = server.saving()
    with pytest.raises(InterruptedByError):
        saving.run()
    deaf.set()
    assert server.done[-1] == "resume"
    assert codes(saving.saved) == ["WorkEndedError"]


Pair = tuple[Server, Server, Saved, Saved]


def pair(folder: pathlib.Path, one: Server, other: Server) -> Pair:
    """Save two servers, of which the first takes care of the database."""
    members = ["web01", "web02"]
    savings = [
        server.saving(Rendezvous(folder, host, members, HANG), shared=host == "web01")
        for server, host in ((one, "web01"), (other, "web02"))
    ]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first, second = [future.result(HANG) for future in [pool.submit(saving.run) for saving in savings]]
    return one, other, first, second


def test_a_server_is_resumed_when_the_database_is_saved_and_not_when_the_folders_of_others_are(
    tmp_path: pathlib.Path,
) -> None:
    saved, resumed = threading.Event(), threading.Event()

    def database() -> Answer:
        saved.set()
        return {}

    def folders() -> Answer:
        assert resumed.wait(HANG), "web02 runs again before the folders of web01 are saved"
        return {}

    def resume() -> Answer:
        assert saved.is_set()
        resumed.set()
        return {}

    one, other = Server(database=database, folders=folders), Server(resume=resume)
    dummy, dummy, first, second = pair(tmp_path / "meeting", one, other)
    assert codes(first) == codes(second) == []


def test_nothing_is_saved_before_all_are_stopped(tmp_path: pathlib.Path) -> None:
    stopped: list[str] = []

    def stop(host: str) -> c.Callable[[], Answer]:
        def work() -> Answer:
            stopped.append(host)
            return {}

        return work

    def folders() -> Answer:
        assert sorted(stopped) == ["web01", "web02"]
        return {}

    one, other = (Server(stop=stop(host), folders=folders) for host in ("web01", "web02"))
    dummy, dummy, first, second = pair(tmp_path / "meeting", one, other)
    assert codes(first) == codes(second) == []


def test_where_one_is_not_stopped_no_server_is_saved_and_all_are_resumed(tmp_path: pathlib.Path) -> None:
    one, other, first, second = pair(tmp_path / "meeting", Server(), Server(stop=lambda: FAILED))
    assert (one.done, other.done) == (["stop", "resume"], ["stop", "resume"])
    assert (codes(first), codes(second)) == ([], ["stop_failed"])
    assert first.apart is None, "web02 says it"


def test_where_one_does_not_come_nothing_is_stopped(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ARRIVAL", 0.1)
    server = Server()
    saved = server.saving(Rendezvous(tmp_path / "meeting", "web01", ["web01", "web02"], HANG)).run()
    assert server.done == []
    assert saved.apart is not None
    assert (saved.apart.code, saved.apart.cause) == ("not_together", "web02 was not ready in time")


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path: pathlib.Path) -> None:
    server = Server()
    saved = server.saving(Rendezvous(tmp_path / "no" / "such", "web01", ["web01"], HANG)).run()
    assert server.done == []
    assert isinstance(saved.broken, OSError)
