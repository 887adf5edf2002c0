# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for ldifde.exe, started as the agent starts it."""

from __future__ import annotations

import collections.abc as c
import io
import pathlib
import subprocess
import typing as t

import ldif
import pytest
from unit.lab.directory.conftest import FILTER

from lab.directory import ldifde
from lab.directory.groups import ATTRIBUTES, Made
from lab.directory.ldifde import Account
from lab.directory.slapd import Slapd

EXPORT = ["-f", "export.ldf", "-s", "dc01.corp.example", "-p", "Subtree", "-r", FILTER, "-h", "-w", "60", "-j", "."]
EXPORT += ["-l", ",".join(["objectGUID", *ATTRIBUTES])]


# More than a page.
GROUPS = Made(1100)


class Host:
    """A host's drive C with the program, and a folder to run it in."""

    def __init__(self, server: Slapd, root: pathlib.Path) -> None:
        self.drive = root / "web01" / "C"
        self.work = self.drive / "work"
        self.work.mkdir(parents=True)
        servers = ("dc01.corp.example", "127.0.0.1")
        account = Account(server.uri, server.bind_dn, server.password, str(server.ca_file), server.base, servers)
        self.program = ldifde.install(self.drive, account)

    def run(self, *arguments: str, timeout: float = 60) -> tuple[int, str]:
        done = subprocess.run(
            [str(self.program), *arguments], cwd=self.work, env={"PATH": "/usr/bin:/bin"}, capture_output=True,
            timeout=timeout, check=False,
        )  # fmt: skip
        assert done.stderr == b""
        return done.returncode, done.stdout.decode("cp850")

    def content(self, name: str = "export.ldf") -> bytes:
        return (self.work / name).read_bytes()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    with Slapd(tmp_path_factory.mktemp("slapd"), groups=GROUPS) as running:
        yield running


@pytest.fixture
def host(server: Slapd, tmp_path: pathlib.Path) -> Host:
    return Host(server, tmp_path)


def parsed(content: bytes) -> dict[bytes, dict[str, set[bytes]]]:
    """Read a file with python-ldap's reader: attributes by objectGUID."""
    reader = ldif.LDIFRecordList(io.BytesIO(content))
    reader.parse()
    found: dict[bytes, dict[str, set[bytes]]] = {}
    for dn, attributes in reader.all_records:
        assert attributes.pop("changetype") == [b"add"]
        [guid] = attributes.pop("objectGUID")
        found[guid] = {"dn": {dn.encode()}} | {name: set(values) for name, values in attributes.items()}
    return found


def held(server: Slapd) -> dict[bytes, dict[str, set[bytes]]]:
    return {
        guid: {"dn": {dn.encode()}} | {name: set(values) for name, values in attributes.items()}
        for guid, (dn, attributes) in server.groups().items()
    }


def test_ansi_holds_every_group_in_ascii_lines(server: Slapd, host: Host) -> None:
    code, said = host.run(*EXPORT)
    assert code == 0, said
    assert said.startswith('Connecting to "dc01.corp.example"\r\nLogging in as current user using SSPI\r\n')
    assert said.endswith(f"{GROUPS.count} entries exported\r\n\r\nThe command has completed successfully\r\n")
    content = host.content()
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n")
    assert max(map(len, content.split(b"\r\n"))) <= 80
    assert b"\r\n " in content
    assert content.count(b"\r\nchangetype: add\r\n") == GROUPS.count
    assert parsed(content) == held(server)
    assert host.content("ldif.log").decode("cp1252") == said
    assert not (host.work / "ldif.err").exists()


def test_unicode_holds_text_as_it_is(server: Slapd, host: Host) -> None:
    assert host.run(*EXPORT, "-U")[0] == 0
    content = host.content()
    assert content[:2] == b"\xff\xfe"
    text = content.decode("utf-16")
    assert "dn: cn=Größenänderung Übersicht,OU=" in text
    assert parsed(text.encode()) == held(server)
    assert host.content("ldif.log")[:2] == b"\xff\xfe"


