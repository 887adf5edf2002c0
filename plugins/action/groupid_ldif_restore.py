# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_ldif_restore."""

from __future__ import annotations

import collections.abc as c
import contextlib
import pathlib
import tempfile
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.signed_sets import signed_seal, signing_keys
from ansible_collections.identityops.groupid.plugins.plugin_utils.groups import outcome, restore
from ansible_collections.identityops.groupid.plugins.plugin_utils.groups.action import PLACE_SPEC, LdifAction


class ActionModule(LdifAction):
    """Compare the group attributes of a domain with a set, and restore them."""

    WHAT: t.ClassVar[str] = "The group attributes were not restored"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        **PLACE_SPEC,
        "confirm": {"type": "str", "required": True},
        "unsealed": {"type": "bool", "default": False},
        "groups": {"type": "list", "elements": "str", "default": []},
        "exclude_groups": {"type": "list", "elements": "str", "default": []},
        "clear": {"type": "bool", "default": False},
        "clear_unseen": {"type": "bool", "default": False},
        "modify_file": {"type": "path"},
        "safety_set_id": {"type": "str"},
        "diff_limit": {"type": "int", "default": 200},
    }

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        if args["confirm"] != args["set_id"]:
            raise ValueError(
                f"A restore writes to the directory, so set_id and confirm must be equal: set_id is {args['set_id']}, "
                "confirm is "
                f"{args['confirm'] or 'empty'}. Give both the id of the set to restore."
            )
        domain, place = self.domain_request(args, variables), self.place(args)
        keys = signing_keys(variables, self._templar.template)
        request = outcome.RestoreRequest(
            domain=domain,
            place=place,
            seal_sha256=signed_seal(self.client, keys, self.WHAT, place.root, place.deployment, place.set_id),
            inventory_name=variables["inventory_hostname"],
            unsealed=args["unsealed"],
            groups=tuple(args["groups"]),
            exclude=tuple(args["exclude_groups"]),
            clear=args["clear"],
            clear_unseen=args["clear_unseen"],
            modify_file=args["modify_file"],
            limit=args["diff_limit"],
            check=bool(self._task.check_mode),
            diff=bool(self._task.diff),
            safety_set_id=None if args["safety_set_id"] is None else str(backup_set.SetId.parse(args["safety_set_id"])),
            other_domains=self.other_domains(domain.target.domain, variables),
        )
        with tempfile.TemporaryDirectory(prefix="groupid-") as folder:
            files = restore.fetch(self.client, request, pathlib.Path(folder))
            with contextlib.closing(open_directory(domain.target)) as directory:
                return restore.restore(self.client, request, files, directory)
