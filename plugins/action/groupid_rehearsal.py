# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_rehearsal."""

from __future__ import annotations

import collections.abc as c
import datetime
import secrets
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import products, rehearsal, rehearsal_report
from ansible_collections.identityops.groupid.plugins.module_utils.probe import probe_request
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_judge.surroundings import connection
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.agent import AgentAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.failure import SCHEMA
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.connection_settings import connection_settings
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.rehearsal_server import (
    RehearsalServer,
    witness,
)
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.result_file import require_file, with_file


class ActionModule(AgentAction):
    """Test on a server what this collection promises for it."""

    WHAT: t.ClassVar[str] = "The server was not rehearsed"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "state": {"type": "str", "default": "rehearsed", "choices": ["rehearsed", "placed", "clean"]},
        "backup_root": {"type": "str", "required": True},
        "version": {"type": "str", "default": products.AUTO, "choices": [products.AUTO, *products.versions()]},
        "component_paths": {"type": "dict", "default": {}},
        "account": {"type": "str"},
        "directory": {"type": "str"},
        "names": {"type": "bool", "default": False},
    }

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        host = variables["inventory_hostname"]
        path = require_file(args["directory"], f"rehearsal-{host}.json", check=self._task.check_mode)
        root = args["backup_root"]
        found = self.client.ask({**probe_request(args["version"], args["component_paths"], root=root), "check": False})
        subject = rehearsal.Subject(
            secrets.token_hex(8),
            rehearsal_report.folders(found),
            root,
            products.products_request(args["version"], args["component_paths"]),
            bool(self.client.network),
            witness(),
        )
        if args["state"] == "clean":
            return self.result_of(self.client.call(subject.step("clean")))
        if args["state"] == "placed":
            server = found["computer"]["server"]
            return self.result_of(
                self.client.call(rehearsal.place_request(server, subject.identity, root, args["account"]))
            )
        done = {"failed": False, "changed": True, "warnings": [], "schema": SCHEMA}
        if self._task.check_mode:
            return done
        server = RehearsalServer(self.client)
        try:
            outcome = rehearsal.rehearse(server, subject)
        except rehearsal.StoppedError as error:
            raise AgentCallError(error.failure) from error
        left = {"failed": True, "error": outcome.left.explained()} if outcome.left else {}
        document = self._document(outcome, found, host, named=args["names"])
        done["warnings"] = self._scrub(list(outcome.warnings))
        return with_file({**done, **document, **rehearsal_report.judged(document), **left}, path, document)

    def _document(
        self, outcome: rehearsal.Outcome, found: dict[str, t.Any], host: str, *, named: bool
    ) -> dict[str, t.Any]:
        """Return the document of a rehearsal that is stored."""
        settings = connection_settings(self._connection)
        findings = [
            *outcome.findings,
            *connection(settings.transport, settings.scheme, settings.auth, self._checks_certificate()),
        ]
        names = () if named else rehearsal_report.names_of(found, host, settings.host)
        now = datetime.datetime.now(datetime.timezone.utc)
        document: dict[str, t.Any] = self._scrub(
            rehearsal_report.document(outcome._replace(findings=findings), found, now, names)
        )
        return document

    def _checks_certificate(self) -> bool:
        options = self._connection.get_options()
        answer = options.get("cert_validation", options.get("server_cert_validation", "ignore"))
        return str(answer) not in ("ignore", "False")
