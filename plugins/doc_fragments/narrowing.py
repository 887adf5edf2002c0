# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation shared by the modules that make a part of a set."""

from __future__ import annotations


class ModuleDocFragment:
    """The choices for a part that its record stores."""

    DOCUMENTATION = r"""
options:
  narrowed:
    description:
      - What makes this part smaller than what the inventory asks for, as one text for each variable, such as
        V(groupid_include=HR Portal). V([]) means that nothing does. At most 100 texts of 500 characters.
      - This is stored in the record of the part. A set with a narrowed part is never the latest, and no backup links to
        it.
      - Without it, this is not known, and the set does not count as full.
    type: list
    elements: str
    version_added: 0.6.0
  scope:
    description:
      - The permanent choices for the part, such as components that the inventory leaves out. They are stored in the
        record of the part.
    type: dict
    version_added: 0.6.0
"""
