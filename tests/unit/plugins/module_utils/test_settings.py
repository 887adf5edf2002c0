# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is given is understood, or refused with the value as it was given."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from ansible_collections.identityops.groupid.plugins.module_utils import settings, signature
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import ROLES
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.words import BY_NAME, WORDS

HOST = {"groupid_deployment": "hq", "groupid_backup_root": "D:\\Backups"}
SHARE = {"groupid_deployment": "hq", "groupid_backup_root": "\\\\nas01\\backup"}
SERVER = {
    **SHARE,
    "groupid_sql_server": "sql01",
    "groupid_sql_database": "GroupID",
    "groupid_sql_username": "backup",
    "groupid_sql_password": "hunter2",
}


def values(role: str = "backup", **variables: Any) -> dict[str, Any]:
    """What a host's variables mean, when nothing is wrong with them."""
    understood = settings.understand({**HOST, **variables}, role)
    assert [str(failure) for failure in understood.failures] == []
    return understood.values


def refusals(variables: dict[str, Any], role: str = "backup") -> list[str]:
    found = settings.understand(variables, role).failures
    assert all(failure.code == "variable" for failure in found)
    return [str(failure) for failure in found]


def refusal(role: str = "backup", **variables: Any) -> str:
    """The one thing that is wrong with a host's variables."""
    [found] = refusals({**HOST, **variables}, role)
    assert "\n" not in found
    return found


@pytest.mark.parametrize("role", ROLES)
def test_nothing_given_is_the_defaults(role: str) -> None:
    expected = {word.key: word.default_in(role) for word in WORDS if not word.secret}
    assert values(role) == {**expected, "deployment": "hq", "backup_root": "D:\\Backups"}
    empty = {word.name: "  " for word in WORDS if not word.required}
    assert values(role, **empty) == values(role)
    assert values(role, **dict.fromkeys(empty)) == values(role)


def test_a_word_that_does_not_concern_the_role_is_not_looked_at() -> None:
    assert values("verify", groupid_threads="many", groupid_sql_database="GroupID") == values("verify")


def test_a_role_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="backups"):
        settings.understand(HOST, "backups")


