# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against a server that has answered."""

from __future__ import annotations

from unit.plugins.module_utils.objections.cases import Facts, Fault, each, problems, root


def _twin(facts: Facts) -> None:
    facts["web02"]["__groupid_probe"]["computer"].update(server="web01", fqdn="web01.corp.example")


FAULTS = [
    Fault("server", root(error="Access is denied. (5)"), "root_unusable", "CORP\\svc-backup"),
    Fault("server", root(inside="C:\\GroupID 10.0"), "root_in_product", "GroupID's own folder C:\\GroupID 10.0"),
    Fault("server", _twin, "one_computer", "web01 and web02"),
]


@each(FAULTS)
def test_each_fault_is_reported_once_with_why_and_what_to_do(facts: Facts, fault: Fault) -> None:
    assert problems(facts, fault) == []
