# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the certificate of a SQL Server, to find out why a driver did not accept it.

PRELOGIN and the handshake inside it, nothing more ([MS-TDS] 2.2.6.5, 3.2.5.1): no login is sent.
"""

from __future__ import annotations

import dataclasses
import socket
import ssl
import struct
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target

_PRELOGIN = 0x12
_END_OF_MESSAGE = 0x01
_HEADER = struct.Struct(">BBHHBB")  # type, status, length with this header, channel, packet, window
_VERSION_TOKEN, _ENCRYPTION_TOKEN, _TERMINATOR = 0, 1, 0xFF
_ENCRYPT_ON = 1
_NOT_SUPPORTED = 2
_LARGEST_PAYLOAD = 4000
_STRICT = "tds/8.0"
# Reasons of OpenSSL: no version or cipher in common, as with only TLS 1.0; keys and digests below its security level.
_OUTDATED = (
    "UNSUPPORTED_PROTOCOL",
    "HANDSHAKE_FAILURE",
    "PROTOCOL_VERSION",
    "TOO_SMALL",
    "TOO_WEAK",
    "NO_PROTOCOLS",
    "UNSAFE_LEGACY",
)
# OpenSSL's words for the key of a certificate, for that of an authority, and for a signature (crypto/x509/x509_txt.c).
_WEAK = "too weak"


@dataclasses.dataclass(frozen=True)
class TlsProbe:
    """What was found. encryption: ``unknown`` if the server did not answer as TDS does; ``strict``: only TDS 8.0.

    problem: why the certificate is not trusted, None if it is, or was not seen or not checked.
    outdated: what of the server's TLS this host's OpenSSL refuses, such as a version or a signature that is too weak.
    """

    encryption: t.Literal["some", "none", "strict", "unknown"]
    problem: str | None = None
    outdated: str | None = None


def probe_tls(target: Target, port: int) -> TlsProbe:
    """Ask the target for its certificate, and check it where the target is to be verified."""
    found = TlsProbe("unknown") if target.encrypt == "strict" else _probe_tds7(target, port)
    return _probe_tds8(target, port) if found.encryption == "unknown" else found


def _probe_tds7(target: Target, port: int) -> TlsProbe:
    """Connect as in TDS 7: TLS inside of PRELOGIN."""
    try:
        with socket.create_connection((target.server, port), timeout=target.login_timeout) as server:
            server.settimeout(target.login_timeout)
            _send(server, _prelogin())
            answer = _encryption(_receive(server))
            if answer is None:
                return TlsProbe("unknown")
            if answer == _NOT_SUPPORTED:
                return TlsProbe("none")
            return _handshake(server, target)
    except (OSError, ValueError):
        return TlsProbe("unknown")


def _probe_tds8(target: Target, port: int) -> TlsProbe:
    """Connect as in TDS 8: TLS before anything else."""
    context = _as_drivers_do(target)
    context.set_alpn_protocols([_STRICT])
    name = target.host_name_in_certificate or target.server
    try:
        with (
            socket.create_connection((target.server, port), timeout=target.login_timeout) as server,
            context.wrap_socket(server, server_hostname=name) as layer,
        ):
            return TlsProbe("strict" if layer.selected_alpn_protocol() == _STRICT else "unknown")
    except ssl.SSLCertVerificationError as problem:
        return TlsProbe("strict", problem.verify_message or str(problem))
    except (OSError, ValueError):
        return TlsProbe("unknown")


def _handshake(server: socket.socket, target: Target) -> TlsProbe:
    """Shake hands within PRELOGIN packets."""
    context = _as_drivers_do(target)
    # TDS 7.x supports nothing newer, and with a newer version a problem with the certificate would show only later.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    name = target.host_name_in_certificate or target.server
    layer = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        while _needs_more(layer):
            _send(server, outgoing.read())
            incoming.write(_receive(server))
    except ssl.SSLCertVerificationError as problem:
        said = problem.verify_message or str(problem)
        return TlsProbe("some", said, said if _WEAK in said else None)
    except ssl.SSLError as problem:
        reason = str(problem.reason or "")
        return TlsProbe("some", None, reason) if any(word in reason for word in _OUTDATED) else TlsProbe("unknown")
    return TlsProbe("some")


def _as_drivers_do(target: Target) -> ssl.SSLContext:
    """Return a context that checks what the drivers check, and nothing where they check nothing."""
    context = ssl.create_default_context(cafile=target.ca_file)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # which Python sets since 3.13
    if target.encrypt not in ("verified", "strict"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _needs_more(layer: ssl.SSLObject) -> bool:
    try:
        layer.do_handshake()
    except ssl.SSLWantReadError:
        return True
    return False


def _prelogin() -> bytes:
    """The version (the server ignores ours), and that encryption is requested."""
    version = bytes(6)
    first = 2 * 5 + 1
    offsets = struct.pack(">BHHBHHB", _VERSION_TOKEN, first, 6, _ENCRYPTION_TOKEN, first + 6, 1, _TERMINATOR)
    return offsets + version + bytes([_ENCRYPT_ON])


def _encryption(payload: bytes) -> int | None:
    """Find the server's answer about encryption in its PRELOGIN."""
    place = 0
    while place + 5 <= len(payload) and payload[place] != _TERMINATOR:
        offset = int.from_bytes(payload[place + 1 : place + 3], "big")
        if payload[place] == _ENCRYPTION_TOKEN and offset < len(payload):
            return payload[offset]
        place += 5
    return None


def _send(server: socket.socket, payload: bytes) -> None:
    for start in range(0, len(payload), _LARGEST_PAYLOAD):
        piece = payload[start : start + _LARGEST_PAYLOAD]
        status = _END_OF_MESSAGE if start + len(piece) == len(payload) else 0
        server.sendall(_HEADER.pack(_PRELOGIN, status, _HEADER.size + len(piece), 0, 0, 0) + piece)


def _receive(server: socket.socket) -> bytes:
    """Read one packet. Raises OSError when the server hangs up, ValueError when it does not speak TDS."""
    length = _HEADER.unpack(_exactly(server, _HEADER.size))[2]
    if length <= _HEADER.size:
        raise ValueError(f"a TDS packet of {length} bytes")
    return _exactly(server, length - _HEADER.size)


def _exactly(server: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = server.recv(count - len(data))
        if not piece:
            raise ConnectionResetError("the server closed the connection")
        data += piece
    return data
