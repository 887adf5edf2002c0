# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Samba domain controller on loopback, for what only Active Directory's own rules can answer."""

from __future__ import annotations

import base64
import collections.abc as c
import contextlib
import fcntl
import functools
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import types
import typing as t

from lab.directory import exchange
from lab.directory.administration import ADMINISTRATOR, Administration
from lab.directory.cache import provide
from lab.directory.groups import ATTRIBUTES, Group, Made, new_units, unit_dn
from lab.directory.slapd import ACCOUNT
from lab.repository import CACHE
from lab.sql.server import make_certificate

APT_LINE = "apt-get install --no-install-recommends samba-ad-dc samba-ad-provision"
PORT, LDAPS_PORT = 389, 636
REALM = "CORP.EXAMPLE"
# The Python of the operating system: Samba's modules are in no other.
_PYTHON = "/usr/bin/python3"
_LOADER = pathlib.Path(__file__).with_name("samba_load.py")
_START_SECONDS = 120.0
_STOP_SECONDS = 10.0
_PROVISION_SECONDS = 300.0


class SambaError(Exception):
    """Samba did not do what it was started for; the text is its own."""


def why_not() -> str:
    """Say what keeps this machine from running a domain controller; empty when nothing does."""
    if shutil.which("samba", path=_path()) is None or shutil.which("samba-tool") is None:
        return f"no Samba: {APT_LINE}"
    if os.geteuid() != 0:
        return "a Samba domain controller needs root: its ports are 389 and 636"
    return ""


