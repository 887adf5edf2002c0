# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A result that stays on the controller as a file."""

from __future__ import annotations

import collections.abc as c
import errno
import json
import os
import pathlib
import re
import tempfile
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure, FailureError


class ResultFileError(FailureError):
    """The file of a result cannot be written."""


def require_file(directory: str | None, name: str, *, check: bool) -> pathlib.Path | None:
    """Return the file of a later with_file, and try its directory: better before the work than after it.

    directory: made when it is missing; ``~`` is the user's own. name: what a path cannot have in it becomes ``_``.
    None: no file is asked for, or it is check mode, which leaves an earlier file as it is. Raises ResultFileError.
    """
    if not directory or check:
        return None
    folder = pathlib.Path(directory).expanduser().absolute()
    path = folder / re.sub(r"[^\w.-]", "_", name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ResultFileError(_failure(folder, error)) from error
    if path.is_dir():
        raise ResultFileError(_failure(path, OSError(errno.EISDIR, os.strerror(errno.EISDIR))))
    return path


def with_file(
    result: c.Mapping[str, t.Any], path: pathlib.Path | None, document: c.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """Write a document as JSON, in the place of an earlier one, and give the result with ``file``.

    The work is done by now. So where the file cannot be written, the result is kept, and fails.
    """
    if path is None:
        return {**result, "file": None}
    try:
        _write(path, document)
    except OSError as error:
        failed = {} if result.get("failed") else {"failed": True, "error": _failure(path, error).explained()}
        return {**result, "file": None, **failed}
    return {**result, "file": str(path)}


def _write(path: pathlib.Path, document: c.Mapping[str, t.Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as draft:
        try:
            json.dump(document, draft, indent=2)
            draft.write("\n")
            draft.flush()
            os.replace(draft.name, path)
        except BaseException:
            os.unlink(draft.name)
            raise


def _failure(path: pathlib.Path, error: OSError) -> Failure:
    return Failure(
        "result_file",
        "The result cannot be written on the controller",
        f"{error.strerror or error} ({error.errno})",
        "Name a directory on the controller that this user may write to.",
        path=str(path),
    )
