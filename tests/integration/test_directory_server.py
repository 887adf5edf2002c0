# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What export, comparison, restore and undo promise: against the lab's slapd, and against a real server that is named.

GROUPID_TEST_DIRECTORY is JSON: name, server, base, username, password, ca_file, groups (how many it holds), and ldifde,
the path of ldifde.exe, on Windows. Its groups are those of ``python -m lab.directory.exchange groups``.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export import ldifde
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES, GUID
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export import Exported, export_pages
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export_files import Pair
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.selection import Selection
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import apply_steps
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.changes import Step
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.compare import Comparison
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.restore import make_plan, write
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.undo import undo_sha256
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.facts import read_domain
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import Directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target

REAL = json.loads(os.environ.get("GROUPID_TEST_DIRECTORY", "null"))
FILTER = "(&(objectClass=group)(objectCategory=group))"
NAMES = (GUID, *ATTRIBUTES)
COUNT = 200


@dataclasses.dataclass(frozen=True)
class Server:
    """A server and how many of its groups the lab made."""

    target: Target
    groups: int
    ldifde: str | None = None


@pytest.fixture(
    params=[
        "slapd",
        pytest.param(
            "real", marks=pytest.mark.skipif(REAL is None, reason="needs a directory: GROUPID_TEST_DIRECTORY")
        ),
    ]
)
def server(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> c.Iterator[Server]:
    if request.param == "real":
        login = {key: REAL[key] for key in ("server", "base", "username", "password", "ca_file")}
        yield Server(Target(REAL["name"], **login), REAL["groups"], REAL.get("ldifde"))
        return
    # Not at the top: slapd is nothing that runs where a real server is tested.
    from lab.directory.groups import Made
    from lab.directory.slapd import Slapd

    with Slapd(tmp_path / "slapd", groups=Made(COUNT)) as slapd:
        login = {"username": slapd.username, "password": slapd.password, "ca_file": str(slapd.ca_file)}
        yield Server(Target(slapd.domain, "127.0.0.1", slapd.ldaps_port, **login), COUNT)


@pytest.fixture
def directory(server: Server) -> c.Iterator[Directory]:
    with contextlib.closing(open_directory(server.target)) as session:
        yield session


def export(server: Server, directory: Directory, folder: pathlib.Path) -> Exported:
    folder.mkdir()
    base = read_domain(directory, server.target).base
    return export_pages(directory.pages(base, FILTER, NAMES), ATTRIBUTES, folder, server.target.domain)


def steps(then: Exported, now: Exported) -> tuple[Step, ...]:
    """What a restore would write."""
    pairs = [Pair(one.ldif.path, one.companion.path, one.attributes) for one in (then, now)]
    return make_plan(Comparison(*pairs, Selection()).differences(), clear=True).steps


def test_two_exports_are_equal(server: Server, directory: Directory, tmp_path: pathlib.Path) -> None:
    first, second = (export(server, directory, tmp_path / name) for name in ("first", "second"))
    assert first.groups >= server.groups
    assert 0 < first.exported <= first.groups
    assert (first.ldif.sha256, first.companion.sha256) == (second.ldif.sha256, second.companion.sha256)


def test_ldifde_gives_the_same(server: Server, directory: Directory, tmp_path: pathlib.Path) -> None:
    if server.ldifde is None:
        pytest.skip("needs ldifde.exe; what stands in for it is tested in tests/integration/test_directory.py")
    first = export(server, directory, tmp_path / "ldap")
    work = tmp_path / "work"
    work.mkdir()
    wanted = ldifde.arguments(server.target.host, read_domain(directory, server.target).base, FILTER, ATTRIBUTES, 120)
    arguments = [argument.replace(ldifde.WORK, str(work)) for argument in wanted]
    done = subprocess.run([server.ldifde, *arguments], cwd=work, capture_output=True, check=False)
    files = {name: (work / name).read_bytes() if (work / name).exists() else None for name in ldifde.COLLECT}
    said = done.stdout.decode(errors="replace")
    pages = ldifde.judge(server.target.host, done.returncode, files, said)
    (tmp_path / "ldifde").mkdir()
    second = export_pages(pages, ATTRIBUTES, tmp_path / "ldifde", server.target.domain)
    assert (first.ldif.sha256, first.companion.sha256) == (second.ldif.sha256, second.companion.sha256)


def test_a_value_comes_back_and_goes_again(server: Server, directory: Directory, tmp_path: pathlib.Path) -> None:
    domain = read_domain(directory, server.target)
    before = export(server, directory, tmp_path / "before")
    dn, old = next(
        (dn, values["extensionAttribute12"])
        for page in directory.pages(domain.base, "(&(objectClass=group)(extensionAttribute12=*))", NAMES)
        for dn, values in page
    )
    directory.modify(
        dn, [Change("delete", "extensionAttribute12", tuple(old)), Change("add", "extensionAttribute12", (b"new",))]
    )
    changed = export(server, directory, tmp_path / "changed")
    plan = steps(before, changed)
    assert len(plan) == 1
    assert write(directory, domain, plan, undo_sha256(plan)).written == [dn]
    after = export(server, directory, tmp_path / "after")
    assert after.ldif.sha256 == before.ldif.sha256
    assert apply_steps(directory, domain.base, [step.reversed() for step in plan]).written == [dn]
    assert export(server, directory, tmp_path / "undone").ldif.sha256 == changed.ldif.sha256
    assert apply_steps(directory, domain.base, plan).written == [dn]
