# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal says what it could not try."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import rehearsal

PLATFORM = {
    "privileges": {"missing": []},
    "engine": "5.1",
    "runtime": ".NET Framework",
    "runtime_version": "4.8",
    "product": "Windows Server 2022",
    "system": "Windows 10.0.20348.0",
    "sha256": "SHA256Cng",
}
NOT_PLACED = [{"component": "reports", "cause": "IIS serves it."}, {"component": None, "cause": "It is full."}]


class Server:
    """One on which two volumes are left out."""

    def ask(self, request: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        made = {"platform": PLATFORM, "places": [], "root": None, "not_placed": NOT_PLACED, "warnings": ["Beware."]}
        return {"failed": False, **(made if request["step"] == "make" else {})}

    def job(self, request: t.Mapping[str, t.Any], route: str | None = None) -> dict[str, t.Any]:
        raise AssertionError(request)

    def start(self, request: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        raise AssertionError(request)


def test_a_volume_that_was_not_tested_is_named_with_the_cause() -> None:
    outcome = rehearsal.rehearse(Server(), rehearsal.Subject("0123456789abcdef", (), None, {}))
    assert outcome.warnings == (
        "Beware.",
        "The volume of reports was not tested. IIS serves it.",
        "The volume of the system was not tested. It is full.",
    )
