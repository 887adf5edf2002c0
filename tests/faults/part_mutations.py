# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What chance, or somebody who can compute digests, may have made of the four documents of a part."""

from __future__ import annotations

import collections.abc as c
import hashlib
import json
import random
import typing as t

Record = dict[str, bytes]
"""The documents by name: set.json, part.json, files.jsonl, manifest.sha256."""

FILES, MANIFEST, PART, SEAL = "files.jsonl", "manifest.sha256", "part.json", "set.json"
NAMES = (FILES, MANIFEST, PART, SEAL)

HOSTILE = (
    "..", "../x", "../../../x", "sub/../../x", "./a.txt", "a//b", "a.txt/", "/etc/passwd", "//server/share/x", "",
    "C:\\x", "C:x", "C:/x", "\\\\server\\share\\x", "\\\\?\\C:\\x", "\\\\.\\PhysicalDrive0", "\\??\\C:\\x",
    "nul", "CON", "aux.txt", "com1.log", "COM\u00b9", "lpt9 .txt", "conin$", "a.txt:stream", "a.txt::$DATA",
    "dot.", "blank ", "...", "\0", "a\0b", "line\nbreak", "carriage\rreturn", "tab\t", "half\ud800", "\udc00half",
    "A.TXT", "\u212a", "stra\u00dfe", "\u202egnp", "x" * 256, "x" * 70_000, "/".join("x" * 400), "\ufeffa.txt",
)  # fmt: skip
"""Paths that must not be followed, or name nothing that is there."""

ON_DISK = ("nul", "CON", "aux.txt", "com1.log", "lpt9 .txt", "a.txt:stream", "dot.", "blank ", "line\nbreak", "tab\t")
"""Names that the lab's disk can hold and that mean something else on Windows."""

NUMBERS = ("-1", "0.5", "1e308", "1e999", "-1e999", "9" * 400, "00", "+1", "1.", "0x1", "NaN", "Infinity")
NUMBERS += tuple(str(2**power - less) for power in (31, 32, 53, 63, 64) for less in (0, 1))


class Mutation(t.NamedTuple):
    """A changed record. clever: every digest and count above the change was made right again."""

    what: str
    record: Record
    clever: bool


def mutated(record: Record, chance: random.Random) -> Mutation:
    """Return one mutation of a sound record."""
    name = chance.choice(NAMES)
    mutate = chance.choice(BY_TEXT + (BY_LINE if name in (FILES, MANIFEST) else BY_MEMBER))
    clever = name != SEAL and chance.random() < 0.6
    changed = dict(record)
    for dummy in range(chance.choice((1, 1, 1, 2, 5))):
        changed[name] = mutate(changed[name], chance)
    if chance.random() < 0.2:
        mutate, changed = _renamed, _renamed(record, chance)
        name, clever = "both lists", True
    what = f"{mutate.__name__[1:]} in {name}"
    if not clever:
        return Mutation(what, changed, clever)
    return Mutation(what, resealed(changed if name == PART else redone(changed)), clever)


def redone(record: Record) -> Record:
    """Make part.json agree with the lists, as far as they can still be read."""
    document = json.loads(record[PART])
    document["files_sha256"] = _digest(record[FILES])
    document["manifest_sha256"] = _digest(record[MANIFEST])
    try:
        entries = [json.loads(line) for line in record[FILES].splitlines()]
        sizes = [entry["size"] for entry in entries if entry["kind"] == "file"]
        document.update(files=len(sizes), directories=len(entries) - len(sizes), bytes=sum(sizes))
    except (ValueError, TypeError, KeyError, RecursionError):
        pass  # No count would be right.
    return {**record, PART: json.dumps(document).encode()}


def resealed(record: Record) -> Record:
    """Make the seal stand for part.json."""
    seal = json.loads(record[SEAL])
    for part in seal["parts"]:
        part["part_sha256"] = _digest(record[PART])
    return {**record, SEAL: json.dumps(seal).encode()}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# ---- of any text


