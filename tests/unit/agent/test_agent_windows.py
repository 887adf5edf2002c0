# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""run, put and get on Wine's Win32 or Windows: the shipped calls into it, and its own way with a command line."""

from __future__ import annotations

import base64
import collections.abc as c
import gzip
import json
import pathlib
import time
import typing as t

import pytest
from unit.agent.test_agent_put_get import FILE, PART, content_of, packed
from unit.agent.test_agent_run import ARGUMENTS, code
from unit.agent.win32_session import AGENT_DRIVER, NEEDS_WINDOWS, NEEDS_WINE, Session, WindowsHost, WineHost, lacks

from lab.powershell import ALLOWED, windows_powershell

pytestmark = pytest.mark.skipif(
    not ALLOWED and lacks("wine-host", "wine-powershell", "wine"), reason=f"{NEEDS_WINE}; or {NEEDS_WINDOWS}"
)

Host = WineHost | WindowsHost

CMD = "C:\\windows\\system32\\cmd.exe"
LIMIT = 64 * 1024
STATE = ("ProgramData", "identityops.groupid")

Call = c.Callable[..., dict[str, t.Any]]


@pytest.fixture(scope="module")
def host() -> c.Iterator[Host]:
    windows = WindowsHost(AGENT_DRIVER) if ALLOWED else WineHost(AGENT_DRIVER)
    try:
        yield windows
    finally:
        windows.stop()


@pytest.fixture(scope="module")
def session(host: Host) -> c.Iterator[Session]:
    session = host.session()
    yield session
    session.close()


@pytest.fixture(scope="module")
def powershell(host: Host) -> str:
    """Full path of the host's PowerShell, which is a program whose arguments can be asked for."""
    if ALLOWED:
        return str(windows_powershell())
    return host.program("powershell.exe", "-NoProfile", "-Command", "[Environment]::ProcessPath").strip()


@pytest.fixture
def call(host: Host, session: Session) -> Call:
    def run(program: str, *arguments: str, **members: t.Any) -> dict[str, t.Any]:
        request = {"program": program, "arguments": list(arguments), "time_limit": 120, "collect": [], **members}
        answer: dict[str, t.Any] = session("Run", json.dumps({"protocol": 1, "operation": "run", **request}))
        state = host.drive.joinpath(*STATE)
        assert answer["warnings"] == []
        assert not state.exists() or list(state.iterdir()) == []
        return answer

    return run


@pytest.fixture
def script(host: Host) -> c.Callable[[str], str]:
    """Put a script on the host; its path."""

    def put(text: str) -> str:
        (host.drive / "script.ps1").write_text(text, encoding="utf-8")
        return "C:\\script.ps1"

    return put


def test_arguments_come_as_they_are(call: Call, powershell: str, script: c.Callable[[str], str]) -> None:
    show = (
        "[Environment]::GetCommandLineArgs() | % { [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($_)) }"
    )
    given = ["-NoProfile", "-File", script(show), *ARGUMENTS]
    answer = call(powershell, *given)
    assert (code(answer), answer["exit_code"], answer["stderr"]) == ("none", 0, "")
    lines = [base64.b64decode(line).decode("utf-16-le") for line in answer["stdout"].splitlines()]
    assert lines[-len(given) :] == given


@pytest.mark.parametrize("number", [0, 1, 259, 3221225477])
def test_exit_code(call: Call, number: int) -> None:
    signed = number - (1 << 32 if number >= 1 << 31 else 0)
    answer = call(CMD, "/c", f"exit {signed}")
    assert (code(answer), answer["exit_code"], answer["changed"]) == ("none", number, True)


def test_a_folder_of_its_own_and_no_input(call: Call, host: Host) -> None:
    answer = call(CMD, "/c", "cd & set /p line= & echo [%line%] & dir /b & echo x>a.ldf", collect=["a.ldf", "absent"])
    assert answer["stdout"].splitlines()[0].startswith("C:\\ProgramData\\identityops.groupid\\run.")
    assert gzip.decompress(base64.b64decode(answer["files"]["a.ldf"]["content"])) == b"x\r\n"
    assert answer["files"]["absent"] is None


