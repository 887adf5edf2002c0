# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_backup_folder."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, products
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.agent import AgentAction, with_finished_at
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.signed_sets import signed_seals, signing_keys

SAMPLE_MS = 2000


class ActionModule(AgentAction):
    """Copy folders into a part of a set."""

    WHAT: t.ClassVar[str] = "The folders were not backed up"
    AS_JOB = True
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "backup_root": {"type": "str", "required": True},
        "deployment": {"type": "str", "required": True},
        "set_id": {"type": "str", "required": True},
        "epoch": {"type": "str"},
        "version": {"type": "str", "default": products.AUTO, "choices": [products.AUTO, *products.versions()]},
        "components": {"type": "list", "elements": "str"},
        "component_paths": {"type": "dict", "default": {}},
        "folders": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "path": {"type": "str", "required": True},
                "required": {"type": "bool", "default": True},
                "include": {"type": "list", "elements": "str", "default": []},
                "exclude": {"type": "list", "elements": "str", "default": []},
            },
        },
        "include": {"type": "list", "elements": "str", "default": []},
        "exclude": {"type": "list", "elements": "str", "default": []},
        "exclude_defaults": {"type": "list", "elements": "str", "default": list(products.DEFAULT_EXCLUDES)},
        "allow_partial": {"type": "list", "elements": "str", "default": []},
        "link_unchanged": {"type": "bool", "default": False},
        "narrowed": {"type": "list", "elements": "str"},
        "scope": {"type": "dict"},
        "allow_open_roots": {"type": "list", "elements": "str", "default": []},
        "threads": {"type": "int", "default": 0},
        "retries": {"type": "int", "default": 3},
        "retry_wait": {"type": "float", "default": 0.5},
        "sample": {"type": "bool", "default": False},
    }

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        set_id = str(backup_set.SetId.parse(args["set_id"]))
        deployment = backup_set.check_deployment(args["deployment"])
        folders = _folders(args["folders"])
        if args["components"] == [] and not folders:
            raise ValueError("There is nothing to back up: components is empty, and so is folders.")
        filters = {"include": args["include"], "exclude": [*args["exclude_defaults"], *args["exclude"]]}
        # The usual components depend on the version. If none are named, the host adds those of the version that it
        # finds.
        by_host = args["components"] is None and args["version"] == products.AUTO
        names = [] if by_host else args["components"]
        if names is None:
            names = products.default_components(args["version"])
        return {
            "operation": "backup",
            "root": args["backup_root"],
            "deployment": deployment,
            "set_id": set_id,
            "epoch": args["epoch"] or set_id,
            "inventory_name": variables["inventory_hostname"],
            **products.products_request(args["version"], args["component_paths"]),
            "components": _one_of_a_name([*products.components_request(args["version"], names, **filters), *folders]),
            "defaults": filters if by_host else None,
            "allow_partial": args["allow_partial"],
            "link_unchanged": args["link_unchanged"],
            "link_seals": self._link_seals(args, deployment, variables),
            "narrowed": args["narrowed"],
            "scope": args["scope"],
            "traps": products.traps_request(),
            "allow_open_roots": args["allow_open_roots"],
            "threads": args["threads"],
            "retries": args["retries"],
            "retry_wait_ms": round(args["retry_wait"] * 1000),
            **({"sample_ms": SAMPLE_MS} if args["sample"] and self._task.check_mode else {}),
        }

    def _link_seals(
        self, args: dict[str, t.Any], deployment: str, variables: c.Mapping[str, t.Any]
    ) -> list[str] | None:
        """Return the seals of the sets to which links may be made.

        None: any seal. Linked files become part of a signed set.
        """
        keys = signing_keys(variables, self._templar.template) if args["link_unchanged"] else ()
        return signed_seals(self.client, keys, args["backup_root"], deployment)

    def result(self, answer: dict[str, t.Any]) -> dict[str, t.Any]:
        return with_finished_at(answer)


def _folders(folders: c.Sequence[c.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    for folder in folders:
        if backup_set.check_component(folder["name"]) in products.component_names(products.AUTO):
            raise ValueError(f"{folder['name']} is a component of GroupID: name its folder in component_paths.")
    return [dict(folder) for folder in folders]


def _one_of_a_name(components: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    names = [component["name"] for component in components]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)}: a part can have only one folder with a name.")
    return components