@pytest.mark.parametrize(
    ("name", "value", "meaning"),
    [
        ("groupid_components", "reports", ["reports"]),
        ("groupid_components", " reports , Elasticsearch,,", ["reports", "elasticsearch"]),
        ("groupid_components", '["reports", "elasticsearch"]', ["reports", "elasticsearch"]),
        ("groupid_components", "[reports,elasticsearch]", ["reports", "elasticsearch"]),
        ("groupid_components", "['reports', 'elasticsearch']", ["reports", "elasticsearch"]),
        ("groupid_components", "reports\nelasticsearch\n", ["reports", "elasticsearch"]),
        ("groupid_components", ("reports", " reports "), ["reports"]),
        ("groupid_include", "HR Portal, [ab]*", ["HR Portal", "[ab]*"]),
        ("groupid_include", ["a, b", "", None], ["a, b"]),
        ("groupid_include", 2024, ["2024"]),
        ("groupid_exclude_defaults", [], []),
        ("groupid_exclude_defaults", "[]", []),
        ("groupid_deployments", "HQ,branch*", ["hq", "branch*"]),
        ("groupid_deployments", [42], ["42"]),
        ("groupid_deployment", 42, "42"),
        ("groupid_deployment", 1.5, "1.5"),
        ("groupid_deployment", " HQ ", "hq"),
        ("groupid_deployment_servers", "WEB01.corp.example,web02", ["web01.corp.example", "web02"]),
        ("groupid_hosts", ["web", "db"], "web,db"),
        ("groupid_hosts", "web:!old", "web:!old"),
        ("groupid_version", 10.0, "10.0"),
        ("groupid_version", 10, "10.0"),
        ("groupid_version", "9", "9.0"),
        ("groupid_version", " 11.0 ", "11.0"),
        ("groupid_version", "AUTO", "auto"),
        ("groupid_backup_root", "D:/Backups/", "D:\\Backups"),
        ("groupid_backup_root", "D:\\", "D:\\"),
        ("groupid_backup_root", "//nas01/backup/", "\\\\nas01\\backup"),
        ("groupid_set_id", "20261122t150405z-Before-11", "20261122T150405Z-before-11"),
        ("groupid_set_label", "Before-11", "before-11"),
        ("groupid_set_label", datetime.date(2026, 11, 22), "2026-11-22"),
        ("groupid_threads", "4", 4),
        ("groupid_threads", 4.0, 4),
        ("groupid_parallel_deployments", " 2 ", 2),
        ("groupid_retry_wait", "1.5", 1.5),
        ("groupid_retry_wait", 2, 2.0),
        ("groupid_sql_compression", True, "on"),
        ("groupid_sql_compression", False, "off"),
        ("groupid_sql_compression", "OFF", "off"),
        (
            "groupid_component_paths",
            "reports=E:/Reports,Schedules=F:\\S\\",
            {"reports": "E:\\Reports", "schedules": "F:\\S"},
        ),
        ("groupid_component_paths", '{"reports": "E:\\\\Reports"}', {"reports": "E:\\Reports"}),
        ("groupid_component_paths", "{reports: E:\\Reports}", {"reports": "E:\\Reports"}),
        ("groupid_component_paths", '{"reports": "E:\\Moved"}', {"reports": "E:\\Moved"}),
        ("groupid_network_username", None, None),
        (
            "groupid_folders",
            '[{"name": "Web", "path": "D:/Web", "required": "no"}]',
            [{"name": "web", "path": "D:\\Web", "required": False, "include": [], "exclude": []}],
        ),
        (
            "groupid_folders",
            {"name": "web", "path": "D:\\Web", "include": "a,b"},
            [{"name": "web", "path": "D:\\Web", "required": True, "include": ["a", "b"], "exclude": []}],
        ),
        ("groupid_domains", "Corp.example", [{"name": "corp.example"}]),
        ("groupid_domains", [{"name": "corp.example", "port": "636"}], [{"name": "corp.example", "port": 636}]),
        ("groupid_allow_open_roots", "D:/Backups/", ["D:\\Backups"]),
    ],
)
def test_what_is_plain_is_understood(name: str, value: Any, meaning: Any) -> None:
    assert values(**{name: value})[BY_NAME[name].key] == meaning


@pytest.mark.parametrize("text", ["yes", "True", "ON", " 1 ", "y", 1, True])
def test_texts_for_true(text: Any) -> None:
    assert values(groupid_link_unchanged=text)["link_unchanged"] is True


@pytest.mark.parametrize("text", ["no", "False", "OFF", "0", "n", 0, False])
def test_texts_for_false(text: Any) -> None:
    assert values(groupid_verify_after=text)["verify_after"] is False


@pytest.mark.parametrize(
    ("name", "value", "meaning"),
    [
        ("groupid_restore_confirm", "HQ/20261122t150405z", ["hq/20261122T150405Z"]),
        ("groupid_restore_confirm", "20261122T150405Z", ["20261122T150405Z"]),
        (
            "groupid_restore_confirm",
            "a/20261122T150405Z,b/20261122T150405Z",
            ["a/20261122T150405Z", "b/20261122T150405Z"],
        ),
        ("groupid_restore_map", "WEB01=web02.corp.example", {"web01": "web02.corp.example"}),
        ("groupid_restore_map", "web01: web02, web03: web04", {"web01": "web02", "web03": "web04"}),
        ("groupid_restore_overwrite", "if_changed", "if-changed"),
        ("groupid_restore_targets", {"old_folder_of_ours": "E:/x"}, {"old_folder_of_ours": "E:\\x"}),
        ("groupid_sql_login_map", "dbo=sa", {"dbo": "sa"}),
        ("groupid_ldif_groups", "CN=a,DC=corp,DC=example", ["CN=a,DC=corp,DC=example"]),
        (
            "groupid_ldif_groups",
            "CN=a\\,b,DC=corp,DC=example,CN=c,OU=d,DC=corp,DC=example",
            ["CN=a\\,b,DC=corp,DC=example", "CN=c,OU=d,DC=corp,DC=example"],
        ),
        (
            "groupid_ldif_exclude_groups",
            "6f9619ff-8b86-d011-b42d-00c04fc964ff,CN=a,DC=x",
            ["6f9619ff-8b86-d011-b42d-00c04fc964ff", "CN=a,DC=x"],
        ),
        ("groupid_components", ["a_folder_of_long_ago"], ["a_folder_of_long_ago"]),
    ],
)
def test_the_variables_of_a_restore_are_understood(name: str, value: Any, meaning: Any) -> None:
    assert values("restore", **{name: value})[BY_NAME[name].key] == meaning


