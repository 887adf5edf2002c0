# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that carries a driver, on Mono, on Wine or on Windows, and calls into it."""

from __future__ import annotations

import base64
import collections.abc as c
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import typing as t

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_files, join_source
from lab import ahead_of_time
from lab.powershell import windows_powershell
from lab.repository import CACHE
from lab.wine_disk import PROGRAM, USER_ID, WineDisk, as_user

FOLDER = pathlib.Path(__file__).parent
DRIVER = FOLDER / "win32_driver.cs"
AGENT_DRIVER = FOLDER / "agent_driver.cs"
SERVING = FOLDER / "driver.cs"
"""What each driver stands on."""
TWIN = sorted(FOLDER.parents[1].joinpath("lab", "mono").glob("*.cs"))
SHARED = [
    agent_files()[f"{name}.cs"]
    for name in (
        "SystemError",
        "FileFacts",
        "ServiceFacts",
        "CommandLine",
        "SecurityDescriptor",
        "AccessList",
        "StreamNames",
        "LockedFileRetry",
        "Sddl",
    )
]
SHIPPED = [
    agent_files()[f"{name}.cs"]
    for name in (
        "Win32",
        "Computer",
        "FolderSecurity",
        "NativeMethods",
        "ChildProcess",
        "NativeProcess",
        "FileSecurity",
        "FileStreams",
        "Privileges",
        "NativeSecurity",
        "NetworkIdentity",
        "RequestPipe",
        "NativePipe",
        "NativeClock",
        "SystemClock",
        "Automation",
        "ManagementConnection",
        "ManagementService",
        "ProcessQuery",
        "ServiceControl",
        "NativeServices",
        "TaskScheduler",
        "RunningProcesses",
        "RehearsalCalls",
    )
]
MCS = ["mcs", "-langversion:5", "-warnaserror+", "-unsafe-", "-r:System"]
NEEDS_MONO = "needs Mono: apt-get install --no-install-recommends mono-mcs mono-runtime"
NEEDS_WINDOWS = "needs Windows whose drive C may be written to: GROUPID_TEST_WINDOWS=1"
NEEDS_WINE = (
    "needs wine-host and wine-powershell on PATH, and Wine: apt-get install --no-install-recommends wine wine64"
)

_SECONDS = 180


