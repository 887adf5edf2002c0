# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions of group attributes ask of the host and of a real slapd, in which order, and what they refuse."""

from __future__ import annotations

import base64
import collections.abc as c
import dataclasses
import gzip
import pathlib
import typing as t

import pytest
from unit.plugins.ldif_actions import (
    ARGS,
    LIST,
    PART,
    RESTORE,
    SET,
    STORE,
    Make,
    changed,
    domains,
    export,
    fetched,
    file,
    undo_of,
    with_others,
    with_two_changed,
)
from unit.plugins.recorded_host import answer, error

from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.distinguished_name import split
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session import ldap_session
from ansible_collections.identityops.groupid.plugins.plugin_utils.groups import part, restore
from lab.directory.groups import Group, Made
from lab.directory.proxy import forgetting_cookies, paging_as_active_directory, refusing_one
from lab.directory.slapd import Slapd


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    with Slapd(tmp_path_factory.mktemp("slapd"), groups=Made(40)) as server:
        yield server


def test_an_export_makes_room_puts_both_files_and_makes_them_a_part(host: Make, directory: Slapd) -> None:
    made = host("groupid_ldif_export", {**ARGS, "engine": "ldap"}, *STORE)
    result = made.run(**domains(directory))
    assert [one["operation"] for one in made.requests] == ["place", "put", "put", "adopt"]
    assert all(PART.items() <= one.items() for one in made.requests)
    assert made.requests[-1]["files"] == ["corp.example.ldf", "corp.example.groups.jsonl"]
    assert made.requests[-1]["details"]["exported"] == result["exported"]
    assert result["exported"] == sum(bool(attributes) for dummy, attributes in directory.groups().values())
    assert (result["groups"], result["engine"], result["domain"]) == (40, "ldap", "corp.example")
    assert result["seconds"] > 0


@pytest.mark.parametrize("reported", [{}, {"narrowed": ["groupid_domains: x"], "scope": {"filter": "y"}}])
def test_the_choices_behind_an_export_are_recorded(host: Make, directory: Slapd, reported: dict[str, t.Any]) -> None:
    made = host("groupid_ldif_export", {**ARGS, "engine": "ldap", **reported}, *STORE)
    assert made.run(**domains(directory))["failed"] is False
    adopted = made.requests[-1]
    assert (adopted["narrowed"], adopted["scope"]) == (reported.get("narrowed"), reported.get("scope"))


def test_in_check_mode_nothing_is_put_and_the_same_is_predicted(host: Make, directory: Slapd) -> None:
    done = host("groupid_ldif_export", {**ARGS, "engine": "ldap"}, *STORE)
    real = done.run(**domains(directory))
    sizes = [one["bytes"] for one in done.requests if one["operation"] == "put"]
    made = host("groupid_ldif_export", {**ARGS, "engine": "ldap"}, STORE[0], STORE[3], check_mode=True)
    previewed = made.run(**domains(directory))
    assert [(one["operation"], one["check"]) for one in made.requests] == [("place", True), ("adopt", True)]
    assert (previewed["changed"], previewed["files"], previewed["bytes"]) == (True, 2, sum(sizes))
    assert previewed["exported"] == real["exported"]


def test_a_part_that_another_run_made_is_shared(host: Make, directory: Slapd) -> None:
    record = {"engine": "ldifde", "groups": 39, "exported": 35, "attributes": ["a"], "domain": "corp.example"}
    there = answer("place", complete=True, server=PART["part"], part_sha256="b" * 64, details=record)
    made = host("groupid_ldif_export", {**ARGS, "engine": "ldap"}, there)
    result = made.run(**domains(directory))
    assert (result["failed"], result["changed"], result["shared"]) == (False, False, True)
    assert (result["engine"], result["groups"], result["part_sha256"]) == ("ldifde", 39, "b" * 64)
    assert [one["operation"] for one in made.requests] == ["place"]


