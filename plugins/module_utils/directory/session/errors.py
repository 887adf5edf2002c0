# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the result codes of LDAP mean here, what Active Directory adds to them, and what to do about each.

Sources: RFC 4511 4.1.9 (result codes), OpenLDAP's ldap.h (negative ones, the library's own), MS-ADTS 3.1.1.3.1.9 and
5.1.1.5 (the texts of Active Directory), MS-ERREF 2.2 (the numbers in them). For a code that is not in the tables, the
server's own words are reported.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    ConflictError,
    DirectoryError,
    NoDirectoryError,
    NotInstalledError,
    ObjectRefusedError,
    SearchLostError,
)

Doing = t.Literal["connect", "search", "page", "modify"]
"""``page``: to continue a search after a page."""

INVALID_CREDENTIALS: t.Final = 49
SERVER_DOWN: t.Final = -1
LOCAL: t.Final = -2
_CONFLICTS = frozenset({16, 20, 32})
# Refusals of a change because of the server or the session, which would affect all later changes. All others are about
# the object: AD answers with 19 for a value that is too long, with 50 for rights, with 11 for an object that is full,
# with 53 for a rule of its own (MS-ADTS 3.1.1.5.3; MS-ERREF 2.2).
_OF_THE_SESSION = frozenset({2, 3, 7, 8, 10, 13, 14, 48, INVALID_CREDENTIALS, 51, 52})
# Answers of servers that no longer know the search of a cookie. Active Directory 12 (under load: it keeps few;
# Microsoft Learn, "How LDAP server cookies are handled"; KB977180), Samba 53 (paged_results.c), OpenLDAP 2
# (pingidentity/ldapsdk, issue 97).
_COOKIE_LOST = frozenset({2, 12, 53})
_TEXT_AT_MOST = 1000
_HIDDEN = "********"

# "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v3839"
_DATA = re.compile(r"\bdata ([0-9a-f]{3,8})\b", re.IGNORECASE)
# A Windows error number begins the text: "00002020: Operation unavailable without authentication".
_WINDOWS = re.compile(r"\A\s*([0-9A-Fa-f]{8}):")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

_LOOK_UP = "Look the number up in RFC 4511 or Microsoft's documentation; the server's event log may say more."


@dataclasses.dataclass(frozen=True)
class Advice:
    """What a code means.

    code: a stable word. meaning: what happened and why, in English, whatever language the server speaks.
    next_step: what to do.
    """

    code: str
    meaning: str
    next_step: str

    @property
    def said(self) -> str:
        """The text after the server's own words, as the next step of a failure."""
        return f"{self.meaning} {self.next_step}"


@dataclasses.dataclass(frozen=True)
class Refusal:
    """The answer of the server or library. result: the code, None if there is none. text: free of secrets.

    description: the library's name for the code.
    """

    result: int | None
    description: str
    text: str = ""

    def __str__(self) -> str:
        words = ": ".join(filter(None, (self.description, self.text)))
        return words if self.result is None else f"{words.rstrip('. ')} ({self.result})"


