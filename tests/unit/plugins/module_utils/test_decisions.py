# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host does in a run, decided by what all have answered."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins import run_facts
from unit.plugins.run_facts import DISK_FULL, SET, Facts, failed, listed, part, probe

from ansible_collections.identityops.groupid.plugins.module_utils import decisions, listing, products

OLDER, NEWER = "20261121T120000Z", "20261123T120000Z"
DOMAIN = "group_attributes.corp.example"


def run(*hosts: str, outside: t.Sequence[str] = (), **values: t.Any) -> Facts:
    """Hosts of hq in a run, and members that it does not see."""
    facts = run_facts.make("hq", *hosts, **values)
    facts.update({host: {"groupid_deployment": "hq"} for host in outside})
    run_facts.planned(facts, hosts)
    return facts


def decide(facts: Facts, host: str, question: str) -> t.Any:
    """Call the function of `decisions` of that name."""
    return getattr(decisions, question)(facts, host)


def those(facts: Facts, question: str) -> list[str]:
    """The hosts for which the answer is yes."""
    return [host for host in facts if "__groupid_asked" in facts[host] and decide(facts, host, question)]


def holding(facts: Facts, *parts: str, **fields: t.Any) -> Facts:
    """Let each host list its own part and others in the set, the first of them all these."""
    for host in [host for host in facts if "__groupid_asked" in facts[host]]:
        facts[host]["__groupid_probe"] = probe(
            host, listed(part(host), *map(part, parts), **{"members": None, **fields})
        )
        facts[host]["__groupid_asked"]["set_id"] = SET
    return facts


@pytest.mark.parametrize(
    ("components", "server", "expected"),
    [
        (None, "sql01", ["web01"]),
        (None, "", []),
        (["reports"], "sql01", []),
        (["reports", "database"], "sql01", ["web01"]),
    ],
)
def test_the_first_server_saves_the_database(components: list[str] | None, server: str, expected: list[str]) -> None:
    facts = run("web02", "web01", components=components, sql_server=server)
    assert those(facts, "saves_database") == expected
    facts = run("web02", "web01", components=components, domains=[{"name": "corp.example"}] if server else [])
    assert those(facts, "saves_domains") == ([] if components else expected)


def test_nobody_saves_for_a_deployment_that_has_failed() -> None:
    facts = run("web01", "web02", sql_server="sql01", domains=[{"name": "corp.example"}])
    facts["web02"]["__groupid_failures"] = failed(DISK_FULL)
    assert those(facts, "saves_database") == those(facts, "saves_domains") == []


def test_a_run_of_some_members_reaches_what_all_members_reach() -> None:
    facts = run("web01", outside=["web02"])
    assert (decide(facts, "web01", "reaches_database"), decide(facts, "web01", "reaches_domains")) == (True, False)
    facts = run("web01", outside=["web02"], sql_backup_mode="external", backup_root="\\\\nas\\backup")
    assert (decide(facts, "web01", "reaches_database"), decide(facts, "web01", "reaches_domains")) == (False, True)
    facts = run("web01", sql_backup_mode="external")
    assert (decide(facts, "web01", "reaches_database"), decide(facts, "web01", "reaches_domains")) == (True, True)


@pytest.mark.parametrize("outside", [(), ("web03",)])
@pytest.mark.parametrize("components", [None, ["reports"], ["database"], ["group_attributes"]])
def test_a_run_of_some_servers_restores_what_is_shared_only_when_it_is_named(
    outside: tuple[str, ...], components: list[str] | None
) -> None:
    facts = holding(run("web01", "web02", outside=outside, components=components), "database", DOMAIN)
    usual = components is None and not outside
    assert those(facts, "restores_database") == (["web01"] if usual or components == ["database"] else [])
    assert those(facts, "restores_domains") == (["web01"] if usual or components == ["group_attributes"] else [])


def test_what_the_set_does_not_hold_is_not_restored_unless_it_is_named() -> None:
    assert those(holding(run("web01")), "restores_database") == []
    assert those(holding(run("web01")), "restores_domains") == []
    assert those(holding(run("web01", components=["database"])), "restores_database") == ["web01"]


def test_a_database_that_lies_elsewhere_is_known_by_the_seal() -> None:
    facts = holding(run("web01"), members=["database", "web01"])
    assert decisions.holds_database(facts, "web01")
    assert those(facts, "restores_database") == ["web01"]


