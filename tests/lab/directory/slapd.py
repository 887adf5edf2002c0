# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real slapd on loopback that holds the groups of a domain under limits as Active Directory sets them."""

from __future__ import annotations

import collections.abc as c
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time
import types

from lab.directory import configuration
from lab.directory.administration import ADMINISTRATOR, Administration
from lab.directory.configuration import Settings, SlapdError
from lab.directory.content import Domain
from lab.directory.groups import Group, Made
from lab.repository import CACHE
from lab.sql.server import make_certificate

ACCOUNT = "svc-groupid"
_START_SECONDS = 120.0
_STOP_SECONDS = 5.0


class Slapd(Administration):
    """A directory server on 127.0.0.1. Use it as a context manager, from a thread that lives as long as it.

    folder: for all of its files; made where it is missing.
    base, domain: the domain's DN and its name in DNS.
    groups: what it holds. Made(...) is loaded once and kept in ``cache``.
    tls: serves LDAPS, and StartTLS on the plain port, with a certificate for localhost, ``domain`` and 127.0.0.1.
    names: DNS names in the certificate in place of those; 127.0.0.1 is always in it.
    size_limit: entries of one search, or of one page of it, of all but the administrator.
    confidential: a simple bind without TLS is refused (confidentialityRequired).
    read_only: a read-only domain controller: it says so, and answers a write with a referral.
    dns_host_name: what rootDSE calls the server.
    missing: attributes that the schema lacks.
    confidential_attributes: nobody but the account sees a value of these, which is no error for anybody else; the
      schema says so (searchFlags 128, MS-ADTS 3.1.1.4.4).
    filtered_attributes: a read-only domain controller does not get these; the schema says so (searchFlags 512, MS-ADTS
      3.1.1.2.3.5), and with ``read_only`` nobody sees a value.
    enforce_rights: an attribute that a group's allowedAttributesEffective does not name cannot be written.
    password: of the account, the reader and the administrator.

    port, ldaps_port: 0 before the start. uri, ldaps_uri. ca_file: the certificate that a client trusts.
    certificate: files of the server's certificate and of its key, or None.
    bind_dn, username: the account that may read and write. reader_dn: one that may only read.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        *,
        base: str = "DC=corp,DC=example",
        domain: str = "corp.example",
        groups: c.Iterable[Group] = Made(200),
        tls: bool = True,
        names: c.Sequence[str] = (),
        size_limit: int = 1000,
        confidential: bool = False,
        read_only: bool = False,
        dns_host_name: str = "localhost",
        missing: tuple[str, ...] = (),
        confidential_attributes: tuple[str, ...] = (),
        filtered_attributes: tuple[str, ...] = (),
        enforce_rights: bool = False,
        password: str = "Lab-Passw0rd!",
        cache: pathlib.Path = CACHE,
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate = make_certificate(folder, names or _names(domain)) if tls else None
        ca_file = self.certificate[0] if self.certificate else None
        super().__init__(base, f"{ADMINISTRATOR},{base}", password, ca_file)
        self.domain = domain
        self.password = password
        self.ldaps_port = 0
        self.process: subprocess.Popen[bytes] | None = None
        flags = (*((name, 0x80) for name in confidential_attributes), *((name, 0x200) for name in filtered_attributes))
        self._settings = Settings(
            domain=Domain(base, domain, dns_host_name, read_only, missing, flags),
            hidden=(*confidential_attributes, *(filtered_attributes if read_only else ())),
            hidden_from_account=filtered_attributes if read_only else (),
            account=f"CN={ACCOUNT},CN=Users,{base}",
            administrator=self.administrator,
            administrator_password=password,
            certificate=self.certificate,
            size_limit=size_limit,
            confidential=confidential,
            enforce_rights=enforce_rights,
        )
        self.bind_dn, self.reader_dn = configuration.accounts_of(self._settings)
        self.username = self.bind_dn
        self._configuration = configuration.write(folder, self._settings)
        configuration.load(folder, self._settings, groups, password, cache)

    @property
    def ldaps_uri(self) -> str:
        """The port with TLS."""
        return f"ldaps://127.0.0.1:{self.ldaps_port}"

    def __enter__(self) -> Slapd:
        """Start to serve."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        """Stop; the content stays in the folder."""
        self.stop()

    def start(self) -> None:
        """Serve, on the same ports as before where it was stopped. Raises SlapdError."""
        for attempt in range(5):
            if not self.port or attempt:
                self.port, self.ldaps_port = _free_ports(2)
            log = self.folder / "slapd.log"
            # It ends when the thread that started it does, killed or not.
            command = ["setpriv", "--pdeathsig", "KILL", configuration.program("slapd"), "-d", "0"]
            command += ["-f", str(self._configuration), "-h", " ".join(self._listeners())]
            with log.open("wb") as output:
                self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            if self._answers():
                return
            said = log.read_text(encoding="utf-8", errors="replace")
            if "in use" not in said:
                break
        raise SlapdError(f"slapd ended with code {self.process.returncode}: {said.strip()}")

    def stop(self) -> None:
        """Be unreachable."""
        process, self.process = self.process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @contextlib.contextmanager
    def outage(self) -> c.Iterator[None]:
        """Be unreachable for the length of the block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def frozen(self) -> c.Iterator[None]:
        """Take connections and answer nothing for the length of the block."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def _listeners(self) -> list[str]:
        return [self.uri, self.ldaps_uri] if self.ca_file else [self.uri]

    def _answers(self) -> bool:
        """Wait until it listens; False when it ended instead."""
        assert self.process is not None
        deadline = time.monotonic() + _START_SECONDS
        while self.process.poll() is None:
            if _listens(self.process.pid, self.port):
                return True
            if time.monotonic() > deadline:
                self.stop()
                raise SlapdError(f"slapd did not answer within {_START_SECONDS:.0f} s.")
            time.sleep(0.01)
        return False


def _listens(pid: int, port: int) -> bool:
    """Tell whether a process listens on a port of 127.0.0.1: another one may have taken it first."""
    lines = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()]
    sockets = {f"socket:[{line[9]}]" for line in lines if line[1] == f"0100007F:{port:04X}" and line[3] == "0A"}
    with contextlib.suppress(OSError):
        return any(os.readlink(open_file) in sockets for open_file in pathlib.Path(f"/proc/{pid}/fd").iterdir())
    return False


def _names(domain: str) -> list[str]:
    """Return the names of the certificate. OpenLDAP's clients check it for the machine's name, not localhost."""
    machine = socket.gethostname()
    with contextlib.suppress(OSError):
        machine = socket.gethostbyname_ex(machine)[0]
    return list(dict.fromkeys(["localhost", domain, machine]))


def _free_ports(count: int) -> list[int]:
    """Find ports that are free now; another program may still come first."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for dummy in range(count)]
        return [found.getsockname()[1] for found in sockets]
