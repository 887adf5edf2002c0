# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""job.ps1 in a real PowerShell engine on Wine's Win32 (or on Windows), and its double for hosts on Mono: the same job,
the same answers."""

from __future__ import annotations

import base64
import collections.abc as c
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time
import typing as t

import pytest
from unit.agent.win32_session import AGENT_DRIVER, NEEDS_WINDOWS, NEEDS_WINE, WindowsHost, WineHost, lacks

from ansible_collections.identityops.groupid.plugins.module_utils.job_answer import job_answer
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.script import bootstrap, look_input
from lab import powershell
from lab.waiting import until
from lab.wine_disk import USER_ID, as_user

NUMBER = iter(range(1, 1000))
STATE = {"phase": "copying", "files": 5, "files_total": 9, "bytes": 50, "bytes_total": 90, "seconds": 3, "process": 0}
HEARTBEAT = {"heartbeat": "2026-01-01T00:00:00.0000000Z"}
RESULT = {"protocol": 1, "operation": "backup", "failed": False, "changed": True, "warnings": [], "seconds": 1.5}
HOLD = (
    "$h=[IO.File]::Open('{lock}','OpenOrCreate','ReadWrite','ReadWrite');$h.Lock(4611686018427387904,1);"
    "[IO.File]::WriteAllText('{reported}',[Diagnostics.Process]::GetCurrentProcess().Id);[Threading.Thread]::Sleep(600000)"
)
PYTHON_HOLD = (
    "import fcntl,os,sys,time;f=open(sys.argv[1],'w');fcntl.flock(f,fcntl.LOCK_EX);"
    "open(sys.argv[2],'w').write(str(os.getpid()));time.sleep(600)"
)

Answer = dict[str, t.Any]


class Site:
    """A host's state folder, as a test sees it. ``look`` answers as the controller does."""

    def __init__(self, program_data: pathlib.Path) -> None:
        self.state = program_data / "identityops.groupid"
        (self.state / "jobs").mkdir(parents=True)
        self.own()

    def job(self, operation: str = "backup", **documents: t.Any) -> str:
        """Make the folder of a job with these documents, and give its id."""
        identity = f"{operation}-{next(NUMBER):032x}"
        (self.folder(identity)).mkdir()
        for name, content in {"request": {"operation": operation}, **documents}.items():
            if content is not None:
                text = content if isinstance(content, str) else json.dumps(content)
                (self.folder(identity) / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        (self.folder(identity) / "lock").touch()
        self.own()
        return identity

    def folder(self, identity: str) -> pathlib.Path:
        return self.state / "jobs" / identity

    def own(self) -> None:
        """Return the folder to the account that looks."""

    def give_away(self, folder: pathlib.Path) -> None:
        """Make somebody else the owner of a folder, who is no administrator."""
        if os.getuid() != 0:
            pytest.skip("needs root, to give a folder to somebody else")
        os.chown(folder, 12345, 12345)

    def link(self, name: pathlib.Path, target: pathlib.Path) -> None:
        """Make a link to a folder; on Wine too, one of Linux is a link of Windows."""
        name.symlink_to(target, target_is_directory=True)

    def look(self, identity: str, operation: str = "poll", wait: float = 0, attempt: str = "a") -> Answer:
        raise NotImplementedError

    def holder(self, lock: pathlib.Path, reported: pathlib.Path) -> list[str]:
        """Return the command line of a process that holds a job's lock, and writes its number there."""
        raise NotImplementedError

    @contextlib.contextmanager
    def held(self, identity: str) -> c.Iterator[int]:
        """Have a process at work on a job, until the end of the block; its number."""
        reported = self.folder(identity) / "holder"
        command = self.holder(self.folder(identity) / "lock", reported)
        with subprocess.Popen(command, env=self.environment(), stdin=subprocess.DEVNULL) as process:
            try:
                number = until(lambda: reported.exists() and reported.read_text(), "the job's process")
                yield int(number or 0)
            finally:
                process.kill()

    def environment(self) -> dict[str, str]:
        return dict(os.environ)


class Double(Site):
    """The lab's."""

    def look(self, identity: str, operation: str = "poll", wait: float = 0, attempt: str = "a") -> Answer:
        # Windows cannot import it, for want of fcntl.
        from lab.job_look import JobLook

        line = JobLook(self.state.parent, str, bytes).answer([operation, identity, attempt, str(round(wait * 1000))])
        return job_answer(json.loads(line), identity)

    def holder(self, lock: pathlib.Path, reported: pathlib.Path) -> list[str]:
        return [sys.executable, "-c", PYTHON_HOLD, str(lock), str(reported)]


class Real(Site):
    """PowerShell's, on Wine or on Windows."""

    def __init__(self, host: WineHost | WindowsHost) -> None:
        self.host = host
        super().__init__(host.drive / "ProgramData")

    def own(self) -> None:
        if isinstance(self.host, WineHost) and os.getuid() == 0:
            for path in (self.state, *self.state.rglob("*")):
                os.chown(path, USER_ID, USER_ID)

    def give_away(self, folder: pathlib.Path) -> None:
        if isinstance(self.host, WineHost):
            super().give_away(folder)
        else:
            # To the group Users.
            subprocess.run(["icacls", str(folder), "/setowner", "*S-1-5-32-545"], check=True, capture_output=True)

    def link(self, name: pathlib.Path, target: pathlib.Path) -> None:
        if isinstance(self.host, WineHost):
            super().link(name, target)
        else:
            # A junction, which needs no privilege.
            subprocess.run(["cmd", "/c", "mklink", "/J", str(name), str(target)], check=True, capture_output=True)

    def look(self, identity: str, operation: str = "poll", wait: float = 0, attempt: str = "a") -> Answer:
        done = subprocess.run(
            self._powershell(bootstrap()),
            input=look_input(operation, {"id": identity, "attempt": attempt}, wait),
            env=self.environment(),
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done
        return job_answer(json.loads(done.stdout), identity)

    def holder(self, lock: pathlib.Path, reported: pathlib.Path) -> list[str]:
        folder = f"C:\\ProgramData\\identityops.groupid\\jobs\\{lock.parent.name}\\"
        return self._powershell(HOLD.format(lock=folder + lock.name, reported=folder + reported.name))

    def environment(self) -> dict[str, str]:
        return self.host._disk.environment() if isinstance(self.host, WineHost) else dict(os.environ)

    def _powershell(self, script: str) -> list[str]:
        encoded = base64.b64encode(script.encode("utf-16-le")).decode("ascii")
        options = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Unrestricted", "-EncodedCommand", encoded]
        if isinstance(self.host, WineHost):
            return as_user(["wine-powershell", *options])
        return [str(powershell.windows_powershell()), *options]


DOUBLE = pytest.param("double", marks=pytest.mark.skipif(os.name == "nt", reason="needs a host of the lab"))


@pytest.fixture(scope="module", params=[DOUBLE, "real"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Site]:
    if request.param == "double":
        yield Double(tmp_path_factory.mktemp("host") / "ProgramData")
        return
    if not powershell.ALLOWED and lacks("wine-host", "wine-powershell", "wine"):
        pytest.skip(f"{NEEDS_WINE}; or {NEEDS_WINDOWS}")
    host = WindowsHost(AGENT_DRIVER) if powershell.ALLOWED else WineHost(AGENT_DRIVER)
    try:
        yield Real(host)
    finally:
        host.stop()


def code(answer: Answer | None) -> str:
    assert answer is not None
    return str(answer["error"]["code"]) if answer["failed"] else "none"


def test_none_of_this_id(site: Site) -> None:
    answer = site.look("backup-" + "f" * 32)
    assert (code(answer), answer["error"]["cause"]) == ("job_missing", "There is none of this id.")
    assert answer["error"]["path"].endswith("f" * 32)


@pytest.fixture
def other(site: Site, tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Site]:
    """The same host for one test that spoils its state folder."""
    if isinstance(site, Double):
        yield Double(tmp_path_factory.mktemp("host") / "ProgramData")
        return
    aside = site.state.with_name("aside")
    site.state.rename(aside)
    (site.state / "jobs").mkdir(parents=True)
    site.own()
    yield site
    site.own()
    shutil.rmtree(site.state)
    aside.rename(site.state)


@pytest.mark.parametrize("whose", ["state", "jobs", "job"])
def test_what_an_ordinary_user_has_made_is_not_read(other: Site, whose: str) -> None:
    identity = other.job(state=STATE, result=RESULT)
    assert other.look(identity)["answer"] == RESULT
    folder = {"state": other.state, "jobs": other.state / "jobs", "job": other.folder(identity)}[whose]
    other.give_away(folder)
    for operation in ("poll", "cancel"):
        answer = other.look(identity, operation)
        assert (code(answer), pathlib.PureWindowsPath(answer["error"]["path"]).name) == ("state_owner", folder.name)
        assert "owner" in answer["error"]["cause"]
        assert "answer" not in answer


@pytest.mark.parametrize("whose", ["state", "jobs", "job"])
def test_a_link_is_not_followed(other: Site, whose: str) -> None:
    identity = other.job(state=STATE, result=RESULT)
    folder = {"state": other.state, "jobs": other.state / "jobs", "job": other.folder(identity)}[whose]
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    other.link(folder, elsewhere)
    answer = other.look(identity)
    assert (code(answer), pathlib.PureWindowsPath(answer["error"]["path"]).name) == ("state_owner", folder.name)
    assert answer["error"]["cause"] == "This is a link, and links are not followed."
    (folder.unlink if folder.is_symlink() else folder.rmdir)()
    elsewhere.rename(folder)


def test_one_at_work_reports_its_progress(site: Site) -> None:
    identity = site.job(state={**STATE, **HEARTBEAT})
    with site.held(identity):
        answer = site.look(identity)
    assert (code(answer), answer["state"], answer["answer"]) == ("none", "running", None)
    assert answer["progress"] == {**STATE, **HEARTBEAT}
    assert (answer["id"], answer["attached"], answer["ended"], answer["warnings"]) == (identity, False, None, [])


def test_an_answer_is_given_and_noted_for_the_first_that_gets_it(site: Site) -> None:
    identity = site.job(state=STATE, result=RESULT)
    answer = site.look(identity, attempt="a1")
    assert (answer["state"], answer["answer"], answer["progress"], answer["warnings"]) == ("ended", RESULT, None, [])
    assert json.loads((site.folder(identity) / "delivered").read_text()) == {"attempt": "a1"}
    assert site.look(identity, attempt="b2")["answer"] == RESULT
    assert json.loads((site.folder(identity) / "delivered").read_text()) == {"attempt": "a1"}
    assert [path.name for path in site.folder(identity).iterdir() if path.name.endswith(".tmp")] == []


def test_an_end_is_waited_for(site: Site) -> None:
    identity = site.job(state=STATE)

    def end() -> None:
        (site.folder(identity) / "draft").write_text(json.dumps(RESULT))
        site.own()
        (site.folder(identity) / "draft").rename(site.folder(identity) / "result.json")

    with site.held(identity):
        later = threading.Timer(2, end)
        later.start()
        answer = site.look(identity, wait=120)
        later.join()
    assert (answer["state"], answer["answer"]) == ("ended", RESULT)


def test_one_whose_process_is_gone_has_died(site: Site) -> None:
    answer = site.look(site.job("restore", state={**STATE, **HEARTBEAT}), wait=60)
    died = answer["answer"]
    assert (answer["state"], code(died), died["operation"], died["changed"]) == ("ended", "job_died", "restore", True)
    assert "at 2026-01-01T00:00:00.0000000Z, in the phase 'copying', with 5 of 9 files" in died["error"]["cause"]


def test_why_one_left_no_answer_is_reported(site: Site) -> None:
    answer = site.look(site.job(failure={"cause": "(1,18): ) expected"}))
    assert (answer["state"], code(answer["answer"])) == ("ended", "job_died")
    assert "(1,18): ) expected" in answer["answer"]["error"]["cause"]


@pytest.mark.parametrize("ago", [200, -3600])
def test_one_that_has_not_begun_is_waited_for_three_minutes(site: Site, ago: int) -> None:
    """By a clock that may be set back meanwhile."""
    identity = site.job()
    assert site.look(identity)["state"] == "running"
    for path in (site.folder(identity) / "request.json", site.folder(identity)):
        os.utime(path, (time.time() - ago, time.time() - ago))
    answer = site.look(identity)
    assert (answer["state"], code(answer["answer"])) == ("ended", "job_died")
    assert "had not started" in answer["answer"]["error"]["cause"]


HOSTILE = ["", "{", "[]", "null", '{"protocol": 1', '{"a": 1, "a": 2}', "[" * 9999, "\N{SNOWMAN}", '{"failed": 1}']


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_cannot_be_understood_is_no_answer_and_no_state(site: Site, text: str) -> None:
    if isinstance(site, Real) and text not in HOSTILE[4:7]:
        pytest.skip("what is made of a document is the controller's: three are enough for the way")
    answer = site.look(site.job(state=text, result=text))
    assert (answer["state"], code(answer["answer"])) == ("ended", "job_died")


def test_a_document_without_end_is_not_sent(site: Site) -> None:
    identity = site.job(result=RESULT)
    with (site.folder(identity) / "result.json").open("r+b") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    answer = site.look(identity)
    assert (code(answer), answer["error"]["cause"]) == ("system", "it is too large")


def test_cancel_asks_and_then_ends_the_process(site: Site) -> None:
    identity = site.job(state=STATE)
    with site.held(identity) as process:
        state = {**STATE, "process": process}
        (site.folder(identity) / "state.json").write_text(json.dumps(state, separators=(",", ":")))
        answer = site.look(identity, "cancel", wait=0.5)
    assert (site.folder(identity) / "cancel").read_text() == "a"
    assert (answer["operation"], answer["changed"]) == ("cancel", True)
    assert (answer["state"], code(answer["answer"])) == ("ended", "job_died")


def test_a_restore_is_asked_and_never_ended(site: Site) -> None:
    identity = site.job("restore", state=STATE)
    with site.held(identity) as process:
        state = {**STATE, "process": process}
        (site.folder(identity) / "state.json").write_text(json.dumps(state, separators=(",", ":")))
        answer = site.look(identity, "cancel", wait=0.5)
        assert (answer["state"], site.look(identity)["state"]) == ("running", "running")
    assert (site.folder(identity) / "cancel").exists()


def test_cancel_of_one_that_has_ended_changes_nothing(site: Site) -> None:
    identity = site.job(state=STATE, result=RESULT)
    assert site.look(identity, "cancel")["answer"] == RESULT
    assert not (site.folder(identity) / "cancel").exists()


def test_an_answer_that_somebody_holds_is_a_moments_trouble(site: Site) -> None:
    if isinstance(site, Double):
        pytest.skip("nothing on Linux keeps others from reading")
    identity = site.job(state=STATE, result=RESULT)
    lock = site.folder(identity) / "lock"
    shutil.copy(site.folder(identity) / "result.json", site.folder(identity) / "copy")
    holder = site.holder(lock, site.folder(identity) / "holder")
    script = (
        base64.b64decode(holder[-1])
        .decode("utf-16-le")
        .replace("\\lock'", "\\result.json'")
        .replace("'ReadWrite')", "'None')")
    )
    with subprocess.Popen(
        [*holder[:-1], base64.b64encode(script.encode("utf-16-le")).decode()],
        env=site.environment(),
        stdin=subprocess.DEVNULL,
    ) as process:
        until((site.folder(identity) / "holder").exists, "the holder")
        answer = site.look(identity)
        process.kill()
    assert code(answer) == "system", answer
    assert site.look(identity)["answer"] == RESULT
