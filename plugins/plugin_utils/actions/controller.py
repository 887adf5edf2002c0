# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of the actions that only work on the controller, with the answers of the hosts of a run."""

from __future__ import annotations

import collections.abc as c
import time
import typing as t

from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.failure import SCHEMA, FailureAction


class ControllerAction(FailureAction):
    """Arguments and variables -> result. No host is contacted."""

    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]]

    _supports_check_mode = True
    _requires_connection = False

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Perform it, with validated arguments.

        Returns the result; raises an exception with a Failure, or ValueError.
        """
        raise NotImplementedError

    def _perform(self, variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        dummy, args = self.validate_argument_spec(argument_spec=self.ARGUMENT_SPEC)
        began = time.monotonic()
        outcome = self.perform(args, variables)
        seconds = round(time.monotonic() - began, 3)
        return {"failed": False, "changed": False, **outcome, "schema": SCHEMA, "seconds": seconds}