def test_only_verify_knows_the_latest_set() -> None:
    assert values("verify", groupid_set_id="Latest")["set_id"] == "latest"
    assert values("verify", groupid_verify_mode=" 2 / 7 ")["verify_mode"] == "2/7"
    for role in ("preflight", "backup", "restore"):
        assert "groupid_set_id must be the id of a set" in refusal(role, groupid_set_id="latest")


@pytest.mark.parametrize(
    ("name", "value", "parts"),
    [
        (
            "groupid_threads",
            "many",
            ["groupid_threads must be a whole number from 0 to 256", 'it is "many"', "groupid_threads: 4"],
        ),
        ("groupid_threads", -1, ["from 0 to 256: it is -1."]),
        ("groupid_threads", 1.5, ["it is 1.5."]),
        ("groupid_threads", True, ["it is true."]),
        ("groupid_retries", 101, ["from 0 to 100: it is 101."]),
        ("groupid_retry_wait", "0,5", ["must be a number from 0 to 60", 'it is "0,5"']),
        ("groupid_retry_wait", "nan", ['it is "nan"']),
        ("groupid_parallel_deployments", "-1", ["of at least 0", 'it is "-1"']),
        ("groupid_link_unchanged", "maybe", ["must be true or false", 'it is "maybe"']),
        ("groupid_link_unchanged", 2, ["it is 2."]),
        (
            "groupid_backup_root",
            "D:",
            [
                'groupid_backup_root must be a full path: it is "D:", which depends',
                "Did you mean D:\\GroupIDBackups?",
            ],
        ),
        ("groupid_version", 12.0, ["must be one of auto, 9.0, 10.0, 11.0: it is 12.0."]),
        ("groupid_version", "atuo", ['it is "atuo"', "Did you mean auto?"]),
        ("groupid_deployment", True, ["must be a text: it is true.", "Put it in quotes"]),
        ("groupid_deployment", "h/q", ['it is "h/q"']),
        ("groupid_deployment", ["hq"], ['it is ["hq"]']),
        (
            "groupid_deployment_servers",
            "10.0.0.1",
            ["item 1 must be the name of a computer, not an address", '"10.0.0.1"'],
        ),
        ("groupid_set_id", "2026-11-22", ['it is "2026-11-22"', "-e groupid_set_id=20261122T150405Z"]),
        ("groupid_set_label", "before 11", ['it is "before 11"']),
        ("groupid_components", "report", ['groupid_components names "report"', "Did you mean reports?"]),
        ("groupid_components", {"reports": 1}, ["must be a list", 'it is {"reports": 1}']),
        ("groupid_components", True, ["must be a list", "it is true."]),
        ("groupid_components", [], ["groupid_components names nothing"]),
        ("groupid_components", ",", ["groupid_components names nothing"]),
        ("groupid_component_paths", {"report": "E:\\x"}, ["Did you mean reports?"]),
        ("groupid_component_paths", "E:\\Reports", ['"E:\\Reports"']),
        ("groupid_component_paths", {"reports": None}, ["groupid_component_paths, reports"]),
        ("groupid_component_paths", ["reports"], ['it is ["reports"]']),
        ("groupid_component_paths", '{"reports": "D:\\backup"}', ["without control characters", "\\u0008"]),
        ("groupid_folders", "D:\\Web", ["must be a list of dictionaries", '"D:\\Web"']),
        ("groupid_folders", [{"name": "web"}], ["groupid_folders, item 1 has no path"]),
        (
            "groupid_folders",
            [{"name": "web", "paht": "D:\\Web"}],
            ['item 1 has an unknown option "paht"', "Did you mean path?"],
        ),
        ("groupid_folders", [{"name": "reports", "path": "D:\\x"}], ["it is a component of GroupID"]),
        ("groupid_folders", ["web"], ["item 1 must be a dictionary with name and path", 'it is "web"']),
        ("groupid_sql_compression", "zip", ["must be one of auto, on, off"]),
        ("groupid_domains", [{"name": "corp example"}], ["item 1, name must be the DNS name", '"corp example"']),
        ("groupid_domains", [{"server": "dc01"}], ["item 1 has no name"]),
        ("groupid_domains", [{"name": "corp.example", "port": 70000}], ["from 1 to 65535: it is 70000."]),
    ],
)
def test_what_is_wrong_is_refused_as_it_was_given(name: str, value: Any, parts: list[str]) -> None:
    message = refusal(**{name: value})
    assert [part for part in parts if part not in message] == []


