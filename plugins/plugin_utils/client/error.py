# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A call to the agent that failed."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils.failure import FailureError


class AgentCallError(FailureError):
    """The agent could not be run, did not answer, or answered that it failed."""
