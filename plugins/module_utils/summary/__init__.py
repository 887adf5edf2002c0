# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary of a run: tables of the servers, of databases and domains, and of sets, and the failures.

``report`` puts it together. ``Facts`` is as in `deployments` and `seals`; ``__groupid_restored`` is the answer of
``groupid_restore_folder``, and ``__groupid_sql`` and ``__groupid_sql_restored`` are those of ``groupid_sql_info`` and
``groupid_sql_restore`` on the deployment's first host. ``__groupid_attributes`` has there, by domain, those of the
modules of LDIF: ``found`` by a preflight, ``part``, ``verified``, ``preflight`` of a restore, and ``restore``.
``__groupid_notes`` are sentences. ``__groupid_rehearsal`` is of the host itself, ``__groupid_sql_rehearsal`` on the
deployment's first host of its database, and ``__groupid_directory_rehearsal`` there has those of its domains by name.

A server that failed is not in the table of servers. Its failure is printed below the tables, once, with all servers
that have it. What succeeded on it for its database and domains is in their table, and the set is named.
"""
