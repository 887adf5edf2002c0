# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills the disks of a fleet: trees as GroupID servers have them, the same for the same seed."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import os
import pathlib
import random
import uuid

from lab import hard_names, layout
from lab.fleet import Fleet, Host

_EPOCH = 1_600_000_000 * 10**9
_FIVE_YEARS = 5 * 365 * 86_400 * 10**7


@dataclasses.dataclass(frozen=True)
class Scale:
    """How much of everything; portal_files are per portal, runs per job, segment_bytes at most."""

    portals: int
    portal_files: int
    jobs: int
    runs: int
    reports: int
    segments: int
    segment_bytes: int


SCALES = {
    "small": Scale(1, 6, 1, 2, 4, 1, 20_000),
    "default": Scale(3, 60, 5, 12, 40, 6, 1_000_000),
    "large": Scale(10, 900, 60, 80, 3_000, 40, 16_000_000),
}


class Tree:
    """Writes files below one folder, with contents and times drawn from one seeded source."""

    def __init__(self, root: pathlib.Path, source: random.Random) -> None:
        self.root = root
        self.random = source
        root.mkdir(parents=True, exist_ok=True)

    def text(self, path: str, content: str) -> pathlib.Path:
        """Write a text with the line ends of Windows."""
        return self.binary(path, content.replace("\n", "\r\n").encode("utf-8"))

    def noise(self, path: str, size: int) -> pathlib.Path:
        """Write bytes that do not compress."""
        return self.binary(path, self.random.randbytes(size))

    def binary(self, path: str, content: bytes) -> pathlib.Path:
        """Write a file."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def folder(self, path: str) -> None:
        """Make a folder that may stay empty."""
        (self.root / path).mkdir(parents=True, exist_ok=True)

    def guid(self) -> str:
        """Draw a GUID."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def age(self) -> None:
        """Return everything a time of its own, in NTFS' units of 100 ns; folders last, because files change theirs."""
        entries = sorted(self.root.rglob("*"), key=lambda path: (path.is_dir(), -len(path.parts), str(path)))
        for path in [*entries, self.root]:
            nanoseconds = _EPOCH + self.random.randrange(_FIVE_YEARS) * 100
            os.utime(path, ns=(nanoseconds, nanoseconds))


def fill(root: pathlib.Path, fleet: Fleet, host: Host) -> None:
    """Make the drives of a host and what is on them."""
    for letter in layout.drives(host):
        layout.drive(root, host, letter).mkdir(parents=True, exist_ok=True)
    scale = SCALES[fleet.scale]
    writers: dict[str, c.Callable[[Tree, Scale], None]] = {
        "self_service_portals": _self_service,
        "password_center_user": _password_center("User"),
        "password_center_helpdesk": _password_center("Helpdesk"),
        "synchronize_jobs": _jobs,
        "reports": _reports,
        "elasticsearch": _elasticsearch,
        "schedules": _schedules,
        "replication_attributes": _replication_attributes,
        "password_exceptions": _password_exceptions,
    }
    for name, folder in layout.components(root, host).items():
        tree = Tree(folder, random.Random(f"{fleet.seed}/{host.name}/{name}"))
        writers[name](tree, scale)
        tree.age()
    others = Tree(layout.base(root, host, "installation"), random.Random(f"{fleet.seed}/{host.name}"))
    others.noise("Imanami.GroupID.Common.dll", 5_000)
    others.noise("SelfService/SelfServiceZip.zip", 3_000)


def _hard_names(tree: Tree, folder: str) -> None:
    """Put the names that break programs into one folder."""
    for name in hard_names.FILES:
        tree.text(f"{folder}/{name}", f"{name}\n" * tree.random.randint(1, 20))
    tree.binary(f"{folder}/{hard_names.EMPTY_FILE}", b"")
    tree.folder(f"{folder}/{hard_names.EMPTY_FOLDER}")
    tree.text("/".join([folder, *hard_names.DEEP_FOLDERS, "deep.txt"]), "deep\n")
    tree.text(f"{folder}/{hard_names.READ_ONLY_FILE}", "<locked/>\n").chmod(0o444)


