# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mono runner with a small agent in the place of the shipped one."""

from __future__ import annotations

import base64
import gzip
import json
import pathlib
import typing as t

import pytest

from lab import agent_build, fleet, lab
from lab.fleet import Host
from lab.processes import Finished, ProcessGroup
from lab.runner_mono import MonoRunner

NAMESPACE = "IdentityOpsAgent_0123456789abcdef"
BOOTSTRAP = "try{\n  run\n}catch{ }\n"
SOURCE = f"""using System;
#line 1 "Program.cs"
namespace {NAMESPACE}
{{
    public static class Program
    {{
        public static string Run(string request) {{ return Win32.Prefix + request + "}}"; }}
    }}
}}
#line 9 "Win32.cs"
namespace {NAMESPACE}
{{
    internal static class Win32 {{ [DllImport("kernel32")] this does not compile }}
}}
"""
ENTRY = """using System;
namespace IdentityOpsAgent
{
    internal static class Win32
    {
        public static string Prefix = "{\\"host\\":\\"" + Environment.GetEnvironmentVariable("LAB_HOST_NAME")
            + "\\",\\"path\\":\\"" + Environment.GetEnvironmentVariable("LAB_ROOT") + "/C/x y\\",\\"request\\":";
        static int Main()
        {
            Console.WriteLine(Program.Run(Console.In.ReadToEnd()));
            Console.Error.WriteLine("warned at " + Environment.GetEnvironmentVariable("LAB_ROOT") + "/D/x");
            return 5;
        }
    }
}
"""
pytestmark = pytest.mark.skipif(bool(agent_build.missing_programs()), reason=f"no Mono: {agent_build.APT_LINE}")


class Bench:
    """A runner with one host and a cache of its own."""

    def __init__(self, root: pathlib.Path) -> None:
        self.host: Host = fleet.make_host("web01", "10.0", "hq", number=0)
        (root / "hosts" / "web01").mkdir(parents=True)
        (root / "shares").mkdir()
        (root / "Win32.cs").write_text(ENTRY)
        (root / "bootstrap.ps1").write_text(BOOTSTRAP)
        (root / "agent.ps1").write_text("# compiles\ncompile\n  run\n")
        self.cache = root / "cache"
        builder = agent_build.AgentBuilder(self.cache, [root / "Win32.cs"])
        self.runner = MonoRunner(root, root, builder, {}, {})

    def run(self, request: t.Any, *, source: str = SOURCE, line: str = "try{\nrun\n}catch{ }") -> Finished:
        parts = [gzip.compress(source.encode()), json.dumps(request).encode()]
        packed, encoded = (base64.b64encode(part) for part in parts)
        stdin = b"\n".join([b"2\ncompile\nrun", packed, f"{NAMESPACE}.Program".encode(), encoded, b""])
        return self.runner.run(self.host, line, stdin, ProcessGroup())


@pytest.fixture
def bench(tmp_path: pathlib.Path) -> Bench:
    return Bench(tmp_path)


def bootstrap_message(finished: Finished) -> str:
    answer = json.loads(finished.stdout)
    assert (finished.exit_code, answer["failed"], answer["stage"]) == (1, True, "bootstrap")
    return base64.b64decode(answer["msg_b64"]).decode()


def test_the_agent_runs_with_paths_translated_both_ways(bench: Bench) -> None:
    finished = bench.run({"root": "D:\\B", "text": "ü"})
    answer = json.loads(finished.stdout)
    assert answer == {"host": "web01", "path": "C:\\x y", "request": {"root": "D:\\B", "text": "ü"}}
    assert finished.stdout.isascii()
    assert (finished.exit_code, finished.stderr) == (5, b"warned at D:\\x\n")


def test_a_source_is_compiled_once(bench: Bench) -> None:
    bench.run({})
    [executable] = bench.cache.glob("*.exe")
    compiled = executable.stat().st_mtime_ns
    bench.run({})
    assert [file.stat().st_mtime_ns for file in bench.cache.glob("*.exe")] == [compiled]
    bench.run({}, source="// changed\n" + SOURCE)
    assert len(list(bench.cache.glob("*.exe"))) == 2


def test_an_error_of_the_compiler_is_the_bootstraps_failure_with_the_files_own_line(bench: Bench) -> None:
    broken = SOURCE.replace("public static string Run", "public static strong Run")
    assert bootstrap_message(bench.run({}, source=broken)).startswith("Program.cs(5,")
    assert list(bench.cache.glob("*")) == [bench.cache / "lock"]


def test_input_that_the_bootstrap_cannot_read_is_its_failure(bench: Bench) -> None:
    finished = bench.runner.run(bench.host, "try{\nrun\n}catch{ }", b"2\ncompile\nrun\nonly one line\n", ProcessGroup())
    assert "outside the bounds" in bootstrap_message(finished)


@pytest.mark.parametrize("stdin", [b"", b"no number\n", b"1\nGet-Date\n"])
def test_input_with_no_script_that_it_knows_is_the_bootstraps_failure(bench: Bench, stdin: bytes) -> None:
    assert bootstrap_message(bench.runner.run(bench.host, "try{\nrun\n}catch{ }", stdin, ProcessGroup()))


def test_any_other_script_is_an_unknown_command(bench: Bench) -> None:
    finished = bench.run({}, line="Get-Date")
    assert (finished.exit_code, finished.stdout) == (1, b"")
    assert b"'Get-Date' is not recognized" in finished.stderr


def test_missing_mono_is_said_with_the_line_that_installs_it(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(lab.LabError, match=r"mcs and mono missing.*apt-get install .*mono-mcs mono-runtime"):
        lab.prepare(tmp_path / "lab", fleet.default_fleet(1))
