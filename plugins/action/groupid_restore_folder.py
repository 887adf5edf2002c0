# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_restore_folder."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, products
from ansible_collections.identityops.groupid.plugins.module_utils.differences import differences_text
from ansible_collections.identityops.groupid.plugins.module_utils.probe import probe_request
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_action import AgentAction


class ActionModule(AgentAction):
    """Put the folders of a part back."""

    AS_JOB = True
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "backup_root": {"type": "str", "required": True},
        "deployment": {"type": "str", "required": True},
        "set_id": {"type": "str", "required": True},
        "server": {"type": "str"},
        "components": {"type": "list", "elements": "str"},
        "policy": {"type": "str", "choices": ["merge", "mirror"]},
        "targets": {"type": "dict", "default": {}},
        "security": {"type": "str", "choices": ["auto", "original", "inherit"], "default": "auto"},
        "include": {"type": "list", "elements": "str", "default": []},
        "exclude": {"type": "list", "elements": "str", "default": []},
        "unsealed": {"type": "bool", "default": False},
        "other_machine": {"type": "bool", "default": False},
        "allow_open_roots": {"type": "list", "elements": "str", "default": []},
        "threads": {"type": "int", "default": 0},
        "diff_limit": {"type": "int", "default": 200},
    }

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        deployment = backup_set.check_deployment(args["deployment"])
        set_id = str(backup_set.SetId.parse(args["set_id"]))
        server = backup_set.check_part(args["server"]) if args["server"] else None
        names = args["components"]
        if names is None:
            names = self._copied_components(args["backup_root"], deployment, set_id, server)
        return {
            "operation": "restore",
            "root": args["backup_root"],
            "deployment": deployment,
            "set_id": set_id,
            "server": server,
            "unsealed": args["unsealed"],
            "other_machine": args["other_machine"],
            "components": None if names is None else _components(names, args),
            "security": args["security"],
            "allow_open_roots": args["allow_open_roots"],
            "threads": args["threads"],
            "diff_limit": args["diff_limit"],
        }

    def result(self, answer: dict[str, t.Any]) -> dict[str, t.Any]:
        paths = answer.pop("diff", None)
        if paths is None:
            return answer
        shown = {"diff": {"prepared": differences_text(answer, paths)}} if self._task.diff else {}
        return {**answer, "differences": paths, **shown}

    def _copied_components(self, root: str, deployment: str, set_id: str, server: str | None) -> list[str] | None:
        """Ask the host what its part holds: how each component is put back is decided here, by name.

        None when there is no such part or nothing in it, which the restore itself then reports.
        """
        answer = self.ask(probe_request(root=root, deployment=deployment))
        wanted = server or answer["computer"]["server"]
        for found in map(backup_set.BackupSet.from_answer, answer["roots"][0]["sets"]):
            for part in found.parts:
                if (found.set_id, part.server) == (set_id, wanted):
                    return [name for name, status in part.components.items() if status != "absent"] or None
        return None


def _components(names: c.Sequence[str], args: c.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """Give the components of the request. Raises ValueError."""
    aimless = sorted(set(args["targets"]) - set(names))
    if aimless:
        raise ValueError(
            f"targets names {', '.join(aimless)}, of which nothing is restored. Restored: {', '.join(names)}."
        )
    whole = [name for name in names if products.restored_whole(name)]
    if whole and (args["include"] or args["exclude"]):
        raise ValueError(
            f"{', '.join(whole)} can only be restored whole: with include or exclude, name the other components."
        )
    return [
        {
            "name": backup_set.check_component(name),
            "target": args["targets"].get(name),
            "policy": products.restore_policy(name, args["policy"]),
            "include": args["include"],
            "exclude": args["exclude"],
        }
        for name in names
    ]
