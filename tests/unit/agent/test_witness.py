# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal's second witness, as shipped, in a PowerShell engine: it sees what the agent sees, and what is another.

The commands that it asks are stand-ins here, but for the engine's own provider of files: a Windows has them.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import typing as t

import pytest
from unit.agent.test_agent_rehearsal import Rehearsed

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.rehearsal_server import witness
from lab.streams import streams_of

ENGINE = shutil.which("pwsh")
pytestmark = pytest.mark.skipif(ENGINE is None, reason="needs pwsh on PATH")

COMMANDS = pathlib.Path(__file__).with_name("witness_commands.ps1")
ICACLS = f"""#!{sys.executable}
import os, pathlib, sys
folder, save, file, *options = sys.argv[1:]
assert (save, options) == ("/save", ["/t", "/q"])
beside = pathlib.Path(os.environ["BESIDE"])
top = beside / pathlib.Path(folder).name
lines = []
for found in [top / ".security", *sorted(top.rglob("*/.security"))]:
    security = found.read_text()
    lines += [str(found.parent.relative_to(beside)).replace("/", "\\\\"), security[security.index("D:"):]]
pathlib.Path(file).write_bytes("".join(line + "\\r\\n" for line in lines).encode("utf-16-le"))
"""
FSUTIL = f"""#!{sys.executable}
import pathlib, sys
assert sys.argv[1:3] == ["reparsepoint", "query"]
sys.exit(0 if pathlib.Path(sys.argv[3]).is_symlink() else 1)
"""
RECORDS: dict[str, list[str]] = {
    "witness_files": ["size", "content", "access", "streams"],
    "witness_folders": ["access"],
    "witness_lists": ["security"],
    "witness_links": ["attributes"],
}


class Witness:
    """A rehearsal's tree, what a disk of Windows would keep beside its files, and the witness that looks at them."""

    def __init__(self, rehearsed: Rehearsed, folder: pathlib.Path) -> None:
        self.rehearsed = rehearsed
        rehearsed.host.faults = {"lists": True}
        rehearsed.make()
        answer = rehearsed.step("script", place=str(rehearsed.place), text=witness())
        assert not answer["failed"], answer
        self.beside = folder / "beside"
        for path in (rehearsed.place / "tree").rglob("*"):
            if not path.is_symlink():
                kept = self.beside / path.relative_to(rehearsed.place / "tree")
                kept.mkdir(parents=True)
                own = "user.LabSecurity"
                text = os.getxattr(path, own).decode() if own in os.listxattr(path) else "O:BAG:SYD:"
                (kept / ".security").write_text(text)
                for name, content in streams_of(path).items():
                    (kept / name).write_bytes(content)
        (self.beside / ".security").write_text("O:BAG:SYD:")
        self.system = folder / "windows"
        (self.system / "System32").mkdir(parents=True)
        for name, text in (("icacls", ICACLS), ("fsutil", FSUTIL)):
            self.program(name, text)

    def program(self, name: str, text: str) -> None:
        file = self.system / "System32" / f"{name}.exe"
        file.write_text(text)
        file.chmod(0o755)

    def look(self) -> subprocess.CompletedProcess[str]:
        assert ENGINE is not None
        options = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Unrestricted", "-File", str(COMMANDS)]
        return subprocess.run(
            [ENGINE, *options, str(self.rehearsed.place), str(self.beside)],
            env={**os.environ, "SystemRoot": str(self.system), "BESIDE": str(self.beside)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )

    def differences(self) -> set[tuple[str, str, str]]:
        """Return record, path and property of all that the witness and the agent see differently."""
        return {
            (record, one["path"], one["property"])
            for record, properties in RECORDS.items()
            for one in self.rehearsed.compare(**{"with": record, "properties": properties, "extra": True})
        }

    def seen(self, record: str) -> int:
        return len((self.rehearsed.place / record).read_text().splitlines())


@pytest.fixture
def about(host: t.Any, tmp_path: pathlib.Path) -> Witness:
    host.write(a="a file of the product")
    return Witness(Rehearsed(host), tmp_path)


def test_it_sees_what_the_agent_sees(about: Witness) -> None:
    done = about.look()
    assert (done.returncode, done.stdout) == (0, "")
    assert about.differences() == set()
    files, folders = about.seen("witness_files"), about.seen("witness_folders")
    assert files > 25
    assert folders > 5
    assert about.seen("witness_lists") == files + folders
    assert about.seen("witness_links") == 2


def test_what_is_another_is_found(about: Witness) -> None:
    (about.beside / "streams" / "a.txt" / "first").write_bytes(b"another")
    (about.beside / "streams" / "b.txt" / "second").unlink()
    (about.beside / "security" / "denying" / ".security").write_text("O:BAG:SYD:(A;;FA;;;WD)")
    (about.beside / "owner" / "a.txt" / ".security").write_text("O:WDG:SYD:")
    done = about.look()
    assert (done.returncode, done.stdout) == (0, "")
    tree = about.rehearsed.place / "tree"
    (tree / "plain" / "a.txt").write_bytes(b"another")
    (tree / "junction" / "link").unlink()
    (tree / "junction" / "link").mkdir()
    assert about.differences() == {
        ("witness_files", "streams/a.txt", "streams"),
        ("witness_files", "streams/b.txt", "streams"),
        ("witness_files", "owner/a.txt", "access"),
        ("witness_lists", "owner/a.txt", "security"),
        ("witness_folders", "security/denying", "access"),
        ("witness_lists", "security/denying", "security"),
        ("witness_files", "plain/a.txt", "content"),
        ("witness_links", "junction/link", "attributes"),
    }


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("icacls", "#!/bin/sh\nexit 5\n", "icacls ended with 5 for names"),
        ("icacls", ICACLS.replace("top.rglob", "top.glob"), "icacls names"),
        ("fsutil", "#!/bin/sh\nexit 1\n", "fsutil ends in the same way for a junction and a folder"),
    ],
)
def test_what_a_program_does_not_report_is_no_difference(about: Witness, name: str, text: str, said: str) -> None:
    about.program(name, text)
    done = about.look()
    assert done.returncode == 1
    assert said in done.stdout
