# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that are valid one by one but not together: names that match nothing, and incomplete settings."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import products
from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import LATEST
from ansible_collections.identityops.groupid.plugins.module_utils.shared_parts import (
    COMPONENTS,
    DATABASE,
    GROUP_ATTRIBUTES,
)
from ansible_collections.identityops.groupid.plugins.module_utils.spelling import closest, did_you_mean
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import (
    PREFIX,
    PREFLIGHT,
    RESTORE,
    SAVING,
    VERIFY,
)

# These are only set together with a server.
_OF_THE_SERVER = (
    "database",
    "instance",
    "port",
    "auth",
    "username",
    "password",
    "encrypt",
    "ca_file",
    "host_name_in_certificate",
    "driver",
    "login_timeout",
)

_PLACES = {
    DATABASE: "SQL Server restores a database to the files that it has there.",
    GROUP_ATTRIBUTES: "A restore writes to the groups of the domains in groupid_domains.",
}


@dataclasses.dataclass(frozen=True)
class Asked:
    """The variables of one host.

    values: by name without the prefix, with secrets. said: variables that were given. faulty: variables whose own value
    is not valid; they are not checked further. folders: names of the folders in groupid_folders.
    """

    role: str
    values: c.Mapping[str, t.Any]
    said: c.Set[str]
    faulty: c.Set[str]
    folders: c.Sequence[str] = ()

    def sound(self, *keys: str) -> bool:
        """Whether the role has these words, and their values are valid."""
        return all(key in self.values and f"{PREFIX}{key}" not in self.faulty for key in keys)

    def names(self, component: str) -> bool:
        """Whether groupid_components names a component."""
        return component in (self.values.get("components") or ())

    def takes(self, component: str) -> bool:
        """Whether groupid_components does not leave out a component."""
        return self.values.get("components") is None or self.names(component)


@dataclasses.dataclass(frozen=True)
class Complaint:
    """Variables that do not fit together: what, why, and the next step."""

    what: str
    cause: str
    next: str


def complaints(asked: Asked) -> list[Complaint]:
    """Return all faults in a host's variables that are not faults of a single one."""
    return [found for check in _CHECKS for found in check(asked)]


def _set_id(asked: Asked) -> c.Iterator[Complaint]:
    if asked.role != VERIFY and asked.values["set_id"] == LATEST:
        yield Complaint(
            f"groupid_set_id must be the id of a set for {_article(asked.role)}",
            'it is "latest", which only verify accepts',
            "Name the set, for example: -e groupid_set_id=20261122T150405Z",
        )


def _article(role: str) -> str:
    return "preflight" if role == PREFLIGHT else f"a {role}"


def _components(asked: Asked) -> c.Iterator[Complaint]:
    if not asked.sound("components", "version"):
        return
    components = asked.values["components"]
    if components is not None and not components and (asked.role == RESTORE or not asked.folders):
        yield Complaint(
            "groupid_components names nothing",
            "it is an empty list, so there is nothing to do",
            "Name components, or do not set it, to use the usual ones.",
        )
    for name in components or ():
        yield from _component(asked, "groupid_components", name, (*COMPONENTS, *asked.folders))


def _component_paths(asked: Asked) -> c.Iterator[Complaint]:
    if asked.sound("component_paths", "version"):
        for name in asked.values["component_paths"]:
            yield from _component(asked, "groupid_component_paths", name, ())
    if asked.sound("restore_targets", "version"):
        for name in asked.values["restore_targets"]:
            yield from _component(asked, "groupid_restore_targets", name, asked.folders)


