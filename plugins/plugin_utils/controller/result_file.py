# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A result that is stored on the controller as a file."""

from __future__ import annotations

import collections.abc as c
import errno
import json
import os
import pathlib
import re
import stat
import tempfile
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure, FailureError


class ResultFileError(FailureError):
    """The file of a result cannot be written."""


def require_file(directory: str | None, name: str, *, check: bool) -> pathlib.Path | None:
    """Return the file for a later with_file, and check its directory before the work begins.

    directory: made if it is missing; ``~`` is the user's own. name: characters that a path cannot have become ``_``.
    None: no file is requested, or it is check mode, which does not change an earlier file. Raises ResultFileError.
    """
    if not directory or check:
        return None
    path = place_of(directory) / re.sub(r"[^\w.-]", "_", name)
    require_writable(path)
    return path


def place_of(text: str) -> pathlib.Path:
    """Return a full path. ``~`` is the user's own folder. Raises ResultFileError."""
    path = pathlib.Path(text)
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        unknown = OSError(errno.ENOENT, f"it is not known which folder {path.parts[0]} is")
        raise ResultFileError(failure_of(path, unknown)) from None


def require_writable(path: pathlib.Path) -> None:
    """Check the directory of a file, which is made if it is missing. Raises ResultFileError.

    An existing file must be a plain file. Otherwise the result would replace a link, a pipe or a device, for root even
    in ``/dev``, and reading a pipe would never end.
    """
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ResultFileError(failure_of(folder, error)) from error
    try:
        kind = stat.S_IFMT(path.lstat().st_mode)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ResultFileError(failure_of(path, error)) from error
    if kind == stat.S_IFDIR:
        raise ResultFileError(failure_of(path, OSError(errno.EISDIR, os.strerror(errno.EISDIR))))
    if kind != stat.S_IFREG:
        raise ResultFileError(failure_of(path, OSError(errno.EINVAL, "it is a link, a pipe or a device")))


def write(path: pathlib.Path, document: c.Mapping[str, t.Any]) -> None:
    """Write a document as JSON, as a whole, in place of an earlier one. Raises ResultFileError."""
    try:
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
    except OSError as error:
        raise ResultFileError(failure_of(path, error)) from error


def with_file(
    result: c.Mapping[str, t.Any], path: pathlib.Path | None, document: c.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """Write a document as JSON, in place of an earlier one, and return the result with ``file``.

    The work is already done. So if the file cannot be written, the result is kept, and fails.
    """
    if path is None:
        return {**result, "file": None}
    try:
        write(path, document)
    except ResultFileError as error:
        failed = {} if result.get("failed") else {"failed": True, "error": error.failure.explained()}
        return {**result, "file": None, **failed}
    return {**result, "file": str(path)}


def failure_of(path: pathlib.Path, error: OSError) -> Failure:
    """Return the failure of a file that cannot be written or read."""
    return Failure(
        "result_file",
        "The result cannot be written on the controller",
        f"{error.strerror or error} ({error.errno})",
        "Name another place on the controller, which this user may write to.",
        path=str(path),
    )
