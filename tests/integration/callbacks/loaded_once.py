# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads what every task needs before Ansible forks a worker for each of them, which would else load it again.

A play of sixty tasks on three hosts forks nearly two hundred times; Ansible compiles a collection's Python anew in each
of them (it keeps no byte code of collections). Nothing but the time is another: the same files, loaded earlier.
"""

from __future__ import annotations

import gc
import inspect

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import connection_loader, filter_loader, shell_loader

from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.agent import AgentAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.script import bootstrap
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_source

DOCUMENTATION = """
name: loaded_once
type: aggregate
short_description: Loads the plugins of the integration tests before there are workers
description: [For the speed of the tests alone.]
"""

FILTERS = ("decide", "review", "run_hosts")


class CallbackModule(CallbackBase):
    """Loads, and hears nothing."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "loaded_once"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        assert AgentAction
        for operation in ("probe", "list", "seal", "place", "adopt", "put", "get", "run"):
            agent_source(operation)
        for operation in ("backup", "restore", "verify"):
            agent_source(operation)
            agent_source("start", "work", operation)
        bootstrap()
        connection_loader.get("ansible.builtin.winrm", class_only=True)
        shell_loader.get("ansible.builtin.powershell", class_only=True)
        for name in FILTERS:
            filter_loader.get(f"identityops.groupid.{name}")
        # Each result that was skipped asks inspect which plugin it comes from, and that looks through every module.
        inspect.stack()
        # What is never collected is not copied to a worker because of its reference counts.
        gc.collect()
        gc.freeze()
