# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks SQL Server Browser for the port of a named instance ([MC-SQLR], SQL Server Resolution Protocol).

Both ODBC drivers can ask it themselves, but neither reports clearly that there was no answer.
"""

from __future__ import annotations

import socket

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import NoConnectionError

BROWSER_PORT = 1434

_ASK_FOR_INSTANCE = b"\x04"
_ANSWER = b"\x05"


def find_port(server: str, instance: str, *, timeout: float, browser_port: int = BROWSER_PORT) -> int:
    """Return the TCP port of an instance. timeout: seconds for both tries. The second try gets half of it.

    Raises NoConnectionError: ``name``, ``browser`` if there is no answer, ``instance`` if the answer has no TCP port.
    """
    what = f"SQL Server Browser on {server} was not asked for the instance {instance}"
    try:
        family, kind, protocol, dummy, address = socket.getaddrinfo(server, browser_port, type=socket.SOCK_DGRAM)[0]
    except OSError as problem:
        raise NoConnectionError(
            None, str(problem), code="name", what=what, next_step="Check the name of the server and DNS."
        ) from None
    with socket.socket(family, kind, protocol) as asked:
        asked.connect(address)
        answer = _ask(asked, _ASK_FOR_INSTANCE + instance.encode() + b"\0", timeout)
    if answer is None:
        raise NoConnectionError(
            None,
            f"SQL Server Browser on {server} (UDP {browser_port}) did not answer for the instance {instance}",
            code="browser",
            what=f"The port of {server}\\{instance} was not found",
            next_step="The service SQL Server Browser is not running there, a firewall stops UDP 1434, or there is no "
            "instance of that name (Browser is silent then). Start it, or give the instance's TCP port in port.",
        )
    return _tcp_port(answer, server, instance)


def _ask(asked: socket.socket, question: bytes, timeout: float) -> bytes | None:
    """Ask twice, because datagrams get lost.

    None if there is no answer, or the host reports that nothing listens there.
    """
    asked.settimeout(timeout / 2)
    answers = (_ask_once(asked, question) for dummy in range(2))
    return next((answer for answer in answers if answer is not None), None)


def _ask_once(asked: socket.socket, question: bytes) -> bytes | None:
    try:
        asked.send(question)
        return asked.recv(65535)
    except OSError:
        return None


def _tcp_port(answer: bytes, server: str, instance: str) -> int:
    fields = answer[3:].decode("utf-8", "replace").split(";") if answer[:1] == _ANSWER else []
    pairs = dict(zip(fields[::2], fields[1::2], strict=False))
    port = pairs.get("tcp", "")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise NoConnectionError(
            None,
            f"SQL Server Browser on {server} gives no TCP port for the instance {instance}",
            code="instance",
            what=f"The port of {server}\\{instance} was not found",
            next_step="TCP/IP is off for that instance, as after the installation of Express. Turn it on in SQL Server "
            "Configuration Manager and restart the instance.",
        )
    return int(port)
