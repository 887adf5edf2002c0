# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets that share files: nothing linked is sealed unread."""

from __future__ import annotations

import os
import random

from integration import sets
from integration.controller import Controller

from lab import damage, inventory
from lab.lab import Lab

LINKS = {"groupid_link_unchanged": True, "groupid_verify_after": False}


def test_links_are_always_read_again_before_a_seal(lab: Lab, controller: Controller) -> None:
    root = lab.path("web01", inventory.LOCAL_ROOT)
    for runs in (1, 2):
        controller.play("backup", extra=LINKS).succeeded()
        assert len(sets.sealed(root, "hq")) == runs
    older, newer = sets.parts(root)
    files, dummy = sets.found(newer)
    assert files == sets.found(older)[0]
    assert all((older / name).samefile(newer / name) for name in files)
    sets.check_part(newer)
    victim = next(path for path in sorted((newer / "reports").rglob("*")) if path.is_file() and path.stat().st_size)
    times = victim.stat()
    damage.flip(victim, random.Random(1))
    os.utime(victim, ns=(times.st_atime_ns, times.st_mtime_ns))
    controller.play("backup", extra=LINKS).failed(victim.relative_to(newer).as_posix())
    assert (len(sets.set_ids(root, "hq")), len(sets.sealed(root, "hq"))) == (3, 2)
    controller.play("backup").succeeded()
    controller.play("backup", extra=LINKS).succeeded()
    sets.check_part(sets.parts(root)[-1])