def test_each_fault_is_reported_once() -> None:
    found = refusals({**HOST, "groupid_threads": "x", "groupid_retries": "y", "groupid_components": "report,reprots"})
    assert len(found) == 4


def test_a_component_of_another_version_is_refused() -> None:
    assert values(groupid_version=11, groupid_components="portals")["components"] == ["portals"]
    assert "not a component of GroupID 11.0" in refusal(groupid_version=11, groupid_components="reports")


def test_folders_are_saved_whatever_is_named() -> None:
    web = [{"name": "web", "path": "D:\\Web"}]
    assert values(groupid_components="reports,web", groupid_folders=web)["components"] == ["reports"]
    assert values(groupid_components=[], groupid_folders=web)["components"] == []
    assert values("restore", groupid_components="web", groupid_folders=web)["components"] == ["web"]


@pytest.mark.parametrize("role", ROLES)
def test_what_is_missing_is_named_with_its_place_and_an_example(role: str) -> None:
    deployment, root = refusals({}, role)
    assert deployment.startswith("groupid_deployment is not set")
    assert "in the variables of the deployment's group" in deployment
    assert deployment.endswith("groupid_deployment: hq")
    assert root.startswith("groupid_backup_root is not set")
    assert root.endswith("groupid_backup_root: D:\\Backups")


def test_a_template_that_does_not_resolve_is_reported_in_ansibles_words() -> None:
    message = refusal(groupid_backup_root=settings.Unreadable("'drive' is undefined.\n"))
    assert message.startswith("groupid_backup_root cannot be read: 'drive' is undefined. ")


def test_secrets_are_in_no_message_and_no_value() -> None:
    secret = "hunter2"
    domain = {"name": "corp.example", "username": "u@corp.example", "password": secret}
    given = {**SERVER, "groupid_network_username": "CORP\\svc", "groupid_network_password": secret}
    understood = settings.understand({**given, "groupid_domains": [domain]}, "backup")
    assert understood.failures == []
    assert secret not in json.dumps(understood.values)
    assert understood.values["domains"] == [{"name": "corp.example", "username": "u@corp.example"}]
    assert settings.read("groupid_domains", json.dumps([domain])) == [domain]
    wrong: list[dict[str, Any]] = [
        {"groupid_network_password": [secret]},
        {"groupid_signing_key": secret},
        {"groupid_signing_key": settings.Unreadable(f"template error in {{{{ '{secret}' | x }}}}")},
        {"groupid_old_signing_keys": secret},
        {"groupid_old_signing_keys": [{"key": secret}]},
        {"groupid_old_signing_keys": {"key": secret}},
        {"groupid_network_password": settings.Unreadable(f"template error in {{{{ '{secret}' | x }}}}")},
        {"groupid_domains": settings.Unreadable(f"template error in {{{{ '{secret}' | x }}}}")},
        {"groupid_domains": [{**domain, "name": ""}]},
        {"groupid_domains": [{**domain, "pasword": secret}]},
        {"groupid_domains": [secret, 1]},
        {"groupid_domains": f'[{{"name": "corp.example", "password": "{secret}"'},
        {"groupid_domains": f"name=corp.example,password={secret}"},
        {"groupid_domains": [{**domain, "password": {"value": secret}}]},
        {"groupid_domains": [{**domain, "server": {"password": secret}}]},
    ]
    for variables in wrong:
        messages = refusals({**given, **variables})
        assert messages
        assert secret not in " ".join(messages)


