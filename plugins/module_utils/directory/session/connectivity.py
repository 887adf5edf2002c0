# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a directory server can be reached, and what is wrong with its certificate.

LDAP libraries say "Can't contact LDAP server" for an unknown name, a closed port and a refused certificate, and some
wait forever for a server that accepts a connection and does not answer. So the connection is tested before they use it.
No login is sent.
"""

from __future__ import annotations

import dataclasses
import socket
import ssl

from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import NoDirectoryError
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target
from ansible_collections.identityops.groupid.plugins.module_utils.network.endpoint import unreached

# The extended request StartTLS as message 1 (RFC 4511 4.14.1), and the result code "success" in what answers it.
_START_TLS = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
_SUCCESS = b"\x0a\x01\x00"
_SHORT_LENGTH = 0x80
_ANSWER_AT_MOST = 4096


@dataclasses.dataclass(frozen=True)
class TlsProbe:
    """The result of TLS. problem: why it failed, None if it did not. certificate: the certificate is the problem."""

    problem: str | None = None
    certificate: bool = False


def probe_tls(target: Target) -> TlsProbe:
    """Connect to the target, with TLS if the target uses it, and disconnect.

    Raises NoDirectoryError if the server is not reached or does not answer. A fault of TLS is only returned: another
    library decides about it.
    """
    try:
        with socket.create_connection((target.host, target.tcp_port), timeout=target.timeout) as server:
            if target.encryption == "starttls" and not _starts_tls(server):
                return TlsProbe("the server does not start TLS")
            return _handshake(server, target) if target.encryption != "kerberos" else TlsProbe()
    except OSError as problem:
        code, cause, step = unreached(
            problem,
            target.host,
            target.tcp_port,
            target.timeout,
            place=str(target),
            name="Check the name, and DNS. If it is the name of a domain, name one of its domain controllers as "
            "server.",
            refused="Check that it is a domain controller, that it runs, and the port. "
            "LDAPS needs a certificate on it.",
            silent="Check that the server is up, and that no firewall blocks the connection.",
        )
        raise NoDirectoryError(code, not_connected(target), cause, step) from None


def not_connected(target: Target) -> str:
    """Return what was not done."""
    return f"No session with the directory server {target} of the domain {target.domain}"


def _handshake(server: socket.socket, target: Target) -> TlsProbe:
    context = ssl.create_default_context(cafile=target.ca_file)
    try:
        context.wrap_socket(server, server_hostname=target.host).close()
    except ssl.SSLCertVerificationError as problem:
        return TlsProbe(problem.verify_message or str(problem), certificate=True)
    except (ssl.SSLError, ConnectionError) as problem:
        return TlsProbe(f"the TLS handshake failed: {problem}")
    return TlsProbe()


def _starts_tls(server: socket.socket) -> bool:
    server.sendall(_START_TLS)
    answer = b""
    # The first bytes have the length and everything before the result code; the rest is short.
    while not _complete(answer) and len(answer) < _ANSWER_AT_MOST:
        piece = server.recv(_ANSWER_AT_MOST)
        if not piece:
            return False
        answer += piece
    return _SUCCESS in answer


def _complete(answer: bytes) -> bool:
    """Whether a message is complete."""
    if len(answer) < 2:
        return False
    count = answer[1] & (_SHORT_LENGTH - 1) if answer[1] & _SHORT_LENGTH else 0
    length = int.from_bytes(answer[2 : 2 + count], "big") if count else answer[1]
    return len(answer) >= 2 + count + length
