# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others changed since is kept and listed."""

from __future__ import annotations

import pytest
from unit.plugins.directory_exports import BASE
from unit.plugins.module_utils.directory.restore.domains import (
    HAVING,
    Domains,
    Watched,
    lost,
)

from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import Written


class TestConflicts:
    @pytest.mark.parametrize("attribute", ["extensionData", "extensionAttribute14"])
    def test_a_value_changed_since_the_diff_is_kept_and_listed(self, domains: Domains, attribute: str) -> None:
        one, other = [group for group in HAVING if attribute in group.attributes][:2]
        for group in (one, other):
            domains.change(group, attribute, b"damaged")
        steps = domains.steps()
        domains.change(one, attribute, b"by somebody")
        written = domains.restore(steps)
        assert written.written == [domains.dn(other)]
        assert [(found.guid, found.dn) for found in written.conflicts] == [(guid_text(one.guid), domains.dn(one))]
        assert domains.values()[one.guid][attribute] == [b"by somebody"]

    def test_a_value_added_to_others_since_is_a_conflict(self, domains: Domains) -> None:
        group = next(group for group in HAVING if "extensionData" in group.attributes)
        domains.change(group, "extensionData")
        steps = domains.steps()
        domains.change(group, "extensionData", b"by somebody")
        assert [found.guid for found in domains.restore(steps).conflicts] == [guid_text(group.guid)]
        assert domains.values()[group.guid]["extensionData"] == [b"by somebody"]

    def test_a_change_of_case_alone_since_is_a_conflict(self, domains: Domains) -> None:
        group = next(group for group in HAVING if "extensionAttribute13" in group.attributes)
        domains.change(group, "extensionAttribute13", b"damaged")
        steps = domains.steps()
        domains.change(group, "extensionAttribute13", b"DAMAGED")
        assert len(domains.restore(steps).conflicts) == 1
        assert domains.values()[group.guid]["extensionAttribute13"] == [b"DAMAGED"]

    def test_one_attribute_in_conflict_leaves_the_whole_group_alone(self, domains: Domains) -> None:
        group = next(group for group in HAVING if len(group.attributes) > 1)
        first, second = sorted(group.attributes)[:2]
        domains.change(group, first, b"damaged")
        domains.change(group, second, b"damaged")
        steps = domains.steps()
        domains.change(group, second, b"by somebody")
        before = domains.values()
        assert len(domains.restore(steps).conflicts) == 1
        assert domains.values() == before

    @pytest.mark.parametrize("left", [b"damaged", None])
    def test_a_change_between_the_look_and_the_modify_is_a_conflict(self, domains: Domains, left: bytes | None) -> None:
        """None: the attribute is empty when it is looked at, and single-valued; another answer of the server."""
        groups = [group for group in HAVING if "extensionAttribute15" in group.attributes][:3]
        for group in groups:
            domains.change(group, "extensionAttribute15", *([left] if left else []))
        steps = domains.steps()

        def change(dn: str) -> None:
            domains.slapd.change(dn, "extensionAttribute15", b"just now")

        watched = Watched(domains.directory, 2, change)
        written = domains.restore(steps, watched)
        assert len(written.written) == 2
        [conflict] = written.conflicts
        assert conflict.dn == watched.modified[1]
        assert sum(values.get("extensionAttribute15") == [b"just now"] for values in domains.values().values()) == 1

    def test_a_group_moved_since_is_written_where_it_is(self, domains: Domains) -> None:
        group = HAVING[5]
        attribute = min(group.attributes)
        domains.change(group, attribute, b"damaged")
        steps = domains.steps()
        domains.slapd.move(domains.dn(group), "Elsewhere", f"OU=Gruppen,{BASE}")
        assert domains.restore(steps).written == [domains.dn(group)]
        assert domains.values()[group.guid][attribute] == sorted(group.attributes[attribute])

    def test_a_group_deleted_since_is_a_conflict(self, domains: Domains) -> None:
        gone, other = HAVING[6:8]
        gone_dn = domains.dn(gone)
        for group in (gone, other):
            domains.change(group, min(group.attributes), b"damaged")
        steps = domains.steps()
        domains.slapd.delete(gone_dn)
        written = domains.restore(steps)
        assert written.written == [domains.dn(other)]
        assert [(found.guid, found.dn) for found in written.conflicts] == [(guid_text(gone.guid), gone_dn)]

    def test_a_group_changed_right_after_its_write_is_not_called_written(self, domains: Domains) -> None:
        groups = HAVING[:2]
        for group in groups:
            domains.change(group, "extensionAttribute12", b"damaged")
        steps = domains.steps(clear=True)
        first = steps[0]

        def change(dummy: str) -> None:
            domains.slapd.change(domains.slapd.dn_of(first.guid), "extensionAttribute12", b"after the write")

        written = domains.restore(steps, Watched(domains.directory, 2, change))
        assert [found.guid for found in written.unconfirmed] == [guid_text(first.guid)]
        assert len(written.written) == 1

    def test_what_was_restored_by_others_meanwhile_is_unchanged(self, domains: Domains) -> None:
        group = HAVING[9]
        attribute = min(group.attributes)
        domains.change(group, attribute, b"damaged")
        steps = domains.steps()
        domains.change(group, attribute, *group.attributes[attribute])
        watched = Watched(domains.directory, 0, lost)
        assert domains.restore(steps, watched) == Written(unchanged=1)
        assert watched.modified == []
