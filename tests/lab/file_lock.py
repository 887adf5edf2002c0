# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock that one process holds while it makes what all of them use."""

from __future__ import annotations

import collections.abc as c
import contextlib
import pathlib


@contextlib.contextmanager
def held(lock: pathlib.Path) -> c.Iterator[None]:
    """Hold a file's lock for the length of the block; wait while another process holds it."""
    # Windows has no such module. Tests run there too, and nothing is made for Mono or Wine.
    import fcntl

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
