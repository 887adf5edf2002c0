# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_services."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import platform
import secrets
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, products, settings
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.words import BY_NAME
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.agent import AgentAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.screen import show

NAMED, TIMEOUT = "groupid_services", "groupid_services_timeout"
"""The variables that replace O(services) and O(item_timeout) if these are not set."""


REPORTED, RECORDED, QUIESCED, RESUMED = "reported", "recorded", "quiesced", "resumed"

DAY = 86_400


class ActionModule(AgentAction):
    """Find what is running of GroupID, stop it, or start again what ran."""

    WHAT: t.ClassVar[str] = "Nothing of GroupID was checked, stopped or started"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "state": {"type": "str", "default": REPORTED, "choices": [REPORTED, RECORDED, QUIESCED, RESUMED]},
        "epoch": {"type": "str"},
        "run": {"type": "str"},
        "require_record": {"type": "bool", "default": False},
        "item_timeout": {"type": "int"},
        "quiesce_max": {"type": "int", "default": 7200},
        "announcement": {"type": "list", "elements": "str", "default": []},
        "only": {"type": "str", "default": products.ALL, "choices": [products.ALL, *products.ONLY]},
        "version": {"type": "str", "default": products.AUTO, "choices": [products.AUTO, *products.versions()]},
        "component_paths": {"type": "dict", "default": {}},
        "services": {
            "type": "list",
            "elements": "dict",
            "options": {
                "kind": {"type": "str", "required": True, "choices": ["service", "pool", "task", "process"]},
                "name": {"type": "str", "required": True},
                "shared": {"type": "bool", "default": False},
            },
        },
    }

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        if args["announcement"]:
            show(self._scrub(args["announcement"]))
        # No share is opened, and Windows' managers are asked as the connection's own account.
        self.client = dataclasses.replace(self.client, network={})
        self.AS_JOB = args["state"] != REPORTED  # the others may take minutes
        if args["services"] is None and args["state"] != RESUMED:
            args = {**args, "services": self._variable(NAMED, variables)}
        if args["item_timeout"] is None:
            args = {**args, "item_timeout": self._variable(TIMEOUT, variables)}
        return super().perform(args, variables)

    def _variable(self, name: str, variables: c.Mapping[str, t.Any]) -> t.Any:
        value = settings.read(name, self._templar.template(variables.get(name)))
        return BY_NAME[name].default if value is None else value

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        epoch = str(backup_set.SetId.parse(args["epoch"])) if args["epoch"] else None
        if not 1 <= args["item_timeout"] <= 3600:
            raise ValueError(f"item_timeout is {args['item_timeout']}, and must be from 1 to 3600 seconds.")
        if not 0 <= args["quiesce_max"] <= DAY:
            raise ValueError(f"quiesce_max is {args['quiesce_max']}, and must be from 0 to {DAY} seconds.")
        if args["state"] == RESUMED:
            return {
                "operation": "resume",
                "epoch": epoch,
                "run": args["run"],
                "require_record": args["require_record"],
                "item_seconds": args["item_timeout"],
            }
        what = products.runtime_request(args["version"], args["component_paths"], args["services"], args["only"])
        if args["state"] == REPORTED:
            return {"operation": "state", **what}
        return {
            "operation": "quiesce",
            **what,
            "phase": "record" if args["state"] == RECORDED else "stop" if args["require_record"] else None,
            "watchdog_seconds": args["quiesce_max"],
            "epoch": epoch or str(backup_set.SetId(datetime.datetime.now(datetime.timezone.utc))),
            "run": args["run"] or secrets.token_hex(8),
            "controller": platform.node(),
            "item_seconds": args["item_timeout"],
        }
