# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The undo of a restore: two files with the overwritten values, and how they are restored.

``<domain>.undo.ldf`` is LDIF in modify form. For each group, it deletes all values after the restore and adds all
values before it. Its companion lists the groups of the records in the same order, like the companion of an export.
"""

from __future__ import annotations

import collections.abc as c
import hashlib
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export import group_index
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export_files import FilesError
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change, Record
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.reader import records
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import Written, apply_steps
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.changes import AttributeStep, Step
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import Directory


def undo_records(steps: c.Iterable[Step]) -> c.Iterator[bytes]:
    """Return the LDIF of the undo, record by record."""
    return (step.reversed().whole_record() for step in steps)


def undo_companion(steps: c.Iterable[Step]) -> c.Iterator[bytes]:
    """Return the lines of the file beside it."""
    return (group_index.line(step.guid, step.dn, True) for step in steps)


def undo_sha256(steps: c.Iterable[Step]) -> str:
    """Return the hash of ``undo_records``: it proves that a stored undo belongs to the plan."""
    digest = hashlib.sha256()
    for record in undo_records(steps):
        digest.update(record)
    return digest.hexdigest()


def read_undo(ldif: t.BinaryIO, companion_lines: t.BinaryIO, attributes: c.Sequence[str]) -> list[Step]:
    """Read both files as steps that undo the restore. attributes: that may be in them.

    Raises FilesError.
    """
    known = {name.lower(): name for name in attributes}
    steps = []
    try:
        following = records(ldif)
        for guid, dn, dummy in group_index.groups(companion_lines):
            record = next(following, None)
            if record is None or record.dn != dn:
                raise ValueError(f"the record of {dn} does not come next")
            steps.append(Step(guid, dn, tuple(_attributes(record, known))))
        if next(following, None) is not None:
            raise ValueError("there are more records than the companion names")
    except ValueError as problem:
        raise FilesError(
            "files",
            "The undo was not started",
            str(problem),
            "Use both files of the restore, unchanged.",
        ) from None
    return steps


def undo(
    directory: Directory,
    base: str,
    ldif: t.BinaryIO,
    companion_lines: t.BinaryIO,
    attributes: c.Sequence[str],
) -> Written:
    """Restore the values that a restore overwrote.

    Groups with the values that the restore wrote get the old values. Groups with the old values are unchanged. Any
    other group is a conflict and is not changed.

    Raises FilesError, before anything is written; StoppedError as ``apply.apply_steps``.
    """
    return apply_steps(directory, base, read_undo(ldif, companion_lines, attributes))


def _attributes(record: Record, known: dict[str, str]) -> c.Iterator[AttributeStep]:
    """Read a record that ``whole_record`` wrote. Raises ValueError for any other."""
    values: dict[str, dict[str, tuple[bytes, ...]]] = {}
    for change in record.changes:
        values.setdefault(_checked(record, change, known), {})[change.operation] = change.values
    if record.changetype != "modify" or sum(map(len, values.values())) != len(record.changes):
        raise ValueError(f"the record of {record.dn} is not a record of an undo")
    for name, sides in values.items():
        yield AttributeStep(name, tuple(sorted(sides.get("delete", ()))), tuple(sorted(sides.get("add", ()))))


def _checked(record: Record, change: Change, known: dict[str, str]) -> str:
    """Return the attribute's name. Raises ValueError for a change that no undo has."""
    name = known.get(change.attribute.lower())
    if name is None:
        raise ValueError(f"the record of {record.dn} changes {change.attribute}, which was not restored")
    if change.operation == "replace" or not change.values:
        raise ValueError(f"the record of {record.dn} does not name the values that it removes")
    return name
