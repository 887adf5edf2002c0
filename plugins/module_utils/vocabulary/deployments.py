# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of a deployment and of its servers: names, backup roots, accounts, GroupID's version and folders."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import products
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import Word

_SERVICE = (
    Word("kind", "str", None, "What it is.", choices=("service", "pool", "task", "process"), required=True),
    Word(
        "name",
        "str",
        None,
        "Glob of its name. A service also matches by the name that Windows displays, and a task by its path.",
        required=True,
        example="GroupIDElasticSearchService10",
    ),
    Word("shared", "bool", False, "Of an application pool, whether it may also serve folders that are not GroupID's."),
)

DEPLOYMENTS: t.Final[tuple[Word, ...]] = (
    Word(
        "groupid_deployment",
        "deployment",
        None,
        "Name of the deployment, which is the group of servers that share one GroupID database. Set it in the "
        "variables of each host.",
        required=True,
        example="hq",
    ),
    Word(
        "groupid_backup_root",
        "path",
        None,
        "Folder for all sets, as each server sees it. It is a folder of a local drive, or a share. A share "
        "is opened as the account of `groupid_network_username` or, without one, as the account of the "
        "connection.",
        required=True,
        example="D:\\Backups",
    ),
    Word(
        "groupid_network_username",
        "account",
        None,
        "Account for shares and for programs that are started on the server. It is used in place of the "
        "connection's account. Write it as `CORP\\svc-backup` or `svc-backup@corp.example`. Set it together with "
        "its password, or set neither.",
        example="CORP\\svc-backup",
    ),
    Word(
        "groupid_network_password",
        "str",
        None,
        "Password of `groupid_network_username`. It is read from the variables and is never an argument of a task.",
        secret=True,
    ),
    Word(
        "groupid_signing_key",
        "signing_key",
        None,
        "Key that signs the seals of sets, a text of at least 32 characters. If it is set, verify and restore refuse a "
        "set without a valid signature. It stays on the controller and is never an argument of a task.",
        secret=True,
    ),
    Word(
        "groupid_old_signing_keys",
        "list",
        [],
        "Earlier keys, whose signatures are still accepted. They sign nothing, and have no effect without "
        "`groupid_signing_key`.",
        elements="signing_key",
        secret=True,
    ),
    Word(
        "groupid_deployment_servers",
        "list",
        [],
        "Servers of the deployment, by name or fully qualified name. If empty, these are the deployment's hosts "
        "in the group `groupid`, or in the inventory if it has no such group.",
        elements="server",
        example="[web01, web02]",
    ),
    Word(
        "groupid_hosts",
        "pattern",
        "groupid",
        "Pattern of the inventory hosts that are GroupID servers. The playbooks read it only from `-e`. A pattern that "
        "leaves out servers of a deployment is the same as `--limit`.",
        where="extra",
        example="groupid",
    ),
    Word(
        "groupid_deployments",
        "list",
        [],
        "Deployments to work on, as names or globs. If empty, all of them.",
        elements="name",
        where="extra",
        example="hq,branch",
    ),
    Word(
        "groupid_parallel_deployments",
        "int",
        0,
        "How many deployments a playbook works on at the same time. `0` means all.",
        least=0,
        where="extra",
        example="2",
    ),
    Word(
        "groupid_run_file",
        "file",
        "",
        "File on the controller for the result of the run, as JSON. The playbooks read it only from `-e` or the "
        "variables of a play. If empty, no file is written.",
        where="extra",
        example="run.json",
    ),
    Word(
        "groupid_version",
        "version",
        products.AUTO,
        "Version of GroupID. `auto` uses the installed version, and is an error if several are installed.",
        choices=(products.AUTO, *products.versions()),
        example='"10.0"',
    ),
    Word(
        "groupid_component_paths",
        "dict",
        {},
        "Folders of components that were moved, by the name of the component.",
        elements="path",
        keys="component",
        example="{reports: E:\\Reports}",
    ),
    Word(
        "groupid_services",
        "list",
        [],
        "Services, application pools and scheduled tasks of GroupID, where they are not found by themselves. Each has "
        "`kind`, `name` and `shared`. A kind that is in this list has these and no others. Only the module "
        "`groupid_services` reads it.",
        roles=(),
        elements="dict",
        options=_SERVICE,
        example="[{kind: service, name: GroupIDElasticSearchService10}]",
    ),
    Word(
        "groupid_services_timeout",
        "int",
        120,
        "Seconds to wait for one service, application pool or task to stop or to start. Only the module "
        "`groupid_services` reads it.",
        roles=(),
        least=1,
        most=3600,
        example="600",
    ),
)
