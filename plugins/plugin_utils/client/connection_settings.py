# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a connection plugin reaches its host, by its options."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.connection_advice import ConnectionSettings


def connection_settings(connection: t.Any) -> ConnectionSettings:
    """Return host, port and auth, as the inventory has them. The options' names differ by plugin."""
    options = connection.get_options()
    host = options.get("remote_addr") or options.get("host") or connection._play_context.remote_addr
    auth = options.get("transport") or options.get("auth") or ""
    port = str(options.get("port") or "")
    return ConnectionSettings(
        transport=str(connection.transport),
        host=str(host or "the host"),
        port=int(port) if port.isdecimal() else None,
        auth=", ".join(map(str, auth)) if isinstance(auth, (list, tuple)) else str(auth),
        scheme=options.get("scheme") or options.get("protocol"),
    )