def test_a_signing_key_is_known_by_its_id_alone() -> None:
    key = "k" * 32
    understood = settings.understand({**SERVER, "groupid_signing_key": f" {key}\n"}, "verify")
    assert (understood.failures, understood.signing_key_id) == ([], signature.key_id(key))
    assert key not in json.dumps(understood.values)
    assert settings.understand({**SERVER, "groupid_old_signing_keys": [key]}, "verify").signing_key_id is None
    [message] = refusals({**SERVER, "groupid_signing_key": key[1:]})
    assert "groupid_signing_key must have at least 32 characters" in message
    assert "openssl rand -hex 32" in message


@pytest.mark.parametrize(
    ("variables", "role", "parts"),
    [
        (
            {**HOST, "groupid_sql_database": "GroupID"},
            "backup",
            ["groupid_sql_database is set and groupid_sql_server is not"],
        ),
        (
            {**HOST, "groupid_sql_database": "GroupID"},
            "restore",
            ["groupid_sql_database is set and groupid_sql_server is not"],
        ),
        (
            {**HOST, "groupid_sql_username": "x", "groupid_sql_port": 1433},
            "preflight",
            ["groupid_sql_port, groupid_sql_username are set"],
        ),
        (
            {**HOST, "groupid_components": "database"},
            "backup",
            ["groupid_components names database", "groupid_sql_server is not set"],
        ),
        (
            {**HOST, "groupid_components": "group_attributes"},
            "backup",
            ["groupid_components names group_attributes", "groupid_domains"],
        ),
        ({**SERVER, "groupid_sql_database": ""}, "backup", ["groupid_sql_database is not"]),
        ({**SERVER, "groupid_sql_password": None}, "backup", ["groupid_sql_password is not", "windows"]),
        ({**SERVER, **HOST}, "backup", ["groupid_sql_backup_mode is unc", '"D:\\Backups"']),
        ({**SERVER, "groupid_sql_backup_mode": "host"}, "backup", ["groupid_sql_host is not set"]),
        ({**SERVER, "groupid_sql_backup_mode": "host"}, "verify", ["groupid_sql_host is not set"]),
        ({**SERVER, "groupid_sql_backup_mode": "external"}, "backup", ["groupid_sql_backup_dir is not set"]),
        ({**HOST, "groupid_network_username": "CORP\\svc"}, "verify", ["groupid_network_password is not"]),
        ({**HOST, "groupid_network_password": "x"}, "backup", ["groupid_network_username is not"]),
        (
            {**HOST, "groupid_domains": [{"name": "a.b", "username": "u"}]},
            "backup",
            ['"a.b" has a username and no password'],
        ),
        ({**HOST, "groupid_domains": [{"name": "a.b"}, {"name": "A.b", "port": 389}]}, "backup", ['"a.b" 2 times']),
        (
            {**HOST, "groupid_domains": [{"name": "corp.example"}], "groupid_ldif_allow_empty": ["corp.exmaple"]},
            "backup",
            ['groupid_ldif_allow_empty names "corp.exmaple"', "groupid_domains", "Did you mean corp.example?"],
        ),
        (
            {**HOST, "groupid_domains": [{"name": "corp.example"}], "groupid_ldif_allow_empty": "lab.test"},
            "preflight",
            ['groupid_ldif_allow_empty names "lab.test"', "The domains are: corp.example"],
        ),
        (
            {**HOST, "groupid_ldif_allow_empty": ["corp.example"]},
            "backup",
            ['groupid_ldif_allow_empty names "corp.example"', "groupid_domains has no domain"],
        ),
        (
            {**HOST, "groupid_restore_targets": {"database": "D:/x"}},
            "restore",
            ['groupid_restore_targets names "database"', "no folder", "SQL Server restores"],
        ),
        (
            {**HOST, "groupid_restore_targets": {"Group_Attributes": "D:/x"}},
            "restore",
            ['groupid_restore_targets names "group_attributes"', "no folder"],
        ),
        (
            {**HOST, "groupid_restore_targets": {"databse": "D:/x"}},
            "restore",
            ['groupid_restore_targets names "databse"', "database", "no folder"],
        ),
        (
            {**HOST, "groupid_component_paths": {"database": "D:/x"}},
            "restore",
            ['groupid_component_paths names "database"', "no folder"],
        ),
        (
            {**HOST, "groupid_folders": [{"name": "w", "path": "D:\\a"}, {"name": "W", "path": "D:\\b"}]},
            "backup",
            ['"w" 2 times'],
        ),
    ],
)
def test_what_is_configured_by_half_is_refused(variables: dict[str, Any], role: str, parts: list[str]) -> None:
    [message] = refusals(variables, role)
    assert [part for part in parts if part not in message] == []


