# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The failures that prevent a step of a run on one host, by the name of the step."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.objections import (
    backup,
    database,
    domains,
    members,
    prediction,
    quiesce,
    rehearsal,
    restore,
    seal,
    server,
    verify,
)


def against(facts: Facts, host: str, step: str) -> list[Failure]:
    """Return the failures that prevent a step. step: a name of `STEPS`."""
    return STEPS[step](facts, host)


STEPS: t.Mapping[str, c.Callable[[Facts, str], list[Failure]]] = {
    "server": server.against,
    "rehearsal": rehearsal.against,
    "backup": backup.against,
    "database": database.against_backup,
    "unseen_database": members.unseen_database,
    "unseen_domains": members.unseen_domains,
    "space": prediction.space,
    "running": quiesce.against,
    "duration": prediction.duration,
    "seal": seal.against,
    "verify": verify.against,
    "restore": restore.against,
    "restore_database": database.against_restore,
    "unsealed_database": database.against_part,
    "restore_domains": domains.against_restore,
}
"""Functions by the name of the step that roles use."""
