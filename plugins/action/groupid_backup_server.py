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

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, failures, retry
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.failure import SCHEMA, FailureAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.other_actions import OtherActions, Place
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.sharing import Sharing, WorkEndedError
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.rendezvous import Rendezvous, folder_of
from ansible_collections.identityops.groupid.plugins.plugin_utils.saving.saving import Plan, Saved, Saving, is_failed

Answer = dict[str, t.Any]

_NOT_VERIFIED = {"verify": False, "test_restore": False}
_OF_MAKING = ("changed", "shared", "sessions", "progress", "seconds")
"""What only the module that makes a backup knows about it, and not a second one that finds and verifies it."""
_LOCKED = "locked"


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
        downtime = None if check else _downtime(saved)
        result = {**_result(saved, downtime), "seconds": round(time.monotonic() - began, 3)}
        # An unexpected error is more important than its consequences.
        return {**result, "failed": True, **self._failed(saved.broken)} if saved.broken else result

    def _plan(
        self, args: Answer, quiesce: Answer, variables: c.Mapping[str, t.Any], sharing: Sharing, check: bool
    ) -> Plan:
        resume = {name: quiesce[name] for name in ("epoch", "run", "item_timeout", "require_record") if name in quiesce}

        def perform(name: str, given: Answer, shares: bool = True) -> Answer:
            return self._others.run(name, given, variables, sharing if shares else None)

        # As jobs of the agent, folders continue without the connection. Without other work, they can use it for longer.
        alone = not args["database"] and not args["domains"]
        sharing.patience = 10.0 if alone or not args["domains"] else sharing.patience
        database = args["database"]
        # If servers wait for each other, they do not wait for work that only reads the backup.
        later = bool(database and args["run"]) and not check
        only_made = {**database, **_NOT_VERIFIED} if later else database
        return Plan(
            stop=(lambda: perform("groupid_services", {**quiesce, "state": "quiesced"}, False)) if quiesce else None,
            resume=(lambda: self._resume(resume, variables)) if quiesce and not check else None,
            folders=(lambda: perform("groupid_backup_folder", args["folders"])) if args["folders"] else None,
            database=(lambda: self._database(args, only_made, variables)) if database else None,
            domains={
                str(one.get("domain")): (lambda one=one: perform("groupid_ldif_export", one)) for one in args["domains"]
            },
            failed=self._answer_of,
            verify=(lambda made: _verified(made, self._database(args, database, variables))) if later else None,
        )

    def _resume(self, args: Answer, variables: c.Mapping[str, t.Any]) -> Answer:
        """Start again what ran, and once more after a while if this fails.

        A later task of the run tries again too, but it waits for the slowest server of the batch.
        """
        answer = self._resume_at_once(args, variables)
        failure = failures.of_result(answer)
        # A lock was waited for.
        if failure is None or failure.code == _LOCKED:
            return answer
        Sharing().sleep(retry.ONCE_MORE)
        try:
            second = self._resume_at_once(args, variables)
        except AnsibleConnectionFailure:
            return answer  # it says what the host was doing
        return {**second, "warnings": _joined(answer.get("warnings"), second.get("warnings"))}

    def _resume_at_once(self, args: Answer, variables: c.Mapping[str, t.Any]) -> Answer:
        """Start again what ran. A host that is not reachable for a moment is asked again.

        So is a host on which the stop is still running after its connection was lost.
        """
        for pause in retry.attempts():
            try:
                answer = self._others.run("groupid_services", {**args, "state": "resumed"}, variables, None)
            except AnsibleConnectionFailure:
                if pause is None:
                    raise
            else:
                failure = failures.of_result(answer)
                if pause is None or failure is None or failure.code != _LOCKED:
                    return answer
            Sharing().sleep(pause)
        raise AssertionError("the last attempt has no pause")

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


def _verified(made: Answer, found: Answer) -> Answer:
    """Return one answer about a backup, from the module that made it and the module that verified it."""
    known = {name: made[name] for name in _OF_MAKING if name in made}
    warnings = _joined(made.get("warnings"), found.get("warnings"))
    statements = [*(made.get("statements") or ()), *(found.get("statements") or ())]
    return {**made, **found, **known, "warnings": warnings, "statements": statements}


def _joined(*found: c.Iterable[t.Any] | None) -> list[t.Any]:
    """Return the warnings of several answers, each once."""
    return list(dict.fromkeys(warning for warnings in found for warning in warnings or ()))


def _result(saved: Saved, downtime: float | None) -> Answer:
    """Return the answers of all parts, with the first failure."""
    answers = saved.answers()
    result: Answer = {
        "failed": False,
        "changed": any(bool(one.get("changed")) for one in answers),
        "schema": SCHEMA,
        "stopped": saved.stopped,
        "part": saved.part,
        "database": saved.database,
        "domains": [{**answer, "domain": name} for name, answer in saved.domains.items()],
        "resumed": saved.resumed,
        "downtime_seconds": downtime,
        # Only these: ansible-core 2.21 and later show what a module warns of in any case. The report has all others.
        "warnings": _joined((saved.database or {}).get("warnings")),
    }
    first = next((one for one in answers if is_failed(one)), None)
    if first is not None:
        unreachable = Failure("unreachable", str(first.get("msg") or ""), "", "").explained()
        return {**result, "failed": True, "error": first.get("error") or unreachable}
    if saved.apart is not None:
        return {**result, "failed": True, "error": saved.apart.explained()}
    return result


def _downtime(saved: Saved) -> float | None:
    """Return for how long GroupID was stopped: as the host measured it, otherwise as measured here."""
    if saved.stopped is None or saved.resumed is None:
        return None
    measured = saved.resumed.get("down_ms")
    return saved.seconds if measured is None else round(float(measured) / 1000, 3)
