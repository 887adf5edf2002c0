# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent as it is sent: its C# files joined into one source."""

from __future__ import annotations

import base64
import collections.abc as c
import dataclasses
import functools
import gzip
import hashlib
import pathlib
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.parts import needed
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.script import (
    AGENT,
    packed_request,
    script_input,
)

AGENT_FOLDER = pathlib.Path(__file__).parents[1] / "agent"
NAMESPACE = "IdentityOpsAgent"

# Left out of what is sent, like indentation and redundant words; the lines keep their numbers. A comment after code is
# left out if it has no quotation mark; no text of the agent continues on another line.
_TRAILING_COMMENT = re.compile(r"\s+//[^\"]*$")
_DEFAULT_ACCESS = re.compile(r"^private (?!set|get)")  # of a member, because this is the default of C#
# If an operation does not need all files, some fields are not used.
_QUIET = "#pragma warning disable 169, 414, 649\n"
_USING = re.compile(r"using ([\w.= ]+);")


@dataclasses.dataclass(frozen=True)
class AgentSource:
    """One C# source that is ready to be compiled.

    text: the joined source, with the hash in its namespace.
    type_name: full name of the type whose static ``Begin(string, string)`` is called.
    packed: base64 of the gzipped UTF-8 text, without a time stamp.
    """

    text: str
    type_name: str
    packed: str

    def stdin(self, request: c.Mapping[str, t.Any]) -> bytes:
        """Return the stdin with which the bootstrap compiles the agent and runs a request."""
        return script_input(AGENT, [self.packed, self.type_name, packed_request(request)])


def join_source(files: c.Mapping[str, str]) -> AgentSource:
    """Join C# files (name -> text) into one compilation unit.

    The using directives come first, each once. A ``#line`` directive before each file's namespace makes compiler
    errors name the file and its own line. A hash of the joined text becomes part of the namespace: a runspace that
    lives longer than one task refuses a second type of the same name and would otherwise run the older agent.

    Raises ValueError when something other than comments and using directives precedes a file's namespace.
    """
    usings: set[str] = set()
    bodies: list[str] = []
    for name in sorted(files):
        directives, start, body = _split_file(name, files[name])
        usings.update(directives)
        bodies.append(f'#line {start} "{name}"\n{body}\n')
    joined = _QUIET + "".join(f"using {name};\n" for name in sorted(usings)) + "".join(bodies)
    unique = f"{NAMESPACE}_{hashlib.sha256(joined.encode('utf-8')).hexdigest()[:16]}"
    text = re.sub(rf"^namespace {NAMESPACE}\b", f"namespace {unique}", joined, flags=re.MULTILINE)
    packed = base64.b64encode(gzip.compress(text.encode("utf-8"), mtime=0)).decode("ascii")
    return AgentSource(text=text, type_name=f"{unique}.Program", packed=packed)


# The sources of all operations have most files in common.
@functools.cache
def _split_file(name: str, text: str) -> tuple[set[str], int, str]:
    """Split a file into its using directives, the number of its namespace line, and the text from there on."""
    directives: set[str] = set()
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if line.startswith("namespace "):
            return directives, number, "\n".join(map(_shortened, lines[number - 1 :]))
        directive = _USING.fullmatch(line.strip())
        if directive:
            directives.add(directive[1])
        elif line.strip() and not line.startswith("//"):
            raise ValueError(f"{name}({number}): only comments and using directives may precede the namespace: {line}")
    raise ValueError(f"{name}: has no namespace")


def _shortened(line: str) -> str:
    if line.lstrip().startswith("//"):
        return ""
    return _DEFAULT_ACCESS.sub("", _TRAILING_COMMENT.sub("", line).strip())


@functools.cache
def agent_files() -> c.Mapping[str, pathlib.Path]:
    """Return the shipped agent's files by their names, in that order, from all of its folders.

    Raises ValueError when there are none, or two of one name: they are sent and replaced only by name.
    """
    found = sorted(AGENT_FOLDER.rglob("*.cs"), key=lambda path: path.name)
    files = {path.name: path for path in found}
    if not files or len(files) < len(found):
        raise ValueError(f"{AGENT_FOLDER} has {len(found)} C# files with {len(files)} names")
    return files


@functools.cache
def agent_source(*operations: str) -> AgentSource:
    """Return the shipped agent, as far as some operations need it; without operations, all of it."""
    files = {name: path.read_text(encoding="utf-8") for name, path in agent_files().items()}
    return join_source(needed(files, operations) if operations else files)
