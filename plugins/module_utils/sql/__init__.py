# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL Server: the way there, what is asked of it, and the backup and restore of a database.

``session`` is what all others stand on; ``odbc`` carries it. Nothing above ``odbc`` knows of a driver.
"""
