# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other actions of the collection as parts of one task: on its host, or on another one over another connection."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import os
import sys
import typing as t

from ansible import constants

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.sharing import Sharing

Answer = dict[str, t.Any]
Variables = c.Mapping[str, t.Any]

_COLLECTION = "identityops.groupid"


@dataclasses.dataclass(frozen=True)
class Place:
    """Another host for an action.

    host: its name; the inventory may not have it. connection: name of the connection plugin. interpreter: path of its
    Python; None means the Python that runs Ansible if the connection is local, and else the one that Ansible finds.
    """

    host: str
    connection: str
    interpreter: str | None

    def variables(self, hostvars: c.Mapping[str, Variables], names: c.Iterable[str]) -> Answer:
        """Return the variables by which Ansible connects to it. names: those that the connection plugin reads.

        No others are resolved. `localhost` has all variables of the group `all`, also those with templates that only
        make sense on other hosts.
        """
        if self.host not in hostvars:
            return self.own()
        known = hostvars[self.host]
        connecting = {name: known[name] for name in names if name in known}
        return {"inventory_hostname": self.host, **connecting, **self.own()}

    def own(self) -> Answer:
        """Return the variables that hold for it whatever the inventory says."""
        # The Python that runs Ansible has what Ansible's other requirements need.
        local = self.connection.rpartition(".")[2] == "local"
        return {
            "ansible_connection": self.connection,
            "ansible_shell_type": "sh",
            "ansible_become": False,
            "ansible_python_interpreter": self.interpreter or (sys.executable if local else "auto"),
        }


@dataclasses.dataclass(frozen=True)
class OtherActions:
    """What an action was given by Ansible, from which others can be made."""

    task: t.Any
    connection: t.Any
    play_context: t.Any
    templar: t.Any
    loader: t.Any
    plugins: t.Any

    def run(
        self, name: str, args: Answer, variables: Variables, sharing: Sharing | None, connection: t.Any = None
    ) -> Answer:
        """Run an action with arguments of its own. name: without the collection. connection: None is the task's."""
        task = self.task.copy()
        task.args = dict(args)
        action = self.plugins.action_loader.get(
            f"{_COLLECTION}.{name}",
            task=task,
            connection=connection or self.connection,
            play_context=self.play_context,
            loader=self.loader,
            # One for each thread, because it stores what it is resolving.
            templar=self.templar.copy_with_new_env(available_variables=variables),
            shared_loader_obj=self.plugins,
        )
        action.sharing = sharing
        found: Answer = action.run(task_vars=dict(variables))
        return found

    def run_on(self, place: Place, name: str, args: Answer, variables: Variables) -> Answer:
        """Run an action on another host, which needs a POSIX shell and Python."""
        connection = self._connection_to(place, variables)
        try:
            return self.run(name, args, {**variables, **place.own()}, None, connection)
        finally:
            connection.close()

    def _connection_to(self, place: Place, variables: Variables) -> t.Any:
        """Make a connection as Ansible's strategies do for C(meta: reset_connection)."""
        context = self.play_context.copy()
        context.connection, context.shell, context.become = place.connection, "sh", False
        connection = self.plugins.connection_loader.get(place.connection, context, os.devnull)
        names = constants.config.get_plugin_vars("connection", connection._load_name)
        known = {**variables, **place.variables(variables["hostvars"], names)}
        templar = self.templar.copy_with_new_env(available_variables=known)
        keys = {key: value for key, value in self.task.dump_attrs().items() if key != "retries"}
        keys["timeout"] = context.timeout  # the timeout of the connection, not of the task
        options = {name: templar.template(known[name]) for name in names if name in known}
        connection.set_options(task_keys=keys, var_options={**options, "_extras": {}})
        return connection
