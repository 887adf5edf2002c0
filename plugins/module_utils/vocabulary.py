# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that users set: their names, types, defaults and meanings.

The argument specs and defaults of the roles, the tables of the READMEs, and the checks of values are made from this
table. A new variable is a row here. ``python3 tests/tools/vocabulary.py`` writes the rest.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import products

PREFIX = "groupid_"

PREFLIGHT, BACKUP, VERIFY, RESTORE = "preflight", "backup", "verify", "restore"
ROLES = (PREFLIGHT, BACKUP, VERIFY, RESTORE)

Group = t.Literal["general", "database", "group_attributes"]
Where = t.Literal["host", "extra"]


@dataclasses.dataclass(frozen=True)
class Word:
    """One variable, or one option of a variable that is a list of dictionaries.

    name: of a variable, with its prefix.
    type: ``bool``, ``int``, ``float``, ``list`` or ``dict``, or the kind of text: ``str``, ``name`` (text in
      lower case), ``path`` (on Windows), ``file`` (on the controller), ``set_id``, ``label``, ``version``,
      ``deployment``, ``component``, ``server``, ``domain``, ``account``, ``verify_mode``, ``confirmation``,
      ``pattern`` (of hosts), ``glob``, ``dn`` (distinguished name or objectGUID), ``signing_key``.
    default: None if there is none, and the collection or the host chooses.
    elements: type of a list's items and of a dictionary's values. keys: type of a dictionary's keys.
    choices: texts in lower case. least, most: of a number.
    roles: roles whose runs use it; none: only a module reads it. The role of its group declares it, if there is one.
    about: one or two sentences, with code words between backticks.
    options: of each item, where the items are dictionaries.
    secret: its value is never shown.
    where: ``host``: variables of a host or its group; ``extra``: usually ``-e``, for one run.
    example: a value as people write it after the colon, or after ``=`` with ``-e``.
    shown: the default in words, for tables.
    other_defaults: default by role, if it is not the same for all.
    """

    name: str
    type: str
    default: t.Any
    about: str
    roles: tuple[str, ...] = ROLES
    elements: str | None = None
    keys: str = "str"
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    group: Group = "general"
    options: tuple[Word, ...] = ()
    secret: bool = False
    required: bool = False
    where: Where = "host"
    example: str = ""
    shown: str | None = None
    other_defaults: tuple[tuple[str, t.Any], ...] = ()

    @property
    def key(self) -> str:
        """Name without the prefix."""
        return self.name.removeprefix(PREFIX)

    def default_in(self, role: str) -> t.Any:
        """Return the default of a role, as a new object."""
        default = dict(self.other_defaults).get(role, self.default)
        return default.copy() if isinstance(default, (list, dict)) else default


_SAVING = (PREFLIGHT, BACKUP)
_CHOOSING = (PREFLIGHT, BACKUP, RESTORE)
_COPYING = (BACKUP, RESTORE)
_RESTORING = (RESTORE,)

_FOLDER = (
    Word("name", "component", None, "Name of the folder in the part.", required=True, example="web_config"),
    Word("path", "path", None, "Absolute path on the server.", required=True, example="D:\\Web\\Config"),
    Word("required", "bool", True, "Whether the backup fails if the folder does not exist."),
    Word(
        "include",
        "list",
        [],
        "Globs below the folder. If there are any, only files that match one of them are included.",
        elements="glob",
    ),
    Word("exclude", "list", [], "Globs below the folder, for files to leave out.", elements="glob"),
)

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

_DOMAIN = (
    Word("name", "domain", None, "DNS name of the domain.", required=True, example="corp.example"),
    Word("server", "str", None, "Domain controller to ask. By default, the one that DNS returns for the domain."),
    Word("port", "int", None, "TCP port. By default 636 with LDAPS, otherwise 389.", least=1, most=65535),
    Word("base", "str", None, "Distinguished name below which the groups are. By default, the domain itself."),
    Word(
        "auth",
        "str",
        None,
        "`simple` binds with a user name and password. `gssapi` uses the Kerberos ticket of the user who runs the "
        "play.",
        choices=("simple", "gssapi"),
    ),
    Word("username", "str", None, "User to bind as, such as `user@domain` or a distinguished name."),
    Word("password", "str", None, "Password of the user.", secret=True),
    Word("encryption", "str", None, "How the connection is encrypted.", choices=("ldaps", "starttls", "kerberos")),
    Word(
        "ca_file", "file", None, "PEM file with the certificate authorities to trust. By default, those of the system."
    ),
    Word("timeout", "int", None, "How many seconds to wait for an answer of the directory.", least=1),
    Word("attributes", "list", None, "Attributes to save, in place of the vendor's five.", elements="str"),
    Word("filter", "str", None, "LDAP filter of the groups to save, in place of all groups."),
)

