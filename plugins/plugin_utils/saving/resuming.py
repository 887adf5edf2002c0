# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start again what ran on one server, and try again at once if this fails.

A later task of the run tries again too, but it waits for the slowest server of the batch.
"""

from __future__ import annotations

import collections.abc as c

from ansible.errors import AnsibleConnectionFailure

from ansible_collections.identityops.groupid.plugins.module_utils import failures, retry
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.sharing import Sharing
from ansible_collections.identityops.groupid.plugins.plugin_utils.saving import answers
from ansible_collections.identityops.groupid.plugins.plugin_utils.saving.side_by_side import Answer

_LOCKED = "locked"


def resume(ask: c.Callable[[], Answer]) -> Answer:
    """Start again what ran, and once more after a while if this fails.

    ask: performs the resume. Error: AnsibleConnectionFailure if the host could not be reached at all.
    """
    first = _at_once(ask)
    failure = failures.of_result(first)
    # A lock was waited for.
    if failure is None or failure.code == _LOCKED:
        return first
    Sharing().sleep(retry.ONCE_MORE)
    try:
        second = _at_once(ask)
    except AnsibleConnectionFailure:
        return first  # it says what the host was doing
    return {**second, "warnings": answers.joined(first.get("warnings"), second.get("warnings"))}


def _at_once(ask: c.Callable[[], Answer]) -> Answer:
    """Ask a host that is not reachable for a moment again.

    So is a host on which the stop is still running after its connection was lost.
    """
    for pause in retry.attempts():
        try:
            answer = ask()
        except AnsibleConnectionFailure:
            if pause is None:
                raise
        else:
            failure = failures.of_result(answer)
            if pause is None or failure is None or failure.code != _LOCKED:
                return answer
        Sharing().sleep(pause)
    raise AssertionError("the last attempt has no pause")
