# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WS-Man endpoint: HTTP, and HTTPS beside it, on loopback; one user name per host."""

from __future__ import annotations

import collections.abc as c
import functools
import http
import http.server
import pathlib
import ssl
import sys
import threading
import typing as t

from lab import wsman
from lab.authentication import ENCRYPTED_TYPE, Accounts, EncryptionError, Login
from lab.fleet import Host

Handler = c.Callable[[Host, wsman.Request], wsman.Reply]


class Interceptor(t.Protocol):
    """Stands between the endpoint and its services: may watch, delay, change or replace an answer.

    A ConnectionError from it ends the TCP connection without an answer.
    """

    def __call__(self, host: Host, request: wsman.Request, proceed: Handler) -> wsman.Reply:
        """Answer the request; ``proceed`` asks the next interceptor, in the end the service."""


class Endpoint:
    """A WS-Man endpoint for many hosts on one port.

    hosts: each logs in as its ``user`` with its own password.
    services: handler by resource URI.
    interceptors: called in order, the first one outermost; may be changed while the endpoint runs.
    port: for HTTP; 0 finds a free one.
    certificate: files of a certificate and its key, for HTTPS on a free port of its own: ``https_port``, else 0.
    """

    def __init__(
        self,
        hosts: c.Iterable[Host],
        services: c.Mapping[str, Handler],
        interceptors: list[Interceptor],
        port: int = 0,
        certificate: tuple[pathlib.Path, pathlib.Path] | None = None,
    ) -> None:
        self.accounts = Accounts(hosts)
        self._services = services
        self.interceptors = interceptors
        self._servers = [_Server(("127.0.0.1", port), functools.partial(_Connection, self))]
        self.port: int = self._servers[0].server_address[1]
        self.https_port = 0
        if certificate:
            secure = _Server(("127.0.0.1", 0), functools.partial(_Connection, self), _tls(certificate))
            self._servers.append(secure)
            self.https_port = secure.server_address[1]

    def start(self) -> None:
        """Serve from a thread for each port."""
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), name="wsman", daemon=True).start()

    def stop(self) -> None:
        """Accept no more connections."""
        for server in self._servers:
            server.shutdown()
            server.server_close()

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


def _tls(certificate: tuple[pathlib.Path, pathlib.Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: t.Any, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(address, handler)
        self.tls = tls

    def finish_request(self, request: t.Any, client_address: t.Any) -> None:
        """Begin TLS in the connection's own thread: a silent client must not keep others waiting."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with self.tls.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Stay silent about clients that went away; their commands run on, as on Windows."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
            super().handle_error(request, client_address)


class _Connection(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, endpoint: Endpoint, *args: t.Any) -> None:
        self._endpoint = endpoint
        self._login = Login(endpoint.accounts)
        super().__init__(*args)

    def do_POST(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        authorization = self.headers.get("Authorization", "")
        challenge = self._login.step(authorization)
        host = self._login.host(authorization)
        if self.path.partition("?")[0] != "/wsman":
            self._send(wsman.Reply(http.HTTPStatus.NOT_FOUND, b""))
        elif host is None:
            self._send(wsman.Reply(http.HTTPStatus.UNAUTHORIZED, b""), challenge)
        elif not body:
            # So that clients can log in before they have anything to encrypt.
            self._send(wsman.Reply(http.HTTPStatus.OK, b""), challenge)
        else:
            self._answer(host, body, challenge)

    def _answer(self, host: Host, body: bytes, challenge: str | None) -> None:
        encrypted = self.headers.get_content_type() == "multipart/encrypted"
        try:
            if encrypted:
                body = self._login.decrypt(body)
            elif self._login.is_ntlm and not isinstance(self.connection, ssl.SSLSocket):
                raise EncryptionError("AllowUnencrypted is off")
            reply = self._endpoint.answer(host, wsman.parse(body))
        except EncryptionError as error:
            self._send(wsman.Reply(http.HTTPStatus.INTERNAL_SERVER_ERROR, str(error).encode()))
        except wsman.MalformedRequestError as error:
            self._send(wsman.Reply(http.HTTPStatus.BAD_REQUEST, str(error).encode()))
        else:
            if encrypted and reply.body:
                self._send(wsman.Reply(reply.status, self._login.encrypt(reply.body)), challenge, ENCRYPTED_TYPE)
            else:
                self._send(reply, challenge)

    def _send(
        self,
        reply: wsman.Reply,
        challenge: str | None = None,
        content_type: str = "application/soap+xml;charset=UTF-8",
    ) -> None:
        """Write head and body at once: two writes meet Nagle's algorithm and delayed acknowledgements, 40 ms each."""
        status = http.HTTPStatus(reply.status)
        head = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            "Server: Microsoft-HTTPAPI/2.0",
            f"Content-Type: {content_type}",
            f"Content-Length: {len(reply.body)}",
        ]
        challenges = [challenge] if challenge else []
        if status is http.HTTPStatus.UNAUTHORIZED and not challenge:
            challenges = ["Negotiate", 'Basic realm="WSMAN"']
        head += [f"WWW-Authenticate: {text}" for text in challenges]
        self.wfile.write("\r\n".join([*head, "", ""]).encode("ascii") + reply.body)

    def log_message(self, *_: t.Any) -> None:
        """Keep stderr clean; the recorder has every request."""
