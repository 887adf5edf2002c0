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
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export import group_index
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export import (
    COMPANION_ENDING,
    LDIF_ENDING,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export_files import FilesError, Pair
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.distinguished_name import normal
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.selection import Selection, own_names
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import (
    StoppedError,
    apply_steps,
    preview,
    remaining_steps,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.changes import Step
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.compare import (
    Comparison,
    GroupDifference,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.named_groups import (
    check_names,
    match_named,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.restore import (
    RefusedError,
    check_clear,
    check_domain,
    check_rights,
    check_schema,
    make_plan,
    modify_records,
    write,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.undo import (
    read_undo,
    undo_companion,
    undo_records,
    undo_sha256,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.facts import (
    Domain,
    base_now,
    read_domain,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import Directory
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.client import AgentClient
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.part_files import LIMIT, get_file
from ansible_collections.identityops.groupid.plugins.plugin_utils.groups.outcome import Kind, Outcome, RestoreRequest
from ansible_collections.identityops.groupid.plugins.plugin_utils.groups.part import store
from ansible_collections.identityops.groupid.plugins.plugin_utils.groups.reading import read_by_ldap

UNDO_LDIF_ENDING = ".undo.ldf"
UNDO_COMPANION_ENDING = ".undo.jsonl"


@dataclasses.dataclass(frozen=True)
class Files:
    """The files of a set, in a private folder. kind: of an export, or of a restore for its undo."""

    kind: Kind
    ldif: pathlib.Path
    companion: pathlib.Path
    details: dict[str, t.Any]

    @property
    def attributes(self) -> tuple[str, ...]:
        """What the export exported, or the restore wrote."""
        return tuple(str(name) for name in self.details.get("attributes") or ())


def fetch(client: AgentClient, request: RestoreRequest, folder: pathlib.Path) -> Files:
    """Copy the files of the set into a folder. Raises AgentCallError, and RefusedError for a set without its seal."""
    domain = request.domain.target.domain
    try:
        groups = get_file(client, request.place, f"{domain}{COMPANION_ENDING}", request.seal_sha256)
        kind: Kind = "export"
    except AgentCallError as problem:
        if problem.failure.code != "file_missing":
            raise
        groups = get_file(client, request.place, f"{domain}{UNDO_COMPANION_ENDING}", request.seal_sha256)
        kind = "undo"
    if kind == "export" and not groups.sealed and not request.unsealed:
        raise RefusedError(
            "not_sealed",
            f"Set {request.place.set_id} of deployment {request.place.deployment} is not sealed",
            "Use a sealed set. Or, if you know what this set lacks, set groupid_restore_unsealed: true (unsealed of "
            "the module).",
        )
    name = f"{domain}{LDIF_ENDING if kind == 'export' else UNDO_LDIF_ENDING}"
    ldif = get_file(client, request.place, name, request.seal_sha256)
    files = Files(kind, folder / "then.ldf", folder / "then.jsonl", groups.details)
    files.ldif.write_bytes(ldif.content)
    files.companion.write_bytes(groups.content)
    return files


def restore(client: AgentClient, request: RestoreRequest, files: Files, directory: Directory) -> dict[str, t.Any]:
    """Do what the request says.

    Returns the module's result; it is failed if groups were not changed or it stopped early.

    Raises DirectoryError, AgentCallError, ValueError: nothing was written then.
    """
    domain = read_domain(directory, request.domain.target)
    check_domain(files.details, domain)
    # Groups are found by objectGUID, even if they were moved out of the container from which the set was made.
    domain = dataclasses.replace(domain, base=domain.root)
    groups = own_names(request.groups, domain.root, request.other_domains)
    request = dataclasses.replace(
        request,
        groups=groups,
        exclude=own_names(request.exclude, domain.root, request.other_domains),
        nothing=bool(request.groups) and not groups,
    )
    outcome = Outcome(request, domain)
    selection = Selection(request.domain.limited, request.groups, request.exclude)
    match_named(directory, domain.root, selection)
    if files.kind == "undo":
        steps: c.Sequence[Step] = _undo_steps(outcome, files, selection)
    else:
        steps = _restore_steps(outcome, files, directory, selection)
    if files.kind == "export" and not request.clear_unseen:
        warning = check_clear(files.details, directory.account(), steps)
        outcome.warnings += [warning] if warning else []
    outcome.left = remaining_steps(directory, domain.base, steps)
    previewed = preview(directory, domain.base, steps)
    if request.modify_file is not None:
        outcome.changed = _write_file(pathlib.Path(request.modify_file), outcome.left, request.check)
        return outcome.result(files.kind, previewed)
    check_schema(directory, domain, outcome.left)
    check_rights(directory, domain, outcome.left)
    if files.kind == "export":
        _check_size(steps)
    elif files.details.get("directory_server") != domain.server:
        outcome.warnings.append(_other_server(files, domain))
    if request.check or not previewed.written:
        outcome.changed = bool(previewed.written)
        return outcome.result(files.kind, previewed)
    stored = undo_sha256(steps)
    if files.kind == "export":
        outcome.safety = _store_undo(client, outcome, files, steps)
    try:
        written = (
            apply_steps(directory, domain.base, steps)
            if files.kind == "undo"
            else write(directory, domain, steps, stored)
        )
    except StoppedError as problem:
        outcome.changed = bool(problem.done.written or problem.done.unconfirmed)
        result = outcome.result(files.kind, problem.done)
        undo = f"The undo is set {outcome.safety['set_id']}." if outcome.safety else ""
        return {**result, "failed": True, "error": problem.failure.also(undo).explained()}
    outcome.changed = bool(written.written or written.unconfirmed)
    return outcome.result(files.kind, written)


def _check_size(steps: c.Sequence[Step]) -> None:
    """Refuse a restore whose undo could not be stored. Raises RefusedError."""
    size = sum(map(len, undo_records(steps)))
    if size > LIMIT:
        raise RefusedError(
            "undo_too_large",
            f"The values to be overwritten take {size:,} bytes, and {LIMIT:,} at most can be sent over the connection",
            "Restore in several runs, each of some of the groups (groups, groupid_ldif_groups).",
        )


def _other_server(files: Files, domain: Domain) -> str:
    return (
        f"The restore that is undone wrote to {files.details.get('directory_server')}. {domain.server} may not have "
        "this yet: groups that have not arrived count as unchanged. Name that server in groupid_domains to be sure."
    )


def _undo_steps(outcome: Outcome, files: Files, selection: Selection) -> list[Step]:
    """Read the steps back, those of the chosen groups and attributes. Raises FilesError, RefusedError, ValueError."""
    with files.ldif.open("rb") as ldif, files.companion.open("rb") as lines:
        steps = read_undo(ldif, lines, files.attributes)
    names = selection.chosen(files.attributes)
    limited = [
        dataclasses.replace(step, attributes=tuple(one for one in step.attributes if one.name in names))
        for step in steps
        if selection.takes(step.guid, step.dn) and not outcome.request.nothing
    ]
    check_names(selection, outcome.domain.root, "the undo", (step.dn for step in steps))
    return [step for step in limited if step.attributes]


def _restore_steps(outcome: Outcome, files: Files, directory: Directory, selection: Selection) -> tuple[Step, ...]:
    """Compare the set with the directory as it is now. Raises DirectoryError, RefusedError, ValueError."""
    request = outcome.request
    base = _base(outcome, files, directory)
    target = dataclasses.replace(request.domain.target, base=base)
    domain_request = dataclasses.replace(
        request.domain, target=target, attributes=files.attributes, filter=str(files.details["filter"])
    )
    folder = files.ldif.with_name("now")
    folder.mkdir()
    with files.companion.open("rb") as lines:
        known = [group[0] for group in group_index.groups(lines)]
    now = read_by_ldap(directory, domain_request, folder, known, known_only=base is None)
    pairs = (
        Pair(files.ldif, files.companion, now.exported.attributes),
        Pair(now.exported.ldif.path, now.exported.companion.path, now.exported.attributes),
    )
    comparison = Comparison(*pairs, selection)
    plan = make_plan(_noted(comparison.differences(), outcome), request.clear)
    check_names(selection, outcome.domain.root, "the set", (group[1] for pair in pairs for group in pair.groups()))
    outcome.counts = {**dataclasses.asdict(comparison.counts), "kept": plan.kept}
    return () if request.nothing else plan.steps


def _base(outcome: Outcome, files: Files, directory: Directory) -> str | None:
    """Return where to search for the groups of the set; None: their container no longer exists.

    Raises DirectoryError, RefusedError.
    """
    then, guid = str(files.details["base"]), str(files.details.get("base_guid") or "")
    try:
        now = base_now(directory, outcome.domain.root, then, guid)
        moved = now is not None and normal(then) != normal(now)
    except ValueError as problem:
        raise FilesError("files", "The restore was not started", str(problem), "Use the set unchanged.") from None
    if now is None:
        outcome.warnings.append(
            f"The base of the set, {then}, no longer exists. The groups of the set are found by objectGUID wherever "
            "they are; "
            "groups that were created since are not listed."
        )
    elif moved:
        outcome.warnings.append(f"The base of the set, {then}, is now {now}.")
    return now


def _noted(groups: c.Iterable[GroupDifference], outcome: Outcome) -> c.Iterator[GroupDifference]:
    for group in groups:
        outcome.note(group)
        yield group


def _write_file(path: pathlib.Path, steps: c.Sequence[Step], check: bool) -> bool:
    """Write the plan as LDIF for a person, whole or not at all. Returns whether the file changes. Raises ValueError."""
    content = b"".join(modify_records(steps))
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        if not check:
            # Beside it, so that a rename puts it in place. If that fails, it is removed with the folder.
            with tempfile.TemporaryDirectory(dir=path.parent, prefix=".groupid-") as folder:
                draft = pathlib.Path(folder, "draft.ldf")
                draft.touch(mode=0o600)
                draft.write_bytes(content)
                draft.replace(path)
    except OSError as problem:
        raise ValueError(f"modify_file {path} was not written: {problem.strerror}. Use another path.") from None
    return True


def _store_undo(client: AgentClient, outcome: Outcome, files: Files, steps: c.Sequence[Step]) -> dict[str, str]:
    """Make what will be overwritten a set of its own, flushed before the first write. Raises AgentCallError."""
    request, domain = outcome.request, outcome.domain
    set_id = request.safety_set_id
    if set_id is None:
        root, deployment = request.place.root, request.place.deployment
        known = client.ask({"operation": "list", "root": root, "deployment": deployment})["sets"]
        now = datetime.datetime.now(datetime.timezone.utc)
        set_id = backup_set.next_set_id(now, [one["set_id"] for one in known], backup_set.SAFETY_LABEL)
    folder = files.ldif.with_name("undo")
    folder.mkdir()
    paths = [folder / f"{domain.dns_name}{ending}" for ending in (UNDO_LDIF_ENDING, UNDO_COMPANION_ENDING)]
    paths[0].write_bytes(b"".join(undo_records(steps)))
    paths[1].write_bytes(b"".join(undo_companion(steps)))
    details = {
        "kind": "undo",
        "restored": request.place.set_id,
        "domain": domain.dns_name,
        "directory_server": domain.server,
        "domain_guid": domain.guid,
        "domain_sid": domain.sid,
        "highest_committed_usn": domain.highest_committed_usn,
        "attributes": list(files.attributes),
    }
    place = dataclasses.replace(request.place, set_id=set_id)
    answer = store(client, place, paths, details, set_id, request.inventory_name)
    return {"set_id": set_id, "part_path": answer["part_path"]}