_LOGON = "Check username and password."
RESULTS: t.Final[c.Mapping[int, Advice]] = {
    1: Advice("operations_error", "The server could not process the request.", "Read the server's event log."),
    2: Advice("protocol", "The server did not understand the request.", "Check that it is a domain controller."),
    3: Advice(
        "time_limit",
        "The server stopped the search: it took too long.",
        "Run again when the server is less busy, or use another domain controller, or narrow base or filter.",
    ),
    4: Advice(
        "size_limit",
        "The server returned fewer entries than there are: its limit for one search was reached.",
        "None of the results is used. The server's limit (MaxPageSize; sizelimit) must allow searches in pages of 1000 "
        "entries.",
    ),
    7: Advice("auth_method", "The server does not accept this way to log in.", "Use the other auth, simple or gssapi."),
    8: Advice(
        "signing_required",
        "The server accepts logins only over connections that are signed or encrypted.",
        "Use encryption: ldaps or starttls, or auth: gssapi, which signs and seals.",
    ),
    10: Advice(
        "referral",
        "The server refers to another one: it does not have this part of the directory, or it is a read-only domain "
        "controller.",
        "Name a writable domain controller of this domain as its server. Referrals are never followed.",
    ),
    11: Advice(
        "admin_limit",
        "A limit that the server's administrator set was reached.",
        "None of the results is used. Raise that limit on the server, or narrow base or filter.",
    ),
    12: Advice(
        "no_paging",
        "The server cannot return search results in pages.",
        "Name a domain controller as the domain's server.",
    ),
    13: Advice(
        "encryption_required",
        "The server accepts this only over encrypted connections.",
        "Use encryption: ldaps or starttls, or auth: gssapi.",
    ),
    14: Advice("bind_unfinished", "The server asks for another step of the login.", "Use the other auth."),
    16: Advice(
        "conflict",
        "A value that was to be replaced no longer exists: it was changed in the meantime.",
        "Compare again to see the current values.",
    ),
    17: Advice(
        "no_such_attribute",
        "The schema has no such attribute.",
        "Check the attribute's name, and that this forest has it. The setup of Exchange adds extensionAttribute1 to "
        "15.",
    ),
    18: Advice("matching", "The server cannot compare the attribute this way.", "Check the filter."),
    19: Advice(
        "constraint",
        "The value is one that the attribute may not have: too long, or one too many.",
        "Look at the attribute's limits in the schema (rangeUpper, isSingleValued).",
    ),
    20: Advice(
        "conflict",
        "A value that was to be added already exists: it was changed in the meantime.",
        "Compare again to see the current values.",
    ),
    21: Advice("syntax", "The value does not have the form that the attribute requires.", "Check the value."),
    32: Advice(
        "no_such_object",
        "There is no such object, or no right to see it.",
        "Check the name; an object that was moved has another one. For a search, check base.",
    ),
    34: Advice("dn_syntax", "The distinguished name is not well formed.", "Check base."),
    48: Advice(
        "auth_inappropriate", "The account cannot log in this way.", "Check username, and that it has a password."
    ),
    INVALID_CREDENTIALS: Advice(
        "login",
        "The login failed.",
        f"{_LOGON} The user name is user@domain or a distinguished name. The server's security log has the reason.",
    ),
    50: Advice(
        "access",
        "The account may not do this.",
        "Grant it the right on the group's attributes, leave that group out, or use another account. If AdminSDHolder "
        "protects the group (adminCount 1), grant the right on CN=AdminSDHolder,CN=System: a right on the group "
        "itself is removed within the hour.",
    ),
    51: Advice("busy", "The server is too busy.", "Run again later, or use another domain controller."),
    52: Advice(
        "unavailable",
        "The server cannot serve now; it may be starting or ending, or have no certificate for TLS.",
        "Run again later, or use another domain controller. For LDAPS and StartTLS it needs a certificate.",
    ),
    53: Advice(
        "unwilling",
        "The server refuses this.",
        "Its message or its event log says why: a rule of the server, an attribute that only it may write, or too "
        "many requests.",
    ),
    65: Advice(
        "object_class",
        "The group may not have this attribute.",
        "The schema must allow it for groups. Check that this forest has the schema of Exchange, or of GroupID.",
    ),
    71: Advice("several_servers", "The request needs more than one server.", "Name the right server of the domain."),
    SERVER_DOWN: Advice(
        "connection_lost",
        "The connection was lost. What the server did with the request is not known.",
        "Check that the server runs and can be reached, then run again.",
    ),
    LOCAL: Advice(
        "kerberos",
        "The login could not be prepared on this host.",
        "Get a Kerberos ticket with kinit as the user that runs this (klist shows it). The server must be named as in "
        "its service principal name, ldap/host.domain, by its full name.",
    ),
    -5: Advice(
        "timeout",
        "The server did not answer in time. What it did with the request is not known.",
        "Check the server's load, use another domain controller, or raise timeout.",
    ),
    -6: Advice(
        "sasl",
        "This host lacks the library for Kerberos logins.",
        "Install SASL's GSSAPI library: 'apt install libsasl2-modules-gssapi-mit' or 'dnf install cyrus-sasl-gssapi'.",
    ),
    -7: Advice("filter", "The filter is not a well-formed LDAP filter.", "Correct the filter."),
    -11: Advice(
        "connection",
        "Connection or TLS failed.",
        "Check the server's certificate, the name in it, and ca_file.",
    ),
}