def test_a_file_that_is_too_large_is_refused_before_anything_is_made(
    host: Make, directory: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, "LIMIT", 1000)
    made = host("groupid_ldif_export", {**ARGS, "engine": "ldap"})
    result = made.run(**domains(directory))
    assert (result["failed"], result["error"]["code"], made.requests) == (True, "too_large", [])
    assert "corp.example.ldf" in result["msg"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "other.example"}, "names 'Corp.Example' 0 times"),
        ({"filter": "(cn=a"}, "wrong at character 6"),
        ({"port": 3268}, "global catalog"),
        ({"attributes": ["objectGUID"]}, "cannot be one of the attributes"),
        ({"attributes": ["a", "A"]}, "named twice"),
        ({"password": ""}, "needs username and password"),
        ({"pasword": "x"}, 'has an unknown option "pasword"'),
    ],
)
@pytest.mark.parametrize("module", ["groupid_ldif_export", "groupid_ldif_restore"])
def test_what_is_wrong_in_the_variable_is_said_before_anybody_is_asked(
    host: Make, directory: Slapd, module: str, changes: dict[str, t.Any], words: str
) -> None:
    made = host(module, RESTORE if module == "groupid_ldif_restore" else ARGS)
    result = made.run(**domains(directory, **changes))
    assert (result["failed"], result["changed"], made.requests) == (True, False, [])
    assert words in result["msg"]
    assert directory.password not in str(result)


def test_a_restore_is_confirmed_by_its_id(host: Make, directory: Slapd) -> None:
    made = host("groupid_ldif_restore", {**ARGS, "confirm": "yes"})
    result = made.run(**domains(directory))
    assert (result["failed"], made.requests) == (True, [])
    assert f"set_id is {SET}, confirm is yes" in result["msg"]


def test_what_is_overwritten_is_stored_before_the_first_write(host: Make, directory: Slapd) -> None:
    files, details = export(host, directory)
    dn = changed(directory)
    before = directory.groups()
    refused = [*STORE[:3], answer("adopt", **error("write_failed", cause="There is not enough space. (112)"))]
    made = host("groupid_ldif_restore", RESTORE, *fetched(files, details), LIST, *refused)
    result = made.run(**domains(directory))
    assert (result["failed"], result["error"]["code"]) == (True, "write_failed")
    assert directory.groups() == before, "nothing is written while the way back is not safe"

    made = host("groupid_ldif_restore", RESTORE, *fetched(files, details), LIST, *STORE)
    result = made.run(**domains(directory))
    assert (result["failed"], result["written"]) == (False, [dn]), result
    operations = [one["operation"] for one in made.requests]
    assert operations == ["get", "get", "list", "place", "put", "put", "adopt"]
    safety = made.requests[-1]
    assert safety["set_id"] == result["safety"]["set_id"]
    assert safety["set_id"].endswith("-before-restore")
    assert (safety["details"]["kind"], safety["details"]["restored"]) == ("undo", SET)
    assert directory.groups()[next(guid for guid, one in before.items() if one[0] == dn)] != before


def test_in_check_mode_a_restore_asks_and_predicts(host: Make, directory: Slapd) -> None:
    files, details = export(host, directory)
    dn = changed(directory)
    before = directory.groups()
    made = host("groupid_ldif_restore", RESTORE, *fetched(files, details), check_mode=True, diff=True)
    result = made.run(**domains(directory))
    assert (result["changed"], result["written"], result["safety"]) == (True, [dn], None)
    assert "changed" in result["diff"]["before"]
    assert [one["operation"] for one in made.requests] == ["get", "get"]
    assert directory.groups() == before


def test_a_set_without_its_seal_is_refused_unless_asked_for(host: Make, directory: Slapd) -> None:
    files, details = export(host, directory)
    made = host("groupid_ldif_restore", RESTORE, *fetched(files, details, sealed=False))
    assert made.run(**domains(directory))["error"]["code"] == "not_sealed"
    asked = {**RESTORE, "unsealed": True}
    made = host("groupid_ldif_restore", asked, *fetched(files, details, sealed=False), check_mode=True)
    assert made.run(**domains(directory))["failed"] is False


