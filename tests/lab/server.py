# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WS-Man endpoint: HTTP on loopback, basic authentication, one user name per host."""

from __future__ import annotations

import base64
import binascii
import collections.abc as c
import functools
import hmac
import http
import http.server
import sys
import threading
import typing as t

from lab import wsman
from lab.fleet import Host

Handler = c.Callable[[Host, wsman.Request], wsman.Reply]


class Interceptor(t.Protocol):
    """Stands between the endpoint and its services: may watch, delay, change or replace an answer."""

    def __call__(self, host: Host, request: wsman.Request, proceed: Handler) -> wsman.Reply:
        """Answer the request; ``proceed`` asks the next interceptor, in the end the service."""


class Endpoint:
    """A WS-Man endpoint for many hosts on one port.

    hosts: each logs in as its ``user`` with its own password.
    services: handler by resource URI.
    interceptors: called in order, the first one outermost; may be changed while the endpoint runs.
    """

    def __init__(
        self,
        hosts: c.Iterable[Host],
        services: c.Mapping[str, Handler],
        interceptors: list[Interceptor],
        port: int = 0,
    ) -> None:
        self._hosts = {host.user: host for host in hosts}
        self._services = services
        self.interceptors = interceptors
        self._server = _Server(("127.0.0.1", port), functools.partial(_Connection, self))
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        """Serve from a thread of its own."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="wsman", daemon=True).start()

    def stop(self) -> None:
        """Accept no more connections."""
        self._server.shutdown()
        self._server.server_close()

    def authenticate(self, authorization: str) -> Host | None:
        """Give the host whose user and password the header carries."""
        scheme, dummy, encoded = authorization.partition(" ")
        try:
            user, dummy, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        host = self._hosts.get(user)
        if scheme.lower() != "basic" or host is None:
            return None
        return host if hmac.compare_digest(password.encode(), host.password.encode()) else None

    def answer(self, host: Host, request: wsman.Request) -> wsman.Reply:
        """Hand a request through the interceptors to the service of its resource."""
        handler: Handler = self._serve
        for interceptor in reversed(self.interceptors):
            handler = functools.partial(_intercept, interceptor, handler)
        return handler(host, request)

    def _serve(self, host: Host, request: wsman.Request) -> wsman.Reply:
        service = self._services.get(request.resource)
        if service is None:
            return wsman.fault(request, f"No service for {request.resource}", subcode="a:DestinationUnreachable")
        return service(host, request)


def _intercept(interceptor: Interceptor, proceed: Handler, host: Host, request: wsman.Request) -> wsman.Reply:
    return interceptor(host, request, proceed)


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Stay silent about clients that went away; their commands run on, as on Windows."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Connection(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, endpoint: Endpoint, *args: t.Any) -> None:
        self._endpoint = endpoint
        super().__init__(*args)

    def do_POST(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        host = self._endpoint.authenticate(self.headers.get("Authorization", ""))
        if self.path != "/wsman":
            self._send(wsman.Reply(http.HTTPStatus.NOT_FOUND, b""))
        elif host is None:
            self._send(wsman.Reply(http.HTTPStatus.UNAUTHORIZED, b""))
        else:
            try:
                request = wsman.parse(body)
            except wsman.MalformedRequestError as error:
                self._send(wsman.Reply(http.HTTPStatus.BAD_REQUEST, str(error).encode()))
            else:
                self._send(self._endpoint.answer(host, request))

    def _send(self, reply: wsman.Reply) -> None:
        """Write head and body at once: two writes meet Nagle's algorithm and delayed acknowledgements, 40 ms each."""
        status = http.HTTPStatus(reply.status)
        head = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            "Server: Microsoft-HTTPAPI/2.0",
            "Content-Type: application/soap+xml;charset=UTF-8",
            f"Content-Length: {len(reply.body)}",
        ]
        if status is http.HTTPStatus.UNAUTHORIZED:
            head.append('WWW-Authenticate: Basic realm="WSMAN"')
        self.wfile.write("\r\n".join([*head, "", ""]).encode("ascii") + reply.body)

    def log_message(self, *_: t.Any) -> None:
        """Keep stderr clean; the recorder has every request."""
