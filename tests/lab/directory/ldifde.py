# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for ldifde.exe: its switches, its messages and its files, served from a directory of the lab.

Switches and messages are those of Microsoft's pages and of public transcripts, English and German; so are CRLF,
``changetype: add``, the empty line, base64 for what a line cannot hold, and UTF-16 with a byte order mark by ``-u``.
Not confirmed against the real program, so nothing may be judged by them: the column at which lines fold, the wording of
failures, what is left of the file after one, and exit codes beyond zero or not.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shlex
import sys
import time

from lab.directory import ldifde_export, ldifde_messages
from lab.directory.ldifde_export import ExportError
from lab.directory.ldifde_messages import Messages

TESTS = pathlib.Path(__file__).resolve().parents[2]
PLACE = pathlib.PurePosixPath("Windows/System32/ldifde.exe")
FAULTS = ("logon", "second_hop", "empty", "no_file", "truncated", "short", "hang", "noise", "children", "range")

_WITH_VALUE = frozenset("fsdprlojtwq")
_WITHOUT_VALUE = frozenset("umngkvhxyez1i")
_HANG_SECONDS = 3600.0


@dataclasses.dataclass(frozen=True)
class Account:
    """The directory as the host's own account comes to it, and how the program behaves on this host.

    uri, bind_dn, password, ca_file: the connection. base: the default naming context.
    servers: what ``-s`` may name, the first is the default; any when there is none.
    language: "en" or "de". fault: one of FAULTS, or empty. ``children``: the program follows a reference to a child
      domain, as Windows' LDAP library does by default (LDAP_OPT_REFERRALS). ``range``: the server gives some of the
      values of an attribute for a start, and the program leaves it at that. ``no_file``: nothing matches, and no file
      is made.
    """

    uri: str
    bind_dn: str
    password: str = dataclasses.field(repr=False)
    ca_file: str = ""
    base: str = "DC=corp,DC=example"
    servers: tuple[str, ...] = ()
    language: str = "en"
    fault: str = ""


@dataclasses.dataclass(frozen=True)
class Options:
    """A command line, read."""

    file: str
    server: str | None
    base: str | None
    filter: str
    scope: str
    attributes: tuple[str, ...]
    omitted: frozenset[str]
    log_folder: str | None
    unicode: bool
    paged: bool
    binary: bool


class UsageError(Exception):
    """The command line is not one of ldifde's."""


def install(drive_c: pathlib.Path, account: Account) -> pathlib.Path:
    """Put the program, and the account that it runs as, on a host's drive C; give its path."""
    program = drive_c / PLACE
    program.parent.mkdir(parents=True, exist_ok=True)
    settings = _settings(program)
    settings.touch(mode=0o600)
    settings.write_text(json.dumps(dataclasses.asdict(account)), encoding="utf-8")
    start = f"{shlex.quote(sys.executable)} -m lab.directory.ldifde"
    script = f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(TESTS))} exec {start} "$0" "$@"\n'
    program.write_text(script, encoding="utf-8")
    program.chmod(0o755)
    return program


def change(drive_c: pathlib.Path, **changes: str) -> None:
    """Change the language, the fault or another field of a host's account."""
    program = drive_c / PLACE
    account = Account(**json.loads(_settings(program).read_text(encoding="utf-8")))
    install(drive_c, dataclasses.replace(account, **changes))


def parse(arguments: list[str]) -> Options:
    """Read a command line: ``-x`` or ``/x`` in any case. Raises UsageError."""
    given: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        switch = rest.pop(0)
        letter = switch[1:].lower()
        if switch[:1] not in ("-", "/") or len(letter) != 1:
            raise UsageError(switch)
        if letter in _WITH_VALUE:
            if not rest:
                raise UsageError(switch)
            given[letter] = rest.pop(0)
        elif letter in _WITHOUT_VALUE:
            given[letter] = ""
        else:
            # -c, -a and -b as well: nothing of the lab renames a domain, and a password has no place in a command line.
            raise UsageError(switch)
    if "f" not in given or "i" in given:
        raise UsageError("-f")
    scope = given.get("p", "subtree").lower()
    if scope not in ldifde_export.SCOPES:
        raise UsageError("-p")
    return Options(
        file=given["f"],
        server=given.get("s"),
        base=given.get("d"),
        filter=given.get("r", "(objectClass=*)"),
        scope=scope,
        attributes=tuple(filter(None, given.get("l", "").split(","))),
        omitted=frozenset(name.lower() for name in given.get("o", "").split(",")),
        log_folder=given.get("j"),
        unicode="u" in given,
        paged="g" not in given,
        binary="n" not in given,
    )


def main(program: str, arguments: list[str]) -> int:
    """Run one export and give the exit code."""
    path = pathlib.Path(program).resolve()
    account = Account(**json.loads(_settings(path).read_text(encoding="utf-8")))
    messages = Messages(ldifde_messages.TEXTS[account.language])
    try:
        options = parse(arguments)
    except UsageError as error:
        messages.say("usage", str(error))
        messages.print()
        return 1
    try:
        _export(path, account, options, messages)
        code = 0
    except ExportError as error:
        messages.fail(error.text)
        code = error.code
    messages.print()
    if options.log_folder is not None:
        messages.write(_on_host(path, options.log_folder), unicode=options.unicode)
    return code


def _export(program: pathlib.Path, account: Account, options: Options, messages: Messages) -> None:
    server = options.server or (account.servers[0] if account.servers else account.uri)
    messages.say("connecting", server)
    if account.servers and server.lower() not in [name.lower() for name in account.servers]:
        raise ExportError(messages.text("no_server"), 8250)
    messages.say("logon")
    if account.fault == "logon":
        raise ExportError(messages.text("logon_failed"), 1326)
    if account.fault == "hang":
        time.sleep(_HANG_SECONDS)
    messages.say("exporting", options.file)
    messages.say("searching")
    if account.fault == "second_hop":
        raise ExportError(messages.text("no_bind"), 8224)
    target = _on_host(program, options.file)
    if account.fault == "no_file":
        messages.say("nothing")
        messages.say("done")
        return
    target.write_bytes(b"")
    records = [] if account.fault == "empty" else ldifde_export.records(account, options, messages)
    count = 0
    border = 0
    content = bytearray("\ufeff".encode("utf-16-le") if options.unicode else b"")
    for record in records:
        border = len(content)
        content += record.encode("utf-16-le") if options.unicode else record.encode("ascii")
        count += 1
    if account.fault == "truncated":
        # An even length: half a character would give it away.
        del content[len(content) // 4 * 2 :]
    elif account.fault == "short":
        del content[border:]
    target.write_bytes(content)
    if account.fault == "noise":
        messages.fill()
    messages.say("exported" if count else "nothing", str(count), "." * count)
    messages.say("done")


def _on_host(program: pathlib.Path, path: str) -> pathlib.Path:
    """Return where a path of the host lies: below the folder that holds its drives."""
    drive, colon, rest = path.partition(":")
    if colon and len(drive) == 1:
        drives = program.parents[len(PLACE.parts)]
        return drives / drive.upper() / rest.replace("\\", "/").lstrip("/")
    return pathlib.Path(os.getcwd()) / path.replace("\\", "/")


def _settings(program: pathlib.Path) -> pathlib.Path:
    return program.with_name("ldifde.account.json")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
