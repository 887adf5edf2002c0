# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The export by ldifde.exe: its arguments, and the check of its result.

It runs on a server, with the logon of the connection. The result is checked by the exit code, the file and numbers. The
program's messages are in the language of that Windows, so they are quoted and not interpreted.
"""

from __future__ import annotations

import codecs
import collections.abc as c
import io
import itertools
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import GUID, ordered
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import LdifError
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.reader import records
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    PAGE_SIZE,
    DirectoryError,
    Entry,
)

PROGRAM: t.Final = "%SystemRoot%\\System32\\ldifde.exe"
"""The host knows where its Windows is."""
EXPORT: t.Final = "export.ldf"
ERRORS: t.Final = "ldif.err"
SID: t.Final = "objectSid"
COLLECT: t.Final = (EXPORT, ERRORS)
"""Files of the working folder that ``judge`` needs."""

WORK: t.Final = "{work}"
"""Placeholder for the program's working folder in an argument (the agent's operation ``run``)."""

_QUOTED = 8_000
_LINES_OF_THE_COUNT = 3
# A logon that did not reach the domain controller, by number: ERROR_LOGON_FAILURE (0x52e, 1326),
# ERROR_NOT_AUTHENTICATED (0x4dc, 1244), ERROR_DS_OPERATIONS_ERROR (0x2020, 8224: AD's answer to a search without a
# bind), LDAP's invalidCredentials (0x31), and SSPI's own (0x80090300 to 0x8009035f). Source: MS-ERREF 2.1 and 2.2. A
# plain number may be part of any count, name or path, so it counts only at the end of a line.
_NO_LOGON = re.compile(
    r"\b(?:0x0*(?:52e|4dc|2020|31)|0000(?:052e|04dc|2020)|data 52e|(?:0x)?800903[0-5][0-9a-f])\b"
    r"|(?:^|[\s:(])(?:1326|1244|8224)\)?\.?[ \t\r]*$",
    re.IGNORECASE | re.MULTILINE,
)
_DN = re.compile(r"^dn:", re.MULTILINE | re.IGNORECASE)
# "extensionData;range=0-1499: ...": the program does not ask for the rest (MS-ADTS 3.1.1.3.1.3.3).
_RANGE = re.compile(r"^([A-Za-z][A-Za-z0-9-]*);range=[0-9]+-(?:[0-9]+|\*):", re.MULTILINE | re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+")


def arguments(
    server: str, base: str, filter_text: str, attributes: c.Sequence[str], operation_seconds: int
) -> list[str]:
    """Return the arguments of one export over all groups.

    ``-u``: UTF-16, with a mark. ``-h``: encrypted by SASL. ``-w``: seconds that the server may take for an answer.
    ``-j``: folder of its logs. Paging stays on (no ``-g``), binary values are included (no ``-n``), and there is no
    name and password (no ``-b``).

    Raises ValueError for values that would change the meaning of the arguments: invalid names of attributes,
    ``{work}``.
    """
    return _arguments(server, base, "Subtree", filter_text, (GUID, *ordered(attributes)), operation_seconds)


def domain_arguments(server: str, base: str, operation_seconds: int) -> list[str]:
    """Return the arguments that read only the domain object, which identifies the domain. base: its DN.

    Raises ValueError.
    """
    return _arguments(server, base, "Base", "(objectClass=*)", (GUID, SID), operation_seconds)


def _arguments(
    server: str, base: str, scope: str, filter_text: str, names: c.Sequence[str], operation_seconds: int
) -> list[str]:
    for value in (server, base, filter_text):
        if not value or WORK in value or "\0" in value:
            raise ValueError(f"{value!r} cannot be an argument of ldifde: it is empty, or has {WORK} in it.")
    return [
        *("-f", f"{WORK}\\{EXPORT}"),
        *("-s", server),
        *("-d", base),
        *("-p", scope),
        *("-r", filter_text),
        *("-l", ",".join(names)),
        *("-j", WORK),
        *("-w", str(operation_seconds)),
        "-u",
        "-h",
    ]


def judge(
    server: str, exit_code: int, files: c.Mapping[str, bytes | None], output: str, *, whole_output: bool = True
) -> c.Iterator[list[Entry]]:
    """Return the pages of an export that succeeded, names of attributes in lower case.

    server: the one in the program's arguments. files: content by name, None for a missing file. output: what the
    program printed. whole_output: False if a part of that is missing.

    Raises DirectoryError before the first page if the program failed or the file is incomplete, and at a page if the
    file cannot be read there. The pages before an error are never the whole result.
    """
    said = "\n".join(part.strip() for part in (_text(files.get(ERRORS) or b""), output) if part.strip())
    content = files.get(EXPORT)
    if exit_code != 0 or _text(files.get(ERRORS) or b"").strip():
        raise _failed(server, exit_code, said)
    if content is None:
        raise _refused(server, "ldifde_no_file", "It ended with code 0, but there is no file", said)
    text = _text(content)
    count = len(_DN.findall(text))
    if not count:
        raise _refused(server, "ldifde_empty", "It ended with code 0, but the file has no entry", said)
    if not text[-4:].replace("\r\n", "\n").endswith("\n\n"):
        raise _refused(server, "ldifde_cut", "The file does not end with an empty line: its end is missing", said)
    numbers = _numbers_at_the_end(output) if whole_output else set()
    if numbers and count not in numbers:
        raise _refused(
            server, "ldifde_cut", f"The file has {count} entries, and the program names another number", said
        )
    if some := _RANGE.search(text):
        raise DirectoryError(
            "range",
            f"The export by ldifde from {server} failed",
            f"The server returned only a part of the values of {some[1]}, and ldifde does not ask for the rest",
            "Use the engine ldap, which does. Or leave the attribute out of the attributes.",
        )
    return _pages(server, content, count)


def _pages(server: str, content: bytes, count: int) -> c.Iterator[list[Entry]]:
    """Read the file. Raises DirectoryError."""
    read = 0
    found = records(io.BytesIO(content))
    while True:
        try:
            page = list(itertools.islice(found, PAGE_SIZE))
        except LdifError as problem:
            raise _refused(server, "ldifde_file", str(problem), "") from None
        if not page:
            break
        for record in page:
            if record.changetype != "add":
                raise _refused(server, "ldifde_file", f"Line {record.line}: it is not a record of an export", "")
        read += len(page)
        yield [(record.dn, record.attributes) for record in page]
    if read != count:
        raise _refused(
            server, "ldifde_file", f"{count} lines of the file begin with dn:, and {read} records were read", ""
        )


def _numbers_at_the_end(output: str) -> set[int]:
    """Return the numbers in the last lines of the program's output, where it reports how many entries it wrote.

    This works in any language. Empty if these lines have no number.
    """
    lines = [line for line in output.splitlines() if line.strip()][-_LINES_OF_THE_COUNT:]
    return {int(number) for number in _NUMBER.findall("\n".join(lines)) if len(number) < 10}


def _text(content: bytes) -> str:
    """Decode a file of ldifde: UTF-16 with a mark, UTF-8, else Western European. Never fails."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _failed(server: str, exit_code: int, said: str) -> DirectoryError:
    cause = f"It ended with code {exit_code}"
    if _NO_LOGON.search(f"{said}\n0x{exit_code:x}"):
        return DirectoryError(
            "second_hop",
            f"ldifde could not log on to {server}",
            _with_output(cause, said),
            "The logon of a connection to a server is not passed on to another computer (second hop). Use CredSSP, or "
            "Kerberos with delegation, which pass it on. Or use the engine ldap, which reads from the controller.",
        )
    return _refused(server, "ldifde_failed", cause, said)


def _refused(server: str, code: str, cause: str, said: str) -> DirectoryError:
    return DirectoryError(
        code,
        f"The export by ldifde from {server} failed",
        _with_output(cause, said),
        "Read the message of the program, or use the engine ldap.",
    )


def _with_output(cause: str, said: str) -> str:
    quoted = said if len(said) <= _QUOTED else f"{said[:_QUOTED]}... ({len(said)} characters)"
    return f"{cause}. It said: {quoted}" if quoted else cause
