# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_ldif_rehearsal."""

from __future__ import annotations

import collections.abc as c
import contextlib
import datetime
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, rehearsal_report
from ansible_collections.identityops.groupid.plugins.module_utils.directory import rehearsal
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    NoDirectoryError,
    NotInstalledError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import DIRECTORY_CLAIMS
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.result_file import require_file, with_file
from ansible_collections.identityops.groupid.plugins.plugin_utils.groups.action import DomainRequest, LdifAction


class ActionModule(LdifAction):
    """Test on a domain what an export and a restore of its groups need."""

    WHAT: t.ClassVar[str] = "The domain was not rehearsed"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "deployment": {"type": "str", "required": True},
        "domain": {"type": "str", "required": True},
        "directory_server": {"type": "str"},
        "attributes": {"type": "list", "elements": "str"},
        "engine": {"type": "str", "choices": ["auto", "ldap", "ldifde"], "default": "auto"},
        "directory": {"type": "str"},
        "names": {"type": "bool", "default": False},
    }

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        request, deployment = self.domain_request(args, variables), backup_set.check_deployment(args["deployment"])
        name = f"rehearsal-{deployment}-{request.target.domain}-directory.json"
        path = require_file(args["directory"], name, check=self._task.check_mode)
        refused: NoDirectoryError | None = None
        try:
            with contextlib.closing(open_directory(request.target)) as directory:
                outcome = rehearsal.rehearse(directory, request.target, request.filter, request.exported)
        except (NoDirectoryError, NotInstalledError) as error:
            other = args["engine"] == "ldifde" or (args["engine"] == "auto" and isinstance(error, NoDirectoryError))
            if not other and isinstance(error, NotInstalledError):
                raise
            outcome = rehearsal.not_connected(error, other_engine=other)
            refused = None if other else t.cast(NoDirectoryError, error)
        document = self._scrub(_document(outcome, request, names=args["names"]))
        failed = {"failed": True, "error": refused.failure.explained()} if refused else {}
        result = {
            "changed": False,
            "warnings": [],
            **document,
            **rehearsal_report.judged(document),
            **failed,
        }
        return with_file(result, path, document)


def _document(outcome: rehearsal.Outcome, request: DomainRequest, *, names: bool) -> dict[str, t.Any]:
    """Return the document of a rehearsal that is stored."""
    target, domain = request.target, outcome.domain
    own: list[str | None] = [target.domain, target.server, target.base, target.username, outcome.account]
    own += [target.domain.partition(".")[0], *outcome.groups, *outcome.names]
    if domain is not None:
        own += [domain.base, domain.server, domain.root, domain.guid, domain.sid]
    kind = {} if domain is None else {"kind": domain.kind}
    platform = {**kind, "encryption": target.encryption, "auth": target.auth}
    now = datetime.datetime.now(datetime.timezone.utc)
    return rehearsal_report.document_of(outcome.findings, DIRECTORY_CLAIMS, platform, now, () if names else own)
