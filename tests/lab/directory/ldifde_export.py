# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in for ldifde.exe reads from the directory, and the records that it writes of it."""

from __future__ import annotations

import base64
import collections.abc as c
import typing as t

import ldap
from ldap.controls import SimplePagedResultsControl
from ldap.ldapobject import SimpleLDAPObject

if t.TYPE_CHECKING:
    from lab.directory.ldifde import Account, Options
    from lab.directory.ldifde_messages import Messages

SCOPES = {"base": ldap.SCOPE_BASE, "onelevel": ldap.SCOPE_ONELEVEL, "subtree": ldap.SCOPE_SUBTREE}
_COLUMNS = 80
_PAGE = 1000
_CHILD = {"objectGUID": [b"a child's group."], "extensionAttribute12": [b"of a child domain"]}


class ExportError(Exception):
    """The export failed; what the program says of it, and its exit code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


def records(account: Account, options: Options, messages: Messages) -> c.Iterator[str]:
    """Return every record. Raises ExportError."""
    connection = _bind(account, messages)
    try:
        for dn, attributes in _entries(connection, account, options):
            yield _record(dn, _first_values(attributes) if account.fault == "range" else attributes, options)
        if account.fault == "children" and options.scope == "subtree":
            yield _record(f"CN=Sales,OU=Groups,DC=emea,{account.base}", _CHILD, options)
    except ldap.FILTER_ERROR as error:
        raise ExportError(messages.text("filter"), 87) from error
    except ldap.LDAPError as error:
        raise ExportError(
            messages.text("search", error.args[0].get("desc", ""), error.args[0].get("info", "")), 8224
        ) from error
    finally:
        connection.unbind_s()


def _bind(account: Account, messages: Messages) -> SimpleLDAPObject:
    connection = ldap.initialize(account.uri)
    connection.set_option(ldap.OPT_REFERRALS, 0)
    connection.set_option(ldap.OPT_NETWORK_TIMEOUT, 10)
    if account.ca_file:
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, account.ca_file)
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    try:
        connection.simple_bind_s(account.bind_dn, account.password)
    except ldap.INVALID_CREDENTIALS as error:
        raise ExportError(messages.text("logon_failed"), 1326) from error
    except ldap.LDAPError as error:
        raise ExportError(messages.text("no_server"), 8250) from error
    return connection


def _entries(
    connection: SimpleLDAPObject, account: Account, options: Options
) -> c.Iterator[tuple[str, dict[str, list[bytes]]]]:
    """Return what the search finds, in the server's order; references are left out."""
    base = account.base if options.base is None else options.base
    control = SimplePagedResultsControl(True, size=_PAGE, cookie="")
    while True:
        number = connection.search_ext(
            base,
            SCOPES[options.scope],
            options.filter,
            list(options.attributes) or None,
            serverctrls=[control] if options.paged else None,
        )
        dummy, found, dummy, answered = connection.result3(number)
        for dn, attributes in found:
            if dn is not None:
                yield dn, attributes
        cookies = [part.cookie for part in answered if isinstance(part, SimplePagedResultsControl)]
        if not cookies or not cookies[0]:
            return
        control.cookie = cookies[0]


def _first_values(attributes: dict[str, list[bytes]]) -> dict[str, list[bytes]]:
    """Return one value of an attribute that has several, under the name that tells so (MS-ADTS 3.1.1.3.1.3.3)."""
    return {
        (f"{name};range=0-0" if len(values) > 1 else name): (values[:1] if len(values) > 1 else values)
        for name, values in attributes.items()
    }


def _record(dn: str, attributes: dict[str, list[bytes]], options: Options) -> str:
    lines = [_line("dn", dn.encode(), options.unicode), "changetype: add\r\n"]
    for name, values in attributes.items():
        if name.lower() not in options.omitted:
            lines += [
                _line(name, value, options.unicode)
                for value in values
                if options.binary or _as_text(value, options.unicode) is not None
            ]
    return "".join([*lines, "\r\n"])


def _line(name: str, value: bytes, unicode: bool) -> str:
    """Return one attribute; what does not fit on its line begins on the next."""
    text = _as_text(value, unicode)
    head, shown = (f"{name}:: ", base64.b64encode(value).decode()) if text is None else (f"{name}: ", text)
    if len(head) + len(shown) <= _COLUMNS:
        return f"{head}{shown}\r\n"
    step = _COLUMNS - 1
    return "".join([f"{head}\r\n", *(f" {shown[at : at + step]}\r\n" for at in range(0, len(shown), step))])


def _as_text(value: bytes, unicode: bool) -> str | None:
    """Return a value that may stand in the file as it is: all of it ASCII, or any text where the file is Unicode."""
    try:
        text = value.decode("utf-8" if unicode else "ascii")
    except UnicodeDecodeError:
        return None
    plain = text.isprintable() and text[:1] not in (" ", ":", "<") and not text.endswith(" ")
    return text if plain else None
