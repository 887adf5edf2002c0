# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that select the set, and the components and files in it."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import CHOOSING, SAVING, VERIFY, Word

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

SELECTION: t.Final[tuple[Word, ...]] = (
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
        roles=SAVING,
        where="extra",
        example="before-11",
    ),
    Word(
        "groupid_components",
        "list",
        None,
        "Components to back up or to restore. By default, a backup saves the usual components of the version, and "
        "a restore restores all components of the part.",
        roles=CHOOSING,
        elements="component",
        example="[reports, database]",
        shown="the usual ones",
    ),
    Word(
        "groupid_folders",
        "list",
        [],
        "Other folders to back up. Each has `name`, `path`, `required`, `include` and `exclude`. If several servers "
        "have the same folder on a share, with the same `include` and `exclude`, one of them restores it.",
        roles=CHOOSING,
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
        roles=CHOOSING,
        elements="glob",
        example="[HR Portal]",
    ),
    Word(
        "groupid_exclude",
        "list",
        [],
        "Globs below the root of each component, for files to leave out.",
        roles=CHOOSING,
        elements="glob",
        example='["**/*.tmp"]',
    ),
    Word(
        "groupid_exclude_defaults",
        "list",
        None,
        "More globs for files to leave out. By default, logs and lock files. An empty list turns them off.",
        roles=SAVING,
        elements="glob",
        example="[]",
        shown="logs, lock files",
    ),
)
