# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerShell as it is sent: one constant command, and a script with its lines of input as stdin of that command."""

from __future__ import annotations

import base64
import collections.abc as c
import functools
import json
import pathlib
import typing as t

AGENT = "agent"
"""Compiles the agent and runs it: agent.ps1."""
JOB = "job"
"""Reads the state of a job: job.ps1."""

_FOLDER = pathlib.Path(__file__).parent


def script_input(name: str, lines: c.Sequence[str]) -> bytes:
    """Return the stdin with which the bootstrap runs a script.

    name: of the file ``<name>.ps1``. lines: what the script finds in ``$l``; ASCII, none empty, without line ends.
    """
    script = _shortened(name).splitlines()
    return "\n".join([str(len(script)), *script, *lines, ""]).encode("ascii")


def packed_request(request: c.Mapping[str, t.Any]) -> str:
    """Return a request as a line of input."""
    return base64.b64encode(json.dumps(request, ensure_ascii=False).encode("utf-8")).decode("ascii")


def look_input(operation: str, place: c.Mapping[str, str], wait: float) -> bytes:
    """Return the stdin with which the bootstrap reads the state of a job.

    operation: poll or cancel. place: of the job, ``agent_job.job_place``. wait: seconds that the host may wait for the
    job's end.
    """
    own = [base64.b64encode(place["state"].encode("utf-8")).decode("ascii")] if "state" in place else []
    return script_input(JOB, [operation, place["id"], place["attempt"], str(round(wait * 1000)), *own])


def bootstrap() -> str:
    """Return the PowerShell text that is the command line: the same for every script, of any length."""
    return _shortened("bootstrap")


@functools.cache
def _shortened(name: str) -> str:
    """Return a script without its comment lines and its indentation."""
    lines = (_FOLDER / f"{name}.ps1").read_text(encoding="utf-8").splitlines()
    return "\n".join(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))
