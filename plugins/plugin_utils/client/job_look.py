# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at a job on the host, and its cancellation: one small script, nothing is compiled."""

from __future__ import annotations

import base64
import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.job_answer import job_answer
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.client import AgentClient
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.script import JOB, script_input


def look_input(operation: str, place: c.Mapping[str, str], wait: float) -> bytes:
    """Return the stdin with which the bootstrap looks at a job.

    operation: poll or cancel. place: of the job, ``job.job_place``. wait: seconds that the host may wait for the
    job's end.
    """
    own = [base64.b64encode(place["state"].encode("utf-8")).decode("ascii")] if "state" in place else []
    return script_input(JOB, [operation, place["id"], place["attempt"], str(round(wait * 1000)), *own])


def look(client: AgentClient, operation: str, place: c.Mapping[str, str], wait: float) -> dict[str, t.Any]:
    """Look at a job once, and give the answer. Raises as ``call_once``."""
    found = client.run_script(operation, look_input(operation, place, wait))
    return job_answer(found, place["id"])
