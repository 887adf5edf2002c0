# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on the network: its name, the login, and why it was not reached."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

# As Windows allows it, underscores included.
_NAME = re.compile(r"(?=.{1,255}\.?\Z)[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_ZONE_AT_MOST = 15  # characters; IFNAMSIZ of Linux


def is_name(text: str) -> bool:
    """Whether a host can have this name in DNS, also one that ends with a dot."""
    return bool(_NAME.fullmatch(text))


def is_address(text: str) -> bool:
    """Whether this is an IP address, also one with a zone, as fe80::1%eth0."""
    zone = text.partition("%")[2]
    try:
        ipaddress.ip_address(text)  # which takes anything as a zone, line breaks too
    except ValueError:
        return False
    return not zone or (len(zone) <= _ZONE_AT_MOST and is_name(zone))


def host_port(host: str, port: int) -> str:
    """Return both in one text, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def check_port(port: int | None) -> None:
    """Raise ValueError if this is no TCP port."""
    if port is not None and not 1 <= port <= 65535:
        raise ValueError(f"port {port} is not a TCP port.")


def check_login(auth: str, username: str | None, password: str | None, *, ticket: str, other: str) -> None:
    """Raise ValueError for a login beside a Kerberos ticket, or with control characters; never with the password.

    ticket: the auth that uses the process' ticket. other: the one that uses username and password.
    """
    if auth == ticket and (username, password) != (None, None):
        raise ValueError(
            f"auth: {ticket} logs in with the Kerberos ticket of the process and accepts no username and no password. "
            f"Get a ticket with kinit, or use auth: {other}."
        )
    for option, text in (("username", username), ("password", password)):
        if CONTROL.search(text or ""):
            raise ValueError(f"{option} contains a control character.")


def check_ca_file(path: str) -> None:
    """Raise ValueError if the file has no certificate of an authority."""
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        raise ValueError(f"ca_file {path} contains no certificate in PEM form.") from None
    except OSError as problem:
        raise ValueError(f"ca_file {path} cannot be read: {problem.strerror}.") from None


def unreached(
    problem: OSError, host: str, port: int, seconds: int, *, place: str, name: str, refused: str, silent: str
) -> tuple[str, str, str]:
    """Return code, cause and next step of a connection that failed.

    seconds: how long it was tried. place: host and port, for people.
    name, refused, silent: what to do about an unknown name, a closed port and no answer.
    """
    to_tell = f"To find out: nc -vz {host} {port}."
    if isinstance(problem, socket.gaierror):
        return "name", f"{host}: {problem.strerror}", name
    if isinstance(problem, ConnectionRefusedError):
        return "refused", f"{place}: connection refused", f"{refused} {to_tell}"
    if isinstance(problem, TimeoutError):
        return "timeout", f"{place}: no answer within {seconds} seconds", f"{silent} {to_tell}"
    step = f"Check the network between this host and the server. {to_tell}"
    return "network", f"{place}: {problem.strerror or problem}", step
