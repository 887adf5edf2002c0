# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request of a restore of group attributes, and its result."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import Conflict, Written
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.changes import Step
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.changes_text import steps_diff
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.compare import GroupDifference
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.facts import Domain
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.part_files import Place
from ansible_collections.identityops.groupid.plugins.plugin_utils.groups.action import DomainRequest

_NAMED = ("gone", "new", "set_since", "kept")
_SHOWN = 5

Kind = t.Literal["export", "undo"]


@dataclasses.dataclass(frozen=True)
class RestoreRequest:
    """What a task asks for; the names are those of the module's options."""

    domain: DomainRequest
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
    safety_set_id: str | None
    other_domains: tuple[str, ...] = ()
    """DNs of the other domains of groupid_domains."""
    seal_sha256: str | None = None
    """Digest of the set's seal, whose signature was checked."""
    clear_unseen: bool = False
    nothing: bool = False
    """Groups are named, and all of them are of other domains."""


@dataclasses.dataclass
class Outcome:
    """What a restore found and did. Lists hold as many groups as the request allows."""

    request: RestoreRequest
    domain: Domain
    counts: dict[str, int] = dataclasses.field(default_factory=dict)
    named: dict[str, list[str]] = dataclasses.field(default_factory=lambda: {name: [] for name in _NAMED})
    left: c.Sequence[Step] = ()
    warnings: list[str] = dataclasses.field(default_factory=list)
    safety: dict[str, str] | None = None
    changed: bool = False

    def note(self, group: GroupDifference) -> None:
        """Note a group that the result names."""
        kept = not self.request.clear and any(change.kind == "cleared" for change in group.changes)
        for kind, names in self.named.items():
            if (kept if kind == "kept" else getattr(group, kind)) and len(names) < self.request.limit:
                names.append(group.dn_now or group.dn_then or group.guid_text)

    def result(self, kind: str, written: Written) -> dict[str, t.Any]:
        """Return the module's result."""
        left = [*written.conflicts, *written.unconfirmed]
        counts = {
            "written": len(written.written),
            "conflicts": len(left),
            "refused": len(written.refused),
            "unchanged": written.unchanged,
        }
        result: dict[str, t.Any] = {
            "changed": self.changed,
            "domain": self.domain.dns_name,
            "directory_server": self.domain.server,
            "set_id": self.request.place.set_id,
            "kind": kind,
            "counts": {**self.counts, **counts},
            "written": written.written[: self.request.limit],
            "conflicts": self._listed(left),
            "refused": self._listed(written.refused),
            **self.named,
            "safety": self.safety,
            "modify_file": self.request.modify_file,
            "warnings": self.warnings,
        }
        if self.request.diff:
            result["diff"] = steps_diff(self.left, self.domain.dns_name, self.request.limit)
        if (left or written.refused) and self.request.modify_file is None:
            result.update(self._partial(written.refused, left))
        return result

    def _listed(self, groups: c.Sequence[Conflict]) -> list[str]:
        return [f"{group.dn}: {group.cause}" for group in groups[: self.request.limit]]

    def _partial(self, refused: c.Sequence[Conflict], conflicts: c.Sequence[Conflict]) -> dict[str, t.Any]:
        """Return the result of a restore after which not all groups are as in the set."""
        steps = []
        if refused:
            steps.append(
                "All other groups were written. Running it again changes nothing for those that the server refused: "
                "correct the named reason, or leave them out by name (groupid_ldif_exclude_groups, exclude_groups)."
            )
        if conflicts:
            steps.append(
                "Show what was changed in the meantime with --check --diff, and run again. The run compares again, and "
                "overwrites the current values."
            )
        failure = Failure(
            "refused" if refused else "conflicts",
            f"{len(refused) + len(conflicts)} groups of {self.domain.dns_name} are not as in the set",
            " ".join(self._listed([*refused, *conflicts])[:_SHOWN]),
            " ".join(steps),
        )
        undo = f"The undo of what was written is set {self.safety['set_id']}." if self.safety else ""
        return {"failed": True, "error": failure.also(undo).explained()}
