# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/verify-by-hand.md tells a person to type finds what is wrong with a part: the very text, run."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, signature

GUIDE = Path(__file__).resolve().parents[2].joinpath("docs", "verify-by-hand.md").read_text(encoding="utf-8")
FILES = {
    "reports/a.txt": b"first",
    "reports/sub/Gr\u00fc\u00dfe (1) [x].xml": b"second",
    "reports/empty.txt": b"",
    "self_service_portals/web.config": b"x" * 100_000,
}


@pytest.fixture
def part(tmp_path: Path) -> Path:
    folder = tmp_path / "web01"
    lines = []
    for name, content in sorted(FILES.items()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        lines.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    (folder / "manifest.sha256").write_text("".join(lines), encoding="utf-8")
    (folder / "files.jsonl").write_text("{}\n", encoding="utf-8")
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in LISTS}
    (folder / "part.json").write_text(str(digests).replace("'", '"'), encoding="utf-8")
    return folder


LISTS = ("manifest.sha256", "files.jsonl")


def by_powershell(part: Path) -> list[str]:
    """Return the lines that the guide's script prints for this part."""
    powershell = shutil.which("pwsh") or shutil.which("powershell")
    if powershell is None:
        pytest.skip("needs pwsh or powershell on PATH")
    [script] = re.findall(r"^```powershell\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    first, rest = script.split("\n", 1)
    assert first == r"$part = 'D:\Backups\hq\20261122T150405Z\web01'"
    file = part.parent / "script.ps1"
    file.write_text(f"$part = '{part}'\n{rest}exit 0\n", encoding="utf-8-sig")
    command = [powershell, "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File", str(file)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode("utf-8").splitlines()


def by_sha256sum(part: Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("sha256sum") is None:
        pytest.skip("needs sha256sum on PATH")
    command = re.findall(r"^sha256sum .*$", GUIDE, re.MULTILINE)[0].split()
    return subprocess.run(command, cwd=part, capture_output=True, check=False, text=True)


def test_a_sound_part(part: Path) -> None:
    assert by_powershell(part) == ["4 files listed, 0 differences"]
    assert by_sha256sum(part).returncode == 0


def test_the_script_has_ten_lines() -> None:
    [script] = re.findall(r"^```powershell\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    assert script.count("\n") == 10


def test_a_flipped_byte(part: Path) -> None:
    (part / "reports" / "sub" / "Gr\u00fc\u00dfe (1) [x].xml").write_bytes(b"secone")
    assert [line.partition(" ")[0] for line in by_powershell(part)] == ["CHANGED", "4"]
    assert by_sha256sum(part).returncode == 1


def test_missing_and_added_files(part: Path) -> None:
    (part / "reports" / "a.txt").rename(part / "reports" / "b.txt")
    (part / "stray").mkdir()
    (part / "stray" / "part.json").write_text("{}")
    missing, *added, last = by_powershell(part)
    assert missing.startswith("UNREADABLE reports/a.txt: ")
    assert sorted(added) == ["ADDED reports/b.txt", "ADDED stray/part.json"]
    assert last == "4 files listed, 3 differences"


def test_a_manifest_that_part_json_does_not_know(part: Path) -> None:
    (part / "reports" / "a.txt").unlink()
    lines = (part / "manifest.sha256").read_text(encoding="utf-8").splitlines(keepends=True)
    (part / "manifest.sha256").write_text("".join(line for line in lines if "a.txt" not in line), encoding="utf-8")
    assert by_powershell(part) == ["CHANGED manifest.sha256", "3 files listed, 1 differences"]


KEY = "0123456789abcdef0123456789abcdef"


def in_a_shell(folder: Path, script: str) -> list[str]:
    """Return the lines that a script prints in a folder with a key."""
    for program in ("bash", "openssl", "sha256sum"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program} on PATH")
    (folder / "signing.key").write_text(f"{KEY}\n")
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, check=False, text=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


def by_openssl(folder: Path) -> tuple[str, str]:
    """Return what the guide's commands compute from set.json in this folder, and what stands there."""
    [script] = re.findall(r"^```sh\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    first, rest = script.split("\n", 1)
    assert first == "cd /mnt/backup/hq/20261122T150405Z"
    computed, *written = in_a_shell(folder, rest)
    return computed[-64:], re.findall(r"[0-9a-f]{64}", " ".join(written))[-1] if written else ""


def test_a_signature(tmp_path: Path) -> None:
    member = {
        "server": "web01",
        "part_sha256": "ab" * 32,
        "state": "complete",
        "machine_guid": "guid",
        "version": "10.0",
    }
    member |= {"files": 3, "bytes": 12, "epoch": "20261122T150405Z", "finished": "2026-11-22T15:04:17.1234567Z"}
    scope = {"scope": {"include": ['Gr\u00fc\u00dfe, "signature"']}}
    made = backup_set.seal_document("hq", "20261122T150405Z", "web01", [member | scope], KEY)
    (tmp_path / "set.json").write_text(made.text)
    computed, written = by_openssl(tmp_path)
    assert computed == written
    (tmp_path / "set.json").write_text(made.text.replace('"files": 3', '"files": 4'))
    assert by_openssl(tmp_path) != (computed, written)
    assert by_openssl(tmp_path)[1] == written


def test_the_id_of_a_key(tmp_path: Path) -> None:
    page = Path(__file__).resolve().parents[2].joinpath("docs", "signing.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^printf .*$", page, re.MULTILINE)
    assert in_a_shell(tmp_path, command) == [signature.key_id(KEY)]
