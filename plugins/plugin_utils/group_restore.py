# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore of group attributes from its files to its result: compare, store what will be overwritten, write."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
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
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session import Directory, DirectoryError
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

_NAMED = ("gone", "new", "set_since")
_SHOWN = 5


Kind = t.Literal["export", "undo"]


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

    kind: Kind
    ldif: pathlib.Path
    companion: pathlib.Path
    details: dict[str, t.Any]

    @property
    def attributes(self) -> tuple[str, ...]:
        """What the export exported, or the restore wrote."""
        return tuple(str(name) for name in self.details.get("attributes") or ())


def fetch(action: AgentAction, wish: Wish, folder: pathlib.Path) -> Files:
    """Bring the files of the set into a folder. Raises AgentCallError, and RefusedError for a set without its seal."""
    domain = wish.chosen.target.domain
    try:
        companion = get_file(action, wish.place, f"{domain}{COMPANION_ENDING}")
        kind: Kind = "export"
    except AgentCallError as problem:
        if problem.error.code != "file_missing":
            raise
        companion = get_file(action, wish.place, f"{domain}{UNDO_COMPANION_ENDING}")
        kind = "undo"
    if kind == "export" and not companion.sealed and not wish.unsealed:
        raise RefusedError(
            "not_sealed",
            f"Set {wish.place.set_id} of deployment {wish.place.deployment} is not sealed",
            "Choose a set that is; or, knowing what it lacks, say so with unsealed: true.",
        )
    ldif = get_file(action, wish.place, f"{domain}{LDIF_ENDING if kind == 'export' else UNDO_LDIF_ENDING}")
    files = Files(kind, folder / "then.ldf", folder / "then.jsonl", companion.details)
    files.ldif.write_bytes(ldif.content)
    files.companion.write_bytes(companion.content)
    return files


def restore(action: AgentAction, wish: Wish, files: Files, directory: Directory) -> dict[str, t.Any]:
    """Do what the wish says. Gives the module's result, failed where groups were left or it stopped in the middle.

    Raises DirectoryError, AgentCallError, ValueError: nothing was written then.
    """
    domain = read_domain(directory, wish.chosen.target)
    check_domain(files.details, domain)
    outcome = Outcome(wish, domain)
    steps = _to_undo(files) if files.kind == "undo" else _compared(outcome, files, directory)
    foretold = foretell(directory, domain.base, steps)
    if wish.modify_file is not None:
        outcome.changed = _write_file(pathlib.Path(wish.modify_file), steps, wish.check)
        return outcome.result(files.kind, steps, foretold)
    check_rights(directory, domain, steps)
    if wish.check or not foretold.written:
        outcome.changed = bool(foretold.written)
        return outcome.result(files.kind, steps, foretold)
    stored = undo_sha256(steps)
    if files.kind == "export":
        outcome.safety = _store_undo(action, outcome, files, steps)
    try:
        written = do(directory, domain.base, steps) if files.kind == "undo" else write(directory, domain, steps, stored)
    except StoppedError as problem:
        outcome.changed = bool(problem.done.written)
        result = outcome.result(files.kind, steps, problem.done)
        return {**result, "failed": True, "msg": str(problem), "error": problem.explained()}
    outcome.changed = bool(written.written or written.unconfirmed)
    return outcome.result(files.kind, steps, written)


@dataclasses.dataclass
class Outcome:
    """What a restore found and did. Lists hold as many groups as the wish allows."""

    wish: Wish
    domain: Domain
    counts: dict[str, int] = dataclasses.field(default_factory=dict)
    named: dict[str, list[str]] = dataclasses.field(default_factory=lambda: {name: [] for name in _NAMED})
    safety: dict[str, str] | None = None
    changed: bool = False

    def note(self, group: GroupDifference) -> None:
        """Take down a group that the result names."""
        for kind, names in self.named.items():
            if getattr(group, kind) and len(names) < self.wish.limit:
                names.append(group.dn_now or group.dn_then or group.guid_text)

    def result(self, kind: str, steps: c.Sequence[Step], written: Written) -> dict[str, t.Any]:
        """Give the module's result."""
        left = [*written.conflicts, *written.unconfirmed]
        counts = {"written": len(written.written), "conflicts": len(left), "unchanged": written.unchanged}
        result: dict[str, t.Any] = {
            "changed": self.changed,
            "domain": self.domain.dns_name,
            "directory_server": self.domain.server,
            "set_id": self.wish.place.set_id,
            "kind": kind,
            "counts": {**self.counts, **counts},
            "written": written.written[: self.wish.limit],
            "conflicts": [f"{group.dn}: {group.cause}" for group in left[: self.wish.limit]],
            **self.named,
            "safety": self.safety,
            "modify_file": self.wish.modify_file,
        }
        if self.wish.diff:
            result["diff"] = steps_diff(steps, self.domain.dns_name, self.wish.limit)
        if left and self.wish.modify_file is None:
            result.update(_partial(self.domain.dns_name, result["conflicts"], len(left)))
        return result


