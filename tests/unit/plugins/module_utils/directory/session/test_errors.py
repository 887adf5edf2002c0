# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the result codes mean, through the real library: a slapd whose answers are replaced on their way."""

from __future__ import annotations

import collections.abc as c
import traceback
import typing as t

import pytest
from unit.plugins.directories import FILTER, target

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session import errors as ldap_errors
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.errors import Refusal
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    ConflictError,
    DirectoryError,
    NoDirectoryError,
    NotInstalledError,
    ObjectRefusedError,
)
from lab.directory import wire
from lab.directory.groups import Made
from lab.directory.proxy import answering
from lab.directory.slapd import Slapd

PASSWORD = "Zx-9'echo;me"
LOGON = "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {0}, v3839\0"
SIGNING = (
    "00002028: LdapErr: DSID-0C090257, comment: The server requires binds to turn on integrity checking if SSL\\TLS "
    "are not already active on the connection, data 0, v3839\0"
)
NOT_BOUND = (
    "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed "
    "on the connection., data 0, v3839\0"
)
# What the vendor's server may answer a login with: result, text, our word, words of the message.
LOGINS = [
    (49, LOGON.format("525"), "login", "no such user"),
    (49, LOGON.format("52e"), "login", "password is wrong"),
    (49, LOGON.format("52f"), "login_restricted", "Protected Users"),
    (49, LOGON.format("530"), "login_hours", "at this time"),
    (49, LOGON.format("531"), "login_workstation", "from this computer"),
    (49, LOGON.format("532"), "password_expired", "expired"),
    (49, LOGON.format("533"), "account_disabled", "disabled"),
    (49, LOGON.format("701"), "account_expired", "expired"),
    (49, LOGON.format("773"), "password_must_change", "must be changed"),
    (49, LOGON.format("775"), "account_locked", "locked out"),
    (49, LOGON.format("80090346"), "channel_binding", "channel binding"),
    (49, LOGON.format("fff"), "login", "The login failed"),
    (49, "", "login", "The login failed"),
    (8, SIGNING, "signing_required", "ldaps or starttls"),
    (13, "confidentiality required", "encryption_required", "only over encrypted connections"),
    (1, "00002020: Operation unavailable without authentication", "not_bound", "accept the session as logged in"),
    (7, "", "auth_method", "way to log in"),
    (51, "", "busy", "too busy"),
    (52, "", "unavailable", "cannot serve now"),
    (53, "", "unwilling", "refuses this"),
]  # fmt: skip
SEARCHES = [
    (1, NOT_BOUND, "not_bound", "a login is not passed on"),
    (1, "00000000: LdapErr: DSID-0C0903AB", "operations_error", "event log"),
    (3, "", "time_limit", "too long"),
    (4, "", "size_limit", "fewer entries than there are"),
    (11, "", "admin_limit", "a limit"),
    (12, "", "no_paging", "in pages"),
    (50, "", "access", "may not do this"),
    (51, "", "busy", "another domain controller"),
    (52, "", "unavailable", "cannot serve now"),
]
CHANGES = [
    (8, SIGNING, "signing_required", DirectoryError),
    (
        11,
        "00002024: SvcErr: DSID-02050D7E, problem 5008 (ADMIN_LIMIT_EXCEEDED), data -1026",
        "object_full",
        ObjectRefusedError,
    ),
    (16, "00002085: AtrErr: DSID-03152804, #1: 0: problem 1001 (NO_ATTRIBUTE_OR_VAL)", "conflict", ConflictError),
    (
        16,
        "00000057: LdapErr: DSID-0C0910F4, comment: Error in attribute conversion operation, data 0, v4563",
        "no_such_attribute",
        ObjectRefusedError,
    ),
    (19, "000020A6: AtrErr: range", "constraint", ObjectRefusedError),
    (20, "00002083: AtrErr: DSID-031519E0, #1:", "conflict", ConflictError),
    (21, "00000057: LdapErr", "syntax", ObjectRefusedError),
    (32, "0000208D: NameErr: DSID-0310028C, problem 2001 (NO_OBJECT)", "no_such_object", ConflictError),
    (50, "00000005: SecErr: DSID-03152870, problem 4003 (INSUFF_ACCESS_RIGHTS)", "access", ObjectRefusedError),
    (51, "000020D9: SvcErr", "busy", DirectoryError),
    (53, "0000209A: SvcErr: DSID-031A1236, problem 5003 (WILL_NOT_PERFORM)", "unwilling", ObjectRefusedError),
    (65, "0000207D: UpdErr", "object_class", ObjectRefusedError),
    (71, "", "several_servers", ObjectRefusedError),
]


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    """A slapd whose account's password can be distinguished from any other word."""
    with Slapd(tmp_path_factory.mktemp("slapd"), groups=Made(3), password=PASSWORD) as server:
        yield server


