# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_backup_seal."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.agent import AgentAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.signed_sets import signing_keys


class ActionModule(AgentAction):
    """Make the parts of a deployment one set: one phase, on one server."""

    WHAT: t.ClassVar[str] = "The set was not sealed"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "backup_root": {"type": "str", "required": True},
        "deployment": {"type": "str", "required": True},
        "set_id": {"type": "str", "required": True},
        "phase": {"type": "str", "required": True, "choices": ["prepared", "sealed"]},
        "members": {
            "type": "list",
            "elements": "dict",
            "options": {
                "server": {"type": "str", "required": True},
                "part_sha256": {"type": "str", "required": True},
                "state": {"type": "str", "required": True},
                "machine_guid": {"type": "str", "required": True},
                "version": {"type": "str"},
                "files": {"type": "int", "required": True},
                "bytes": {"type": "int", "required": True},
                "epoch": {"type": "str", "required": True},
                "finished": {"type": "str", "required": True},
                "narrowed": {"type": "list", "elements": "str"},
                "scope": {"type": "dict"},
            },
        },
        "decider": {"type": "str"},
        "quiesce": {
            "type": "dict",
            "options": {
                "mode": {"type": "str", "required": True, "choices": list(backup_set.QUIESCE_MODES)},
                "epoch": {"type": "str"},
                "servers": {"type": "dict", "default": {}},
                "waived": {
                    "type": "list",
                    "elements": "str",
                    "choices": list(backup_set.INHIBITORS),
                    "default": [],
                },
            },
        },
        "own_part": {"type": "bool", "default": True},
        "parts": {"type": "list", "elements": "str", "default": []},
        "document_sha256": {"type": "str"},
    }
    CONSTRAINTS: t.ClassVar[dict[str, t.Any]] = {
        "required_if": [("phase", "prepared", ("members",))],
        "required_one_of": [("members", "document_sha256")],
        "required_together": [("members", "decider")],
        "mutually_exclusive": [("members", "document_sha256")],
        "required_by": {"quiesce": "members"},
    }

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        deployment = backup_set.check_deployment(args["deployment"])
        set_id = str(backup_set.SetId.parse(args["set_id"]))
        request = {
            "operation": "seal",
            "root": args["backup_root"],
            "deployment": deployment,
            "set_id": set_id,
            "phase": args["phase"],
            "own_part": args["own_part"],
            "parts": [backup_set.check_part(part) for part in args["parts"]],
        }
        if args["members"] is None:
            return {**request, "document_sha256": args["document_sha256"]}
        keys = signing_keys(variables, self._templar.template)
        key = keys[0] if keys else None
        quiesce = args["quiesce"]
        document = backup_set.seal_document(deployment, set_id, args["decider"], args["members"], key, quiesce)
        return {**request, "document": document.text, "document_sha256": document.sha256}
