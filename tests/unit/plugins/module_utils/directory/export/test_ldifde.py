# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The export by ldifde: what its output is judged by, and that it gives the same files as the export over LDAP."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import itertools
import pathlib
import subprocess
import tempfile

import pytest
from unit.plugins.directories import FILTER, target
from unit.plugins.directory_exports import BASE, export_directory

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export import ldifde
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export import export_pages
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import DirectoryError, Entry
from lab.directory import ldifde as standin
from lab.directory.groups import Made
from lab.directory.samba_server import Samba, why_not
from lab.directory.slapd import Slapd

_SERVER = "dc01.corp.example"
_RECORD = "dn: CN=a,DC=corp\r\nchangetype: add\r\nobjectGUID:: Z2dnZ2dnZ2dnZ2dnZ2dnZw==\r\nextensionData: x\r\n\r\n"
_SAID = 'Connecting to "dc25"\r\nWriting out entries.\r\n1 entries exported\r\n\r\nThe command has completed\r\n'


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    with Slapd(tmp_path_factory.mktemp("slapd"), groups=Made(1300)) as server:
        yield server


@pytest.fixture(scope="module")
def samba(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Samba]:
    if why_not():
        pytest.skip(why_not())
    with Samba(tmp_path_factory.mktemp("samba"), groups=Made(300)) as server:
        yield server


@dataclasses.dataclass(frozen=True)
class Ran:
    """The end of the program. files: as the agent gives them."""

    exit_code: int
    files: dict[str, bytes | None]
    output: str

    def judged(self) -> list[list[Entry]]:
        return list(ldifde.judge(_SERVER, self.exit_code, self.files, self.output))


class Host:
    """A server with the program, as the agent runs it: by full path, in a folder of its own."""

    def __init__(self, folder: pathlib.Path, server: Slapd | Samba) -> None:
        self._folder = folder
        account = standin.Account(server.uri, server.bind_dn, server.password, str(server.ca_file), server.base)
        self.drive = folder / "C"
        self.program = standin.install(self.drive, account)

    def run(self, *, filter_text: str = FILTER, without: str = "", **changes: str) -> Ran:
        standin.change(self.drive, **changes)
        work = pathlib.Path(tempfile.mkdtemp(dir=self._folder))
        arguments = [
            argument.replace("{work}\\", f"{work}/").replace("{work}", str(work))
            for argument in ldifde.arguments(_SERVER, BASE, filter_text, ATTRIBUTES, 60)
            if argument != without
        ]
        done = subprocess.run([self.program, *arguments], cwd=work, capture_output=True, check=False, timeout=60)
        files = {name: (work / name).read_bytes() if (work / name).exists() else None for name in ldifde.COLLECT}
        return Ran(done.returncode, files, done.stdout.decode("cp850"))


@pytest.fixture
def host(tmp_path: pathlib.Path, slapd: Slapd) -> Host:
    return Host(tmp_path, slapd)


@pytest.mark.parametrize(("kind", "groups"), [("slapd", 1300), ("samba", 300)])
def test_both_engines_write_the_same_files(
    tmp_path: pathlib.Path, request: pytest.FixtureRequest, kind: str, groups: int
) -> None:
    server: Slapd | Samba = request.getfixturevalue(kind)
    with contextlib.closing(open_directory(target(server))) as directory:
        ours = export_directory(tmp_path / "ours", directory)
    host = Host(tmp_path, server)
    for language, without in itertools.product(("en", "de"), ("", "-u")):
        ran = host.run(language=language, without=without)
        assert (ran.files[ldifde.EXPORT] or b"").startswith(b"dn:" if without else b"\xff\xfe")
        folder = tmp_path / f"theirs{language}{without}"
        folder.mkdir()
        pages = ldifde.judge(_SERVER, ran.exit_code, ran.files, ran.output)
        theirs = export_pages(pages, ATTRIBUTES, folder, "corp.example")
        assert theirs.exported == ours.exported > 0.8 * groups
        assert theirs.groups == ours.groups >= groups
        assert ours.ldif.path.read_bytes() == theirs.ldif.path.read_bytes()
        assert ours.companion.path.read_bytes() == theirs.companion.path.read_bytes()


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("logon", "second_hop"),
        ("second_hop", "second_hop"),
        ("empty", "ldifde_empty"),
        ("no_file", "ldifde_no_file"),
        ("truncated", "ldifde_cut"),
    ],
)
def test_what_goes_wrong_is_named_in_any_language(host: Host, fault: str, code: str, language: str) -> None:
    ran = host.run(fault=fault, language=language)
    with pytest.raises(DirectoryError) as caught:
        ran.judged()
    assert caught.value.failure.code == code
    assert _SERVER in caught.value.failure.what
    said = (ran.files[ldifde.ERRORS] or b"").decode("utf-16").strip() if ran.files[ldifde.ERRORS] else ran.output
    assert said.strip().splitlines()[-1] in caught.value.failure.cause.splitlines()
    if code == "second_hop":
        assert all(cure in caught.value.failure.next for cure in ("CredSSP", "Kerberos", "ldap"))


