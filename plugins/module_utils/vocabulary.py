# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that users set: their names, types, defaults and meanings, once.

The roles' argument specs and defaults, the tables of the READMEs, and the check of what is given are all made from this
table. A new variable is a row here; ``python3 tests/tools/vocabulary.py`` writes the rest.
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
    type: ``bool``, ``int``, ``float``, ``list`` or ``dict``, or what kind of text it is: ``str``, ``name`` (text in
      lower case), ``path`` (on Windows), ``file`` (on the controller), ``set_id``, ``label``, ``version``,
      ``deployment``, ``component``, ``server``, ``domain``, ``account``, ``verify_mode``, ``confirmation``,
      ``pattern`` (of hosts), ``glob``, ``dn`` (distinguished name or objectGUID).
    default: None where there is none, and the collection or the host chooses.
    elements: type of a list's items and of a dictionary's values. keys: type of a dictionary's keys.
    choices: texts in lower case. least, most: of a number.
    roles: whose runs it concerns. The role that declares it is that of its group, if it has one.
    about: one or two sentences, code words between backticks.
    options: of each item, where the items are dictionaries.
    secret: its value is shown nowhere.
    where: ``host``: variables of a host or its group; ``extra``: usually ``-e``, for one run.
    example: a value as people write it after the colon, or after ``=`` where it is given with ``-e``.
    shown: the default in words, for tables.
    other_defaults: default by role, where it is not the same for all.
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
        """Its name without the prefix."""
        return self.name.removeprefix(PREFIX)

    def default_in(self, role: str) -> t.Any:
        """Give the default of a role, a copy of its own."""
        default = dict(self.other_defaults).get(role, self.default)
        return default.copy() if isinstance(default, (list, dict)) else default


_SAVING = (PREFLIGHT, BACKUP)
_CHOOSING = (PREFLIGHT, BACKUP, RESTORE)
_COPYING = (BACKUP, RESTORE)
_RESTORING = (RESTORE,)

_FOLDER = (
    Word("name", "component", None, "Name of the folder in the part.", required=True, example="web_config"),
    Word("path", "path", None, "Absolute path on the server.", required=True, example="D:\\Web\\Config"),
    Word("required", "bool", True, "Whether its absence fails the backup."),
    Word(
        "include",
        "list",
        [],
        "Globs below the folder. Where there are any, only what one of them matches is taken.",
        elements="glob",
    ),
    Word("exclude", "list", [], "Globs below the folder of what is not taken.", elements="glob"),
)

_DOMAIN = (
    Word("name", "domain", None, "DNS name of the domain.", required=True, example="corp.example"),
    Word("server", "str", None, "Domain controller to ask. Without it, the one that the domain's name leads to."),
    Word("port", "int", None, "TCP port. By default 636 with LDAPS, else 389.", least=1, most=65535),
    Word("base", "str", None, "Distinguished name below which the groups are. By default the domain's own."),
    Word(
        "auth",
        "str",
        None,
        "`simple` binds with user name and password, `gssapi` with the Kerberos ticket of the user that runs the play.",
        choices=("simple", "gssapi"),
    ),
    Word("username", "str", None, "User that binds, as `user@domain` or a distinguished name."),
    Word("password", "str", None, "Its password.", secret=True),
    Word("encryption", "str", None, "How the connection is encrypted.", choices=("ldaps", "starttls", "kerberos")),
    Word("ca_file", "file", None, "PEM file of the certificate authorities to trust. By default the system's."),
    Word("timeout", "int", None, "Seconds that the directory may stay silent.", least=1),
    Word("attributes", "list", None, "Attributes to save, in place of the vendor's.", elements="str"),
    Word("filter", "str", None, "LDAP filter of the groups, in place of all groups."),
)