def test_another_domains_files_are_refused(host: Make, directory: Slapd) -> None:
    files, details = export(host, directory)
    foreign = {**details, "domain_guid": "00000000-0000-0000-0000-000000000001"}
    made = host("groupid_ldif_restore", RESTORE, *fetched(files, foreign))
    assert made.run(**domains(directory))["error"]["code"] == "other_domain"


@pytest.mark.parametrize(
    "name",
    [
        "CN=no such group,DC=corp,DC=example",
        "CN=a+b,DC=corp,DC=example",
        "kn=no such kind,DC=corp,DC=example",
        "CN=a\\zz,DC=corp,DC=example",
        "OU=Gruppen,DC=corp,DC=example",
        "<GUID=00000000-0000-0000-0000-00000000000f>",
    ],
)
def test_a_group_that_nobody_knows_is_said_before_a_write(host: Make, directory: Slapd, name: str) -> None:
    files, details = export(host, directory)
    changed(directory)
    before = directory.groups()
    asked = {**RESTORE, "exclude_groups": [name]}
    made = host("groupid_ldif_restore", asked, *fetched(files, details))
    result = made.run(**domains(directory))
    assert (result["failed"], result["error"]["code"]) == (True, "unknown_group")
    assert f"exclude_groups names {name}: neither the set nor the directory has such a group" in result["msg"]
    assert directory.groups() == before


def test_a_file_for_a_person_is_whole_or_not_there(host: Make, directory: Slapd, tmp_path: pathlib.Path) -> None:
    files, details = export(host, directory)
    changed(directory)
    before = directory.groups()
    path = tmp_path / "restore.ldf"
    made = host("groupid_ldif_restore", {**RESTORE, "modify_file": str(path)}, *fetched(files, details))
    result = made.run(**domains(directory))
    assert (result["changed"], result["modify_file"]) == (True, str(path))
    # No undo set: nobody knows whether the file is ever imported.
    assert (result["safety"], [one["operation"] for one in made.requests]) == (None, ["get", "get"])
    assert directory.groups() == before
    assert path.read_bytes().count(b"changetype: modify") == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    asked = {**RESTORE, "modify_file": str(tmp_path / "no folder" / "restore.ldf")}
    made = host("groupid_ldif_restore", asked, *fetched(files, details))
    assert "was not written: No such file or directory" in made.run(**domains(directory))["msg"]


def test_an_export_is_begun_anew_once_where_the_server_forgot_its_search(host: Make, directory: Slapd) -> None:
    whole = export(host, directory)[0]
    with forgetting_cookies(directory, 15, 2) as proxy:
        made = host("groupid_ldif_export", {**ARGS, "engine": "ldap"}, *STORE)
        assert made.run(**domains(directory, port=proxy.port))["failed"] is False
        assert undo_of(made)[0] == whole
    with forgetting_cookies(directory, 15, 1, 2) as proxy:
        made = host("groupid_ldif_export", {**ARGS, "engine": "ldap"})
        result = made.run(**domains(directory, port=proxy.port))
    assert (result["failed"], result["error"]["code"], made.requests) == (True, "search_lost", [])
    assert "another domain controller" in result["error"]["next"]


def test_an_export_from_pages_as_active_directory_gives_them_is_whole(host: Make, directory: Slapd) -> None:
    whole = export(host, directory)[0]
    with paging_as_active_directory(directory, 15) as proxy:
        made = host("groupid_ldif_export", {**ARGS, "engine": "ldap"}, *STORE)
        assert made.run(**domains(directory, port=proxy.port))["failed"] is False
    assert undo_of(made)[0] == whole


