# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation shared by the modules that ask an Active Directory domain."""

from __future__ import annotations


class ModuleDocFragment:
    """Which domain, and how to connect to it."""

    DOCUMENTATION = r"""
options:
  domain:
    description:
      - DNS name of the Active Directory domain. The item of the variable C(groupid_domains) with this C(name) says how
        to connect to it. See the notes.
    type: str
    required: true
  directory_server:
    description:
      - DNS name of the domain controller to use, in place of the one in C(groupid_domains). A run uses the same server
        from its first read to its last write.
    type: str
requirements:
  - python-ldap on the controller, for the engine V(ldap) and for every write.
notes:
  - The variable C(groupid_domains) is a list of dictionaries. C(name) is the DNS name of the domain and is required.
    C(server) is the domain controller. Without it, the domain's name is used to find one. C(port) is its port. C(base)
    is where to search. The default is the domain itself. C(username) and C(password) are for a simple bind. Without
    them, the Kerberos ticket of the user who runs the play is used (C(auth) is C(gssapi)). C(encryption) is C(ldaps) or
    C(starttls). C(ca_file) is a PEM file with the certificate authorities to trust. C(timeout) is in seconds. C(filter)
    selects groups. C(attributes) replaces the vendor's attributes.
  - The action reads the password from the variable. The password is never an argument of a task or of a program, and
    never part of a result.
  - The server's certificate and the name in it are always checked. Ports of a global catalog are refused.
"""
