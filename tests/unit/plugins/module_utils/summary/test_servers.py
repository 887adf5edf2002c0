# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the servers."""

from __future__ import annotations

from unit.plugins.module_utils.summary.hosts import SAFETY, lines, row
from unit.plugins.run_facts import SET, Facts

from ansible_collections.identityops.groupid.plugins.module_utils import prediction


def test_a_computer_that_is_called_otherwise_than_its_host_is_named(facts: Facts) -> None:
    facts["web02"]["__groupid_probe"]["computer"]["server"] = "web99"
    found = lines(facts, "verify")
    assert found[0].split()[:3] == ["host", "deployment", "server"]
    assert row(found, "web02")[:3] == ["web02", "hq", "web99"]


def test_a_part_that_an_earlier_run_completed_is_reported(facts: Facts) -> None:
    facts["web01"]["__groupid_part"].update(taken=True)
    assert row(lines(facts, "backup"), "web01")[3:5] == ["complete", "before"]


def test_preflight_says_how_much_is_free_on_the_drives_of_the_folders_and_whether_a_restore_has_room(
    facts: Facts,
) -> None:
    drives = {
        "web01": [("C:\\", 7 * 10**10, 9 * 10**10), ("E:\\", 10**9, 5 * 10**10), ("\\\\nas01\\a", 10**9, None)],
        "web02": [("C:\\", 7 * 10**10, 10**9), ("E:\\", 0, 0)],
    }
    parts = [
        {
            **prediction.domain(host, {"bytes": 10**6, "files": 1, "seconds": 1.0}, "D:\\Backups"),
            "kind": "folders",
            "sources": [{"path": path, "needed_bytes": needed, "free_bytes": free} for path, needed, free in found],
        }
        for host, found in drives.items()
    ]
    for host in facts:
        facts[host]["__groupid_predictions"] = {"hq": {"parts": parts, "seconds": 0.0, "untimed": [], "rooms": []}}
    found = lines(facts, "preflight")
    assert found[:3] == [
        "host   deployment  version  state  files   MB  needs MB  free GB  source GB",
        "web01  hq          10.0     ready      1  1.0      17.8     53.7       50.0",
        "web02  hq          10.0     ready      1  1.0      17.8     53.7        1.0",
    ]
    assert found[-2:] == [
        "Note (web02): A restore that writes all files needs 70,000 MB on C:\\ beside the",
        "  old ones, and 1,000 MB are free.",
    ]


def test_verify_says_of_which_set_how_and_whether_it_is_sealed(facts: Facts) -> None:
    facts["web02"]["__groupid_verified"].update(state="damaged", mode="2/7", sealed=False)
    assert lines(facts, "verify") == [
        "host   deployment  part      mode  sealed   files     MB  seconds",
        "web01  hq          verified  full  yes     12,345  567.8      3.0",
        "web02  hq          damaged   2/7   no      12,345  567.8      3.0",
        "",
        f"hq: set {SET}",
    ]


def test_restore_counts_what_changed_and_names_where_the_old_is(facts: Facts) -> None:
    facts["web02"]["__groupid_restored"] = {"skipped": True}
    assert lines(facts, "restore") == [
        "host   deployment  state     added  replaced  removed  attributes  seconds",
        "web01  hq          restored      3         1        0           0      1.0",
        "web02  hq          not done      -         -        -           -        -",
        "",
        f"hq: set {SET}",
        f"hq: the replaced files are in set {SAFETY}",
    ]


def test_restore_names_the_part_that_another_server_made(facts: Facts) -> None:
    facts["web02"]["__groupid_restored"]["server"] = "web09"
    found = lines(facts, "restore")
    assert found[0].split()[2:4] == ["part", "of"]
    assert (found[1].split()[2], found[2].split()[2]) == ("-", "web09")
