# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's C# without running it: it compiles on every .NET Framework, and calls Windows from two files alone."""

from __future__ import annotations

import pathlib
import re

import pytest
from unit.agent.win32_session import FOLDER, MCS, NEEDS_MONO, SHARED, SHIPPED, TWIN, lacks, run

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_files

AGENT = [*agent_files().values()]
ROOT = pathlib.Path(__file__).resolve().parents[3]
LINE_LENGTH = 120

_LITERAL_OR_COMMENT = re.compile(
    r"""//[^\n]*|/\*.*?\*/|@"(?:[^"]|"")*"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+'""", re.DOTALL
)
_GETTER_ONLY = re.compile(r"\{\s*get;\s*\}")
_HANDLER = re.compile(r"\b(?:catch(?:\s*\([^)]*\))?|finally)\s*\{")
_WINDOWS = re.compile(
    r"\bDllImport\b|\bSystem\.IO\.(?:File|Directory|Path|Drive)\w*"
    r"|\b(?:FileStream|FileInfo|DirectoryInfo|DriveInfo|FileSystemInfo)\b"
    r"|(?<![\w.])(?:File|Directory)\.[A-Z]\w*\s*\("
    r"|(?<![\w.])Path\.(?:Combine|Get\w+|Is\w+|ChangeExtension|HasExtension|\w*Separator\w*)\b"
)


def code_only(text: str) -> str:
    """Blank comments and literals, keeping the lines."""
    return _LITERAL_OR_COMMENT.sub(lambda match: "\n" * match[0].count("\n") or " ", text)


def newer_than_csharp_5(text: str) -> list[str]:
    """Return the C# 6 forms that Mono's compiler accepts in spite of -langversion:5."""
    code = code_only(text)
    found = [match[0] for match in _GETTER_ONLY.finditer(code)]
    for handler in _HANDLER.finditer(code):
        depth, end = 1, handler.end()
        while depth and end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        found += [f"await in {handler[0]}"] * bool(re.search(r"\bawait\b", code[handler.end() : end]))
    return found


def calls_of_windows(text: str) -> list[str]:
    """Return the uses of what belongs behind Win32."""
    return [match[0] for match in _WINDOWS.finditer(code_only(text))]


@pytest.mark.parametrize("path", AGENT, ids=lambda path: path.name)
def test_only_csharp_5(path: pathlib.Path) -> None:
    assert newer_than_csharp_5(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("class A { int B { get; } }", 1),
        ("class A { int B { get; set; } }", 0),
        ('class A { string B = "{ get; }"; /* { get; } */ }', 0),
        ("try { } catch (Exception) { if (a) { await B(); } }", 1),
        ("try { } finally { await B(); }", 1),
        ("try { await B(); } catch { C(); } await D();", 0),
    ],
)
def test_csharp_5_lint_sees_what_it_should(text: str, count: int) -> None:
    assert len(newer_than_csharp_5(text)) == count


@pytest.mark.parametrize("path", [path for path in AGENT if path not in SHIPPED], ids=lambda path: path.name)
def test_only_win32_calls_windows(path: pathlib.Path) -> None:
    assert calls_of_windows(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('[DllImport("kernel32.dll")]', 1),
        ("System.IO.File.Delete(a);", 1),
        ("File.Delete(a); Directory.CreateDirectory(b);", 2),
        ("Path.Combine(a, b)", 1),
        ("new FileStream(a)", 1),
        ("Win32.Delete(a); (facts.Attributes & Win32.Directory) != 0", 0),
        ("// File.Delete(a)", 0),
        ("entry.Path.Substring(1)", 0),
    ],
)
def test_windows_lint_sees_what_it_should(text: str, count: int) -> None:
    assert len(calls_of_windows(text)) == count


def longer_lines(path: pathlib.Path) -> list[str]:
    """Return the lines of a file that are longer than a person reads, each with its number."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [f"{path.name}({number}): {line}" for number, line in enumerate(lines, 1) if len(line) > LINE_LENGTH]


def test_no_line_is_longer_than_a_person_reads() -> None:
    files = [path for folder in ("plugins", "tests") for path in (ROOT / folder).rglob("*.cs")]
    assert {path.resolve() for path in AGENT} < set(files)
    assert [line for path in files for line in longer_lines(path)] == []


def test_a_longer_line_is_seen(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "A.cs"
    path.write_text(f"{'a' * LINE_LENGTH}\n{'b' * LINE_LENGTH}b\n")
    assert longer_lines(path) == [f"A.cs(2): {'b' * LINE_LENGTH}b"]


@pytest.mark.skipif(lacks("mcs", "mono"), reason=NEEDS_MONO)
def test_compiles_without_warning_on_mono(tmp_path: pathlib.Path) -> None:
    run([*MCS, "-target:library", f"-out:{tmp_path / 'agent.dll'}", *AGENT])


@pytest.mark.skipif(lacks("csc"), reason="needs csc, a C# 5 compiler with .NET Framework's references")
@pytest.mark.parametrize("framework", ["net45", "net48"])
def test_compiles_without_warning_on_net_framework(framework: str) -> None:
    run(["csc", f"-target:{framework}", *AGENT])


@pytest.mark.skipif(lacks("mcs", "mono"), reason=NEEDS_MONO)
def test_both_twins_offer_the_same(tmp_path: pathlib.Path) -> None:
    reader = tmp_path / "surface.exe"
    run([*MCS, f"-out:{reader}", FOLDER / "win32_surface.cs"])
    surfaces = []
    for name, files in (("shipped", SHIPPED), ("twin", TWIN)):
        library = tmp_path / f"{name}.dll"
        run([*MCS, "-target:library", f"-out:{library}", *files, *SHARED])
        surfaces.append(sorted(run(["mono", reader, library]).splitlines()))
    assert "Win32 SafeFileHandle TryLock(String path)" in surfaces[0]
    assert surfaces[0] == surfaces[1]
