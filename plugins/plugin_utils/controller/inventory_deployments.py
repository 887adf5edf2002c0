# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployments of the inventory, for the message of a run that is refused before Ansible has read any variable."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re

from ansible import context
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager

_NAME = re.compile(r"[\w.-]+")
# The first line of a file that is the configuration of an inventory plugin.
_PLUGIN = re.compile(r"^plugin\s*:", re.MULTILINE)


def known_deployments() -> list[str]:
    """Name the deployments that the files of the inventory name without a template, a vault or a program.

    Before the first play, Ansible has no variables of hosts at hand. So the files are read again. What cannot be read
    is left out: the run has failed already, and for another reason.
    """
    found: set[str] = set()
    with contextlib.suppress(Exception):
        sources = [source for source in context.CLIARGS.get("inventory") or () if _is_plain(pathlib.Path(source))]
        loader = DataLoader()
        inventory = InventoryManager(loader, sources=sources)
        manager = VariableManager(loader, inventory)
        for host in inventory.get_hosts() if sources else ():
            with contextlib.suppress(Exception):
                value = manager.get_vars(host=host, include_hostvars=False).get("groupid_deployment")
                found.add(str(value).strip().lower() if isinstance(value, (str, int)) else "")
    return sorted(name for name in found if _NAME.fullmatch(name))


def _is_plain(source: pathlib.Path) -> bool:
    """Whether an inventory is only files of hosts and variables: nothing that runs a program or asks a service."""
    files = [path for path in (source.rglob("*") if source.is_dir() else [source]) if path.is_file()]
    return bool(files) and not any(
        os.access(file, os.X_OK) or _PLUGIN.search(file.read_text("utf-8")) for file in files
    )
