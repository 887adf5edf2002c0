# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation shared by the modules that ask an Active Directory domain."""

from __future__ import annotations


class ModuleDocFragment:
    """Which domain, and how to come to it."""

    DOCUMENTATION = r"""
options:
  domain:
    description:
      - DNS name of the Active Directory domain. How to reach it stands in the item of the variable C(groupid_domains)
        that has this C(name). See the notes.
    type: str
    required: true
  directory_server:
    description:
      - DNS name of the domain controller to ask, whatever C(groupid_domains) says. A run asks one and the same server
        from its first look to its last write.
    type: str
requirements:
  - python-ldap on the controller, for the engine V(ldap) and for every write.
notes:
  - The variable C(groupid_domains) is a list of dictionaries. C(name) is the domain's DNS name and is required.
    C(server) is the domain controller (found by the domain's name otherwise), C(port) its port, C(base) where to search
    (the domain itself otherwise). C(username) and C(password) are for a simple bind; without them the Kerberos ticket
    of the user that runs the play is used (C(auth) is C(gssapi)). C(encryption) is C(ldaps) or C(starttls), C(ca_file)
    a PEM file of the certificate authorities to trust, C(timeout) seconds. C(filter) narrows the groups,
    C(attributes) names other attributes than the vendor's.
  - The password is read from the variable by the action. It is never an argument of a task, of a program, or part of a
    result.
  - The server's certificate and the name in it are always checked. Ports of a global catalog are refused.
"""
