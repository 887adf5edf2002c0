# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys that sign seals, read from the task's variables, and the check of a set before an operation uses it."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible.errors import AnsibleError

from ansible_collections.identityops.groupid.plugins.module_utils import settings, signature
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.client import AgentClient
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError

KEY = "groupid_signing_key"  # the variables' names
OLD_KEYS = "groupid_old_signing_keys"


def signing_keys(variables: c.Mapping[str, t.Any], template: c.Callable[[t.Any], t.Any]) -> tuple[str, ...]:
    """Return the keys, the one that signs first. None: signatures are neither made nor checked.

    variables: the task's variables, templates unresolved. template: resolves a template.
    Raises ValueError, never with a key.
    """
    key = _read(KEY, variables, template)
    return (key, *(_read(OLD_KEYS, variables, template) or ())) if key else ()


def signed_seal(
    client: AgentClient, keys: c.Sequence[str], what: str, root: str, deployment: str, set_id: str
) -> str | None:
    """Return the digest of a set's seal, whose signature is valid. None: there are no keys, and any seal is accepted.

    The operation that follows must have this digest in its request, so that no other seal can take the place of this
    one. what: what is not done if it is not valid. Raises AgentCallError.
    """
    if not keys:
        return None
    for found in _listed(client, keys, root, deployment, only=set_id):
        if signature.accepted(found["signature"]):
            return str(found["seal_sha256"])
        raise AgentCallError(signature.refusal(what, found["path"], found["signature"]))
    raise AgentCallError(
        Failure(
            "set_missing",
            what,
            f"There is no set {set_id} of deployment {deployment}",
            "Name an existing set. The playbook identityops.groupid.list shows them.",
            path=root,
        )
    )


def signed_seals(client: AgentClient, keys: c.Sequence[str], root: str, deployment: str) -> list[str] | None:
    """Return the digests of a deployment's seals whose signature is valid. None: there are no keys.

    Raises AgentCallError.
    """
    if not keys:
        return None
    sets = _listed(client, keys, root, deployment)
    return [str(one["seal_sha256"]) for one in sets if signature.accepted(one["signature"])]


def _listed(
    client: AgentClient, keys: c.Sequence[str], root: str, deployment: str, only: str | None = None
) -> list[dict[str, t.Any]]:
    request = {"operation": "list", "root": root, "deployment": deployment, "only": only}
    return [signature.judged(one, keys) for one in client.ask(request)["sets"]]


def _read(name: str, variables: c.Mapping[str, t.Any], template: c.Callable[[t.Any], t.Any]) -> t.Any:
    try:
        return settings.read(name, template(variables.get(name)))
    except AnsibleError:
        # Its text may contain the template, and the template may contain a key.
        raise ValueError(f"{name} cannot be read: its template or its vault cannot be resolved.") from None