def test_a_host_restores_the_part_that_was_chosen_for_it() -> None:
    facts = holding(run("web01", "web02"), "web09")
    facts["web01"]["__groupid_source"] = {"server": "web09", "mapped": True}
    facts["web02"]["__groupid_source"] = {"server": "", "mapped": False}
    assert those(facts, "has_part") == ["web01"]


@pytest.mark.parametrize("set_id", [SET, f"{SET}-before-upgrade"])
def test_a_set_that_is_named_is_the_one_to_verify(set_id: str) -> None:
    assert decide(run("web01", role="verify", set_id=set_id), "web01", "verified_set") == set_id


def test_latest_is_the_newest_sealed_full_set_of_all_members() -> None:
    facts = run("web01", "web02", role="verify", set_id="latest")
    full, narrow = (
        listed(part("web01"), set_id=OLDER),
        listed(part("web01"), set_id=NEWER, narrowed=["groupid_include: HR"]),
    )
    loose = listed(part("web01"), set_id="20261124T120000Z", sealed=False)
    facts["web01"]["__groupid_probe"] = probe("web01", loose, narrow, full)
    facts["web02"]["__groupid_probe"] = probe("web02", error="Access is denied. (5)")
    assert decide(facts, "web01", "verified_set") == OLDER
    facts["web01"]["__groupid_probe"] = probe("web01", loose, narrow)
    assert decide(facts, "web01", "verified_set") is None


def test_a_forged_newer_set_is_passed_over_and_named() -> None:
    facts = run("web01", "web02", role="verify", set_id="latest")
    signed = listed(part("web01"), set_id=OLDER, signature=run_facts.verdict("valid"))
    forged = listed(part("web01"), set_id=NEWER, signature=run_facts.verdict("missing"))
    facts["web01"]["__groupid_probe"] = probe("web01", forged, signed)
    facts["web02"]["__groupid_probe"] = probe("web02")
    for host in ("web01", "web02"):
        facts[host]["__groupid_verify_set"] = decide(facts, host, "verified_set")
    assert facts["web01"]["__groupid_verify_set"] == OLDER
    [note] = decide(facts, "web01", "verify_notes")
    assert note.startswith(f"Set {NEWER} is not used as the latest: the set has no seal with a signature")
    assert decide(facts, "web02", "verify_notes") == []


def test_a_narrowed_newer_set_is_passed_over_and_named() -> None:
    facts = run("web01", "web02", role="verify", set_id="latest")
    full = listed(part("web01"), set_id=OLDER)
    narrow = listed(part("web01"), set_id=NEWER, narrowed=["groupid_include: HR"])
    facts["web01"]["__groupid_probe"] = probe("web01", narrow, full)
    facts["web02"]["__groupid_probe"] = probe("web02")
    for host in ("web01", "web02"):
        facts[host]["__groupid_verify_set"] = decide(facts, host, "verified_set")
    assert decide(facts, "web01", "verify_notes") == [
        f"Set {NEWER} is not used as the latest: it is narrowed (groupid_include: HR)."
    ]
    assert decide(facts, "web02", "verify_notes") == []


@pytest.mark.parametrize("question", ["verify_notes", "restore_notes"])
@pytest.mark.parametrize(
    ("fields", "notes"),
    [
        ({"narrowed": ["groupid_include: HR"]}, [f"Set {SET} of hq is narrowed (groupid_include: HR)."]),
        (
            {"narrowed": None},
            [f"Set {SET} of hq may be narrowed (the part of web01 is complete, or too long to be listed)."],
        ),
        ({"narrowed": []}, []),
    ],
)
def test_a_narrowed_set_that_is_named_by_its_id_is_reported(
    question: str, fields: dict[str, t.Any], notes: list[str]
) -> None:
    role = question.partition("_")[0]
    facts = holding(run("web01", "web02", role=role, set_id=SET), **{"members": ["web01"], **fields})
    assert decide(facts, "web01", question) == notes
    assert decide(facts, "web02", question) == []


def test_what_a_run_makes_smaller_is_found_against_the_inventory() -> None:
    facts = run("web01", include=["HR"])
    assert decide(facts, "web01", "narrowed") == []
    facts["web01"]["__groupid_asked"]["usual"] = run_facts.asked("hq")
    assert decide(facts, "web01", "narrowed") == ["groupid_include: HR"]
    [note] = decide(facts, "web01", "backup_notes")
    assert "narrowed by groupid_include: HR" in note


