# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the state of a job on the host, or cancels it, with one small script. Nothing is compiled."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.job_answer import job_answer
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.client import AgentClient
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.script import look_input


def look(client: AgentClient, operation: str, place: c.Mapping[str, str], wait: float) -> dict[str, t.Any]:
    """Read the state of a job once, and return the answer. Raises as ``call_once``."""
    found = client.run_script(operation, look_input(operation, place, wait))
    return job_answer(found, place["id"])
