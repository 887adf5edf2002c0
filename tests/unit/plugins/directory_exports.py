# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports for tests: of groups as data, and of a directory that runs."""

from __future__ import annotations

import collections.abc as c
import pathlib

from unit.plugins.directories import FILTER

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export import Exported, export_pages
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export_files import Pair
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import Directory, Entry
from lab.directory.groups import Group

BASE = "DC=corp,DC=example"


def entry(group: Group, base: str = BASE) -> Entry:
    """A group as a directory gives it: one that has no attribute is in it, too."""
    return group.dn(base), {
        "objectGUID": [group.guid],
        **{name: list(held) for name, held in group.attributes.items() if held},
    }


def export_groups(
    folder: pathlib.Path, groups: c.Iterable[Group], attributes: c.Sequence[str] = ATTRIBUTES
) -> Exported:
    """Export groups into a new folder."""
    folder.mkdir(parents=True)
    return export_pages([[entry(group) for group in groups]], attributes, folder, "corp.example")


def export_directory(
    folder: pathlib.Path, directory: Directory, base: str = BASE, attributes: c.Sequence[str] = ATTRIBUTES
) -> Exported:
    """Export a directory into a new folder."""
    folder.mkdir(parents=True)
    pages = directory.pages(base, FILTER, ["objectGUID", *attributes])
    return export_pages(pages, attributes, folder, "corp.example")


def pair_of(exported: Exported) -> Pair:
    """The files of an export, to be read."""
    return Pair(exported.ldif.path, exported.companion.path, exported.attributes)
