# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions with a real domain controller, for what only Active Directory's own rules can answer."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import json
import pathlib
import typing as t

import pytest
from unit.plugins import ldif_actions
from unit.plugins.directories import FILTER
from unit.plugins.recorded_host import Host

from ansible_collections.identityops.groupid.plugins.module_utils.directory import rehearsal
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.facts import (
    NotWritable,
    base_now,
    not_writable,
    read_domain,
    read_schema,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    ConflictError,
    Directory,
    DirectoryError,
    NoDirectoryError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    DIRECTORY_CLAIMS,
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    Finding,
    gathered,
)
from lab.directory.groups import ATTRIBUTES, Made
from lab.directory.samba_server import Samba, why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "Samba is there")

MADE = [
    dataclasses.replace(group, effective=ATTRIBUTES if number % 2 else ATTRIBUTES[:2])
    for number, group in enumerate(Made(60))
]


def target(server: Samba, **changes: t.Any) -> Target:
    """Return the target by LDAPS, as the account that may write."""
    usual = Target(
        server.domain,
        "127.0.0.1",
        username=server.username,
        password=server.password,
        ca_file=str(server.ca_file),
        timeout=60,
    )
    return dataclasses.replace(usual, **changes)


@pytest.fixture(scope="module")
def samba(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Samba]:
    """A domain controller that takes simple binds over TLS only; of every second group some attributes are denied."""
    with Samba(tmp_path_factory.mktemp("samba"), groups=MADE, strong_auth=True) as server:
        yield server


@pytest.fixture
def directory(samba: Samba) -> c.Iterator[Directory]:
    """A session with it."""
    session = open_directory(target(samba))
    yield session
    session.close()


@pytest.mark.parametrize("encryption", ["ldaps", "starttls"])
def test_a_user_principal_name_reads_all_groups(samba: Samba, encryption: t.Any) -> None:
    session = open_directory(target(samba, encryption=encryption))
    found = {
        attributes.pop("objectGUID")[0]: (dn, attributes)
        for page in session.pages(samba.base, FILTER, ("objectGUID", *ATTRIBUTES), 25)
        for dn, attributes in page
    }
    session.close()
    assert found == samba.groups()
    assert set(found) >= {group.guid for group in MADE}


def test_a_wrong_password_is_reported_by_the_number_of_windows(samba: Samba) -> None:
    with pytest.raises(NoDirectoryError) as caught:
        open_directory(target(samba, password="wrong-Passw0rd"))
    assert caught.value.failure.code == "login"
    assert "data 52e" in caught.value.failure.cause
    assert caught.value.failure.next.startswith("User name or password is wrong.")


def test_the_domain_its_schema_and_that_it_can_be_written(samba: Samba, directory: Directory) -> None:
    domain = read_domain(directory, target(samba))
    assert (domain.dns_name, domain.base.lower(), domain.kind) == (samba.domain, samba.base.lower(), "ad")
    # The one that was named; where none is, the server's own name.
    assert domain.server == "127.0.0.1"
    found = read_domain(directory, dataclasses.replace(target(samba), server=None))
    assert found.server.lower().endswith(f".{samba.domain}")
    assert domain.sid.startswith("S-1-5-21-")
    assert len(domain.guid) == 36
    assert domain.highest_committed_usn > 0
    assert domain.read_only is False
    assert read_schema(directory, domain, (*ATTRIBUTES, "noSuchAttribute")).missing == ("noSuchAttribute",)
    with samba.admin() as admin:
        shown = admin.search_s(samba.base, 0, "(objectClass=*)", ["objectSid"])[0][1]["objectSid"][0]
    assert domain.sid.split("-")[-1] == str(int.from_bytes(shown[-4:], "little"))


def test_the_usn_counts_changes(samba: Samba, directory: Directory) -> None:
    before = read_domain(directory, target(samba)).highest_committed_usn
    dn = samba.dn_of(MADE[1].guid)
    directory.modify(dn, [Change("replace", "extensionAttribute12", (b"counted",))])
    assert read_domain(directory, target(samba)).highest_committed_usn > before


def test_rights_are_read_for_every_group(samba: Samba, directory: Directory) -> None:
    wanted = {group.guid: ATTRIBUTES for group in MADE}
    places = samba.groups()
    expected = tuple(
        NotWritable(group.guid, places[group.guid][0], ATTRIBUTES[2:])
        for group in MADE
        if group.effective != ATTRIBUTES
    )
    assert len(expected) == 30
    assert not_writable(directory, samba.base, wanted) == expected


def test_a_right_that_is_denied_is_refused_by_the_server_too(samba: Samba, directory: Directory) -> None:
    dn = samba.dn_of(MADE[0].guid)
    with pytest.raises(DirectoryError) as caught:
        directory.modify(dn, [Change("replace", ATTRIBUTES[4], (b"x",))])
    assert caught.value.failure.code == "access"
    directory.modify(dn, [Change("replace", ATTRIBUTES[0], (b"x",))])


