# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that is restored, and what the tests of that do to it."""

from __future__ import annotations

import collections.abc as c
import contextlib
import io
import itertools
import pathlib
import subprocess
import typing as t

import ldap
from unit.plugins.directories import target
from unit.plugins.directory_exports import BASE, export_directory, pair_of

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export_files import Pair
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.selection import Selection
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import Written
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.changes import Step
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.compare import Comparison
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.restore import make_plan, write
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.undo import (
    undo,
    undo_companion,
    undo_records,
    undo_sha256,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.facts import Domain, read_domain
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    Directory,
    DirectoryError,
    Entry,
)
from lab.directory.groups import Group, Made
from lab.directory.proxy import Proxy
from lab.directory.samba_server import Samba
from lab.directory.slapd import Slapd

COUNT = 130  # more than two searches of a batch
GROUPS = tuple(Made(COUNT))
HAVING = [group for group in GROUPS if group.attributes]
BARE = [group for group in GROUPS if not group.attributes]


def damaged_attribute(group: Group, number: int) -> str:
    """Which attribute of the n-th group is changed."""
    return sorted(group.attributes)[number % len(group.attributes)]


class Domains:
    """A directory, its export of before, and what a restore by it would do now."""

    def __init__(self, folder: pathlib.Path, slapd: Slapd | Samba) -> None:
        self.slapd = slapd
        self._folder = folder
        self._numbers = itertools.count()
        self.directory: Directory = open_directory(target(slapd))
        self.domain: Domain = read_domain(self.directory, target(slapd))
        self.then = self.export()

    def export(self) -> Pair:
        return pair_of(export_directory(self._folder / str(next(self._numbers)), self.directory))

    def compare(self, selection: Selection | None = None) -> Comparison:
        return Comparison(self.then, self.export(), selection or Selection())

    def steps(self, *, clear: bool = False, **selection: t.Any) -> tuple[Step, ...]:
        return make_plan(self.compare(Selection(**selection)).differences(), clear).steps

    def restore(self, steps: c.Sequence[Step], directory: Directory | None = None) -> Written:
        return write(directory or self.directory, self.domain, steps, undo_sha256(steps))

    def undo(self, steps: c.Sequence[Step], directory: Directory | None = None) -> Written:
        ldif, companion = (io.BytesIO(b"".join(part)) for part in (undo_records(steps), undo_companion(steps)))
        return undo(directory or self.directory, BASE, ldif, companion, ATTRIBUTES)

    def dn(self, group: Group) -> str:
        """Where a group is now."""
        return self.slapd.dn_of(group.guid)

    def change(self, group: Group, attribute: str, *values: bytes) -> None:
        self.slapd.change(self.dn(group), attribute, *values)

    def damage(self) -> None:
        """Change, fill and clear attributes of many groups; move one, rename one, add one."""
        dns = {guid: dn for guid, (dn, dummy) in self.slapd.groups().items()}
        with self.slapd.admin() as connection:

            def replace(group: Group, attribute: str, *values: bytes) -> None:
                connection.modify_s(dns[group.guid], [(ldap.MOD_REPLACE, attribute, list(values) or None)])

            for number, group in enumerate(HAVING[:80]):
                attribute = damaged_attribute(group, number)
                kept = group.attributes[attribute][: number % 2] if attribute == "extensionData" else ()
                replace(group, attribute, *kept, b"damaged %d" % number)
            for group in HAVING[80:90]:
                for attribute in group.attributes:
                    replace(group, attribute)
            for group in BARE[:3]:
                replace(group, "extensionAttribute12", b"set since")
        self.slapd.move(dns[HAVING[0].guid], "Renamed\\, by somebody")
        self.slapd.move(dns[HAVING[1].guid], "Moved", f"OU=Gruppen,{BASE}")
        self.slapd.add(Group("Created since", b"\x42" * 16, attributes={"extensionData": (b"new",)}))

    def values(self) -> dict[bytes, dict[str, list[bytes]]]:
        """Values of every group, as the administrator sees them, in order of their bytes."""
        return {
            guid: {name: sorted(held) for name, held in attributes.items()}
            for guid, (dummy, attributes) in self.slapd.groups().items()
        }

    @contextlib.contextmanager
    def through(self, proxy: Proxy) -> c.Iterator[Directory]:
        """A session with what stands in front of the directory."""
        with proxy, contextlib.closing(open_directory(target(t.cast(Slapd, self.slapd), proxy))) as session:
            yield session


class Watched:
    """A directory that does something before or in place of its n-th modify."""

    def __init__(self, directory: Directory, at: int, what: c.Callable[[str], None]) -> None:
        self.server = directory.server
        self.modified: list[str] = []
        self._directory = directory
        self._at = at
        self._what = what

    def read(self, dn: str, attributes: c.Sequence[str]) -> dict[str, list[bytes]] | None:
        return self._directory.read(dn, attributes)

    def pages(
        self, base: str, filter_text: str, attributes: c.Sequence[str], size: int = 1000
    ) -> c.Iterator[list[Entry]]:
        return self._directory.pages(base, filter_text, attributes, size)

    def modify(self, dn: str, changes: c.Sequence[Change]) -> None:
        self.modified.append(dn)
        if len(self.modified) == self._at:
            self._what(dn)
        self._directory.modify(dn, changes)

    def account(self) -> str | None:
        return self._directory.account()

    def close(self) -> None:
        self._directory.close()


def lost(dn: str) -> None:
    raise DirectoryError("connection_lost", f"{dn} was not changed", "Can't contact LDAP server (-1)", "Look at it.")


def imported(slapd: Slapd | Samba, folder: pathlib.Path, records: c.Iterable[bytes]) -> None:
    file = folder / "import.ldf"
    file.write_bytes(b"".join(records))
    login = ["-x", "-D", slapd.bind_dn, "-w", slapd.password, "-H", slapd.ldaps_uri]
    done = subprocess.run(
        ["ldapmodify", *login, "-f", str(file)],
        env={"LDAPTLS_CACERT": str(slapd.ca_file), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
