# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One who stands between a client and a directory server, and lets things go wrong."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import select
import socket
import ssl
import struct
import threading
import time
import types

from lab.directory import wire
from lab.directory.slapd import Slapd
from lab.directory.wire import Message

_CHUNK = 1 << 16
# A cookie of this one's own, before the server's.
_EMPTY = b"empty page "
# What Active Directory says of a cookie that it dropped, as it does under load (Microsoft Learn, "How LDAP server
# cookies are handled"; with the result code in the UnboundID LDAP SDK's list, August 2016).
COOKIE_LOST = (12, "00000057: LdapErr: DSID-0C090797, comment: Error processing control, data 0, v23f0\0")


@dataclasses.dataclass(frozen=True)
class Fault:
    """What goes wrong; all zero: nothing.

    bytes: of the server's answers on a connection that get through before it is cut.
    page, entries: of a paged search, 1 is the first: the connection is cut in this page after so many of its entries.
    seconds: before each message of the server is passed on.
    operation, code, text, referral, after: a request of this kind (wire.BIND, ...) gets this result in place of the
      server's, once ``after`` such requests have been let through on the same connection.
    lost: a request of the kind ``operation`` reaches the server, and the connection is cut before its answer.
    names: only requests that name this object are answered so.
    page_at_most: entries of a page, however many were asked for (MaxPageSize, MS-ADTS 3.1.1.3.4.6).
    empty_pages: before each page comes one without entries and with a cookie, which a client must go on from.
    lost_cookies: of the requests for a further page, counted on a connection from 1, these are answered by code and
      text: the server remembers the search no more.
    """

    bytes: int | None = None
    page: int = 0
    entries: int = 3
    seconds: float = 0.0
    operation: int = 0
    code: int = 0
    text: str = ""
    referral: str = ""
    after: int = 0
    lost: bool = False
    names: str = ""
    page_at_most: int = 0
    empty_pages: bool = False
    lost_cookies: tuple[int, ...] = ()


