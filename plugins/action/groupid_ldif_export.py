# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_ldif_export."""

from __future__ import annotations

import collections.abc as c
import pathlib
import tempfile
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import DirectoryError
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.agent import with_finished_at
from ansible_collections.identityops.groupid.plugins.plugin_utils.groups.action import PLACE_SPEC, LdifAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.groups.part import store
from ansible_collections.identityops.groupid.plugins.plugin_utils.groups.reading import Reading, read_groups

_FACTS = (
    "domain",
    "directory_server",
    "engine",
    "account",
    "read_only",
    "groups",
    "exported",
    "attributes",
    "missing_attributes",
    "confidential_attributes",
    "filtered_attributes",
)


class ActionModule(LdifAction):
    """Save the group attributes of a domain."""

    WHAT: t.ClassVar[str] = "The group attributes were not saved"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        **PLACE_SPEC,
        "epoch": {"type": "str"},
        "engine": {"type": "str", "choices": ["auto", "ldap", "ldifde"], "default": "auto"},
        "allow_empty": {"type": "bool", "default": False},
        "narrowed": {"type": "list", "elements": "str"},
        "scope": {"type": "dict"},
    }

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        request, place = self.domain_request(args, variables), self.place(args)
        with tempfile.TemporaryDirectory(prefix="groupid-") as folder:
            reading = read_groups(self.client, request, args["engine"], pathlib.Path(folder))
            warnings = [*reading.warnings, *_narrowed(reading, request.filter)]
            warnings += _empty(reading, request.filter, args["allow_empty"])
            files = [reading.exported.ldif.path, reading.exported.companion.path]
            details = {
                **_facts(reading),
                "kind": "export",
                "filter": request.filter,
                "base": reading.domain.base,
                "base_guid": reading.domain.base_guid,
                "domain_guid": reading.domain.guid,
                "domain_sid": reading.domain.sid,
                "highest_committed_usn": reading.domain.highest_committed_usn,
            }
            answer = store(
                self.client,
                place,
                files,
                details,
                args["epoch"] or place.set_id,
                variables["inventory_hostname"],
                narrowed=args["narrowed"],
                scope=args["scope"],
            )
        recorded = answer.pop("details") or {}
        facts = {name: recorded.get(name) for name in _FACTS}
        return {**with_finished_at(answer), **facts, "warnings": [*answer["warnings"], *warnings]}


def _facts(reading: Reading) -> dict[str, t.Any]:
    """Return the facts about an export that both the part's record and the result have."""
    return {
        "domain": reading.domain.dns_name,
        "directory_server": reading.domain.server,
        "engine": reading.engine,
        "account": reading.account,
        "read_only": reading.domain.read_only,
        "groups": reading.exported.groups,
        "exported": reading.exported.exported,
        "attributes": list(reading.exported.attributes),
        "missing_attributes": list(reading.schema.missing),
        "confidential_attributes": list(reading.schema.confidential),
        "filtered_attributes": list(reading.schema.filtered),
    }


def _narrowed(reading: Reading, filter_text: str) -> list[str]:
    """Warn of a filter that selects groups by an exported attribute."""
    named = [name for name in reading.exported.attributes if name.lower() in filter_text.lower()]
    if not named:
        return []
    return [
        f"The filter of {reading.domain.dns_name} names {', '.join(named)}: groups without it are not in the set, and "
        "a restore cannot distinguish them from groups that were created later."
    ]


def _empty(reading: Reading, filter_text: str, allowed: bool) -> list[str]:
    """Refuse an export of nothing, unless it was allowed by name. Returns the warning then."""
    if reading.exported.exported:
        return []
    cause = (
        f"{reading.exported.groups} groups match {filter_text} below {reading.domain.base}, and none of them has any "
        f"of {', '.join(reading.exported.attributes)}"
    )
    if allowed:
        return [f"{reading.domain.dns_name}: {cause}."]
    raise DirectoryError(
        "no_groups",
        f"The group attributes of {reading.domain.dns_name} were not saved",
        cause,
        "Correct base, filter or attributes of the domain in groupid_domains, or use an account that may read them. "
        "If this is correct, name the domain in groupid_ldif_allow_empty.",
    )
