# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""run: a program in a folder of its own, its arguments as they are, its time limited, nothing left of it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import pathlib
import signal
import sys
import time
import typing as t

import pytest
from unit.agent.conftest import hold

from lab import habits
from lab.waiting import HANG, until

LIMIT = 64 * 1024
ARGUMENTS = [
    "plain",
    "",
    "two words",
    "tab\there",
    'a "quoted" word',
    '"',
    "\\",
    "C:\\folder\\",
    "C:\\a folder\\",
    'backslashes\\\\\\"before a quote',
    "end with two\\\\",
    "%PATH%",
    "^&|<>()!",
    "'single'",
    "$HOME `whoami` $(id)",
    "\u00fc \u65e5\u672c \U0001d4b3",
    "(&(objectClass=group)(objectCategory=group))",
    "-f",
    "line\nfeed",
    "*",
]

PROGRAM = """
import json, os, sys
print(json.dumps([sys.argv[1:], os.getcwd(), sys.stdin.read(), sorted(os.listdir("/proc/self/fd"))]))
"""


def code(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


class Bench:
    """A host with a program that does what a test says, in Python."""

    def __init__(self, host: t.Any) -> None:
        self.host = host
        self.program = host.folder / "C" / "Program Files" / "tool.exe"
        self.program.parent.mkdir()
        self.state = host.folder / "C" / "ProgramData" / "identityops.groupid"

    def write(self, script: str) -> None:
        self.program.write_text(f"#!{sys.executable}\n{script}")
        self.program.chmod(0o755)

    def run(self, script: str | None = None, *arguments: str, **members: t.Any) -> dict[str, t.Any]:
        """Run a script as the program."""
        if script is not None:
            self.write(script)
        request = {"program": str(self.program), "arguments": list(arguments), "time_limit": 60, "collect": []}
        answer: dict[str, t.Any] = self.host.call("run", **{**request, **members})
        if self.state.exists():
            assert [path.name for path in self.state.iterdir()] == []
        return answer


@pytest.fixture
def bench(host: t.Any) -> Bench:
    return Bench(host)


def test_arguments_come_as_they_are(bench: Bench) -> None:
    answer = bench.run(PROGRAM, *ARGUMENTS)
    assert (code(answer), answer["changed"], answer["exit_code"], answer["stderr"]) == ("none", True, 0, "")
    given, folder, stdin, files = json.loads(answer["stdout"])
    assert given == ARGUMENTS
    assert pathlib.Path(folder).parent == bench.state.resolve()
    assert stdin == ""
    assert files == ["0", "1", "2", "3"]  # the last is the listing itself


def test_the_working_folder_is_closed_and_can_be_named(bench: Bench) -> None:
    script = "import os, sys; print(oct(os.stat('.').st_mode), os.getcwd(), *sys.argv[1:], sep='\\n')"
    answer = bench.run(script, "{work}", "{work}\\x.ldf", "-f={work}\\a {work}")
    mode, folder, *given = answer["stdout"].splitlines()
    assert mode == "0o40700"
    assert given == [folder, f"{folder}/x.ldf", f"-f={folder}/a {folder}"]


@pytest.mark.parametrize("number", [0, 1, 3, 255])
def test_exit_code(bench: Bench, number: int) -> None:
    answer = bench.run(f"import sys; print('out'); print('err', file=sys.stderr); sys.exit({number})")
    assert (code(answer), answer["exit_code"], answer["changed"]) == ("none", number, True)
    assert (answer["stdout"], answer["stderr"], answer["output_truncated"]) == ("out\n", "err\n", False)


def test_both_streams_flooded_by_turns_and_at_once(bench: Bench) -> None:
    script = """
import sys, threading
def flood(stream, letter):
    for dummy in range(300):
        stream.write(letter * 10000)
flood(sys.stderr, "e"); flood(sys.stdout, "o")
threads = [threading.Thread(target=flood, args=pair) for pair in ((sys.stderr, "e"), (sys.stdout, "o"))]
[thread.start() for thread in threads]
"""
    answer = bench.run(script)
    assert (code(answer), answer["exit_code"], answer["output_truncated"]) == ("none", 0, True)
    assert (answer["stdout"], answer["stderr"]) == ("o" * LIMIT, "e" * LIMIT)


@pytest.mark.parametrize(
    ("raw", "text", "truncated"),
    [
        ("zürich 日本".encode(), "zürich 日本", False),
        ("zürich".encode("latin-1"), "zürich", False),
        (b"x" * (LIMIT - 1) + "üü".encode(), "x" * (LIMIT - 1), True),
        (b"x" * (LIMIT - 2) + "日日".encode(), "x" * (LIMIT - 2), True),
        (b"x" * (LIMIT - 2) + "üü".encode(), "x" * (LIMIT - 2) + "ü", True),
        (b"x" * LIMIT, "x" * LIMIT, False),
        (b"\xff" * (LIMIT + 1), "\xff" * LIMIT, True),
        (b"\x00\x80\xff", "\x00\x80\xff", False),
    ],
    ids=["utf-8", "not utf-8", "cut in 2", "cut in 3", "cut between", "full", "cut, not utf-8", "any bytes"],
)
def test_output_is_text_whatever_it_is(bench: Bench, raw: bytes, text: str, truncated: bool) -> None:
    answer = bench.run(f"import sys, zlib; sys.stdout.buffer.write({raw!r})")
    assert (answer["stdout"] == text, answer["output_truncated"]) == (True, truncated)


def test_files_are_collected_by_name(bench: Bench) -> None:
    content = bytes(range(256)) * 1000
    script = "open('a.ldf', 'wb').write(bytes(range(256)) * 1000); open('other', 'w').write('x')"
    files = bench.run(script, collect=["a.ldf", "absent"])["files"]
    assert set(files) == {"a.ldf", "absent"}
    assert files["absent"] is None
    assert gzip.decompress(base64.b64decode(files["a.ldf"]["content"])) == content
    assert (files["a.ldf"]["bytes"], files["a.ldf"]["sha256"]) == (256000, hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("script", "code_", "words"),
    [
        ("open('a', 'w').truncate(64 * 1024 * 1024 + 1)", "too_large", "67108865"),
        ("import os; os.mkdir('a')", "collect_failed", "folder"),
        ("import os; os.symlink('/etc/passwd', 'a')", "collect_failed", "link"),
    ],
)
def test_what_cannot_be_collected(bench: Bench, script: str, code_: str, words: str) -> None:
    answer = bench.run(script + "; print('said')", collect=["a"])
    assert (code(answer), answer["changed"], words in answer["error"]["cause"]) == (code_, True, True)
    assert (answer["exit_code"], answer["stdout"], answer["files"]) == (0, "said\n", {})


def test_a_deep_folder_is_left_of_nothing(bench: Bench) -> None:
    script = "import os; os.makedirs('a/b/c'); open('a/b/f', 'w'); os.symlink('/etc', 'a/etc'); os.chmod('a/b/f', 0)"
    assert bench.run(script)["warnings"] == []
    assert os.path.exists("/etc/passwd")


CHILD = """
import subprocess, sys, time
child = "import time\\nwhile True:\\n    open(%r, 'a').write('x'); time.sleep(0.05)"
subprocess.Popen([sys.executable, "-c", child])
print("started", flush=True)
while not __import__("os").path.exists(%r):
    time.sleep(0.05)
"""


@pytest.mark.timing
@pytest.mark.parametrize("stays", [True, False], ids=["the program hangs", "the program ends"])
def test_no_child_lives_on(bench: Bench, stays: bool, tmp_path: pathlib.Path) -> None:
    beats = str(tmp_path / "beats")
    script = CHILD % (beats, beats) + ("time.sleep(600)" if stays else "")
    started = time.monotonic()
    answer = bench.run(script, time_limit=10 if stays else 600)
    assert time.monotonic() - started < HANG
    if stays:
        assert (code(answer), answer["changed"], answer["exit_code"]) == ("time_limit", True, None)
        assert (str(bench.program) == answer["error"]["path"], "10 seconds" in answer["error"]["cause"]) == (True, True)
    else:
        assert (code(answer), answer["exit_code"]) == ("none", 0)
    assert answer["stdout"] == "started\n"
    size = os.path.getsize(beats)
    time.sleep(0.5)
    assert os.path.getsize(beats) == size


@pytest.mark.timing
def test_a_child_that_cannot_be_ended_does_not_hold_the_answer(bench: Bench, tmp_path: pathlib.Path) -> None:
    """Only Linux lets one leave its group."""
    free = str(tmp_path / "free")
    child = f"import os, time; os.setsid(); print(os.getpid(), file=open({free!r}, 'w'), flush=True); time.sleep(600)"
    started = time.monotonic()
    answer = bench.run(
        "import os, subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        f"while not (os.path.exists({free!r}) and os.path.getsize({free!r})): time.sleep(0.05)"
    )
    assert (code(answer), answer["exit_code"]) == ("none", 0)
    assert time.monotonic() - started < HANG
    os.kill(int(pathlib.Path(free).read_text()), signal.SIGKILL)


def test_a_program_that_is_ended_by_a_signal(bench: Bench) -> None:
    assert bench.run("import os; os.kill(os.getpid(), 9)")["exit_code"] == 137


@pytest.mark.parametrize(
    "program",
    ["tool.exe", "C:tool.exe", "", "/a/../tool.exe", "/a/nul/tool.exe", "/a/tool", "/a/tool.cmd", "/a/tool.exe."],
)
def test_only_a_full_path_of_a_program_is_run(bench: Bench, program: str) -> None:
    answer = bench.run(program=program)
    assert (code(answer), answer["error"]["path"]) == ("program_form", program)


def test_a_program_must_be_there_and_a_file(bench: Bench) -> None:
    assert code(bench.run()) == "program_missing"
    bench.program.mkdir()
    assert code(bench.run()) == "program_form"
    bench.program.rmdir()
    bench.program.symlink_to(sys.executable)
    assert code(bench.run()) == "program_form"


def test_what_cannot_start(bench: Bench) -> None:
    bench.program.write_bytes(b"\x00\x01\x02 not a program")
    answer = bench.run()
    assert (code(answer), answer["changed"]) == ("start_failed", False)
    bench.program.chmod(0o755)
    answer = bench.run()
    assert (code(answer), "(193)" in answer["error"]["cause"]) == ("start_failed", True)


@pytest.mark.parametrize(
    "members",
    [
        {"time_limit": 0},
        {"time_limit": 3601},
        {"time_limit": None},
        {"arguments": "text"},
        {"arguments": [1]},
        {"arguments": ["zero\0"]},
        {"arguments": ["x" * 32767]},
        {"arguments": ['"' * 17000]},
        {"collect": ["../a"]},
        {"collect": ["NUL"]},
        {"collect": [""]},
        {"program": 1},
    ],
    ids=str,
)
def test_bad_requests(bench: Bench, members: dict[str, t.Any]) -> None:
    bench.write("open('/tmp/never', 'w')")
    answer = bench.run(**members)
    assert (code(answer), answer["changed"]) == ("bad_request", False)


def test_check_mode_runs_nothing(bench: Bench, tmp_path: pathlib.Path) -> None:
    bench.write(f"open({str(tmp_path / 'ran')!r}, 'w')")
    before = bench.host.picture()
    answer = bench.run(check=True, collect=["a"])
    assert (code(answer), answer["changed"], answer["exit_code"], answer["files"]) == ("none", True, None, {})
    assert code(bench.run(check=True, program=str(bench.program) + ".exe")) == "program_missing"
    assert bench.host.picture() == before
    assert list(tmp_path.glob("ran")) == []


def test_what_a_killed_agent_left_is_removed_and_what_is_in_use_is_not(bench: Bench) -> None:
    bench.state.mkdir()
    (bench.state / "agent.lock").write_text("{}")
    for name in ("run.dead", "run.alive", "run.old"):
        (bench.state / name).mkdir()
        (bench.state / name / "a.ldf").write_text("dn: secret")
    for name in ("run.dead.lock", "run.alive.lock"):
        (bench.state / name).touch()
    bench.write("print('ran')")
    with (bench.state / "run.alive.lock").open() as lock:
        hold(lock)
        request = {"program": str(bench.program), "arguments": [], "time_limit": 9, "collect": []}

        def left() -> set[str]:
            assert bench.host.call("run", **request)["stdout"] == "ran\n"
            return {path.name for path in bench.state.iterdir()} - {"agent.lock", "run.alive", "run.alive.lock"}

        # Windows' habits hold a name for a moment, and then a later run removes it.
        assert until(lambda: not left(), "what was left is removed") if habits.ON else not left()
    assert (bench.state / "run.alive" / "a.ldf").exists()