def run(command: c.Sequence[str | pathlib.Path], **options: t.Any) -> str:
    """Return what a program printed; fail with it when the program did."""
    done = subprocess.run(
        list(map(str, command)),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_SECONDS,
        text=True,
        **options,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def lacks(*programs: str) -> bool:
    """Tell whether one of the programs is not on PATH."""
    return any(shutil.which(program) is None for program in programs)


def compile_driver(folder: pathlib.Path) -> pathlib.Path:
    """Compile the driver with the lab's twin of Win32.cs into the folder, for Mono."""
    driver = folder / "driver.exe"
    twin = [path for path in TWIN if path.name != "Host.cs"]  # which has a Main of its own
    run([*MCS, f"-out:{driver}", *twin, *SHARED, SERVING, DRIVER])
    return driver


class SystemFailureError(Exception):
    """A SystemError of the agent. code: Win32 error number; str(): the message."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Session:
    """One process with Win32 in it. ``session(method, argument...)`` gives its result or raises SystemFailureError.

    command: the process's command line but for the port that it calls back on.
    """

    def __init__(self, command: c.Callable[[int], c.Sequence[str]], environment: c.Mapping[str, str]) -> None:
        try:
            self._connection = self._begin(command, environment)
        except TimeoutError:
            # Now and then a program on Wine hangs before it has done anything, while others there begin and end.
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(_SECONDS)
            self._connection = self._begin(command, environment)
        self._connection.settimeout(_SECONDS)
        self._stream = self._connection.makefile("rwb")

    def _begin(self, command: c.Callable[[int], c.Sequence[str]], environment: c.Mapping[str, str]) -> socket.socket:
        """Start the process, and wait until it calls back. Raises TimeoutError."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(_SECONDS)
            self.process = subprocess.Popen(
                command(listener.getsockname()[1]), env=environment, stdin=subprocess.DEVNULL, start_new_session=True
            )
            return listener.accept()[0]

    def __call__(self, method: str, *arguments: object) -> t.Any:
        self.begin(method, *arguments)
        return self.answer()

    def answer(self) -> t.Any:
        """Return the result of what was begun."""
        answer = json.loads(self._stream.readline())
        if "error" not in answer:
            return answer["result"]
        assert answer["error"] is not None, answer["text"]
        raise SystemFailureError(answer["error"], answer["text"])

    def begin(self, method: str, *arguments: object) -> None:
        """Call, and do not wait for the result."""
        fields = [str(field).encode("utf-16-le", "surrogatepass") for field in (method, *arguments)]
        self._stream.write(b" ".join(map(base64.b64encode, fields)) + b"\n")
        self._stream.flush()

    def kill(self) -> None:
        """End the process, and those that carry it, as a crash would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_SECONDS)
        self._connection.close()

    def close(self) -> None:
        """Hang up, and wait for the process to end by itself."""
        self._stream.close()
        self._connection.close()
        self.process.wait(_SECONDS)


class MonoHost:
    """A lab host on Mono.

    folder: becomes LAB_ROOT; drives are folders in it. settings: further environment variables of each process.
    """

    def __init__(self, executable: pathlib.Path, folder: pathlib.Path, **settings: str) -> None:
        self._executable = executable
        self._settings = settings
        self.root = folder
        self.drive = folder / "C"
        self.drive.mkdir(parents=True, exist_ok=True)

    def session(self, **environment: str) -> Session:
        """Start a process. Keywords: further environment variables."""
        own = {**os.environ, **ahead_of_time.ENVIRONMENT, "LAB_ROOT": str(self.root), **self._settings, **environment}
        return Session(lambda port: ["mono", str(self._executable), str(port)], own)

    def path(self, *names: str) -> str:
        """Name something below the drive as the agent would."""
        return "/".join([str(self.drive), *names])


class WineHost:
    """A Windows host on Wine with the shipped Win32.cs, or the whole agent. ``stop`` removes it.

    driver: what a session talks to; ``AGENT_DRIVER`` has the whole agent behind it.
    change: makes another source of a file's, by its name; for what Wine only pretends to have.
    """

    def __init__(
        self, driver: pathlib.Path = DRIVER, change: c.Callable[[str, str], str] = lambda _name, text: text
    ) -> None:
        # Not below pytest's folder, which only its owner may enter.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="win32-", dir="/var/tmp"))
        if os.getuid() == 0:
            os.chown(self.home, USER_ID, USER_ID)
        self._disk = WineDisk(self.home / "prefix", self.home, CACHE)
        self._disk.make()
        self.drive = self._disk.prefix / "drive_c"
        self._awake = self._disk.keep_awake(as_user([PROGRAM, "cmd.exe"]))
        self._driver = _write_source(driver, self.drive / "driver.cs", change)

    def session(self) -> Session:
        """Start a process."""
        return Session(self._powershell, self._disk.environment())

    def path(self, *names: str) -> str:
        """Name something below drive C as the agent would."""
        return "\\".join(["C:", *names])

    def share(self, server: str, name: str) -> pathlib.Path:
        """Make a share that every program of the host may write to."""
        folder = self.home / "prefix" / "dosdevices" / "unc" / server / name
        run(as_user(["mkdir", "-p", str(folder)]))
        return folder

    def powershell(self, *options: str) -> str:
        """Run the engine to its end, and give what it printed."""
        return self._printed(["wine-powershell", "-NoProfile", "-NonInteractive", *options])

    def program(self, *command: str) -> str:
        """Run a program of the host to its end, and give what it printed."""
        return self._printed([PROGRAM, *command])

    @contextlib.contextmanager
    def holding(self, path: str) -> c.Iterator[None]:
        """Have a program that keeps a file open, and shares it with nobody, until the end of the block."""
        script = f"$f = [IO.File]::Open('{path}', 'Open', 'ReadWrite', 'None'); 'held'; [Threading.Thread]::Sleep(-1)"
        with subprocess.Popen(
            as_user(["wine-powershell", "-NoProfile", "-NonInteractive", "-Command", script]),
            env=self._disk.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                assert process.stdout
                assert process.stdout.readline().strip() == b"held"
                yield
            finally:
                process.kill()

    def _printed(self, command: list[str]) -> str:
        done = subprocess.run(
            as_user(command),
            env=self._disk.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=True,
        )
        return done.stdout.decode("utf-8", "replace")

    def stop(self) -> None:
        """End every program of the host and remove its disk."""
        self._disk.end_programs()
        self._awake.communicate(timeout=_SECONDS)
        shutil.rmtree(self.home)

    def _powershell(self, port: int) -> list[str]:
        return as_user(["wine-powershell", *_carrying(self._driver, "C:\\driver.cs", port)])


class WindowsHost:
    """This computer, which is Windows, with the shipped Win32.cs, or the whole agent.

    What tests write to drive C stays. driver: as of WineHost.
    """

    def __init__(self, driver: pathlib.Path = DRIVER) -> None:
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="win32-"))
        self.drive = pathlib.Path("C:/")
        self._source = self.home / "driver.cs"
        self._driver = _write_source(driver, self._source)

    def session(self) -> Session:
        """Start a process."""
        program = str(windows_powershell())
        return Session(lambda port: [program, *_carrying(self._driver, str(self._source), port)], os.environ)

    def path(self, *names: str) -> str:
        """Name something below drive C as the agent would."""
        return "\\".join(["C:", *names])

    def program(self, *command: str) -> str:
        """Run a program to its end, and give what it printed."""
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=True)
        return done.stdout.decode("utf-8", "replace")

    def stop(self) -> None:
        """Remove the source."""
        shutil.rmtree(self.home)


def _write_source(
    driver: pathlib.Path, file: pathlib.Path, change: c.Callable[[str, str], str] = lambda _name, text: text
) -> str:
    """Write a driver with what it calls into a file; the full name of its type."""
    agent = [*SHIPPED, *SHARED] if driver == DRIVER else [*agent_files().values()]
    files = [*agent, SERVING, driver]
    source = join_source({path.name: change(path.name, path.read_text(encoding="utf-8")) for path in files})
    file.write_text(source.text, encoding="utf-8")
    return source.type_name.replace(".Program", "." + driver.stem.title().replace("_", ""))


def _carrying(driver: str, file: str, port: int) -> list[str]:
    """Arguments of a PowerShell that compiles the driver and lets it call back. A warning is no error to it."""
    source = f"Add-Type -IgnoreWarnings -TypeDefinition ([IO.File]::ReadAllText('{file}'))"
    return ["-NoProfile", "-NonInteractive", "-Command", f"{source}; [{driver}]::Main('{port}')"]
