# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions over LDAP. Only this file uses python-ldap."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import sys
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session import connectivity
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session import errors as ldap_errors
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session import ranges as ldap_ranges
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.errors import Doing, Refusal
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    PAGE_SIZE,
    Directory,
    DirectoryError,
    Entry,
    NoDirectoryError,
    NotInstalledError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import (
    Target,
    check_target,
    is_domain,
)
from ansible_collections.identityops.groupid.plugins.module_utils.network.endpoint import host_port

_IMPORT_PROBLEM: ImportError | None = None
try:
    import ldap
    import ldap.sasl
    from ldap.controls import SimplePagedResultsControl
    from ldap.ldapobject import SimpleLDAPObject
except ImportError as problem:
    _IMPORT_PROBLEM = problem

# Bits of a cipher that make a Kerberos session "sealed": anything weaker is refused.
_SEALED = 56
# After these, it is not known what the server does with a request, and a late answer would go to the wrong request.
_LOST = frozenset({-1, -5})

_Parameters = t.ParamSpec("_Parameters")
_Result = t.TypeVar("_Result")


def open_directory(target: Target) -> Directory:
    """Connect to the target's server and log in.

    If the target names no server, the server behind the domain's name is asked for its own name, and that name is used
    for the connection. ``server`` of the session is this name, so every later step can use the same server.

    Raises ValueError for an invalid target, NotInstalledError if a library is missing here, NoDirectoryError if the
    login failed.
    """
    check_target(target)
    if _IMPORT_PROBLEM is not None:
        raise _not_installed(_IMPORT_PROBLEM) from None
    if target.server is None:
        target = dataclasses.replace(target, server=_server_of(target))
    directory = _connect(target)
    try:
        directory.bind(target)
    except DirectoryError:
        directory.close()
        raise
    return directory


def _not_installed(problem: ImportError) -> NotInstalledError:
    name = (problem.name or "").partition(".")[0]
    # python-ldap imports pyasn1 and pyasn1_modules, which a package manager or an upgrade may have removed.
    lacks = f", as {name}, which it needs, is missing or does not fit" if name not in ("", "ldap", "_ldap") else ""
    repair = f"'pip install --upgrade python-ldap {name.replace('_', '-')}'" if lacks else "'pip install python-ldap'"
    return NotInstalledError(
        "driver",
        f"The directory cannot be reached over LDAP: the Python library python-ldap cannot be loaded{lacks}",
        f"{problem}",
        f"Run {repair} for {sys.executable}, the Python that runs this (python-ldap builds with gcc, libldap-dev and "
        "libsasl2-dev, or gcc, openldap-devel and python3-devel), or 'apt install python3-ldap' or 'dnf install "
        "python3-ldap' for the system's Python. Without it, only the engine ldifde can save, if it is set.",
    )


def _connect(target: Target) -> LdapDirectory:
    """Connect and encrypt, without a login."""
    found = connectivity.probe_tls(target)
    scheme = "ldaps" if target.encryption == "ldaps" else "ldap"
    connection = ldap.initialize(f"{scheme}://{host_port(target.host, target.tcp_port)}")
    connection.timeout = target.timeout
    for option, value in _options(target):
        connection.set_option(option, value)
    directory = LdapDirectory(connection, target)

    what = connectivity.not_connected(target)
    try:
        if target.encryption == "starttls":
            directory.run(what, "connect", connection.start_tls_s)
        # Any request makes the library connect; this one needs no login.
        directory.run(what, "connect", connection.search_ext_s, "", ldap.SCOPE_BASE, "(objectClass=*)", ["1.1"])
    except DirectoryError as problem:
        directory.close()
        raise _with_tls(problem, found, target) from None
    return directory


def _options(target: Target) -> c.Iterator[tuple[int, t.Any]]:
    """Return the options that decide about safety and completeness; a user's ldap.conf or ldaprc may have others."""
    yield ldap.OPT_PROTOCOL_VERSION, 3
    yield ldap.OPT_REFERRALS, 0
    yield ldap.OPT_DEREF, ldap.DEREF_NEVER
    yield ldap.OPT_TIMELIMIT, 0
    yield ldap.OPT_NETWORK_TIMEOUT, target.timeout
    yield ldap.OPT_TIMEOUT, target.timeout
    if target.encryption == "kerberos":
        yield ldap.OPT_X_SASL_SSF_MIN, _SEALED
        # The ticket is for the given name, not for a name that reverse DNS returns for its address.
        yield ldap.OPT_X_SASL_NOCANON, 1
        return
    yield ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND
    if target.ca_file is not None:
        yield ldap.OPT_X_TLS_CACERTFILE, target.ca_file
    # Last: this one makes the library take over the others.
    yield ldap.OPT_X_TLS_NEWCTX, 0


