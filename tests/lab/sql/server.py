# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQL Server double: a port on loopback, and what happens on each of its connections."""

from __future__ import annotations

import collections.abc as c
import contextlib
import itertools
import pathlib
import re
import socket
import ssl
import struct
import subprocess
import threading
import time
import types
import typing as t

from lab.sql import batches, login, procedures, wire
from lab.sql.engine import Engine, MapPath, Session
from lab.sql.faults import Fault, Faults
from lab.sql.login import Channel, Encryption, Login7
from lab.sql.problems import InterruptedStatementError, StatementError, severity, syntax_error
from lab.sql.wire import ClosedError, Message, Reply

_DRIVE = re.compile(r"([A-Za-z]):[\\/]*(.*)", re.DOTALL)
_SHARE = re.compile(r"\\\\([^\\/]+)[\\/]+([^\\/]+)[\\/]*(.*)", re.DOTALL)
_GOODBYE_SECONDS = 2.0
_PROCEDURE_NUMBERS = {10: "sp_executesql", 13: "sp_prepexec", 15: "sp_unprepare"}


class SqlServerDouble:
    """A SQL Server on 127.0.0.1. Use it as a context manager.

    folder: all of its files.
    port: 0 for any free one; ``port`` then tells which.
    encryption: ``none`` (refuses TLS), ``login`` (as servers do by default), ``forced``, ``strict`` (TDS 8.0 alone).
    certificate: files of a certificate and its key; made when TLS needs one and none is given.
    password: of ``sa``.
    map_path: where a path of the server lies here; by default below the folder, ``C/x`` or ``shares/server/share/x``.

    engine: the model. faults: the rules. statements: every batch, in order. login_delay: seconds before each login.
    tls: what of TLS it has that clients of today refuse.
    login_errors: numbers and texts that every login is refused with.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        *,
        port: int = 0,
        encryption: str = "none",
        certificate: tuple[pathlib.Path, pathlib.Path] | None = None,
        password: str = "Lab-Passw0rd!",
        map_path: MapPath | None = None,
        version: str = "16.0.4236.2",
        edition: str = "Standard",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.password = password
        self.engine = Engine(map_path or default_map(folder), version=version, edition=edition)
        self.engine.logins["sa"].password = password
        self.faults = Faults()
        self.statements: list[str] = []
        self.logins_seen: list[Login7] = []
        self.login_delay = 0.0
        self.tls: login.Tls = "usual"
        self.login_errors: tuple[tuple[int, str], ...] = ()
        self.encryption = Encryption(encryption)
        self.certificate = certificate
        if certificate is None and self.encryption is not Encryption.NONE:
            self.certificate = make_certificate(folder)
        self.port = port
        self._listener: socket.socket | None = None
        self._connections: set[_Connection] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def __enter__(self) -> SqlServerDouble:
        """Start to listen."""
        self.listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        """Stop, and cut all connections."""
        self._ended.set()
        self.stop()

    def listen(self) -> None:
        """Listen, on the same port as before where it was stopped."""
        listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="sql listener", daemon=True).start()

    def stop(self) -> None:
        """Be unreachable: the port is closed and every connection cut. The model stays."""
        listener, self._listener = self._listener, None
        if listener:
            # A closed socket alone would keep the accepting thread, and with it the port, until the next connection.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            found = list(self._connections)
        for connection in found:
            connection.cut()

    @contextlib.contextmanager
    def outage(self) -> c.Iterator[None]:
        """Be unreachable for the length of the block."""
        self.stop()
        try:
            yield
        finally:
            self.listen()

    def restart(self, away: float, recovering: float, msdb: float = 0) -> None:
        """Stop the service and start it again: ``away`` seconds until it listens, then ``recovering`` for databases.

        Logins come in as soon as master is there; every other database is RECOVERING until its log was run through,
        each by itself. msdb takes ``msdb`` seconds more.
        """
        self.engine.shut_down()
        self.stop()
        threading.Thread(target=self._start_up, args=(away, recovering, msdb), name="sql start", daemon=True).start()

    def _start_up(self, away: float, recovering: float, msdb: float) -> None:
        if self._ended.wait(away):
            return
        self.listen()
        self._ended.wait(recovering)
        if msdb:
            self.engine.start_up(besides="msdb")
            self._ended.wait(msdb)
        self.engine.start_up()

    def forget(self, connection: _Connection) -> None:
        """Drop a connection that ended."""
        with self._lock:
            self._connections.discard(connection)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                accepted, dummy = listener.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(self, accepted)
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=connection.serve, name="sql connection", daemon=True).start()


class _Connection:
    """One client."""

    def __init__(self, server: SqlServerDouble, accepted: socket.socket) -> None:
        self._server = server
        self._engine = server.engine
        self._channel = Channel(accepted)
        self._session: Session | None = None

    def cut(self) -> None:
        """Cut the connection, and end its session at once: who comes next shall not meet it."""
        self._channel.close()
        if self._session is not None:
            self._engine.disconnect(self._session)

    def serve(self) -> None:
        """Log a client in and answer it until it goes."""
        try:
            self._session = self._log_in()
            if self._session is not None:
                self._channel.read_ahead()
                self._answer_all(self._session)
        except (ClosedError, OSError, ssl.SSLError, struct.error, ValueError):
            pass
        finally:
            if self._session is not None:
                self._engine.disconnect(self._session)
            self._channel.close()
            self._server.forget(self)

    def _reply(self) -> Reply:
        return Reply(self._channel.send, self._engine.server_name)

    def _log_in(self) -> Session | None:
        server = self._server
        if server.encryption is Encryption.STRICT:
            assert server.certificate is not None
            self._channel.start_strict(login.tls_context(*map(str, server.certificate)))
        kind, body = self._channel.read_message()
        if kind != wire.PRELOGIN:
            return None
        asked = login.prelogin_options(body).get(1, b"\2")[0]
        byte, agreed = login.negotiate(server.encryption, asked)
        self._channel.send(login.prelogin_answer(self._engine.product, byte), True)
        if agreed is not Encryption.NONE and server.encryption is not Encryption.STRICT:
            assert server.certificate is not None
            context = login.tls_context(*map(str, server.certificate), server.tls)
            self._channel.start_tls(context)
        kind, body = self._channel.read_message()
        if agreed is Encryption.LOGIN:
            self._channel.stop_tls()
        if kind != wire.LOGIN:
            return None
        asks = login.parse_login(body)
        server.logins_seen.append(asks)
        time.sleep(server.login_delay)
        reply = self._reply()
        try:
            with self._engine.lock:
                session = self._admit(asks, agreed is Encryption.FORCED)
        except StatementError as problem:
            for message in problem.messages:
                reply.message(message)
            reply.done(0, wire.ERROR)
            reply.end()
            self._channel.drained(_GOODBYE_SECONDS)
            return None
        self._welcome(reply, asks, session)
        return session

    def _admit(self, asks: Login7, encrypted: bool) -> Session:
        if self._server.login_errors:
            raise StatementError(
                *(Message(number, text, severity(number)) for number, text in self._server.login_errors)
            )
        if asks.windows:
            text = (
                "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication."
            )
            raise StatementError.of(18452, text, 14)
        found = self._engine.logins.get(asks.user.casefold())
        failed = StatementError.of(18456, f"Login failed for user '{asks.user}'.", 14)
        if found is None or found.password != asks.password or self._engine.windows_only:
            raise failed
        if found.disabled:
            raise StatementError.of(18470, f"Login failed for user '{asks.user}'. Reason: The account is disabled.", 14)
        wanted = asks.database or found.default_database
        session = self._engine.connect(
            found,
            host=asks.host,
            program=asks.program,
            library=asks.library,
            channel=self._channel,
            encrypted=encrypted,
            language=asks.language or found.language,
        )
        try:
            self._engine.enter(session, wanted)
        except StatementError:
            self._engine.disconnect(session)
            text = f'Cannot open database "{wanted}" requested by the login. The login failed.'
            raise StatementError(Message(4060, text, 11), *failed.messages) from None
        return session

    def _welcome(self, reply: Reply, asks: Login7, session: Session) -> None:
        batches.change_database(reply, "master", session.database)
        reply.environment(7, bytes((5, 0x09, 0x04, 0xD0, 0x00, 0x34)))
        reply.language = session.language
        reply.environment(2, wire.b_varchar(session.language), wire.b_varchar(""))
        reply.message(Message(5703, f"Changed language setting to {session.language}."))
        reply.login_acknowledged(asks.tds_version, self._engine.product)
        size = str(wire.PACKET_BYTES)
        reply.environment(4, wire.b_varchar(size), wire.b_varchar(size))
        reply.done(0)
        reply.end()

    def _answer_all(self, session: Session) -> None:
        while not session.killed:
            kind, body = self._channel.next_message()
            reply = self._reply()
            reply.language = session.language
            if kind == wire.ATTENTION:
                self._channel.interrupted.clear()
                reply.attention()
                continue
            try:
                self._answer(session, kind, body, reply)
            except InterruptedStatementError:
                self._stopped(session, reply)
            else:
                reply.end()

    def _stopped(self, session: Session, reply: Reply) -> None:
        """Finish after a statement that was stopped: confirm the cancel, or go with the connection."""
        if session.killed or self._channel.closed:
            raise ClosedError
        kind, dummy = self._channel.next_message()
        if kind == wire.ATTENTION:
            self._channel.interrupted.clear()
            reply.attention()

    def _answer(self, session: Session, kind: int, body: bytes, reply: Reply) -> None:
        if kind == wire.BATCH:
            text = body[struct.unpack_from("<I", body)[0] :].decode("utf-16-le")
            self._run(session, text, reply)
        elif kind == wire.TRANSACTION:
            self._transaction(session, body, reply)
        elif kind == wire.RPC:
            self._call(session, body, reply)
        else:
            self._refuse(reply, syntax_error(f"request of type {kind}"))

    def _run(self, session: Session, text: str, reply: Reply) -> None:
        self._server.statements.append(text)
        fault = self._server.faults.of(text)
        batches.Execution(self._engine, session, reply, fault, self._lose).run(text)

    def _lose(self, fault: Fault | None) -> None:
        if fault and fault.restart:
            self._server.restart(*fault.restart)
        elif fault and fault.outage:
            self._server.stop()
        self.cut()

    def _transaction(self, session: Session, body: bytes, reply: Reply) -> None:
        start = struct.unpack_from("<I", body)[0]
        (request,) = struct.unpack_from("<H", body, start)
        begins = request == 5
        session.transactions = int(begins)
        mark = bytes((8,)) + struct.pack("<Q", session.spid)
        reply.environment(
            8 if begins else 9 if request == 7 else 10, mark if begins else b"\0", b"\0" if begins else mark
        )
        reply.done(0)

    def _call(self, session: Session, body: bytes, reply: Reply) -> None:
        """Answer a remote procedure call as far as drivers make them by themselves."""
        start = struct.unpack_from("<I", body)[0]
        (length,) = struct.unpack_from("<H", body, start)
        if length == 0xFFFF:
            name = _PROCEDURE_NUMBERS.get(struct.unpack_from("<H", body, start + 2)[0], "")
        else:
            raw = body[start + 2 : start + 2 + 2 * length]
            name = raw.decode("utf-16-le").rpartition(".")[2].strip("[]").lower()
        execution = batches.Execution(self._engine, session, reply, None, self._lose)
        context = procedures.Context(self._engine, session, reply, execution)
        reply.in_procedure = True
        try:
            code = procedures.call(name, context, {})
        except StatementError as problem:
            self._refuse(reply, problem)
            return
        reply.return_status(code)
        reply.done_procedure()

    def _refuse(self, reply: Reply, problem: StatementError) -> None:
        for message in problem.messages:
            reply.message(message)
        reply.done(0, wire.ERROR)


def default_map(folder: pathlib.Path) -> MapPath:
    """Map a server's paths below a folder."""

    def map_path(path: str) -> pathlib.Path:
        if match := _DRIVE.fullmatch(path):
            return folder / match[1].upper() / match[2].replace("\\", "/").lstrip("/")
        if match := _SHARE.fullmatch(path):
            return folder / "shares" / match[1].lower() / match[2].lower() / match[3].replace("\\", "/").lstrip("/")
        return folder / "root" / path.replace("\\", "/").lstrip("/")

    return map_path


_serials = itertools.count(1)


def make_certificate(
    folder: pathlib.Path,
    names: t.Sequence[str] = ("localhost",),
    bits: int = 2048,
    authority: tuple[pathlib.Path, pathlib.Path] | None = None,
    digest: str = "sha256",
) -> tuple[pathlib.Path, pathlib.Path]:
    """Make a certificate for these DNS names and 127.0.0.1; give its file and that of its key.

    authority: the files of the certificate and the key that sign it; it signs itself without.
    """
    number = next(_serials)
    certificate, key = folder / f"server{number}.pem", folder / f"server{number}.key"
    alternatives = ",".join([*(f"DNS:{name}" for name in names), "IP:127.0.0.1"])
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", f"rsa:{bits}", "-nodes", "-days", "30", "-subj", f"/CN={names[0]}",
            "-addext", f"subjectAltName={alternatives}", "-keyout", str(key), "-out", str(certificate), f"-{digest}",
            *(("-CA", str(authority[0]), "-CAkey", str(authority[1])) if authority else ()),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    key.chmod(0o600)
    return certificate, key