@pytest.mark.parametrize("name", ["pyasn1", "pyasn1_modules.rfc2251", "ldap", "_ldap"])
def test_what_the_controller_lacks_is_reported_and_ldifde_is_not_used_for_it(
    host: Make, directory: Slapd, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(ldap_session, "_IMPORT_PROBLEM", ModuleNotFoundError(f"No module named {name!r}", name=name))
    made = host("groupid_ldif_export", {**ARGS, "engine": "auto"}, check_mode=True)
    result = made.run(**domains(directory))
    assert (result["failed"], result["error"]["code"], made.requests) == (True, "driver", [])
    assert f"No module named {name!r}" in result["error"]["cause"]
    package = name.partition(".")[0].replace("_", "-")
    assert (f"pip install --upgrade python-ldap {package}" in result["error"]["next"]) == name.startswith("pyasn1")


def test_attributes_that_the_schema_lacks_at_a_restore_are_reported_before_a_write(
    host: Make, directory: Slapd, tmp_path: pathlib.Path
) -> None:
    files, details = export(host, directory)
    missing = "extensionAttribute13"
    with Slapd(tmp_path, groups=[without(group, missing) for group in Made(40)], missing=(missing,)) as lacking:
        for check in (True, False):
            made = host("groupid_ldif_restore", RESTORE, *fetched(files, details), check_mode=check)
            result = made.run(**domains(lacking))
            assert (result["failed"], result["error"]["code"]) == (True, "no_such_attribute")
            assert missing in result["error"]["cause"]
            assert "Exchange" in result["error"]["next"]
        asked = {**RESTORE, "attributes": ["extensionAttribute12"]}
        made = host("groupid_ldif_restore", asked, *fetched(files, details), check_mode=True)
        assert made.run(**domains(lacking))["failed"] is False


def without(group: Group, attribute: str) -> Group:
    """The group without an attribute."""
    return dataclasses.replace(group, attributes={n: held for n, held in group.attributes.items() if n != attribute})


def test_one_group_that_always_refuses_fails_the_task_and_stops_no_other(host: Make, directory: Slapd) -> None:
    files, details, dns = with_two_changed(host, directory)
    text = "00002082: AtrErr: DSID-031519A8, #1: 0: problem 1005 (CONSTRAINT_ATT_TYPE), data 0"
    with refusing_one(directory, dns[0], 19, text) as proxy:
        made = host("groupid_ldif_restore", RESTORE, *fetched(files, details), LIST, *STORE)
        result = made.run(**domains(directory, port=proxy.port))
    assert (result["failed"], result["changed"], result["written"]) == (True, True, [dns[1]])
    assert (result["error"]["code"], result["counts"]["refused"], result["counts"]["conflicts"]) == ("refused", 1, 0)
    assert result["refused"][0].startswith(f"{dns[0]}: Constraint violation: {text}")
    assert "groupid_ldif_exclude_groups" in result["error"]["next"]
    assert result["safety"]["set_id"] in result["error"]["next"]
    made = host("groupid_ldif_restore", RESTORE, *fetched(files, details), LIST, *STORE)
    assert made.run(**domains(directory))["written"] == [dns[0]]


# What the choice of groups means


def test_an_undo_keeps_to_the_groups_that_are_named(host: Make, directory: Slapd) -> None:
    files, details, dns = with_two_changed(host, directory)
    before = directory.groups()
    made = host("groupid_ldif_restore", RESTORE, *fetched(files, details), LIST, *STORE)
    assert sorted(made.run(**domains(directory))["written"]) == sorted(dns)
    undo, facts = undo_of(made)
    missing = answer("get", **error("file_missing"))
    answers = [file(undo[f"corp.example.undo.{kind}"], details=facts, sealed=False) for kind in ("jsonl", "ldf")]
    asked = {**RESTORE, "groups": dns, "exclude_groups": [dns[1]]}
    undone = host("groupid_ldif_restore", asked, missing, *answers).run(**domains(directory))
    assert (undone["failed"], undone["kind"], undone["written"]) == (False, "undo", [dns[0]])
    now = directory.groups()
    assert [dn for dn, values in now.values() if (dn, values) not in before.values()] == [dns[1]]
    again = host("groupid_ldif_restore", asked, missing, *answers, diff=True).run(**domains(directory))
    assert (again["changed"], again["diff"]["before"]) == (False, "")


@pytest.mark.parametrize("end", ["DC=other,DC=example", "DC=emea,DC=corp,DC=example"])
def test_names_of_other_domains_are_passed_over(host: Make, directory: Slapd, end: str) -> None:
    files, details, dns = with_two_changed(host, directory)
    several = with_others(directory, "other.example", "emea.corp.example")
    foreign = f"CN=Sales,{end}"
    asked = {**RESTORE, "groups": [foreign, dns[0]]}
    made = host("groupid_ldif_restore", asked, *fetched(files, details), check_mode=True)
    assert made.run(**several)["written"] == [dns[0]]
    made = host("groupid_ldif_restore", {**RESTORE, "groups": [foreign]}, *fetched(files, details), check_mode=True)
    assert made.run(**several)["written"] == []
    made = host("groupid_ldif_restore", asked, *fetched(files, details), check_mode=True)
    alone = made.run(**domains(directory))
    assert (alone["failed"], alone["error"]["code"]) == (True, "unknown_group")
    assert foreign in alone["error"]["cause"], "alone, only this domain is known"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("option", ["groups", "exclude_groups"])
def test_a_slip_in_the_domain_of_a_name_is_refused_with_the_name_that_was_meant(
    host: Make, directory: Slapd, option: str, check: bool
) -> None:
    files, details, dns = with_two_changed(host, directory)
    before = directory.groups()
    typed = dns[0].replace("DC=example", "DC=exmaple")
    asked = {**RESTORE, option: [typed]}
    made = host("groupid_ldif_restore", asked, *fetched(files, details), check_mode=check)
    result = made.run(**with_others(directory, "other.example"))
    assert (result["failed"], result["changed"], result["error"]["code"]) == (True, False, "unknown_group")
    assert f"{option} names {typed}" in result["error"]["cause"]
    assert "groupid_domains has no domain corp.exmaple" in result["error"]["cause"]
    assert f"Did you mean {dns[0]}?" in result["error"]["next"]
    assert [one["operation"] for one in made.requests] == ["get", "get"], "no undo is stored"
    assert directory.groups() == before


def test_a_name_that_was_one_groups_and_is_anothers_is_refused(host: Make, directory: Slapd) -> None:
    files, details, dns = with_two_changed(host, directory)
    by_dn = {dn: guid for guid, (dn, dummy) in directory.groups().items()}
    old, new = by_dn[dns[0]], by_dn[dns[1]]
    name, unit = split(dns[0])
    directory.move(dns[0], "Renamed since")
    with directory.admin() as connection:
        connection.rename_s(dns[1], name, unit)
    try:
        for option in ("groups", "exclude_groups"):
            made = host("groupid_ldif_restore", {**RESTORE, option: [dns[0]]}, *fetched(files, details))
            result = made.run(**domains(directory))
            assert (result["failed"], result["error"]["code"]) == (True, "ambiguous_group")
            assert all(guid_text(guid) in result["error"]["cause"] for guid in (old, new))
        asked = {**RESTORE, "groups": [f"<GUID={guid_text(old)}>"]}
        made = host("groupid_ldif_restore", asked, *fetched(files, details), check_mode=True)
        assert made.run(**domains(directory))["written"] == [directory.dn_of(old)]
    finally:
        with directory.admin() as connection:
            for guid, dn in ((new, dns[1]), (old, dns[0])):
                connection.rename_s(directory.dn_of(guid), *split(dn))


def test_a_group_that_the_restore_does_not_read_may_be_excluded(host: Make, directory: Slapd) -> None:
    narrow = domains(directory, filter="(&(objectClass=group)(extensionAttribute12=*))")
    made = host("groupid_ldif_export", {**ARGS, "engine": "ldap"}, *STORE)
    assert made.run(**narrow)["failed"] is False
    files, details = undo_of(made)
    outside = next(dn for dn, values in directory.groups().values() if "extensionAttribute12" not in values)
    asked = {**RESTORE, "exclude_groups": [outside]}
    made = host("groupid_ldif_restore", asked, *fetched(files, details), check_mode=True)
    result = made.run(**narrow)
    assert (result["failed"], result["written"]) == (False, []), result
    made = host("groupid_ldif_restore", {**RESTORE, "groups": [outside]}, *fetched(files, details), check_mode=True)
    result = made.run(**narrow)
    assert (result["failed"], result["error"]["code"]) == (True, "unknown_group")
    assert "it is in the directory, but not in the set" in result["error"]["cause"]


def test_an_undo_refuses_a_name_that_meets_nothing(host: Make, directory: Slapd) -> None:
    files, details, dns = with_two_changed(host, directory)
    made = host("groupid_ldif_restore", RESTORE, *fetched(files, details), LIST, *STORE)
    assert made.run(**domains(directory))["failed"] is False
    undo, facts = undo_of(made)
    missing = answer("get", **error("file_missing"))
    answers = [file(undo[f"corp.example.undo.{kind}"], details=facts, sealed=False) for kind in ("jsonl", "ldf")]
    before = directory.groups()
    typed = dns[0].replace("DC=example", "DC=exmaple")
    result = host("groupid_ldif_restore", {**RESTORE, "exclude_groups": [typed]}, missing, *answers).run(
        **domains(directory)
    )
    assert (result["failed"], result["error"]["code"]) == (True, "unknown_group")
    assert f"Did you mean {dns[0]}?" in result["error"]["next"]
    assert directory.groups() == before


def test_groups_that_the_filter_misses_now_are_restored_all_the_same(host: Make, directory: Slapd) -> None:
    narrow = {"filter": "(&(objectClass=group)(extensionAttribute12=*))"}
    made = host("groupid_ldif_export", {**ARGS, "engine": "ldap"}, *STORE)
    assert (
        "extensionAttribute12: groups without it are not in the set"
        in made.run(**domains(directory, **narrow))["warnings"][0]
    )
    puts = [one for one in made.requests if one["operation"] == "put"]
    files = {one["name"]: gzip.decompress(base64.b64decode(one["content"])) for one in puts}
    details = made.requests[-1]["details"]
    dn, value = next(
        (dn, values["extensionAttribute12"])
        for dn, values in directory.groups().values()
        if "extensionAttribute12" in values
    )
    directory.change(dn, "extensionAttribute12")
    made = host("groupid_ldif_restore", RESTORE, *fetched(files, details), LIST, *STORE)
    # The base of the set counts, not the one that the variable has now.
    result = made.run(**domains(directory, base="OU=nowhere,DC=corp,DC=example"))
    assert (result["failed"], result["written"], result["gone"]) == (False, [dn], []), result
    assert dict(directory.groups().values())[dn]["extensionAttribute12"] == value


def test_attributes_of_the_variable_do_not_limit_a_restore(host: Make, directory: Slapd) -> None:
    files, details, dns = with_two_changed(host, directory)
    now = domains(directory, attributes=["extensionAttribute15"])
    made = host("groupid_ldif_restore", RESTORE, *fetched(files, details), check_mode=True)
    assert sorted(made.run(**now)["written"]) == sorted(dns)
    asked = {**RESTORE, "attributes": ["extensionAttribute15"]}
    made = host("groupid_ldif_restore", asked, *fetched(files, details), check_mode=True)
    assert made.run(**now)["written"] == []


def test_an_undo_that_could_not_be_stored_is_refused_in_check_mode_too(
    host: Make, directory: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore, "LIMIT", 10)
    files, details, dummy = with_two_changed(host, directory)
    made = host("groupid_ldif_restore", RESTORE, *fetched(files, details), check_mode=True)
    assert made.run(**domains(directory))["error"]["code"] == "undo_too_large"


def test_values_that_are_kept_are_named(host: Make, directory: Slapd) -> None:
    files, details = export(host, directory)
    dn = next(dn for dn, values in directory.groups().values() if values and "extensionAttribute13" not in values)
    directory.change(dn, "extensionAttribute13", b"set since")
    made = host("groupid_ldif_restore", RESTORE, *fetched(files, details), check_mode=True)
    result = made.run(**domains(directory))
    assert (result["kept"], dn in result["written"]) == ([dn], False)
    directory.change(dn, "extensionAttribute13")
