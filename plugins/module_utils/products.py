# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of GroupID, their components and folders, how each component is restored, and what runs.

Only this file has versions and paths. A new version is new rows. The README and the options of the modules name the
versions too: their tests fail until they do. The names in ``source`` are pages of the vendor's documentation and
knowledge base (github.com/netwrix/docs). Everything here is from one of these pages.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

BACK_UP = "Back Up and Restore GroupID Data"
NOTES = "Notes on Upgrade"
CERTIFICATE = "How to Replace the Security Service Certificate"
DEBUG_LOGS_11 = "Gather Debug Logs for v11"
HISTORY_10 = "Retrieve the History Corresponding to a Specific Timestamp from the SQL Database in v10"
REPLICATION_11 = "How to Run Replication for a Specific Object Type"
PORTAL_DESIGN = "How to Copy the Design of Portal via SQL Query"
DEBUG_LOGS_10 = "Gather Debug Logs for v10"
UNINSTALL = "Uninstall or Fully Remove Directory Manager"
UNINSTALL_11 = "How to Uninstall Directory Manager"
AUTHENTICATION_11 = "Authentication Modes"
HEAP_11 = "Adjust Heap Size for Elasticsearch Service"
CUSTOM_ATTRIBUTES_10 = "Replicating Custom AD Attributes to Elasticsearch"
NODE_FAILURE_10 = "support.imanami.com, KA-01169"

AUTO = "auto"


@dataclasses.dataclass(frozen=True)
class Component:
    """A folder of one server that is a component of a set.

    name: the component's folder in a part.
    base: ``installation`` (the folder found on the host) or ``data`` (below %ProgramData%).
    path: relative to the base, with backslashes.
    required: a backup fails if the folder does not exist. This is for folders that every installation has: if such a
      folder is not in its usual place, it was moved, and a backup without it would lose data without a message. Other
      folders exist only if an administrator made them.
    default: backed up if the caller names no components.
    restore: ``merge`` keeps files that the part does not have; ``mirror`` removes them.
    whole: always restored with its own policy and without filters.
    scope: content of the folder.
    source: page of the vendor.
    """

    name: str
    base: t.Literal["installation", "data"]
    path: str
    scope: str
    source: str
    required: bool = False
    default: bool = True
    restore: t.Literal["merge", "mirror"] = "merge"
    whole: bool = False


@dataclasses.dataclass(frozen=True)
class Trap:
    """A kind of file that causes problems in its folder. Backup and restore report each that they find.

    glob: relative to the component's folder, with ``/``.
    component: name of a row above. meaning, next: sentences that say what the file does, and what to do about it.
    held: the file is reported only if a program has it locked.
    source: page of the program's maker.
    """

    glob: str
    component: str
    meaning: str
    next: str
    source: str
    held: bool = False


@dataclasses.dataclass(frozen=True)
class DatabaseObject:
    """A table that identifies GroupID's database. source: page of the vendor."""

    schema: str
    name: str
    source: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclasses.dataclass(frozen=True)
class Runs:
    """Something of GroupID that runs on a server.

    The vendor names few of these, and for 10.0 none by its name in Windows. Anything else in a version's folders is
    found there, whatever its name is.

    kind: ``service``, ``pool`` (application pool of IIS), ``task`` (of the Task Scheduler) or ``process``.
    name: glob of a service's name or displayed name, a pool's name, a task's path or name.
    program: glob below the installation folder, of the program that a service starts.
    component: the only component whose files it keeps open, if there is one. source: where the vendor says so.
    """

    kind: t.Literal["service", "pool", "task", "process"]
    source: str
    name: str | None = None
    program: str | None = None
    component: str | None = None


@dataclasses.dataclass(frozen=True)
class Product:
    """One version of GroupID.

    version: name of the version, as in its folders (11.1 uses the name 11.0).
    components: in the order of the vendor's page.
    database_objects: some tables of its database. The vendor has no list of them.
    runs: of each kind, in the order in which it is stopped.
    """

    version: str
    components: tuple[Component, ...]
    database_objects: tuple[DatabaseObject, ...] = ()
    runs: tuple[Runs, ...] = ()

    @property
    def registry(self) -> str:
        """Key below HKEY_LOCAL_MACHINE, 64-bit view."""
        return f"SOFTWARE\\Imanami\\GroupID\\Version {self.version}"

    @property
    def installation(self) -> str:
        """Folder below a fixed drive."""
        return f"Program Files\\Imanami\\GroupID {self.version}"

    @property
    def data(self) -> str:
        """Folder below %ProgramData%."""
        return f"Imanami\\GroupID {self.version}"


