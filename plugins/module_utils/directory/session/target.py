# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain, one of its servers, and how to log in there."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.network import endpoint

Auth = t.Literal["simple", "gssapi"]
Encryption = t.Literal["ldaps", "starttls", "kerberos"]

LDAP_PORT, LDAPS_PORT = 389, 636
_CATALOG_PORTS = frozenset({3268, 3269})
_TIMEOUT = 30

_NUMBER = re.compile(r"[0-9]{1,9}")

_TEXTS = ("name", "server", "base", "username", "password", "auth", "encryption", "ca_file")
_NUMBERS = ("port", "timeout")
# Options of an item about the export, not about the connection.
_OF_THE_EXPORT = ("attributes", "filter")


@dataclasses.dataclass(frozen=True)
class Target:
    """A domain, one of its servers, and a login.

    domain: DNS name. server: DNS name or IP address of a domain controller, None: the server behind the domain's name.
      port: TCP, None: 636 with ``ldaps``, else 389. base: DN below which groups are searched, None: the domain's.
    auth: ``simple`` with username (user@domain or a DN) and password, only over TLS, or ``gssapi`` with the Kerberos
      ticket of the process.
    encryption: ``ldaps`` or ``starttls``, certificate and host name checked; ``kerberos``: signed and sealed by the
      ticket's key, with ``gssapi``.
    ca_file: PEM file of certificate authorities, None for the system's.
    timeout: seconds to wait for the connection, and for the answer to a request.
    """

    domain: str
    server: str | None = None
    port: int | None = None
    base: str | None = None
    auth: Auth = "simple"
    username: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)
    encryption: Encryption = "ldaps"
    ca_file: str | None = None
    timeout: int = _TIMEOUT

    @property
    def host(self) -> str:
        """Name or address to connect to."""
        return self.server or self.domain

    @property
    def tcp_port(self) -> int:
        """Port to connect to."""
        return self.port or (LDAPS_PORT if self.encryption == "ldaps" else LDAP_PORT)

    def __str__(self) -> str:
        """Name the server for people, as ``dc01.corp.example:636``."""
        return endpoint.host_port(self.host, self.tcp_port)


def check_target(target: Target) -> Target:
    """Check the target as far as possible without a connection, and return it.

    Raises ValueError with a text for people; never with the password.
    """
    _check_place(target)
    _check_login(target)
    _check_encryption(target)
    if target.timeout < 1:
        raise ValueError(f"timeout must be at least 1 second, not {target.timeout}.")
    return target


def target_of(item: t.Any) -> Target:
    """Return the target that one item of the variable ``groupid_domains`` names.

    Without ``auth``, a username or password means ``simple``, else it is ``gssapi``; without ``encryption``, it is
    ``ldaps`` with ``simple`` and ``kerberos`` with ``gssapi``. Numbers may come as text, as templates give them.

    Raises ValueError that names the item and what is wrong; never with the password.
    """
    if not isinstance(item, c.Mapping):
        raise ValueError("An item of groupid_domains is not a dictionary with a name.")
    name = item.get("name")
    if not isinstance(name, str) or not is_domain(name):
        raise ValueError(f"An item of groupid_domains has {_shown(name)} as its name, not a DNS name of a domain.")
    try:
        return check_target(_read(item))
    except ValueError as problem:
        raise ValueError(f"groupid_domains, {name}: {problem}") from None


def targets(items: c.Iterable[t.Any]) -> tuple[Target, ...]:
    """Return the targets of all items. Raises ValueError, also for a domain that is listed twice."""
    found: dict[str, Target] = {}
    for item in items:
        target = target_of(item)
        if found.setdefault(target.domain, target) is not target:
            raise ValueError(f"groupid_domains has {target.domain} twice. Keep only one of them.")
    return tuple(found.values())


def is_domain(name: str) -> bool:
    """Whether this can be the DNS name of a domain. It is also used in file names."""
    return endpoint.is_name(name) and not name.endswith(".") and not endpoint.is_address(name)