def _partial(domain: str, conflicts: list[str], number: int) -> dict[str, t.Any]:
    """Say of a restore that left groups that it is not whole."""
    error = DirectoryError(
        "conflicts",
        f"{number} groups of {domain} were left as they are",
        " ".join(conflicts[:_SHOWN]),
        "Look at them with --check --diff, and run again: it compares anew, and overwrites what is there then.",
    )
    return {"failed": True, "msg": str(error), "error": error.explained()}


def _to_undo(files: Files) -> list[Step]:
    with files.ldif.open("rb") as ldif, files.companion.open("rb") as lines:
        return read_undo(ldif, lines, files.attributes)


def _compared(outcome: Outcome, files: Files, directory: Directory) -> tuple[Step, ...]:
    """Compare the set with the directory as it is now. Raises DirectoryError, ValueError."""
    wish = outcome.wish
    chosen = dataclasses.replace(wish.chosen, attributes=files.attributes, filter=str(files.details["filter"]))
    folder = files.ldif.with_name("now")
    folder.mkdir()
    now = read_by_ldap(directory, chosen, folder)
    selection = Selection(wish.chosen.attributes, wish.groups, wish.exclude)
    comparison = Comparison(
        Pair(files.ldif, files.companion, now.exported.attributes),
        Pair(now.exported.ldif.path, now.exported.companion.path, now.exported.attributes),
        selection,
    )
    plan = make_plan(_noted(comparison.differences(), outcome), wish.clear)
    if selection.unknown:
        raise ValueError(
            f"Neither the set nor {outcome.domain.dns_name} has these groups: {', '.join(selection.unknown)}. Correct "
            "groups or exclude_groups."
        )
    outcome.counts = {**dataclasses.asdict(comparison.counts), "kept": plan.kept}
    return plan.steps


def _noted(groups: c.Iterable[GroupDifference], outcome: Outcome) -> c.Iterator[GroupDifference]:
    for group in groups:
        outcome.note(group)
        yield group


def _write_file(path: pathlib.Path, steps: c.Sequence[Step], check: bool) -> bool:
    """Write the plan as LDIF for a person, whole or not at all. Gives whether the file changes. Raises ValueError."""
    content = b"".join(modify_records(steps))
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        if not check:
            # Beside it, so that a rename puts it in place; gone with the folder where that fails.
            with tempfile.TemporaryDirectory(dir=path.parent, prefix=".groupid-") as folder:
                draft = pathlib.Path(folder, "draft.ldf")
                draft.touch(mode=0o600)
                draft.write_bytes(content)
                draft.replace(path)
    except OSError as problem:
        raise ValueError(f"modify_file {path} was not written: {problem.strerror}. Name a path that can be.") from None
    return True


def _store_undo(action: AgentAction, outcome: Outcome, files: Files, steps: c.Sequence[Step]) -> dict[str, str]:
    """Make what will be overwritten a set of its own, flushed before the first write. Raises AgentCallError."""
    wish, domain = outcome.wish, outcome.domain
    known = action.ask({"operation": "list", "root": wish.place.root, "deployment": wish.place.deployment})["sets"]
    now = datetime.datetime.now(datetime.timezone.utc)
    set_id = backup_set.next_set_id(now, [one["set_id"] for one in known], SAFETY_LABEL)
    folder = files.ldif.with_name("undo")
    folder.mkdir()
    paths = [folder / f"{domain.dns_name}{ending}" for ending in (UNDO_LDIF_ENDING, UNDO_COMPANION_ENDING)]
    paths[0].write_bytes(b"".join(undo_records(steps)))
    paths[1].write_bytes(b"".join(undo_companion(steps)))
    details = {
        "kind": "undo",
        "restored": wish.place.set_id,
        "domain": domain.dns_name,
        "directory_server": domain.server,
        "domain_guid": domain.guid,
        "domain_sid": domain.sid,
        "highest_committed_usn": domain.highest_committed_usn,
        "attributes": list(files.attributes),
    }
    place = dataclasses.replace(wish.place, set_id=set_id)
    answer = store(action, place, paths, details, set_id, wish.inventory_name)
    return {"set_id": set_id, "part_path": answer["part_path"]}
