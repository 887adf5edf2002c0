# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerShell remoting: PowerShell's own server (``powershell -s``), which speaks it over stdio, behind WS-Man.

The messages themselves (MS-PSRP) pass through untouched. Between this bridge and the server each line is one XML
element: Data, Command and Signal, answered by Data and by an acknowledgement of each.
"""

from __future__ import annotations

import base64
import collections
import collections.abc as c
import contextlib
import os
import signal
import subprocess
import threading
import time
import typing as t
import uuid
import xml.etree.ElementTree as ET

from lab import wsman
from lab.fleet import Host

RESOURCE = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"

Start = c.Callable[[Host], "subprocess.Popen[bytes]"]
"""Starts PowerShell's server on a host, with pipes for stdin and stdout, in a process group of its own."""

_SESSION = str(uuid.UUID(int=0))
_PIPELINE_STATE = 0x00041006
_HEAD = 21  # of a fragment: object, number, flags, length of the blob
_TAKING_SECONDS = 60
_RECEIVE_BYTES = 100_000  # in base64 below the MaxEnvelopeSize that clients ask for


class EndedError(Exception):
    """The server's process is no more."""


class Session:
    """One shell: a process of PowerShell's server, and what it has said that nobody has received yet."""

    def __init__(self, host: Host, process: subprocess.Popen[bytes]) -> None:
        self.host = host
        self._process = process
        self._news = threading.Condition()
        self._said: dict[str, collections.deque[bytes]] = collections.defaultdict(collections.deque)
        self._telling = threading.Lock()
        self._taken: set[tuple[str, str]] = set()
        self._ended = False
        threading.Thread(target=self._listen, name=f"remoting on {host.name}", daemon=True).start()

    def tell(self, element: str, owner: str, data: str = "") -> None:
        """Send one element and wait until the server has taken it: what it has not yet taken, a later one may overtake.

        owner: id of the pipeline, or of the session. data: in base64. Raises EndedError.
        """
        stream = " Stream='Default'" if element == "Data" else ""
        end = f">{data}</{element}>" if data else " />"
        line = f"<{element}{stream} PSGuid='{owner}'{end}\n"
        assert self._process.stdin is not None
        with self._telling:
            with self._news:
                self._taken.discard((f"{element}Ack", owner))
            try:
                self._process.stdin.write(line.encode("ascii"))
                self._process.stdin.flush()
            except (OSError, ValueError) as error:
                raise EndedError(f"PowerShell has ended: {error}") from error
            with self._news:
                acknowledgement = (f"{element}Ack", owner)
                self._news.wait_for(lambda: self._ended or acknowledgement in self._taken, _TAKING_SECONDS)
                if acknowledgement not in self._taken:
                    raise EndedError(f"PowerShell has ended, or has not taken {element} within {_TAKING_SECONDS} s")

    def receive(self, owner: str, timeout: float) -> list[bytes]:
        """Wait for what the server says, at most so many seconds, and give the first 100,000 bytes of it.

        Raises EndedError when the server has ended and all was received.
        """
        deadline = time.monotonic() + timeout
        with self._news:
            said = self._said[owner]
            while not said:
                if self._ended:
                    raise EndedError("PowerShell has ended")
                if not self._news.wait(max(0.0, deadline - time.monotonic())):
                    return []
            taken = [said.popleft()]
            while said and sum(map(len, taken)) + len(said[0]) <= _RECEIVE_BYTES:
                taken.append(said.popleft())
            return taken

    def kill(self) -> None:
        """End the server with all that it runs."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.strip().startswith(b"<"):
                continue
            element = ET.fromstring(line)
            owner = element.get("PSGuid", "").lower()
            with self._news:
                if element.tag == "Data":
                    self._said[owner].append(base64.b64decode(element.text or ""))
                else:
                    self._taken.add((element.tag, owner))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


class Remoting:
    """The remoting sessions of all hosts that have a PowerShell to serve them."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._sessions: dict[str, Session] = {}

    def handle(self, host: Host, request: wsman.Request) -> wsman.Reply:
        """Answer one request of an authenticated client."""
        if host.runner != "wine":
            return wsman.fault(request, f"{host.name} has no PowerShell that serves remoting sessions")
        try:
            return self._create(host, request) if request.action == "Create" else self._to_session(host, request)
        except EndedError as error:
            return wsman.fault(request, str(error), code=wsman.SHELL_NOT_FOUND_CODE)

    def kill(self, host: Host) -> None:
        """End the sessions of one host."""
        for session in list(self._sessions.values()):
            if session.host == host:
                session.kill()

    def close(self) -> None:
        """End every session."""
        for session in list(self._sessions.values()):
            session.kill()
        self._sessions.clear()

    def _create(self, host: Host, request: wsman.Request) -> wsman.Reply:
        shell = request.body.find("rsp:Shell", wsman.NAMESPACES)
        creation = next((part for part in request.body.iter() if part.tag.endswith("}creationXml")), None)
        if shell is None or creation is None:
            return wsman.fault(request, "Create without creationXml", subcode="w:SchemaValidationError")
        shell_id = (shell.get("ShellId") or str(uuid.uuid4())).upper()
        session = Session(host, self._start(host))
        self._sessions[shell_id] = session
        session.tell("Data", _SESSION, (creation.text or "").strip())
        return wsman.shell_created(request, shell_id)

    def _to_session(self, host: Host, request: wsman.Request) -> wsman.Reply:
        session = self._sessions.get(request.shell_id or "")
        if session is None or session.host != host:
            text = f"The shell {request.shell_id} was not found on the server."
            return wsman.fault(request, text, subcode="w:InvalidSelectors", code=wsman.SHELL_NOT_FOUND_CODE)
        actions: dict[str, t.Callable[[Session, wsman.Request], wsman.Reply]] = {
            "Command": _command,
            "Send": _send,
            "Receive": _receive,
            "Signal": _signal,
        }
        if request.action == "Delete":
            del self._sessions[request.shell_id or ""]
            session.kill()
            return wsman.deleted(request)
        if request.action not in actions:
            return wsman.fault(request, f"{request.action} is not supported", subcode="a:ActionNotSupported")
        return actions[request.action](session, request)


