# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows' side of a job for a host on Mono: what job.ps1 does there, on folders of the lab.

The same script runs in a real PowerShell engine on Wine, where tests hold both to the same answers.
"""

from __future__ import annotations

import base64
import collections.abc as c
import contextlib
import fcntl
import json
import os
import pathlib
import re
import signal
import stat
import time
import uuid

Translate = c.Callable[[bytes], bytes]

_LOOK = 0.05
_LOOKS_PER_LIFE = 20
_BEGIN_SECONDS = 180
_KILL_SECONDS = 10.0
_LIMIT = 16 * 1024 * 1024


class _FoundError(Exception):
    """The end of a look: code, path and cause."""


class JobLook:
    """One run of job.ps1.

    program_data: the folder that is %ProgramData%. windows: gives the Windows path for one of the lab, and lab the one
    of the lab for one of Windows. translate: of a document on its way to the controller.
    """

    def __init__(
        self,
        program_data: pathlib.Path,
        windows: c.Callable[[str], str],
        translate: Translate,
        lab: c.Callable[[str], str] = str,
    ) -> None:
        self._state = program_data / "identityops.groupid"
        self._windows = windows
        self._lab = lab
        self._translate = translate

    def answer(self, lines: c.Sequence[str]) -> bytes:
        """Return what the script prints."""
        operation, identity, attempt, wait, *own = lines
        for state in own:
            self._state = pathlib.Path(self._lab(base64.b64decode(state).decode()))
        self._folder = self._state / "jobs" / identity
        said = {"path": str(self._folder), "cause": "", "note": "", "result": b"", "state": b"", "failure": b""}
        try:
            self._require_own()
            ended = self._ended(operation, identity, attempt, int(wait) / 1000)
            for name in (*(["result"] if ended else []), "failure", "state"):
                said[name] = b"" if said["result"] else self._read(name)
            if said["result"]:
                said["note"] = self._deliver(attempt)
            code = "ended" if ended else "running"
        except _FoundError as error:
            code, said["path"], said["cause"] = error.args
        except OSError as error:
            code, said["path"], said["cause"] = "system", "", str(error)
            if not self._folder.is_dir():
                code, said["path"] = "job_missing", str(self._folder)
        said["path"] = self._windows(str(said["path"]))
        texts = {
            name: base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode("ascii")
            for name, value in said.items()
        }
        head = {"protocol": 1, "operation": operation, "code": code, "seconds": 0}
        return json.dumps({**head, **texts}, separators=(",", ":")).encode() + b"\r\n"

    def _require_own(self) -> None:
        for path in (self._state, self._state / "jobs", self._folder):
            if not path.is_dir():
                raise _FoundError("job_missing", str(self._folder), "There is none of this id.")
            facts = path.lstat()
            if stat.S_ISLNK(facts.st_mode):
                raise _FoundError("state_owner", str(path), "This is a link, and links are not followed.")
            if facts.st_uid not in (0, os.geteuid()):
                cause = "Its owner is neither SYSTEM nor the group Administrators nor this account."
                raise _FoundError("state_owner", str(path), cause)

    def _ended(self, operation: str, identity: str, attempt: str, wait: float) -> bool:
        """Wait for the end; ask for it, and bring it about, where that is wanted."""
        result = self._folder / "result.json"
        if operation == "cancel" and not result.exists() and not (self._folder / "cancel").exists():
            self._publish("cancel", attempt)
        killed = operation != "cancel" or identity.startswith(("restore-", "quiesce-", "resume-"))
        until = time.monotonic() + wait
        looks = 0
        while not result.exists():
            if looks % _LOOKS_PER_LIFE == 0 and not self._is_alive():
                return True
            looks += 1
            if time.monotonic() >= until:
                if killed:
                    return False
                killed, until, looks = True, time.monotonic() + _KILL_SECONDS, 0
                self._kill()
            time.sleep(_LOOK)
        return True

    def _is_alive(self) -> bool:
        if self._is_held():
            return True
        begun = any((self._folder / f"{name}.json").exists() for name in ("state", "failure"))
        request = self._folder / "request.json"
        if begun or not request.exists():
            return False
        return abs(time.time() - max(request.stat().st_mtime, self._folder.stat().st_mtime)) < _BEGIN_SECONDS

    def _is_held(self) -> bool:
        with contextlib.suppress(FileNotFoundError), (self._folder / "lock").open("rb+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _kill(self) -> None:
        with contextlib.suppress(OSError):
            process = re.search(rb'"process":([0-9]{1,9})', (self._folder / "state.json").read_bytes())
            if process and self._is_held():
                os.kill(int(process[1]), signal.SIGKILL)

    def _read(self, name: str) -> bytes:
        try:
            content = (self._folder / f"{name}.json").read_bytes()
        except FileNotFoundError:
            return b""
        if len(content) > _LIMIT:
            raise OSError("it is too large")
        return self._translate(content)

    def _deliver(self, attempt: str) -> str:
        try:
            if not (self._folder / "delivered").exists():
                self._publish("delivered", json.dumps({"attempt": attempt}) + "\n")
        except OSError as error:
            return str(error)
        return ""

    def _publish(self, name: str, text: str) -> None:
        draft = self._folder / f".{name}.{uuid.uuid4().hex[:8]}.tmp"
        draft.write_text(text, encoding="ascii")
        draft.rename(self._folder / name)