def test_german_says_the_same_in_other_words(server: Slapd, host: Host) -> None:
    ldifde.change(host.drive, language="de")
    code, said = host.run(*EXPORT)
    assert code == 0
    assert f"{GROUPS.count} Einträge wurden exportiert." in said
    assert "entries" not in said
    assert parsed(host.content()) == held(server)


def test_switches_are_read_as_windows_programs_read_them(host: Host) -> None:
    code, said = host.run(
        "/F", r"C:\work\x.ldf", "/D", "OU=Gruppen,DC=corp,DC=example", "/P", "OneLevel", "/R", "(cn=a*)"
    )
    assert code == 0, said
    assert b"dn: " not in host.content("x.ldf")
    assert "No Entries found" in said
    assert host.run("-f", "y.ldf", "-l", "objectGUID,extensionData", "-n")[0] == 0
    assert b"objectGUID:" not in host.content("y.ldf")
    for wrong in (
        ["-s", "x"],
        ["-f", "x", "-b", "user", "domain", "secret"],
        ["-f", "x", "-i"],
        ["-f", "x", "-p", "all"],
    ):
        code, said = host.run(*wrong)
        assert (code, said.split("\r\n")[0][:18]) == (1, "Invalid Parameter:")


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    ("fault", "arguments", "number"),
    [
        ("logon", [], "0x52e"),
        ("second_hop", [], "00002020"),
        ("", ["-r", "(&(objectClass=group)"], "0x57"),
        ("", ["-s", "elsewhere"], "0x203a"),
        ("", ["-d", "DC=elsewhere"], ""),
    ],
)
def test_a_failure_has_a_code_a_log_and_no_records(
    host: Host, language: str, fault: str, arguments: list[str], number: str
) -> None:
    ldifde.change(host.drive, language=language, fault=fault)
    code, said = host.run(*EXPORT, *arguments)
    assert code != 0
    assert number in said
    assert host.content("ldif.err").decode("cp1252").strip() in said
    left = host.work / "export.ldf"
    assert not left.exists() or left.read_bytes() == b""


def test_a_wrong_password_of_the_account(host: Host) -> None:
    ldifde.change(host.drive, password="wrong")
    code, said = host.run(*EXPORT)
    assert (code != 0, "0x52e" in said, "wrong" in said) == (True, True, False)


def test_success_that_is_none(host: Host) -> None:
    ldifde.change(host.drive, fault="empty")
    assert host.run(*EXPORT)[0] == 0
    assert host.content() == b""
    ldifde.change(host.drive, fault="")
    assert host.run(*EXPORT)[0] == 0
    whole = host.content()
    ldifde.change(host.drive, fault="truncated")
    assert host.run(*EXPORT)[0] == 0
    assert whole.startswith(host.content())
    assert 0 < len(host.content()) < len(whole)
    ldifde.change(host.drive, fault="short")
    code, said = host.run(*EXPORT)
    assert (code, f"{GROUPS.count} entries exported" in said) == (0, True)
    assert host.content().count(b"changetype: add\r\n") == GROUPS.count - 1
    ldifde.change(host.drive, fault="noise")
    code, said = host.run(*EXPORT)
    assert (code, len(said) > 1_000_000, host.content()) == (0, True, whole)
    ldifde.change(host.drive, fault="hang")
    with pytest.raises(subprocess.TimeoutExpired):
        host.run(*EXPORT, timeout=2)


def test_the_password_is_for_the_owners_eyes(host: Host, server: Slapd) -> None:
    [settings] = [file for file in host.program.parent.iterdir() if file != host.program]
    assert settings.stat().st_mode & 0o077 == 0
    assert server.password not in host.program.read_text()
    fields: dict[str, t.Any] = {"uri": "", "bind_dn": "", "password": "secret"}
    assert "secret" not in repr(Account(**fields))