# If an index directory also has files of another generation, Elasticsearch refuses it or, worse, accepts it.
ELASTICSEARCH = Component(
    name="elasticsearch",
    base="data",
    path="Replication\\data",
    required=True,
    restore="mirror",
    whole=True,
    scope="search index of this server's Elasticsearch node; every GroupID 10 server runs one",
    source=BACK_UP,
)
SELF_SERVICE_PORTALS = Component(
    name="self_service_portals",
    base="installation",
    path="SelfService\\Inetpub",
    required=True,
    scope="Self-Service portals, one folder each",
    source=BACK_UP,
)
PASSWORD_CENTER_USER = Component(
    name="password_center_user",
    base="installation",
    path="PasswordCenter\\Inetpub",
    scope="Password Center user portals, one folder each; there only where such a portal was made",
    source=BACK_UP,
)
PASSWORD_CENTER_HELPDESK = Component(
    name="password_center_helpdesk",
    base="installation",
    path="PasswordCenter\\Helpdesk\\Inetpub",
    scope="Password Center helpdesk portals, one folder each; there only where such a portal was made",
    source=BACK_UP,
)
SYNCHRONIZE_JOBS = Component(
    name="synchronize_jobs",
    base="data",
    path="Synchronize\\Jobs",
    required=True,
    scope="Synchronize jobs, one folder each, connection strings included",
    source=BACK_UP,
)
REPORTS = Component(
    name="reports",
    base="data",
    path="Reports",
    required=True,
    scope="generated reports; may have been moved to a shared location",
    source=BACK_UP,
)
REPLICATION_ATTRIBUTES = Component(
    name="replication_attributes",
    base="installation",
    path="Replication\\IdentityStoresReplicationAttributes",
    default=False,
    scope="chosen attributes of each identity store, one XML file each",
    source=NOTES,
)
PASSWORD_EXCEPTIONS = Component(
    name="password_exceptions",
    base="installation",
    path="GroupIDDataService\\PasswordCenter\\PasswordExceptionLists",
    default=False,
    scope="uploaded lists of disallowed passwords, one folder for each identity store",
    source=NOTES,
)
SCHEDULES = Component(
    name="schedules",
    base="installation",
    path="Schedules",
    default=False,
    scope="files of scheduled jobs, authentication tokens included",
    source=CERTIFICATE,
)
PORTALS = Component(
    name="portals",
    base="installation",
    path="GroupIDPortal\\Inetpub",
    scope="GroupID portals, one folder each; a portal may as well lie on another web server",
    source=DEBUG_LOGS_11,
)

PORTAL_COMPONENTS = (SELF_SERVICE_PORTALS, PASSWORD_CENTER_USER, PASSWORD_CENTER_HELPDESK, PORTALS)

_FOLDERS_OF_9_AND_10 = (
    SELF_SERVICE_PORTALS,
    PASSWORD_CENTER_USER,
    PASSWORD_CENTER_HELPDESK,
    SYNCHRONIZE_JOBS,
    REPORTS,
    REPLICATION_ATTRIBUTES,
    PASSWORD_EXCEPTIONS,
)

_OBJECTS_OF_10 = (
    DatabaseObject("SVC", "BackUpHistory", HISTORY_10),
    DatabaseObject("SVC", "Client", HISTORY_10),
    DatabaseObject("Event", "Action", HISTORY_10),
)
_OBJECTS_OF_11 = (
    DatabaseObject("SVC", "IdentityStoreReplication", REPLICATION_11),
    DatabaseObject("SSPR", "PortalDesigns", PORTAL_DESIGN),
)

# Replication writes into Elasticsearch, so that it stops before.
_RUNS_OF_9 = (Runs("pool", UNINSTALL, name="GroupID App Pool"),)
_RUNS_OF_10 = (
    Runs("task", CUSTOM_ATTRIBUTES_10, name="Schema Replication"),
    Runs("pool", UNINSTALL, name="GroupID App Pool"),  # "9 or above"
    Runs("service", CUSTOM_ATTRIBUTES_10, name="Netwrix Replication*"),
    Runs("service", NODE_FAILURE_10, name="Imanami Replication*"),
    Runs("service", DEBUG_LOGS_10, program="ElasticSearch\\**", component=ELASTICSEARCH.name),
)
# Replication, Email and Scheduler are applications of IIS.
_RUNS_OF_11 = (
    Runs("pool", UNINSTALL_11, name="GroupID11_GroupIDSite11*"),
    Runs("pool", UNINSTALL_11, name="Directory Manager App Pool 11"),
    Runs("pool", AUTHENTICATION_11, name="GroupIDAppPool11"),
    Runs("service", HEAP_11, name="GroupIDElasticSearchService11", component=ELASTICSEARCH.name),
    Runs("service", DEBUG_LOGS_11, program="elasticsearch\\**", component=ELASTICSEARCH.name),
)

