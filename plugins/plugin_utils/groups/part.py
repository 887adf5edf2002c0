# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the part of a set from a domain's files: folder, files, record."""

from __future__ import annotations

import collections.abc as c
import pathlib
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.answer import without_envelope
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.client import AgentClient
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.part_files import LIMIT, Place, put_file


def store(
    client: AgentClient,
    place: Place,
    files: c.Sequence[pathlib.Path],
    details: c.Mapping[str, t.Any],
    epoch: str,
    inventory_name: str,
    *,
    narrowed: c.Sequence[str] | None = None,
    scope: c.Mapping[str, t.Any] | None = None,
) -> dict[str, t.Any]:
    """Make a part of these files, flushed to the disk. Returns the answer of ``adopt``, in check mode previewed.

    narrowed, scope: what the record stores about the choices for the part; None: not known. If another run has already
      made the part of this set, its record and ``details`` are returned with ``shared``.

    Raises AgentCallError: a file that is too large before anything is made.
    """
    sizes = [file.stat().st_size for file in files]
    for file, size in zip(files, sizes, strict=True):
        if size > LIMIT:
            raise _too_large(file.name, size)
    placed = client.ask(place.request("place", account=None))
    if placed.get("complete"):
        return {**without_envelope(placed), "shared": True}
    for file in [] if client.check else files:
        put_file(client, place, file.name, file.read_bytes())
    answer = client.ask(
        place.request(
            "adopt",
            files=[file.name for file in files],
            external=False,
            epoch=epoch,
            version=None,
            inventory_name=inventory_name,
            details=details,
            narrowed=narrowed,
            scope=scope,
        )
    )
    previewed = {"files": len(files), "directories": 1, "bytes": sum(sizes)} if client.check else {}
    return {**without_envelope(answer), **previewed, "shared": False, "details": details}


def _too_large(name: str, size: int) -> AgentCallError:
    return AgentCallError(
        Failure(
            code="too_large",
            what=f"The file {name} was not stored",
            cause=f"It has {size:,} bytes, and at most {LIMIT:,} can be sent over the connection",
            next="Narrow the groups by base or filter in groupid_domains, or leave out an attribute.",
        )
    )