class Samba(Administration):
    """A domain controller of corp.example on 127.0.0.1, ports 389 and 636; one at a time on a machine.

    It has Slapd's face. Use it as a context manager; it ends with the program that started it.

    folder: for all of its files; made where it is missing.
    groups: what it holds besides the groups that every domain has.
    extended: the schema has the attributes that Exchange adds.
    strong_auth: a simple bind without TLS is refused (strongerAuthRequired), as Active Directory can be configured.
    cache: where a domain controller without groups is kept.

    username: the account that may write the groups' attributes, as a user principal name; bind_dn: the same as a DN.
    reader: one that may only read. A group's ``effective`` names what the account may write of it.
    """

    port, ldaps_port = PORT, LDAPS_PORT

    def __init__(
        self,
        folder: pathlib.Path,
        *,
        groups: c.Iterable[Group] = Made(100),
        extended: bool = True,
        strong_auth: bool = False,
        password: str = "Lab-Passw0rd!",
        cache: pathlib.Path = CACHE,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self.certificate = make_certificate(self.folder, _names())
        base = ",".join(f"DC={label}" for label in REALM.lower().split("."))
        super().__init__(base, f"{ADMINISTRATOR},{base}", password, self.certificate[0], PORT)
        self.domain = REALM.lower()
        self.password = password
        self.username, self.reader = f"{ACCOUNT}@{self.domain}", f"reader@{self.domain}"
        self.bind_dn, self.reader_dn = f"CN={ACCOUNT},CN=Users,{base}", f"CN=reader,CN=Users,{base}"
        self.process: subprocess.Popen[bytes] | None = None
        self._port_lock: t.TextIO | None = None
        self._cache = cache
        self._strong_auth = strong_auth
        self._prepare(extended)
        self._load(groups=list(groups))

    @property
    def ldaps_uri(self) -> str:
        """The port with TLS."""
        return f"ldaps://127.0.0.1:{LDAPS_PORT}"

    def __enter__(self) -> Samba:
        """Start to serve, once no other one does."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        """Stop; the content stays in the folder."""
        self.stop()

    def start(self) -> None:
        """Serve. Waits for another one of this machine to end. Raises SambaError."""
        # The file stays open, and with it the lock, until the end.
        self._port_lock = (self._cache / "samba.lock").open("w")
        fcntl.flock(self._port_lock, fcntl.LOCK_EX)
        log = self.folder / "samba.log"
        command = [_program("samba"), "-i", "-M", "single", "--debug-stdout", "-s", str(self._configuration)]
        with log.open("wb") as output:
            # It ends when its standard input does.
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output)
        deadline = time.monotonic() + _START_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", LDAPS_PORT), timeout=1):
                return
            time.sleep(0.05)
        self.stop()
        raise SambaError(f"Samba does not serve: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")

    def stop(self) -> None:
        """Be unreachable."""
        process, self.process = self.process, None
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._port_lock is not None:
            self._port_lock.close()
            self._port_lock = None

    def add(self, group: Group) -> str:
        """Add a group, whose objectGUID the server chooses; give its DN."""
        dn = group.dn(self.base)
        held = {name: list(values) for name, values in group.attributes.items() if values}
        with self.admin() as connection:
            connection.add_s(dn, [("objectClass", [b"group"]), ("sAMAccountName", [_account(group)]), *held.items()])
        return dn

    @property
    def _configuration(self) -> pathlib.Path:
        return self.folder / "smb.conf"

    def _prepare(self, extended: bool) -> None:
        """Copy a domain controller without groups from the cache, made where it is not there yet."""
        sources = [_LOADER, pathlib.Path(exchange.__file__)]
        make = functools.partial(self._provision, extended)
        provide(self._cache, "samba", (REALM, self.password, extended), sources, self.folder / "dc", make)
        self._configure()

    def _provision(self, extended: bool) -> None:
        _run(
            ["samba-tool", "domain", "provision", f"--targetdir={self.folder / 'dc'}", f"--realm={REALM}",
             f"--domain={REALM.partition('.')[0]}", "--server-role=dc", "--host-name=dc01", "--host-ip=127.0.0.1",
             "--dns-backend=NONE", "--option=ldb:nosync=true"],
        )  # fmt: skip
        self._configure()
        attributes = [
            {
                "name": attribute.name,
                "oid": attribute.oid,
                "guid": str(attribute.guid),
                "syntax": attribute.syntax[0],
                "om_syntax": attribute.syntax[1],
                "single": attribute.single,
                "upper": attribute.upper,
            }
            for attribute in exchange.ATTRIBUTES
        ]
        users = [{"name": name, "password": self.password} for name in ("Administrator", ACCOUNT, "reader")]
        self._load(attributes=attributes if extended else [], users=users)

    def _configure(self) -> None:
        """Write smb.conf: LDAP alone, on loopback alone."""
        folder = self.folder / "dc"
        certificate, key = self.certificate
        (folder / "run").mkdir(exist_ok=True)
        settings = {
            "realm": REALM,
            "workgroup": REALM.partition(".")[0],
            "netbios name": "DC01",
            "server role": "active directory domain controller",
            "server services": "ldap",
            "interfaces": "127.0.0.1/8",
            "bind interfaces only": "yes",
            "private dir": folder / "private",
            "state directory": folder / "state",
            "cache directory": folder / "cache",
            "lock directory": folder,
            "binddns dir": folder / "bind-dns",
            "pid directory": folder / "run",
            "ncalrpc dir": folder / "run" / "ncalrpc",
            "log file": self.folder / "log.%m",
            "ldap server require strong auth": "yes" if self._strong_auth else "no",
            "ldb:nosync": "true",
            "dsdb:schema update allowed": "true",
            "tls certfile": certificate,
            "tls keyfile": key,
            "tls cafile": "",
        }
        lines = ["[global]", *(f"{name} = {value}" for name, value in settings.items()), ""]
        self._configuration.write_text("\n".join(lines), encoding="utf-8")

    def _load(self, *, groups: c.Sequence[Group] = (), **asked: t.Any) -> None:
        """Add to the database while nothing serves it."""
        known: set[tuple[str, ...]] = set()
        units = [unit for group in groups for unit in new_units(group.unit, known)]
        given = {
            "attributes": [],
            "users": [],
            "units": [unit_dn(unit, self.base) for unit in units],
            "delegate": ACCOUNT if groups else "",
            "groups": [
                {
                    "dn": group.dn(self.base),
                    "account": _account(group).decode(),
                    "guid": group.guid.hex(),
                    "attributes": {
                        name: [base64.b64encode(value).decode() for value in values]
                        for name, values in group.attributes.items()
                        if values
                    },
                    "denied": [name for name in ATTRIBUTES if name not in group.effective],
                }
                for group in groups
            ],
            **asked,
        }
        database = self.folder / "dc" / "private" / "sam.ldb"
        _run([_PYTHON, "-I", str(_LOADER), str(self._configuration), str(database)], json.dumps(given))


def _account(group: Group) -> bytes:
    """Return a group's sAMAccountName: its name may hold what that may not."""
    return b"g-" + group.guid.hex().encode()[:18]


def _names() -> list[str]:
    """Return the names of the certificate. OpenLDAP's clients check it for the machine's name, not localhost."""
    return ["localhost", f"dc01.{REALM.lower()}", REALM.lower(), socket.gethostname()]


def _path() -> str:
    return f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin"


def _program(name: str) -> str:
    found = shutil.which(name, path=_path())
    if found is None:
        raise SambaError(f"{name} is missing: {APT_LINE}")
    return found


def _run(command: list[str], given: str = "") -> None:
    """Run a program to its end. Raises SambaError with what it said."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=_PROVISION_SECONDS, check=False)
    if done.returncode:
        raise SambaError(f"{command[0]} ended with code {done.returncode}: {done.stderr.strip()[-3000:]}")
