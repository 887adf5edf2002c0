# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_sets."""

from __future__ import annotations

import collections.abc as c
import datetime
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, listed_set, signature
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.agent import AgentAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.signed_sets import signing_keys


class ActionModule(AgentAction):
    """List the sets of a backup root."""

    WHAT = "The sets were not listed"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "backup_root": {"type": "str", "required": True},
        "deployment": {"type": "str"},
        "set_id": {"type": "str"},
    }

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        self._root = args["backup_root"]
        self._keys = signing_keys(variables, self._templar.template)
        self._set_id = str(backup_set.SetId.parse(args["set_id"])) if args["set_id"] else None
        return {
            "operation": "list",
            "root": self._root,
            "deployment": backup_set.check_deployment(args["deployment"]) if args["deployment"] else None,
        }

    def result(self, answer: dict[str, t.Any]) -> dict[str, t.Any]:
        if answer["failed"]:
            return {**answer, "backup_root": self._root}
        known = len(answer["sets"])
        now = datetime.datetime.now(datetime.timezone.utc)
        judged = [signature.judged(one, self._keys) for one in answer["sets"]]
        sets, passed = listed_set.listed({**answer, "sets": judged}, now)
        if self._set_id:
            sets = self._named(sets)
        unlisted = answer.pop("set_count", known) - known
        return {
            **answer,
            "backup_root": self._root,
            "now": now.replace(microsecond=0, tzinfo=None).isoformat() + "Z",
            "sets": sets,
            "unlisted": unlisted,
            "passed_over": passed,
            "passed_over_count": max(answer.get("passed_over_count", 0), len(passed)),
        }

    def _named(self, sets: list[listed_set.ListedSet]) -> list[listed_set.ListedSet]:
        """Choose the set that is asked for, one for each deployment that has it. Raises AgentCallError."""
        found = [one for one in sets if one["set_id"] == self._set_id]
        if found:
            return found
        newest = ", ".join(f"{one['deployment']}/{one['set_id']}" for one in sets[:3]) or "none"
        raise AgentCallError(
            Failure(
                code="set_missing",
                what="The set was not found",
                path=self._root,
                cause=f"There is no set {self._set_id}",
                next=f"Correct set_id. The newest sets are: {newest}.",
            )
        )
