# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory server: the way there, what is asked of it, and the export, comparison and restore of group attributes.

``session`` is what all others stand on; ``ldap_session`` carries it. Nothing else knows of python-ldap. ``filter`` and
``ldif`` are the two languages of the trade, LDAP filters and LDIF, and know nothing of a server.
"""
