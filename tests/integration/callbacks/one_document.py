# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback that makes one JSON document of stdout, as those of other collections do. A test copies it to its name."""

from __future__ import annotations

import json
import sys
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: json
type: stdout
short_description: One JSON document on stdout
description: [For a test.]
"""


class CallbackModule(CallbackBase):
    """Counts the results of each kind, and prints them behind the run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "json"

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """Print the document."""
        json.dump({"ok": dict(stats.ok), "failures": dict(stats.failures)}, sys.stdout)
