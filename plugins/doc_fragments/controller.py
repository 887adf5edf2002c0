# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation shared by the modules that contact no host."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes and notes."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action:
    support: full
    description: Runs on the controller.
  async:
    support: none
    description: Supports being used with the C(async) keyword.
  check_mode:
    support: full
    description: Can run in check mode and return the changed status without modifying the host.
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
  platform:
    support: full
    platforms: all
    description: Target OS that can be operated against.
notes:
  - For the roles and playbooks of this collection. Contacts no host.
  - Passwords and other secrets of the play are masked in the result.
"""
