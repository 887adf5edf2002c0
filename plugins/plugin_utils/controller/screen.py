# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for the person at the screen, in addition to what Ansible prints for each task."""

from __future__ import annotations

import collections.abc as c

from ansible import constants
from ansible.utils.display import Display

_DOCUMENTS = frozenset({"json", "jsonl"})


def show(lines: c.Iterable[str]) -> None:
    """Print lines as they are. On stderr if a callback writes one document to stdout, which they would damage."""
    callback = str(constants.config.get_config_value("DEFAULT_STDOUT_CALLBACK"))
    Display().display("\n".join(lines), stderr=callback.rpartition(".")[2] in _DOCUMENTS)