def test_a_filter_that_the_server_refuses_is_no_question_of_the_logon(host: Host) -> None:
    ran = host.run(filter_text="(&(objectClass=group)(objectCategory=group)")
    with pytest.raises(DirectoryError) as caught:
        ran.judged()
    assert caught.value.failure.code == "ldifde_failed"
    assert "0x57" in caught.value.failure.cause


def test_output_without_end_does_not_matter(host: Host) -> None:
    ran = host.run(fault="noise")
    assert len(ran.output) > 1_000_000
    assert sum(map(len, ran.judged())) == 1300


def test_no_match_is_an_error_for_the_caller_to_judge(host: Host) -> None:
    with pytest.raises(DirectoryError) as caught:
        host.run(filter_text="(cn=nobody at all)").judged()
    assert caught.value.failure.code == "ldifde_empty"


class TestArguments:
    def test_they_carry_the_one_query_and_no_secret(self) -> None:
        found = ldifde.arguments("dc01", BASE, FILTER, ATTRIBUTES, 90)
        assert found[found.index("-l") + 1] == (
            "objectGUID,extensionAttribute12,extensionAttribute13,extensionAttribute14,extensionAttribute15,extensionData"
        )
        values = {"-f": "{work}\\export.ldf", "-s": "dc01", "-d": BASE, "-r": FILTER, "-p": "Subtree", "-w": "90"}
        assert {switch: found[found.index(switch) + 1] for switch in values} == values
        assert {"-u", "-h", "-j"} < set(found)
        assert not {"-n", "-g", "-b", "-a", "-i", "-c"} & set(found)

    @pytest.mark.parametrize("value", ["", "a{work}b", "a\0b"])
    def test_what_would_mean_another_thing_on_the_way_is_refused(self, value: str) -> None:
        for place in range(3):
            values = ["dc01", BASE, FILTER]
            values[place] = value
            with pytest.raises(ValueError, match="argument of ldifde"):
                ldifde.arguments(values[0], values[1], values[2], ATTRIBUTES, 90)

    def test_a_name_that_would_be_two_attributes_is_refused(self) -> None:
        with pytest.raises(ValueError, match="not the name"):
            ldifde.arguments("dc01", BASE, FILTER, ["extensionData,member"], 90)


