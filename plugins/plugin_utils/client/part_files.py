# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that travel between the controller and a part of a set, and programs that run on the host: calls to the agent.

64 MB before compression at most, in either direction; the agent refuses more by name.
"""

from __future__ import annotations

import base64
import collections.abc as c
import dataclasses
import gzip
import hashlib
import typing as t
import zlib

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.client import AgentClient
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError

LIMIT = 64 * 1024 * 1024
"""Bytes of a file, as the agent has it."""


@dataclasses.dataclass(frozen=True)
class Place:
    """The folder of a component in a part of a set. Names are checked.

    allow_open_roots: backup roots that are used although others can change them.
    """

    root: str
    deployment: str
    set_id: str
    part: str
    component: str
    allow_open_roots: list[str] = dataclasses.field(default_factory=list)

    def request(self, operation: str, **fields: t.Any) -> dict[str, t.Any]:
        """Return a request about it."""
        return {"operation": operation, **dataclasses.asdict(self), **fields}


@dataclasses.dataclass(frozen=True)
class StoredFile:
    """A file of a part, checked by the agent against the part's manifest.

    sealed: whether the set is. details: what the part's record stores about its files.
    """

    content: bytes
    sealed: bool
    details: dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class ProgramResult:
    """A program that ended by itself.

    files: the requested ones, by name; None for one that does not exist. truncated: whether some of its output is
      missing.
    """

    exit_code: int
    stdout: str
    stderr: str
    truncated: bool
    files: dict[str, bytes | None]


def put_file(client: AgentClient, place: Place, name: str, content: bytes) -> None:
    """Write a file into an unfinished part. An existing file with the same content is kept.

    Raises AgentCallError.
    """
    packed = base64.b64encode(gzip.compress(content, mtime=0)).decode("ascii")
    digest = hashlib.sha256(content).hexdigest()
    client.ask(place.request("put", name=name, content=packed, bytes=len(content), sha256=digest))


def get_file(client: AgentClient, place: Place, name: str, seal_sha256: str | None = None) -> StoredFile:
    """Read a file of a complete part.

    seal_sha256: of the set's seal, whose signature was checked. None: any seal.
    Raises AgentCallError: also for an unfinished part, and for one that differs from its record or the set's seal.
    """
    answer = client.ask(place.request("get", name=name, seal_sha256=seal_sha256))
    return StoredFile(_unpacked(answer, name), answer["sealed"], answer["details"] or {})


def run_program(
    client: AgentClient, program: str, arguments: c.Sequence[str], time_limit: int, collect: c.Sequence[str]
) -> ProgramResult:
    """Run a program that only reads, by its full path, as the connection's user; in check mode too.

    time_limit: seconds, after which it is ended. collect: names of files that it leaves in its working folder,
    ``{work}`` in an argument.

    Raises AgentCallError, also if it was ended.
    """
    request = {
        "operation": "run",
        "check": False,
        "program": program,
        "arguments": list(arguments),
        "time_limit": time_limit,
        "collect": list(collect),
    }
    answer = client.ask(request)
    files = {name: None if file is None else _unpacked(file, name) for name, file in answer["files"].items()}
    return ProgramResult(answer["exit_code"], answer["stdout"], answer["stderr"], answer["output_truncated"], files)


def _unpacked(packed: c.Mapping[str, t.Any], name: str) -> bytes:
    """Unpack a file, and check it once more, because it came over a network.

    Never uses more memory than the limit. Raises AgentCallError.
    """
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = stream.decompress(base64.b64decode(packed["content"], validate=True), LIMIT + 1)
    except (ValueError, zlib.error) as error:
        raise _unusable(name, "content_differs", f"What arrived cannot be unpacked: {error}") from error
    if len(content) > LIMIT:
        raise _unusable(name, "too_large", f"It has more than {LIMIT:,} bytes")
    if not stream.eof or hashlib.sha256(content).hexdigest() != packed["sha256"]:
        raise _unusable(name, "content_differs", "It arrived with another SHA-256 than it was sent with")
    return content


def _unusable(name: str, code: str, cause: str) -> AgentCallError:
    return AgentCallError(Failure(code=code, what=f"The file {name} was not used", cause=cause, next="Run again."))
