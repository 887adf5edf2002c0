# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the lab's slapd, for tests of sessions with it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target
from lab.directory.proxy import Proxy
from lab.directory.slapd import Slapd

FILTER = "(&(objectClass=group)(objectCategory=group))"


def target(server: Slapd, through: Proxy | None = None, /, **changes: t.Any) -> Target:
    """Return the target of a slapd by LDAPS, or of a proxy in front of it."""
    usual = Target(
        server.domain,
        "127.0.0.1",
        through.port if through else server.ldaps_port,
        username=server.username,
        password=server.password,
        ca_file=str(server.ca_file),
        timeout=60,
    )
    return dataclasses.replace(usual, **changes)