@pytest.mark.parametrize(("result", "text", "code", "words"), LOGINS)
def test_a_refused_login_says_why_and_what_to_do(slapd: Slapd, result: int, text: str, code: str, words: str) -> None:
    with answering(slapd, wire.BIND, result, text) as proxy, pytest.raises(NoDirectoryError) as caught:
        open_directory(target(slapd, proxy))
    error = caught.value
    assert error.failure.code == code
    assert words.lower() in error.failure.next.lower()
    assert f"({result})" in error.failure.cause
    assert text.rstrip("\0. ") in error.failure.cause
    assert "\0" not in str(error)
    assert str(error) == f"{error.failure.what}: {error.failure.cause}. {error.failure.next}"


@pytest.mark.parametrize(("result", "text", "code", "words"), SEARCHES)
def test_a_search_that_ended_early_is_an_error(slapd: Slapd, result: int, text: str, code: str, words: str) -> None:
    # The first search is the session's own, before the login.
    with answering(slapd, wire.SEARCH, result, text, after=1) as proxy:
        session = open_directory(target(slapd, proxy))
        with pytest.raises(DirectoryError) as caught:
            list(session.pages(slapd.base, FILTER, ("cn",)))
        session.close()
    assert (caught.value.failure.code, type(caught.value)) == (code, DirectoryError)
    assert words.lower() in caught.value.failure.next.lower()
    assert f"({result})" in caught.value.failure.cause
    assert slapd.base in caught.value.failure.what


@pytest.mark.parametrize(("result", "text", "code", "kind"), CHANGES)
def test_a_refused_change_is_a_conflict_or_is_not(
    slapd: Slapd, result: int, text: str, code: str, kind: type[DirectoryError]
) -> None:
    dn = f"CN=Grüße\\, alle,{slapd.base}"
    with answering(slapd, wire.MODIFY, result, text) as proxy:
        session = open_directory(target(slapd, proxy))
        with pytest.raises(DirectoryError) as caught:
            session.modify(dn, [Change("add", "extensionData", (b"x",))])
        session.close()
    assert (caught.value.failure.code, type(caught.value)) == (code, kind)
    assert caught.value.failure.what == f"{dn} was not changed on 127.0.0.1"
    assert text.rstrip("\0") in caught.value.failure.cause


@pytest.mark.parametrize(
    ("minor", "code", "words"),
    [
        ("Clock skew too great", "clock_skew", "clocks"),
        ("Server ldap/dc01@CORP.EXAMPLE not found in Kerberos database", "no_principal", "setspn"),
        ("KDC has no support for encryption type", "encryption_type", "AES"),
        ("Ticket expired", "ticket_expired", "kinit"),
        ("Cannot contact any KDC for realm 'CORP.EXAMPLE'", "no_kdc", "88"),
        ('Cannot find KDC for realm "CORP.EXAMPLE"', "no_kdc", "krb5.conf"),
        ("No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_0)", "kerberos", "Get a Kerberos ticket"),
        ("Der Dienst ist weg", "kerberos", "Get a Kerberos ticket"),
    ],
)
def test_what_kerberos_says_has_an_advice_of_its_own(minor: str, code: str, words: str) -> None:
    """Such a login fails before a server is asked; texts of MIT's library, one that is translated is not known."""
    text = (
        "SASL(-1): generic failure: GSSAPI Error: Unspecified GSS failure.  Minor code may provide more information "
        f"({minor})"
    )
    error = ldap_errors.error_of(Refusal(-2, "Local error", text), "No session", "connect")
    assert (error.failure.code, type(error)) == (code, NoDirectoryError)
    assert words in error.failure.next
    assert minor in error.failure.cause


def test_a_limit_of_a_search_and_of_an_object_are_two_things() -> None:
    refusal = Refusal(11, "Administrative limit exceeded", "00002024: SvcErr")
    reported = {doing: ldap_errors.error_of(refusal, "x", doing).failure for doing in t.get_args(ldap_errors.Doing)}
    assert reported["search"].code == reported["page"].code == "admin_limit"
    assert "base" in reported["search"].next
    assert reported["modify"].code == "object_full"
    assert "base" not in reported["modify"].next


