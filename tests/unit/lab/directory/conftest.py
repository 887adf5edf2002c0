# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A slapd with some groups, and python-ldap as its client."""

from __future__ import annotations

import collections.abc as c
import contextlib

import ldap
import pytest
from ldap.controls import SimplePagedResultsControl
from ldap.ldapobject import SimpleLDAPObject

from lab.directory.groups import ATTRIBUTES, Made
from lab.directory.samba_server import Samba
from lab.directory.slapd import Slapd

FILTER = "(&(objectClass=group)(objectCategory=group))"
GROUPS = Made(300)


@contextlib.contextmanager
def client(
    server: Slapd | Samba, uri: str = "", dn: str | None = None, password: str = ""
) -> c.Iterator[SimpleLDAPObject]:
    """Connect and bind, as the account unless another is named; over TLS the certificate is checked."""
    connection = ldap.initialize(uri or server.uri)
    connection.set_option(ldap.OPT_REFERRALS, 0)
    connection.set_option(ldap.OPT_NETWORK_TIMEOUT, 10)
    connection.set_option(ldap.OPT_TIMEOUT, 20)
    if server.ca_file:
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(server.ca_file))
        connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    connection.simple_bind_s(server.bind_dn if dn is None else dn, password or server.password)
    try:
        yield connection
    finally:
        connection.unbind_s()


def page(
    connection: SimpleLDAPObject, base: str, cookie: bytes = b"", size: int = 100
) -> tuple[list[tuple[str | None, dict[str, list[bytes]]]], bytes]:
    """Read one page of groups; give it with the cookie for the next."""
    control = SimplePagedResultsControl(True, size=size, cookie=cookie)
    number = connection.search_ext(base, ldap.SCOPE_SUBTREE, FILTER, ["objectGUID", *ATTRIBUTES], serverctrls=[control])
    dummy, found, dummy, controls = connection.result3(number)
    return found, controls[0].cookie


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    """A server that no test changes."""
    with Slapd(tmp_path_factory.mktemp("slapd"), groups=GROUPS, size_limit=100) as running:
        yield running
