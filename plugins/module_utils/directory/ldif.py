# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LDIF, the form in which directory entries and their changes lie in files (RFC 2849): its reader and its writer."""

from __future__ import annotations

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif_forms import (
    Change,
    LdifError,
    Limits,
    Record,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif_reader import (
    records,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif_writer import (
    dn_lines,
    modify_record,
    value_lines,
)

__all__ = ["Change", "LdifError", "Limits", "Record", "dn_lines", "modify_record", "records", "value_lines"]
