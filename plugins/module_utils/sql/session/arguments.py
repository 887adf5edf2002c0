# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the modules of the database that name a SQL Server."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target, check_target

CONNECTION_SPEC: t.Final[dict[str, dict[str, t.Any]]] = {
    "server": {"type": "str", "required": True},
    "instance": {"type": "str"},
    "port": {"type": "int"},
    "auth": {"type": "str", "choices": ["sql", "windows"], "default": "sql"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "encrypt": {"type": "str", "choices": ["verified", "unverified", "off", "strict"], "default": "verified"},
    "ca_file": {"type": "path"},
    "host_name_in_certificate": {"type": "str"},
    "driver": {"type": "str"},
    "login_timeout": {"type": "int", "default": 15},
}


def target_of(params: c.Mapping[str, t.Any]) -> Target:
    """Return the target that a module's parameters name. Raises ValueError, never with the password."""
    return check_target(Target(**{name: params[name] for name in CONNECTION_SPEC}))
