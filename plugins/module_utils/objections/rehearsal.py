# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rehearsals found, and the losses of data among it."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure


def against(facts: Facts, host: str) -> list[Failure]:
    """Return the losses of data that rehearsals found on the server, and on its deployment's database and domains."""
    return [
        Failure(
            "rehearsal",
            f"A backup or a restore of {what} would lose data",
            sentence,
            "Remove the cause and run the playbook identityops.groupid.rehearse again; or report what it found, as "
            "docs/windows.md describes.",
        )
        for what, answer in rehearsed(facts, host).items()
        for sentence in answer.get("losses") or []
    ]


def rehearsed(facts: Facts, host: str) -> dict[str, c.Mapping[str, t.Any]]:
    """Return the answers of the rehearsals on a host, by their subject."""
    own = facts[host]
    domains = own.get("__groupid_directory_rehearsal") or {}
    found = {
        "this server": own.get("__groupid_rehearsal"),
        "the database": own.get("__groupid_sql_rehearsal"),
        **{f"the group attributes of {name}": answer for name, answer in domains.items()},
    }
    return {what: answer for what, answer in found.items() if answer}