_ACCOUNT = "by the administrator of the domain, or use another account"
BIND_DATA: t.Final[c.Mapping[str, Advice]] = {
    "525": Advice("login", "The domain knows no such user.", "Check username: user@domain, or a distinguished name."),
    "52e": Advice("login", "User name or password is wrong.", _LOGON),
    "52f": Advice(
        "login_restricted",
        "The account may not log in this way: it has a restriction, for example by Protected Users or an "
        "authentication policy.",
        "Use auth: gssapi, or an account without that restriction.",
    ),
    "530": Advice(
        "login_hours", "The account may not log in at this time.", f"Have its logon hours changed {_ACCOUNT}."
    ),
    "531": Advice(
        "login_workstation",
        "The account may not log in from this computer.",
        f"Have its logon workstations changed {_ACCOUNT}.",
    ),
    "532": Advice("password_expired", "The account's password has expired.", "Set a new password."),
    "533": Advice("account_disabled", "The account is disabled.", f"Have it enabled {_ACCOUNT}."),
    "568": Advice("login", "The account is in too many groups to log in.", "Use an account that is in fewer groups."),
    "569": Advice(
        "login_type",
        "The account may not log in to this server over the network.",
        "Grant it 'Access this computer from the network' there, or use another account.",
    ),
    "701": Advice("account_expired", "The account has expired.", f"Have it extended {_ACCOUNT}."),
    "773": Advice("password_must_change", "The account's password must be changed first.", "Set a new password."),
    "775": Advice(
        "account_locked",
        "The account is locked out: too many wrong passwords.",
        f"Have it unlocked {_ACCOUNT}, and find who used the wrong one.",
    ),
    "80090346": Advice(
        "channel_binding",
        "The server requires channel binding, which this login does not have.",
        "Use auth: gssapi with encryption: kerberos.",
    ),
}

# Only for changes: for a search, the same result has another meaning.
CHANGES: t.Final[c.Mapping[int, Advice]] = {
    # 00002024 (ERROR_DS_ADMIN_LIMIT_EXCEEDED): about 1,200 values of unlinked attributes, or 8 kB in the object's
    # record (Microsoft's wiki, "Non-Linked Multi-Valued Attribute Size Limits").
    11: Advice(
        "object_full",
        "The group cannot hold it: Active Directory limits how many values an object has in all, and its size.",
        "Remove values from this group that are not needed, in any attribute, or leave the group out.",
    ),
}

# Texts of MIT's Kerberos in the error of a failed login (krb5_err.et).
KERBEROS: t.Final[c.Mapping[str, Advice]] = {
    "clock skew": Advice(
        "clock_skew",
        "The clocks of this host and of the domain controller differ by more than five minutes.",
        "Set both clocks by the domain's time service (chronyc tracking, w32tm /query /status), and log in again.",
    ),
    "not found in kerberos database": Advice(
        "no_principal",
        "The domain has no service principal name for this server, ldap/host.domain.",
        "Name the domain controller by its full name in DNS, not by an alias or an address. 'setspn -L' on the domain "
        "lists the names that a server has.",
    ),
    "no support for encryption type": Advice(
        "encryption_type",
        "This host and the domain have no encryption type in common: one of them is too old, or too strict.",
        "Allow AES (permitted_enctypes in krb5.conf, the host's crypto policy; msDS-SupportedEncryptionTypes of the "
        "account). If the account's password is older than the domain's support of AES, set it again.",
    ),
    "ticket expired": Advice(
        "ticket_expired",
        "The Kerberos ticket has expired.",
        "Get another one with kinit as the user that runs this; for a scheduled run from a keytab ('kinit -k').",
    ),
    "cannot contact any kdc": Advice(
        "no_kdc",
        "No domain controller answers Kerberos requests (port 88).",
        "Check DNS (_kerberos._tcp records) and that TCP and UDP 88 are open from this host to the domain controllers.",
    ),
    "cannot find kdc": Advice(
        "no_kdc",
        "This host does not know where the domain's Kerberos service is.",
        "Check the realm in krb5.conf, and DNS (_kerberos._tcp records).",
    ),
}

