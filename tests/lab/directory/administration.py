# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory as its administrator sees and changes it, to prepare tests and to judge by."""

from __future__ import annotations

import collections.abc as c
import contextlib
import pathlib

import ldap
from ldap.ldapobject import SimpleLDAPObject

from lab.directory import content
from lab.directory.groups import ATTRIBUTES, Group

ADMINISTRATOR = "CN=Administrator,CN=Users"

Entry = tuple[str, dict[str, list[bytes]]]


class Administration:
    """Access to a directory server on 127.0.0.1 without limits; a connection for each call.

    base: DN of the domain. administrator, password: who connects. ca_file: the certificate to trust, for StartTLS.
    port: the plain one.
    """

    def __init__(
        self, base: str, administrator: str, password: str, ca_file: pathlib.Path | None, port: int = 0
    ) -> None:
        self.base = base
        self.administrator = administrator
        self.ca_file = ca_file
        self.port = port
        self._password = password

    @property
    def uri(self) -> str:
        """The plain port; StartTLS where there is TLS."""
        return f"ldap://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def admin(self) -> c.Iterator[SimpleLDAPObject]:
        """Connect as one who may do everything and meets no limit."""
        connection = ldap.initialize(self.uri)
        connection.set_option(ldap.OPT_REFERRALS, 0)
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, 10)
        if self.ca_file:
            connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(self.ca_file))
            connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
            connection.start_tls_s()
        connection.simple_bind_s(self.administrator, self._password)
        try:
            yield connection
        finally:
            connection.unbind_s()

    def entries(
        self, filter_text: str = "(objectClass=group)", attributes: c.Sequence[str] | None = None, base: str = ""
    ) -> list[Entry]:
        """Return everything that a filter finds in the domain: DN and attributes, as the server spells them."""
        with self.admin() as connection:
            found = connection.search_s(base or self.base, ldap.SCOPE_SUBTREE, filter_text, attributes)
        return [(dn, values) for dn, values in found if dn is not None]

    def groups(self) -> dict[bytes, Entry]:
        """Return every group by its objectGUID, with the attributes that are backed up."""
        entries = self.entries(attributes=["objectGUID", *ATTRIBUTES])
        return {values.pop("objectGUID")[0]: (dn, values) for dn, values in entries}

    def dn_of(self, guid: bytes) -> str:
        """Return where a group is now. Raises KeyError."""
        return self.groups()[guid][0]

    def change(self, dn: str, attribute: str, *values: bytes) -> None:
        """Set an attribute to these values in place of all others; without values it is cleared."""
        with self.admin() as connection:
            connection.modify_s(dn, [(ldap.MOD_REPLACE, attribute, list(values) or None)])

    def move(self, dn: str, name: str, parent: str | None = None) -> None:
        """Rename a group to ``CN=<name>``, escaped already, and move it below another unit."""
        with self.admin() as connection:
            connection.rename_s(dn, f"CN={name}", parent, delold=1)

    def rename_unit(self, dn: str, name: str, parent: str | None = None) -> None:
        """Rename a unit with all that lies in it, and move it below another one."""
        with self.admin() as connection:
            connection.rename_s(dn, f"OU={name}", parent, delold=1)

    def add(self, group: Group) -> str:
        """Add a group whose unit is there; give its DN."""
        dn, attributes = content.group_entry(group, self.base)
        with self.admin() as connection:
            connection.add_s(dn, list(attributes.items()))
        return dn

    def delete(self, dn: str) -> None:
        """Delete a group."""
        with self.admin() as connection:
            connection.delete_s(dn)