def _component(asked: Asked, variable: str, name: str, others: c.Sequence[str]) -> c.Iterator[Complaint]:
    version = asked.values["version"]
    known = [*products.component_names(version), *others]
    if name in known:
        return
    near = closest(name, known)
    shared = closest(name, COMPONENTS) if near is None and DATABASE not in known else None
    if shared is not None:
        yield _without_folder(variable, name, shared)
        return
    # A set may have a folder that is no longer in the inventory.
    if near is None and asked.role == RESTORE and variable != "groupid_component_paths":
        return
    where = "any version of GroupID" if version == products.AUTO else f"GroupID {version}"
    meant = f"Did you mean {near}?" if near else f"The components are: {', '.join(known)}."
    yield Complaint(
        f'{variable} names "{name}"',
        f"it is not a component of {where}",
        f"{meant} To save another folder, add it to groupid_folders, with a name and a path.",
    )


def _without_folder(variable: str, name: str, shared: str) -> Complaint:
    """Refuse a folder for data that is in none."""
    return Complaint(
        f'{variable} names "{name}"',
        f"{'it' if name == shared else shared} has no folder on a server of GroupID",
        f"Remove it. {_PLACES[shared]}",
    )


def _folders(asked: Asked) -> c.Iterator[Complaint]:
    names = [folder["name"] for folder in asked.values["folders"]] if asked.sound("folders") else []
    for name in sorted(set(names)):
        if name in (*products.component_names(products.AUTO), *COMPONENTS):
            yield Complaint(
                f'groupid_folders names "{name}"',
                "it is a component of GroupID",
                "Use another name for the folder; or, if the component was moved, set its folder in "
                "groupid_component_paths.",
            )
        if names.count(name) > 1:
            yield Complaint(
                f'groupid_folders names "{name}" {names.count(name)} times',
                "a part cannot have two folders with the same name",
                "Use a different name for each folder.",
            )


def _network(asked: Asked) -> c.Iterator[Complaint]:
    yield from _both(asked, "network_username", "network_password", "shares are opened with both or with neither")


def _both(asked: Asked, one: str, other: str, cause: str) -> c.Iterator[Complaint]:
    if not asked.sound(one, other):
        return
    for present, absent in ((one, other), (other, one)):
        if asked.values[present] and not asked.values[absent]:
            name, missing = f"{PREFIX}{present}", f"{PREFIX}{absent}"
            yield Complaint(f"{name} is set and {missing} is not", cause, f"Set {missing} too, or neither of them.")


def _database(asked: Asked) -> c.Iterator[Complaint]:
    if not asked.sound("sql_server", "components") or not asked.takes(DATABASE):
        return
    if asked.values["sql_server"]:
        yield from _database_of_server(asked)
        return
    about = [name for name in (f"{PREFIX}sql_{key}" for key in _OF_THE_SERVER) if name in asked.said]
    if asked.names(DATABASE) or about:
        what = "groupid_components names database" if asked.names(DATABASE) else f"{', '.join(about)} is set"
        if len(about) > 1 and not asked.names(DATABASE):
            what = f"{', '.join(about)} are set"
        yield Complaint(
            f"{what} and groupid_sql_server is {'not set' if asked.names(DATABASE) else 'not'}",
            "without the server there is no database to work on",
            "Set it in the variables of the deployment's group, for example groupid_sql_server: sql01.corp.example; "
            "or "
            f"remove {'database from groupid_components' if asked.names(DATABASE) else 'the others'}.",
        )


def _database_of_server(asked: Asked) -> c.Iterator[Complaint]:
    values = asked.values
    if asked.role != RESTORE and asked.sound("sql_database") and not values["sql_database"]:
        yield Complaint(
            "groupid_sql_server is set and groupid_sql_database is not",
            "a server has many databases",
            "Set it too, for example groupid_sql_database: GroupID",
        )
    if asked.sound("sql_auth", "sql_username", "sql_password") and values["sql_auth"] != "windows":
        absent = [f"groupid_sql_{key}" for key in ("username", "password") if not values[f"sql_{key}"]]
        if absent:
            yield Complaint(
                f"groupid_sql_server is set and {' and '.join(absent)} {'are' if len(absent) > 1 else 'is'} not",
                "a SQL login has a name and a password",
                "Set both; or set groupid_sql_auth: windows, to log in with a Kerberos ticket.",
            )
    if asked.role != RESTORE:
        yield from _place_of_backup(asked)


