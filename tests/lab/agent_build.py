# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiles the agent that a request carries, for Mono, with the lab's own files in place of those that call Windows."""

from __future__ import annotations

import collections.abc as c
import hashlib
import pathlib
import re
import shutil

from lab import file_lock
from lab.ahead_of_time import compile_ahead
from lab.processes import ProcessGroup

AGENT_FOLDER = pathlib.Path(__file__).resolve().parents[2] / "plugins" / "plugin_utils" / "agent"
APT_LINE = "apt-get install --no-install-recommends mono-mcs mono-runtime"

_SECTION = re.compile(r'^#line \d+ "([^"]+)"$', re.MULTILINE)
_NAMESPACE = re.compile(r"^namespace IdentityOpsAgent\b", re.MULTILINE)


class CompileError(Exception):
    """The compiler refused the source; the text is its first error."""


def missing_programs() -> list[str]:
    """Name the programs of Mono that this machine lacks."""
    return [program for program in ("mcs", "mono") if shutil.which(program) is None]


def without_windows(source: str, replaced: c.Container[str]) -> str:
    """Drop from a joined source the files that are replaced by name, and those that declare calls into Windows."""
    starts = [*_SECTION.finditer(source)]
    ends = [match.start() for match in starts[1:]] + [len(source)]
    head = source[: starts[0].start()] if starts else source
    sections = ((match[1], source[match.start() : end]) for match, end in zip(starts, ends, strict=True))
    return head + "".join(text for name, text in sections if name not in replaced and "[DllImport(" not in text)


class AgentBuilder:
    """A cache of compiled agents, shared by every lab that uses the same folder.

    cache: folder for the executables, named by the SHA-256 of all that went into them.
    lab_files: C# files of the lab: the POSIX twin of Win32.cs, the program's entry.
    """

    def __init__(self, cache: pathlib.Path, lab_files: c.Sequence[pathlib.Path]) -> None:
        self._cache = cache
        self._lab_files = sorted(lab_files)

    def build(self, source: str, namespace: str, processes: ProcessGroup, env: c.Mapping[str, str]) -> pathlib.Path:
        """Return the executable for a joined source whose namespace is ``namespace``. Raises CompileError."""
        sent = set(_SECTION.findall(source))
        # The twin of a file that does not travel is not needed either, and may lack what it stands on.
        shipped = {file.name for file in AGENT_FOLDER.rglob("*.cs")}
        used = [file for file in self._lab_files if file.name in sent or file.name not in shipped]
        texts = {"agent.cs": without_windows(source, {file.name for file in used})}
        for file in used:
            texts[file.name] = _NAMESPACE.sub(f"namespace {namespace}", file.read_text(encoding="utf-8"))
        digest = hashlib.sha256("\0".join(part for pair in texts.items() for part in pair).encode()).hexdigest()
        executable = self._cache / f"agent-{digest[:32]}.exe"
        if executable.exists():
            return executable
        self._cache.mkdir(parents=True, exist_ok=True)
        with file_lock.held(self._cache / "lock"):
            if not executable.exists():
                self._compile(texts, executable, processes, env)
        return executable

    def _compile(
        self, texts: c.Mapping[str, str], executable: pathlib.Path, processes: ProcessGroup, env: c.Mapping[str, str]
    ) -> None:
        folder = executable.with_suffix(".build")
        folder.mkdir(exist_ok=True)
        try:
            for name, text in texts.items():
                (folder / name).write_text(text, encoding="utf-8")
            options = ["-nologo", "-langversion:5", "-optimize+", "-unsafe", "-r:System", "-out:agent.exe"]
            finished = processes.run(["mcs", *options, *texts], env=env, cwd=folder)
            if finished.exit_code != 0:
                lines = (finished.stdout + finished.stderr).decode("utf-8", "replace").splitlines()
                raise CompileError(next((line for line in lines if " error " in line), "\n".join(lines)))
            # The machine code first: whoever finds the executable may run it.
            compile_ahead(folder / "agent.exe")
            for suffix in (".exe.so", ".exe"):
                if (folder / f"agent{suffix}").exists():
                    (folder / f"agent{suffix}").rename(executable.with_suffix(suffix))
        finally:
            shutil.rmtree(folder)