def _portal(tree: Tree, name: str, title: str, files: int) -> None:
    tree.text(f"{name}/server.xml", f"<server><portal>{title}</portal><id>{tree.guid()}</id></server>\n")
    tree.text(
        f"{name}/Web/web.config",
        f"<configuration><appSettings><add key='Id' value='{tree.guid()}'/></appSettings></configuration>\n",
    )
    for store in ("corp.example", "Größe & Söhne"):
        tree.text(
            f"{name}/Design/{store}.xml",
            f"<design store='{tree.guid()}'>{'<field/>' * tree.random.randint(10, 300)}</design>\n",
        )
    for combo in ("Country-State-City", "Department (old)"):
        tree.text(f"{name}/Web/LinkedCombo/{combo}.xml", f"<combo>{'<row/>' * tree.random.randint(5, 200)}</combo>\n")
    for number in range(files):
        kind, size = tree.random.choice(
            [("Scripts/app{}.js", 30_000), ("Content/Images/icon {}.png", 9_000), ("bin/Imanami.{}.dll", 60_000)]
        )
        tree.noise(f"{name}/Web/{kind.format(number)}", tree.random.randint(200, size))
    for day in (1, 2):
        tree.text(f"{name}/log/{title}-2026-11-{day:02}.log", "INFO started\n" * tree.random.randint(10, 400))


def _self_service(tree: Tree, scale: Scale) -> None:
    for number in range(scale.portals):
        _portal(
            tree,
            ("GroupID", "Human Resources", "Extern")[number % 3] + (f"{number}" if number > 2 else ""),
            "portal",
            scale.portal_files,
        )
    _hard_names(tree, "GroupID/Web/Custom Files")


def _password_center(title: str) -> c.Callable[[Tree, Scale], None]:
    def write(tree: Tree, scale: Scale) -> None:
        _portal(tree, f"PasswordCenter{title}", title, scale.portal_files // 2)

    return write


def _jobs(tree: Tree, scale: Scale) -> None:
    for number in range(scale.jobs):
        job = f"Import from HR {number}" if number % 2 else f"{tree.guid()}"
        tree.text(
            f"{job}/job.xml",
            f"<job><source connection='Server=hr;Uid=sync'/><map>{'<f/>' * tree.random.randint(5, 200)}</map></job>\n",
        )
        tree.text(f"{job}/transform.vb", "Function Name(row)\nEnd Function\n" * tree.random.randint(1, 40))
        for run in range(scale.runs):
            tree.noise(
                f"{job}/JobRun_2026{run % 12 + 1:02}01_0{run % 10}{run % 6}000.dtmlog", tree.random.randint(500, 20_000)
            )
        tree.folder(f"{job}/Output")
    _hard_names(tree, "Shared scripts & maps")


def _reports(tree: Tree, scale: Scale) -> None:
    for number in range(scale.reports):
        folder = ("Groups", "Users/Expiring", "Überwachung")[number % 3]
        tree.text(
            f"{folder}/Report {number}.html",
            f"<html><body>{'<tr><td>x</td></tr>' * tree.random.randint(20, 1_500)}</body></html>\n",
        )
    _hard_names(tree, "Vorlagen & Templates")


def _elasticsearch(tree: Tree, scale: Scale) -> None:
    tree.binary("nodes/0/node.lock", b"")
    tree.noise("nodes/0/_state/node-1.st", 71)
    tree.noise("nodes/0/_state/global-12.st", 3_210)
    for _index in range(2):
        index = f"nodes/0/indices/{tree.guid().replace('-', '')[:22]}"
        tree.noise(f"{index}/_state/state-4.st", 1_500)
        tree.noise(f"{index}/0/_state/state-1.st", 130)
        for segment in range(scale.segments):
            tree.noise(
                f"{index}/0/index/_{segment:x}.cfs", tree.random.randint(scale.segment_bytes // 20, scale.segment_bytes)
            )
            tree.noise(f"{index}/0/index/_{segment:x}.cfe", 405)
            tree.noise(f"{index}/0/index/_{segment:x}.si", 390)
        tree.noise(f"{index}/0/index/segments_{scale.segments + 2:x}", 800)
        tree.binary(f"{index}/0/index/write.lock", b"")
        tree.noise(f"{index}/0/translog/translog-3.tlog", 43)
        tree.noise(f"{index}/0/translog/translog.ckp", 48)


def _schedules(tree: Tree, scale: Scale) -> None:
    for number in range(max(3, scale.jobs)):
        tree.text(
            f"Schedule {number}.txt", f"SmartGroup<#!#>{tree.guid()}<#!#>daily<#!#>{tree.random.randbytes(48).hex()}"
        )


def _replication_attributes(tree: Tree, _scale: Scale) -> None:
    names = "".join(f"<attribute name='extensionAttribute{number}'/>" for number in range(12, 16))
    tree.text("corp.example_1.xml", f"<attributes>{names}</attributes>\n")
    tree.text("branch.corp.example_2.xml", "<attributes/>\n")


def _password_exceptions(tree: Tree, _scale: Scale) -> None:
    tree.text("corp_1/banned words.txt", "password\nSommer2026!\ncontraseña\n")