def _place_of_backup(asked: Asked) -> c.Iterator[Complaint]:
    """Check what each mode needs for a backup."""
    if not asked.sound("sql_backup_mode", "backup_root", "sql_backup_dir"):
        return
    values = asked.values
    if values["sql_backup_mode"] == "external" and not values["sql_backup_dir"]:
        yield Complaint(
            "groupid_sql_backup_mode is external and groupid_sql_backup_dir is not set",
            "SQL Server needs a folder to write to",
            "Set it as the SQL Server sees it, for example groupid_sql_backup_dir: E:\\SqlBackups",
        )
    if values["sql_backup_mode"] == "unc" and not values["backup_root"].startswith("\\\\"):
        yield Complaint(
            f'groupid_sql_backup_mode is unc and groupid_backup_root is "{values["backup_root"]}"',
            "in this mode SQL Server writes to a share, and that is a folder of one server",
            "Use a share, for example groupid_backup_root: \\\\nas01\\backup; or use groupid_sql_backup_mode host, "
            "with the SQL Server's computer in groupid_sql_host; or external, with a folder in "
            "groupid_sql_backup_dir.",
        )


def _database_host(asked: Asked) -> c.Iterator[Complaint]:
    """Check groupid_sql_host: every role looks there for a set's part of the database."""
    if asked.sound("sql_backup_mode", "sql_host") and asked.takes(DATABASE):
        configured = asked.values.get("sql_server") or asked.role == VERIFY
        if configured and asked.values["sql_backup_mode"] == "host" and not asked.values["sql_host"]:
            yield Complaint(
                "groupid_sql_backup_mode is host and groupid_sql_host is not set",
                "in this mode the backup is on the SQL Server's computer",
                "Set it to the inventory host of that computer, for example groupid_sql_host: sql01.corp.example",
            )


def _domains(asked: Asked) -> c.Iterator[Complaint]:
    if not asked.sound("domains"):
        return
    domains = asked.values["domains"]
    if not domains and asked.sound("components") and asked.names(GROUP_ATTRIBUTES):
        yield Complaint(
            "groupid_components names group_attributes and groupid_domains is not set",
            "there is no domain to read groups from",
            "List the Active Directory domains there, for example groupid_domains: [{name: corp.example}]; or remove "
            "group_attributes from groupid_components.",
        )
    names = [domain["name"] for domain in domains]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Complaint(
            f'groupid_domains names "{name}" {names.count(name)} times',
            "the groups of a domain are saved once",
            "Keep only one of them.",
        )
    yield from _empty_domains(asked, names)
    for domain in domains:
        for present, absent in (("username", "password"), ("password", "username")):
            if domain.get(present) and not domain.get(absent):
                yield Complaint(
                    f'groupid_domains, "{domain["name"]}" has a {present} and no {absent}',
                    "a login needs both or, with a Kerberos ticket, neither",
                    f"Set {absent} too, or neither of them.",
                )


def _empty_domains(asked: Asked, domains: c.Sequence[str]) -> c.Iterator[Complaint]:
    """Refuse names in groupid_ldif_allow_empty that are not a domain of the deployment."""
    if asked.role not in SAVING or not asked.sound("ldif_allow_empty"):
        return
    known = f"The domains are: {', '.join(domains)}." if domains else "Remove it, or add the domain there."
    for name in asked.values["ldif_allow_empty"]:
        if name not in domains:
            yield Complaint(
                f'groupid_ldif_allow_empty names "{name}"',
                f"groupid_domains has no {'such domain' if domains else 'domain'}, so it would have no effect",
                did_you_mean(name, domains).strip() or known,
            )


_CHECKS: t.Final[tuple[c.Callable[[Asked], c.Iterator[Complaint]], ...]] = (
    _set_id,
    _components,
    _component_paths,
    _folders,
    _network,
    _database,
    _database_host,
    _domains,
)
