# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The export: canonical files, sorted in little memory, whatever order and spelling the groups come in."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import typing as t
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.plugins.directory_exports import BASE, entry

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export import Exported, export_pages
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.external_sort import Sorter
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.reader import records
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import DirectoryError, Entry
from lab.directory.groups import Made


def entries(count: int) -> list[Entry]:
    """Groups as a directory gives them."""
    return [entry(group) for group in Made(count)]


def export(folder: pathlib.Path, groups: t.Iterable[Entry], page: int = 7, memory: int = 1 << 20) -> Exported:
    folder.mkdir(parents=True, exist_ok=True)
    remaining = iter(groups)
    pages = iter(lambda: list(itertools.islice(remaining, page)), [])
    return export_pages(pages, ATTRIBUTES, folder, "corp.example", memory)


def test_both_files_hold_what_the_directory_gave(tmp_path: pathlib.Path) -> None:
    groups = entries(300)
    exported = export(tmp_path, groups)
    by_guid = sorted(groups, key=lambda group: group[1]["objectGUID"][0])
    with_attributes = [group for group in by_guid if len(group[1]) > 1]
    assert (exported.groups, exported.exported) == (300, len(with_attributes))
    assert 0 < exported.exported < 300

    lines = [json.loads(line) for line in exported.companion.path.read_bytes().decode().splitlines()]
    assert lines == [
        {"guid": str(uuid.UUID(bytes_le=found["objectGUID"][0])), "dn": dn, "exported": len(found) > 1}
        for dn, found in by_guid
    ]
    with exported.ldif.path.open("rb") as source:
        read = [(record.dn, record.attributes) for record in records(source)]
    assert read == [
        (dn, {name.lower(): sorted(held) for name, held in found.items() if name != "objectGUID"})
        for dn, found in with_attributes
    ]


def test_hashes_and_sizes_are_those_of_the_files(tmp_path: pathlib.Path) -> None:
    exported = export(tmp_path, entries(100))
    for file in (exported.ldif, exported.companion):
        content = file.path.read_bytes()
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corp.example.groups.jsonl", "corp.example.ldf"]


@pytest.mark.parametrize("memory", [1, 5_000, 1 << 30])
def test_order_pages_spelling_and_memory_make_no_difference(tmp_path: pathlib.Path, memory: int) -> None:
    groups = entries(400)
    one = export(tmp_path / "one", groups)
    chance = random.Random(3)
    shuffled = chance.sample(groups, len(groups))
    respelled = [
        (dn, {chance.choice([name, name.lower(), name.upper()]): held[::-1] for name, held in reversed(found.items())})
        for dn, found in shuffled
    ]
    other = export(tmp_path / "other", respelled, page=31, memory=memory)
    assert one.ldif.path.read_bytes() == other.ldif.path.read_bytes()
    assert one.companion.path.read_bytes() == other.companion.path.read_bytes()


def test_other_attributes_are_passed_over(tmp_path: pathlib.Path) -> None:
    plain = export(tmp_path / "plain", [("CN=a", {"objectGUID": [b"g" * 16], "extensionData": [b"x"]})])
    more = export(
        tmp_path / "more",
        [("CN=a", {"member": [b"CN=b"], "objectGUID": [b"g" * 16], "extensionData": [b"x"], "cn;lang-de": [b"a"]})],
    )
    assert plain.ldif.sha256 == more.ldif.sha256


def test_a_group_given_twice_alike_is_there_once(tmp_path: pathlib.Path) -> None:
    groups = entries(20)
    once = export(tmp_path / "once", groups)
    twice = export(tmp_path / "twice", groups + groups[5:9])
    assert (twice.groups, twice.ldif.sha256, twice.companion.sha256) == (20, once.ldif.sha256, once.companion.sha256)


@pytest.mark.parametrize("change", ["dn", "values"])
def test_a_group_that_changed_between_two_pages_stops_the_export(tmp_path: pathlib.Path, change: str) -> None:
    groups = entries(20)
    dn, found = groups[3]
    again = (f"CN=renamed,{BASE}", found) if change == "dn" else (dn, {**found, "extensionData": [b"other"]})
    with pytest.raises(DirectoryError) as caught:
        export(tmp_path, [*groups, again])
    assert caught.value.failure.code == "group_twice"
    assert str(uuid.UUID(bytes_le=found["objectGUID"][0])) in str(caught.value)
    assert "again" in caught.value.failure.next
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("guid", [None, [], [b"short"], [b"g" * 17], [b"g" * 16, b"h" * 16]])
def test_a_group_without_a_usable_guid_stops_the_export(tmp_path: pathlib.Path, guid: list[bytes] | None) -> None:
    found = {"extensionData": [b"x"], **({} if guid is None else {"objectGUID": guid})}
    with pytest.raises(DirectoryError) as caught:
        export(tmp_path, [*entries(3), ("CN=lost,DC=corp", found)])
    assert caught.value.failure.code == "no_guid"
    assert "CN=lost,DC=corp" in str(caught.value)