def _read(item: c.Mapping[t.Any, t.Any]) -> Target:
    unknown = [key for key in item if key not in (*_TEXTS, *_NUMBERS, *_OF_THE_EXPORT)]
    if unknown:
        known = ", ".join((*_TEXTS, *_NUMBERS, *_OF_THE_EXPORT))
        raise ValueError(f"{', '.join(map(_shown, unknown))} is not an option. The options are: {known}.")
    texts = {key: _as_text(key, item.get(key)) for key in _TEXTS}
    numbers = {key: _as_number(key, item.get(key)) for key in _NUMBERS}
    login = texts["username"] is not None or texts["password"] is not None
    auth = texts["auth"] or ("simple" if login else "gssapi")
    return Target(
        domain=str(texts["name"]).lower(),
        server=texts["server"],
        port=numbers["port"],
        base=texts["base"],
        auth=t.cast(Auth, auth),
        username=texts["username"],
        password=texts["password"],
        encryption=t.cast(Encryption, texts["encryption"] or ("kerberos" if auth == "gssapi" else "ldaps")),
        ca_file=texts["ca_file"],
        timeout=_TIMEOUT if numbers["timeout"] is None else numbers["timeout"],
    )


def _as_text(key: str, value: t.Any) -> str | None:
    """None means that an option is not set."""
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key} must be text, not {type(value).__name__}. Put it in quotes.")
    # Ansible's texts are subclasses of str, which are not passed to a library.
    return None if value is None else str(value)


def _as_number(key: str, value: t.Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    raise ValueError(f"{key} must be a whole number, not {_shown(value)}.")


def _shown(value: t.Any) -> str:
    return repr(value)[:60]


def _check_place(target: Target) -> None:
    if not is_domain(target.domain):
        raise ValueError(f"{target.domain!r} is not the DNS name of a domain, such as corp.example.")
    if target.server is not None and not endpoint.is_address(target.server) and not is_domain(target.server):
        raise ValueError(
            f"server {target.server!r} is not a DNS name or IP address. It must not contain ldap:// or a port."
        )
    if target.port in _CATALOG_PORTS:
        raise ValueError(
            f"port {target.port} is the port of a global catalog, which does not have all attributes of a group and "
            f"cannot be written. Use {LDAPS_PORT} or {LDAP_PORT}, or leave port out."
        )
    endpoint.check_port(target.port)
    if target.base is not None and ("=" not in target.base or endpoint.CONTROL.search(target.base)):
        raise ValueError(f"base {target.base!r} is not a distinguished name, such as OU=Groups,DC=corp,DC=example.")


def _check_login(target: Target) -> None:
    if target.auth not in t.get_args(Auth):
        raise ValueError(f"auth must be simple or gssapi, not {target.auth!r}.")
    # With an empty one, a simple bind is anonymous and succeeds (RFC 4513, 5.1).
    if target.auth == "simple" and not (target.username and target.password):
        raise ValueError("auth: simple needs username and password, neither of them empty.")
    endpoint.check_login(target.auth, target.username, target.password, ticket="gssapi", other="simple")
    if target.auth == "gssapi" and target.server is not None and endpoint.is_address(target.server):
        raise ValueError(
            f"server {target.server} is an address, and a Kerberos ticket is for a name. Give the server's full name."
        )


def _check_encryption(target: Target) -> None:
    if target.encryption not in t.get_args(Encryption):
        raise ValueError(f"encryption must be ldaps, starttls or kerberos, not {target.encryption!r}.")
    if target.auth == "simple" and target.encryption == "kerberos":
        raise ValueError("auth: simple sends the password, so it needs encryption: ldaps or starttls.")
    if target.auth == "gssapi" and target.encryption != "kerberos":
        raise ValueError(
            f"auth: gssapi needs encryption: kerberos, not {target.encryption}: a domain controller accepts no signing "
            "and sealing within TLS."
        )
    if target.encryption == "ldaps" and target.port == LDAP_PORT:
        raise ValueError(f"port {LDAP_PORT} is the port without LDAPS. Leave port out, or use encryption: starttls.")
    if target.encryption != "ldaps" and target.port == LDAPS_PORT:
        raise ValueError(f"port {LDAPS_PORT} is the port of LDAPS. Leave port out, or use encryption: ldaps.")
    _check_ca_file(target)


def _check_ca_file(target: Target) -> None:
    if target.ca_file is None:
        return
    if target.encryption == "kerberos":
        raise ValueError("ca_file is only used with encryption: ldaps or starttls, and encryption is kerberos.")
    if endpoint.CONTROL.search(target.ca_file):
        raise ValueError(f"ca_file {target.ca_file!r} contains a control character.")
    endpoint.check_ca_file(target.ca_file)
