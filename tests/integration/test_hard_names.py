# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that Windows allows and careless programs break on survive a round trip."""

from __future__ import annotations

import os
import pathlib

from integration import sets
from integration.controller import Controller

from lab import hard_names, inventory, snapshot
from lab.lab import Lab

SET = {"backup_root": inventory.LOCAL_ROOT, "deployment": "hq", "set_id": "20260101T000000Z"}


def hard_tree(folder: pathlib.Path) -> None:
    """Every hard name as a file and as a folder with a file, a path of more than 300 characters, an empty folder."""
    folder.mkdir(parents=True)
    for number, name in enumerate(hard_names.FILES):
        (folder / "files").mkdir(exist_ok=True)
        (folder / "files" / name).write_bytes(f"content {number}".encode())
        (folder / "folders" / name).mkdir(parents=True)
        (folder / "folders" / name / name).write_bytes(f"other content {number}".encode())
    deep = folder.joinpath(*hard_names.DEEP_FOLDERS)
    deep.mkdir(parents=True)
    (deep / "at the end.txt").write_text("deep")
    (folder / hard_names.EMPTY_FILE).touch()
    (folder / hard_names.EMPTY_FOLDER).mkdir()
    for path in folder.rglob("*"):
        # Windows' resolution is 100 ns; this disk's is finer.
        os.utime(path, ns=(0, path.stat().st_mtime_ns // 100 * 100))


def test_hard_names_round_trip(lab: Lab, controller: Controller) -> None:
    source = lab.path("web01", r"C:\Data\Hard")
    hard_tree(source)
    before = snapshot.take({"hard": source})
    folders = [{"name": "hard", "path": r"C:\Data\Hard"}]
    result = controller.module("web01", "groupid_backup_folder", {**SET, "components": [], "folders": folders})
    assert (result["state"], result["problem_count"]) == ("complete", 0), result
    sets.check_part(lab.path("web01", rf"{SET['backup_root']}\hq\{SET['set_id']}\web01"))

    for path in sorted(source.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    result = controller.module("web01", "groupid_restore_folder", {**SET, "unsealed": True})
    assert not result.get("failed"), result
    assert snapshot.compare(before, snapshot.take({"hard": source}), folder_times=False) == []
