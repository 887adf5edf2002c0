# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Windows Remote Shell service: shells, commands in them, and their input and output."""

from __future__ import annotations

import base64
import dataclasses
import threading
import typing as t
import uuid

from lab import wsman
from lab.fleet import Host
from lab.processes import Finished, KilledError, ProcessGroup

RECEIVE_BYTES = 100_000
"""Raw bytes of one Receive: in base64 it stays below the MaxEnvelopeSize of 153,600 that every client asks for."""

LONGEST_LINE = 8_191
"""Characters that cmd.exe takes, which stands between WinRS and every command."""


class Runner(t.Protocol):
    """Executes the command lines of a host."""

    def run(self, host: Host, command_line: str, stdin: bytes, processes: ProcessGroup) -> Finished:
        """Run one command line to its end. Raises KilledError when ``processes`` was killed."""


class Command:
    """One command of a shell. It starts with the last Send, or at once when the client will send nothing."""

    def __init__(self, host: Host, line: str, runner: Runner) -> None:
        self._host = host
        self._line = line
        self._runner = runner
        self._stdin = bytearray()
        self._processes = ProcessGroup()
        self._ended = threading.Event()
        self._started = False
        self._exit_code = 1
        self._stdout = b""
        self._stderr = b""

    def start(self) -> None:
        """Run the command line in a thread of its own; a second start does nothing."""
        if not self._started:
            self._started = True
            threading.Thread(target=self._run, name=f"command on {self._host.name}", daemon=True).start()

    def send(self, data: bytes, *, end: bool) -> None:
        """Take a piece of stdin."""
        self._stdin += data
        if end:
            self.start()

    def receive(self, timeout: float) -> wsman.Output | None:
        """Wait for output. None: nothing within ``timeout`` seconds."""
        if not self._ended.wait(timeout):
            return None
        stdout, self._stdout = self._stdout[:RECEIVE_BYTES], self._stdout[RECEIVE_BYTES:]
        room = RECEIVE_BYTES - len(stdout)
        stderr, self._stderr = self._stderr[:room], self._stderr[room:]
        more = bool(self._stdout or self._stderr)
        return wsman.Output(stdout, stderr, None if more else self._exit_code)

    def kill(self) -> None:
        """End the command with everything that it started."""
        self._processes.kill()

    def _run(self) -> None:
        try:
            if len(self._line) > LONGEST_LINE:
                finished = Finished(1, b"", b"The command line is too long.\r\n")
            else:
                finished = self._runner.run(self._host, self._line, bytes(self._stdin), self._processes)
        except KilledError:
            finished = Finished(1, b"", b"")
        except Exception as error:  # a client must see a broken runner as a failed command, not wait for ever
            finished = Finished(1, b"", f"lab: the runner failed: {type(error).__name__}: {error}\n".encode())
        self._exit_code, self._stdout, self._stderr = finished.exit_code, finished.stdout, finished.stderr
        self._ended.set()


@dataclasses.dataclass
class Shell:
    """An open shell of one host."""

    host: Host
    commands: dict[str, Command] = dataclasses.field(default_factory=dict)

    def kill(self) -> None:
        """End all commands."""
        for command in list(self.commands.values()):
            command.kill()


class WinRS:
    """All shells of a lab."""

    def __init__(self, runners: t.Mapping[str, Runner]) -> None:
        """Take the runners by the name that ``Host.runner`` gives."""
        self._runners = runners
        self._shells: dict[str, Shell] = {}

    def handle(self, host: Host, request: wsman.Request) -> wsman.Reply:
        """Answer one request of an authenticated client."""
        if request.action == "Create":
            shell_id = _new_id()
            self._shells[shell_id] = Shell(host)
            return wsman.shell_created(request, shell_id)
        shell = self._shells.get(request.shell_id or "")
        if shell is None or shell.host != host:
            text = f"The shell {request.shell_id} was not found on the server."
            return wsman.fault(request, text, subcode="w:InvalidSelectors", code=wsman.SHELL_NOT_FOUND_CODE)
        if request.action == "Delete":
            del self._shells[request.shell_id or ""]
            shell.kill()
            return wsman.deleted(request)
        if request.action == "Command":
            return self._command(shell, request)
        return _to_command(shell, request)

    def kill(self, host: Host) -> None:
        """End every command of one host; its shells stay, and clients learn that their commands have ended."""
        for shell in list(self._shells.values()):
            if shell.host == host:
                shell.kill()

    def close(self) -> None:
        """End every command of every shell."""
        for shell in list(self._shells.values()):
            shell.kill()
        self._shells.clear()

    def _command(self, shell: Shell, request: wsman.Request) -> wsman.Reply:
        line = request.body.find("rsp:CommandLine", wsman.NAMESPACES)
        if line is None:
            return wsman.fault(request, "Command without a command line", subcode="w:SchemaValidationError")
        parts = [line.findtext("rsp:Command", "", wsman.NAMESPACES)]
        parts += [argument.text or "" for argument in line.findall("rsp:Arguments", wsman.NAMESPACES)]
        command = Command(shell.host, " ".join(parts), self._runners[shell.host.runner])
        command_id = _new_id()
        shell.commands[command_id] = command
        if request.options.get("WINRS_CONSOLEMODE_STDIN", "TRUE").upper() == "TRUE":
            command.start()
        return wsman.command_created(request, command_id)


def _to_command(shell: Shell, request: wsman.Request) -> wsman.Reply:
    """Answer Send, Receive and Signal, which name a command of the shell."""
    command_id = _command_id(request)
    command = shell.commands.get(command_id)
    if command is None:
        return wsman.fault(request, f"The command {command_id} was not found", subcode="w:InvalidSelectors")
    if request.action == "Send":
        for stream in request.body.iterfind("rsp:Send/rsp:Stream", wsman.NAMESPACES):
            command.send(base64.b64decode(stream.text or ""), end=stream.get("End", "").lower() == "true")
        return wsman.sent(request)
    if request.action == "Receive":
        output = command.receive(request.timeout)
        return wsman.operation_timeout(request) if output is None else wsman.received(request, command_id, output)
    if request.action == "Signal":
        command.kill()
        return wsman.signalled(request)
    return wsman.fault(request, f"{request.action} is not supported", subcode="a:ActionNotSupported")


def _command_id(request: wsman.Request) -> str:
    """Find the CommandId, which sits on Signal itself and one level deeper in Send and Receive."""
    for element in request.body.iter():
        if "CommandId" in element.attrib:
            return element.attrib["CommandId"].upper()
    return ""


def _new_id() -> str:
    return str(uuid.uuid4()).upper()
