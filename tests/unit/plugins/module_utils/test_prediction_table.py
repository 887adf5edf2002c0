# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of what a backup will need."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import prediction, prediction_table

MB = 10**6
ROOT = "\\\\nas01\\backup"


def folders(host: str = "web01", **fields: t.Any) -> prediction.Part:
    answer = {"server": host, "files": 2000, "bytes": 200 * MB, "seconds": 0.5, **fields}
    answer.setdefault("sample", {"files": 2000, "bytes": 200 * MB, "seconds": 60.0})
    return prediction.folders(host, answer, {"path": ROOT})


def test_parts_then_places() -> None:
    looked = {
        "database": {"used_bytes": 400 * MB},
        "backups": [
            {"name": "groupid hq 20261120T000000Z", "kind": "full", "bytes": 1, "data_bytes": 4, "seconds": None}
        ],
    }
    parts = [folders(), prediction.database("web01", looked, ROOT, "hq")]
    domain = "group_attributes." + ".".join(["corporation"] * 5) + ".example"
    parts.append(prediction.domain("web01", {"server": domain, "files": 2, "bytes": 5, "seconds": 6.0}, ROOT))
    found = prediction.predict({"hq": parts}, {"web01": {"path": ROOT, "free_bytes": 350 * MB}})
    assert prediction_table.lines(found) == [
        "Deployment hq:",
        "part      files   MB  size by   minutes  time by",
        "web01     2,000  200  walk          3.0  sample",
        "database      1  100  last set        -  not known",
        domain,
        "              2    1  query         0.1  query",
        "all       2,003  301  -             3.1  without 1",
        "",
        "place           MB needed  MB free  enough",
        "\\\\nas01\\backup        354      350  no",
    ]


def test_a_place_of_several_deployments_stands_there_once() -> None:
    parts = {"hq": [folders()], "branch": [folders("app01")]}
    told = prediction_table.lines(prediction.predict(parts, {"web01": {"path": ROOT, "free_bytes": None}}))
    assert [line for line in told if line.startswith("Deployment")] == ["Deployment hq:", "Deployment branch:"]
    assert [line.split() for line in told if line.startswith("\\\\")] == [[ROOT, "438", "not", "known"]]


def test_a_server_that_did_not_tell() -> None:
    failed = prediction.folders("web01", {"failed": True}, {"path": ROOT})
    told = prediction_table.lines(prediction.predict({"hq": [failed]}, {}))
    assert told[2].split() == ["web01", "-", "-", "not", "known", "-", "not", "known"]
    assert told[3].split() == ["all", "0", "0", "without", "1", "0.0", "without", "1"]