ALL = "all"
# A service that people name may start its program from any folder. Elastic's installer gives the displayed name
# "Elasticsearch <version> (<name>)" (bin/elasticsearch-service.bat, SERVICE_DISPLAY_NAME).
ONLY: dict[str, tuple[str, ...]] = {ELASTICSEARCH.name: ("*elasticsearch*",)}
"""Components whose services can be stopped separately, with globs of the names of such services."""

PRODUCTS: tuple[Product, ...] = (
    Product("9.0", _FOLDERS_OF_9_AND_10, runs=_RUNS_OF_9),
    Product("10.0", (ELASTICSEARCH, *_FOLDERS_OF_9_AND_10, SCHEDULES), _OBJECTS_OF_10, _RUNS_OF_10),
    Product("11.0", (PORTALS,), _OBJECTS_OF_11, _RUNS_OF_11),
)

SIMILAR: tuple[str, ...] = ("*GroupID*", "*Imanami*", "*Directory Manager*", "*Netwrix*")
"""Names that look like GroupID's.

Anything with such a name that is in no row and no folder is shown, but not stopped: Netwrix has other products too.
"""

DEFAULT_EXCLUDES: tuple[str, ...] = (
    "*/log/**",  # a 9.0 or 10.0 portal's own log
    "*/Web/Logs/**",  # an 11.0 portal's own log
    "*/JobRun_*.dtmlog",  # one log for each run of a Synchronize job
    "**/node.lock",  # held by a running Elasticsearch, and wrong for the next one
)
"""Globs of what a backup leaves out unless the user says otherwise, below the root of every component.

So a glob that is meant for one component must fit no file of the others. Sets of 0.5.0 count as full if they leave out
these globs and no others: one that is removed here makes such sets narrowed (`narrowing.narrowed_by`).
"""


def _offline(component: Component) -> tuple[Trap, ...]:
    return tuple(
        Trap(
            glob=glob,
            component=component.name,
            meaning="IIS keeps a web application offline for as long as this file is in its folder.",
            next="Delete it, here and after a restore, unless the portal should be offline.",
            source="learn.microsoft.com: App Offline file (app_offline.htm)",
        )
        for glob in ("*/app_offline.htm", "*/Web/app_offline.htm")
    )


TRAPS: tuple[Trap, ...] = (
    *(trap for portals in PORTAL_COMPONENTS for trap in _offline(portals)),
    # Lucene never removes these files. Only a lock on one shows that a node is running.
    *(
        Trap(
            glob=f"**/{name}",
            component=ELASTICSEARCH.name,
            meaning="A running Elasticsearch node keeps this file open, and changes its index while it is copied.",
            next="Stop the Elasticsearch service, then back up again.",
            source="lucene.apache.org: NativeFSLockFactory",
            held=True,
        )
        for name in ("write.lock", "node.lock")
    ),
)


class UnknownVersionError(ValueError):
    """The version is not in the table."""


class UnknownComponentError(ValueError):
    """The component is not one of the version."""


def versions() -> list[str]:
    """Name the versions of the table, oldest first."""
    return [product.version for product in PRODUCTS]


def select_products(version: str) -> tuple[Product, ...]:
    """Return the products that a version names: one, or with ``auto`` all of them.

    Raises UnknownVersionError.
    """
    chosen = tuple(product for product in PRODUCTS if version in (AUTO, product.version))
    if not chosen:
        raise UnknownVersionError(
            f"GroupID version {version!r} is not known. Known versions: {', '.join(versions())}; {AUTO!r} detects it."
        )
    return chosen


def component_names(version: str) -> list[str]:
    """Name the components of a version (``auto``: of any), each once, in the order of the table."""
    return list(dict.fromkeys(part.name for product in select_products(version) for part in product.components))