def _with_tls(problem: DirectoryError, found: connectivity.TlsProbe, target: Target) -> DirectoryError:
    """Return the error, with the result of TLS if that is likely the cause."""
    if target.encryption == "kerberos" or problem.failure.code not in ("connection", "connection_lost", "protocol"):
        return problem
    library = f"The LDAP library said: {problem.failure.cause}"
    if found.certificate:
        return NoDirectoryError(
            "certificate",
            problem.failure.what,
            f"The certificate of {target} is not trusted: {found.problem}. {library}",
            "Name the certificate authority's PEM file in ca_file, and the server by a name that its certificate "
            "carries.",
        )
    return NoDirectoryError(
        "tls",
        problem.failure.what,
        f"{target}: {found.problem or 'TLS or the connection failed'}. {library}",
        "Check the port, that the server has a certificate for TLS, and that ca_file has its certificate authority.",
    )


def _server_of(target: Target) -> str:
    """Ask the server behind the domain's name for its own name. rootDSE needs no login."""
    directory = _connect(target)
    try:
        found = directory.read("", ("dnsHostName",)) or {}
    except DirectoryError as problem:
        raise NoDirectoryError.of(problem.failure) from None
    finally:
        directory.close()
    values = next((values for name, values in found.items() if name.lower() == "dnshostname"), [])
    name = values[0].decode("utf-8", "replace") if values else ""
    # Without TLS, this answer is not authenticated, so it must not lead to another domain.
    if is_domain(name) and f".{name.lower()}".endswith(f".{target.domain.lower()}"):
        return name
    raise NoDirectoryError(
        "server",
        connectivity.not_connected(target),
        f"{target} calls itself {name[:255]!r}, which is no server of {target.domain}",
        "Name a domain controller as the domain's server.",
    )


