# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of hosts, groups, deployments and variables."""

from __future__ import annotations

import typing as t

from integration.mistakes.mistake import Mistake, deployment, host, servers


def rename_the_group(document: dict[str, t.Any]) -> None:
    """Call the group of all servers otherwise than the playbooks do."""
    children = document["all"]["children"]
    children["GroupID_servers"] = children.pop("groupid")


def empty_the_group(document: dict[str, t.Any]) -> None:
    """Leave no server in the group."""
    document["all"]["children"]["groupid"]["children"] = {}


MISTAKES = (
    # Who is meant.
    Mistake(
        "wrong group",
        "backup -e groupid_hosts=groupd",
        ("groupid_hosts names 'groupd'", "Did you mean groupid?", "Deployments: branch, hq."),
    ),
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
    Mistake(
        "servers of the deployment with -e",
        "backup -e groupid_deployment_servers=web01 --limit web01",
        ("groupid_deployment_servers was given with -e", "variables of the deployment's group"),
    ),
    Mistake(
        "one server by groupid_hosts", "backup -e groupid_hosts=web01", ("does not include web02", "groupid_hosts")
    ),
    Mistake(
        "one server alone", "backup --limit web01", ("does not include web02", "of --limit", "Run again without it")
    ),
    Mistake(
        "deployments as a dictionary",
        "backup -e '{groupid_deployments: {hq: true}}'",
        ("groupid_deployments must be a list", '{"hq": true}'),
    ),
    Mistake(
        "list of a wrong group",
        "list -e groupid_hosts=groupd",
        ("groupid_hosts names 'groupd'", "Did you mean groupid?"),
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
)