def test_what_is_configured_whole_or_left_out_is_taken() -> None:
    assert refusals(SERVER) == []
    assert (
        refusals({**SERVER, "groupid_sql_password": "", "groupid_sql_username": "", "groupid_sql_auth": "windows"})
        == []
    )
    assert refusals({**HOST, "groupid_sql_database": "GroupID", "groupid_components": "reports"}) == []
    assert refusals({**SERVER, **HOST, "groupid_components": "reports"}) == []
    assert refusals({**SERVER, **HOST}, "restore") == []
    domains = {"groupid_domains": [{"name": "Corp.example"}], "groupid_ldif_allow_empty": "corp.EXAMPLE"}
    assert refusals({**HOST, **domains}) == []
    # Another role's.
    assert refusals({**HOST, "groupid_ldif_allow_empty": ["lab.test"]}, "restore") == []
    assert refusals({**HOST, "groupid_domains": [{"name": "a.b", "username": "u", "password": "p"}]}) == []


def test_a_faulty_variable_brings_no_further_complaint() -> None:
    [message] = refusals({**SERVER, "groupid_sql_server": ["sql01"]})
    assert "groupid_sql_server must be a text" in message


class Vaulted(Sequence[str]):
    """As ansible-core up to 2.18 gives an inline vault value: a sequence of characters that is no text."""

    __ENCRYPTED__ = True

    def __init__(self, text: str = "hunter2") -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __len__(self) -> int:
        return len(self.text)

    def __getitem__(self, place: Any) -> str:
        return self.text[place]


def test_what_comes_out_of_a_vault_is_read_and_not_shown() -> None:
    assert values(groupid_deployment=Vaulted())["deployment"] == "hunter2"
    assert settings.read("groupid_sql_password", Vaulted()) == "hunter2"
    assert "hunter2" not in refusal(groupid_components={"a": Vaulted()})
    assert "hunter2" not in refusal(groupid_network_username=Vaulted(), groupid_network_password="x")


def test_old_signing_keys_may_be_vaulted_one_by_one_or_together() -> None:
    keys = ["a" * 32, "b" * 32]
    for stored in (keys, ",".join(keys), [Vaulted(key) for key in keys], Vaulted(json.dumps(keys))):
        assert settings.read("groupid_old_signing_keys", stored) == keys


def test_one_variable_can_be_read_alone() -> None:
    assert settings.read("groupid_components", "reports") == ["reports"]
    assert settings.read("groupid_deployment", None) is None
    with pytest.raises(ValueError, match="groupid_threads must be a whole number"):
        settings.read("groupid_threads", "many")


def test_the_deployment_as_an_extra_variable_is_refused_with_the_line_that_is_meant() -> None:
    [failure] = settings.refused_extra({"groupid_deployment": "hq", "groupid_set_id": "x"})
    assert "-e groupid_deployments=hq" in failure.next
    [failure] = settings.refused_extra(["groupid_deployment"])
    assert "-e groupid_deployments=NAME" in failure.next
    [failure] = settings.refused_extra({"groupid_deployment": "hq; rm -rf /"})
    assert "rm -rf" not in str(failure)
    assert settings.refused_extra({"groupid_deployments": "hq"}) == []


