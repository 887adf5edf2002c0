# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab host made of Wine: cmd.exe and PowerShell get the lines as they come, as an ordinary user."""

from __future__ import annotations

import collections.abc as c

import pytest
import winrm

from lab import hard_names, wine_host
from lab.lab import Lab

pytestmark = pytest.mark.skipif(wine_host.why_not() is not None, reason=f"no host on Wine: {wine_host.why_not()}")
Command = c.Callable[..., tuple[str, str, int]]


@pytest.fixture
def command(wine_lab: Lab) -> Command:
    """Run one command line on the host."""
    host = wine_lab.host("wine01")

    def run(line: str, stdin: bytes | None = None) -> tuple[str, str, int]:
        endpoint = f"http://127.0.0.1:{wine_lab.port}/wsman"
        client = winrm.Protocol(endpoint, "basic", host.user, host.password, proxy=None)
        shell = client.open_shell(codepage=65001)
        number = client.run_command(shell, line, console_mode_stdin=stdin is None)
        if stdin is not None:
            client.send_command_input(shell, number, stdin, end=True)
        stdout, stderr, code = client.get_command_output(shell, number)
        client.close_shell(shell)
        return stdout.decode("cp1252"), stderr.decode("cp1252"), code

    return run


@pytest.mark.parametrize(
    ("line", "stdout", "code"),
    [
        ("hostname", "WINE01\r\n", 0),
        ("chcp 65001 >NUL & echo one & cmd /c exit 7", "one \r\n", 7),
        ("echo \"two  words\" 'x' %OS%", "\"two  words\" 'x' Windows_NT\r\n", 0),
        ('if "a b"=="a b" (echo yes "q" & exit 5)', 'yes "q" \r\n', 5),
        ("cd", "C:\\users\\wine\r\n", 0),
    ],
)
def test_lines_are_run_as_they_come(command: Command, line: str, stdout: str, code: int) -> None:
    assert command(line)[::2] == (stdout, code)


def test_stdin_reaches_powershell_through_cmd(command: Command) -> None:
    line = 'chcp 65001 >NUL & powershell -NoProfile -NonInteractive -Command "$input; exit 3"'
    stdout, dummy, code = command(line, b"first\nsecond\n")
    assert (stdout, code) == ("first\r\nsecond\r\n", 3)


def test_its_programs_are_seen_from_outside(command: Command, wine_lab: Lab) -> None:
    assert command("ver")[2] == 0
    assert "cmd.exe" in wine_host.programs_on((wine_lab.root / "wine").resolve())


def test_the_registry_knows_the_installation(command: Command) -> None:
    stdout, dummy, code = command(r'reg query "HKLM\SOFTWARE\Imanami\GroupID\Version 10.0" /reg:64')
    assert code == 0
    assert r"InstallationPath    REG_SZ    C:\Program Files\Imanami\GroupID 10.0" in stdout


def test_backup_drive_and_share_are_the_labs(command: Command, wine_lab: Lab) -> None:
    assert command(r"echo on D>D:\d.txt & echo on NAS>\\nas01\backup\nas.txt")[2] == 0
    assert wine_lab.path("wine01", r"D:\d.txt").read_text() == "on D \n"
    assert wine_lab.path("wine01", r"\\nas01\backup\nas.txt").read_text() == "on NAS\n"


def test_a_read_only_file_refuses_writing(command: Command, wine_lab: Lab) -> None:
    folder = r"C:\ProgramData\Imanami\GroupID 10.0\Reports\Vorlagen & Templates"
    assert "Access denied" in command(rf'echo harm>"{folder}\{hard_names.READ_ONLY_FILE}"')[1]
    assert wine_lab.path("wine01", rf"{folder}\{hard_names.READ_ONLY_FILE}").read_text() == "<locked/>\n"
