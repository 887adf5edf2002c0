# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore and undo against a real directory: what was comes back, and what others did since is left alone."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import io
import itertools
import pathlib
import subprocess
import typing as t

import ldap
import pytest
from unit.plugins.directories import target
from unit.plugins.directory_exports import BASE, export_directory, pair_of

from ansible_collections.identityops.groupid.plugins.module_utils.directory.canonical import ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.directory.compare import Comparison, Counts
from ansible_collections.identityops.groupid.plugins.module_utils.directory.distinguished_name import split
from ansible_collections.identityops.groupid.plugins.module_utils.directory.facts import Domain, read_domain
from ansible_collections.identityops.groupid.plugins.module_utils.directory.guid import guid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif import Change
from ansible_collections.identityops.groupid.plugins.module_utils.directory.pair import FilesError, Pair
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore import (
    RefusedError,
    check_domain,
    make_plan,
    modify_records,
    write,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.selection import Selection
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session import (
    Directory,
    DirectoryError,
    Entry,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.steps import AttributeStep, Step
from ansible_collections.identityops.groupid.plugins.module_utils.directory.steps_text import shown_value, steps_diff
from ansible_collections.identityops.groupid.plugins.module_utils.directory.undo import (
    undo,
    undo_companion,
    undo_records,
    undo_sha256,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.writing import (
    StoppedError,
    Written,
    do,
    foretell,
)
from lab.directory.groups import Group, Made
from lab.directory.samba_server import Samba, why_not
from lab.directory.slapd import Slapd

_COUNT = 130  # more than two searches of a batch
_GROUPS = tuple(Made(_COUNT))
_HAVING = [group for group in _GROUPS if group.attributes]
_BARE = [group for group in _GROUPS if not group.attributes]


def damaged_attribute(group: Group, number: int) -> str:
    """Which attribute of the n-th group is changed."""
    return sorted(group.attributes)[number % len(group.attributes)]


class Domains:
    """A directory, its export of before, and what a restore by it would do now."""

    def __init__(self, folder: pathlib.Path, slapd: Slapd | Samba) -> None:
        self.slapd = slapd
        self._folder = folder
        self._numbers = itertools.count()
        self.directory: Directory = open_directory(target(slapd))
        self.domain: Domain = read_domain(self.directory, target(slapd))
        self.then = self.export()

    def export(self) -> Pair:
        return pair_of(export_directory(self._folder / str(next(self._numbers)), self.directory))

    def compare(self, selection: Selection | None = None) -> Comparison:
        return Comparison(self.then, self.export(), selection or Selection())

    def steps(self, *, clear: bool = False, **selection: t.Any) -> tuple[Step, ...]:
        return make_plan(self.compare(Selection(**selection)).differences(), clear).steps

    def restore(self, steps: c.Sequence[Step], directory: Directory | None = None) -> Written:
        return write(directory or self.directory, self.domain, steps, undo_sha256(steps))

    def undo(self, steps: c.Sequence[Step], directory: Directory | None = None) -> Written:
        ldif, companion = (io.BytesIO(b"".join(part)) for part in (undo_records(steps), undo_companion(steps)))
        return undo(directory or self.directory, BASE, ldif, companion, ATTRIBUTES)

    def dn(self, group: Group) -> str:
        """Where a group is now."""
        return self.slapd.dn_of(group.guid)

    def change(self, group: Group, attribute: str, *values: bytes) -> None:
        self.slapd.change(self.dn(group), attribute, *values)

    def damage(self) -> None:
        """Change, fill and clear attributes of many groups; move one, rename one, add one."""
        dns = {guid: dn for guid, (dn, dummy) in self.slapd.groups().items()}
        with self.slapd.admin() as connection:

            def replace(group: Group, attribute: str, *values: bytes) -> None:
                connection.modify_s(dns[group.guid], [(ldap.MOD_REPLACE, attribute, list(values) or None)])

            for number, group in enumerate(_HAVING[:80]):
                attribute = damaged_attribute(group, number)
                kept = group.attributes[attribute][: number % 2] if attribute == "extensionData" else ()
                replace(group, attribute, *kept, b"damaged %d" % number)
            for group in _HAVING[80:90]:
                for attribute in group.attributes:
                    replace(group, attribute)
            for group in _BARE[:3]:
                replace(group, "extensionAttribute12", b"set since")
        self.slapd.move(dns[_HAVING[0].guid], "Renamed\\, by somebody")
        self.slapd.move(dns[_HAVING[1].guid], "Moved", f"OU=Gruppen,{BASE}")
        self.slapd.add(Group("Created since", b"\x42" * 16, attributes={"extensionData": (b"new",)}))

    def values(self) -> dict[bytes, dict[str, list[bytes]]]:
        """Values of every group, as the administrator sees them, in order of their bytes."""
        return {
            guid: {name: sorted(held) for name, held in attributes.items()}
            for guid, (dummy, attributes) in self.slapd.groups().items()
        }


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    with Slapd(tmp_path_factory.mktemp("slapd"), groups=_GROUPS) as slapd:
        yield slapd


@pytest.fixture
def domains(tmp_path: pathlib.Path, loaded: Slapd) -> c.Iterator[Domains]:
    """The directory as it was loaded; whatever a test does to it is put right before the next."""
    before = loaded.groups()
    made = Domains(tmp_path, loaded)
    yield made
    made.directory.close()
    with loaded.admin() as connection:
        for guid, (dn, values) in loaded.groups().items():
            if guid not in before:
                connection.delete_s(dn)
                continue
            was_dn, was = before.pop(guid)
            if changed := [name for name in ATTRIBUTES if values.get(name) != was.get(name)]:
                connection.modify_s(dn, [(ldap.MOD_REPLACE, name, was.get(name)) for name in changed])
            if dn != was_dn:
                connection.rename_s(dn, *split(was_dn), delold=1)
    for guid in before:
        [group] = [group for group in _GROUPS if group.guid == guid]
        loaded.add(group)


class Watched:
    """A directory that does something before or in place of its n-th modify."""

    def __init__(self, directory: Directory, at: int, what: c.Callable[[str], None]) -> None:
        self.server = directory.server
        self.modified: list[str] = []
        self._directory = directory
        self._at = at
        self._what = what

    def read(self, dn: str, attributes: c.Sequence[str]) -> dict[str, list[bytes]] | None:
        return self._directory.read(dn, attributes)

    def pages(
        self, base: str, filter_text: str, attributes: c.Sequence[str], size: int = 1000
    ) -> c.Iterator[list[Entry]]:
        return self._directory.pages(base, filter_text, attributes, size)

    def modify(self, dn: str, changes: c.Sequence[Change]) -> None:
        self.modified.append(dn)
        if len(self.modified) == self._at:
            self._what(dn)
        self._directory.modify(dn, changes)

    def close(self) -> None:
        self._directory.close()


def lost(dn: str) -> None:
    raise DirectoryError("connection_lost", f"{dn} was not changed", "Can't contact LDAP server (-1)", "Look at it.")


class TestRoundTrip:
    def test_what_was_changed_comes_back_and_what_came_since_stays(self, domains: Domains) -> None:
        before = domains.values()
        domains.damage()
        damaged = domains.values()
        comparison = domains.compare()
        plan = make_plan(comparison.differences())
        assert comparison.counts == Counts(equal=_COUNT - 93, differing=93, new=1, moved=1, renamed=2, set_since=3)
        assert (len(plan.steps), plan.kept) == (90, 3)

        written = domains.restore(plan.steps)
        assert (len(written.written), written.unchanged, written.conflicts, written.unconfirmed) == (90, 0, [], [])
        since = {group.guid for group in _BARE[:3]} | {b"\x42" * 16}
        after = domains.values()
        assert {guid: values for guid, values in after.items() if guid not in since} == {
            guid: values for guid, values in before.items() if guid not in since
        }
        assert {guid: after[guid] for guid in since} == {guid: damaged[guid] for guid in since}

    def test_what_is_foretold_is_what_is_done(self, domains: Domains) -> None:
        domains.damage()
        steps = domains.steps()
        domains.change(_HAVING[10], damaged_attribute(_HAVING[10], 10), b"by somebody")
        domains.change(
            _HAVING[12], damaged_attribute(_HAVING[12], 12), *_HAVING[12].attributes[damaged_attribute(_HAVING[12], 12)]
        )
        before = domains.values()
        foretold = foretell(domains.directory, BASE, steps)
        assert domains.values() == before
        assert (len(foretold.written), foretold.unchanged, len(foretold.conflicts)) == (88, 1, 1)
        assert domains.restore(steps) == foretold

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
        group = next(group for group in _HAVING if len(group.attributes.get("extensionData", ())) > 2)
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
        domains.change(_HAVING[0], "extensionAttribute12", b"Sales")
        domains.then = domains.export()
        domains.change(_HAVING[0], "extensionAttribute12", b"sALES")
        assert len(domains.restore(domains.steps()).written) == 1
        assert domains.values()[_HAVING[0].guid]["extensionAttribute12"] == [b"Sales"]

    def test_groups_and_attributes_can_be_limited(self, domains: Domains) -> None:
        domains.damage()
        damaged = domains.values()
        wanted = _HAVING[81]
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


def imported(slapd: Slapd | Samba, folder: pathlib.Path, records: c.Iterable[bytes]) -> None:
    file = folder / "import.ldf"
    file.write_bytes(b"".join(records))
    login = ["-x", "-D", slapd.bind_dn, "-w", slapd.password, "-H", slapd.ldaps_uri]
    done = subprocess.run(
        ["ldapmodify", *login, "-f", str(file)],
        env={"LDAPTLS_CACERT": str(slapd.ca_file), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


class TestConflicts:
    @pytest.mark.parametrize("attribute", ["extensionData", "extensionAttribute14"])
    def test_a_value_changed_since_the_diff_is_kept_and_listed(self, domains: Domains, attribute: str) -> None:
        one, other = [group for group in _HAVING if attribute in group.attributes][:2]
        for group in (one, other):
            domains.change(group, attribute, b"damaged")
        steps = domains.steps()
        domains.change(one, attribute, b"by somebody")
        written = domains.restore(steps)
        assert written.written == [domains.dn(other)]
        assert [(found.guid, found.dn) for found in written.conflicts] == [(guid_text(one.guid), domains.dn(one))]
        assert domains.values()[one.guid][attribute] == [b"by somebody"]

    def test_a_value_added_to_others_since_is_a_conflict(self, domains: Domains) -> None:
        group = next(group for group in _HAVING if "extensionData" in group.attributes)
        domains.change(group, "extensionData")
        steps = domains.steps()
        domains.change(group, "extensionData", b"by somebody")
        assert [found.guid for found in domains.restore(steps).conflicts] == [guid_text(group.guid)]
        assert domains.values()[group.guid]["extensionData"] == [b"by somebody"]

    def test_a_change_of_case_alone_since_is_a_conflict(self, domains: Domains) -> None:
        group = next(group for group in _HAVING if "extensionAttribute13" in group.attributes)
        domains.change(group, "extensionAttribute13", b"damaged")
        steps = domains.steps()
        domains.change(group, "extensionAttribute13", b"DAMAGED")
        assert len(domains.restore(steps).conflicts) == 1
        assert domains.values()[group.guid]["extensionAttribute13"] == [b"DAMAGED"]

    def test_one_attribute_in_conflict_leaves_the_whole_group_alone(self, domains: Domains) -> None:
        group = next(group for group in _HAVING if len(group.attributes) > 1)
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
        groups = [group for group in _HAVING if "extensionAttribute15" in group.attributes][:3]
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
        group = _HAVING[5]
        attribute = min(group.attributes)
        domains.change(group, attribute, b"damaged")
        steps = domains.steps()
        domains.slapd.move(domains.dn(group), "Elsewhere", f"OU=Gruppen,{BASE}")
        assert domains.restore(steps).written == [domains.dn(group)]
        assert domains.values()[group.guid][attribute] == sorted(group.attributes[attribute])

    def test_a_group_deleted_since_is_a_conflict(self, domains: Domains) -> None:
        gone, other = _HAVING[6:8]
        gone_dn = domains.dn(gone)
        for group in (gone, other):
            domains.change(group, min(group.attributes), b"damaged")
        steps = domains.steps()
        domains.slapd.delete(gone_dn)
        written = domains.restore(steps)
        assert written.written == [domains.dn(other)]
        assert [(found.guid, found.dn) for found in written.conflicts] == [(guid_text(gone.guid), gone_dn)]

    def test_a_group_changed_right_after_its_write_is_not_called_written(self, domains: Domains) -> None:
        groups = _HAVING[:2]
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
        group = _HAVING[9]
        attribute = min(group.attributes)
        domains.change(group, attribute, b"damaged")
        steps = domains.steps()
        domains.change(group, attribute, *group.attributes[attribute])
        watched = Watched(domains.directory, 0, lost)
        assert domains.restore(steps, watched) == Written(unchanged=1)
        assert watched.modified == []


class TestInterrupted:
    @pytest.mark.parametrize("at", [1, 30, 51, 90])
    def test_the_next_run_finishes(self, domains: Domains, at: int) -> None:
        before = domains.values()
        domains.damage()
        steps = domains.steps(clear=True)
        with pytest.raises(StoppedError) as caught:
            domains.restore(steps, Watched(domains.directory, at, lost))
        assert caught.value.code == "connection_lost"
        assert (len(caught.value.done.written), caught.value.left) == (at - 1, len(steps) - at + 1)
        assert str(at - 1) in str(caught.value)
        again = domains.steps(clear=True)
        assert len(again) == len(steps) - at + 1
        domains.restore(again)
        after = domains.values()
        del after[b"\x42" * 16]
        assert after == before

    def test_the_error_that_stopped_it_is_the_one_that_is_told(self, domains: Domains) -> None:
        """The server goes away under the modify, and with it the look at what the group holds now."""
        domains.damage()
        steps = domains.steps()

        def gone(dn: str) -> None:
            domains.directory.close()
            lost(dn)

        with pytest.raises(StoppedError, match="Can't contact LDAP server") as caught:
            domains.restore(steps, Watched(domains.directory, 3, gone))
        assert caught.value.code == "connection_lost"
        assert len(caught.value.done.written) == 2

    @pytest.mark.parametrize("at", [1, 30, 51, 90])
    def test_or_the_undo_goes_back(self, domains: Domains, at: int) -> None:
        domains.damage()
        damaged = domains.values()
        steps = domains.steps(clear=True)
        with pytest.raises(StoppedError):
            domains.restore(steps, Watched(domains.directory, at, lost))
        undone = domains.undo(steps)
        assert (len(undone.written), undone.unchanged, undone.conflicts) == (at - 1, len(steps) - at + 1, [])
        assert domains.values() == damaged

    def test_an_interrupted_undo_is_finished_by_the_next(self, domains: Domains) -> None:
        domains.damage()
        damaged = domains.values()
        steps = domains.steps(clear=True)
        domains.restore(steps)
        with pytest.raises(StoppedError):
            domains.undo(steps, Watched(domains.directory, 40, lost))
        assert len(domains.undo(steps).written) == len(steps) - 39
        assert domains.values() == damaged


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
        kept = _HAVING[20]
        attribute = damaged_attribute(kept, 20)
        domains.change(kept, attribute, b"new work")
        undone = domains.undo(steps)
        assert [found.guid for found in undone.conflicts] == [guid_text(kept.guid)]
        assert len(undone.written) == len(steps) - 1
        assert domains.values()[kept.guid][attribute] == [b"new work"]

    def test_a_group_that_moved_since_is_found(self, domains: Domains) -> None:
        group = _HAVING[5]
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
        assert caught.value.code == "other_domain"

    def test_details_without_a_domain_are_not(self, domains: Domains) -> None:
        with pytest.raises(RefusedError):
            check_domain({}, domains.domain)

    def test_a_read_only_domain_controller_is_not_written(self, domains: Domains) -> None:
        with pytest.raises(RefusedError) as caught:
            check_domain(self.details(domains), dataclasses.replace(domains.domain, read_only=True))
        assert caught.value.code == "read_only"

    def test_an_undo_that_is_not_of_these_steps_stops_it(self, domains: Domains) -> None:
        domains.damage()
        steps = domains.steps()
        before = domains.values()
        with pytest.raises(RefusedError) as caught:
            write(domains.directory, domains.domain, steps, undo_sha256(steps[1:]))
        assert caught.value.code == "undo_differs"
        assert domains.values() == before


class TestRights:
    @pytest.fixture
    def guarded(self, tmp_path: pathlib.Path) -> c.Iterator[Domains]:
        """Two groups of which one attribute may not be written."""
        guards = {_HAVING[0].guid, _HAVING[1].guid}
        effective = tuple(name for name in ATTRIBUTES if name != "extensionAttribute12")
        groups = [
            dataclasses.replace(group, effective=effective if group.guid in guards else ATTRIBUTES)
            for group in _GROUPS[:70]
        ]
        with Slapd(tmp_path / "slapd", groups=groups, enforce_rights=True) as slapd:
            made = Domains(tmp_path / "exports", slapd)
            yield made
            made.directory.close()

    def test_one_group_without_rights_and_nothing_is_written(self, guarded: Domains) -> None:
        for group in _HAVING[:40]:
            guarded.change(group, "extensionAttribute12", b"since")
        steps = guarded.steps(clear=True)
        before = guarded.values()
        with pytest.raises(RefusedError) as caught:
            guarded.restore(steps)
        assert caught.value.code == "no_rights"
        named = {guarded.dn(_HAVING[0]), guarded.dn(_HAVING[1])}
        assert set(caught.value.groups) == named
        assert all(dn in str(caught.value) for dn in named)
        assert "extensionAttribute12" in caught.value.cause
        assert guarded.values() == before

    def test_those_groups_can_be_excluded_by_name(self, guarded: Domains) -> None:
        for group in _HAVING[:40]:
            guarded.change(group, "extensionAttribute12", b"since")
        steps = guarded.steps(clear=True, exclude=[guarded.dn(_HAVING[0]).upper(), guid_text(_HAVING[1].guid)])
        assert len(guarded.restore(steps).written) == 38

    def test_an_attribute_that_is_not_written_needs_no_right(self, guarded: Domains) -> None:
        guarded.change(_HAVING[0], "extensionAttribute13", b"since")
        assert len(guarded.restore(guarded.steps(clear=True)).written) == 1

    def test_a_right_that_is_lost_in_between_stops_it(self, guarded: Domains) -> None:
        """The server refuses what the check let pass: an error with what was done, no conflict."""
        for group in _HAVING[:10]:
            guarded.change(group, "extensionAttribute12", b"since")
        steps = guarded.steps(clear=True)
        with pytest.raises(StoppedError) as caught:
            do(guarded.directory, BASE, steps)
        assert caught.value.left >= 1
        assert len(caught.value.done.written) + caught.value.left == 10


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Samba]:
    if why_not():
        pytest.skip(why_not())
    effective = tuple(name for name in ATTRIBUTES if name != "extensionAttribute12")
    restricted = dataclasses.replace(_HAVING[95], effective=effective)
    groups = [restricted if group.guid == restricted.guid else group for group in _GROUPS]
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
        for number, group in enumerate(_HAVING[:20]):
            domain.change(group, damaged_attribute(group, number), b"damaged %d" % number)
        for group in _HAVING[20:24]:
            domain.change(group, min(group.attributes))
        domain.change(_BARE[0], "extensionData", b"since", b"\xff")
        domain.slapd.move(domain.dn(_HAVING[2]), "Renamed and moved", f"OU=Gruppen,{BASE}")
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
        domain.change(_HAVING[30], "extensionAttribute12", b"Sales")
        domain.then = domain.export()
        domain.change(_HAVING[30], "extensionAttribute12", b"sALES")
        assert len(domain.restore(domain.steps()).written) == 1
        assert domain.values()[_HAVING[30].guid]["extensionAttribute12"] == [b"Sales"]

    @pytest.mark.parametrize("left", [b"damaged", None])
    @pytest.mark.parametrize("attribute", ["extensionAttribute15", "extensionData"])
    def test_a_change_just_before_the_modify_is_not_overwritten(
        self, domain: Domains, attribute: str, left: bytes | None
    ) -> None:
        group = next(group for group in _HAVING[40:] if attribute in group.attributes)
        domain.change(group, attribute, *([left] if left else []))
        steps = domain.steps(groups=[guid_text(group.guid)])
        watched = Watched(domain.directory, 1, lambda dn: domain.slapd.change(dn, attribute, b"just now"))
        written = domain.restore(steps, watched)
        assert written.written == []
        assert b"just now" in domain.values()[group.guid][attribute]
        if attribute == "extensionData" and left is None:
            # Adding to a multi-valued attribute that was empty fits whatever came in between: it is told afterwards.
            assert [found.guid for found in written.unconfirmed] == [guid_text(group.guid)]
        else:
            assert [found.guid for found in written.conflicts] == [guid_text(group.guid)]
            assert domain.values()[group.guid][attribute] == [b"just now"]
        domain.change(group, attribute, *group.attributes[attribute])

    def test_a_group_without_rights_and_nothing_is_written(self, domain: Domains) -> None:
        for group in _HAVING[94:97]:
            domain.change(group, "extensionAttribute12", b"since")
        before = domain.values()
        steps = domain.steps(clear=True)
        with pytest.raises(RefusedError) as caught:
            domain.restore(steps)
        assert caught.value.groups == (domain.dn(_HAVING[95]),)
        assert domain.values() == before
        assert len(domain.restore(domain.steps(clear=True, exclude=[domain.dn(_HAVING[95])])).written) == 2

    def test_a_person_can_have_both_files_imported(self, domain: Domains, tmp_path: pathlib.Path) -> None:
        """Also where a value of many stays: the undo deletes and adds it in one modify."""
        group = next(group for group in _HAVING if len(group.attributes.get("extensionData", ())) > 1)
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


class TestShown:
    STEP = Step(
        b"g" * 16,
        "CN=Line\nbreak,DC=corp",
        (
            AttributeStep("extensionAttribute12", (b"now",), ("Größe".encode(),)),
            AttributeStep("extensionData", (), (b"\xff\x00", b"x" * 5000)),
        ),
    )

    def test_both_sides_are_text(self) -> None:
        shown = steps_diff([self.STEP], "corp.example")
        assert shown["before"] == "CN=Line\\nbreak,DC=corp\n  extensionAttribute12: now\n"
        head, rest = shown["after"].split("  extensionData: base64 /wA=\n")
        assert head == "CN=Line\\nbreak,DC=corp\n  extensionAttribute12: Größe\n"
        assert "(5000 bytes, SHA-256 " in rest
        assert len(rest) < 400
        assert "corp.example" in shown["before_header"]
        assert "corp.example" in shown["after_header"]

    def test_groups_beyond_the_limit_are_counted(self) -> None:
        shown = steps_diff([self.STEP] * 7, "corp.example", groups=3)
        for side in ("before", "after"):
            assert shown[side].count("CN=Line") == 3
            assert shown[side].endswith("... and 4 more groups\n")

    def test_long_values_that_differ_at_their_end_look_different(self) -> None:
        assert shown_value(b"x" * 5000 + b"a") != shown_value(b"x" * 5000 + b"b")

    def test_what_cannot_be_printed_is_not(self) -> None:
        assert shown_value(b"a\x1b[2Jb") == "base64 YRtbMkpi"