def test_the_servers_of_a_deployment_as_an_extra_variable_are_refused() -> None:
    deployment, servers = settings.refused_extra(["groupid_deployment_servers", "groupid_deployment"])
    assert deployment.what.startswith("groupid_deployment was")
    assert servers.what == "groupid_deployment_servers was given with -e"
    assert "--limit" in servers.next


@pytest.mark.parametrize(
    ("inventory", "effective", "refused"),
    [
        (("hq", ["web01", "web02"]), ("hq", ["web01"]), True),
        (("hq", []), ("hq", ["web01"]), True),
        (("hq", ["web01"]), ("hq", ["web01"]), False),
        ((None, []), ("hq", ["web01"]), False),  # the play alone knows the deployment
        ((None, []), (None, []), False),
    ],
)
def test_only_the_inventory_names_the_servers_of_its_deployments(
    inventory: tuple[str | None, list[str]], effective: tuple[str | None, list[str]], refused: bool
) -> None:
    def values(known: tuple[str | None, list[str]]) -> dict[str, object]:
        return {"deployment": known[0], "deployment_servers": known[1]}

    found = settings.refused_outside(values(inventory), values(effective), inventory[0] or "")
    assert [failure.what for failure in found] == [
        "groupid_deployment_servers is not as in the inventory: a play or a task sets it"
    ] * refused


@pytest.mark.parametrize(("declared", "servers"), [("", []), ("branch", []), ("branch", ["web01"])])
def test_a_play_makes_no_host_a_member_that_a_limited_run_does_not_know(declared: str, servers: list[str]) -> None:
    effective = {"deployment": "hq", "deployment_servers": servers}
    [failure] = settings.refused_outside({"deployment_servers": servers}, effective, declared)
    assert failure.what == "groupid_deployment is not as in the inventory: a play or a task sets it"


def test_no_next_step_says_what_is_refused() -> None:
    [servers] = settings.understand({**HOST, "groupid_deployment_servers": "10.0.0.1"}, "backup").failures
    assert "in the variables of the host or its group, for example" in servers.next
    [retries] = settings.understand({**HOST, "groupid_retries": "many"}, "backup").failures
    assert "or its group, or with -e, for example" in retries.next


def test_a_name_of_nobodys_is_shown_without_what_a_terminal_obeys() -> None:
    [failure] = settings.unknown(["groupid_\x1b[31mx"])
    assert "\x1b" not in str(failure)


TEXT = st.text("ab19 ,;:=.[]{}\"'\\/*\n\x1b\u00e9\u202e", max_size=12) | st.sampled_from(
    ["name", "path", "corp.example", "D:\\x", "reports", "latest", "20261122T150405Z"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


@tries(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([word.name for word in WORDS]), ANYTHING), st.sampled_from(ROLES))
def test_nothing_that_is_given_raises_or_means_two_things(variables: dict[str, Any], role: str) -> None:
    understood = settings.understand({**HOST, **variables}, role)
    assert set(understood.values) == {word.key for word in WORDS if not word.secret}
    for failure in understood.failures:
        assert str(failure).isprintable()
    if not understood.failures:
        again = {f"groupid_{key}": value for key, value in understood.values.items()}
        secrets = {word.name: variables.get(word.name) for word in WORDS if word.secret}
        assert settings.understand({**again, **secrets}, role).values == understood.values


def test_what_a_workflow_hands_on_of_an_earlier_run_is_no_mistake() -> None:
    """AWX gives the custom stats of a job to the next one as variables."""
    assert settings.unknown(["groupid_run"]) == []
    [failure] = settings.unknown(["groupid_runs"])
    assert failure.code == settings.UNKNOWN


def test_what_must_be_known_before_the_hosts_is_refused_in_their_variables() -> None:
    told = settings.unused_in_playbooks({"groupid_hosts", "groupid_run_file", "groupid_deployment"})
    assert [failure.what.split()[0] for failure in told] == ["groupid_hosts", "groupid_run_file"]
    assert settings.unused_in_playbooks({"groupid_deployment"}) == []