def test_changes_that_do_not_fit_are_conflicts(samba: Samba, directory: Directory) -> None:
    dn = samba.dn_of(MADE[3].guid)
    samba.change(dn, "extensionData", b"\0one")
    samba.change(dn, "extensionAttribute12", b"Sales")
    samba.change(dn, "extensionAttribute13")
    before = directory.read(dn, ATTRIBUTES)
    for changes in (
        [Change("delete", "extensionData", (b"\0two",))],
        [Change("delete", "extensionAttribute12", (b"Marketing",)), Change("add", "extensionAttribute12", (b"x",))],
        [Change("delete", "extensionAttribute13", (b"x",))],
        [Change("add", "extensionData", (b"\0one",))],
    ):
        with pytest.raises(ConflictError):
            directory.modify(dn, changes)
        assert directory.read(dn, ATTRIBUTES) == before
    with pytest.raises(ConflictError):
        directory.modify(f"CN=nobody,{samba.base}", [Change("add", "extensionData", (b"x",))])


def test_values_that_come_in_ranges_are_read_to_the_last(samba: Samba, directory: Directory) -> None:
    """The server gives ranges when asked to; Active Directory does so unasked."""
    dn = samba.dn_of(MADE[5].guid)
    values = [number.to_bytes(4, "big") for number in range(2400)]
    samba.change(dn, "extensionData", *values)
    found = directory.read(dn, ("cn", "extensionData;range=0-999"))
    assert found is not None
    assert set(found) == {"cn", "extensionData"}
    assert sorted(found["extensionData"]) == values
    pages = list(directory.pages(dn, FILTER, ("extensionData;range=0-1499",)))
    assert [sorted(attributes["extensionData"]) for page in pages for dummy, attributes in page] == [values]


def test_a_session_knows_its_account(samba: Samba, directory: Directory) -> None:
    reported = directory.account()
    assert reported is not None
    # CORP\\svc-groupid; a server without the extended operation leaves the name of the login.
    assert samba.username.partition("@")[0].lower() in reported.lower()


def test_a_base_that_was_renamed_is_found_by_its_objectguid(samba: Samba, directory: Directory) -> None:
    base = f"OU=Gruppen,{samba.base}"
    domain = read_domain(directory, target(samba, base=base))
    assert (domain.base, len(domain.base_guid)) == (base, 36)
    assert domain.base_guid != domain.guid
    samba.rename_unit(base, "Groups")
    try:
        assert base_now(directory, domain.root, base, domain.base_guid) == f"OU=Groups,{samba.base}"
        assert base_now(directory, domain.root, base, "") is None
        assert base_now(directory, domain.root, base, "00000000-0000-0000-0000-000000000001") is None
    finally:
        samba.rename_unit(f"OU=Groups,{samba.base}", "Gruppen")
    assert base_now(directory, domain.root, base, domain.base_guid) == base


def rehearsed(where: Target, filter_text: str = FILTER, attributes: c.Sequence[str] = ATTRIBUTES) -> dict[str, Finding]:
    session = open_directory(where)
    outcome = rehearsal.rehearse(session, where, filter_text, attributes)
    session.close()
    return {one.id: one for one in gathered(outcome.findings, DIRECTORY_CLAIMS)}


def not_held(reported: c.Mapping[str, Finding]) -> dict[str, str]:
    return {one.id: one.verdict for one in reported.values() if one.verdict != HELD}


@pytest.mark.parametrize("encryption", ["ldaps", "starttls"])
def test_a_rehearsal_holds_everything_where_the_account_may_write(samba: Samba, encryption: t.Any) -> None:
    """And it writes nothing: the domain counts no change."""
    account = target(samba, encryption=encryption)
    session = open_directory(account)
    before = read_domain(session, account).highest_committed_usn
    one = f"(&{FILTER}(cn={MADE[1].name}))"
    assert not_held(rehearsed(account, one)) == {}
    assert read_domain(session, account).highest_committed_usn == before
    session.close()


def test_a_rehearsal_names_what_the_domain_denies(samba: Samba) -> None:
    reported = rehearsed(target(samba, base=f"OU=Gruppen,{samba.base}"))
    assert not_held(reported) == {"directory.rights": REFUSED}
    assert "Of 50 groups that were checked, " in reported["directory.rights"].seen
    reader = rehearsed(target(samba, username=samba.reader))
    assert not_held(reader) == {"directory.rights": REFUSED}
    other = rehearsed(target(samba), f"(&{FILTER}(cn={MADE[1].name}))", (*ATTRIBUTES, "noSuchAttribute"))
    assert not_held(other) == {"directory.schema": NOT_HELD}
    assert other["directory.schema"].seen == "It has no noSuchAttribute."
    none = rehearsed(target(samba), f"(&{FILTER}(cn=nobody))")
    assert {name for name, verdict in not_held(none).items() if verdict == NOT_HELD} == {"directory.reads"}
    assert not_held(none)["directory.guid"] == NOT_TRIED


def test_what_is_kept_of_a_rehearsal_names_nothing_of_the_domain(
    host: c.Callable[..., Host], samba: Samba, tmp_path: pathlib.Path
) -> None:
    asked = {"deployment": "HQ", "domain": "Corp.Example", "directory": str(tmp_path)}
    made = host("groupid_ldif_rehearsal", asked)
    result = made.run(**ldif_actions.domains(samba))
    assert result["failed"] is False, result
    assert made.connection.commands == []
    kept = (tmp_path / "rehearsal-hq-corp.example-directory.json").read_text()
    assert [one["id"] for one in json.loads(kept)["claims"]] == [claim.id for claim in DIRECTORY_CLAIMS]
    for name in ("corp", "127.0.0.1", "dc01", "s-1-5-21", samba.password.lower(), "svc-", "cn=", "ou="):
        assert name not in kept.lower()
