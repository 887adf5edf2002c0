# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of the actions about a domain's groups: the domain from the host's variables, errors as results."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import time
import typing as t

from ansible.errors import AnsibleError

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, settings, shared_parts
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES, ordered
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.ldifde_domain import base_of
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names import filter as ldap_filter
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import (
    Target,
    check_target,
    target_of,
)
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.agent import AgentAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.failure import SCHEMA
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.part_files import Place

DOMAINS = "groupid_domains"
ALL_GROUPS = "(&(objectClass=group)(objectCategory=group))"

PLACE_SPEC: t.Final[dict[str, t.Any]] = {
    "backup_root": {"type": "str", "required": True},
    "deployment": {"type": "str", "required": True},
    "set_id": {"type": "str", "required": True},
    "domain": {"type": "str", "required": True},
    "directory_server": {"type": "str"},
    "attributes": {"type": "list", "elements": "str"},
    "allow_open_roots": {"type": "list", "elements": "str", "default": []},
}


@dataclasses.dataclass(frozen=True)
class DomainRequest:
    """A domain, and what is requested.

    attributes: None if neither the task nor the variable names any. filter: of the groups. limited: what the task
      itself names, None for nothing. A restore is limited to this.
    """

    target: Target
    attributes: tuple[str, ...] | None
    filter: str
    limited: tuple[str, ...] | None = None

    @property
    def exported(self) -> tuple[str, ...]:
        """Attributes to export."""
        return ordered(self.attributes or ATTRIBUTES)


class LdifAction(AgentAction):
    """Arguments -> domain -> several requests to the agent and a session with the directory -> result."""

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Do it. Returns the result; raises DirectoryError, AgentCallError, ValueError."""
        raise NotImplementedError

    def _perform(self, variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        began = time.monotonic()
        outcome = super()._perform(variables)
        return {"failed": False, **outcome, "schema": SCHEMA, "seconds": round(time.monotonic() - began, 3)}

    def domain_request(self, args: c.Mapping[str, t.Any], variables: c.Mapping[str, t.Any]) -> DomainRequest:
        """Find the domain in ``groupid_domains``. Raises ValueError, never with a password."""
        items = self._domains(variables)
        wanted = str(args["domain"]).lower()
        named = [item for item in items if item.get("name") == wanted]
        if len(named) != 1:
            have = ", ".join(str(item.get("name")) for item in items) or "none"
            raise ValueError(
                f"{DOMAINS} names {args['domain']!r} {len(named)} times, and must do so once. It has: {have}."
            )
        [item] = named
        target = target_of(item)
        if args["directory_server"]:
            target = check_target(dataclasses.replace(target, server=str(args["directory_server"])))
        attributes = args["attributes"] or item.get("attributes")
        if attributes is not None and not isinstance(attributes, list):
            raise ValueError(f"{DOMAINS}, {wanted}: attributes must be a list of names.")
        return DomainRequest(
            target,
            None if attributes is None else ordered([str(name) for name in attributes]),
            _checked_filter(str(item.get("filter") or ALL_GROUPS), wanted),
            ordered(args["attributes"]) if args["attributes"] else None,
        )

    def other_domains(self, domain: str, variables: c.Mapping[str, t.Any]) -> tuple[str, ...]:
        """Return the DNs of the other domains of ``groupid_domains``, and of the bases there. Raises ValueError."""
        others = [item for item in self._domains(variables) if item.get("name") != domain]
        return tuple(end for item in others for end in (base_of(str(item.get("name"))), item.get("base")) if end)

    def _domains(self, variables: c.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
        """Return the variable, templates resolved. Raises ValueError."""
        try:
            return settings.read(DOMAINS, self._templar.template(variables.get(DOMAINS, []))) or []
        except AnsibleError as problem:
            raise ValueError(f"{DOMAINS} cannot be read: {problem.message}") from None

    def place(self, args: c.Mapping[str, t.Any], set_id: str | None = None) -> Place:
        """Return the folder of the domain's files in a set, the one of the task unless another is named."""
        return Place(
            root=args["backup_root"],
            deployment=backup_set.check_deployment(args["deployment"]),
            set_id=str(backup_set.SetId.parse(set_id or args["set_id"])),
            part=shared_parts.part_of_domain(args["domain"]),
            component=shared_parts.GROUP_ATTRIBUTES,
            allow_open_roots=args["allow_open_roots"],
        )


def _checked_filter(text: str, domain: str) -> str:
    """Return the filter. Raises ValueError with the place of the fault in it."""
    fault = ldap_filter.fault(text)
    if fault is None:
        return text
    corrected = f" Did you mean {fault.corrected}?" if fault.corrected else ""
    raise ValueError(
        f"{DOMAINS}, {domain}: filter {text!r} is wrong at character {fault.position + 1}: {fault.what}{corrected}"
    )
