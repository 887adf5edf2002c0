# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directory servers: connections, requests, and the export, comparison and restore of group attributes.

All other modules use ``session``, which ``ldap_session`` implements. Only ``ldap_session`` uses python-ldap. ``filter``
and ``ldif`` read LDAP filters and LDIF, and need no server.
"""
