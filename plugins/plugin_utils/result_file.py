# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A result that stays on the controller as a file."""

from __future__ import annotations

import collections.abc as c
import json
import os
import pathlib
import re
import tempfile
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_error import AgentCallError


def write_result(directory: str, name: str, document: c.Mapping[str, t.Any]) -> str:
    """Write a document as JSON, in the place of one of the name, and give its path.

    directory: made when it is missing; ``~`` is the user's own. name: what a path cannot have in it becomes ``_``.
    Raises AgentCallError.
    """
    folder = pathlib.Path(directory).expanduser().absolute()
    path = folder / re.sub(r"[^\w.-]", "_", name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, delete=False) as draft:
            json.dump(document, draft, indent=2)
            draft.write("\n")
        os.replace(draft.name, path)
    except OSError as error:
        raise AgentCallError(
            Failure(
                "result_file",
                "The result was not written on the controller",
                f"{error.strerror or error} ({error.errno})",
                "Name a directory of the controller that this user may write to.",
                path=str(path),
            )
        ) from error
    return str(path)
