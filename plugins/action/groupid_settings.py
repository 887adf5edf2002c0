# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_settings."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible.errors import AnsibleError
from ansible.utils.vars import load_extra_vars
from ansible.vars.manager import VariableManager

from ansible_collections.identityops.groupid.plugins.module_utils import deployments, failures, settings
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.words import WORDS
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.controller import ControllerAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.screen import show


class ActionModule(ControllerAction):
    """Understand what a host's variables ask for, once for the whole run."""

    WHAT: t.ClassVar[str] = "The variables were not read"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "role": {"type": "str", "required": True, "choices": ["preflight", "backup", "verify", "restore"]},
        "unknown": {"type": "str", "choices": ["refuse", "warn"], "default": "warn"},
    }

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        extra, inventory = load_extra_vars(self._loader), self._inventory_of(variables)
        understood = settings.understand(self._read(variables, variables), args["role"])
        # What Ansible itself knows of the host and the run. All else comes from the command line, a play or a task.
        known = {name: variables[name] for name in variables if name == "hostvars" or str(name).startswith("ansible_")}
        usual_context = {**{name: known[name] for name in known.keys() - extra.keys()}, **inventory}
        usual = settings.understand(self._read(inventory, usual_context), args["role"]).values
        declared = deployments.declared(variables["hostvars"], variables["inventory_hostname"])
        elsewhere = settings.refused_extra(extra) or settings.refused_outside(usual, understood.values, declared)
        faults = [*elsewhere, *settings.reserved({*extra, *inventory}), *understood.failures]
        unknown = settings.unknown(name for name in variables)
        if args["unknown"] == "refuse":
            faults += [*unknown, *settings.unused_in_playbooks(set(inventory) - set(extra))]
        elif unknown:
            show(f"[WARNING]: {failure}" for failure in unknown)
        # Not ansible_check_mode: that is only about --check, and not about check_mode in a play.
        check = bool(self._task.check_mode)
        asked = {
            **understood.values,
            "usual": None if usual == understood.values else usual,
            "check": check,
            "signing_key_id": understood.signing_key_id,
        }
        return {"asked": asked, "failures": [failures.recorded("plan", fault) for fault in faults]}

    def _read(self, named: c.Mapping[str, t.Any], context: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Resolve each variable of the vocabulary by itself, so that one that cannot be is named."""
        templar = self._templar.copy_with_new_env(available_variables=context)
        values: dict[str, t.Any] = {}
        for name in (word.name for word in WORDS if word.name in named):
            values[name] = self._resolved(templar, named[name])
        return values

    @staticmethod
    def _resolved(templar: t.Any, value: t.Any) -> t.Any:
        try:
            return templar.template(value)
        except AnsibleError as problem:
            return settings.Unreadable(problem.message)

    def _inventory_of(self, variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return the host's variables from the inventory only, without extra variables and those of plays and tasks."""
        inventory = variables["hostvars"]._inventory
        manager = VariableManager(loader=self._loader, inventory=inventory)
        # Ansible reads the extra variables of the command line into every manager, and has no public option to avoid
        # this.
        manager._extra_vars = {}
        host = inventory.get_host(variables["inventory_hostname"])
        named: dict[str, t.Any] = manager.get_vars(host=host, include_hostvars=False)
        return named
