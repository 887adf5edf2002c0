# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller that is killed in the middle of a restore: the next run finishes it, or undoes it."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.synchronize
import pathlib
import time

import pytest
from unit.plugins.directories import FILTER, target

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES, GUID
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export import Exported, export_pages
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export_files import Pair
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.selection import Selection
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import apply_steps
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.changes import Step
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.compare import Comparison
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.restore import make_plan
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import Directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target
from lab.directory.groups import Made
from lab.directory.slapd import Slapd
from lab.waiting import HANG

CHANGED = b"changed by an upgrade"
WRITTEN = 6


def write_some(where: Target, base: str, steps: list[Step], middle: multiprocessing.synchronize.Event) -> None:
    """What the killed process does: the shipped steps, which stop in the middle until they are killed."""
    directory = open_directory(where)
    modify = directory.modify
    left = WRITTEN

    def some(*arguments: object) -> None:
        nonlocal left
        if not left:
            middle.set()
            time.sleep(2 * HANG)
        left -= 1
        modify(*arguments)

    directory.modify = some
    apply_steps(directory, base, steps)


def export(directory: Directory, base: str, folder: pathlib.Path) -> Exported:
    folder.mkdir()
    return export_pages(directory.pages(base, FILTER, (GUID, *ATTRIBUTES)), ATTRIBUTES, folder, "corp.example")


def plan(then: Exported, now: Exported) -> list[Step]:
    pairs = [Pair(one.ldif.path, one.companion.path, one.attributes) for one in (then, now)]
    return list(make_plan(Comparison(*pairs, Selection()).differences()).steps)


@pytest.mark.timing
@pytest.mark.parametrize("way", ["finish", "undo"])
def test_the_next_run_finishes_or_undoes(tmp_path: pathlib.Path, way: str) -> None:
    with (
        Slapd(tmp_path / "slapd", groups=Made(150)) as slapd,
        contextlib.closing(open_directory(target(slapd))) as seen,
    ):
        before = export(seen, slapd.base, tmp_path / "before")
        held = [dn for dn, values in slapd.groups().values() if "extensionAttribute12" in values]
        for dn in held:
            slapd.change(dn, "extensionAttribute12", CHANGED)
        changed = export(seen, slapd.base, tmp_path / "changed")
        steps = plan(before, changed)
        processes = multiprocessing.get_context("fork")
        middle = processes.Event()
        process = processes.Process(target=write_some, args=(target(slapd), slapd.base, steps, middle))
        process.start()
        assert middle.wait(HANG)
        process.kill()
        process.join()
        left = still_changed(slapd)
        assert left == len(held) - WRITTEN > 0, "it was killed in the middle"

        if way == "finish":
            again = plan(before, export(seen, slapd.base, tmp_path / "again"))
            assert len(apply_steps(seen, slapd.base, again).written) == left
            assert export(seen, slapd.base, tmp_path / "after").ldif.sha256 == before.ldif.sha256
        else:
            undone = apply_steps(seen, slapd.base, [step.reversed() for step in steps])
            assert (len(undone.written), undone.unchanged, undone.conflicts) == (len(held) - left, left, [])
            assert export(seen, slapd.base, tmp_path / "after").ldif.sha256 == changed.ldif.sha256


def still_changed(slapd: Slapd) -> int:
    return sum(values.get("extensionAttribute12") == [CHANGED] for dummy, values in slapd.groups().values())
