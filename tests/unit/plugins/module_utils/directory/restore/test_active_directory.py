# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore and undo on a domain controller."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import pathlib

import pytest
from unit.plugins.directory_exports import BASE
from unit.plugins.module_utils.directory.restore.domains import (
    BARE,
    GROUPS,
    HAVING,
    Domains,
    Watched,
    damaged_attribute,
    imported,
)

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.restore import (
    RefusedError,
    check_domain,
    modify_records,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.undo import undo_records
from lab.directory.samba_server import Samba, why_not


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Samba]:
    if why_not():
        pytest.skip(why_not())
    effective = tuple(name for name in ATTRIBUTES if name != "extensionAttribute12")
    restricted = dataclasses.replace(HAVING[95], effective=effective)
    groups = [restricted if group.guid == restricted.guid else group for group in GROUPS]
    with Samba(tmp_path_factory.mktemp("samba"), groups=groups) as samba:
        yield samba


class TestActiveDirectory:
    """The same on a domain controller, whose rules are Active Directory's own."""

    @pytest.fixture
    def domain(self, tmp_path: pathlib.Path, served: Samba) -> c.Iterator[Domains]:
        made = Domains(tmp_path, served)
        yield made
        made.directory.close()

    def test_a_restore_and_its_undo_bring_back_exactly(self, domain: Domains) -> None:
        before = domain.values()
        for number, group in enumerate(HAVING[:20]):
            domain.change(group, damaged_attribute(group, number), b"damaged %d" % number)
        for group in HAVING[20:24]:
            domain.change(group, min(group.attributes))
        domain.change(BARE[0], "extensionData", b"since", b"\xff")
        domain.slapd.move(domain.dn(HAVING[2]), "Renamed and moved", f"OU=Gruppen,{BASE}")
        damaged = domain.values()
        steps = domain.steps(clear=True)
        written = domain.restore(steps)
        assert (len(written.written), written.conflicts, written.unconfirmed) == (25, [], [])
        assert domain.values() == before
        assert domain.steps(clear=True) == ()
        undone = domain.undo(steps)
        assert (len(undone.written), undone.conflicts, undone.unconfirmed) == (25, [], [])
        assert domain.values() == damaged
        domain.restore(steps)

    def test_a_value_that_differs_in_case_alone_comes_back(self, domain: Domains) -> None:
        domain.change(HAVING[30], "extensionAttribute12", b"Sales")
        domain.then = domain.export()
        domain.change(HAVING[30], "extensionAttribute12", b"sALES")
        assert len(domain.restore(domain.steps()).written) == 1
        assert domain.values()[HAVING[30].guid]["extensionAttribute12"] == [b"Sales"]

    @pytest.mark.parametrize("left", [b"damaged", None])
    @pytest.mark.parametrize("attribute", ["extensionAttribute15", "extensionData"])
    def test_a_change_just_before_the_modify_is_not_overwritten(
        self, domain: Domains, attribute: str, left: bytes | None
    ) -> None:
        group = next(group for group in HAVING[40:] if attribute in group.attributes)
        domain.change(group, attribute, *([left] if left else []))
        steps = domain.steps(groups=[guid_text(group.guid)])
        watched = Watched(domain.directory, 1, lambda dn: domain.slapd.change(dn, attribute, b"just now"))
        written = domain.restore(steps, watched)
        assert written.written == []
        assert b"just now" in domain.values()[group.guid][attribute]
        if attribute == "extensionData" and left is None:
            # Adding to a multi-valued attribute that was empty fits whatever came in between: it is reported later.
            assert [found.guid for found in written.unconfirmed] == [guid_text(group.guid)]
        else:
            assert [found.guid for found in written.conflicts] == [guid_text(group.guid)]
            assert domain.values()[group.guid][attribute] == [b"just now"]
        domain.change(group, attribute, *group.attributes[attribute])

    def test_a_group_without_rights_and_nothing_is_written(self, domain: Domains) -> None:
        for group in HAVING[94:97]:
            domain.change(group, "extensionAttribute12", b"since")
        before = domain.values()
        steps = domain.steps(clear=True)
        with pytest.raises(RefusedError) as caught:
            domain.restore(steps)
        assert caught.value.groups == (domain.dn(HAVING[95]),)
        assert domain.values() == before
        assert len(domain.restore(domain.steps(clear=True, exclude=[domain.dn(HAVING[95])])).written) == 2

    def test_a_person_can_have_both_files_imported(self, domain: Domains, tmp_path: pathlib.Path) -> None:
        """Also where a value of many stays: the undo deletes and adds it in one modify."""
        group = next(group for group in HAVING if len(group.attributes.get("extensionData", ())) > 1)
        held = sorted(group.attributes["extensionData"])
        domain.change(group, "extensionData", held[0], b"damaged")
        steps = domain.steps(groups=[guid_text(group.guid)])
        imported(domain.slapd, tmp_path, modify_records(steps))
        assert domain.values()[group.guid]["extensionData"] == held
        imported(domain.slapd, tmp_path, undo_records(steps))
        assert domain.values()[group.guid]["extensionData"] == sorted([held[0], b"damaged"])
        domain.change(group, "extensionData", *held)

    def test_its_domain_is_known(self, domain: Domains) -> None:
        details = {"domain": "corp.example", "domain_guid": domain.domain.guid, "domain_sid": domain.domain.sid}
        check_domain(details, domain.domain)
        assert domain.domain.sid.startswith("S-1-5-21-")
