# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a later run finishes a set that an earlier run has begun, as messages say it."""

from __future__ import annotations

WAIVED = "groupid_waive=elasticsearch_running"
"""What such a run must accept: it does not know what ran while the earlier parts were made."""


def options(deployment: str, set_id: str) -> str:
    """Return what the user adds to the command line of the earlier run.

    The deployment is named because sets of several deployments may have the id, and the others may be sealed.
    """
    return f"-e groupid_deployments={deployment} -e groupid_set_id={set_id} -e {WAIVED}"