WORDS: tuple[Word, ...] = (
    Word(
        "groupid_deployment",
        "deployment",
        None,
        "Name of the deployment, that is of the servers that share one GroupID database. Each host has it in its "
        "variables.",
        required=True,
        example="hq",
    ),
    Word(
        "groupid_backup_root",
        "path",
        None,
        "Folder of all sets, as each server sees it. A drive's folder, or a share that the account of "
        "`groupid_network_username` can reach, or without one that of the connection.",
        required=True,
        example="D:\\Backups",
    ),
    Word(
        "groupid_network_username",
        "account",
        None,
        "Account that shares, and programs that are started on the server, see in the place of the connection's, as "
        "`CORP\\svc-backup` or `svc-backup@corp.example`. Set together with its password, or not at all.",
        example="CORP\\svc-backup",
    ),
    Word(
        "groupid_network_password",
        "str",
        None,
        "Its password. Read from the variables by the module's action, and never an argument of a task.",
        secret=True,
    ),
    Word(
        "groupid_deployment_servers",
        "list",
        [],
        "Computers that the deployment consists of, by name or fully qualified name. Empty means its hosts in the "
        "inventory.",
        elements="server",
        example="[web01, web02]",
    ),
    Word(
        "groupid_hosts",
        "pattern",
        "groupid",
        "Pattern of the inventory hosts that are GroupID servers. The playbooks take it from `-e` only.",
        where="extra",
        example="groupid",
    ),
    Word(
        "groupid_deployments",
        "list",
        [],
        "Deployments to work on, names or globs. Empty means all of them.",
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
        "Version of GroupID. `auto` takes the one that is installed.",
        choices=(products.AUTO, *products.versions()),
        example='"10.0"',
    ),
    Word(
        "groupid_component_paths",
        "dict",
        {},
        "Folders of components that were moved, by the component's name.",
        elements="path",
        keys="component",
        example="{reports: E:\\Reports}",
    ),
    Word(
        "groupid_set_id",
        "set_id",
        "",
        "Id of the set. For a backup, of a set to add parts to; empty makes a new one. To verify, `latest` is the "
        "newest sealed one that has the server's part. For a restore it must be named.",
        where="extra",
        example="20261122T150405Z",
        shown="empty; verify: `latest`",
        other_defaults=((VERIFY, "latest"),),
    ),
    Word(
        "groupid_set_label",
        "label",
        "",
        "Text that ends the id of a new set, up to 40 of `a-z 0-9 . _ -`.",
        roles=_SAVING,
        where="extra",
        example="before-11",
    ),
    Word(
        "groupid_components",
        "list",
        None,
        "Components to back up or to restore. Without it, all that are usual for the version, or that the part has.",
        roles=_CHOOSING,
        elements="component",
        example="[reports, database]",
        shown="the usual ones",
    ),
    Word(
        "groupid_folders",
        "list",
        [],
        "Other folders to back up, each with `name`, `path`, `required`, `include` and `exclude`.",
        roles=_SAVING,
        elements="dict",
        options=_FOLDER,
        example="[{name: web_config, path: D:\\Web\\Config}]",
    ),
    Word(
        "groupid_include",
        "list",
        [],
        "Globs below each component's root. Where there are any, only what one of them matches is taken. One that "
        "matches nothing is an error.",
        roles=_CHOOSING,
        elements="glob",
        example="[HR Portal]",
    ),
    Word(
        "groupid_exclude",
        "list",
        [],
        "Globs below each component's root of what is not taken.",
        roles=_CHOOSING,
        elements="glob",
        example='["**/*.tmp"]',
    ),
    Word(
        "groupid_exclude_defaults",
        "list",
        None,
        "More globs of what is not taken. Without it, logs and lock files. An empty list turns them off.",
        roles=_SAVING,
        elements="glob",
        example="[]",
        shown="logs, lock files",
    ),
    Word(
        "groupid_allow_partial",
        "list",
        [],
        "Globs over component and path of files that may be missing from a part.",
        roles=(BACKUP,),
        elements="glob",
        example='["reports/**"]',
    ),
    Word(
        "groupid_link_unchanged",
        "bool",
        False,
        "Whether files that did not change since the newest sealed set of the server become hard links to that set's "
        "files, which takes neither time nor room. Links share fate. New parts are then always read again before "
        "their set is sealed.",
        roles=(BACKUP,),
    ),
    Word(
        "groupid_allow_open_roots",
        "list",
        [],
        "Backup roots that are used although others than administrators can change them, each as in "
        "`groupid_backup_root`.",
        roles=_CHOOSING,
        elements="path",
        example="[D:\\Backups]",
    ),
    Word(
        "groupid_threads",
        "int",
        0,
        "Files handled at the same time on a server. `0` lets the server choose.",
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
        "Seconds between these tries.",
        roles=(BACKUP,),
        least=0,
        most=60,
        example="0.5",
    ),
    Word(
        "groupid_verify_after",
        "bool",
        True,
        "Read every new part again before its set is sealed. With `groupid_link_unchanged` that is always done.",
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
        "Have each server prove in scratch folders that backup, verify and restore hold there what they promise. What "
        "would lose data is a refusal.",
        roles=(PREFLIGHT,),
    ),
    Word(
        "groupid_rehearsal_dir",
        "str",
        "",
        "Directory of the controller for the results of rehearsals, one JSON file for each server, each database and "
        "each domain. Without it, they are only printed.",
        roles=(PREFLIGHT,),
        example="rehearsals",
    ),
    Word(
        "groupid_rehearsal_names",
        "bool",
        False,
        "Leave names of servers, accounts and folders in these results. Otherwise they are masked.",
        roles=(PREFLIGHT,),
        where="extra",
    ),
    Word(
        "groupid_rehearsal_clean",
        "bool",
        False,
        "Only remove what rehearsals that were killed have left.",
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
        "Whose content is read. `full` reads every file; `quick` compares names, sizes and the part's own records; a "
        "share such as `2/7`, the second of seven, does that too and reads the files of this share. Seven runs from "
        "`1/7` to `7/7` read every file once.",
        roles=(VERIFY,),
        example="2/7",
    ),
    Word(
        "groupid_restore_confirm",
        "list",
        [],
        "Deployment and id of the set once more, as `hq/20261122T150405Z`. Nothing is restored unless it equals what "
        "was chosen. The id alone is enough where one deployment is meant.",
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
        "Server of a part as key, server that restores it as value. Naming a server here also accepts that Windows "
        "was installed anew.",
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
        "Folders to restore into instead of those that were backed up, by the component's name.",
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
        "`merge` leaves files that the part does not have. `mirror` removes them. `elasticsearch` is always mirrored.",
        roles=_RESTORING,
        choices=("merge", "mirror"),
        where="extra",
    ),
    Word(
        "groupid_restore_overwrite",
        "str",
        "always",
        "Files that are there. `always` reads those of the same size and replaces what differs; `if-changed` takes "
        "those of the same size and time of writing as equal; `never` leaves them as they are.",
        roles=_RESTORING,
        choices=("always", "if-changed", "never"),
        where="extra",
    ),
    Word(
        "groupid_restore_safety",
        "bool",
        True,
        "Save what is replaced or removed as a set of its own first, whose id ends with `-before-restore`.",
        roles=_RESTORING,
    ),
    Word(
        "groupid_restore_safety_keep",
        "int",
        3,
        "Of the parts of a server in such sets, how many are kept.",
        roles=_RESTORING,
        least=1,
        most=1000,
        example="3",
    ),
    Word(
        "groupid_restore_security",
        "str",
        "auto",
        "`auto` puts owners and access lists back where they came from, the same folder of the same Windows "
        "installation. `original` puts them back anywhere. `inherit` lets all that is written inherit from the "
        "folder above.",
        roles=_RESTORING,
        choices=("auto", "original", "inherit"),
    ),
    Word(
        "groupid_restore_unsealed",
        "bool",
        False,
        "Restore from a set that is not sealed, or from a partial part.",
        roles=_RESTORING,
        where="extra",
    ),
    Word(
        "groupid_diff_limit",
        "int",
        200,
        "How many paths of each kind a diff names.",
        roles=_RESTORING,
        least=0,
        example="200",
    ),
    Word(
        "groupid_sql_server",
        "str",
        "",
        "DNS name or address of the SQL Server. Empty means that no database is backed up.",
        roles=_CHOOSING,
        group="database",
        example="sql01.corp.example",
    ),
    Word(
        "groupid_sql_instance",
        "str",
        None,
        "Name of a named instance, whose port SQL Server Browser knows.",
        roles=_CHOOSING,
        group="database",
        example="SQLEXPRESS",
    ),
    Word(
        "groupid_sql_port",
        "int",
        None,
        "TCP port. Without it and `groupid_sql_instance`, 1433.",
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
        "`sql`, the default, logs in with user name and password, `windows` with the Kerberos ticket of the user "
        "that runs the play.",
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
        "Its password. Read from the variables by the module's action, and never an argument of a task.",
        roles=_CHOOSING,
        group="database",
        secret=True,
    ),
    Word(
        "groupid_sql_encrypt",
        "str",
        None,
        "Whether the connection is encrypted, and the server's certificate checked. `verified` is the default. "
        "`strict` is TDS 8.0, for a server that forces it, with Microsoft's ODBC Driver 18.",
        roles=_CHOOSING,
        group="database",
        choices=("verified", "unverified", "off", "strict"),
    ),
    Word(
        "groupid_sql_ca_file",
        "file",
        None,
        "PEM file of the certificate authorities to trust.",
        roles=_CHOOSING,
        group="database",
        example="/etc/ssl/corp.pem",
    ),
    Word(
        "groupid_sql_host_name_in_certificate",
        "str",
        None,
        "Name that the certificate carries, where that is not the server's.",
        roles=_CHOOSING,
        group="database",
        example="sql.corp.example",
    ),
    Word(
        "groupid_sql_driver",
        "str",
        None,
        "ODBC driver, by name or path. Without it, Microsoft's newest, else FreeTDS.",
        roles=_CHOOSING,
        group="database",
        example="FreeTDS",
    ),
    Word(
        "groupid_sql_login_timeout",
        "int",
        None,
        "Seconds within which the login must be done.",
        roles=_CHOOSING,
        group="database",
        least=1,
        example="15",
    ),
    Word(
        "groupid_sql_delegate_to",
        "str",
        "localhost",
        "Host that has Python, pyodbc and an ODBC driver, and connects to the SQL Server.",
        roles=_CHOOSING,
        group="database",
        example="localhost",
    ),
    Word(
        "groupid_sql_backup_mode",
        "str",
        "unc",
        "Where the backup goes. `unc` is the set on a share that SQL Server's service can write to. `host` is a set "
        "below the backup root of `groupid_sql_host`, by the agent there. `external` is `groupid_sql_backup_dir`, of "
        "which the set records the path alone.",
        group="database",
        choices=("unc", "host", "external"),
    ),
    Word(
        "groupid_sql_backup_dir",
        "str",
        None,
        "Folder as the SQL Server sees it, for mode `external`.",
        roles=_SAVING,
        group="database",
        example="E:\\SqlBackups",
    ),
    Word(
        "groupid_sql_host",
        "str",
        "",
        "Inventory host that is the SQL Server's computer, for mode `host`. It has its own `groupid_backup_root`.",
        group="database",
        example="sql01.corp.example",
    ),
    Word(
        "groupid_sql_account",
        "str",
        "",
        "Account that is let into the backup's folder, as `CORP\\SQL01$` for the service of another computer.",
        roles=_SAVING,
        group="database",
        example="CORP\\SQL01$",
    ),
    Word(
        "groupid_sql_compression",
        "str",
        "auto",
        "Whether SQL Server compresses the backup. `auto` does where the edition can.",
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
        "Name of a database that has no known table of GroupID and is backed up all the same.",
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
        "Where a rehearsal is asked for, have the SQL Server also make, back up, test-restore and drop a scratch "
        "database. Otherwise a rehearsal only reads there.",
        roles=(PREFLIGHT,),
        group="database",
    ),
    Word(
        "groupid_sql_safety_dir",
        "str",
        None,
        "Folder of the safety backup before a restore, as the SQL Server sees it. Without it, the server's backup "
        "directory.",
        roles=_RESTORING,
        group="database",
        example="E:\\SqlBackups",
    ),
    Word(
        "groupid_sql_accept_no_safety",
        "bool",
        False,
        "Restore a database of which no safety backup can be made.",
        roles=_RESTORING,
        group="database",
        where="extra",
    ),
    Word(
        "groupid_sql_login_map",
        "dict",
        {},
        "Users of the database and the logins that they belong to after a restore. The user `dbo` is the owner.",
        roles=_RESTORING,
        group="database",
        elements="str",
        example="{dbo: sa}",
    ),
    Word(
        "groupid_domains",
        "list",
        [],
        "Active Directory domains whose group attributes are saved, each with `name`, and where needed `server`, "
        "`port`, `base`, `auth`, `username`, `password`, `encryption`, `ca_file`, `timeout`, `attributes`, `filter`. "
        "Empty means that none are. Passwords are never an argument of a task.",
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
        "What reads the directory. `ldap` is the controller, `ldifde` the program of that name on the deployment's "
        "first server. `auto` is `ldap` where the controller can bind, else `ldifde`; where the controller lacks "
        "python-ldap, that is a failure.",
        roles=_SAVING,
        group="group_attributes",
        choices=("auto", "ldap", "ldifde"),
    ),
    Word(
        "groupid_ldif_attributes",
        "list",
        None,
        "Attributes to save or to restore, for all domains. Without it, the vendor's five.",
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
        "Names of domains in which it is right that no group has one of the attributes.",
        roles=_SAVING,
        elements="domain",
        group="group_attributes",
        example="[corp.example]",
    ),
    Word(
        "groupid_ldif_groups",
        "list",
        [],
        "Groups to restore, by distinguished name or objectGUID. Empty means all.",
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
        "Groups that a restore leaves as they are, by distinguished name or objectGUID.",
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
        "With `groupid_ldif_clear`, clear also where another account read the set than the one that restores. What "
        "that may not read is empty in the set.",
        roles=_RESTORING,
        group="group_attributes",
        where="extra",
    ),
)

BY_NAME: t.Final[dict[str, Word]] = {word.name: word for word in WORDS}


def words_of(role: str) -> tuple[Word, ...]:
    """Give the words that concern the runs of a role: preflight, backup, verify or restore. Raises ValueError."""
    if role not in ROLES:
        raise ValueError(f"{role!r} is not one of {', '.join(ROLES)}.")
    return tuple(word for word in WORDS if role in word.roles)


def declared_by(role: str) -> tuple[Word, ...]:
    """Give the words that a role declares: those of its group, or the general ones that concern it."""
    return tuple(word for word in WORDS if word.group == role or (word.group == "general" and role in word.roles))