def check_components(version: str, names: c.Iterable[str]) -> None:
    """Refuse names that are not components of the version (``auto``: of any version).

    Raises UnknownComponentError, with all these names and the known components; UnknownVersionError.
    """
    known = component_names(version)
    unknown = [name for name in names if name not in known]
    if unknown:
        where = "any version of GroupID" if version == AUTO else f"GroupID {version}"
        raise UnknownComponentError(
            f"{', '.join(unknown)}: not a component of {where}. Its components: {', '.join(known)}. "
            "To save another folder, add it to folders, with a name and a path."
        )


def restore_policy(component: str, requested: t.Literal["merge", "mirror"] | None) -> t.Literal["merge", "mirror"]:
    """Return how a component is restored: by its own policy if it can only be restored whole, otherwise as requested.

    Without a request, its own policy. A name that no version has is a folder of the caller, and is merged.
    """
    known = _components_by_name().get(component)
    if known is not None and (known.whole or requested is None):
        return known.restore
    return requested or "merge"


def database_objects() -> tuple[DatabaseObject, ...]:
    """Return the tables of all versions that identify a database as GroupID's."""
    return tuple(known for product in PRODUCTS for known in product.database_objects)


def restored_whole(component: str) -> bool:
    """Whether a restore of some of the component's files would break it."""
    known = _components_by_name().get(component)
    return known is not None and known.whole


def _components_by_name() -> dict[str, Component]:
    return {part.name: part for product in PRODUCTS for part in product.components}


def default_components(version: str) -> list[str]:
    """Name the components that are backed up if the caller names none (``auto``: of any version).

    Raises UnknownVersionError.
    """
    defaults = (part.name for product in select_products(version) for part in product.components if part.default)
    return list(dict.fromkeys(defaults))


def components_request(
    version: str, names: c.Sequence[str], include: c.Sequence[str], exclude: c.Sequence[str]
) -> list[dict[str, t.Any]]:
    """Return the components of a backup request. include, exclude: globs below each component's root.

    Raises UnknownVersionError, UnknownComponentError.
    """
    check_components(version, names)
    known = _components_by_name()
    return [
        {
            "name": name,
            "required": known[name].required,
            "path": None,
            "include": list(include),
            "exclude": list(exclude),
        }
        for name in names
    ]


def products_request(version: str, component_paths: c.Mapping[str, str]) -> dict[str, t.Any]:
    """Return the fields of a request that let the agent find a product and its folders.

    version: ``auto`` or one of the table. The agent always gets all versions, so that it can find out whether several
    are installed.
    component_paths: absolute folders of components that were moved.

    Raises UnknownVersionError, UnknownComponentError.
    """
    check_components(version, component_paths)
    return {
        "products": [_product_request(product) for product in PRODUCTS],
        "version": version,
        "component_paths": dict(component_paths),
    }


def runtime_request(
    version: str,
    component_paths: c.Mapping[str, str],
    services: c.Sequence[c.Mapping[str, t.Any]],
    only: str = ALL,
) -> dict[str, t.Any]:
    """Return the fields of a request that let the agent find what runs of GroupID.

    services: what users name themselves: ``kind``, ``name`` (a glob) and ``shared``. A kind that is in this list has
    those and no others. With the version ``auto``: of all installed versions.
    only: ``all``, or ``elasticsearch``: of what is found, the services of Elasticsearch, and nothing else.

    Raises UnknownVersionError, UnknownComponentError.
    """
    return {
        **products_request(version, component_paths),
        "only": None if only == ALL else {"component": only, "names": list(ONLY[only])},
        "runs": [
            {
                "version": product.version,
                "kind": row.kind,
                "name": row.name,
                "program": row.program,
                "component": row.component,
            }
            for product in PRODUCTS
            for row in product.runs
        ],
        "services": [{name: row.get(name) for name in ("kind", "name", "shared")} for row in services],
        "similar": list(SIMILAR),
    }


def traps_request() -> list[dict[str, t.Any]]:
    """Return the field ``traps`` of a request that backs up or restores."""
    return [{name: value for name, value in dataclasses.asdict(trap).items() if name != "source"} for trap in TRAPS]


def _product_request(product: Product) -> dict[str, t.Any]:
    return {
        "version": product.version,
        "registry": [product.registry],
        "installation": product.installation,
        "data": product.data,
        "components": [
            {
                "name": part.name,
                "base": part.base,
                "path": part.path,
                "required": part.required,
                "default": part.default,
            }
            for part in product.components
        ],
    }