@pytest.mark.parametrize("name", ["extensionData;range=0-1499", "EXTENSIONDATA;Range=1500-*"])
def test_values_that_the_server_cut_stop_the_export(tmp_path: pathlib.Path, name: str) -> None:
    with pytest.raises(DirectoryError) as caught:
        export(tmp_path, [("CN=big,DC=corp", {"objectGUID": [b"g" * 16], name: [b"x"]})])
    assert caught.value.failure.code == "range"
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("dn", "values"),
    [
        ("CN=big,DC=corp", [b"\xff" * 4_000_000, b"\xfe" * 4_000_000, b"\xfd" * 4_500_000]),
        ("CN=" + "x" * 70_000, [b"x"]),
    ],
    ids=["values", "dn"],
)
def test_a_group_that_could_not_be_read_again_stops_the_export(
    tmp_path: pathlib.Path, dn: str, values: list[bytes]
) -> None:
    with pytest.raises(DirectoryError) as caught:
        export(tmp_path, [(dn, {"objectGUID": [b"g" * 16], "extensionData": values})])
    assert caught.value.failure.code == "group_too_large"
    assert dn[:100] in str(caught.value)


def test_an_error_between_two_pages_is_the_export_s_error(tmp_path: pathlib.Path) -> None:
    def pages() -> t.Iterator[list[Entry]]:
        yield entries(5)
        raise DirectoryError("gone", "The search ended", "Can't contact LDAP server (-1)", "Run it again.")

    with pytest.raises(DirectoryError, match="Can't contact"):
        export_pages(pages(), ATTRIBUTES, tmp_path, "corp.example")
    assert list(tmp_path.iterdir()) == []


def test_no_group_at_all_is_two_empty_files(tmp_path: pathlib.Path) -> None:
    exported = export(tmp_path, [])
    assert (exported.groups, exported.exported, exported.ldif.size, exported.companion.size) == (0, 0, 0, 0)


@pytest.mark.parametrize("name", ["", "a/b", "/etc/x"])
def test_a_name_that_is_a_path_is_refused(tmp_path: pathlib.Path, name: str) -> None:
    with pytest.raises(ValueError, match="name of a file"):
        export_pages([], ATTRIBUTES, tmp_path, name)


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=40)), st.integers(0, 400), st.integers(1, 5))
def test_sorting_through_a_file_sorts(items: list[bytes], memory: int, step: int) -> None:
    with tempfile.TemporaryFile() as spill:
        sorter = Sorter(spill, memory)
        for begin in range(0, len(items), step):
            sorter.extend(items[begin : begin + step])
        assert list(sorter.sorted()) == sorted(items)


def test_an_item_larger_than_a_read_comes_back(tmp_path: pathlib.Path) -> None:
    items = [random.Random(size).randbytes(size) for size in (0, 1, 65_530, 65_536, 300_000, 3, 1_000_000)]
    with tempfile.TemporaryFile(dir=tmp_path) as spill:
        sorter = Sorter(spill, 100_000)
        for item in items:
            sorter.extend([item])
        assert list(sorter.sorted()) == sorted(items)


_CHILD = """
import itertools, json, pathlib, re, sys
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export import export_pages
from lab.directory.groups import Made
from unit.plugins.directory_exports import entry

count, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
groups = iter(Made(count))
pages = iter(lambda: [entry(group) for group in itertools.islice(groups, 1000)], [])
exported = export_pages(pages, ATTRIBUTES, folder, "corp.example")
[peak] = re.findall(r"VmHWM:\\s*(\\d+) kB", pathlib.Path("/proc/self/status").read_text())
print(json.dumps([exported.groups, int(peak)]))
"""


def test_memory_does_not_grow_with_the_number_of_groups(tmp_path: pathlib.Path) -> None:
    peaks = []
    for count in (10_000, 40_000):
        folder = tmp_path / str(count)
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, str(count), str(folder)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            check=True,
        )
        groups, kilobytes = json.loads(done.stdout)
        assert groups == count
        peaks.append(kilobytes)
    assert peaks[1] <= 64 * 1024
    assert peaks[1] <= 1.1 * peaks[0]
