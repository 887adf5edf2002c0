# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads what every worker needs, before workers exist.

Ansible forks a worker for each task of each host, and keeps no byte code of collections. Each worker must read and
compile again what is not loaded by then, and pack the agent again. This would be a third of the controller's work for a
backup of many servers.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import os

from ansible.plugins.loader import connection_loader, shell_loader

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.script import bootstrap
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_source

_ACTIONS = (
    "groupid_settings",
    "groupid_info",
    "groupid_services",
    "groupid_backup_server",
    "groupid_backup_folder",
    "groupid_backup_verify",
    "groupid_backup_seal",
    "groupid_restore_folder",
)
_SHORT = ("probe", "state", "seal")
_JOBS = (("quiesce", "watch"), ("backup",), ("resume",), ("verify",), ("restore",))
"""What an agent must be able to do for each of these jobs. A quiesce passes its source on to its watchdog."""


def prepare() -> None:
    """Load it, in the process that forks. Called when the first play of a playbook looks for its hosts."""
    for name in _ACTIONS:
        importlib.import_module(f"ansible_collections.identityops.groupid.plugins.action.{name}")
    for operation in _SHORT:
        agent_source(operation)
    for operations in _JOBS:
        agent_source("start", "work", *operations)
    bootstrap()
    # For a module that only the first secret or the first id needs, Python would search every folder of its path.
    "".encode("utf-16-le")
    backup_set.SetId.parse("20000101T000000Z")
    # If hosts are reached in another way, these may not be installed.
    with contextlib.suppress(Exception):
        connection_loader.get("ansible.builtin.winrm", class_only=True)
        shell_loader.get("ansible.builtin.powershell", class_only=True)
    gc.collect()
    gc.freeze()
    _leave_alone()


@functools.cache
def _leave_alone() -> None:
    """Keep the garbage collector of each worker away from existing objects: it would write to each, and so copy it.

    Among these are the answers of the hosts so far, which are most of the memory of a large run.
    """
    os.register_at_fork(after_in_child=gc.freeze)