class Proxy:
    """A port on 127.0.0.1 in front of a slapd. Use it as a context manager.

    It ends TLS itself, by the server's own certificate, so that messages can be counted: ``uri`` is of LDAPS where
    the server has TLS, else plain. fault: may be changed at any time, for connections to come.
    requests: the operations that clients sent, in order.
    """

    def __init__(self, server: Slapd, fault: Fault = Fault()) -> None:
        self.fault = fault
        self.requests: list[int] = []
        self._server = server
        self._context: ssl.SSLContext | None = None
        if server.certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*server.certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ended = threading.Event()

    @property
    def uri(self) -> str:
        """Where clients connect."""
        return f"{'ldaps' if self._context else 'ldap'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Proxy:
        """Start to listen."""
        threading.Thread(target=self._accept, name="ldap proxy", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        """Refuse connections from now on; those that are open stay until an end goes."""
        self._ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                accepted, dummy = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(accepted,), name="ldap proxy", daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        try:
            client = self._context.wrap_socket(accepted, server_side=True) if self._context else accepted
            upstream = socket.create_connection(("127.0.0.1", self._server.port))
        except OSError:
            accepted.close()
            return
        _Connection(client, upstream, self.fault, self.requests).serve()


class _Connection:
    """One client and its connection to the server."""

    def __init__(self, client: socket.socket, server: socket.socket, fault: Fault, requests: list[int]) -> None:
        self._client, self._server = client, server
        self._fault = fault
        self._requests = requests
        self._let_through = 0
        self._passed = 0
        self._paged: set[int] = set()
        self._pages = 0
        self._entries = 0
        self._lost: set[int] = set()
        self._continued = 0

    def serve(self) -> None:
        """Pass messages on until one end goes or the fault cuts the connection."""
        takers = {self._client: self._requested, self._server: self._answered}
        buffers = dict.fromkeys(takers, b"")
        # A reset is what a lost server or a firewall gives; an end that goes by itself is closed as usual.
        reset = False
        with contextlib.suppress(OSError, ValueError):
            while not reset:
                end = self._next()
                chunk = end.recv(_CHUNK)
                if not chunk:
                    break
                buffers[end] += chunk
                while not reset and (message := wire.first(buffers[end])) is not None:
                    buffers[end] = buffers[end][len(message.raw) :]
                    reset = not takers[end](message)
        for end in takers:
            with contextlib.suppress(OSError):
                if reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.close()

    def _next(self) -> socket.socket:
        """Wait for an end that has something to read."""
        if isinstance(self._client, ssl.SSLSocket) and self._client.pending():
            return self._client
        ready, *_rest = select.select([self._client, self._server], [], [])
        found: socket.socket = ready[0]
        return found

    def _requested(self, message: Message) -> bool:
        self._requests.append(message.operation)
        if message.operation == wire.SEARCH and message.paged:
            self._paged.add(message.number)
            asked = self._page(message)
            if asked is None:
                return True
            message = asked
        if message.operation == self._fault.operation and self._fault.names.encode() in message.raw:
            self._let_through += 1
            if self._let_through > self._fault.after:
                if not self._fault.lost:
                    self._client.sendall(wire.answer(message, self._fault.code, self._fault.text, self._fault.referral))
                    return True
                self._lost.add(message.number)
        self._server.sendall(message.raw)
        return True

    def _page(self, message: Message) -> Message | None:
        """Return what the server is to be asked in place of a request for a page; None: it has its answer."""
        size, cookie = message.page
        if cookie:
            self._continued += 1
            if self._continued in self._fault.lost_cookies:
                self._client.sendall(wire.answer(message, self._fault.code, self._fault.text))
                return None
        if self._fault.empty_pages:
            if not cookie.startswith(_EMPTY):
                self._client.sendall(wire.empty_page(message, _EMPTY + cookie))
                return None
            cookie = cookie.removeprefix(_EMPTY)
        return message.asking(min(size, self._fault.page_at_most or size), cookie)

    def _answered(self, message: Message) -> bool:
        if message.number in self._lost:
            return False
        if self._fault.page and message.number in self._paged and not self._within_page(message):
            self._client.sendall(message.raw[: len(message.raw) // 2])
            return False
        time.sleep(self._fault.seconds)
        if self._fault.bytes is not None and self._passed + len(message.raw) > self._fault.bytes:
            self._client.sendall(message.raw[: self._fault.bytes - self._passed])
            return False
        self._passed += len(message.raw)
        self._client.sendall(message.raw)
        return True

    def _within_page(self, message: Message) -> bool:
        """Count pages and entries; False once the place of the cut is reached."""
        if message.operation == wire.SEARCH_DONE:
            self._pages += 1
        elif message.operation == wire.ENTRY and self._pages == self._fault.page - 1:
            self._entries += 1
        return self._entries <= self._fault.entries and self._pages < self._fault.page


def cut_after(server: Slapd, count: int) -> Proxy:
    """Cut each connection once the server has sent so many bytes."""
    return Proxy(server, Fault(bytes=count))


def cut_in_page(server: Slapd, page: int, entries: int = 3) -> Proxy:
    """Cut the connection in a page of a search, 1 is the first, after so many of its entries."""
    return Proxy(server, Fault(page=page, entries=entries))


def delayed(server: Slapd, seconds: float) -> Proxy:
    """Pass each message of the server on after a pause."""
    return Proxy(server, Fault(seconds=seconds))


def answering(server: Slapd, operation: int, code: int, text: str = "", *, referral: str = "", after: int = 0) -> Proxy:
    """Answer requests of a kind by a result code, as another server would, once ``after`` of them have passed."""
    return Proxy(server, Fault(operation=operation, code=code, text=text, referral=referral, after=after))


def refusing_one(server: Slapd, dn: str, code: int, text: str = "") -> Proxy:
    """Refuse every change of one object, and of no other."""
    return Proxy(server, Fault(operation=wire.MODIFY, code=code, text=text, names=dn))


def paging_as_active_directory(server: Slapd, at_most: int, *, empty_pages: bool = True) -> Proxy:
    """Return small pages, however large a client asks for them, and empty ones between."""
    return Proxy(server, Fault(page_at_most=at_most, empty_pages=empty_pages))


def forgetting_cookies(
    server: Slapd, at_most: int, *lost: int, said: tuple[int, str] = COOKIE_LOST, empty_pages: bool = False
) -> Proxy:
    """Return small pages, and refuse some of the requests for a further one, counted on a connection from 1."""
    code, text = said
    fault = Fault(page_at_most=at_most, lost_cookies=lost, code=code, text=text, empty_pages=empty_pages)
    return Proxy(server, fault)


def losing(server: Slapd, operation: int, *, after: int = 0) -> Proxy:
    """Do a request, once ``after`` of its kind have passed, and cut the connection in place of the answer."""
    return Proxy(server, Fault(operation=operation, lost=True, after=after))


@contextlib.contextmanager
def refusing() -> c.Iterator[int]:
    """Return a port at which nothing listens, and nothing will for the length of the block."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
