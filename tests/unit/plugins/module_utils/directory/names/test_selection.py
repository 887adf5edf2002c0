# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a name of a group means: a group of this domain, one of another domain, two groups, or none."""

from __future__ import annotations

import collections.abc as c

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.selection import Selection, own_names
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.named_groups import (
    check_names,
    match_named,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.restore import RefusedError
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import DirectoryError, Entry

ROOT = "DC=corp,DC=example"
SALES = f"CN=Sales,OU=Groups,{ROOT}"
ONE, TWO = bytes(range(16)), b"\x42" * 16


class Held:
    """A directory of a few entries, each found by its DN as it is written."""

    def __init__(self, **entries: tuple[str, bytes]) -> None:
        """entries: by object class, DN and objectGUID."""
        self.server = "dc01.corp.example"
        self.asked: list[str] = []
        self.entries = {
            dn: {"objectClass": [b"top", kind.encode()], "objectGUID": [guid]} for kind, (dn, guid) in entries.items()
        }

    def read(self, dn: str, attributes: c.Sequence[str]) -> dict[str, list[bytes]] | None:
        self.asked.append(dn)
        if "+" in dn:
            raise DirectoryError("dn_syntax", f"{dn} was not read", "Invalid DN syntax (34)", "Check it.")
        return self.entries.get(dn)

    def pages(
        self, base: str, filter_text: str, attributes: c.Sequence[str], size: int = 1000
    ) -> c.Iterator[list[Entry]]:
        assert base == ROOT
        found = [
            (dn, held)
            for dn, held in self.entries.items()
            if "".join(f"\\{byte:02x}" for byte in held["objectGUID"][0]) in filter_text
        ]
        if found:
            yield found

    def modify(self, dn: str, changes: object) -> None:
        raise AssertionError("names are only looked up")

    def close(self) -> None:
        pass


def refused(selection: Selection, *known: str) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        check_names(selection, ROOT, "the set", known)
    return caught.value


@pytest.mark.parametrize(
    ("name", "mine"),
    [
        (SALES, True),
        ("cn=sales, dc=CORP, dc=example", True),
        ("CN=Sales,DC=corp,DC=exmaple", True),
        ("CN=Sales,DC=other,DC=example", False),
        ("CN=Sales,OU=x,dc=Other,dc=example", False),
        # The child has a domain of its own in the list; its own child has none.
        ("CN=Sales,OU=Groups,DC=emea,DC=corp,DC=example", False),
        ("CN=Sales,DC=north,DC=emea,DC=corp,DC=example", True),
        ("CN=Sales,DC=apac,DC=corp,DC=example", True),
        ("CN=Sales,DC=example", True),
        ("CN=Sales,OU=apps,O=lds", False),
        ("CN=Sales,O=lds", True),
        # A base that somebody set wrong takes no group of this domain away.
        (f"CN=Sales,OU=Wrong,{ROOT}", True),
        (f"<GUID={guid_text(ONE)}>", True),
        (guid_text(ONE), True),
    ],
)
def test_a_name_is_passed_over_only_where_another_domain_is_its_whole_end(name: str, mine: bool) -> None:
    others = [
        "DC=other,DC=example",
        "DC=emea,DC=corp,DC=example",
        "OU=apps,O=lds",
        f"OU=Wrong,{ROOT}",
        "no DN",
        ROOT,
        "",
    ]
    assert own_names([name], ROOT, others) == ((name,) if mine else ())


def test_a_childs_own_restore_takes_the_childs_name_and_not_the_parents() -> None:
    child = f"CN=Sales,DC=emea,{ROOT}"
    assert own_names([child, SALES], f"DC=emea,{ROOT}", [ROOT]) == (child,)
    assert own_names([child, SALES], ROOT, [f"DC=emea,{ROOT}"]) == (SALES,)


@pytest.mark.parametrize(
    "name",
    [
        guid_text(ONE),
        guid_text(ONE).upper().join("{}"),
        f"<GUID={guid_text(ONE)}>",
        f" <guid={{{guid_text(ONE).upper()}}}> ",
        f"<GUID={ONE.hex()}>",
    ],
)
def test_a_group_is_named_by_every_form_of_its_guid(name: str) -> None:
    selection = Selection(exclude=[name])
    assert not selection.takes(ONE, SALES)
    assert selection.takes(TWO, SALES)
    check_names(selection, ROOT, "the set", [])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("CN=Sales,OU=Groups,DC=corp,DC=exmaple", "groupid_domains has no domain corp.exmaple"),
        ("CN=Sales,OU=Gruops,DC=corp,DC=example", "nor the directory has such a group"),
        ("CN=Slaes,OU=Groups,DC=corp,DC=example", "nor the directory has such a group"),
        ("cn = sales , ou=Elsewhere,dc=corp,dc=example", "nor the directory has such a group"),
    ],
)
def test_a_name_that_meets_nothing_is_refused_with_the_group_that_was_probably_meant(name: str, why: str) -> None:
    selection = Selection(exclude=[name])
    assert selection.takes(ONE, SALES)
    error = refused(selection, f"CN=Ops,OU=Groups,{ROOT}", SALES, f"CN=Sales Berlin,OU=Groups,{ROOT}")
    assert error.failure.code == "unknown_group"
    assert f"exclude_groups names {name}" in error.failure.cause
    assert why in error.failure.cause
    assert f"Did you mean {SALES}?" in error.failure.next
    assert "groupid_ldif_exclude_groups" in error.failure.next


