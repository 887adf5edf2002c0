# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GroupID at work: what it writes while it runs, and whether a set holds one point in time of that.

On each host Elasticsearch appends to its translog while its service runs, and a portal to a file while its pool does.
That pool has another file open that nobody else may read. The Data service of a deployment's first server inserts rows
while its pool runs. All that is written in a deployment is numbered in one sequence.

So a set is one point in time if there is a number up to which it holds all that was written, and nothing beyond it.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import os
import pathlib
import sqlite3
import tempfile
import threading
import typing as t
import zlib

from lab import databases, layout
from lab.fleet import Fleet, Host
from lab.services import ELASTICSEARCH, Services
from lab.sql import backup_file
from lab.sql.problems import StatementError
from lab.sql.server import SqlServerDouble

JOURNAL = "written.tsv"
TRANSLOG, PORTAL, HELD = "translog-of-the-lab.tlog", "activity-of-the-lab.txt", "session-of-the-lab.dat"
FILES = frozenset((TRANSLOG, PORTAL, HELD))
FIRST_ROW = 1_000_000
LAST_ROW = 1_000_000_000
"""Rows between these numbers are the writers'."""
_PAUSE = 0.01
_PLACES = {"elasticsearch": f"nodes/0/{TRANSLOG}", "self_service_portals": f"GroupID/Web/{PORTAL}"}


class _Target(t.Protocol):
    name: str

    def write(self, number: int) -> bool:
        """Write a number if that is possible now, and say whether it was."""

    def end(self) -> None:
        """Let go of what is held."""


class Writers:
    """The writers of all Mono hosts of a lab that have services, in one thread. root: the lab's."""

    def __init__(self, root: pathlib.Path, fleet: Fleet, sql: SqlServerDouble | None) -> None:
        self._ended = threading.Event()
        self._root = root
        self._thread = threading.Thread(target=self._run, name="writers", daemon=True)
        self._targets: list[tuple[str, _Target]] = []
        for host in fleet.hosts:
            if host.runner == "mono":
                self._targets += [(host.deployment, one) for one in _targets(root, host)]
        for deployment in sorted({host.deployment for host in fleet.hosts}) if sql else ():
            first = min((host for host in fleet.hosts if host.deployment == deployment), key=lambda host: host.name)
            assert sql
            self._targets.append((deployment, _Rows(deployment, Services(root, first), sql)))

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """End, and let go of everything."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        last = {deployment: last_written(self._root, deployment) for deployment, dummy in self._targets}
        with (self._root / JOURNAL).open("a", encoding="utf-8") as journal:
            while not self._ended.wait(_PAUSE):
                for deployment, target in self._targets:
                    if target.write(last[deployment] + 1):
                        last[deployment] += 1
                        journal.write(f"{deployment}\t{last[deployment]}\t{target.name}\n")
                journal.flush()
        for dummy, target in self._targets:
            target.end()


class _Translog:
    def __init__(self, file: pathlib.Path, name: str, services: Services) -> None:
        self.name = name
        self._file = file
        self._services = services

    def write(self, number: int) -> bool:
        # A service has stopped when its process has ended, so it stops between two writes and not within one.
        with self._services.held():
            return self._services.state(ELASTICSEARCH) == "running" and _append(self._file, number)

    def end(self) -> None:
        """Nothing is held."""


class _Portal:
    """A worker process of the pool: it is seen until it has let go."""

    def __init__(self, file: pathlib.Path, name: str, services: Services) -> None:
        self.name = name
        self._file = file
        self._services = services
        self._held: t.BinaryIO | None = None

    def write(self, number: int) -> bool:
        if not self._services.pool_serves():
            self.end()
            return False
        if self._held is None:
            self._services.worker().touch()
            with contextlib.suppress(OSError):
                self._held = _held_open(self._file.with_name(HELD))
        return self._services.pool_serves() and _append(self._file, number)

    def end(self) -> None:
        """Close the file, and be gone."""
        if self._held is not None:
            self._held.close()
            self._held = None
        self._services.worker().unlink(missing_ok=True)


class _Rows:
    """The Data service, in the same pool."""

    def __init__(self, deployment: str, services: Services, sql: SqlServerDouble) -> None:
        self.name = f"{deployment}/database"
        self._database = databases.name_of(deployment)
        self._services = services
        self._sql = sql

    def write(self, number: int) -> bool:
        statement = 'INSERT INTO "dbo.GroupLifecycle" VALUES (?, ?, ?, ?)'
        row = FIRST_ROW + number, f"written as {number}", "corp\\owner", "2027-01-31"
        worker = self._services.worker()
        if not (self._services.pool_serves() and worker.exists()):
            return False
        try:
            self._sql.engine.sql(self._database, statement, row)
        except (OSError, StatementError, sqlite3.Error):
            return False  # it is being restored
        return True

    def end(self) -> None:
        """Nothing is held."""


def _targets(root: pathlib.Path, host: Host) -> list[_Target]:
    folders = layout.components(root, host)
    services = Services(root, host)
    targets: list[_Target] = []
    if "elasticsearch" in folders:
        targets.append(_Translog(folders["elasticsearch"] / _PLACES["elasticsearch"], _name(host, 0), services))
    return [
        *targets,
        _Portal(folders["self_service_portals"] / _PLACES["self_service_portals"], _name(host, 1), services),
    ]


def _name(host: Host, place: int) -> str:
    return f"{host.name}/{[*_PLACES][place]}"


def install(root: pathlib.Path, host: Host) -> None:
    """Put a host's files of the writers where they are, so that later no folder changes."""
    for component, folder in layout.components(root, host).items():
        if component in _PLACES:
            (folder / _PLACES[component]).touch()
    (layout.components(root, host)["self_service_portals"] / _PLACES["self_service_portals"]).with_name(HELD).touch()


