# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains, and the login there."""

from __future__ import annotations

from integration.mistakes.mistake import Mistake, domain, servers

MISTAKES = (
    Mistake("domain without a name", "backup", ("groupid_domains, item 1", "name"), domain(name=None)),
    Mistake(
        "domain as a URL",
        "backup",
        ("groupid_domains, item 1, name must be the DNS name of a domain", '"ldap://corp.example"'),
        domain(name="ldap://corp.example"),
    ),
    Mistake(
        "domain with a misspelled option",
        "backup",
        ('groupid_domains, item 1 has an unknown option "user"', "username"),
        domain(user="x"),
    ),
    Mistake(
        "domain without a password",
        "backup",
        ('"corp.example" has a username and no password', "a login needs both", "Set password too"),
        domain(password=None),
    ),
    Mistake(
        "wrong password of the directory",
        "backup -e groupid_deployments=hq -e groupid_ldif_engine=ldap",
        (
            "FAILED in preflight: web01",
            "No session with the directory server 127.0.0.1:",
            "of the domain corp.example: Invalid credentials (49)",
            "Check username and password",
        ),
        domain(password="guessed"),
    ),
    Mistake(
        "base that is not there",
        "backup -e groupid_deployments=hq",
        (
            "FAILED in preflight: web01",
            "The search below OU=Nowhere,DC=corp,DC=example",
            "No such object (32)",
            "For a search, check base",
        ),
        domain(base="OU=Nowhere,DC=corp,DC=example"),
    ),
    Mistake(
        "empty domain with a slip",
        "backup",
        (
            'groupid_ldif_allow_empty names "corp.exmaple"',
            "groupid_domains has no such domain",
            "Did you mean corp.example?",
        ),
        servers(groupid_ldif_allow_empty=["corp.exmaple"]),
    ),
)
