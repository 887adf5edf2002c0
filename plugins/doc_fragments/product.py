# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation shared by the modules that look for GroupID's folders."""

from __future__ import annotations


class ModuleDocFragment:
    """Which GroupID, and where its folders are."""

    DOCUMENTATION = r"""
options:
  version:
    description:
      - Version of GroupID, as in the names of its folders. 11.1 installs itself as V(11.0).
      - V(auto) uses the installed version, and fails if several are installed.
    type: str
    choices: [auto, "9.0", "10.0", "11.0"]
    default: auto
  component_paths:
    description:
      - Folders of components that were moved, by the name of the component. Each is an absolute path on the host.
    type: dict
    default: {}
"""
