# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hurried administrator, a survey or a nightly job gets wrong costs nothing: it is refused, with what helps.

Each mistake is a command as somebody types it, on a fleet whose two deployments have a sealed set each under one id.
"""

from __future__ import annotations

import collections.abc as c
import concurrent.futures
import dataclasses
import os
import re
import shlex
import typing as t

import pytest
from integration.controller import Run
from integration.screen_lines import to_read
from integration.two_deployments import STATE_FOLDER, Edit, Scene, scene

from lab import snapshot

OTHER_SET = "20261122T150405Z"


@dataclasses.dataclass(frozen=True)
class Mistake:
    """One command that must be refused.

    typed: the playbook and its options, as after ``ansible-playbook -i inventory.yml``. ``THE_SET`` is the set of both
      deployments.
    says: what the message must have: the name and the value as typed, why, what to do. ``THE_SET`` as in ``typed``.
    edit: of the inventory. environment: of the command. faults: how many things are wrong.
    waits_for: a part of the product that is not built yet.
    """

    name: str
    typed: str
    says: tuple[str, ...]
    edit: Edit | None = None
    environment: c.Mapping[str, str] = dataclasses.field(default_factory=dict)
    faults: int = 1


def servers(**variables: t.Any) -> Edit:
    """Set variables of all servers; None takes one away."""
    return lambda document: _set(document["all"]["children"]["groupid"]["vars"], variables)


def deployment(name: str, **variables: t.Any) -> Edit:
    """Set variables of a deployment's servers."""
    return lambda document: _set(_group(document, name)["vars"], variables)


def host(name: str, **variables: t.Any) -> Edit:
    """Set variables of one server."""

    def edit(document: dict[str, t.Any]) -> None:
        for group in document["all"]["children"]["groupid"]["children"].values():
            if name in group["hosts"]:
                _set(group["hosts"][name], variables)

    return edit


def domain(**options: t.Any) -> Edit:
    """Set options of hq's domain."""
    return lambda document: _set(_group(document, "hq")["vars"]["groupid_domains"][0], options)


