# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SQL Server, and how to log in there."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.network import endpoint

DEFAULT_PORT = 1433

Auth = t.Literal["sql", "windows"]
Encrypt = t.Literal["verified", "unverified", "off", "strict"]

_INSTANCE = re.compile(r"[^\W\d][\w$#]{0,15}")


@dataclasses.dataclass(frozen=True)
class Target:
    """A server and a login.

    server: DNS name or IP address. instance: a named instance, found through SQL Server Browser; or port: TCP.
    auth: ``sql`` with username and password, or ``windows`` with the Kerberos ticket of the process.
    encrypt: ``verified``: TLS, certificate and host name checked; ``unverified``: TLS without these checks; ``off``:
      the login is encrypted if the server can, the rest is not; ``strict``: TLS before anything else (TDS 8.0), checked
      as ``verified``.
    ca_file: PEM file of certificate authorities, None for the system's.
    host_name_in_certificate: if the certificate has another name than server.
    driver: name in odbcinst.ini or absolute path of the library, None to find one.
    login_timeout: seconds.
    """

    server: str
    instance: str | None = None
    port: int | None = None
    auth: Auth = "sql"
    username: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)
    encrypt: Encrypt = "verified"
    ca_file: str | None = None
    host_name_in_certificate: str | None = None
    driver: str | None = None
    login_timeout: int = 15

    def __str__(self) -> str:
        """Name the server for people, as ``sql01,1433`` or ``sql01\\HQ``."""
        if self.instance is not None:
            return f"{self.server}\\{self.instance}"
        return f"{self.server},{self.port or DEFAULT_PORT}"


def check_target(target: Target) -> Target:
    """Check the target as far as possible without a connection, and return it.

    Raises ValueError with a text for people; never with the password.
    """
    _check_server(target)
    _check_login(target)
    _check_encryption(target)
    if endpoint.CONTROL.search(target.driver or ""):
        raise ValueError("driver contains a control character.")
    if target.login_timeout < 1:
        raise ValueError(f"login_timeout must be at least 1 second, not {target.login_timeout}.")
    return target


def _check_server(target: Target) -> None:
    if not endpoint.is_address(target.server) and not endpoint.is_name(target.server):
        raise ValueError(
            f"server {target.server!r} is not a DNS name or IP address. An instance (SERVER\\INSTANCE) goes into "
            "instance, a port (SERVER,PORT) into port."
        )
    if target.instance is not None and target.port is not None:
        raise ValueError("Set instance or port, not both: a port belongs to one instance.")
    if target.instance is not None and not _INSTANCE.fullmatch(target.instance):
        raise ValueError(f"instance {target.instance!r} is not the name of an instance, such as SQLEXPRESS.")
    endpoint.check_port(target.port)


def _check_login(target: Target) -> None:
    if target.auth == "sql" and None in (target.username, target.password):
        raise ValueError("auth: sql needs username and password.")
    endpoint.check_login(target.auth, target.username, target.password, ticket="windows", other="sql")


def _check_encryption(target: Target) -> None:
    if target.encrypt not in ("verified", "strict"):
        for name, value in (("ca_file", target.ca_file), ("host_name_in_certificate", target.host_name_in_certificate)):
            if value is not None:
                raise ValueError(f"{name} is only used with encrypt: verified or strict, not {target.encrypt}.")
    if target.ca_file is not None:
        # FreeTDS' file has no quotes: these would start a comment there.
        if endpoint.CONTROL.search(target.ca_file) or any(character in target.ca_file for character in ";#"):
            raise ValueError(f"ca_file {target.ca_file!r} contains a control character, ';' or '#'.")
        endpoint.check_ca_file(target.ca_file)
    carried = target.host_name_in_certificate
    if carried is not None and not endpoint.is_name(carried):
        raise ValueError(f"host_name_in_certificate {carried!r} is not a DNS name.")