def test_a_library_that_is_missing_here_is_no_refusal_of_a_login() -> None:
    text = "SASL(-4): no mechanism available: No worthy mechs found"
    error = ldap_errors.error_of(Refusal(-6, "Unknown authentication method", text), "No session", "connect")
    assert (error.failure.code, type(error)) == ("sasl", NotInstalledError)


def test_a_referral_is_reported_and_not_followed(slapd: Slapd) -> None:
    where = "ldap://dc02.corp.example/CN=x"
    with answering(slapd, wire.MODIFY, 10, "0000202B: RefErr", referral=where) as proxy:
        session = open_directory(target(slapd, proxy))
        with pytest.raises(DirectoryError) as caught:
            session.modify(slapd.base, [Change("add", "extensionData", (b"x",))])
        session.close()
    assert caught.value.failure.code == "referral"
    assert where in caught.value.failure.cause


def test_an_unknown_code_passes_through_whole(slapd: Slapd) -> None:
    with answering(slapd, wire.SEARCH, 113, "Etwas ganz anderes: ü", after=1) as proxy:
        session = open_directory(target(slapd, proxy))
        with pytest.raises(DirectoryError) as caught:
            list(session.pages(slapd.base, FILTER, ("cn",)))
        session.close()
    assert caught.value.failure.code == "ldap_113"
    assert "Etwas ganz anderes: ü" in caught.value.failure.cause
    assert "(113)" in caught.value.failure.cause
    assert "RFC 4511" in caught.value.failure.next


@pytest.mark.parametrize("operation", [wire.BIND, wire.SEARCH, wire.MODIFY])
def test_a_server_that_repeats_the_password_is_not_repeated(slapd: Slapd, operation: int) -> None:
    text = f"user x, password {PASSWORD}, what else"

    def work() -> None:
        session = open_directory(target(slapd, proxy))
        if operation == wire.MODIFY:
            session.modify(slapd.base, [Change("add", "cn", (b"x",))])
        list(session.pages(slapd.base, FILTER, ("cn",)))

    # The first search is the session's own.
    after = 1 if operation == wire.SEARCH else 0
    with answering(slapd, operation, 49, text, after=after) as proxy, pytest.raises(DirectoryError) as caught:
        work()
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    shown += str(caught.value.failure.explained())
    assert "user x, password ********, what else" in shown
    assert PASSWORD not in shown
    assert PASSWORD not in repr(caught.value.__context__) + repr(caught.value.__cause__)


def test_what_a_server_says_is_one_bounded_line() -> None:
    text = ldap_errors.clean("a\0b\r\nc\x1b[31m" + "x" * 5000, None)
    assert text.startswith("a b c [31mxxx")
    assert len(text) == 1003


def test_every_advice_has_a_word_a_meaning_and_a_step() -> None:
    tables: list[t.Any] = [ldap_errors.RESULTS, ldap_errors.BIND_DATA, ldap_errors.WINDOWS]
    tables += [ldap_errors.CHANGES, ldap_errors.KERBEROS, {0: ldap_errors.FORGOTTEN}]
    for known in (entry for table in tables for entry in table.values()):
        assert known.code.replace("_", "").isalpha()
        assert known.code.islower()
        assert known.meaning.endswith(".")
        assert known.next_step.endswith(".")


def test_a_number_means_something_with_its_result_only() -> None:
    assert ldap_errors.advice(Refusal(53, "x", "00002020: LdapErr")) == ldap_errors.RESULTS[53]
    assert ldap_errors.advice(Refusal(50, "x", LOGON.format("533"))) == ldap_errors.RESULTS[50]
    assert ldap_errors.advice(Refusal(49, "x", "metadata 533")) == ldap_errors.RESULTS[49]
    assert ldap_errors.advice(Refusal(None, "x", "00002020: LdapErr")) is None


def test_an_error_in_parts() -> None:
    error = ldap_errors.error_of(Refusal(51, "Server is busy", "wait."), "Nothing was done", "search")
    assert error.failure.explained() == {
        "code": "busy",
        "what": "Nothing was done",
        "cause": "Server is busy: wait (51)",
        "next": "The server is too busy. Run again later, or use another domain controller.",
        "component": None,
        "path": None,
    }
