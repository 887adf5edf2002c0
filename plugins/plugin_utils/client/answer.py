# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's answer, found in what PowerShell printed."""

from __future__ import annotations

import base64
import collections.abc as c
import contextlib
import json
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError

PROTOCOL = 1
SHOWN_OUTPUT = 2048  # characters of each stream, if there is no answer to show

_CONSTRAINED = re.compile(r"language mode|ConstrainedLanguage", re.IGNORECASE)


class BootstrapError(Exception):
    """PowerShell did not start the agent, so nothing was done. The text is from the compiler or from PowerShell."""


def read_answer(output: c.Mapping[str, t.Any], operation: str, scrub: c.Callable[[str], str]) -> dict[str, t.Any]:
    """Return the answer to an operation.

    output: rc, stdout and stderr of the command; profiles and banners may have printed around the answer.
    scrub: masks secrets in what is shown if there is no answer.

    Raises BootstrapError, and AgentCallError if there is no answer or it is not for this operation.
    """
    answer = _find_answer(output["stdout"])
    if answer is None:
        raise AgentCallError(_no_answer(output, scrub))
    if "stage" in answer:
        raise BootstrapError(base64.b64decode(answer["msg_b64"]).decode("utf-8", errors="replace"))
    spoken = (answer["protocol"], answer.get("operation"))
    if spoken != (PROTOCOL, operation):
        raise AgentCallError(
            Failure(
                code="protocol",
                what="The agent's answer was not used",
                cause="it is of protocol {}, operation {}".format(*spoken)
                + f"; requested was protocol {PROTOCOL}, operation {operation}",
                next="Reset the connection (meta: reset_connection) and run again.",
            )
        )
    return answer


def without_envelope(answer: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the content of an answer, without the members that only the protocol needs."""
    return {name: value for name, value in answer.items() if name not in ("protocol", "operation")}


def _find_answer(stdout: str) -> dict[str, t.Any] | None:
    decoder = json.JSONDecoder()
    position = stdout.find("{")
    while position >= 0:
        with contextlib.suppress(ValueError):
            found: dict[str, t.Any] = decoder.raw_decode(stdout, position)[0]
            if "protocol" in found or found.get("stage") == "bootstrap":
                return found
        position = stdout.find("{", position + 1)
    return None


def _no_answer(output: c.Mapping[str, t.Any], scrub: c.Callable[[str], str]) -> Failure:
    if output["rc"] != 0 and _CONSTRAINED.search(output["stderr"]):
        return Failure(
            code="constrained_language",
            what="The agent was not started",
            cause="PowerShell on the host runs in Constrained Language Mode, in which nothing can be compiled",
            next="Allow Full Language for the connecting user in the application control policy (WDAC, AppLocker).",
        )
    # Masked before it is cut, because half of a secret would not be recognised.
    streams = ", ".join(f"{name} {scrub(output[name])[:SHOWN_OUTPUT]!r}" for name in ("stdout", "stderr"))
    return Failure(
        code="no_answer",
        what="The agent gave no answer",
        cause=f"PowerShell ended with exit code {output['rc']}, {streams}",
        next="Find out on the host what ended powershell.exe: for example your antivirus, which then needs an "
        "exclusion (docs/windows.md says which), or the shell's memory quota. groupid_info shows how far the "
        "operation got.",
    )
