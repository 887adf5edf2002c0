# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation shared by the modules that read or write a part of a set."""

from __future__ import annotations


class ModuleDocFragment:
    """Where a set is."""

    DOCUMENTATION = r"""
options:
  backup_root:
    description:
      - Folder for all sets, as the host sees it. It is a folder of a drive, such as V(D:\\Backups), or a share that the
        user of the connection can reach. It can begin with a variable of the host's environment, such as
        V(%ProgramData%\\Backups).
    type: str
    required: true
  deployment:
    description:
      - Name of the deployment, which is the group of servers that share one GroupID database.
      - It is also the name of a folder, in lower case.
    type: str
    required: true
"""
