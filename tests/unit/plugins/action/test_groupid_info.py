# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What groupid_info asks and tells."""

from __future__ import annotations

import typing as t

from unit.plugins.recorded_host import Host, answer

Make = t.Callable[..., Host]


def test_request(host: Make) -> None:
    made = host("groupid_info", {"measure": True, "backup_root": "D:\\Backups", "deployment": "HQ"}, answer("probe"))
    made.run()
    [request] = made.requests
    assert request["operation"] == "probe"
    assert (request["measure"], request["roots"], request["deployment"]) == (True, ["D:\\Backups"], "hq")
    assert [product["version"] for product in request["products"]] == ["9.0", "10.0", "11.0"]
    assert (request["version"], request["component_paths"]) == ("auto", {})


def test_one_root_becomes_one_result(host: Make) -> None:
    root = {"path": "D:\\Backups", "exists": True, "free_bytes": 1, "error": None, "sets": []}
    result = host("groupid_info", {"backup_root": "D:\\Backups"}, answer("probe", roots=[root])).run()
    assert result["backup_root"] == root
    assert "roots" not in result
