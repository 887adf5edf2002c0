# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the group attributes: the domains, their export and their restore."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import (
    CHOOSING,
    RESTORING,
    SAVING,
    Word,
)

_DOMAIN = (
    Word("name", "domain", None, "DNS name of the domain.", required=True, example="corp.example"),
    Word("server", "str", None, "Domain controller to ask. By default, the one that DNS returns for the domain."),
    Word("port", "int", None, "TCP port. By default 636 with LDAPS, otherwise 389.", least=1, most=65535),
    Word("base", "str", None, "Distinguished name below which the groups are. By default, the domain itself."),
    Word(
        "auth",
        "str",
        None,
        "`simple` binds with a user name and password. `gssapi` uses the Kerberos ticket of the user who runs the "
        "play.",
        choices=("simple", "gssapi"),
    ),
    Word("username", "str", None, "User to bind as, such as `user@domain` or a distinguished name."),
    Word("password", "str", None, "Password of the user.", secret=True),
    Word("encryption", "str", None, "How the connection is encrypted.", choices=("ldaps", "starttls", "kerberos")),
    Word(
        "ca_file", "file", None, "PEM file with the certificate authorities to trust. By default, those of the system."
    ),
    Word("timeout", "int", None, "How many seconds to wait for an answer of the directory.", least=1),
    Word("attributes", "list", None, "Attributes to save, in place of the vendor's five.", elements="str"),
    Word("filter", "str", None, "LDAP filter of the groups to save, in place of all groups."),
)

GROUP_ATTRIBUTES: t.Final[tuple[Word, ...]] = (
    Word(
        "groupid_domains",
        "list",
        [],
        "Active Directory domains whose group attributes are saved. Each has `name` and, if needed, `server`, "
        "`port`, `base`, `auth`, `username`, `password`, `encryption`, `ca_file`, `timeout`, `attributes` and "
        "`filter`. If empty, no group attributes are saved. Passwords are never an argument of a task.",
        roles=CHOOSING,
        elements="dict",
        group="group_attributes",
        options=_DOMAIN,
        example="[{name: corp.example}]",
    ),
    Word(
        "groupid_ldif_engine",
        "str",
        "auto",
        "What reads the directory. `ldap` is the controller. `ldifde` is the program of that name on the "
        "deployment's first server. `auto` uses `ldap` if the controller can bind, otherwise `ldifde`. A "
        "controller without python-ldap is then an error.",
        roles=SAVING,
        group="group_attributes",
        choices=("auto", "ldap", "ldifde"),
    ),
    Word(
        "groupid_ldif_attributes",
        "list",
        None,
        "Attributes to save or to restore, for all domains. By default, the vendor's five.",
        roles=CHOOSING,
        elements="str",
        group="group_attributes",
        example="[extensionData]",
        shown="the vendor's five",
    ),
    Word(
        "groupid_ldif_allow_empty",
        "list",
        [],
        "Domains in which it is correct that no group has any of the attributes.",
        roles=SAVING,
        elements="domain",
        group="group_attributes",
        example="[corp.example]",
    ),
    Word(
        "groupid_ldif_groups",
        "list",
        [],
        "Groups to restore, by distinguished name or objectGUID. If empty, all groups.",
        roles=RESTORING,
        elements="dn",
        group="group_attributes",
        where="extra",
        example="CN=Sales,OU=Groups,DC=corp,DC=example",
    ),
    Word(
        "groupid_ldif_exclude_groups",
        "list",
        [],
        "Groups that a restore does not change, by distinguished name or objectGUID.",
        roles=RESTORING,
        elements="dn",
        group="group_attributes",
        where="extra",
        example="CN=Sales,OU=Groups,DC=corp,DC=example",
    ),
    Word(
        "groupid_ldif_clear",
        "bool",
        False,
        "Clear attributes that were empty when the set was made and have a value now.",
        roles=RESTORING,
        group="group_attributes",
        where="extra",
    ),
    Word(
        "groupid_ldif_clear_unseen",
        "bool",
        False,
        "Clear attributes also if another account made the set. It extends `groupid_ldif_clear`. Attributes that "
        "the other account was not allowed to read are empty in the set.",
        roles=RESTORING,
        group="group_attributes",
        where="extra",
    ),
)
