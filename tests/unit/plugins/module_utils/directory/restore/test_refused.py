# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before anything is written: other domains, other undos, missing rights."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import pathlib

import pytest
from unit.plugins.directory_exports import BASE
from unit.plugins.module_utils.directory.restore.domains import (
    GROUPS,
    HAVING,
    Domains,
    Watched,
    lost,
)

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import (
    StoppedError,
    apply_steps,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.restore import (
    RefusedError,
    check_domain,
    write,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.undo import undo_sha256
from lab.directory import wire
from lab.directory.proxy import answering, refusing_one
from lab.directory.slapd import Slapd


class TestRefused:
    def details(self, domains: Domains, **changes: str) -> dict[str, str]:
        own = {"domain": "corp.example", "domain_guid": domains.domain.guid, "domain_sid": domains.domain.sid}
        return {**own, **changes}

    def test_its_own_domain_is_taken(self, domains: Domains) -> None:
        check_domain(self.details(domains), domains.domain)

    @pytest.mark.parametrize("key", ["domain_guid", "domain_sid"])
    def test_the_files_of_another_domain_are_not(self, domains: Domains, key: str) -> None:
        with pytest.raises(RefusedError) as caught:
            check_domain(self.details(domains, **{key: "S-1-5-21-1-2-3"}), domains.domain)
        assert caught.value.failure.code == "other_domain"

    def test_details_without_a_domain_are_not(self, domains: Domains) -> None:
        with pytest.raises(RefusedError):
            check_domain({}, domains.domain)

    def test_a_read_only_domain_controller_is_not_written(self, domains: Domains) -> None:
        with pytest.raises(RefusedError) as caught:
            check_domain(self.details(domains), dataclasses.replace(domains.domain, read_only=True))
        assert caught.value.failure.code == "read_only"

    def test_an_undo_that_is_not_of_these_steps_stops_it(self, domains: Domains) -> None:
        domains.damage()
        steps = domains.steps()
        before = domains.values()
        with pytest.raises(RefusedError) as caught:
            write(domains.directory, domains.domain, steps, undo_sha256(steps[1:]))
        assert caught.value.failure.code == "undo_differs"
        assert domains.values() == before


class TestRights:
    @pytest.fixture
    def guarded(self, tmp_path: pathlib.Path) -> c.Iterator[Domains]:
        """Two groups of which one attribute may not be written."""
        guards = {HAVING[0].guid, HAVING[1].guid}
        effective = tuple(name for name in ATTRIBUTES if name != "extensionAttribute12")
        groups = [
            dataclasses.replace(group, effective=effective if group.guid in guards else ATTRIBUTES)
            for group in GROUPS[:70]
        ]
        with Slapd(tmp_path / "slapd", groups=groups, enforce_rights=True) as slapd:
            made = Domains(tmp_path / "exports", slapd)
            yield made
            made.directory.close()

    def test_one_group_without_rights_and_nothing_is_written(self, guarded: Domains) -> None:
        for group in HAVING[:40]:
            guarded.change(group, "extensionAttribute12", b"since")
        steps = guarded.steps(clear=True)
        before = guarded.values()
        with pytest.raises(RefusedError) as caught:
            guarded.restore(steps)
        assert caught.value.failure.code == "no_rights"
        named = {guarded.dn(HAVING[0]), guarded.dn(HAVING[1])}
        assert set(caught.value.groups) == named
        assert all(dn in str(caught.value) for dn in named)
        assert "extensionAttribute12" in caught.value.failure.cause
        assert guarded.values() == before

    def test_a_group_that_adminsdholder_protects_is_named_with_where_a_right_lasts(self, guarded: Domains) -> None:
        for group in HAVING[:2]:
            guarded.change(group, "extensionAttribute12", b"since")
        steps = guarded.steps(clear=True)
        with pytest.raises(RefusedError) as caught:
            guarded.restore(steps)
        assert "AdminSDHolder" not in caught.value.failure.next
        guarded.change(HAVING[1], "adminCount", b"1")
        with pytest.raises(RefusedError) as caught:
            guarded.restore(steps)
        assert f"AdminSDHolder protects {guarded.dn(HAVING[1])} (adminCount 1)" in caught.value.failure.next
        assert "CN=AdminSDHolder,CN=System" in caught.value.failure.next

    def test_those_groups_can_be_excluded_by_name(self, guarded: Domains) -> None:
        for group in HAVING[:40]:
            guarded.change(group, "extensionAttribute12", b"since")
        steps = guarded.steps(clear=True, exclude=[guarded.dn(HAVING[0]).upper(), guid_text(HAVING[1].guid)])
        assert len(guarded.restore(steps).written) == 38

    def test_an_attribute_that_is_not_written_needs_no_right(self, guarded: Domains) -> None:
        guarded.change(HAVING[0], "extensionAttribute13", b"since")
        assert len(guarded.restore(guarded.steps(clear=True)).written) == 1

    def test_a_right_that_is_lost_in_between_is_refused_and_the_others_are_written(self, guarded: Domains) -> None:
        """The server refuses what the check let pass; that is no conflict."""
        for group in HAVING[:10]:
            guarded.change(group, "extensionAttribute12", b"since")
        written = apply_steps(guarded.directory, BASE, guarded.steps(clear=True))
        assert len(written.written) == 8
        assert {found.dn for found in written.refused} == {guarded.dn(HAVING[0]), guarded.dn(HAVING[1])}
        assert all("(50)" in found.cause for found in written.refused)
        assert written.conflicts == []


# What Active Directory answers when one object cannot be changed as asked (MS-ADTS 3.1.1.5.3, MS-ERREF 2.2).
OF_ONE_GROUP = [
    (19, "00002082: AtrErr: DSID-031519A8, #1: 0: problem 1005 (CONSTRAINT_ATT_TYPE)"),
    (50, "00002098: SecErr: DSID-031514A0, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0\n\0"),
    (53, "0000001F: SvcErr: DSID-031A1256, problem 5003 (WILL_NOT_PERFORM), data 0\n\0"),
    (11, "00002024: SvcErr: DSID-02050D7E, problem 5008 (ADMIN_LIMIT_EXCEEDED), data -1026"),
    (65, "0000207D: UpdErr: DSID-03151223, problem 6002 (OBJ_CLASS_VIOLATION), data 0"),
]
# What says that no other object would fare better.
OF_ALL = [
    (51, "000020D9: SvcErr: busy", "busy"),
    (52, "", "unavailable"),
    (10, "0000202B: RefErr: DSID-03100742, data 0, 1 access points", "referral"),
    (1, "000004DC: LdapErr: DSID-0C090A5C", "not_bound"),
]


class TestOneGroupThatAlwaysRefuses:
    @pytest.mark.parametrize(("result", "text"), OF_ONE_GROUP)
    def test_the_others_are_written_and_it_is_reported(self, domains: Domains, result: int, text: str) -> None:
        for group in HAVING[:60]:
            domains.change(group, min(group.attributes), b"damaged")
        steps = domains.steps()
        refused = steps[20]
        with domains.through(refusing_one(domains.slapd, refused.dn, result, text)) as session:
            written = domains.restore(steps, session)
            again = apply_steps(session, BASE, steps)
        assert (len(written.written), written.conflicts, written.unconfirmed) == (59, [], [])
        [reported] = written.refused
        assert (reported.guid, reported.dn) == (guid_text(refused.guid), refused.dn)
        assert f"({result})" in reported.cause
        assert (len(again.written), again.unchanged, len(again.refused)) == (0, 59, 1)
        assert len(apply_steps(domains.directory, BASE, steps).written) == 1

    @pytest.mark.parametrize(("result", "text", "code"), OF_ALL)
    def test_what_no_other_group_would_fare_better_with_stops_it(
        self, domains: Domains, result: int, text: str, code: str
    ) -> None:
        for group in HAVING[:10]:
            domains.change(group, min(group.attributes), b"damaged")
        steps = domains.steps()
        refusing = answering(domains.slapd, wire.MODIFY, result, text, after=3)
        with domains.through(refusing) as session, pytest.raises(StoppedError) as caught:
            apply_steps(session, BASE, steps)
        assert caught.value.failure.code == code
        assert (len(caught.value.done.written), caught.value.done.refused, caught.value.left) == (3, [], 7)

    def test_what_was_refused_before_it_stopped_is_reported(self, domains: Domains) -> None:
        for group in HAVING[:10]:
            domains.change(group, min(group.attributes), b"damaged")
        steps = domains.steps()
        reported = r"2 groups were written before it, 7 are left\. 1 were refused"
        refusing = refusing_one(domains.slapd, steps[0].dn, 19)
        with domains.through(refusing) as session, pytest.raises(StoppedError, match=reported):
            apply_steps(Watched(session, 4, lost), BASE, steps)
