# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which SQL Server is meant, and how to log in there."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import ssl
import typing as t

DEFAULT_PORT = 1433

Auth = t.Literal["sql", "windows"]
Encrypt = t.Literal["verified", "unverified", "off", "strict"]

# A DNS name as Windows allows it, underscores included.
_HOST = re.compile(r"(?=.{1,255}\.?\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_INSTANCE = re.compile(r"[^\W\d][\w$#]{0,15}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclasses.dataclass(frozen=True)
class Target:
    """A server and a login.

    server: DNS name or IP address. instance: a named instance, found through SQL Server Browser; or port: TCP.
    auth: ``sql`` with username and password, or ``windows`` with the Kerberos ticket of the process.
    encrypt: ``verified``: TLS, certificate and host name checked; ``unverified``: TLS alone; ``off``: the login is
      encrypted where the server can, the rest is not; ``strict``: TLS before anything else (TDS 8.0), checked as
      ``verified``.
    ca_file: PEM file of certificate authorities, None for the system's.
    host_name_in_certificate: when the certificate carries another name than server.
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
    """Return the target back when it can be connected to, as far as that shows without trying.

    Raises ValueError with a text for people; never with the password.
    """
    _check_server(target)
    _check_login(target)
    _check_encryption(target)
    if target.driver is not None and _CONTROL.search(target.driver):
        raise ValueError("driver holds a control character.")
    if target.login_timeout < 1:
        raise ValueError(f"login_timeout must be at least 1 second, not {target.login_timeout}.")
    return target


def _check_server(target: Target) -> None:
    if not _is_address(target.server) and not _HOST.fullmatch(target.server):
        raise ValueError(
            f"server {target.server!r} is not a DNS name or IP address. An instance (SERVER\\INSTANCE) goes into "
            "instance, a port (SERVER,PORT) into port."
        )
    if target.instance is not None and target.port is not None:
        raise ValueError("Set instance or port, not both: a port is one instance's own.")
    if target.instance is not None and not _INSTANCE.fullmatch(target.instance):
        raise ValueError(f"instance {target.instance!r} is not the name of an instance, such as SQLEXPRESS.")
    if target.port is not None and not 1 <= target.port <= 65535:
        raise ValueError(f"port {target.port} is not a TCP port.")


def _check_login(target: Target) -> None:
    given = (target.username, target.password)
    if target.auth == "sql" and None in given:
        raise ValueError("auth: sql needs username and password.")
    if target.auth == "windows" and given != (None, None):
        raise ValueError(
            "auth: windows logs in with the Kerberos ticket of the process and accepts no username and no password. "
            "Get a ticket with kinit, or use auth: sql."
        )
    if _CONTROL.search(target.username or ""):
        raise ValueError("username holds a control character.")
    if _CONTROL.search(target.password or ""):
        raise ValueError("password holds a control character.")


def _check_encryption(target: Target) -> None:
    if target.encrypt not in ("verified", "strict"):
        for name, value in (("ca_file", target.ca_file), ("host_name_in_certificate", target.host_name_in_certificate)):
            if value is not None:
                raise ValueError(f"{name} is of use with encrypt: verified or strict only; it is {target.encrypt}.")
    if target.ca_file is not None:
        # FreeTDS' file has no quotes: these would start a comment there.
        if _CONTROL.search(target.ca_file) or any(character in target.ca_file for character in ";#"):
            raise ValueError(f"ca_file {target.ca_file!r} holds a control character, ';' or '#'.")
        try:
            ssl.create_default_context(cafile=target.ca_file)
        except ssl.SSLError:
            raise ValueError(f"ca_file {target.ca_file} holds no certificate in PEM form.") from None
        except OSError as problem:
            raise ValueError(f"ca_file {target.ca_file} cannot be read: {problem.strerror}.") from None
    carried = target.host_name_in_certificate
    if carried is not None and not _HOST.fullmatch(carried):
        raise ValueError(f"host_name_in_certificate {carried!r} is not a DNS name.")


def _is_address(server: str) -> bool:
    try:
        ipaddress.ip_address(server)
    except ValueError:
        return False
    return True