def _flip(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) or 1)
    return content[:at] + bytes([(content + b"x")[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]


def _truncate(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.choice((0, 1, len(content) - 1, chance.randrange(len(content) + 1)))]


def _cut(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + content[at + chance.randrange(40) :]


def _insert(content: bytes, chance: random.Random) -> bytes:
    pieces = (b"\0", b"\r", b"\n", b"\\", b'"', b" ", b"\xff", b"\xef\xbb\xbf", b"{" * 5000, b"[" * 100_000, b"\\u0000")
    at = chance.choice((0, len(content), chance.randrange(len(content) + 1)))
    return content[:at] + chance.choice(pieces) + content[at:]


def _number(content: bytes, chance: random.Random) -> bytes:
    digits = [at for at, byte in enumerate(content) if 48 <= byte < 58 and content[at - 1 : at] in (b":", b" ")]
    if not digits:
        return _flip(content, chance)
    start = end = chance.choice(digits)
    while content[end : end + 1].isdigit():
        end += 1
    return content[:start] + chance.choice(NUMBERS).encode() + content[end:]


def _text(content: bytes, chance: random.Random) -> bytes:
    """Another text between two quotes."""
    quotes = [at for at, byte in enumerate(content) if byte == 34]
    if len(quotes) < 2:
        return _flip(content, chance)
    first = chance.randrange(len(quotes) - 1)
    hostile = json.dumps(chance.choice(HOSTILE)).encode()
    return content[: quotes[first]] + hostile + content[quotes[first + 1] + 1 :]


# ---- of lists


def _duplicate(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True) or [b"\n"]
    at = chance.randrange(len(lines))
    return b"".join([*lines[: at + 1], *lines[at:]])


def _swap(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True) or [b"\n"]
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _remove(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(lines) if not lines else b"".join(lines[: (at := chance.randrange(len(lines)))] + lines[at + 1 :])


# ---- of documents


def _member(content: bytes, chance: random.Random) -> bytes:
    """Another value, of any type, for any member at any depth."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return _flip(content, chance)
    places: list[tuple[t.Any, t.Any]] = []
    waiting = [document]
    while waiting:
        one = waiting.pop()
        keys: c.Iterable[t.Any] = one.keys() if isinstance(one, dict) else range(len(one))
        places += [(one, key) for key in keys]
        waiting += [one[key] for key in keys if isinstance(one[key], (dict, list))]
    if not places:
        return _flip(content, chance)
    holder, key = chance.choice(places)
    values = (None, True, [], {}, [{}], [None], [[]], 0, -1, 2**63, {"a": 1}, chance.choice(HOSTILE), holder[key])
    holder[key] = chance.choice(values)
    if chance.random() < 0.2 and isinstance(holder, list):
        holder.append(holder[key])
    return json.dumps(document).encode()


def _repeated_member(content: bytes, chance: random.Random) -> bytes:
    at = content.find(b"{") + 1
    return (
        content[:at] + b'"schema": 1, "' + chance.choice((b"state", b"details", b"parts")) + b'": null, ' + content[at:]
    )


def _details(content: bytes, chance: random.Random) -> bytes:
    """What the controller left in part.json, which the agent gives back as it is."""
    return content.replace(b'"details":null', b'"details":{"a":' + chance.choice(NUMBERS).encode() + b"}")


BY_TEXT = (_flip, _truncate, _cut, _insert, _number, _text)
BY_LINE = (_duplicate, _swap, _remove)
BY_MEMBER = (_member, _member, _member, _repeated_member, _details)


# ---- of both lists together


def _renamed(record: Record, chance: random.Random) -> Record:
    """Another path for a file in both lists, or one file more; both in order."""
    entries = [json.loads(line) for line in record[FILES].splitlines()]
    rows = dict(reversed(line.split("  ", 1)) for line in record[MANIFEST].decode().splitlines())
    entry = dict(chance.choice([one for one in entries if one["kind"] == "file"]))
    path = chance.choice(HOSTILE)
    digest = rows[entry["path"]]
    if chance.random() < 0.5:
        entries = [one for one in entries if one["path"] != entry["path"]]
        del rows[entry["path"]]
    entry["path"] = path if chance.random() < 0.3 else f"data/{path}"
    return {**record, **lists([*entries, entry], {**rows, entry["path"]: digest})}


def lists(entries: list[dict[str, t.Any]], digests: dict[str, str]) -> Record:
    """Return both lists of these entries, in the order of the paths as Windows compares them."""
    entries = sorted(entries, key=lambda one: str(one["path"]).encode("utf-16-be", "surrogatepass"))
    names = [one["path"] for one in entries if one["kind"] == "file"]
    return {
        FILES: "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in entries).encode(),
        MANIFEST: "".join(_row(name, digests[name]) for name in names).encode("utf-8", "surrogatepass"),
    }


def _row(path: str, digest: str) -> str:
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == path else chr(92)}{digest}  {escaped}\n"
