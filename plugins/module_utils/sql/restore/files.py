# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a restore puts the files of a database: the MOVE clauses."""

from __future__ import annotations

import collections.abc as c
import re

from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import (
    BackupFile,
    BackupHeader,
    Facts,
    Move,
    RefusedError,
    Request,
    shortened,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.paths import join_path

# All characters except those that are allowed in a file name on every system of SQL Server.
_UNFIT = re.compile(r"[^\w.\- ]+")
_STEM_LIMIT = 60


def place(request: Request, facts: Facts, header: BackupHeader) -> tuple[Move, ...]:
    """Choose a path for every file of the backup: data, log, stream and full-text.

    A file that the target already has under this name keeps its path, unless a folder is requested. Others go into the
    requested folder, otherwise beside the target's files of the same kind, otherwise into the server's default folder.
    They keep their names, or get names made from the target's name if it differs from the backup's. A number is added
    if another database uses the path. Streams and full-text catalogs are folders. Raises RefusedError.
    """
    server = facts.server
    own = {file.logical_name.casefold(): file.physical_name for file in facts.target.files}
    taken = {_fold(path) for path in (*facts.server_state.foreign_files, *own.values())}
    renamed = request.target.casefold() != header.database.casefold()
    beside = {
        file.kind: _split(own[file.logical_name.casefold()])[0]
        for file in reversed(facts.files)
        if file.logical_name.casefold() in own
    }
    moves = []
    for index, file in enumerate(facts.files):
        log = file.kind == "L"
        asked = request.log_path if log else request.data_path
        there = own.get(file.logical_name.casefold())
        if there and (not asked or _fold(_split(there)[0]) == _fold(asked.rstrip("\\/"))):
            moves.append(Move(file.logical_name, there, kept=True))
            continue
        name = _renamed(request.target, facts.files, index) if renamed else _split(there or file.physical_name)[1]
        folder = asked or beside.get(file.kind) or (server.log_path if log else server.data_path)
        if not folder:
            raise RefusedError(
                "data_path", "This server names no default folder for the files.", "Set data_path and log_path."
            )
        path = _free(join_path(folder, name), taken)
        taken.add(_fold(path))
        moves.append(Move(file.logical_name, path, kept=False))
    return tuple(moves)


def _split(path: str) -> tuple[str, str]:
    cut = max(path.rfind("\\"), path.rfind("/"))
    return path[: max(cut, 0)], path[cut + 1 :]


def _fold(path: str) -> str:
    """Make paths comparable.

    On Linux, case matters, but to treat two such paths as one only adds a number to a name.
    """
    return path.replace("/", "\\").casefold()


def _renamed(database: str, files: c.Sequence[BackupFile], index: int) -> str:
    """Name a file after the new database. All but the first data file and the first log also get their own name."""
    file = files[index]
    stem = shortened(_UNFIT.sub("_", database), _STEM_LIMIT)
    first = all(other.kind != file.kind for other in files[:index])
    detail = "" if first else "_" + shortened(_UNFIT.sub("_", file.logical_name), _STEM_LIMIT)
    if file.kind == "D":
        return f"{stem}.mdf" if first else f"{stem}{detail}.ndf"
    if file.kind == "L":
        return f"{stem}_log{detail}.ldf"
    return f"{stem}_{shortened(_UNFIT.sub('_', file.logical_name), _STEM_LIMIT)}"


def _free(path: str, taken: c.Set[str]) -> str:
    """Add a number to a path if another database uses it."""
    folder, name = _split(path)
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    number = 1
    while _fold(path) in taken:
        number += 1
        path = join_path(folder, f"{stem}_{number}{dot}{ending}")
    return path