def test_what_the_inventory_leaves_out_is_the_scope() -> None:
    assert decide(run("web01"), "web01", "scope") is None
    assert decide(run("web01", include=["HR"]), "web01", "scope") == {"include": ["HR"]}
    assert decide(run("web01", exclude_defaults=list(products.DEFAULT_EXCLUDES)), "web01", "scope") is None
    assert decide(run("web01", exclude_defaults=[]), "web01", "scope") == {"exclude_defaults": []}
    facts = run("web01", include=["HR"])
    facts["web01"]["__groupid_asked"]["usual"] = run_facts.asked("hq", components=["reports"])
    assert decide(facts, "web01", "scope") == {"components": ["reports"]}


def test_notes_of_a_backup_name_no_host_of_their_own() -> None:
    facts = run("web01", outside=["web02"], set_id=SET)
    facts["web01"]["__groupid_probe"]["backup_root"]["writable_by"] = ["BUILTIN\\Users"]
    facts["web01"]["__groupid_review"]["hq"]["versions"] = {"10.0": ["web01"], "11.0": ["web02"]}
    versions, root, members = decide(facts, "web01", "backup_notes")
    assert "10.0 on web01; 11.0 on web02" in versions
    assert "BUILTIN\\Users" in root
    assert "does not include web02" in members
    assert decide(run("web01"), "web01", "backup_notes") == []


REPORTS = {"reports": "\\\\nas01\\reports"}


def test_a_component_on_a_share_is_saved_by_the_first_server() -> None:
    facts = run("web01", "web02", components=["reports", "schedules"], component_paths=REPORTS)
    assert decide(facts, "web01", "backup_components") == ["reports", "schedules"]
    assert decide(facts, "web02", "backup_components") == ["schedules"]
    assert decide(facts, "web01", "backup_notes") == []
    assert decide(facts, "web02", "backup_notes") == ["reports is on a share, and web01 saves it."]
    facts = run("web01", "web02", component_paths=REPORTS)
    assert decide(facts, "web01", "backup_components") is None
    usual = products.default_components("10.0")
    assert decide(facts, "web02", "backup_components") == [name for name in usual if name != "reports"]


def test_a_server_of_which_nothing_else_is_asked_saves_the_shared_component_too() -> None:
    facts = run("web01", "web02", components=["reports"], component_paths=REPORTS)
    assert decide(facts, "web02", "backup_components") == ["reports"]
    assert decide(facts, "web02", "backup_notes") == []
    facts = run_facts.ask(facts, folders=[{"name": "own", "path": "D:\\Own"}])
    assert decide(facts, "web02", "backup_components") == []
    assert decide(facts, "web02", "backup_notes") == ["reports is on a share, and web01 saves it."]


def test_no_component_is_left_to_a_server_that_does_not_save_it() -> None:
    facts = run("web01", "web02", component_paths=REPORTS)
    facts["web01"]["__groupid_asked"]["components"] = ["schedules"]
    assert decide(facts, "web02", "backup_components") is None


def test_a_component_on_a_share_of_which_each_server_chooses_other_files_is_saved_by_each() -> None:
    facts = run("web01", "web02", components=["reports", "schedules"], component_paths=REPORTS)
    facts["web01"]["__groupid_asked"]["exclude"] = ["HR/**"]
    assert decide(facts, "web02", "backup_components") == ["reports", "schedules"]
    assert decide(facts, "web02", "backup_notes") == []
    facts["web02"]["__groupid_asked"]["exclude"] = ["hr\\**"]
    assert decide(facts, "web02", "backup_components") == ["schedules"]


def shared_reports(**held: dict[str, str]) -> Facts:
    """Servers that restore their own parts, which hold these components."""
    facts = run(*held, role="restore", set_id=SET)
    for host, components in held.items():
        saved_as(facts, host, part(host, components=components))
        facts[host]["__groupid_source"] = {"server": host, "mapped": False}
    return facts


def saved_as(facts: Facts, host: str, held: dict[str, t.Any], **chosen: t.Any) -> None:
    """Let a host list its part. All components were on a share, except schedules. chosen: what differs for each."""
    places = {name: "D:\\Schedules" if name == "schedules" else f"\\\\nas01\\{name}" for name in held["components"]}
    usual = {"include": [], "exclude": [], "required": True}
    selection = {name: {"source": place, **usual, **chosen} for name, place in places.items()}
    facts[host]["__groupid_probe"] = probe(host, listed({**held, "selection": selection}))


