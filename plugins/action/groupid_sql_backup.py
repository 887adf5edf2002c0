# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_sql_backup."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.sql import SqlAction


class ActionModule(SqlAction):
    """Back up a database."""

    WHAT: t.ClassVar[str] = "The database was not backed up"
    MODULE: t.ClassVar[str] = "identityops.groupid.groupid_sql_backup"
