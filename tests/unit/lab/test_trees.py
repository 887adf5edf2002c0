# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of a fleet, what a picture of them tells, and what harm it notices."""

from __future__ import annotations

import dataclasses
import pathlib
import unicodedata

import pytest

from lab import damage, fleet, hard_names, layout, snapshot, trees

HARM = {
    "flip": {"differs in sha256"},
    "truncate": {"differs in sha256, size"},
    "remove": {"missing"},
    "add": {"added"},
    "remove-folder": {"missing"},
    "file-to-folder": {"differs in kind, mtime, read_only, sha256, size"},
}


@pytest.fixture
def small() -> fleet.Fleet:
    return fleet.default_fleet(scale="small")


def picture(root: pathlib.Path, made: fleet.Fleet, name: str) -> snapshot.Picture:
    return snapshot.take(layout.components(root, made.host(name)))


def test_one_seed_makes_one_tree(tmp_path: pathlib.Path, small: fleet.Fleet) -> None:
    for folder in ("a", "b"):
        trees.fill(tmp_path / folder, small, small.host("web01"))
    first = picture(tmp_path / "a", small, "web01")
    assert first == picture(tmp_path / "b", small, "web01")
    other = dataclasses.replace(small, seed=2)
    trees.fill(tmp_path / "c", other, other.host("web01"))
    assert first != picture(tmp_path / "c", other, "web01")


def test_versions_and_drives(tmp_path: pathlib.Path, small: fleet.Fleet) -> None:
    for host in small.hosts:
        trees.fill(tmp_path, small, host)
    hosts = tmp_path / "hosts"
    assert (hosts / "web01/C/Program Files/Imanami/GroupID 10.0/SelfService/Inetpub/GroupID/Web/web.config").is_file()
    assert (hosts / "web02/E/Program Files/Imanami/GroupID 10.0/Schedules/Schedule 0.txt").is_file()
    assert not (hosts / "web02/C/Program Files").exists()
    assert (hosts / "web02/C/ProgramData/Imanami/GroupID 10.0/Replication/data/nodes/0/node.lock").is_file()
    assert (hosts / "old01/C/Program Files/Imanami/GroupID 9.0/PasswordCenter/Helpdesk/Inetpub").is_dir()
    assert not (hosts / "old01/C/ProgramData/Imanami/GroupID 9.0/Replication").exists()
    for host in small.hosts:
        assert list((hosts / host.name / "D").iterdir()) == []


def test_hard_names_are_there(tmp_path: pathlib.Path, small: fleet.Fleet) -> None:
    host = small.host("web01")
    trees.fill(tmp_path, small, host)
    reports = layout.components(tmp_path, host)["reports"]
    names = {path.name for path in reports.rglob("*")}
    assert set(hard_names.FILES) <= names
    assert {unicodedata.is_normalized("NFC", name) for name in names if "bersicht" in name} == {True, False}
    assert max(len(str(path.relative_to(reports))) for path in reports.rglob("*")) > 300
    read_only = next(reports.rglob(hard_names.READ_ONLY_FILE))
    assert not read_only.stat().st_mode & 0o222
    assert next(reports.rglob(hard_names.EMPTY_FILE)).stat().st_size == 0
    assert list(next(reports.rglob("empty folder*")).iterdir()) == []
    assert all(path.lstat().st_mtime_ns % 100 == 0 for path in reports.rglob("*"))


@pytest.mark.parametrize("name", [*hard_names.FILES, hard_names.EMPTY_FOLDER, *hard_names.DEEP_FOLDERS])
def test_hard_names_are_allowed_on_windows(name: str) -> None:
    assert not set(name) & set('<>:"/\\|?*')
    assert name[-1] not in ". "
    assert len(name) < 255


@pytest.mark.parametrize("kind", damage.KINDS)
@pytest.mark.parametrize("component", ["self_service_portals", "reports", "elasticsearch"])
def test_a_picture_notices_every_kind_of_harm(
    tmp_path: pathlib.Path, small: fleet.Fleet, kind: str, component: str
) -> None:
    host = small.host("web01")
    trees.fill(tmp_path, small, host)
    before = picture(tmp_path, small, "web01")
    damage.inflict(layout.components(tmp_path, host)[component], kind, seed=3)
    differences = snapshot.compare(before, picture(tmp_path, small, "web01"), folder_times=False)
    assert {difference.what for difference in differences} == HARM[kind]
    assert all(difference.path.startswith(f"{component}/") for difference in differences)


def test_nothing_to_harm_is_said(tmp_path: pathlib.Path) -> None:
    with pytest.raises(LookupError, match="no file to flip"):
        damage.inflict(tmp_path, "flip", seed=1)


def test_a_fleet_has_as_many_hosts_as_asked_for_and_no_two_alike() -> None:
    made = fleet.default_fleet(200)
    assert len(made.hosts) == 200
    for field in ("name", "machine_guid", "fqdn", "address", "password"):
        assert len({getattr(host, field) for host in made.hosts}) == 200
    assert {host.version for host in made.hosts} == {"9.0", "10.0"}
    sizes = {len([h for h in made.hosts if h.deployment == d]) for d in {host.deployment for host in made.hosts}}
    assert sizes == {1, 2}


def test_a_fleet_is_read_as_it_was_written(tmp_path: pathlib.Path, small: fleet.Fleet) -> None:
    small.save(tmp_path / "fleet.json")
    assert fleet.Fleet.load(tmp_path / "fleet.json") == small
    assert (tmp_path / "fleet.json").stat().st_mode & 0o077 == 0
