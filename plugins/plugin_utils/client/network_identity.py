# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account for shares and started programs in place of the connection's account, read from the task's variables."""

from __future__ import annotations

import collections.abc as c
import re
import typing as t

from ansible.errors import AnsibleError

USERNAME = "groupid_network_username"
PASSWORD = "groupid_network_password"  # the variable's name

# Windows would take a name without a domain for one of the server's own accounts, which no share accepts.
_FORM = re.compile(r"[^\\@]+\\[^\\@]+|[^\\@]+@[^\\@]+")


def network_identity(
    variables: c.Mapping[str, t.Any], template: c.Callable[[t.Any], t.Any]
) -> dict[str, dict[str, str]]:
    """Return the member ``network`` of a request; nothing if there is no such account.

    variables: the task's variables, templates unresolved. template: resolves a template.
    Raises ValueError, never with a password, if one of the two variables is missing or not valid.
    """
    username, password = (_text(name, variables.get(name), template) for name in (USERNAME, PASSWORD))
    if not username and not password:
        return {}
    for name, value, other in ((USERNAME, username, PASSWORD), (PASSWORD, password, USERNAME)):
        if not value:
            raise ValueError(f"{other} is set and {name} is not. Set both, or neither.")
    if not _FORM.fullmatch(username):
        raise ValueError(f"{USERNAME} is {username!r}, and must be DOMAIN\\user or user@domain.")
    return {"network": {"username": username, "password": password}}


def _text(name: str, value: t.Any, template: c.Callable[[t.Any], t.Any]) -> str:
    try:
        resolved = template(value)
    except AnsibleError as problem:
        raise ValueError(f"{name} cannot be read: {problem.message}") from None
    if resolved is None:
        return ""
    # Inline vault values of ansible-core up to 2.18 are objects of their own.
    if not isinstance(resolved, str) and not hasattr(resolved, "__ENCRYPTED__"):
        raise ValueError(f"{name} must be a text. Put it in quotes: YAML reads it as {type(resolved).__name__}.")
    return str(resolved)
