# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts that are no server's are known by their names."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils import shared_parts


def test_a_part_of_a_domain_carries_its_name_in_lower_case() -> None:
    assert shared_parts.part_of_domain("Corp.Example") == "group_attributes.corp.example"


def test_shared_parts_are_distinguished_from_servers() -> None:
    names = ["database", "group_attributes.corp.example", "web01", "group_attributes", "database01"]
    assert [name for name in names if shared_parts.is_shared(name)] == names[:2]


def test_domains_are_those_of_the_set_alone() -> None:
    sets = [
        {"set_id": "20261122T150405Z", "parts": [{"server": "web01"}, {"server": "group_attributes.z.example"}]},
        {"set_id": "20261123T150405Z", "parts": [{"server": "group_attributes.other.example"}]},
    ]
    sets[0]["parts"].append({"server": "group_attributes.a.example"})
    probe = {"backup_root": {"sets": sets}}
    assert shared_parts.domains_in_set(probe, "20261122T150405Z") == ["a.example", "z.example"]
    assert shared_parts.domains_in_set(probe, "20261121T150405Z") == []
    assert shared_parts.domains_in_set({"backup_root": None}, "20261122T150405Z") == []


def test_components_that_a_deployment_has_once_are_left_out() -> None:
    assert shared_parts.server_components(["reports", "database", "group_attributes"]) == ["reports"]
