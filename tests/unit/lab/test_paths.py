# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""What becomes of ``C:\...`` on its way to a mono host and back."""

from __future__ import annotations

import pathlib

import pytest

from lab.paths import PathMap

HOST, SHARES = "/lab/hosts/web01", "/lab/shares"
PATHS = PathMap(pathlib.Path(HOST), pathlib.Path(SHARES))


@pytest.mark.parametrize(
    ("windows", "lab"),
    [
        ("C:\\", f"{HOST}/C/"),
        (r"C:\Program Files\Imanami", f"{HOST}/C/Program Files/Imanami"),
        (r"D:\100% & more; [x]\ü 🎉", f"{HOST}/D/100% & more; [x]/ü 🎉"),
        (r"\\nas01\backup", f"{SHARES}/nas01/backup"),
        (r"\\nas01\backup\hq\web01", f"{SHARES}/nas01/backup/hq/web01"),
    ],
)
def test_absolute_paths_go_both_ways(windows: str, lab: str) -> None:
    assert PATHS.to_lab(windows) == lab
    assert PATHS.to_windows(lab) == windows


def test_windows_has_many_spellings_of_one_path() -> None:
    assert PATHS.to_lab("c:/temp/x") == f"{HOST}/C/temp/x"
    assert PATHS.to_lab(r"\\NAS01\Backup\Hq") == f"{SHARES}/nas01/backup/Hq"


@pytest.mark.parametrize(
    "text",
    [
        "C:",
        "C:relative",
        "a:b.txt",
        "reports/C:\\x",
        r"SOFTWARE\Imanami",
        r"Program Files\Imanami",
        r"\\?\C:\x",
        r"\\.\C:",
        r"\\server",
        "**/log/**",
        "",
        '{"document": "C:\\\\x"}',
        "https://x/y",
    ],
)
def test_what_is_not_an_absolute_path_stays(text: str) -> None:
    assert PATHS.to_lab(text) == text


@pytest.mark.parametrize(
    "text", ["/lab/hosts/web011/C/x", "/lab/hosts/web02/C/x", "reports/a", "lab/hosts/web01/C/x", "/lab/sharesx/a/b"]
)
def test_other_strings_stay_on_the_way_out(text: str) -> None:
    assert PATHS.to_windows(text) == text


def test_requests_are_translated_to_any_depth_but_not_their_keys() -> None:
    request = {"root": "D:\\B", "components": [{"path": "C:\\x", "include": ["a:b", "C:*"]}], "C:\\key": 1, "n": None}
    assert PATHS.request(request) == {
        "root": f"{HOST}/D/B",
        "components": [{"path": f"{HOST}/C/x", "include": ["a:b", "C:*"]}],
        "C:\\key": 1,
        "n": None,
    }


def test_answers_are_translated_and_texts_in_the_middle() -> None:
    answer = {
        "path": f"{HOST}/C/a b/c",
        "problems": [{"path": "reports/x/y", "cause": f"Could not find '{HOST}/C/a b/c'. (2)"}],
        "error": {"path": f"{SHARES}/nas01/backup", "next": f"Free {HOST}/D or {SHARES}/nas01/backup/hq, then go on."},
        "warnings": [f"{HOST}/C/x: either/or"],
        "roots": [{"error": f"{SHARES}/nas01/backup: denied"}],
        "document": f'{{"path": "{HOST}/C/x"}}',
        "stdout": f"Exported to {HOST}/C/x/a.ldf\r\n",
        f"{HOST}/C/key": 2.5,
    }
    assert PATHS.answer(answer) == {
        "path": r"C:\a b\c",
        "problems": [{"path": "reports/x/y", "cause": r"Could not find 'C:\a b\c'. (2)"}],
        "error": {"path": r"\\nas01\backup", "next": r"Free D: or \\nas01\backup\hq, then go on."},
        "warnings": [r"C:\x: either/or"],
        "roots": [{"error": r"\\nas01\backup: denied"}],
        "stdout": "Exported to C:\\x\\a.ldf\r\n",
        "document": f'{{"path": "{HOST}/C/x"}}',
        f"{HOST}/C/key": 2.5,
    }