class TestJudged:
    def judge(
        self, content: bytes | None, output: str = _SAID, *, exit_code: int = 0, errors: bytes | None = None
    ) -> list[list[Entry]]:
        return Ran(exit_code, {ldifde.EXPORT: content, ldifde.ERRORS: errors}, output).judged()

    def refused(
        self, content: bytes | None, output: str = _SAID, *, exit_code: int = 0, errors: bytes | None = None
    ) -> DirectoryError:
        with pytest.raises(DirectoryError) as caught:
            self.judge(content, output, exit_code=exit_code, errors=errors)
        return caught.value

    @pytest.mark.parametrize("encoding", ["ascii", "utf-8-sig", "utf-16"])
    def test_a_good_file_in_any_encoding(self, encoding: str) -> None:
        [[(dn, values)]] = self.judge(_RECORD.encode(encoding))
        assert (dn, values) == ("CN=a,DC=corp", {"objectguid": [b"g" * 16], "extensiondata": [b"x"]})

    @pytest.mark.parametrize("said", ["Writing out entries1 entries exported\n", "", "fertig\n"])
    def test_the_number_counts_where_one_is_named(self, said: str) -> None:
        assert self.judge(_RECORD.encode(), said)

    def test_an_exit_code_is_enough(self) -> None:
        found = self.refused(_RECORD.encode(), exit_code=3)
        assert (found.failure.code, "code 3" in found.failure.cause) == ("ldifde_failed", True)

    def test_a_text_in_ldif_err_is_enough_and_is_quoted_whole(self) -> None:
        text = "Es gibt ein Problem mit der Größe.\r\nZeile 2\r\n"
        for errors in (text.encode("utf-16"), text.encode("cp1252"), text.encode()):
            assert "Größe.\r\nZeile 2" in self.refused(_RECORD.encode(), errors=errors).failure.cause

    @pytest.mark.parametrize("errors", [b"", b"\r\n", b"\xff\xfe", b"\xff\xfe\r\0\n\0"])
    def test_an_empty_ldif_err_says_nothing(self, errors: bytes) -> None:
        assert self.judge(_RECORD.encode(), errors=errors)

    def test_no_file_is_named_as_such(self) -> None:
        assert self.refused(None).failure.code == "ldifde_no_file"

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\r\n\r\n"])
    def test_an_empty_file_is_named_as_such(self, content: bytes) -> None:
        assert self.refused(content).failure.code == "ldifde_empty"

    @pytest.mark.parametrize("end", [2, 4, 20, 60])
    def test_a_file_cut_within_a_record_is_refused(self, end: int) -> None:
        assert self.refused((_RECORD + _RECORD[:-end]).encode("utf-16")).failure.code == "ldifde_cut"

    def test_a_file_cut_between_two_records_is_refused_by_the_number(self) -> None:
        assert self.refused(_RECORD.encode(), _SAID.replace("1 entries", "2 entries")).failure.code == "ldifde_cut"

    def test_a_part_of_the_output_names_no_number(self) -> None:
        files = {ldifde.EXPORT: _RECORD.encode(), ldifde.ERRORS: None}
        assert list(ldifde.judge(_SERVER, 0, files, "server 12\n", whole_output=False))

    @pytest.mark.parametrize(
        "text",
        [
            _RECORD.replace("changetype: add", "changetype: modify"),
            _RECORD.replace("changetype: add\r\n", ""),
            _RECORD.replace("extensionData: x", "extensionData:< file:///c:/x"),
            _RECORD.replace("extensionData: x", "no colon"),
            _RECORD.replace("dn: CN", "dn:: !!!"),
            _RECORD.replace("extensionData: x", "dn: CN=b"),
        ],
    )
    def test_a_record_that_no_export_has_is_refused(self, text: str) -> None:
        found = self.refused(text.encode(), "")
        assert found.failure.code == "ldifde_file"
        assert "Line" in found.failure.cause or "dn:" in found.failure.cause

    @pytest.mark.parametrize(
        "text",
        [
            "Fehlercode: 1326",
            "The error code is 8224",
            "00002020: LdapErr: DSID-0C090A37, data 0, v4563",
            "000004DC: LdapErr: DSID-0C0907E9, data 0, v1db1",
            "8009030C: LdapErr: DSID-0C0903A9, data 52e, v1db1",
            "SSPI 0x8009030E",
            "0x31",
        ],
    )
    def test_a_logon_that_did_not_arrive_is_known_by_numbers(self, text: str) -> None:
        assert self.refused(None, exit_code=1, errors=text.encode()).failure.code == "second_hop"

    @pytest.mark.parametrize("code", [1326, 1244, 8224, 49, 0x8009030E])
    def test_and_by_an_exit_code_that_is_such_a_number(self, code: int) -> None:
        assert self.refused(None, "", exit_code=code).failure.code == "second_hop"

    @pytest.mark.parametrize(
        "text",
        [
            "0x57",
            "8250",
            "00002071: UpdErr",
            "31",
            "LDAP_SERVER_DOWN 0x51",
            "0x2020f",
            "1326 entries exported",
            "Exporting directory to file D:\\1326\\export.ldf",
            'Connecting to "dc-1326.corp.example"',
            "Search below OU=1326",
            "Add error on line 1326: Unwilling To Perform",
            "CN=Room 8224,OU=x",
        ],
    )
    def test_other_numbers_are_other_errors(self, text: str) -> None:
        assert self.refused(None, exit_code=1, errors=text.encode()).failure.code == "ldifde_failed"

    def test_a_flood_of_errors_is_cut(self) -> None:
        assert len(self.refused(None, exit_code=1, errors=b"x" * 5_000_000).failure.cause) < 10_000