# By result code and Windows error number: with another result, the same number has another meaning.
WINDOWS: t.Final[c.Mapping[tuple[int, int], Advice]] = {
    (1, 0x2020): Advice(
        "not_bound",
        "The server did not accept the session as logged in.",
        "Check username and password. A login is not passed on to a second computer (second hop).",
    ),
    (1, 0x4DC): Advice(
        "not_bound",
        "The server did not accept the session as logged in.",
        "Check username and password. A login is not passed on to a second computer (second hop).",
    ),
    # Active Directory's answer for an attribute that is not in its schema, or a value in a wrong form: ldapts, issue
    # 118, node-ldapjs, issue 431. A value that no longer exists is 0x2085 (ERROR_DS_CANT_REM_MISSING_ATT_VAL).
    (16, 0x57): Advice(
        "no_such_attribute",
        "The schema has no such attribute, or the value does not have the form that the attribute requires.",
        "Check the attribute's name, and that this forest has it. The setup of Exchange adds extensionAttribute1 to "
        "15.",
    ),
    (52, 0x0): Advice(
        "no_tls",
        "The server has no certificate for TLS.",
        "Install one, or use auth: gssapi with encryption: kerberos.",
    ),
}


FORGOTTEN: t.Final = Advice(
    "search_lost",
    "The server forgot the search before it returned all pages: it keeps few searches at a time, and drops the oldest "
    "ones under load.",
    "None of the results is used. Run again when the server is less busy, or name another domain controller as the "
    "server.",
)


def advice(refusal: Refusal, doing: Doing = "search") -> Advice | None:
    """Look up a refusal, first by what Active Directory adds to the result code. None for an unknown one."""
    if refusal.result is None:
        return None
    data = _DATA.search(refusal.text) if refusal.result == INVALID_CREDENTIALS else None
    windows = _WINDOWS.match(refusal.text)
    return (
        (BIND_DATA.get(data[1].lower()) if data else None)
        or (WINDOWS.get((refusal.result, int(windows[1], 16))) if windows else None)
        or (_of_kerberos(refusal.text) if refusal.result == LOCAL else None)
        or (CHANGES.get(refusal.result) if doing == "modify" else None)
        or RESULTS.get(refusal.result)
    )


def _of_kerberos(text: str) -> Advice | None:
    said = text.lower()
    return next((known for words, known in KERBEROS.items() if words in said), None)


def error_of(refusal: Refusal, what: str, doing: Doing) -> DirectoryError:
    """Return the error to raise. what: what was not done and on what, without a full stop.

    It is a NoDirectoryError while connecting, or a NotInstalledError; a SearchLostError for a search that the server
    forgot; a ConflictError for a modify that does not match the current values, an ObjectRefusedError for one that is
    refused only for this object.
    """
    known = advice(refusal, doing)
    code = "ldap" if refusal.result is None else f"ldap_{refusal.result}"
    step = _LOOK_UP
    if known is not None:
        code, step = known.code, known.said
    kind = DirectoryError
    if doing == "page" and refusal.result in _COOKIE_LOST:
        kind, code, step = SearchLostError, FORGOTTEN.code, FORGOTTEN.said
    elif doing == "connect":
        kind = NotInstalledError if code == "sasl" else NoDirectoryError
    elif doing == "modify":
        kind = _of_a_change(refusal.result, code)
    return kind(code, what, str(refusal), step)


def _of_a_change(result: int | None, code: str) -> type[DirectoryError]:
    if result in _CONFLICTS and code != "no_such_attribute":
        return ConflictError
    # Negative codes are the library's own: the connection.
    stops = result is None or result < 0 or result in _OF_THE_SESSION or code == "not_bound"
    return DirectoryError if stops else ObjectRefusedError


def clean(text: str, password: str | None) -> str:
    """Make a server's text readable: one line, limited in length, and never with the password."""
    if password:
        text = text.replace(password, _HIDDEN)
    text = _CONTROL.sub(" ", text).strip()
    if len(text) > _TEXT_AT_MOST:
        text = f"{text[:_TEXT_AT_MOST]}..."
    return text