def test_the_working_folder_can_be_named(call: Call) -> None:
    answer = call(CMD, "/c", "echo", "{work}\\x.ldf")
    assert answer["stdout"].strip().startswith("C:\\ProgramData\\identityops.groupid\\run.")
    assert answer["stdout"].strip().endswith("\\x.ldf")


def test_both_streams_flooded(call: Call, powershell: str, script: c.Callable[[str], str]) -> None:
    flood = "1..40 | % { [Console]::Error.Write('e' * 50000) }; 1..40 | % { [Console]::Out.Write('o' * 50000) }; exit 5"
    answer = call(powershell, "-NoProfile", "-File", script(flood))
    assert (code(answer), answer["exit_code"], answer["output_truncated"]) == ("none", 5, True)
    assert (answer["stdout"], answer["stderr"]) == ("o" * LIMIT, "e" * LIMIT)


@pytest.mark.timing
@pytest.mark.parametrize("stays", [True, False], ids=["the program hangs", "the program ends"])
def test_no_child_lives_on(
    call: Call, host: Host, powershell: str, script: c.Callable[[str], str], stays: bool
) -> None:
    beats: pathlib.Path = host.drive / "beats"
    beats.unlink(missing_ok=True)
    child = "while ($true) { [IO.File]::AppendAllText('C:\\beats', 'x'); [Threading.Thread]::Sleep(50) }"
    (host.drive / "child.ps1").write_text(child)
    start = f"[void][Diagnostics.Process]::Start('{powershell}', '-NoProfile -File C:\\child.ps1')"
    wait = "while (-not [IO.File]::Exists('C:\\beats')) { [Threading.Thread]::Sleep(50) }"
    parent = f"{start}; {wait}; " + ("[Threading.Thread]::Sleep(600000)" if stays else "exit 7")
    answer = call(powershell, "-NoProfile", "-File", script(parent), time_limit=40 if stays else 600)
    if stays:
        assert (code(answer), answer["exit_code"]) == ("time_limit", None)
        assert "40 seconds" in answer["error"]["cause"]
    else:
        assert (code(answer), answer["exit_code"]) == ("none", 7)
    size = beats.stat().st_size
    time.sleep(1)
    assert beats.stat().st_size == size


@pytest.mark.parametrize(
    "program", ["cmd.exe", "C:cmd.exe", "\\windows\\system32\\cmd.exe", "\\\\?\\C:\\x.exe", "C:\\x.bat"]
)
def test_only_a_full_path_of_a_program_is_run(call: Call, program: str) -> None:
    assert code(call(program)) == "program_form"


def test_what_cannot_start(call: Call, host: Host) -> None:
    assert code(call("C:\\absent.exe")) == "program_missing"
    (host.drive / "text.exe").write_text("not a program")
    answer = call("C:\\text.exe")
    assert (code(answer), answer["changed"]) == ("start_failed", False)
    assert "(193)" in answer["error"]["cause"]


@pytest.mark.parametrize(
    ("year", "content"),
    [(2001, b"dn: CN=a\r\n"), (2002, b""), (2003, bytes(range(256)) * 4000)],
    ids=["ldif", "empty", "any bytes"],
)
def test_a_file_comes_there_and_back(host: Host, session: Session, year: int, content: bytes) -> None:
    place = {"root": "C:\\Backups", "deployment": "hq", "set_id": f"{year}0101T000000Z"}

    def ask(operation: str, **members: t.Any) -> dict[str, t.Any]:
        answer: dict[str, t.Any] = session(
            "Run", json.dumps({"protocol": 1, "operation": operation, **place, **members})
        )
        return answer

    folder = ask("place", **PART)["folder"]
    for changed in (True, False):
        answer = ask("put", **FILE, **packed(content))
        assert (code(answer), answer["changed"], answer["path"]) == ("none", changed, f"{folder}\\{FILE['name']}")
    assert code(ask("put", **FILE, **packed(b"other"))) == "file_exists"
    assert code(ask("adopt", **PART, files=[FILE["name"]], details={"groups": 1})) == "none"
    answer = ask("get", **FILE)
    assert (code(answer), content_of(answer), answer["details"]) == ("none", content, {"groups": 1})