def test_a_component_on_a_share_is_restored_by_the_first_server_whose_part_has_it() -> None:
    both = {"reports": "copied", "schedules": "copied"}
    facts = shared_reports(web01=both, web02=both)
    assert decide(facts, "web01", "restore_components") is None
    assert decide(facts, "web02", "restore_components") == ["schedules"]
    facts = shared_reports(web01={"reports": "absent", "schedules": "copied"}, web02=both)
    assert decide(facts, "web02", "restore_components") is None
    run_facts.ask(facts, components=["reports"])
    assert decide(facts, "web01", "restore_components") == []
    assert decide(facts, "web02", "restore_components") == ["reports"]


def test_another_folder_on_a_share_is_saved_by_each_server_and_restored_by_one() -> None:
    folders = [{"name": "templates", "path": "\\\\nas01\\templates", "include": [], "exclude": []}]
    facts = run("web01", "web02", components=["schedules"], folders=folders)
    assert decide(facts, "web02", "backup_components") == ["schedules"]
    both = {"templates": "copied", "schedules": "copied"}
    facts = shared_reports(web01=both, web02=both)
    assert decide(facts, "web01", "restore_components") is None
    assert decide(facts, "web02", "restore_components") == ["schedules"]


def test_a_folder_on_a_share_of_which_each_server_saved_other_files_is_restored_by_each_in_turn() -> None:
    held = {"templates": "copied"}
    facts = shared_reports(web01=held, web02=held, web03={"schedules": "copied"})
    for host in ("web01", "web02"):
        saved_as(facts, host, part(host, components=held), include=[f"{host}/**"])
    # The variables of today do not say what the parts have.
    run_facts.ask(facts, component_paths={"templates": "\\\\nas02\\templates"})
    hosts = ("web01", "web02", "web03")
    assert [decide(facts, host, "restore_components") for host in hosts] == [None, None, None]
    assert [decide(facts, host, "restores_at_once") for host in hosts] == [1, 1, 0]
    assert decide(facts, "web02", "restore_notes") == []
    saved_as(facts, "web01", part("web01", components=held), include=["WEB02\\**"])
    assert [decide(facts, host, "restore_components") for host in hosts] == [None, [], None]
    assert [decide(facts, host, "restores_at_once") for host in hosts] == [0, 0, 0]
    assert decide(facts, "web02", "restore_notes") == ["templates is on a share, and web01 restores it."]
    facts["web01"]["__groupid_asked"]["exclude"] = ["*.tmp"]
    assert decide(facts, "web02", "restore_components") is None, "web01 restores less of it"


def test_a_part_that_does_not_say_what_was_chosen_is_restored_by_its_own_server() -> None:
    facts = shared_reports(web01={"reports": "copied"}, web02={"reports": "copied"})
    facts["web02"]["__groupid_probe"]["backup_root"]["sets"][0]["parts"][0]["selection"] = None
    assert [decide(facts, host, "restore_components") for host in ("web01", "web02")] == [None, None]


def test_a_component_that_goes_to_a_drive_is_restored_on_each_server() -> None:
    facts = shared_reports(web01={"reports": "copied"}, web02={"reports": "copied"})
    assert decide(facts, "web02", "restore_components") == []
    run_facts.ask(facts, restore_targets={"reports": "D:\\Restored"})
    assert decide(facts, "web02", "restore_components") is None


def test_the_part_of_an_earlier_run_is_taken() -> None:
    facts = holding(run("web01"), sealed=False)
    assert (listing.taken_part(facts, "web01") or {})["set_path"] == f"D:\\Backups\\hq\\{SET}"
    facts["web01"]["__groupid_asked"]["set_id"] = ""
    assert listing.taken_part(facts, "web01") is None


def room_of_database(facts: Facts, **asked: t.Any) -> tuple[str, str, t.Any]:
    """Return host, root and free space of the place of the database's backup, by a preflight of web01."""
    run_facts.ask(facts, sql_server="SQL01.corp.example", sql_database="GroupID", **asked)
    holder, path = decide(facts, "web01", "database_holder"), decide(facts, "web01", "database_root")
    facts["web01"]["__groupid_database"] = {"holder": holder, "root": path, "mode": asked["sql_backup_mode"]}
    facts["web01"]["__groupid_sql"] = {
        "database": {"used_bytes": 10**12},
        "folder": {"path": "D:\\Dumps", "free_bytes": 5},
    }
    [room] = decide(facts, "web01", "predictions")["hq"]["rooms"]
    return room["host"], room["root"], room["free_bytes"]


