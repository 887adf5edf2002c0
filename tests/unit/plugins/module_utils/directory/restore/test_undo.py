# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An undo brings back exactly what a restore replaced."""

from __future__ import annotations

import io

import pytest
from unit.plugins.directory_exports import BASE
from unit.plugins.module_utils.directory.restore.domains import (
    HAVING,
    Domains,
    Watched,
    damaged_attribute,
    lost,
)

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export_files import FilesError
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import Written
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.changes import AttributeStep, Step
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.undo import (
    undo,
    undo_companion,
    undo_records,
)


class TestUndo:
    def test_it_brings_the_directory_back_exactly(self, domains: Domains) -> None:
        domains.damage()
        damaged = domains.slapd.groups()
        steps = domains.steps(clear=True)
        domains.restore(steps)
        undone = domains.undo(steps)
        assert (len(undone.written), undone.unchanged, undone.conflicts, undone.unconfirmed) == (93, 0, [], [])
        assert {guid: dn for guid, (dn, dummy) in domains.slapd.groups().items()} == {
            guid: dn for guid, (dn, dummy) in damaged.items()
        }
        assert domains.values() == {
            guid: {name: sorted(held) for name, held in values.items()} for guid, (dummy, values) in damaged.items()
        }
        assert domains.undo(steps) == Written(unchanged=93)

    def test_what_was_changed_since_the_restore_is_kept_and_listed(self, domains: Domains) -> None:
        domains.damage()
        steps = domains.steps()
        domains.restore(steps)
        kept = HAVING[20]
        attribute = damaged_attribute(kept, 20)
        domains.change(kept, attribute, b"new work")
        undone = domains.undo(steps)
        assert [found.guid for found in undone.conflicts] == [guid_text(kept.guid)]
        assert len(undone.written) == len(steps) - 1
        assert domains.values()[kept.guid][attribute] == [b"new work"]

    def test_a_group_that_moved_since_is_found(self, domains: Domains) -> None:
        group = HAVING[5]
        attribute = min(group.attributes)
        domains.change(group, attribute, b"damaged")
        steps = domains.steps()
        domains.restore(steps)
        domains.slapd.move(domains.dn(group), "Elsewhere", f"OU=Gruppen,{BASE}")
        assert domains.undo(steps).written == [domains.dn(group)]
        assert domains.values()[group.guid][attribute] == [b"damaged"]

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b"changetype: modify", b"changetype: add"),
            (b"delete: extensionAttribute12", b"replace: extensionAttribute12"),
            (b"extensionAttribute12: now\r\n-", b"-"),
            (b"CN=a", b"CN=b"),
            (b"extensionAttribute12", b"member"),
            (
                b"\r\n\r\n",
                b"\r\n\r\ndn: CN=c\r\nchangetype: modify\r\nadd: extensionData\r\nextensionData: x\r\n-\r\n\r\n",
            ),
            (b"add: extensionAttribute12", b"delete: extensionAttribute12"),
            (b"then", b"\xff"),
        ],
    )
    def test_a_file_that_is_no_undo_is_refused_before_anything_is_written(
        self, domains: Domains, old: bytes, new: bytes
    ) -> None:
        step = Step(b"g" * 16, "CN=a", (AttributeStep("extensionAttribute12", (b"then",), (b"now",)),))
        ldif = b"".join(undo_records([step]))
        assert old in ldif
        watched = Watched(domains.directory, 0, lost)
        with pytest.raises(FilesError):
            undo(watched, BASE, io.BytesIO(ldif.replace(old, new)), io.BytesIO(*undo_companion([step])), ATTRIBUTES)
        assert watched.modified == []