def test_of_groups_of_one_name_the_nearest_is_meant() -> None:
    there = [f"CN=Sales,OU={unit},{ROOT}" for unit in ("Berlin", "Groups", "Paris")]
    assert f"Did you mean {there[2]}?" in refused(Selection(groups=[f"CN=Sales,OU=Pariss,{ROOT}"]), *there).failure.next


@pytest.mark.parametrize("name", [guid_text(TWO), "<GUID=nonsense>", "<SID=S-1-5-21-1>", "CN=zzz,O=nowhere"])
def test_a_name_with_nothing_near_it_is_refused_without_a_guess(name: str) -> None:
    error = refused(Selection(groups=[name]), SALES)
    assert f"groups names {name}" in error.failure.cause
    assert "Did you mean" not in error.failure.next
    assert "groupid_ldif_groups" in error.failure.next


def test_many_names_are_counted_and_the_first_are_named() -> None:
    names = [f"CN=nobody {number},{ROOT}" for number in range(30)]
    cause = refused(Selection(groups=names)).failure.cause
    assert names[0] in cause
    assert names[-1] not in cause
    assert "25 more" in cause


def test_a_name_that_means_two_groups_is_refused_with_both_guids() -> None:
    """Sales was renamed, and a new Sales made."""
    selection = Selection(groups=[SALES])
    assert selection.takes(ONE, SALES, f"CN=Sales old,OU=Groups,{ROOT}")
    assert selection.takes(TWO, None, SALES)
    error = refused(selection, SALES)
    assert error.failure.code == "ambiguous_group"
    assert all(part in error.failure.cause for part in (SALES, guid_text(ONE), guid_text(TWO)))
    assert "objectGUID" in error.failure.next


def test_one_group_under_two_names_is_no_doubt() -> None:
    selection = Selection(groups=[SALES, guid_text(ONE), f"CN=Renamed,{ROOT}"])
    assert selection.takes(ONE, SALES, f"CN=Renamed,{ROOT}")
    check_names(selection, ROOT, "the set", [])


def test_the_directory_is_asked_for_names_that_a_filter_would_miss() -> None:
    directory = Held(group=(SALES, ONE))
    selection = Selection(exclude=[SALES])
    match_named(directory, ROOT, selection)
    check_names(selection, ROOT, "the set", [])
    assert not selection.takes(ONE, f"CN=Sales before,{ROOT}"), "it counts as it is called now"
    assert selection.takes(TWO, f"CN=Ops,{ROOT}")
    selection = Selection(exclude=[guid_text(ONE)])
    match_named(directory, ROOT, selection)
    check_names(selection, ROOT, "the set", [])


def test_the_group_of_now_and_that_of_then_are_two() -> None:
    selection = Selection(groups=[SALES])
    match_named(Held(group=(SALES, TWO)), ROOT, selection)
    assert selection.takes(ONE, SALES)
    assert guid_text(TWO) in refused(selection).failure.cause


@pytest.mark.parametrize("name", [f"CN=a+b,{ROOT}", "CN=Sales,DC=corp,DC=exmaple", f"OU=Groups,{ROOT}", guid_text(TWO)])
def test_what_is_no_group_of_the_directory_meets_nothing(name: str) -> None:
    directory = Held(organizationalUnit=(f"OU=Groups,{ROOT}", TWO), group=("CN=Sales,DC=corp,DC=exmaple", ONE))
    selection = Selection(groups=[name])
    match_named(directory, ROOT, selection)
    assert name in refused(selection).failure.cause
    assert "CN=Sales,DC=corp,DC=exmaple" not in directory.asked, "a server refers names of other domains elsewhere"


def test_what_the_server_refuses_is_not_taken_for_no_group() -> None:
    class Lost(Held):
        def read(self, dn: str, attributes: c.Sequence[str]) -> dict[str, list[bytes]] | None:
            raise DirectoryError("connection_lost", f"{dn} was not read", "Can't contact LDAP server (-1)", "Look.")

    with pytest.raises(DirectoryError, match="Can't contact"):
        match_named(Lost(), ROOT, Selection(groups=[SALES]))


@pytest.mark.parametrize("name", [SALES, guid_text(ONE)])
def test_a_group_to_restore_of_which_the_set_has_nothing_is_refused(name: str) -> None:
    selection = Selection(groups=[name])
    match_named(Held(group=(SALES, ONE)), ROOT, selection)
    failure = refused(selection, f"CN=Sale,OU=Groups,{ROOT}").failure
    assert f"groups names {name}: it is in the directory, but not in the set" in failure.cause
    assert "Did you mean" not in failure.next, "the name is right"
    assert selection.takes(ONE, None, SALES)
    check_names(selection, ROOT, "the set", [])
