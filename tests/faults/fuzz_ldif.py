# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for LDIF files and LDAP filters that the collection takes wrongly, with atheris.

    python3 -m venv build/fuzz && build/fuzz/bin/pip install atheris python-ldap
    build/fuzz/bin/python tests/faults/fuzz_ldif.py 300            # LDIF, for so many seconds
    build/fuzz/bin/python tests/faults/fuzz_ldif.py 300 filter     # filters

A file ends in records or in LdifError, within a second, whatever it holds. What was read and is written again reads
the same, and so does a file that is read a few bytes at a time. Where python-ldap reads a file too, both read the same
but for what ldif/test_reader_agreement.py lists. A filter without fault is one to libldap, one with a fault is none
but for what names/test_filter.py lists, and one that is corrected has no fault. A find ends the run, with its
input in a file ``crash-...``.
"""

from __future__ import annotations

import collections.abc as c
import io
import pathlib
import re
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "tools"), str(ROOT / "build" / "source")]

import atheris  # noqa: E402
import collection  # noqa: E402
import ldap  # noqa: E402

collection.link()

with atheris.instrument_imports(include=["ansible_collections", "ldif", "binascii"]):
    from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import LdifError, Record
    from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.reader import records
    from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.filter import fault
    from faults.second_opinion import by_python_ldap, by_us, written_again

LIMIT = 1.0
MODIFY = b"dn: CN=x\nchangetype: modify\n"
FILES = (
    b"dn: CN=x\ncn: y\n",
    b"version: 1\n\ndn: CN=x,DC=y\nchangetype: add\ncn: a\n b\nmail:: QUJD\n\n# c\ndn:: Q049w7w=\nCN:\n\n",
    b"\xef\xbb\xbfdn: CN=x\r\ncn: \xc3\r\n \xbc\r\n\r\n",
    MODIFY + b"replace: cn\nCN: y\n-\nadd: mail\nmail:: AA==\n-\ndelete: a;b\n-\n\n",
    MODIFY + b"delete: 1.2.3\n1.2.3: y\n-\n",
    "\ufeffdn: CN=ü\r\nchangetype: add\r\ncn: 𝄞\r\n x\r\n\r\n".encode("utf-16-le"),
    "\ufeffdn: CN=ü\ncn: y\n".encode("utf-16-be"),
    b"#CN=x\n#1.2\ndn: CN=x\nchangetype: add\nmemberOf: \n CN=a,\n DC=b\nobjectGUID:: \n AAEC\n\n",
    b"dn: CN=x\njpegPhoto:< file:///x\ncontrol: 1.2 true\n",
    b"dn: CN=x\ncn:: QQ\n",
    b"dn: CN=x\ncn: a\rb\n\0",
    b"dn: CN=x\ncn: :a\nb: <c\nd: \t\n",
)
FILTERS = (
    b"(&(objectClass=group)(objectCategory=group)(|(extensionData=*)(extensionAttribute15=*)",
    b"(!(cn:dn:2.4.6:=a\\2a))",
    b"(:1.2:=a)",
    b"(&)(|)",
    b"(a;b>=1)(c<=2)(d~=3)",
    b" ( a =*b*c*) ",
    b"cn=\xc3\xbc",
)
# What libldap passes over or takes otherwise, listed in names/test_filter.py; or what cannot be handed to it.
LAXER = re.compile(r"[\s\\.0-9\0\ud800-\udfff]|::|^[^(]|^$")


class Trickle(io.BytesIO):
    """A file that gives seven bytes at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 7, 7))


def one_file(data: bytes) -> None:
    """Check what is promised of any file."""
    started = time.monotonic()
    read = outcome(io.BytesIO(data))
    assert time.monotonic() - started < LIMIT, "slow"
    assert outcome(Trickle(data)) == read
    if isinstance(read, str):
        assert read.startswith("Line ")
        return
    again = written_again(read)
    assert without_lines(records(io.BytesIO(again))) == without_lines(read)
    assert without_lines(records(io.BytesIO(again.replace(b"\r\n", b"\n")))) == without_lines(read)
    theirs = by_python_ldap(data)
    assert theirs is None or theirs == by_us(data)


def outcome(source: io.BytesIO) -> list[Record] | str:
    """Return the records of a file, or why there are none."""
    try:
        return list(records(source))
    except LdifError as problem:
        lines = source.getvalue().count(b"\n") + 1
        whole = 1 <= problem.line <= lines and problem.what.endswith(".") and problem.next_step.endswith(".")
        return str(problem) if whole else f"An error that is none: {problem!r}."


def without_lines(read: c.Iterable[Record]) -> list[tuple[object, ...]]:
    return [(record.dn, record.changetype, record.attributes, record.changes) for record in read]


def one_filter(data: bytes) -> None:
    """Check what is promised of any filter."""
    text = data.decode("utf-8", "surrogateescape")
    started = time.monotonic()
    found = fault(text)
    assert time.monotonic() - started < LIMIT, "slow"
    if found is None:
        assert libldap_takes(text)
        return
    assert LAXER.search(text) or not libldap_takes(text)
    assert 0 <= found.position <= len(text)
    assert found.corrected is None or fault(found.corrected) is None


def libldap_takes(text: str) -> bool:
    try:
        ldap.initialize("ldap://127.0.0.1:1").search_ext("", ldap.SCOPE_BASE, text)
    except ldap.FILTER_ERROR:
        return False
    except ldap.SERVER_DOWN:
        return True
    raise AssertionError("something answered")


def main(seconds: int, kind: str) -> None:
    """Run until the time is over or something is found."""
    seeds, check = {"ldif": (FILES, one_file), "filter": (FILTERS, one_filter)}[kind]
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds):
            (pathlib.Path(corpus) / str(number)).write_bytes(seed)
        options = [
            f"-max_total_time={seconds}",
            "-max_len=400",
            "-timeout=10",
            "-rss_limit_mb=1024",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *options, corpus], check)
        atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "ldif")
