# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation shared by the modules that make a part of a set."""

from __future__ import annotations


class ModuleDocFragment:
    """What the part's record keeps of the choices behind it."""

    DOCUMENTATION = r"""
options:
  narrowed:
    description:
      - What makes less of this part than the inventory alone asks for, a text for each variable, such as
        V(groupid_include=HR Portal). V([]) says that nothing does. At most 100 texts of 500 characters.
      - Kept in the part's record. A set with a narrowed part is never the latest, and no backup links to it.
      - Without it nobody knows, and a set whose parts do not tell does not count as full.
    type: list
    elements: str
    version_added: 0.6.0
  scope:
    description:
      - The permanent choices behind the part, such as components that the inventory leaves out. Kept in the part's
        record as it is.
    type: dict
    version_added: 0.6.0
"""
