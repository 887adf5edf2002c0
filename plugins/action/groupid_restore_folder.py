# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_restore_folder."""

from __future__ import annotations

import collections.abc as c
import datetime
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, products
from ansible_collections.identityops.groupid.plugins.module_utils.differences import differences_text
from ansible_collections.identityops.groupid.plugins.module_utils.probe import probe_request
from ansible_collections.identityops.groupid.plugins.module_utils.windows_path import understand_all
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.agent import AgentAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.signed_sets import signed_seal, signing_keys


class ActionModule(AgentAction):
    """Restore the folders of a part."""

    WHAT: t.ClassVar[str] = "The folders were not restored"
    AS_JOB = True
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "backup_root": {"type": "str", "required": True},
        "deployment": {"type": "str", "required": True},
        "set_id": {"type": "str", "required": True},
        "server": {"type": "str"},
        "components": {"type": "list", "elements": "str"},
        "policy": {"type": "str", "choices": ["merge", "mirror"]},
        "overwrite": {"type": "str", "choices": ["always", "if-changed", "never"], "default": "always"},
        "targets": {"type": "dict", "default": {}},
        "security": {"type": "str", "choices": ["auto", "original", "inherit"], "default": "auto"},
        "include": {"type": "list", "elements": "str", "default": []},
        "exclude": {"type": "list", "elements": "str", "default": []},
        "unsealed": {"type": "bool", "default": False},
        "other_machine": {"type": "bool", "default": False},
        "safety": {"type": "bool", "default": True},
        "safety_set_id": {"type": "str"},
        "safety_keep": {"type": "int", "default": 3},
        "allow_open_roots": {"type": "list", "elements": "str", "default": []},
        "threads": {"type": "int", "default": 0},
        "diff_limit": {"type": "int", "default": 200},
    }

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        root = args["backup_root"]
        args = {**args, "targets": understand_all(args["targets"], "targets")}
        deployment = backup_set.check_deployment(args["deployment"])
        set_id = str(backup_set.SetId.parse(args["set_id"]))
        server = backup_set.check_part(args["server"]) if args["server"] else None
        names = args["components"]
        safety = str(backup_set.SetId.parse(args["safety_set_id"])) if args["safety_set_id"] else None
        keys = signing_keys(variables, self._templar.template)
        seal = signed_seal(self.client, keys, self.WHAT, root, deployment, set_id)
        if names is None or (args["safety"] and safety is None):
            found = self.client.ask(probe_request(root=root, deployment=deployment))
            sets = list(map(backup_set.BackupSet.from_answer, found["roots"][0]["sets"]))
            names = _component_names(sets, set_id, server or found["computer"]["server"]) if names is None else names
            safety = safety or _new_safety_set(sets)
        return {
            "operation": "restore",
            "root": root,
            "deployment": deployment,
            "set_id": set_id,
            "server": server,
            "seal_sha256": seal,
            "unsealed": args["unsealed"],
            "other_machine": args["other_machine"],
            "components": None if names is None else _components(names, args),
            "security": args["security"],
            "safety_set_id": safety if args["safety"] else None,
            "safety_keep": args["safety_keep"],
            "allow_open_roots": args["allow_open_roots"],
            "traps": products.traps_request(),
            "threads": args["threads"],
            "diff_limit": args["diff_limit"],
        }

    def result(self, answer: dict[str, t.Any]) -> dict[str, t.Any]:
        paths = answer.pop("diff", None)
        if paths is None:
            return answer
        shown = {"diff": {"prepared": differences_text(answer, paths)}} if self._task.diff else {}
        return {**answer, "differences": paths, **shown}


def _component_names(sets: c.Iterable[backup_set.BackupSet], set_id: str, server: str) -> list[str] | None:
    """Return the content of the part. The policy of each component is decided here, by its name.

    None if there is no such part or nothing in it. Then the restore itself reports this.
    """
    for found in sets:
        for part in found.parts:
            if (found.set_id, part.server) == (set_id, server):
                return [
                    name for name, status in part.components.items() if status not in ("absent", "external")
                ] or None
    return None


def _new_safety_set(sets: c.Iterable[backup_set.BackupSet]) -> str:
    now = datetime.datetime.now(datetime.timezone.utc)
    return backup_set.next_set_id(now, [found.set_id for found in sets], backup_set.SAFETY_LABEL)


def _components(names: c.Sequence[str], args: c.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the components of the request. Raises ValueError."""
    aimless = sorted(set(args["targets"]) - set(names))
    if aimless:
        raise ValueError(
            f"groupid_restore_targets (targets of the module) names {', '.join(aimless)}, which this task does "
            f"not restore. Restored: {', '.join(names)}."
        )
    whole = [name for name in names if products.restored_whole(name)]
    if whole and (args["include"] or args["exclude"]):
        raise ValueError(
            f"{', '.join(whole)} can only be restored as a whole: with groupid_include or groupid_exclude (include and "
            "exclude of the module), name the other components."
        )
    if whole and args["overwrite"] == "never":
        raise ValueError(
            f"{', '.join(whole)} can only be restored as a whole: with groupid_restore_overwrite (overwrite of "
            "the module) never, name the others."
        )
    return [
        {
            "name": backup_set.check_component(name),
            "target": args["targets"].get(name),
            "policy": products.restore_policy(name, args["policy"]),
            "overwrite": args["overwrite"],
            "include": args["include"],
            "exclude": args["exclude"],
        }
        for name in names
    ]
