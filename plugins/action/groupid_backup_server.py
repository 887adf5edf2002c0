# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_backup_server."""

from __future__ import annotations

import collections.abc as c
import copy
import time
import typing as t

from ansible.errors import AnsibleConnectionFailure

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.failure import SCHEMA, FailureAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.other_actions import OtherActions, Place
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.sharing import Sharing, WorkEndedError
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.rendezvous import Rendezvous, folder_of
from ansible_collections.identityops.groupid.plugins.plugin_utils.saving import answers, resuming
from ansible_collections.identityops.groupid.plugins.plugin_utils.saving.saving import Plan, Saving
from ansible_collections.identityops.groupid.plugins.plugin_utils.saving.side_by_side import Answer

_NOT_VERIFIED = {"verify": False, "test_restore": False}


class ActionModule(FailureAction):
    """Save one server, with what its deployment shares, while GroupID is stopped on all servers of the deployment."""

    WHAT: t.ClassVar[str] = "The server was not saved"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "deployment": {"type": "str", "required": True},
        "set_id": {"type": "str", "required": True},
        "members": {"type": "list", "elements": "str", "required": True},
        "run": {"type": "str", "default": ""},
        "longest": {"type": "int", "default": 7200},
        "quiesce": {"type": "dict", "default": {}},
        "folders": {"type": "dict", "default": {}},
        "database": {"type": "dict", "default": {}},
        "database_host": {
            "type": "dict",
            "default": {},
            "options": {
                "host": {"type": "str", "default": "localhost"},
                "connection": {"type": "str", "default": "ansible.builtin.local"},
                "interpreter": {"type": "str"},
            },
        },
        "domains": {"type": "list", "elements": "dict", "default": []},
    }

    _supports_check_mode = True
    _requires_connection = True

    @property
    def _others(self) -> OtherActions:
        return OtherActions(
            self._task, self._connection, self._play_context, self._templar, self._loader, self._shared_loader_obj
        )

    def _perform(self, variables: c.Mapping[str, t.Any]) -> Answer:
        # Ansible completes the default of database_host in the spec itself.
        dummy, args = self.validate_argument_spec(argument_spec=copy.deepcopy(self.ARGUMENT_SPEC))
        deployment = backup_set.check_deployment(args["deployment"])
        set_id = str(backup_set.SetId.parse(args["set_id"]))
        began = time.monotonic()
        host = variables["inventory_hostname"]
        check = bool(self._task.check_mode)
        if host not in args["members"]:
            raise ValueError(f"members does not name {host}.")
        meeting = None
        if args["run"] and not check:
            folder = folder_of(f"{args['run']} {deployment} {set_id}")
            meeting = Rendezvous(folder, host, args["members"], args["longest"])
        sharing = Sharing()
        saved = Saving(self._plan(args, args["quiesce"], variables, sharing, check), meeting, sharing).run()
        downtime = None if check else answers.downtime(saved)
        seconds = round(time.monotonic() - began, 3)
        result = {**answers.of_server(saved, downtime), "schema": SCHEMA, "seconds": seconds}
        # An unexpected error is more important than its consequences.
        return {**result, "failed": True, **self._failed(saved.broken)} if saved.broken else result

    def _plan(
        self, args: Answer, quiesce: Answer, variables: c.Mapping[str, t.Any], sharing: Sharing, check: bool
    ) -> Plan:
        resume = {name: quiesce[name] for name in ("epoch", "run", "item_timeout", "require_record") if name in quiesce}

        def perform(name: str, given: Answer, shares: bool = True) -> Answer:
            return self._others.run(name, given, variables, sharing if shares else None)

        def ask_to_resume() -> Answer:
            return perform("groupid_services", {**resume, "state": "resumed"}, False)

        # As jobs of the agent, folders continue without the connection. Without other work, they can use it for longer.
        alone = not args["database"] and not args["domains"]
        sharing.patience = 10.0 if alone or not args["domains"] else sharing.patience
        database = args["database"]
        # If servers wait for each other, they do not wait for work that only reads the backup.
        later = bool(database and args["run"]) and not check
        only_made = {**database, **_NOT_VERIFIED} if later else database
        return Plan(
            stop=(lambda: perform("groupid_services", {**quiesce, "state": "quiesced"}, False)) if quiesce else None,
            resume=(lambda: resuming.resume(ask_to_resume)) if quiesce and not check else None,
            folders=(lambda: perform("groupid_backup_folder", args["folders"])) if args["folders"] else None,
            database=(lambda: self._database(args, only_made, variables)) if database else None,
            domains={
                str(one.get("domain")): (lambda one=one: perform("groupid_ldif_export", one)) for one in args["domains"]
            },
            failed=self._answer_of,
            verify=(lambda made: answers.verified(made, self._database(args, database, variables))) if later else None,
        )

    def _database(self, args: Answer, options: Answer, variables: c.Mapping[str, t.Any]) -> Answer:
        """Run the module of the database where an ODBC driver is, which is not the server that is saved."""
        return self._others.run_on(Place(**args["database_host"]), "groupid_sql_backup", options, variables)

    def _answer_of(self, error: BaseException) -> Answer:
        """Return the answer of a part that raised an exception, in the form in which Ansible would register it."""
        head: Answer = {"changed": False, "schema": SCHEMA}
        if isinstance(error, AnsibleConnectionFailure):
            return {**head, "unreachable": True, "msg": str(error.message)}
        if isinstance(error, WorkEndedError):
            failure = Failure("interrupted", self.WHAT, "the run was interrupted", "Run the backup again.")
            return {**head, "failed": True, "error": failure.explained(), "msg": str(failure)}
        found = self._failed(error if isinstance(error, Exception) else RuntimeError(repr(error)))
        return self._masked({**head, "failed": True, **found})
