# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The slapd.conf of the lab's slapd, and its folder filled with what it holds."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import itertools
import os
import pathlib
import shutil
import subprocess

from lab.directory import content, schema
from lab.directory.cache import provide
from lab.directory.content import Domain
from lab.directory.groups import ATTRIBUTES, Group, Made

# slapd lies where an ordinary user's PATH does not look.
_PATH = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin"
_MAP_BYTES = 1 << 30
_BATCH = 2000
# What decides how a group lies in the database.
_SOURCES = [
    pathlib.Path(__file__).with_name(f"{name}.py")
    for name in ("groups", "exchange", "schema", "content", "configuration")
]


class SlapdError(Exception):
    """slapd or slapadd did not do what it was started for; the text is its own."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a slapd serves a domain.

    account: DN of who may write. administrator, administrator_password: meets no limit.
    certificate: files of the certificate and its key, or None.
    hidden: attributes of which nobody but the account sees a value; hidden_from_account: nor that.
    """

    domain: Domain
    account: str
    administrator: str
    administrator_password: str = dataclasses.field(repr=False)
    certificate: tuple[pathlib.Path, pathlib.Path] | None
    size_limit: int
    confidential: bool
    enforce_rights: bool
    hidden: tuple[str, ...] = ()
    hidden_from_account: tuple[str, ...] = ()


def program(name: str) -> str:
    """Return the path of one of slapd's programs. Raises SlapdError."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise SlapdError(f"{name} is missing: apt-get install --no-install-recommends slapd")
    return found


def write(folder: pathlib.Path, settings: Settings) -> pathlib.Path:
    """Write slapd.conf and what it names into ``folder``; give its path."""
    domain = settings.domain
    root_dse = folder / "root-dse.ldif"
    root_dse.write_bytes(domain.root_dse())
    file = folder / "slapd.conf"
    file.touch(mode=0o600)
    file.write_text("\n".join([*_head(settings, root_dse), *_database(folder, settings), ""]), encoding="utf-8")
    return file


def load(
    folder: pathlib.Path, settings: Settings, groups: c.Iterable[Group], password: str, cache: pathlib.Path
) -> None:
    """Fill ``folder``/data anew; groups that are Made come from ``cache`` after the first time."""
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    domain = settings.domain

    def fill() -> None:
        data.mkdir()
        _add(folder / "slapd.conf", content.records(domain, groups))

    if isinstance(groups, Made):
        provide(cache, "directory", (groups, domain), _SOURCES, data, fill)
    else:
        fill()
    accounts = [domain.user(dn.partition(",")[0].partition("=")[2], password) for dn in accounts_of(settings)]
    _add(folder / "slapd.conf", accounts)


def accounts_of(settings: Settings) -> tuple[str, str]:
    """Return the DNs of the account that may write and of the one that may only read."""
    return settings.account, f"CN=reader,CN=Users,{settings.domain.base}"


def _head(settings: Settings, root_dse: pathlib.Path) -> c.Iterator[str]:
    yield "modulepath /usr/lib/ldap"
    yield "moduleload back_mdb"
    yield schema.lines(settings.domain.missing)
    yield f'rootDSE "{root_dse}"'
    yield f"sizelimit size.soft={settings.size_limit} size.pr={settings.size_limit} size.prtotal=unlimited"
    yield "timelimit unlimited"
    # slapadd's threads for the indices.
    yield "tool-threads 2"
    if settings.certificate:
        certificate, key = settings.certificate
        yield f'TLSCertificateFile "{certificate}"'
        yield f'TLSCertificateKeyFile "{key}"'
    if settings.confidential:
        yield "security simple_bind=128"
    # Everyone may read rootDSE, and nobody anything else without a bind, as in Active Directory.
    yield 'access to dn.base="" by * read'
    yield "access to attrs=userPassword by anonymous auth by * none"
    for name in settings.hidden:
        account = "" if name in settings.hidden_from_account else f'by dn.exact="{settings.account}" write '
        yield f"access to attrs={name} {account}by * none"
    if settings.enforce_rights:
        for name in ATTRIBUTES:
            if name not in settings.domain.missing:
                without = f"(&(objectClass=group)(!(allowedAttributesEffective={name})))"
                yield f'access to filter="{without}" attrs={name} by users read'
    yield f'access to * by dn.exact="{settings.account}" write by users read by anonymous auth'


def _database(folder: pathlib.Path, settings: Settings) -> c.Iterator[str]:
    domain = settings.domain
    yield "database mdb"
    yield f'suffix "{domain.base}"'
    yield f'directory "{folder / "data"}"'
    yield f"maxsize {_MAP_BYTES}"
    yield "dbnosync"
    yield "lastmod off"
    yield f'rootdn "{settings.administrator}"'
    yield f'rootpw "{settings.administrator_password}"'
    yield "index objectClass,objectCategory,objectGUID,sAMAccountName,lDAPDisplayName eq"
    if domain.read_only:
        # A replica: all but this DN are referred to the server that may be written.
        yield f'updatedn "CN=replication,{domain.base}"'
        yield f"updateref ldap://writable.{domain.name}/"


def _add(configuration: pathlib.Path, records: c.Iterable[bytes]) -> None:
    """Add records, parents first. Raises SlapdError with what slapadd said."""
    process = subprocess.Popen(
        [program("slapadd"), "-q", "-f", str(configuration)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    source = iter(records)
    try:
        while batch := b"".join(itertools.islice(source, _BATCH)):
            process.stdin.write(batch)
    except BrokenPipeError:
        pass
    said = process.communicate()[1].decode("utf-8", "replace")
    if process.returncode:
        raise SlapdError(f"slapadd ended with code {process.returncode}: {said.strip()}")
