# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation shared by the modules that sign seals, or check signatures."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the keys come from, and what they do."""

    DOCUMENTATION = r"""
options: {}
notes:
  - If the variable C(groupid_signing_key) is set, M(identityops.groupid.groupid_backup_seal) signs the seals of sets,
    and the modules that verify and restore refuse a set without a valid signature. C(groupid_old_signing_keys) is a
    list of earlier keys, whose signatures are still accepted. Without C(groupid_signing_key), nothing is signed or
    checked.
  - The action reads the keys from the variables. They are never arguments of a task, and never leave the controller.
"""
