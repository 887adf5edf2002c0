# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation shared by the modules that refuse a backup root which ordinary users can write."""

from __future__ import annotations


class ModuleDocFragment:
    """Which roots are used although they are open."""

    DOCUMENTATION = r"""
options:
  allow_open_roots:
    description:
      - Backup roots to use although accounts other than administrators and the user of the connection can change them.
        Anyone who can change a set can have any file restored. Write each as in O(backup_root).
      - A restore uses such a root only if C(groupid_signing_key) is set too, and the set has a valid signature.
      - Folders that a backup makes on a local drive are closed to others. The agent cannot check who can write to a
        share, or to a drive without access lists. A warning says so.
    type: list
    elements: str
    default: []
    version_added: 0.4.0
"""
