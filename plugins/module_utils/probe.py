# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request for the installed products of a host and the content of a backup root."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import products


def probe_request(
    version: str = products.AUTO,
    component_paths: c.Mapping[str, str] | None = None,
    *,
    measure: bool = False,
    root: str | None = None,
    deployment: str | None = None,
) -> dict[str, t.Any]:
    """Return the request.

    measure: walk the components for counts and sizes.
    root: backup root to list; deployment: list its sets only.

    Raises ValueError for an unknown version or component.
    """
    return {
        "operation": "probe",
        **products.products_request(version, component_paths or {}),
        "measure": measure,
        "roots": [root] if root else [],
        "deployment": deployment,
    }
