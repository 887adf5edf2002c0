# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for a node of Elasticsearch: what it answers to GET /_cluster/health, and what a hostile program would.

By Elastic's own source and guide: ClusterHealthResponse and RestClusterHealthAction (the members; 408 with the health
if a wait has timed out), TransportMasterNodeAction, TransportClusterHealthAction.checkBlock and ClusterStateHealth
(with local=true a node without a master answers at once: 200, red, and itself as the only node), Search Guard's "Search
Guard not initialized (SG11)" (503 until it can read its index, as in openshift/cluster-logging-operator issue 562), the
guide's pages on networking and on security (401 and 403 of a node that wants a login), and the log's "received
plaintext http traffic on an https channel, closing connection" (a node with TLS does not answer a plain request). A
handshake of TLS is, for a node without, the beginning of a very long line: it waits for the rest.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import socketserver
import ssl
import threading
import typing as t

STATUSES = ("red", "yellow", "green")
LIMIT = 64 * 1024
"""Bytes of an answer that the agent takes."""


class Node:
    """One that listens until it is closed.

    requests: the head of each request, as text.
    """

    def __init__(
        self,
        *script: str,
        cluster: str = "groupid",
        address: str = "127.0.0.1",
        port: int = 0,
        certificate: tuple[pathlib.Path, pathlib.Path] | None = None,
        elsewhere: int = 0,
        nodes: int = 1,
    ) -> None:
        """Listen.

        script: what the requests get, one after the other; the last stays. A status; ``late`` (408), ``login`` (401),
        ``forbidden`` (403), ``starting`` (503), ``alone`` (red: one of several that has no master), ``redirect`` (to
        the port ``elsewhere``), ``garbage``, ``page``, ``unknown`` (a status that there is none of), ``huge``,
        ``endless``, ``hangs`` (no byte) or ``hangs up``.
        nodes: of its cluster.
        certificate: files of a certificate and its key: it speaks TLS, and nothing else.
        """
        self.script = list(script)
        self.requests: list[str] = []
        self._cluster = cluster
        self._elsewhere = elsewhere
        self._nodes = nodes
        self._ended = threading.Event()
        self._context: ssl.SSLContext | None = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2  # as Elasticsearch 8
            self._context.load_cert_chain(*certificate)
        node = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    node._serve(self.request)

        self._server = socketserver.ThreadingTCPServer((address, port), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *ignored: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, connection: t.Any) -> None:
        if self._context:
            connection = self._context.wrap_socket(connection, server_side=True)
        head = b""
        while b"\r\n\r\n" not in head:
            block = connection.recv(4096)
            if not block:
                return
            head += block
        self.requests.append(head.decode("ascii"))
        kind = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if kind == "hangs":
            self._ended.wait()
        elif kind == "endless":  # a byte at a time, for ever: no single one comes late
            while not self._ended.wait(0.05):
                connection.sendall(b"H")
        elif kind != "hangs up":
            connection.sendall(self._answer(kind))
        connection.close()

    def _answer(self, kind: str) -> bytes:
        if kind in (*STATUSES, "late", "unknown", "alone"):
            status = {"late": "green", "unknown": "purple", "alone": "red"}.get(kind, kind)
            code = "408 Request Timeout" if kind == "late" else "200 OK"
            own = {"number_of_nodes": 1, "active_shards": 0} if kind == "alone" else {"number_of_nodes": self._nodes}
            return _http(code, _json({**_HEALTH, **own, "cluster_name": self._cluster, "status": status}))
        if kind == "login":
            return _http("401 Unauthorized", _json({"status": 401}), 'WWW-Authenticate: Basic realm="security"')
        if kind == "forbidden":
            return _http("403 Forbidden", _json({"status": 403}))
        if kind == "starting":
            return _http("503 Service Unavailable", b"Search Guard not initialized (SG11).", content="text/plain")
        if kind == "redirect":
            return _http("302 Found", b"", f"Location: http://127.0.0.1:{self._elsewhere}/_cluster/health")
        if kind == "page":
            return _http("200 OK", b"<html>It works!</html>", content="text/html")
        if kind == "huge":
            padding = " " * LIMIT
            return _http(
                "200 OK", _json({**_HEALTH, "cluster_name": self._cluster, "status": "green"}) + padding.encode()
            )
        assert kind == "garbage"
        return bytes(range(256)) * 4


_HEALTH: dict[str, t.Any] = {
    "timed_out": False,
    "number_of_nodes": 1,
    "number_of_data_nodes": 1,
    "active_primary_shards": 5,
    "active_shards": 5,
    "relocating_shards": 0,
    "initializing_shards": 0,
    "unassigned_shards": 5,
    "delayed_unassigned_shards": 0,
    "number_of_pending_tasks": 0,
    "number_of_in_flight_fetch": 0,
    "task_max_waiting_in_queue_millis": 0,
    "active_shards_percent_as_number": 50.0,
}


def _json(members: dict[str, t.Any]) -> bytes:
    return json.dumps(members).encode()


def _http(status: str, body: bytes, *headers: str, content: str = "application/json") -> bytes:
    lines = [f"HTTP/1.0 {status}", f"content-type: {content}; charset=UTF-8", f"content-length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body