def _append(file: pathlib.Path, number: int) -> bool:
    """Add a line to a file that is there."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_APPEND)
    except OSError:
        return False  # somebody has damaged the server
    try:
        os.write(handle, f"{number:012}\n".encode())
    finally:
        os.close(handle)
    return True


def _held_open(file: pathlib.Path) -> t.BinaryIO:
    """Open a file that nobody else may read meanwhile, as mono/LabShareModes.cs has it."""
    import fcntl
    import struct

    opened = file.open("r+b", buffering=0)
    lock = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    fcntl.fcntl(opened, fcntl.F_OFD_SETLK, lock)
    return t.cast("t.BinaryIO", opened)


@dataclasses.dataclass(frozen=True)
class Cut:
    """What a set holds of what was written. held: by target, the last number of it in the set, 0 for none.

    faults: what contradicts one point in time; a sentence each.
    """

    held: dict[str, int]
    faults: list[str]


def last_written(root: pathlib.Path, deployment: str) -> int:
    """Return the number of what a deployment has written last."""
    return max((number for number, dummy in _written(root, deployment)), default=0)


def cut(root: pathlib.Path, fleet: Fleet, deployment: str, set_id: str, since: int = 0) -> Cut:
    """Judge a set by all that was written. since: a number, up to which a restore may have taken writes back.

    A set without any part counts as torn, and so does one that holds nothing from after ``since``.
    """
    held: dict[str, set[int]] = {}
    for host in fleet.hosts:
        if host.deployment == deployment and host.runner == "mono":
            [part] = _folders(root, deployment, set_id, host.name)
            for component, place in _PLACES.items():
                if (file := part / component / place).exists():
                    held[f"{host.name}/{component}"] = {int(line) for line in file.read_text("ascii").split()}
    if fleet.sql:
        held[f"{deployment}/database"] = set().union(*map(_rows_of, _backups(root, deployment, set_id)))
    return judge(_written(root, deployment), held, since)


def judge(written: c.Iterable[tuple[int, str]], held: c.Mapping[str, set[int]], since: int = 0) -> Cut:
    """Judge what each target's part holds by all that was written: numbers and targets."""
    last = {target: max(numbers, default=0) for target, numbers in held.items()}
    newest = max(last.values(), default=0)
    faults = []
    for target, number in last.items():
        if number <= since:
            faults.append(f"The part of {target} holds nothing that was written after {since}.")
    for number, target in written:
        if since < number <= newest and target not in held:
            faults.append(f"{number} was written to {target}, and the set has no part of it.")
        elif since < number <= newest and number not in held[target]:
            faults.append(f"{number} was written to {target} and is not in its part. Another part holds {newest}.")
    return Cut(last, faults)


def _written(root: pathlib.Path, deployment: str) -> list[tuple[int, str]]:
    journal = root / JOURNAL
    lines = journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
    found = [line.split("\t") for line in lines]
    return [(int(one[1]), one[2]) for one in found if len(one) == 3 and one[0] == deployment]


def _folders(root: pathlib.Path, deployment: str, set_id: str, part: str) -> list[pathlib.Path]:
    """Return the folders of a part, wherever the backup roots are; the shares are reached in one way only."""
    return sorted(
        found
        for place in ("hosts/*/D/*", "shares/*/*")
        for found in root.glob(f"{place}/{deployment}/{set_id}/{part}")
        if (found / "part.json").exists()
    )


def _backups(root: pathlib.Path, deployment: str, set_id: str) -> list[pathlib.Path]:
    places = ("hosts/*/D/*", "shares/*/*")
    return sorted(found for place in places for found in root.glob(f"{place}/{deployment}/{set_id}/**/*.bak"))


def _rows_of(backup: pathlib.Path) -> set[int]:
    """Return the numbers of the writers' rows in a backup of the double that is neither striped nor encrypted."""
    dummy, [one] = backup_file.read_media(backup, str(backup))
    pieces = [body for body, _whole in backup_file.blocks(backup, one)]
    payload = b"".join(zlib.decompress(body) if one.header["compressed"] else body for body in pieces)
    with tempfile.NamedTemporaryFile(suffix=".mdf") as file:
        file.write(payload)
        file.flush()
        with contextlib.closing(sqlite3.connect(file.name)) as connection:
            statement = 'SELECT "GroupId" FROM "dbo.GroupLifecycle" WHERE "GroupId" >= ?'
            return {number - FIRST_ROW for (number,) in connection.execute(statement, (FIRST_ROW,))}
