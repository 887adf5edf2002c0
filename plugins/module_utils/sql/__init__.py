# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL Server: connections, requests, and the backup and restore of a database.

All other modules use ``session``, which ``odbc`` implements. Only ``odbc`` and its helpers use a driver.
"""
