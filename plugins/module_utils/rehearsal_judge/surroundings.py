# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent runs on, the way to it, and the backup root."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import HELD, NOT_TRIED, Finding
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_judge.answers import (
    Answer,
    code_of,
    error_of,
    judged,
)


def platform(facts: Answer) -> list[Finding]:
    """Judge what the agent runs on: ``platform`` of the step make."""
    findings = [Finding("state.owner", HELD)]
    missing = facts["privileges"]["missing"]
    findings.append(judged(not missing, "agent.privileges", f"Missing: {', '.join(missing)}."))
    runs_on = f"{facts['engine']}, {facts['runtime']} {facts['runtime_version']}, {facts['product'] or facts['system']}"
    if not on_windows(facts):
        why = f"The agent ran on {runs_on}."
        return [
            *findings,
            *(Finding(one, NOT_TRIED, why) for one in ("agent.bootstrap", "agent.framework", "agent.sha256")),
        ]
    framework = facts["runtime"] == ".NET Framework"
    return [
        *findings,
        Finding("agent.bootstrap", HELD if framework else NOT_TRIED, runs_on),
        Finding("agent.framework", HELD if framework else NOT_TRIED, runs_on),
        judged(facts["sha256"] == "SHA256Cng", "agent.sha256", f"It comes from {facts['sha256']}."),
    ]


def on_windows(facts: Answer) -> bool:
    """Return whether the server is Windows itself, not something in its place."""
    return str(facts["system"]).startswith("Windows ")


def connection(transport: str, scheme: str | None, auth: str, checked: bool) -> list[Finding]:
    """Judge the connection, after the whole rehearsal used it.

    transport: the plugin. scheme: http or https. auth: how it logs in. checked: a certificate is checked.
    """
    used = {
        "connection.https": scheme == "https" and checked,
        "connection.ntlm": auth == "ntlm" and scheme == "http",
        "connection.kerberos": auth in ("kerberos", "credssp") and scheme == "http",
        "connection.psrp": transport == "psrp",
        "connection.ssh": transport == "ssh",
    }
    way = ", ".join(text for text in (transport, scheme, auth) if text)
    return [Finding(one, HELD if right else NOT_TRIED, way) for one, right in used.items()]


def share(made: Answer, network: bool) -> list[Finding]:
    """Judge the access to the share, after everything on it succeeded. network: a separate account was given."""
    names = ("share.second_hop", "share.identity", "share.rights")
    if not made["root_is_share"]:
        return [Finding(one, NOT_TRIED, "The backup root is on this server's own disks.") for one in names]
    if network:
        return [
            Finding("share.identity", HELD),
            Finding("share.rights", HELD),
            Finding(names[0], NOT_TRIED, "An account is given."),
        ]
    return [Finding(names[0], HELD), *(Finding(one, NOT_TRIED, "No account is given.") for one in names[1:])]


def trust(opened: Answer, refused: Answer, share: bool) -> list[Finding]:
    """Judge a backup to a folder that everybody may change."""
    if share or opened["failed"] or opened["refused"]:
        why = "This is not tested on a share." if share else error_of(opened) or str(opened.get("refused"))
        return [Finding("root.trust", NOT_TRIED, why)]
    return [judged(code_of(refused) == "root_open", "root.trust", f"It said: {error_of(refused) or 'done'}")]
