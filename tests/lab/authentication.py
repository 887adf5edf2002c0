# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who a client of the WS-Man endpoint is: basic authentication, or NTLM with encrypted messages."""

from __future__ import annotations

import base64
import binascii
import collections.abc as c
import contextlib
import hmac
import os
import re
import struct
import tempfile
import threading
import typing as t

import spnego

from lab.fleet import Host

_PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
ENCRYPTED_TYPE = f'multipart/encrypted;protocol="{_PROTOCOL}";boundary="Encrypted Boundary"'
"""Content-Type of an encrypted message, MS-WSMV 2.2.9.1.1."""

_BOUNDARY = b"--Encrypted Boundary"
_OCTETS = b"\tContent-Type: application/octet-stream\r\n"
_LENGTH = re.compile(rb"OriginalContent:[^\r\n]*;Length=(\d+)")
_NTLMSSP = b"NTLMSSP\0"
_ENVIRONMENT = threading.Lock()


class EncryptionError(Exception):
    """A message is not encrypted, or not with the key of its connection."""


class Accounts:
    """Users and passwords, one of each per host."""

    def __init__(self, hosts: c.Iterable[Host]) -> None:
        self._hosts = {host.user.lower(): host for host in hosts}

    def find(self, user: str) -> Host | None:
        """Return the host that this user stands for."""
        return self._hosts.get(user.lower())

    def check(self, user: str, password: str) -> Host | None:
        """Return the host when the password is right too."""
        host = self.find(user)
        right = host is not None and hmac.compare_digest(password.encode(), host.password.encode())
        return host if right else None

    @contextlib.contextmanager
    def for_ntlm(self) -> c.Iterator[None]:
        """Let spnego know the passwords. It reads them from a file that an environment variable names."""
        with _ENVIRONMENT, tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.writelines(f":{host.user}:{host.password}\n" for host in self._hosts.values())
            file.flush()
            os.environ["NTLM_USER_FILE"] = file.name
            try:
                yield
            finally:
                del os.environ["NTLM_USER_FILE"]


class Login:
    """What one TCP connection knows of its client: NTLM authenticates connections, not requests."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._context: t.Any = None
        self._ntlm_host: Host | None = None

    def host(self, authorization: str) -> Host | None:
        """Return the host that a request with this header, or its connection, is logged in to."""
        scheme, dummy, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            return self._ntlm_host
        try:
            user, dummy, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self._accounts.check(user, password)

    def step(self, authorization: str) -> str | None:
        """Take a step of NTLM where the header holds one, and give what answers it in WWW-Authenticate."""
        scheme, dummy, encoded = authorization.partition(" ")
        if scheme.lower() not in ("negotiate", "ntlm"):
            return None
        try:
            token = base64.b64decode(encoded, validate=True)
            answer = self._step(token)
        except (binascii.Error, spnego.exceptions.SpnegoError, struct.error, ValueError):
            self._context = self._ntlm_host = None
            return None
        return f"{scheme} {base64.b64encode(answer).decode('ascii')}" if answer else None

    def _step(self, token: bytes) -> bytes | None:
        with self._accounts.for_ntlm():
            if self._context is None or self._context.complete:
                self._ntlm_host = None
                protocol = "ntlm" if token.startswith(_NTLMSSP) else "negotiate"
                options = spnego.NegotiateOptions.use_ntlm | spnego.NegotiateOptions.wrapping_winrm
                self._context = spnego.server(protocol=protocol, options=options)
            answer: bytes | None = self._context.step(token)
        if self._context.complete:
            self._ntlm_host = self._accounts.find(self._context.client_principal.rpartition("\\")[2])
        return answer

    @property
    def is_ntlm(self) -> bool:
        """Whether the connection has a key to encrypt messages with."""
        return self._ntlm_host is not None

    def decrypt(self, message: bytes) -> bytes:
        """Return the envelope inside an encrypted message. Raises EncryptionError."""
        parts = message.split(_BOUNDARY)
        if len(parts) != 4 or (length := _LENGTH.search(parts[1])) is None or _OCTETS not in parts[2]:
            raise EncryptionError("not an encrypted message")
        data = parts[2].partition(_OCTETS)[2]
        size = int.from_bytes(data[:4], "little")
        try:
            envelope: bytes = self._context.unwrap_winrm(data[4 : 4 + size], data[4 + size :])
        except spnego.exceptions.SpnegoError as error:
            raise EncryptionError(str(error)) from error
        if len(envelope) != int(length[1]):
            raise EncryptionError("the message is not as long as it says")
        return envelope

    def encrypt(self, envelope: bytes) -> bytes:
        """Return the message that carries an envelope encrypted."""
        wrapped = self._context.wrap_winrm(envelope)
        length = len(envelope) + wrapped.padding_length
        types = f"\tContent-Type: {_PROTOCOL}\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8"
        return b"".join(
            [
                _BOUNDARY + b"\r\n" + f"{types};Length={length}\r\n".encode("ascii"),
                _BOUNDARY + b"\r\n" + _OCTETS,
                len(wrapped.header).to_bytes(4, "little") + wrapped.header + wrapped.data,
                _BOUNDARY + b"--\r\n",
            ]
        )