class LdapDirectory:
    """A session over a python-ldap connection."""

    def __init__(self, connection: SimpleLDAPObject, target: Target) -> None:
        self.server = target.host
        self._password = target.password
        self._username = target.username
        self._connection: SimpleLDAPObject | None = connection

    def bind(self, target: Target) -> None:
        """Log in as the target says. Raises NoDirectoryError."""
        what = connectivity.not_connected(target)
        connection = self._open(what)
        if target.auth == "gssapi":
            self.run(what, "connect", connection.sasl_interactive_bind_s, "", ldap.sasl.gssapi())
        else:
            self.run(what, "connect", connection.simple_bind_s, target.username, target.password)

    def read(self, dn: str, attributes: c.Sequence[str]) -> dict[str, list[bytes]] | None:
        what = f"{dn or 'rootDSE'} was not read from {self.server}"
        found = self.run(what, "search", self._entry, self._open(what), dn, list(attributes))
        return None if found is None else self._whole(dn, found)

    def pages(
        self, base: str, filter_text: str, attributes: c.Sequence[str], size: int = PAGE_SIZE
    ) -> c.Iterator[list[Entry]]:
        what = f"The search below {base} on {self.server} was not finished"
        connection = self._open(what)
        search = (connection, base, filter_text, list(attributes), size)
        doing: Doing = "search"
        number: int | None = self.run(what, doing, _ask, *search, b"")
        try:
            while number is not None:
                found, cookie = self.run(what, doing, _answer, connection, number)
                number = None
                if cookie is None:
                    raise _not_paged(what)
                # A search reference has no DN.
                entries = [(dn, self._whole(dn, values)) for dn, values in found if dn is not None]
                doing = "page"
                if cookie:
                    # The server finds the next page while this one is worked on.
                    number = self.run(what, doing, _ask, *search, cookie)
                if entries:
                    yield entries
        except GeneratorExit:
            # OpenLDAP keeps one paged search for each connection. If this one were abandoned, its page could still end
            # the next search.
            if number is not None and self._connection is not None:
                with contextlib.suppress(ldap.LDAPError):
                    _answer(connection, number)
            number = None
            raise
        finally:
            if number is not None and self._connection is not None:
                with contextlib.suppress(ldap.LDAPError):
                    connection.abandon_ext(number)

    def modify(self, dn: str, changes: c.Sequence[Change]) -> None:
        what = f"{dn} was not changed on {self.server}"
        operations = {"add": ldap.MOD_ADD, "delete": ldap.MOD_DELETE, "replace": ldap.MOD_REPLACE}
        steps = [(operations[change.operation], change.attribute, list(change.values) or None) for change in changes]
        self.run(what, "modify", self._open(what).modify_ext_s, dn, steps)

    def account(self) -> str | None:
        what = f"The account was not asked for by {self.server}"
        try:
            # RFC 4532; Active Directory says u:CORP\svc (MS-ADTS 3.1.1.3.4.2.2), OpenLDAP dn:CN=svc,...
            said = self.run(what, "search", self._open(what).whoami_s)
        except DirectoryError:
            if self._connection is None:
                raise
            said = ""
        return said.partition(":")[2] or self._username

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(ldap.LDAPError):  # it was gone before
                connection.unbind_ext_s()

    def run(
        self,
        what: str,
        doing: Doing,
        call: c.Callable[_Parameters, _Result],
        *args: _Parameters.args,
        **kwargs: _Parameters.kwargs,
    ) -> _Result:
        """Call the library, and convert its errors to ours."""
        try:
            return call(*args, **kwargs)
        except ldap.LDAPError as problem:
            refusal = _refusal(problem, self._password)
        except UnicodeDecodeError as problem:
            refusal = Refusal(None, f"The answer contains a name that is not UTF-8: {problem.reason}")
        # Outside of the handler, so that no traceback shows the library's own text, which may repeat the login.
        if refusal.result in _LOST:
            self.close()
        raise ldap_errors.error_of(refusal, what, doing)

    def _open(self, what: str) -> SimpleLDAPObject:
        if self._connection is None:
            raise DirectoryError("closed", what, "The session is closed", "Open another one.")
        return self._connection

    def _entry(self, connection: SimpleLDAPObject, dn: str, attributes: list[str]) -> dict[str, list[bytes]] | None:
        """Read one object. None: there is none."""
        try:
            found = connection.search_ext_s(dn, ldap.SCOPE_BASE, "(objectClass=*)", attributes)
        except ldap.NO_SUCH_OBJECT:
            return None
        return next((values for found_dn, values in found if found_dn is not None), None)

    def _whole(self, dn: str, attributes: dict[str, list[bytes]]) -> dict[str, list[bytes]]:
        """Return the attributes with all their values, also if the server first returned only some of them."""

        def ask(name: str) -> dict[str, list[bytes]]:
            what = f"{name} of {dn} was not read from {self.server}"
            return self.run(what, "search", self._entry, self._open(what), dn, [name]) or {}

        return ldap_ranges.whole(attributes, dn, ask)


def _ask(
    connection: SimpleLDAPObject, base: str, filter_text: str, attributes: list[str], size: int, cookie: bytes
) -> int:
    """Ask for a page, and return the number of the request."""
    page = SimplePagedResultsControl(True, size=size, cookie=cookie)
    return int(connection.search_ext(base, ldap.SCOPE_SUBTREE, filter_text, attributes, serverctrls=[page]))


def _answer(connection: SimpleLDAPObject, number: int) -> tuple[list[t.Any], bytes | None]:
    """Wait for a page. Returns its entries and the cookie of the next page. Empty: none follows. None: not known."""
    answer = connection.result3(number)
    cookies = (page.cookie for page in answer[3] if page.controlType == SimplePagedResultsControl.controlType)
    return answer[1], next(cookies, None)


def _not_paged(what: str) -> DirectoryError:
    """python-ldap loses the cookie and the result code of a page that arrived while it waited for something else."""
    return DirectoryError(
        "paging",
        what,
        "A page of results does not say whether more follow (RFC 2696)",
        "None of the results is used. Run again. If that does not help, name another domain controller as the server.",
    )


def _refusal(problem: ldap.LDAPError, password: str | None) -> Refusal:
    """Convert an exception of python-ldap, without the password."""
    # For some errors, such as its own timeout, the library only has the class.
    said = problem.args[0] if problem.args and isinstance(problem.args[0], dict) else {}
    result = said.get("result", getattr(problem, "errnum", None))
    return Refusal(
        result if isinstance(result, int) else None,
        ldap_errors.clean(str(said.get("desc") or type(problem).__name__), password),
        ldap_errors.clean(str(said.get("info") or ""), password),
    )