def _command(session: Session, request: wsman.Request) -> wsman.Reply:
    line = request.body.find("rsp:CommandLine", wsman.NAMESPACES)
    arguments = "" if line is None else "".join(line.findtext("rsp:Arguments", "", wsman.NAMESPACES).split())
    command_id = _pipeline(request) or str(uuid.uuid4())
    session.tell("Command", command_id)
    session.tell("Data", command_id, arguments)
    return wsman.command_created(request, command_id.upper())


def _send(session: Session, request: wsman.Request) -> wsman.Reply:
    for stream in request.body.iterfind("rsp:Send/rsp:Stream", wsman.NAMESPACES):
        session.tell("Data", _pipeline(request) or _SESSION, (stream.text or "").strip())
    return wsman.sent(request)


def _receive(session: Session, request: wsman.Request) -> wsman.Reply:
    pipeline = _pipeline(request)
    said = session.receive(pipeline or _SESSION, request.timeout)
    if not said:
        return wsman.operation_timeout(request)
    return wsman.received_messages(request, pipeline.upper(), said, done=any(map(_ends_pipeline, said)))


def _signal(session: Session, request: wsman.Request) -> wsman.Reply:
    session.tell("Signal", _pipeline(request))
    return wsman.signalled(request)


def _pipeline(request: wsman.Request) -> str:
    """Return the id of the pipeline that a request is about, as the server writes it; empty: about the session."""
    for element in request.body.iter():
        if "CommandId" in element.attrib:
            return element.attrib["CommandId"].lower()
    return ""


def _ends_pipeline(data: bytes) -> bool:
    """Tell whether one of some fragments begins a PIPELINE_STATE message, the last one of a pipeline."""
    while len(data) > _HEAD:
        length = int.from_bytes(data[17:_HEAD], "big")
        begins = bool(data[16] & 1)
        if begins and int.from_bytes(data[_HEAD + 4 : _HEAD + 8], "little") == _PIPELINE_STATE:
            return True
        data = data[_HEAD + length :]
    return False
