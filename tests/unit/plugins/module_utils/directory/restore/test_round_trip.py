# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore against a real directory: what was comes back, and what others did since is left alone."""

from __future__ import annotations

import pathlib

from unit.plugins.directory_exports import BASE
from unit.plugins.module_utils.directory.restore.domains import (
    BARE,
    COUNT,
    HAVING,
    Domains,
    Watched,
    damaged_attribute,
    imported,
    lost,
)

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import Written, preview
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.compare import Counts
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.restore import (
    make_plan,
    modify_records,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.undo import undo_records


class TestRoundTrip:
    def test_what_was_changed_comes_back_and_what_came_since_stays(self, domains: Domains) -> None:
        before = domains.values()
        domains.damage()
        damaged = domains.values()
        comparison = domains.compare()
        plan = make_plan(comparison.differences())
        assert comparison.counts == Counts(equal=COUNT - 93, differing=93, new=1, moved=1, renamed=2, set_since=3)
        assert (len(plan.steps), plan.kept) == (90, 3)

        written = domains.restore(plan.steps)
        assert (len(written.written), written.unchanged, written.conflicts, written.unconfirmed) == (90, 0, [], [])
        since = {group.guid for group in BARE[:3]} | {b"\x42" * 16}
        after = domains.values()
        assert {guid: values for guid, values in after.items() if guid not in since} == {
            guid: values for guid, values in before.items() if guid not in since
        }
        assert {guid: after[guid] for guid in since} == {guid: damaged[guid] for guid in since}

    def test_what_is_predicted_is_what_is_done(self, domains: Domains) -> None:
        domains.damage()
        steps = domains.steps()
        domains.change(HAVING[10], damaged_attribute(HAVING[10], 10), b"by somebody")
        domains.change(
            HAVING[12], damaged_attribute(HAVING[12], 12), *HAVING[12].attributes[damaged_attribute(HAVING[12], 12)]
        )
        before = domains.values()
        previewed = preview(domains.directory, BASE, steps)
        assert domains.values() == before
        assert (len(previewed.written), previewed.unchanged, len(previewed.conflicts)) == (88, 1, 1)
        assert domains.restore(steps) == previewed

    def test_a_second_restore_has_nothing_to_do(self, domains: Domains) -> None:
        domains.damage()
        domains.restore(domains.steps())
        watched = Watched(domains.directory, 0, lost)
        again = domains.steps()
        assert again == ()
        assert domains.restore(again, watched) == Written()
        assert watched.modified == []

    def test_values_set_since_are_cleared_when_asked(self, domains: Domains) -> None:
        before = domains.values()
        domains.damage()
        domains.restore(domains.steps(clear=True))
        after = domains.values()
        del after[b"\x42" * 16]
        assert after == before
        assert make_plan(domains.compare().differences(), clear=True).steps == ()

    def test_only_what_differs_of_many_values_is_written(self, domains: Domains) -> None:
        group = next(group for group in HAVING if len(group.attributes.get("extensionData", ())) > 2)
        held = sorted(group.attributes["extensionData"])
        domains.change(group, "extensionData", *held[1:], b"other")
        [step] = domains.steps()
        assert step.changes() == (
            Change("delete", "extensionData", (b"other",)),
            Change("add", "extensionData", (held[0],)),
        )
        domains.restore([step])
        assert domains.values()[group.guid]["extensionData"] == held

    def test_a_value_that_differs_in_case_alone_comes_back(self, domains: Domains) -> None:
        domains.change(HAVING[0], "extensionAttribute12", b"Sales")
        domains.then = domains.export()
        domains.change(HAVING[0], "extensionAttribute12", b"sALES")
        assert len(domains.restore(domains.steps()).written) == 1
        assert domains.values()[HAVING[0].guid]["extensionAttribute12"] == [b"Sales"]

    def test_groups_and_attributes_can_be_limited(self, domains: Domains) -> None:
        domains.damage()
        damaged = domains.values()
        wanted = HAVING[81]
        domains.restore(domains.steps(groups=[domains.dn(wanted)], attributes=["extensionData"]))
        expected = damaged[wanted.guid]
        if "extensionData" in wanted.attributes:
            expected["extensionData"] = sorted(wanted.attributes["extensionData"])
        assert domains.values() == damaged

    def test_a_person_can_have_the_plan_imported(self, domains: Domains, tmp_path: pathlib.Path) -> None:
        """OpenLDAP's ldapmodify stands for ldifde -i: it knows nothing of us."""
        before = domains.values()
        domains.damage()
        damaged = domains.values()
        steps = domains.steps(clear=True)
        imported(domains.slapd, tmp_path, modify_records(steps))
        assert {**domains.values(), b"\x42" * 16: None} == {**before, b"\x42" * 16: None}
        imported(domains.slapd, tmp_path, undo_records(steps))
        assert domains.values() == damaged
