# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_backup_verify."""

from __future__ import annotations

import collections.abc as c
import datetime
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, narrowing, signature, verify_mode
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.probe import probe_request
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.agent import AgentAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.signed_sets import signed_seal, signing_keys


class ActionModule(AgentAction):
    """Read a part again and compare it with its own record."""

    WHAT: t.ClassVar[str] = "The backup was not verified"
    AS_JOB = True
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "backup_root": {"type": "str", "required": True},
        "deployment": {"type": "str", "required": True},
        "set_id": {"type": "str", "default": backup_set.LATEST},
        "server": {"type": "str"},
        "components": {"type": "list", "elements": "str"},
        "mode": {"type": "str", "default": verify_mode.FULL},
        "unsealed": {"type": "bool", "default": False},
        "for_restore": {"type": "bool", "default": False},
    }

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        deployment = backup_set.check_deployment(args["deployment"])
        server = backup_set.check_part(args["server"]) if args["server"] else None
        mode = verify_mode.check(args["mode"])
        keys = () if args["unsealed"] else signing_keys(variables, self._templar.template)
        self._passed: list[str] = []
        if args["set_id"] == backup_set.LATEST:
            set_id, seal = self._latest(args["backup_root"], deployment, server, keys)
        else:
            set_id = str(backup_set.SetId.parse(args["set_id"]))
            seal = signed_seal(self.client, keys, self.WHAT, args["backup_root"], deployment, set_id)
        return {
            "operation": "verify",
            "root": args["backup_root"],
            "deployment": deployment,
            "set_id": set_id,
            "server": server,
            "components": args["components"],
            "mode": mode,
            "seal_sha256": seal,
            "for_restore": args["for_restore"],
        }

    def result(self, answer: dict[str, t.Any]) -> dict[str, t.Any]:
        return {**answer, "warnings": [*answer.get("warnings", []), *self._passed]}

    def _latest(self, root: str, deployment: str, server: str | None, keys: c.Sequence[str]) -> tuple[str, str | None]:
        """Return the id of the newest full set, and the digest of its seal if there are keys. Raises AgentCallError."""
        found = self.client.ask(probe_request(root=root, deployment=deployment))
        [listed] = found["roots"]
        if listed["error"]:
            raise AgentCallError(
                Failure(
                    code="root_unreadable",
                    what="The latest set was not found",
                    cause=listed["error"],
                    next="Check the path, and the rights of the account.",
                    path=root,
                )
            )
        server = server or found["computer"]["server"]
        sets = [signature.judged(one, keys) for one in listed["sets"]]
        newest = narrowing.newest_full(sets, server, datetime.datetime.now(datetime.timezone.utc))
        if newest is None:
            failure = narrowing.no_full_set(sets, server, listed["path"])
            raise AgentCallError(failure)
        self._passed = narrowing.passed_over(sets, newest, server)
        return str(newest["set_id"]), str(newest["seal_sha256"]) if keys else None
