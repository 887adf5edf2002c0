# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why one run saves less than the inventory asks for."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import products
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.shared_parts import DATABASE, GROUP_ATTRIBUTES

Values = c.Mapping[str, t.Any]


def narrower(usual: Values, effective: Values, installed: c.Sequence[str]) -> list[str]:
    """Return why the effective values save less, one short text each, such as ``groupid_include: HR Portal``.

    usual: values from the inventory only. effective: with extra and task variables. `settings.understand` returns both
    for a backup. installed: versions of GroupID, as they were found. Empty if everything usual is saved. What cannot be
    compared counts as less.

    Raises UnknownVersionError.
    """
    usual_version, version = version_of(usual, installed), version_of(effective, installed)
    before, now = _saved(usual, usual_version), _saved(effective, version)
    return [
        *(() if version == usual_version else (f"groupid_version: {version}",)),
        *_components(before, now),
        *(text for name in ("include", "exclude") for text in _filtered(f"groupid_{name}", name, usual, effective)),
        *_more("groupid_exclude_defaults", default_excludes(usual), default_excludes(effective)),
        *_moved(usual, effective, before),
        *_folders(usual["folders"], effective["folders"]),
        *(_database(usual, effective) if DATABASE in before & now else ()),
        *(_domains(usual, effective) if GROUP_ATTRIBUTES in before & now else ()),
    ]


def version_of(values: Values, installed: c.Sequence[str]) -> str:
    """Return the version of GroupID that is backed up: as configured, or the installed one. ``auto`` if unclear."""
    configured = str(values["version"])
    return installed[0] if configured == products.AUTO and len(installed) == 1 else configured


def _saved(values: Values, version: str) -> set[str]:
    """Name the components that are saved. If none are named, the usual ones, and database and domains if configured.

    version: with ``auto``, the components of all versions are usual.
    """
    named = values["components"]
    shared = {DATABASE: values["sql_server"] and values["sql_database"], GROUP_ATTRIBUTES: values["domains"]}
    configured = {name for name, known in shared.items() if known}
    if named is None:
        return {*products.default_components(version), *configured}
    return {name for name in named if name not in shared or name in configured}


def _components(before: set[str], now: set[str]) -> c.Iterator[str]:
    missing = sorted(before - now)
    if missing:
        yield f"groupid_components: without {', '.join(missing)}"


def _filtered(label: str, name: str, usual: Values, effective: Values) -> c.Iterator[str]:
    """Compare globs: fewer to include (none means all), or more to exclude."""
    if name == "exclude":
        yield from _more(label, usual["exclude"], effective["exclude"])
    elif effective["include"] and (not usual["include"] or globs(usual["include"]) - globs(effective["include"])):
        yield f"{label}: {', '.join(effective['include'])}"


def _more(label: str, before: c.Iterable[str], now: c.Sequence[str]) -> c.Iterator[str]:
    known = globs(before)
    added = [glob for glob in now if not globs([glob]) <= known]
    if added:
        yield f"{label}: {', '.join(added)}"


def globs(given: c.Iterable[str]) -> frozenset[str]:
    """Return globs in a form to compare: case is ignored on Windows, and both slashes separate."""
    return frozenset(glob.replace("\\", "/").lower() for glob in given)


def default_excludes(values: Values) -> c.Sequence[str]:
    """Return what is always left out: as configured, or the usual globs."""
    given: c.Sequence[str] | None = values["exclude_defaults"]
    return products.DEFAULT_EXCLUDES if given is None else given


def _moved(usual: Values, effective: Values, before: c.Container[str]) -> c.Iterator[str]:
    """Return the components whose folder in groupid_component_paths is another one."""
    usual_paths, paths = usual["component_paths"], effective["component_paths"]
    for name in dict.fromkeys([*usual_paths, *paths]):
        now = paths.get(name)
        if name in before and not _same(usual_paths.get(name), now):
            yield f"groupid_component_paths: {name} from {now or 'its usual folder'}"


def _folders(usual: c.Iterable[Values], effective: c.Iterable[Values]) -> c.Iterator[str]:
    now = {folder["name"]: folder for folder in effective}
    for folder in usual:
        name = folder["name"]
        other = now.get(name)
        if other is None:
            yield f"groupid_folders: without {name}"
        elif not _same(folder["path"], other["path"]):
            yield f"groupid_folders: {name} from {other['path']}"
        else:
            for option in ("include", "exclude"):
                yield from _filtered(f"groupid_folders: {name}, {option}", option, folder, other)


def _database(usual: Values, effective: Values) -> c.Iterator[str]:
    for key in ("sql_server", "sql_instance", "sql_port", "sql_database"):
        if not _same(usual[key], effective[key]):
            yield f"groupid_{key}: {effective[key] or 'not set'}"


def _domains(usual: Values, effective: Values) -> c.Iterator[str]:
    now = {domain["name"].lower(): domain for domain in effective["domains"]}
    for domain in usual["domains"]:
        name = domain["name"].lower()
        other = now.get(name)
        if other is None:
            yield f"groupid_domains: without {name}"
            continue
        for option in ("base", "filter"):
            if not _same(domain.get(option), other.get(option)):
                yield f"groupid_domains: {name}, {option} {other.get(option) or 'not set'}"
        kept = _attributes(other, effective)
        missing = [attribute for key, attribute in _attributes(domain, usual).items() if key not in kept]
        if missing:
            yield f"groupid_domains: {name} without {', '.join(missing)}"


def _attributes(domain: Values, values: Values) -> dict[str, str]:
    """Return a domain's attributes, by their names in lower case.

    The variable for all domains comes first, then the domain's own attributes, then the vendor's.
    """
    chosen = values["ldif_attributes"] or domain.get("attributes") or ATTRIBUTES
    return {str(name).lower(): str(name) for name in chosen}


def _same(one: t.Any, other: t.Any) -> bool:
    return str(one or "").lower() == str(other or "").lower()
