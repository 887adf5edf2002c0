# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the servers."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    deployments,
    listing,
    prediction,
    quiescing,
)
from ansible_collections.identityops.groupid.plugins.module_utils.columns import table
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.summary.cells import (
    Row,
    answer_of,
    checked,
    predicted_part,
    scaled,
    size_cells,
    yes,
)


def lines(facts: Facts, hosts: c.Sequence[str], kind: Kind, check: bool) -> list[str]:
    """Return the table of the servers, with one row for each host. Empty without hosts."""
    if not hosts:
        return []
    headings, row_of = _TABLES[kind]
    rows = [[host, deployments.name_of(facts, host), *row_of(facts, host, check)] for host in hosts]
    renamed = {
        host: server for host in hosts if (server := listing.server_of(facts, host)) != deployments.short_name(host)
    }
    if renamed:
        headings = ["server", *headings]
        rows = [[*row[:2], listing.server_of(facts, str(row[0])), *row[2:]] for row in rows]
    return table(["host", "deployment", *headings], rows)


def _preflight_row(facts: Facts, host: str, _check: bool) -> Row:
    probe = answer_of(facts, host, "__groupid_probe")
    root = probe.get("backup_root") or {}
    versions = dict.fromkeys(str(found["version"]) for found in probe.get("installations") or [])
    own = predicted_part(facts, host)
    return [
        ", ".join(versions),
        "ready",
        own.get("files"),
        scaled(own.get("bytes"), 1e6),
        scaled(own.get("needed_bytes"), 1e6),
        scaled(root.get("free_bytes"), 1e9),
        scaled(prediction.source_free_bytes(own), 1e9),
    ]


def _backup_row(facts: Facts, host: str, check: bool) -> Row:
    part = answer_of(facts, host, "__groupid_part")
    state = part.get("state")
    if check and state:
        state = f"would be {state}"
    if part.get("taken"):
        state = f"{state} before"
    return [
        part.get("version"),
        state or "not done",
        checked(answer_of(facts, host, "__groupid_verified")),
        *size_cells(part),
        part.get("seconds"),
        part.get("problem_count"),
        None if check else quiescing.downtime(facts, host),
    ]


def _verify_row(facts: Facts, host: str, _check: bool) -> Row:
    found = answer_of(facts, host, "__groupid_verified")
    sealed = found.get("sealed")
    return [
        found.get("state") or "not done",
        found.get("mode"),
        None if sealed is None else yes(sealed),
        *size_cells(found),
        found.get("seconds"),
    ]


def _restore_row(facts: Facts, host: str, check: bool) -> Row:
    restored = answer_of(facts, host, "__groupid_restored")
    done = "would restore" if check else "restored"
    source = restored.get("server")
    return [
        None if source == listing.server_of(facts, host) else source,
        done if restored.get("set_id") else "not done",
        *(restored.get(name) for name in ("added", "replaced", "removed", "attributes")),
        restored.get("seconds"),
    ]


_TABLES: t.Mapping[Kind, tuple[list[str], c.Callable[[Facts, str, bool], Row]]] = {
    "preflight": (["version", "state", "files", "MB", "needs MB", "free GB", "source GB"], _preflight_row),
    "backup": (["version", "part", "check", "files", "MB", "seconds", "problems", "stopped s"], _backup_row),
    "verify": (["part", "mode", "sealed", "files", "MB", "seconds"], _verify_row),
    "restore": (["part of", "state", "added", "replaced", "removed", "attributes", "seconds"], _restore_row),
}
