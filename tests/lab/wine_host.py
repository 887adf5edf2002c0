# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Windows host made of Wine: its disk, its name, its registry, and an ordinary user's programs on it."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import subprocess

from lab import layout, registry
from lab.fleet import Host
from lab.processes import Finished, ProcessGroup
from lab.wine_disk import PROGRAM, WineDisk, as_user


def why_not() -> str | None:
    """Tell why this machine cannot offer Wine hosts; None when it can."""
    if shutil.which(PROGRAM) is None:
        return f"{PROGRAM} is not on PATH"
    if shutil.which("wine") is None:
        return "Wine is missing: apt-get install --no-install-recommends wine wine64"
    return None


def programs_on(home: pathlib.Path) -> list[str]:
    """Name the processes whose Windows disk is below a folder."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"WINEPREFIX={home}".encode() in (process / "environ").read_bytes():
                found.append((process / "comm").read_text().strip())
    return found


class WineHost:
    """A host below ``<lab>/wine/<name>``, which is its WINEPREFIX.

    root: folder of the lab.
    cache: folder that outlives the lab, for what wine-host unpacks.
    """

    def __init__(self, root: pathlib.Path, host: Host, cache: pathlib.Path) -> None:
        self._host = host
        self._shares = (root / "shares").resolve()
        home = (root / "wine").resolve()
        self._prefix = home / host.name
        self._disk = WineDisk(self._prefix, home, cache)
        self._awake: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Make the empty disk with its drives and shares. ``own`` gives it to its user once it is filled."""
        self._disk.make()
        self.own()
        devices = self._prefix / "dosdevices"
        for letter in layout.drives(self._host):
            if letter != "C":
                folder = self._prefix / "drives" / letter
                folder.mkdir(parents=True)
                (devices / f"{letter.lower()}:").symlink_to(folder)
        for server in self._shares.iterdir():
            for share in server.iterdir():
                link = devices / "unc" / server.name / share.name
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(share)
                share.chmod(0o777)
        self.start()
        try:
            for key, values in registry.of_windows(self._host).items():
                for name, value in values.items():
                    self._program(["reg.exe", "add", f"HKLM\\{key}", "/v", name, "/d", value, "/f", "/reg:64"])
        finally:
            self.stop()

    def own(self) -> None:
        """Return everything below the home to the user that programs run as."""
        self._disk.own()

    def start(self) -> None:
        """Boot the host, and keep it awake."""
        self._awake = self._disk.keep_awake(self._argv(["cmd.exe"]))

    def stop(self) -> None:
        """End every program on the host, detached ones too."""
        if self._awake is not None:
            self._disk.end_programs()
            self._awake.communicate()
            self._awake = None

    def run(self, line: str, stdin: bytes, processes: ProcessGroup) -> Finished:
        """Run a command line in cmd.exe to its end, in the user's profile as WinRM does.

        Wine escapes quotes in arguments; a first cmd.exe that expands a variable hands them on as they are.
        """
        argv, environment = ["cmd.exe", "/c", line], self._disk.environment()
        if '"' in line:
            argv, environment["LAB_LINE"] = ["cmd.exe", "/c", "cmd.exe", "/c", "%LAB_LINE%"], line
        return processes.run(self._argv(argv), stdin=stdin, env=environment, cwd=self._profile())

    def serve_remoting(self) -> subprocess.Popen[bytes]:
        """Start PowerShell's own remoting server in the user's profile; it speaks over stdin and stdout."""
        return subprocess.Popen(
            self._argv(["powershell.exe", "-s"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._disk.environment(),
            cwd=self._profile(),
            start_new_session=True,
        )

    def _profile(self) -> pathlib.Path:
        users = self._prefix / "drive_c" / "users"
        return next(folder for folder in users.iterdir() if folder.name != "Public")

    def _program(self, command: list[str]) -> None:
        """Run a program that must succeed. Raises RuntimeError with what it said."""
        done = ProcessGroup().run(self._argv(command), env=self._disk.environment())
        if done.exit_code != 0:
            said = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
            raise RuntimeError(f"{' '.join(command)} on {self._host.name} ended with {done.exit_code}: {said}")

    def _argv(self, command: list[str]) -> list[str]:
        """Put a command on the host, under the host's own computer name where this user may set one."""
        argv = as_user([PROGRAM, *command])
        if os.getuid() != 0:
            return argv
        named = 'hostname "$1" && shift && exec "$@"'
        return ["unshare", "--uts", "sh", "-c", named, "sh", self._host.computer_name, *argv]
