# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_info."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, products, signature
from ansible_collections.identityops.groupid.plugins.module_utils.probe import probe_request
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.agent import AgentAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.signed_sets import signing_keys


class ActionModule(AgentAction):
    """Look at a host, and into one backup root on it."""

    WHAT: t.ClassVar[str] = "The host was not checked"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "version": {"type": "str", "default": products.AUTO, "choices": [products.AUTO, *products.versions()]},
        "component_paths": {"type": "dict", "default": {}},
        "measure": {"type": "bool", "default": False},
        "backup_root": {"type": "str"},
        "deployment": {"type": "str"},
    }

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        self._keys = signing_keys(variables, self._templar.template)
        return probe_request(
            args["version"],
            args["component_paths"],
            measure=args["measure"],
            root=args["backup_root"],
            deployment=backup_set.check_deployment(args["deployment"]) if args["deployment"] else None,
        )

    def result(self, answer: dict[str, t.Any]) -> dict[str, t.Any]:
        roots = answer.pop("roots", [])
        judged = [
            {**root, "sets": [signature.judged(one, self._keys) for one in root.get("sets") or []]} for root in roots
        ]
        return {**answer, "backup_root": judged[0] if judged else None}
