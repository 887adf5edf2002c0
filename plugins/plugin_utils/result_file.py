# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A result that stays on the controller as a file."""

from __future__ import annotations

import collections.abc as c
import contextlib
import json
import os
import pathlib
import re
import tempfile
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_error import AgentCallError


def require_directory(directory: str | None) -> None:
    """Make the directory of a later write_result, and try a file there: better before the work than after it.

    None or empty: no file is asked for. Raises AgentCallError.
    """
    if directory:
        folder = _folder(directory)
        with _refusals(folder):
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()


def write_result(directory: str, name: str, document: c.Mapping[str, t.Any]) -> str:
    """Write a document as JSON, in the place of one of the name, and give its path.

    directory: made when it is missing; ``~`` is the user's own. name: what a path cannot have in it becomes ``_``.
    Raises AgentCallError.
    """
    folder = _folder(directory)
    path = folder / re.sub(r"[^\w.-]", "_", name)
    with _refusals(path):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, delete=False) as draft:
            json.dump(document, draft, indent=2)
            draft.write("\n")
        os.replace(draft.name, path)
    return str(path)


def _folder(directory: str) -> pathlib.Path:
    return pathlib.Path(directory).expanduser().absolute()


@contextlib.contextmanager
def _refusals(path: pathlib.Path) -> c.Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AgentCallError(
            Failure(
                "result_file",
                "The result cannot be written on the controller",
                f"{error.strerror or error} ({error.errno})",
                "Name a directory on the controller that this user may write to.",
                path=str(path),
            )
        ) from error