def _group(document: dict[str, t.Any], deployment: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", document["all"]["children"]["groupid"]["children"][f"deployment_{deployment}"])


def _set(place: dict[str, t.Any], variables: dict[str, t.Any]) -> None:
    for name, value in variables.items():
        place.pop(name, None)
        if value is not None:
            place[name] = value


def rename_the_group(document: dict[str, t.Any]) -> None:
    """Call the group of all servers otherwise than the playbooks do."""
    children = document["all"]["children"]
    children["GroupID_servers"] = children.pop("groupid")


def empty_the_group(document: dict[str, t.Any]) -> None:
    """Leave no server in the group."""
    document["all"]["children"]["groupid"]["children"] = {}


def one_computer_twice(document: dict[str, t.Any]) -> None:
    """Name web01's computer as web02."""
    hosts = _group(document, "hq")["hosts"]
    hosts["web02"] = dict(hosts["web01"])


RESTORE = "restore -e groupid_set_id=THE_SET"
CONFIRMED = RESTORE + " -e groupid_deployments=hq -e groupid_restore_confirm=hq/THE_SET"

MISTAKES: tuple[Mistake, ...] = (
    # Who is meant.
    Mistake("wrong group", "backup -e groupid_hosts=groupd", ("groupid_hosts names 'groupd'", "Did you mean groupid?")),
    Mistake("group has another name", "backup", ("groupid_hosts names 'groupid'", "GroupID_servers"), rename_the_group),
    Mistake("group is empty", "backup", ("'groupid' matches no host", "Add hosts"), empty_the_group),
    # Ansible itself refuses this, before it reads the playbook.
    Mistake("wrong limit", "backup --limit web03", ("Could not match supplied host pattern", "web03")),
    Mistake(
        "one wrong name in the limit", "backup --limit web01,web03", ("--limit names 'web03'", "Did you mean web0")
    ),
    Mistake("limit outside of the group", "backup --limit sql01", ("--limit sql01", "no host of groupid")),
    Mistake("no such inventory", "backup -i inventry.yml", ("groupid_hosts names 'groupid'", "or the inventory (-i)")),
    Mistake(
        "wrong deployment", "backup -e groupid_deployments=hqq", ("groupid_deployments names 'hqq'", "Did you mean hq?")
    ),
    Mistake(
        "deployment for deployments",
        "backup -e groupid_deployment=hq",
        ("groupid_deployment was given with -e", "groupid_deployments=hq"),
    ),
    Mistake("one server alone", "backup --limit web01", ("does not include web02", "Run again without --limit")),
    Mistake(
        "deployments as a dictionary",
        "backup -e '{groupid_deployments: {hq: true}}'",
        ("groupid_deployments must be a list", '{"hq": true}'),
    ),
    # Names of variables.
    Mistake(
        "misspelled with -e",
        "backup -e groupid_component=reports",
        ("groupid_component is not a variable", "Did you mean groupid_components?"),
    ),
    Mistake(
        "misspelled in the inventory",
        "backup",
        ("groupid_sql_databse", "Did you mean groupid_sql_database?"),
        servers(groupid_sql_databse="X"),
    ),
    Mistake(
        "in capitals",
        "backup -e GROUPID_COMPONENTS=reports",
        ("GROUPID_COMPONENTS", "Did you mean groupid_components?"),
    ),
    Mistake(
        "no deployment",
        "backup",
        ("groupid_deployment is not set", "groupid_deployment: hq"),
        deployment("hq", groupid_deployment=None),
    ),
    Mistake(
        "no backup root",
        "preflight",
        ("groupid_backup_root is not set", r"groupid_backup_root: D:\Backups"),
        servers(groupid_backup_root=None),
    ),
    Mistake(
        "undefined inside",
        "backup",
        ("groupid_backup_root cannot be read", "'backup_dir' is undefined"),
        servers(groupid_backup_root="{{ backup_dir }}"),
    ),
    Mistake(
        "undefined on one host",
        "backup",
        ("FAILED in plan: web02", "'backup_dir' is undefined"),
        host("web02", groupid_backup_root="{{ backup_dir }}"),
    ),
    # Values.
    Mistake(
        "a survey's component",
        "backup -e groupid_components=report",
        ('groupid_components names "report"', "Did you mean reports?"),
    ),
    Mistake(
        "misspelled database", "backup -e groupid_components=databse,reports", ('"databse"', "Did you mean database?")
    ),
    Mistake(
        "no components at all",
        "backup -e '{groupid_components: []}'",
        ("groupid_components names nothing", "do not set it"),
    ),
    Mistake(
        "only the database",
        "backup -e groupid_deployments=hq -e groupid_components=database",
        ("groupid_components names no component of a server: database", "groupid_sql_backup"),
    ),
    Mistake("maybe", "backup -e groupid_verify_after=maybe", ("groupid_verify_after must be true or false", '"maybe"')),
    Mistake(
        "many threads",
        "backup -e groupid_threads=many",
        ("groupid_threads must be a whole number from 0 to 256", '"many"'),
    ),
    Mistake(
        "no safety sets",
        CONFIRMED + " -e groupid_restore_safety_keep=0",
        ("groupid_restore_safety_keep must be a whole number from 1 to 1000", '"0"'),
    ),
    Mistake(
        "wrong policy",
        CONFIRMED + " -e groupid_restore_policy=miror",
        ("groupid_restore_policy must be one of merge, mirror", '"miror"', "Did you mean mirror?"),
    ),
    Mistake(
        "wrong verify mode",
        "verify -e groupid_verify_mode=8/7",
        ("groupid_verify_mode must be full, quick, or a share", '"8/7"'),
    ),
    Mistake(
        "label with blanks",
        """backup -e '{groupid_set_label: "before upgrade!"}'""",
        ("groupid_set_label must be", '"before upgrade!"'),
    ),
    Mistake(
        "a date for an id",
        "verify -e groupid_set_id=2026-11-22",
        ("groupid_set_id must be the id of a set", '"2026-11-22"'),
    ),
    Mistake(
        "version that is not there",
        "backup -e groupid_deployments=hq",
        ("GroupID 9.0", "this one has: 10.0", "groupid_version"),
        deployment("hq", groupid_version=9),
    ),
    Mistake(
        "version that nobody knows",
        "backup",
        ("groupid_version must be one of auto, 9.0, 10.0", "12"),
        servers(groupid_version=12),
    ),
    Mistake(
        "backslash in JSON",
        r"""backup -e '{"groupid_backup_root": "D:\backups"}'""",
        ("groupid_backup_root must be a text without control characters", "a backslash is written twice"),
    ),
    Mistake(
        "moved component misspelled",
        "backup",
        ('groupid_component_paths names "report"', "Did you mean reports?"),
        deployment("hq", groupid_component_paths={"report": "E:\\Reports"}),
    ),
    Mistake(
        "folder without a path",
        "backup",
        ("groupid_folders, item 1", "path"),
        servers(groupid_folders=[{"name": "web_config"}]),
    ),
    Mistake(
        "folder named as a component",
        "backup",
        ('groupid_folders names "reports"', "groupid_component_paths"),
        servers(groupid_folders=[{"name": "reports", "path": "D:\\X"}]),
    ),
    Mistake(
        "network account without a password",
        "backup",
        (
            "groupid_network_username is set and groupid_network_password is not",
            "shares are opened with both or with neither",
            "Set groupid_network_password too",
        ),
        servers(groupid_network_username="CORP\\svc"),
    ),
    Mistake(
        "network account without a domain",
        "backup",
        ("groupid_network_username must be DOMAIN\\user or user@domain", '"svc"'),
        servers(groupid_network_username="svc", groupid_network_password="secret-of-nobody"),
    ),
    # Folders.
    Mistake(
        "portal that is not there",
        "backup -e groupid_deployments=branch -e groupid_components=self_service_portals -e groupid_include=HR_Portl",
        ("self_service_portals", "No file there matches include 'HR_Portl'", "Correct groupid_include"),
    ),
    Mistake(
        "everything excluded",
        """backup -e '{groupid_components: [reports], groupid_exclude: ["**"]}'""",
        ("exclude leaves none of them", "groupid_exclude"),
        # One of GroupID 9.0 and one of 10.0, in folders of two names.
        faults=2,
    ),
    Mistake(
        "restore of a portal that is not there",
        CONFIRMED + " -e '{groupid_components: [self_service_portals], groupid_include: [HR Portl]}'",
        ("HR Portl", "groupid_include"),
        # On drive C of one server, on drive E of the other.
        faults=2,
    ),
    Mistake(
        "drive without a folder",
        "backup",
        ("groupid_backup_root must be a full path", '"D:"', r"D:\GroupIDBackups"),
        servers(groupid_backup_root="D:"),
    ),
    Mistake(
        "relative folder",
        "backup",
        ("groupid_backup_root must be a full path", '"Backups"'),
        servers(groupid_backup_root="Backups"),
    ),
    Mistake(
        "server without a share",
        "backup",
        ("groupid_backup_root must be a full path", r'"\\nas01"', r"\\nas01\GroupIDBackups"),
        servers(groupid_backup_root=r"\\nas01"),
    ),
    Mistake(
        "backups inside the product",
        "backup -e groupid_deployments=hq",
        ("The backup root cannot be used", "GroupID 10.0", "Set groupid_backup_root to a folder elsewhere"),
        deployment("hq", groupid_backup_root=r"C:\ProgramData\Imanami\GroupID 10.0\Backups"),
    ),
    Mistake(
        "folder saved twice",
        "preflight",
        ("web_reports", "Save each folder once", "groupid_folders"),
        deployment(
            "hq", groupid_folders=[{"name": "web_reports", "path": r"C:\ProgramData\Imanami\GroupID 10.0\Reports"}]
        ),
    ),
    Mistake(
        "one folder for two servers",
        CONFIRMED + " -e '{groupid_restore_targets: {reports: //nas01/backup/scratch}}'",
        ("sends the parts of web01, web02 into the same folder", "Set a different folder for each server"),
    ),
    Mistake(
        "list of a wrong group",
        "list -e groupid_hosts=groupd",
        ("groupid_hosts names 'groupd'", "Did you mean groupid?"),
    ),
    # The fleet.
    Mistake(
        "one computer twice",
        "backup -e groupid_deployments=hq",
        ("web01 and web02 of the inventory are the same computer", "Correct ansible_host"),
        one_computer_twice,
    ),
    Mistake(
        "a member that is not there",
        "backup -e groupid_deployments=hq",
        ("this run does not include web03 of deployment hq", "cannot be sealed", "Run again without --limit"),
        deployment("hq", groupid_deployment_servers=["web01", "web02", "web03"]),
    ),
    Mistake(
        "a host that is no member",
        "backup -e groupid_deployments=hq",
        ("web02 is not one of the servers of deployment hq", "(web01)"),
        deployment("hq", groupid_deployment_servers="web01"),
    ),
    Mistake(
        "labels that differ",
        "backup -e groupid_deployments=hq",
        ("hosts of deployment hq have different settings", "groupid_set_label"),
        host("web02", groupid_set_label="x"),
    ),
    Mistake(
        "wrong password",
        "backup -e groupid_deployments=hq",
        (
            "FAILED in preflight: web01",
            "The host refused the login: 127.0.0.1:",
            "credentials were rejected",
            "user or password is wrong",
            "To find out: on the server: winrm get winrm/config/service",
        ),
        host("web01", ansible_password="guessed"),
    ),
    Mistake(
        "closed port",
        "backup -e groupid_deployments=hq",
        (
            "FAILED in preflight: web01",
            "The host was not reached: 127.0.0.1:1",
            "Connection refused",
            "the inventory has the wrong port",
            "To find out: nc -vz 127.0.0.1 1",
        ),
        host("web01", ansible_port=1),
    ),
    Mistake("become", "backup --become --become-method runas --become-user SYSTEM", ("runas", "ansible_become: false")),
    # The database.
    Mistake(
        "database without a server",
        "preflight",
        ("groupid_sql_database", "groupid_sql_server is not"),
        servers(groupid_sql_server=None),
    ),
    Mistake(
        "server without a database",
        "backup",
        (
            "groupid_sql_server is set and groupid_sql_database is not",
            "a server has many databases",
            "Set it too, for example groupid_sql_database: GroupID",
        ),
        deployment("hq", groupid_sql_database=None),
    ),
    Mistake(
        "server without a login",
        "backup",
        (
            "groupid_sql_username and groupid_sql_password are not",
            "a SQL login has a name and a password",
            "Set both; or set groupid_sql_auth: windows",
        ),
        deployment("hq", groupid_sql_username="", groupid_sql_password=""),
    ),
    Mistake(
        "mode unc on a drive",
        "backup",
        ("groupid_sql_backup_mode is unc", "Use a share"),
        servers(groupid_sql_backup_mode=None),
    ),
    Mistake(
        "mode host without a host",
        "backup",
        (
            "groupid_sql_backup_mode is host and groupid_sql_host is not set",
            "the backup is on the SQL Server's computer",
            "Set it to the inventory host of that computer",
        ),
        servers(groupid_sql_host=None),
    ),
    Mistake(
        "mode external without a folder",
        "backup",
        ("groupid_sql_backup_dir is not set", "E:\\SqlBackups"),
        servers(groupid_sql_backup_mode="external"),
    ),
    Mistake(
        "SQL host that nobody knows",
        "backup",
        ("groupid_sql_host names 'sql02'", "Did you mean sql01?"),
        servers(groupid_sql_host="sql02"),
    ),
    Mistake(
        "wrong SQL password",
        "backup -e groupid_deployments=hq",
        (
            "FAILED in preflight: web01",
            "The database GroupID_hq on 127.0.0.1,",
            "Login failed for user 'sa'. (18456)",
            "Check username and password",
        ),
        deployment("hq", groupid_sql_password="guessed"),
    ),
    Mistake(
        "no such database",
        "backup -e groupid_deployments=hq",
        (
            "FAILED in preflight: web01",
            "The database GroupID_hp on 127.0.0.1 cannot be backed up",
            "has no database of that name, or the login sa may not see it",
            "Correct groupid_sql_database",
        ),
        deployment("hq", groupid_sql_database="GroupID_hp"),
    ),
    Mistake(
        "SQL Server is not there",
        "backup -e groupid_deployments=hq",
        (
            "FAILED in preflight: web01",
            "The database GroupID_hq on 127.0.0.1,1 was not checked",
            "TCP port 1: connection refused",
            "give instance or port",
            "To find out: nc -vz 127.0.0.1 1",
        ),
        deployment("hq", groupid_sql_port=1),
    ),
    # The directory.
    Mistake("domain without a name", "backup", ("groupid_domains, item 1", "name"), domain(name=None)),
    Mistake(
        "domain as a URL",
        "backup",
        ("groupid_domains, item 1, name must be the DNS name of a domain", '"ldap://corp.example"'),
        domain(name="ldap://corp.example"),
    ),
    Mistake(
        "domain with a misspelled option",
        "backup",
        ('groupid_domains, item 1 has an unknown option "user"', "username"),
        domain(user="x"),
    ),
    Mistake(
        "domain without a password",
        "backup",
        ('"corp.example" has a username and no password', "a login needs both", "Set password too"),
        domain(password=None),
    ),
    Mistake(
        "wrong password of the directory",
        "backup -e groupid_deployments=hq -e groupid_ldif_engine=ldap",
        (
            "FAILED in preflight: web01",
            "No session with the directory server 127.0.0.1:",
            "of the domain corp.example: Invalid credentials (49)",
            "Check username and password",
        ),
        domain(password="guessed"),
    ),
    Mistake(
        "base that is not there",
        "backup -e groupid_deployments=hq",
        (
            "FAILED in preflight: web01",
            "The search below OU=Nowhere,DC=corp,DC=example",
            "No such object (32)",
            "For a search, check base",
        ),
        domain(base="OU=Nowhere,DC=corp,DC=example"),
    ),
    Mistake(
        "empty domain with a slip",
        "backup",
        (
            'groupid_ldif_allow_empty names "corp.exmaple"',
            "groupid_domains has no such domain",
            "Did you mean corp.example?",
        ),
        servers(groupid_ldif_allow_empty=["corp.exmaple"]),
    ),
    # Which set.
    Mistake(
        "restore as the README once said",
        RESTORE + " -e groupid_restore_confirm=THE_SET",
        (
            "2 deployments of this run have the set",
            "groupid_deployments=hq",
            "groupid_restore_confirm=hq/THE_SET",
            "groupid_restore_confirm=branch/THE_SET",
        ),
    ),
    Mistake(
        "check mode does not soften it",
        RESTORE + " -e groupid_restore_confirm=THE_SET --check",
        ("2 deployments of this run have the set", "groupid_restore_confirm=hq/THE_SET"),
    ),
    Mistake(
        "restore by a glob",
        RESTORE + " -e 'groupid_deployments=*' -e groupid_restore_confirm=hq/THE_SET,branch/THE_SET",
        (
            "2 deployments of this run have the set",
            "groupid_deployments does not name each of them in full",
            "Choose one: -e groupid_deployments=",
        ),
    ),
    Mistake(
        "restore without a set",
        "restore -e groupid_deployments=hq",
        ("groupid_set_id does not name a set", "Sets of hq: THE_SET"),
    ),
    Mistake(
        "restore the latest",
        "restore -e groupid_deployments=hq -e groupid_set_id=latest -e groupid_restore_confirm=latest",
        ("groupid_set_id must be the id of a set", "latest"),
    ),
    Mistake(
        "restore unconfirmed",
        RESTORE + " -e groupid_deployments=hq",
        ("groupid_restore_confirm is not given", "groupid_restore_confirm=hq/THE_SET"),
    ),
    Mistake(
        "confirmed with yes",
        RESTORE + " -e groupid_deployments=hq -e groupid_restore_confirm=yes",
        ("groupid_restore_confirm", '"yes"', "hq/20261122T150405Z"),
    ),
    Mistake(
        "another one confirmed",
        RESTORE + " -e groupid_deployments=hq -e groupid_restore_confirm=branch/THE_SET",
        ("groupid_restore_confirm is branch/", "hq/THE_SET"),
    ),
    Mistake(
        "another set confirmed",
        RESTORE + " -e groupid_deployments=hq -e groupid_restore_confirm=hq/20261122T150405Z",
        ("groupid_restore_confirm is hq/", "hq/THE_SET"),
    ),
    Mistake(
        "set that is not there",
        f"restore -e groupid_deployments=hq -e groupid_set_id={OTHER_SET} -e groupid_restore_confirm=hq/{OTHER_SET}",
        (f"deployment hq has no set {OTHER_SET}", "Its sets: THE_SET"),
    ),
    Mistake(
        "verify a set that is not there",
        "verify -e groupid_set_id=20261122T150405Z -e groupid_deployments=hq",
        (OTHER_SET, "There is no such set", "identityops.groupid.list"),
    ),
    Mistake(
        "backup into a sealed set",
        "backup -e groupid_set_id=THE_SET",
        ("Nothing can be added to set THE_SET", "it is sealed", "Leave groupid_set_id out"),
    ),
    Mistake(
        "backup into latest",
        "backup -e groupid_set_id=latest",
        ("groupid_set_id must be the id of a set for a backup", "latest"),
    ),
    # What of it, and where to.
    Mistake(
        "map to a server that is not there",
        CONFIRMED + " -e '{groupid_restore_map: {web01: wbe02}}'",
        ("no server of this restore is called wbe02", "Did you mean web02?"),
    ),
    Mistake(
        "map to an address",
        CONFIRMED + " -e '{groupid_restore_map: {web01: 192.0.2.11}}'",
        ("groupid_restore_map", "192.0.2.11", "not an address"),
    ),
    Mistake(
        "map of a part that is not there",
        CONFIRMED + " -e '{groupid_restore_map: {web07: web02}}'",
        ("the set has no part of web07", "Known names: "),
    ),
    Mistake(
        "map to another deployment",
        CONFIRMED + " -e '{groupid_restore_map: {web01: old01}}'",
        ("no server of this restore is called old01", "Known names: web01, web02"),
    ),
    Mistake(
        "two parts to one server",
        CONFIRMED + " -e '{groupid_restore_map: {web01: web02, web02: web02}}'",
        ("sends more than one part to web02", "can restore only one part", "keep one of these entries"),
    ),
    Mistake(
        "target misspelled",
        CONFIRMED + """ -e '{groupid_restore_targets: {report: "D:/Elsewhere"}}'""",
        ('groupid_restore_targets names "report"', "Did you mean reports?"),
    ),
    Mistake(
        "folder for the database",
        CONFIRMED + """ -e '{groupid_restore_targets: {database: "D:/Elsewhere"}}'""",
        ('groupid_restore_targets names "database"', "it has no folder on a server of GroupID", "Remove it."),
    ),
    Mistake(
        "component that the set has not",
        CONFIRMED + " -e groupid_components=schedules",
        (
            "The restore was not started",
            "groupid_components names schedules, which set THE_SET does not have",
            "It has: ",
            "correct groupid_components",
        ),
    ),
    Mistake(
        "group with a slip in its domain",
        CONFIRMED
        + " -e groupid_components=group_attributes -e groupid_ldif_exclude_groups=CN=Sales,DC=corp,DC=exmaple",
        (
            "The restore of group attributes was not started",
            "exclude_groups names CN=Sales,DC=corp,DC=exmaple",
            "groupid_domains has no domain corp.exmaple",
            "Correct groupid_ldif_exclude_groups",
        ),
    ),
    # Switches of Ansible.
    Mistake("tags", "backup --tags backup", ("no task of the plan ran", "tags backup", "Run again without --tags")),
    Mistake("tags to skip", "backup --skip-tags all", ("no task of the plan ran", "Run again without")),
    Mistake(
        "tags of the environment",
        "backup",
        ("no task of the plan ran", "nightly", "ANSIBLE_RUN_TAGS"),
        environment={"ANSIBLE_RUN_TAGS": "nightly"},
    ),
    Mistake(
        "start at a task",
        "backup --start-at-task 'Copy the folders of each server into its part of the set'",
        ("--start-at-task", "skips the plan", "Run again without it"),
    ),
    # More than one at once: each is reported.
    Mistake(
        "three at once",
        "backup -e groupid_component=reports -e groupid_threads=many -e groupid_verify_after=maybe",
        ("Did you mean groupid_components?", '"many"', '"maybe"'),
        faults=3,
    ),
    Mistake(
        "no such drive",
        "backup -e groupid_deployments=hq",
        ("The backup root cannot be used", "Q:\\Backups", "Correct groupid_backup_root"),
        deployment("hq", groupid_backup_root="Q:\\Backups"),
    ),
)

# What Ansible says of an inventory, or of a group that has no hosts, beside our message.
ANSIBLES = tuple(
    f"[WARNING]: {text}"
    for text in (
        "Unable to parse",
        "No inventory was parsed",
        "provided hosts list is empty",
        "Could not match supplied",
    )
)

# Rows and headings of the tables, and the lines below them: what went well with the others, or was found.
_TABLE = re.compile(r"(host|deployment) +\S|(web01|web02|old01) +(hq|branch) |(hq|branch) +\S|(hq|branch): |Note \(")

# Words of a program that broke, of Ansible's own check of arguments, of our roles' inside, and of types of Ansible and
# Python.
NOISE = (
    "AnsibleUnsafe",
    "AnsibleTagged",
    "omit_place_holder",
    "<class '",
    " object at 0x",
    "Traceback",
    "argument_spec",
    "argument_errors",
    "undefined error",
    "AnsibleUndefined",
    "has no attribute",
    "__groupid",
)


# A value that a message calls the user's own: it is "x", names "x", groupid_y is "x".
_CALLED_GIVEN = re.compile(r'(?:\bit is|\bnames|groupid_\w+ is) "([^"]*)"')

JOBS = f"{STATE_FOLDER}/jobs"
"""Where the agent keeps the answers of its jobs: also of one that verifies a part before a restore is refused."""

BATCH = 12
"""Number of mistakes between two looks at everything that must not change."""


def run(place: Scene, mistake: Mistake) -> Run:
    """Type the command of a mistake."""
    playbook, *options = shlex.split(_with_set(place, mistake.typed))
    where = place.inventory(mistake.edit, inventory_name(mistake)) if mistake.edit else None
    if "-i" in options:
        where = place.controller.inventory.with_name(options.pop(options.index("-i") + 1))
        options.remove("-i")
    return place.controller.play(playbook, *options, where=where, environment=mistake.environment)


def problems(place: Scene, mistake: Mistake, done: Run) -> list[str]:
    """Say what is wrong with how a command was refused."""
    flat = " ".join(done.output.split())
    found = [] if done.code else ["it ended with exit code 0"]
    found += [f"it does not say {text!r}" for text in mistake.says if _with_set(place, text) not in flat]
    # Beside an error Ansible shows lines of the playbook, each with its number.
    shown = [line for line in done.output.splitlines() if not re.match(r" *\d+ ", line)]
    found += [line for line in shown if any(noise in line for noise in NOISE)]
    given = given_in(place, mistake)
    # A control character is shown by its number.
    pieces = {value: re.split(r"\\u[0-9a-f]{4}", value.casefold()) for value in _CALLED_GIVEN.findall(flat)}
    found += [f"nobody gave {value!r}" for value, parts in pieces.items() if any(part not in given for part in parts)]
    faults = fault_lines(done.output)
    if len(faults) > 3 * mistake.faults:
        found.append(f"it says {mistake.faults} faults in {len(faults)} lines")
    return found


def given_in(place: Scene, mistake: Mistake) -> str:
    """Return all text that somebody gave a run: the command, the environment, the inventory. In lower case."""
    inventories = [place.controller.inventory, place.controller.inventory.with_name(inventory_name(mistake))]
    texts = [path.read_text() for path in inventories if path.exists()]
    return "\n".join([_with_set(place, mistake.typed), *mistake.environment.values(), *texts]).casefold()


def inventory_name(mistake: Mistake) -> str:
    """Name the inventory that a mistake edits."""
    return f"{re.sub('[^a-zA-Z]+', '_', mistake.name)}.yml"


def fault_lines(output: str) -> list[str]:
    """Return the lines that tell faults, without the headline above them and Ansible's word that a host failed."""
    return [
        line
        for line in to_read(output)
        if not line.startswith(("Nothing was started, because", "fatal: [", *ANSIBLES)) and not _TABLE.match(line)
    ]


def _with_set(place: Scene, text: str) -> str:
    return text.replace("THE_SET", place.set_id)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Scene]:
    """Both deployments, backed up. No test changes it."""
    with scene(tmp_path_factory.mktemp("mistakes")) as made:
        yield made


