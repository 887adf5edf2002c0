# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup devices: the files that BACKUP writes and RESTORE reads, and how the operating system refuses them."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import errno
import pathlib
import re
import typing as t

from lab.sql import backup_file
from lab.sql.engine import Engine
from lab.sql.problems import OS_ERRORS, StatementError, device_refused

_ABSOLUTE = re.compile(r"[A-Za-z]:[\\/]|\\\\|/")


def full_path(engine: Engine, device: str) -> str:
    """Return the path that a device means: a bare file name lies in the default backup directory."""
    return device if _ABSOLUTE.match(device) else f"{engine.backup_folder}\\{device}"


def refused(engine: Engine, path: str) -> int:
    """Return the operating system's error that a test arranged for a path; 0: none."""
    folded = path.casefold()
    return next((number for start, number in engine.os_errors.items() if folded.startswith(start.casefold())), 0)


def os_error(engine: Engine, path: str, error: OSError) -> int:
    """Translate an error of this system into the Windows one."""
    where = engine.map_path(path)
    if error.errno == errno.ENOENT:
        if path.startswith("\\\\"):
            server, share = [*path.split("\\"), "", ""][2:4]
            if not engine.map_path(f"\\\\{server}\\{share}").exists():
                return 53 if not engine.map_path(f"\\\\{server}\\{share}").parent.exists() else 67
        return 2 if where.parent.is_dir() else 3
    return {errno.EACCES: 5, errno.EPERM: 5, errno.EISDIR: 5, errno.ENOSPC: 112, errno.ENOTDIR: 3}.get(
        error.errno or 0, 5
    )


def check_writable(engine: Engine, device: str) -> pathlib.Path:
    """Return the place of a file to write. Raises StatementError 3201."""
    path = full_path(engine, device)
    number = refused(engine, path)
    where = engine.map_path(path)
    if not number and not where.parent.is_dir():
        number = os_error(engine, path, FileNotFoundError(errno.ENOENT, ""))
        number = 3 if number == 2 else number
    if not number and where.is_dir():
        number = 5
    if number and number != 112:
        raise device_refused(path, number, 1)
    return where


@dataclasses.dataclass(frozen=True)
class Device:
    """A backup file that is there. ``path``: the server's name of it; ``media``: its media header."""

    path: str
    where: pathlib.Path
    media: dict[str, t.Any]
    sets: list[backup_file.Set]


def read(engine: Engine, device: str) -> Device:
    """Open a file to read. Raises StatementError."""
    path = full_path(engine, device)
    number = refused(engine, path)
    if number:
        raise device_refused(path, number, 2)
    where = engine.map_path(path)
    try:
        media, sets = backup_file.read_media(where, path)
    except OSError as error:
        raise device_refused(path, os_error(engine, path, error), 2) from error
    return Device(path, where, media, sets)


def opened(engine: Engine, devices: c.Sequence[str]) -> list[Device]:
    """Open all files of a media set, each once, in the order of its families. Raises StatementError."""
    found = [read(engine, device) for device in devices]
    families = len(found[0].media["families"])
    if len({one.media["family"] for one in found}) < families:
        text = (
            f"The media set has {families} media families but only {len(found)} are provided."
            " All members must be provided."
        )
        raise StatementError.of(3132, text)
    return sorted(found, key=lambda one: int(one.media["family"]))


def choose(sets: list[backup_file.Set], position: int, device: str) -> backup_file.Set:
    """Return the set at a position. Raises StatementError."""
    if not 1 <= position <= len(sets):
        text = f"The file ID {position} on device '{device}' is incorrectly formed and can not be read."
        raise StatementError.of(3287, text)
    return sets[position - 1]


def incomplete(device: str) -> StatementError:
    """Say that a set was never finished."""
    text = (
        f"The backup set on device '{device}' was terminated while it was being created and is incomplete."
        " RESTORE sequence is terminated abnormally."
    )
    return StatementError.of(3256, text)


def read_failed(device: str, number: int) -> StatementError:
    """Say that reading failed in the middle."""
    return StatementError.of(3203, f'Read on "{device}" failed: {number}({OS_ERRORS[number]})')


def write_failed(device: str, number: int) -> StatementError:
    """Say that writing failed in the middle."""
    return StatementError.of(3202, f'Write on "{device}" failed: {number}({OS_ERRORS[number]})')
