# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore of group attributes from its files to its result: compare, store what will be overwritten, write."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import os
import pathlib
import tempfile
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set
from ansible_collections.identityops.groupid.plugins.module_utils.directory.compare import Comparison, GroupDifference
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export import (
    COMPANION_ENDING,
    LDIF_ENDING,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.facts import Domain, read_domain
from ansible_collections.identityops.groupid.plugins.module_utils.directory.pair import Pair
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore import (
    RefusedError,
    check_domain,
    check_rights,
    make_plan,
    modify_records,
    write,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.selection import Selection
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session import Directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.steps import Step
from ansible_collections.identityops.groupid.plugins.module_utils.directory.steps_text import steps_diff
from ansible_collections.identityops.groupid.plugins.module_utils.directory.undo import (
    read_undo,
    undo_companion,
    undo_records,
    undo_sha256,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.writing import (
    StoppedError,
    Written,
    do,
    foretell,
)
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_action import AgentAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_error import AgentCallError
from ansible_collections.identityops.groupid.plugins.plugin_utils.group_part import store
from ansible_collections.identityops.groupid.plugins.plugin_utils.group_reading import read_by_ldap
from ansible_collections.identityops.groupid.plugins.plugin_utils.ldif_action import Chosen
from ansible_collections.identityops.groupid.plugins.plugin_utils.part_files import Place, get_file

UNDO_LDIF_ENDING = ".undo.ldf"
UNDO_COMPANION_ENDING = ".undo.jsonl"
SAFETY_LABEL = "before-restore"


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a task asks for; the names are those of the module's options."""

    chosen: Chosen
    place: Place
    inventory_name: str
    unsealed: bool
    groups: tuple[str, ...]
    exclude: tuple[str, ...]
    clear: bool
    modify_file: str | None
    limit: int
    check: bool
    diff: bool


@dataclasses.dataclass(frozen=True)
class Files:
    """The files of a set, in a private folder. kind: of an export, or what a restore left for its undoing."""

    folder: pathlib.Path
    kind: t.Literal["export", "undo"]
    ldif: pathlib.Path
    companion: pathlib.Path
    details: dict[str, t.Any]

    @property
    def attributes(self) -> tuple[str, ...]:
        """What the export exported, or the restore wrote."""
        return tuple(str(name) for name in self.details.get("attributes") or ())


@dataclasses.dataclass
class Outcome:
    """What a restore found and did. Lists hold as many groups as the wish allows."""

    counts: dict[str, int] = dataclasses.field(default_factory=dict)
    gone: list[str] = dataclasses.field(default_factory=list)
    new: list[str] = dataclasses.field(default_factory=list)
    set_since: list[str] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)


def fetch(action: AgentAction, wish: Wish, folder: pathlib.Path) -> Files:
    """Bring the files of the set into a folder. Raises AgentCallError, and RefusedError for a set without its seal."""
    domain = wish.chosen.target.domain
    try:
        companion = get_file(action, wish.place, f"{domain}{COMPANION_ENDING}")
        kind, ending = "export", LDIF_ENDING
    except AgentCallError as problem:
        if problem.error.code != "file_missing":
            raise
        companion = get_file(action, wish.place, f"{domain}{UNDO_COMPANION_ENDING}")
        kind, ending = "undo", UNDO_LDIF_ENDING
    if kind == "export" and not companion.sealed and not wish.unsealed:
        raise RefusedError(
            "not_sealed",
            f"Set {wish.place.set_id} of deployment {wish.place.deployment} is not sealed",
            "Choose a set that is; or, knowing what it lacks, say so with unsealed: true.",
        )
    ldif = get_file(action, wish.place, f"{domain}{ending}")
    files = Files(
        folder, t.cast(t.Any, kind), folder / "then.ldf", folder / "then.jsonl", companion.details
    )
    files.ldif.write_bytes(ldif.content)
    files.companion.write_bytes(companion.content)
    return files


def restore(action: AgentAction, wish: Wish, files: Files, directory: Directory) -> dict[str, t.Any]:
    """Do what the wish says. Gives the module's result.

    Raises DirectoryError, AgentCallError, ValueError: nothing was written then, but for StoppedError.
    """
    domain = read_domain(directory, wish.chosen.target)
    check_domain(files.details, domain)
    outcome = Outcome()
    if files.kind == "undo":
        with files.ldif.open("rb") as ldif, files.companion.open("rb") as lines:
            steps = read_undo(ldif, lines, files.attributes)
        steps = foretell(directory, domain.base, steps)
    else:
        steps = _compared(wish, files, directory, outcome)
    safety, written = None, Written()
    if wish.modify_file is not None:
        changed = _write_file(wish, steps)
    else:
        check_rights(directory, domain, steps)
        changed = bool(steps)
        if not wish.check and steps:
            if files.kind == "export":
                safety = _store_undo(action, wish, domain, steps)
            written = _written(directory, domain, steps, files.kind)
    return _result(wish, files, domain, steps, outcome, written, safety, changed)