@dataclasses.dataclass(frozen=True)
class Batch:
    """Some mistakes, how each ended, and what all of them changed."""

    runs: c.Mapping[str, Run]
    changed: c.Sequence[snapshot.Difference]


@pytest.fixture(scope="module")
def refused(place: Scene, request: pytest.FixtureRequest) -> list[Batch]:
    """Run the chosen commands in batches, as many at once as there are processors."""
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    chosen = [test.callspec.params["mistake"] for test in tests if test.originalname == REFUSED.__name__]
    batches = []
    before = place.picture(with_state=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(chosen), BATCH):
            some = chosen[start : start + BATCH]
            runs = list(pool.map(lambda mistake: run(place, mistake), some))
            after = place.picture(with_state=True)
            named = {mistake.name: done for mistake, done in zip(some, runs, strict=True)}
            batches.append(Batch(named, [one for one in snapshot.compare(before, after) if JOBS not in one.path]))
            before = after
    return batches


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_it_is_refused_with_what_where_why_and_next(place: Scene, refused: list[Batch], mistake: Mistake) -> None:
    [done] = [batch.runs[mistake.name] for batch in refused if mistake.name in batch.runs]
    assert problems(place, mistake, done) == [], "\n".join(fault_lines(done.output))


REFUSED = test_it_is_refused_with_what_where_why_and_next


def test_nothing_was_written(refused: list[Batch]) -> None:
    """No batch changed a file, also none that the agent keeps for itself beside its jobs, a row or a group."""
    assert [(list(batch.runs), batch.changed) for batch in refused if batch.changed] == []


def test_there_are_enough_and_each_asks_for_more_than_one_text() -> None:
    assert len(MISTAKES) == len({mistake.name for mistake in MISTAKES}) >= 40
    assert [mistake.name for mistake in MISTAKES if len(mistake.says) < 2] == []
