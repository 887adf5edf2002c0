# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The beginning of a connection: PRELOGIN, TLS, and what a LOGIN7 holds. Source: [MS-TDS] 2.2.6.4, 2.2.6.5."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import pathlib
import queue
import select
import socket
import ssl
import struct
import subprocess
import threading
import typing as t

from lab.sql import wire

_ENCRYPT_OFF, _ENCRYPT_ON, _ENCRYPT_NOT_SUPPORTED, _ENCRYPT_REQUIRED = 0, 1, 2, 3
_END = 0xFF
_LOGIN_FIXED = 36
_FIELDS = ("host", "user", "password", "program", "server", "extension", "library", "language", "database")
_CONNECTION_ENDED = -1


class Encryption(enum.Enum):
    """What a server does about TLS."""

    NONE = "none"
    LOGIN = "login"
    FORCED = "forced"
    STRICT = "strict"


@dataclasses.dataclass(frozen=True)
class Login7:
    """What a client says about itself. ``windows``: it wants to log in as a Windows account."""

    host: str
    user: str
    password: str = dataclasses.field(repr=False)
    program: str
    library: str
    database: str
    tds_version: int
    process_id: int
    windows: bool
    language: str = ""


def parse_login(body: bytes) -> Login7:
    """Read a LOGIN7."""
    version, dummy, dummy, process_id = struct.unpack_from("<IIII", body, 4)
    texts = {}
    for index, field in enumerate(_FIELDS):
        start, length = struct.unpack_from("<HH", body, _LOGIN_FIXED + 4 * index)
        texts[field] = body[start : start + 2 * length]
    texts["password"] = bytes(((byte ^ 0xA5) << 4 | (byte ^ 0xA5) >> 4) & 0xFF for byte in texts["password"])
    decoded = {field: raw.decode("utf-16-le") for field, raw in texts.items() if field != "extension"}
    return Login7(
        **{name: decoded[name] for name in ("host", "user", "password", "program", "library", "database", "language")},
        tds_version=version,
        process_id=process_id,
        windows=bool(body[25] & 0x80),
    )


def prelogin_options(body: bytes) -> dict[int, bytes]:
    """Read the options of a PRELOGIN by their tokens."""
    options = {}
    position = 0
    while position < len(body) and body[position] != _END:
        token, start, length = struct.unpack_from(">BHH", body, position)
        options[token] = body[start : start + length]
        position += 5
    return options


def prelogin_answer(product: tuple[int, int, int], encryption: int) -> bytes:
    """Write the server's PRELOGIN."""
    major, minor, build = product
    values = {0: struct.pack(">BBHH", major, minor, build, 0), 1: bytes((encryption,)), 2: b"\0", 3: b"", 4: b"\0"}
    start = 5 * len(values) + 1
    head, data = b"", b""
    for token, value in values.items():
        head += struct.pack(">BHH", token, start + len(data), len(value))
        data += value
    return head + bytes((_END,)) + data


def negotiate(server: Encryption, client: int) -> tuple[int, Encryption]:
    """Return the server's byte, and what becomes of the connection."""
    if server is Encryption.NONE:
        return _ENCRYPT_NOT_SUPPORTED, Encryption.NONE
    if server in (Encryption.FORCED, Encryption.STRICT):
        return _ENCRYPT_REQUIRED, Encryption.FORCED
    if client == _ENCRYPT_NOT_SUPPORTED:
        return _ENCRYPT_NOT_SUPPORTED, Encryption.NONE
    if client in (_ENCRYPT_ON, _ENCRYPT_REQUIRED):
        return _ENCRYPT_ON, Encryption.FORCED
    return _ENCRYPT_OFF, Encryption.LOGIN