def test_space_for_the_database_is_that_of_the_computer_that_gets_its_backup() -> None:
    facts = run("web01", "web02")
    # A root of web01 on a drive of the same letter says nothing about it.
    external = {"sql_backup_mode": "external", "sql_backup_dir": "D:\\Dumps"}
    assert room_of_database(facts, **external) == ("sql01.corp.example", "D:\\Dumps", 5)
    host = {"sql_backup_mode": "host", "sql_host": "sql01"}
    facts["sql01"] = {"groupid_backup_root": "%ProgramData%\\B"}
    assert room_of_database(facts, **host) == ("sql01", "%ProgramData%\\B", None)
    facts["web01"]["__groupid_probe_away"] = {"unreachable": True, "msg": "no route"}
    assert room_of_database(facts, **host) == ("sql01", "%ProgramData%\\B", None)
    facts["web01"]["__groupid_probe_away"] = probe("sql01", path="C:\\ProgramData\\B", free_bytes=7)
    assert room_of_database(facts, **host) == ("sql01", "C:\\ProgramData\\B", 7)


@pytest.mark.parametrize(
    ("changes", "members", "notes"),
    [
        ({}, None, 1),
        ({}, ["database", "web01"], 0),
        ({"sql_backup_mode": "unc"}, None, 0),
    ],
)
def test_a_part_of_the_database_that_nobody_names_is_reported_as_not_verified(
    changes: dict[str, t.Any], members: list[str] | None, notes: int
) -> None:
    asked = {"sql_backup_mode": "host", "sql_host": "sql01", **changes}
    facts = holding(run("web01", "web02", role="verify", set_id=SET, **asked), members=members)
    for host in ("web01", "web02"):
        facts[host]["__groupid_verify_set"] = SET
    found = decide(facts, "web01", "verify_notes")
    assert len(found) == notes
    assert not found or "sql01 was not verified" in found[0]
    assert decide(facts, "web02", "verify_notes") == []


HOST = {"sql_server": "sql01", "sql_backup_mode": "host", "sql_host": "sql01"}
NO_BACKUP = f"Set {SET} of hq has no backup of the database, so it was not restored."
UNKNOWN = (
    f"Set {SET} of hq does not say that it has the database. A part of it on sql01 was not restored. The set is not "
    f"sealed, so it is not known whether it has one. If hq\\{SET}\\database is below the backup root of sql01, restore "
    "its files with the module identityops.groupid.groupid_sql_restore."
)


@pytest.mark.parametrize(
    ("asked", "members", "notes"),
    [
        (HOST, None, [UNKNOWN]),
        (HOST, ["web01", "web02"], [NO_BACKUP]),
        (HOST, ["database", "web01", "web02"], []),
        ({**HOST, "sql_backup_mode": "unc"}, None, [NO_BACKUP]),
        ({**HOST, "sql_backup_mode": "unc"}, ["web01", "web02"], [NO_BACKUP]),
        ({**HOST, "sql_server": ""}, None, []),
        ({"sql_server": ""}, ["web01", "web02"], []),
        ({**HOST, "components": ["reports"]}, None, []),
        ({**HOST, "components": ["reports"]}, ["web01", "web02"], []),
    ],
)
def test_a_database_that_is_not_restored_is_reported_with_the_reason(
    asked: dict[str, t.Any], members: list[str] | None, notes: list[str]
) -> None:
    facts = holding(
        run("web01", "web02", role="restore", **asked), members=members, sealed=bool(members), decider="web01"
    )
    assert decide(facts, "web01", "restore_notes") == notes
    assert decide(facts, "web02", "restore_notes") == []


def test_a_database_that_is_restored_has_no_note() -> None:
    facts = holding(run("web01", "web02", role="restore", **HOST), "database", sealed=False)
    assert decide(facts, "web01", "restore_notes") == []


def test_a_run_of_some_servers_does_not_look_for_the_database() -> None:
    facts = holding(run("web01", outside=["web02"], role="restore", **HOST), sealed=False)
    assert decide(facts, "web01", "restore_notes") == []


def test_a_set_that_an_earlier_restore_made_never_has_the_database() -> None:
    safety = f"{SET}-before-restore"
    facts = run("web01", role="restore", **HOST)
    loose = listed(part("web01"), set_id=safety, sealed=False, members=None)
    facts["web01"]["__groupid_probe"] = probe("web01", loose)
    facts["web01"]["__groupid_asked"]["set_id"] = safety
    assert decide(facts, "web01", "restore_notes") == [NO_BACKUP.replace(SET, safety)]