WORDS: tuple[Word, ...] = (
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
        "Folder that holds all sets, as each server sees it. It is a folder of a local drive, or a share. A share "
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
        "in the inventory.",
        elements="server",
        example="[web01, web02]",
    ),
    Word(
        "groupid_hosts",
        "pattern",
        "groupid",
        "Pattern of the inventory hosts that are GroupID servers. The playbooks read it only from `-e`.",
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
        "groupid_set_id",
        "set_id",
        "",
        "Id of the set. A backup adds parts to the set with this id. If it is empty, a backup makes a new set. "
        "For verify, `latest` is the newest sealed set that has a part of the server and is not narrowed. A "
        "restore requires the id.",
        where="extra",
        example="20261122T150405Z",
        shown="empty; verify: `latest`",
        other_defaults=((VERIFY, "latest"),),
    ),
    Word(
        "groupid_set_label",
        "label",
        "",
        "Label at the end of the id of a new set. It has up to 40 characters of `a-z0-9._-`.",
        roles=_SAVING,
        where="extra",
        example="before-11",
    ),
    Word(
        "groupid_components",
        "list",
        None,
        "Components to back up or to restore. By default, a backup saves the usual components of the version, and "
        "a restore restores all components of the part.",
        roles=_CHOOSING,
        elements="component",
        example="[reports, database]",
        shown="the usual ones",
    ),
    Word(
        "groupid_folders",
        "list",
        [],
        "Other folders to back up. Each has `name`, `path`, `required`, `include` and `exclude`.",
        roles=_SAVING,
        elements="dict",
        options=_FOLDER,
        example="[{name: web_config, path: D:\\Web\\Config}]",
    ),
    Word(
        "groupid_include",
        "list",
        [],
        "Globs below the root of each component, for files to include. If there are any, all other files are left "
        "out. A glob that matches nothing is an error.",
        roles=_CHOOSING,
        elements="glob",
        example="[HR Portal]",
    ),
    Word(
        "groupid_exclude",
        "list",
        [],
        "Globs below the root of each component, for files to leave out.",
        roles=_CHOOSING,
        elements="glob",
        example='["**/*.tmp"]',
    ),
    Word(
        "groupid_exclude_defaults",
        "list",
        None,
        "More globs for files to leave out. By default, logs and lock files. An empty list turns them off.",
        roles=_SAVING,
        elements="glob",
        example="[]",
        shown="logs, lock files",
    ),
    Word(
        "groupid_allow_partial",
        "list",
        [],
        "Globs for files that may be missing from a part. They match the name of the component, a slash, and the "
        "path below its root.",
        roles=(BACKUP,),
        elements="glob",
        example='["reports/**"]',
    ),
    Word(
        "groupid_link_unchanged",
        "bool",
        False,
        "Make hard links for files that did not change since the newest sealed set. A link takes no time to copy "
        "and no disk space. All sets that share a file lose it when it is damaged. New parts are then always read "
        "again before their set is sealed.",
        roles=(BACKUP,),
    ),
    Word(
        "groupid_allow_open_roots",
        "list",
        [],
        "Backup roots to use although accounts other than administrators can change them. Write each as in "
        "`groupid_backup_root`. A restore also needs `groupid_signing_key`, and restores no database from such a root.",
        roles=_CHOOSING,
        elements="path",
        example="[D:\\Backups]",
    ),
    Word(
        "groupid_threads",
        "int",
        0,
        "Number of files handled at the same time on a server. `0` lets the server choose.",
        roles=_COPYING,
        least=0,
        most=256,
        example="4",
    ),
    Word(
        "groupid_retries",
        "int",
        3,
        "How many times a locked file is tried again.",
        roles=(BACKUP,),
        least=0,
        most=100,
        example="3",
    ),
    Word(
        "groupid_retry_wait",
        "float",
        0.5,
        "Seconds between two tries of a locked file.",
        roles=(BACKUP,),
        least=0,
        most=60,
        example="0.5",
    ),
    Word(
        "groupid_verify_after",
        "bool",
        True,
        "Read every new part again before its set is sealed. With `groupid_link_unchanged`, this is always done.",
        roles=(BACKUP,),
    ),
    Word(
        "groupid_preflight_measure",
        "bool",
        True,
        "Measure the folders of the components, and estimate how long a backup takes.",
        roles=(PREFLIGHT,),
    ),
    Word(
        "groupid_rehearse",
        "bool",
        False,
        "Test backup, verify and restore on each server, in scratch folders. Preflight fails if the test shows "
        "that data would be lost.",
        roles=(PREFLIGHT,),
    ),
    Word(
        "groupid_rehearsal_dir",
        "str",
        "",
        "Directory on the controller for the results of rehearsals. It gets one JSON file for each server, each "
        "database and each domain. If empty, the results are only printed.",
        roles=(PREFLIGHT,),
        example="rehearsals",
    ),
    Word(
        "groupid_rehearsal_names",
        "bool",
        False,
        "Keep the names of servers, accounts and folders in the results of rehearsals. By default, they are masked.",
        roles=(PREFLIGHT,),
        where="extra",
    ),
    Word(
        "groupid_rehearsal_clean",
        "bool",
        False,
        "Only remove what interrupted rehearsals have left.",
        roles=(PREFLIGHT,),
        where="extra",
    ),
    Word(
        "groupid_report_kind",
        "str",
        "preflight",
        "Which summary the report prints, in a play of your own.",
        roles=(PREFLIGHT,),
        choices=ROLES,
    ),
    Word(
        "groupid_verify_mode",
        "verify_mode",
        "full",
        "How much of a part is read. `full` reads every file. `quick` compares names, sizes and the records of "
        "the part. A share such as `2/7` does the same and also reads the files of this share, the second of "
        "seven. Seven runs from `1/7` to `7/7` read every file once.",
        roles=(VERIFY,),
        example="2/7",
    ),
    Word(
        "groupid_restore_confirm",
        "list",
        [],
        "Deployment and id of the set once more, such as `hq/20261122T150405Z`. Nothing is restored unless this "
        "equals what was chosen. The id is enough if only one deployment of the run has the set.",
        roles=_RESTORING,
        elements="confirmation",
        where="extra",
        example="hq/20261122T150405Z",
        shown="empty",
    ),
    Word(
        "groupid_restore_map",
        "dict",
        {},
        "Servers that restore the part of another server. The key is the server of the part, and the value is the "
        "server that restores it. An entry also accepts that Windows was reinstalled on the server.",
        roles=_RESTORING,
        elements="server",
        keys="server",
        where="extra",
        example="web01=web02",
    ),
    Word(
        "groupid_restore_targets",
        "dict",
        {},
        "Folders to restore to, in place of the original ones, by the name of the component.",
        roles=_RESTORING,
        elements="path",
        keys="component",
        where="extra",
        example="reports=D:/Elsewhere",
    ),
    Word(
        "groupid_restore_policy",
        "str",
        "merge",
        "`merge` keeps files that the part does not have; `mirror` removes them. `elasticsearch` is always mirrored.",
        roles=_RESTORING,
        choices=("merge", "mirror"),
        where="extra",
    ),
    Word(
        "groupid_restore_overwrite",
        "str",
        "always",
        "What happens to files that exist. `always` reads files of the same size and replaces every file that "
        "differs. `if-changed` treats files with the same size and last write time as equal. `never` does not "
        "change existing files.",
        roles=_RESTORING,
        choices=("always", "if-changed", "never"),
        where="extra",
    ),
    Word(
        "groupid_restore_safety",
        "bool",
        True,
        "Save files as a set of their own before they are replaced or removed. The id of this set ends with "
        "`-before-restore`.",
        roles=_RESTORING,
    ),
    Word(
        "groupid_restore_safety_keep",
        "int",
        3,
        "How many parts of a server to keep in the sets that end with `-before-restore`. A restore that succeeds "
        "removes older parts.",
        roles=_RESTORING,
        least=1,
        most=1000,
        example="3",
    ),
    Word(
        "groupid_restore_security",
        "str",
        "auto",
        "Which owners and access lists restored files get. `auto` restores the saved ones if the files go back to "
        "the same folder of the same Windows installation. `original` restores them in any case. `inherit` lets "
        "all restored files inherit from the folder above.",
        roles=_RESTORING,
        choices=("auto", "original", "inherit"),
    ),
    Word(
        "groupid_restore_unsealed",
        "bool",
        False,
        "Allow a restore from a set that is not sealed, or from a partial part.",
        roles=_RESTORING,
        where="extra",
    ),
    Word(
        "groupid_diff_limit",
        "int",
        200,
        "How many paths of each kind a diff shows.",
        roles=_RESTORING,
        least=0,
        example="200",
    ),
    Word(
        "groupid_sql_server",
        "str",
        "",
        "DNS name or address of the SQL Server. If empty, no database is backed up.",
        roles=_CHOOSING,
        group="database",
        example="sql01.corp.example",
    ),
    Word(
        "groupid_sql_instance",
        "str",
        None,
        "Name of a named instance. SQL Server Browser is asked for its port.",
        roles=_CHOOSING,
        group="database",
        example="SQLEXPRESS",
    ),
    Word(
        "groupid_sql_port",
        "int",
        None,
        "TCP port. By default 1433, if there is no `groupid_sql_instance`.",
        roles=_CHOOSING,
        group="database",
        least=1,
        most=65535,
        example="1433",
    ),
    Word(
        "groupid_sql_database",
        "str",
        "",
        "Name of the deployment's database.",
        roles=_CHOOSING,
        group="database",
        example="GroupID",
    ),
    Word(
        "groupid_sql_auth",
        "str",
        None,
        "How to log in. `sql`, the default, uses a user name and password. `windows` uses the Kerberos ticket of "
        "the user who runs the play.",
        roles=_CHOOSING,
        group="database",
        choices=("sql", "windows"),
    ),
    Word(
        "groupid_sql_username",
        "str",
        None,
        "SQL login.",
        roles=_CHOOSING,
        group="database",
        example="groupid_backup",
    ),
    Word(
        "groupid_sql_password",
        "str",
        None,
        "Password of the SQL login. It is read from the variables and is never an argument of a task.",
        roles=_CHOOSING,
        group="database",
        secret=True,
    ),
    Word(
        "groupid_sql_encrypt",
        "str",
        None,
        "Whether the connection is encrypted and the server's certificate is checked. `verified` is the default. "
        "`strict` is TDS 8.0, for a server that requires it, and needs Microsoft's ODBC Driver 18.",
        roles=_CHOOSING,
        group="database",
        choices=("verified", "unverified", "off", "strict"),
    ),
    Word(
        "groupid_sql_ca_file",
        "file",
        None,
        "PEM file with the certificate authorities to trust.",
        roles=_CHOOSING,
        group="database",
        example="/etc/ssl/corp.pem",
    ),
    Word(
        "groupid_sql_host_name_in_certificate",
        "str",
        None,
        "Name in the certificate, if it is not the name of the server.",
        roles=_CHOOSING,
        group="database",
        example="sql.corp.example",
    ),
    Word(
        "groupid_sql_driver",
        "str",
        None,
        "ODBC driver, by name or path. By default Microsoft's newest, otherwise FreeTDS.",
        roles=_CHOOSING,
        group="database",
        example="FreeTDS",
    ),
    Word(
        "groupid_sql_login_timeout",
        "int",
        None,
        "Time limit for the login, in seconds.",
        roles=_CHOOSING,
        group="database",
        least=1,
        example="15",
    ),
    Word(
        "groupid_sql_delegate_to",
        "str",
        "localhost",
        "Host that connects to the SQL Server. It needs Python, pyodbc and an ODBC driver.",
        roles=_CHOOSING,
        group="database",
        example="localhost",
    ),
    Word(
        "groupid_sql_backup_mode",
        "str",
        "unc",
        "Where the backup goes. `unc` is the set, on a share that SQL Server's service can write to. `host` is a "
        "set below the backup root of `groupid_sql_host`. `external` is `groupid_sql_backup_dir`; the set then "
        "records only the path.",
        group="database",
        choices=("unc", "host", "external"),
    ),
    Word(
        "groupid_sql_backup_dir",
        "str",
        None,
        "Folder for mode `external`, as the SQL Server sees it.",
        roles=_SAVING,
        group="database",
        example="E:\\SqlBackups",
    ),
    Word(
        "groupid_sql_host",
        "str",
        "",
        "Inventory host on which the SQL Server runs, for mode `host`. It has a `groupid_backup_root` of its own.",
        group="database",
        example="sql01.corp.example",
    ),
    Word(
        "groupid_sql_account",
        "str",
        "",
        "Account that may write to the folder of the backup. For a service on another computer, this is the "
        "account of the computer, such as `CORP\\SQL01$`.",
        roles=_SAVING,
        group="database",
        example="CORP\\SQL01$",
    ),
    Word(
        "groupid_sql_compression",
        "str",
        "auto",
        "Whether SQL Server compresses the backup. `auto` compresses it if the edition can.",
        roles=_SAVING,
        group="database",
        choices=("auto", "on", "off"),
    ),
    Word(
        "groupid_sql_certificate",
        "str",
        "",
        "Certificate in `master` that encrypts the backup.",
        roles=_SAVING,
        group="database",
        example="BackupCertificate",
    ),
    Word(
        "groupid_sql_allow_unknown_database",
        "str",
        None,
        "Name of a database to back up although it has none of GroupID's known tables.",
        roles=_SAVING,
        group="database",
        example="GroupID",
    ),
    Word(
        "groupid_sql_test_restore",
        "bool",
        False,
        "Restore every backup under a scratch name, check it and drop it.",
        roles=_SAVING,
        group="database",
    ),
    Word(
        "groupid_sql_rehearse",
        "bool",
        False,
        "In a rehearsal, also back up and restore a scratch database on the SQL Server. By default, a rehearsal "
        "only reads there.",
        roles=(PREFLIGHT,),
        group="database",
    ),
    Word(
        "groupid_sql_safety_dir",
        "str",
        None,
        "Folder for the safety backup before a restore, as the SQL Server sees it. By default, the server's "
        "backup directory.",
        roles=_RESTORING,
        group="database",
        example="E:\\SqlBackups",
    ),
    Word(
        "groupid_sql_accept_no_safety",
        "bool",
        False,
        "Restore a database even if no safety backup of it can be made.",
        roles=_RESTORING,
        group="database",
        where="extra",
    ),
    Word(
        "groupid_sql_login_map",
        "dict",
        {},
        "Logins that the users of the database get after a restore, by user. The user `dbo` is the owner.",
        roles=_RESTORING,
        group="database",
        elements="str",
        example="{dbo: sa}",
    ),
    Word(
        "groupid_domains",
        "list",
        [],
        "Active Directory domains whose group attributes are saved. Each has `name` and, if needed, `server`, "
        "`port`, `base`, `auth`, `username`, `password`, `encryption`, `ca_file`, `timeout`, `attributes` and "
        "`filter`. If empty, no group attributes are saved. Passwords are never an argument of a task.",
        roles=_CHOOSING,
        elements="dict",
        group="group_attributes",
        options=_DOMAIN,
        example="[{name: corp.example}]",
    ),
    Word(
        "groupid_ldif_engine",
        "str",
        "auto",
        "What reads the directory. `ldap` is the controller. `ldifde` is the program of that name on the "
        "deployment's first server. `auto` uses `ldap` if the controller can bind, otherwise `ldifde`. A "
        "controller without python-ldap is then an error.",
        roles=_SAVING,
        group="group_attributes",
        choices=("auto", "ldap", "ldifde"),
    ),
    Word(
        "groupid_ldif_attributes",
        "list",
        None,
        "Attributes to save or to restore, for all domains. By default, the vendor's five.",
        roles=_CHOOSING,
        elements="str",
        group="group_attributes",
        example="[extensionData]",
        shown="the vendor's five",
    ),
    Word(
        "groupid_ldif_allow_empty",
        "list",
        [],
        "Domains in which it is correct that no group has any of the attributes.",
        roles=_SAVING,
        elements="domain",
        group="group_attributes",
        example="[corp.example]",
    ),
    Word(
        "groupid_ldif_groups",
        "list",
        [],
        "Groups to restore, by distinguished name or objectGUID. If empty, all groups.",
        roles=_RESTORING,
        elements="dn",
        group="group_attributes",
        where="extra",
        example="CN=Sales,OU=Groups,DC=corp,DC=example",
    ),
    Word(
        "groupid_ldif_exclude_groups",
        "list",
        [],
        "Groups that a restore does not change, by distinguished name or objectGUID.",
        roles=_RESTORING,
        elements="dn",
        group="group_attributes",
        where="extra",
        example="CN=Sales,OU=Groups,DC=corp,DC=example",
    ),
    Word(
        "groupid_ldif_clear",
        "bool",
        False,
        "Clear attributes that were empty when the set was made and have a value now.",
        roles=_RESTORING,
        group="group_attributes",
        where="extra",
    ),
    Word(
        "groupid_ldif_clear_unseen",
        "bool",
        False,
        "Clear attributes also if another account made the set. It extends `groupid_ldif_clear`. Attributes that "
        "the other account was not allowed to read are empty in the set.",
        roles=_RESTORING,
        group="group_attributes",
        where="extra",
    ),
)

BY_NAME: t.Final[dict[str, Word]] = {word.name: word for word in WORDS}


def words_of(role: str) -> tuple[Word, ...]:
    """Return the words that runs of a role use. role: preflight, backup, verify or restore. Raises ValueError."""
    if role not in ROLES:
        raise ValueError(f"{role!r} is not one of {', '.join(ROLES)}.")
    return tuple(word for word in WORDS if role in word.roles)


def declared_by(role: str) -> tuple[Word, ...]:
    """Return the words that a role declares: those of its group, or the general ones that it uses."""
    return tuple(word for word in WORDS if word.group == role or (word.group == "general" and role in word.roles))