class Channel:
    """Messages over a socket, with TLS where it was agreed, read ahead by a thread of its own once logged in.

    interrupted: set while a client's cancel is not answered, and for ever once the connection is gone.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._tls: ssl.SSLObject | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._messages: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self._sequence = 1
        self._sending = threading.Lock()
        # One thread reads while another writes, and TLS is one state for both.
        self._cipher = threading.Lock()
        self.interrupted = threading.Event()
        self.closed = False

    def read_message(self) -> tuple[int, bytes]:
        """Wait for a whole message, and give its type and body. Raises ClosedError."""
        body = bytearray()
        while True:
            head = self._read(wire.HEADER.size)
            kind, status, length, dummy, dummy, dummy = wire.HEADER.unpack(head)
            body += self._read(length - wire.HEADER.size)
            if status & 1:
                return kind, bytes(body)

    def read_ahead(self) -> None:
        """Read from a thread from now on, so that a cancel or a lost client is seen during a long statement."""
        threading.Thread(target=self._pump, name="tds reader", daemon=True).start()

    def next_message(self) -> tuple[int, bytes]:
        """Return the next message that the thread read. Raises ClosedError."""
        kind, body = self._messages.get()
        if kind == _CONNECTION_ENDED:
            raise wire.ClosedError
        return kind, body

    def send(self, payload: bytes, final: bool) -> None:
        """Send a piece of an answer. Raises ClosedError."""
        pieces = list(wire.packets(wire.REPLY, payload, final, self._sequence))
        self._sequence = 1 if final else self._sequence + len(pieces)
        with self._sending:
            try:
                self._write(b"".join(pieces))
            except (OSError, ValueError) as error:
                raise wire.ClosedError from error

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Do the handshake, whose bytes travel inside PRELOGIN packets. Raises ClosedError, ssl.SSLError."""
        tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        try:
            while not _shaken(tls):
                self._send_handshake()
                self._incoming.write(self.read_message()[1])
        finally:
            self._send_handshake()  # the alert too, which says why it failed
        self._tls = tls

    def start_strict(self, context: ssl.SSLContext) -> None:
        """Do the handshake before anything else, as TDS 8.0 does. Raises ClosedError, ssl.SSLError."""
        context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
        context.set_alpn_protocols(["tds/8.0"])
        tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        while not _shaken(tls):
            self._socket.sendall(self._outgoing.read())
            self._incoming.write(self._receive(65536))
        self._socket.sendall(self._outgoing.read())
        self._tls = tls

    def stop_tls(self) -> None:
        """Go on in plain text, as is done after a login that alone was encrypted."""
        self._tls = None

    def close(self) -> None:
        """Cut the connection."""
        self.closed = True
        self.interrupted.set()
        # To close alone would leave the reading thread, and with it the connection, as it is.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def drained(self, seconds: float) -> None:
        """Wait until the client has closed, so that what was sent before our end is not lost to a reset."""
        readable, dummy, dummy = select.select([self._socket], [], [], seconds)
        if readable:
            self.interrupted.set()

    def _send_handshake(self) -> None:
        raw = self._outgoing.read()
        if raw:
            self._socket.sendall(b"".join(wire.packets(wire.PRELOGIN, raw, True)))

    def _pump(self) -> None:
        try:
            while True:
                kind, body = self.read_message()
                if kind == wire.ATTENTION:
                    self.interrupted.set()
                self._messages.put((kind, body))
        except (wire.ClosedError, OSError, ValueError):
            self.closed = True
            self.interrupted.set()
            self._messages.put((_CONNECTION_ENDED, b""))

    def _read(self, count: int) -> bytes:
        found = bytearray()
        while len(found) < count:
            found += self._read_tls(count - len(found)) if self._tls else self._receive(count - len(found))
        return bytes(found)

    def _read_tls(self, count: int) -> bytes:
        while True:
            found = self._decrypted(count)
            if found is not None:
                return found
            self._incoming.write(self._receive(65536))

    def _decrypted(self, count: int) -> bytes | None:
        """Return what is there in plain text, None when more has to come."""
        assert self._tls is not None
        try:
            with self._cipher:
                return self._tls.read(count)
        except ssl.SSLWantReadError:
            return None

    def _receive(self, count: int) -> bytes:
        try:
            found = self._socket.recv(count)
        except OSError as error:
            raise wire.ClosedError from error
        if not found:
            raise wire.ClosedError
        return found

    def _write(self, raw: bytes) -> None:
        if self._tls:
            with self._cipher:
                self._tls.write(raw)
                raw = self._outgoing.read()
        self._socket.sendall(raw)


def _shaken(tls: ssl.SSLObject) -> bool:
    """Go on with a handshake; False when the client has to speak."""
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


Tls = t.Literal["usual", "1.0", "no common cipher", "short key exchange"]
_CIPHERS: dict[Tls, str] = {
    "usual": "DEFAULT",
    "1.0": "ALL",
    "no common cipher": "eNULL",
    "short key exchange": "kDHE+aRSA",
}


def tls_context(certificate: str, key: str, tls: Tls = "usual") -> ssl.SSLContext:
    """Return a context as SQL Server has one: TLS 1.2, which TDS 7 can carry, and whatever certificate it was given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS[tls] + ":@SECLEVEL=0")
    if tls == "1.0":
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    if tls == "short key exchange":
        parameters = pathlib.Path(key).with_suffix(".dh")
        command = ["openssl", "dhparam", "-dsaparam", "-out", str(parameters), "1024"]
        subprocess.run(command, check=True, capture_output=True)
        context.load_dh_params(str(parameters))
    context.load_cert_chain(certificate, key)
    return context
