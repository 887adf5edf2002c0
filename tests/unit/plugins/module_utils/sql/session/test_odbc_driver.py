# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which driver is used, and which settings it gets."""

from __future__ import annotations

import os
import pathlib
import stat

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc_driver import (
    Driver,
    check_freetds,
    choose_driver,
    connection_string,
    written_for,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import NoConnectionError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target

M17 = "ODBC Driver 17 for SQL Server"
M18 = "ODBC Driver 18 for SQL Server"
MICROSOFT = Driver(M18, "microsoft", 18)
FREETDS = Driver("FreeTDS", "freetds")
TARGET = Target("sql01.corp.example", username="u", password="p")


@pytest.mark.parametrize(
    ("registered", "found"),
    [
        (["FreeTDS", M17, M18, "PostgreSQL"], M18),
        ([M17, "FreeTDS"], M17),
        (["PostgreSQL", "FreeTDS"], "FreeTDS"),
        (["ODBC Driver 13 for SQL Server", "FreeTDS"], "FreeTDS"),
        (["FreeTDS", "ODBC Driver 19 for SQL Server"], "ODBC Driver 19 for SQL Server"),
    ],
)
def test_the_newest_of_microsoft_s_comes_first(registered: list[str], found: str) -> None:
    assert choose_driver(None, registered).name == found


def test_the_driver_asked_for_is_taken(tmp_path: pathlib.Path) -> None:
    assert choose_driver("FreeTDS", [M18, "FreeTDS"]) == FREETDS
    for name, kind, version in (("libmsodbcsql-18.6.so.2.1", "microsoft", 18), ("libtdsodbc.so", "freetds", 0)):
        library = tmp_path / name
        library.touch()
        assert choose_driver(str(library), []) == Driver(str(library), kind, version)


@pytest.mark.parametrize(
    ("asked", "registered", "words"),
    [
        (None, [], "no ODBC driver for SQL Server on this host; registered: none"),
        (None, ["PostgreSQL", "ODBC Driver 13 for SQL Server"], "registered: PostgreSQL, ODBC Driver 13"),
        ("FreeTDS", [M18], "no ODBC driver 'FreeTDS'"),
        ("/nowhere/libtdsodbc.so", [], "no library /nowhere/libtdsodbc.so"),
        ("PostgreSQL", ["PostgreSQL"], "neither Microsoft's"),
        ("ODBC Driver 13 for SQL Server", ["ODBC Driver 13 for SQL Server"], "neither Microsoft's"),
    ],
)
def test_a_missing_driver_is_said_with_what_to_install(asked: str | None, registered: list[str], words: str) -> None:
    with pytest.raises(NoConnectionError, match=words) as caught:
        choose_driver(asked, registered)
    assert caught.value.code == "driver"
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("value", "microsoft", "freetds"),
    [
        ("plain", "{plain}", "plain"),
        ("a}b", "{a}}b}", "a}b"),
        ("}", "{}}}", "}"),
        ("a;b", "{a;b}", "{a;b}"),
        ("{a", "{{a}", "{{a}"),
        (" a ", "{ a }", " a "),
        ("=", "{=}", "="),
    ],
)
def test_values_are_written_as_each_driver_reads_them(value: str, microsoft: str, freetds: str) -> None:
    assert written_for(MICROSOFT, "PWD", value) == microsoft
    assert written_for(FREETDS, "PWD", value) == freetds


@pytest.mark.parametrize("value", ["a};PWD=b", "{a}", "a;b}"])
def test_what_freetds_does_not_accept_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(NoConnectionError, match="password") as caught:
        written_for(FREETDS, "PWD", value)
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("encrypt", "words"),
    [
        ("verified", "Encrypt={yes};TrustServerCertificate={no}"),
        ("unverified", "Encrypt={yes};TrustServerCertificate={yes}"),
        ("off", "Encrypt={no};TrustServerCertificate={yes}"),
    ],
)
def test_microsoft_s_driver_gets_the_encryption(encrypt: str, words: str) -> None:
    target = Target("sql01", username="u", password="p", encrypt=encrypt)  # type: ignore[arg-type]
    with connection_string(MICROSOFT, target, 1433) as text:
        assert words in text
        assert "SERVER={tcp:sql01,1433}" in text
        assert "DATABASE={master};APP={identityops.groupid}" in text
        assert "ConnectRetryCount={0}" in text


def test_windows_authentication_names_no_user() -> None:
    for driver in (MICROSOFT, FREETDS):
        with connection_string(driver, Target("sql01", auth="windows"), 1433) as text:
            assert "Trusted_Connection=" in text
            assert "UID" not in text
            assert "PWD" not in text


def test_certificate_authorities_reach_microsoft_s_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/before")
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    target = Target("sql01", username="u", password="p", ca_file="/etc/ca.pem", host_name_in_certificate="db")
    with connection_string(MICROSOFT, target, 1433) as text:
        assert os.environ["SSL_CERT_FILE"] == "/etc/ca.pem"
        assert not list(pathlib.Path(os.environ["SSL_CERT_DIR"]).iterdir())
        assert "HostNameInCertificate={db}" in text
    assert os.environ["SSL_CERT_FILE"] == "/before"
    assert "SSL_CERT_DIR" not in os.environ


@pytest.mark.parametrize("driver", [FREETDS, Driver(M17, "microsoft", 17)])
def test_a_driver_without_the_name_in_the_certificate_is_refused(driver: Driver) -> None:
    target = Target("sql01", username="u", password="p", host_name_in_certificate="db")
    with pytest.raises(NoConnectionError) as caught, connection_string(driver, target, 1433):
        pytest.fail("it got the value all the same")
    assert caught.value.code == "certificate"
    assert "unverified" in caught.value.next_step


@pytest.mark.parametrize(
    ("encrypt", "ca_file", "expected"),
    [
        (
            "verified",
            "/etc/ca.pem",
            ["encryption = require", "ca file = /etc/ca.pem", "check certificate hostname = yes"],
        ),
        ("verified", None, ["encryption = require", "ca file = system", "check certificate hostname = yes"]),
        ("unverified", None, ["encryption = require"]),
        ("off", None, ["encryption = request"]),
    ],
)
def test_freetds_gets_its_settings_from_a_private_file(
    encrypt: str, ca_file: str | None, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TDSDUMP", "/tmp/dump")
    monkeypatch.delenv("FREETDSCONF", raising=False)
    target = Target("sql01", username="u", password="s3cret", encrypt=encrypt, ca_file=ca_file)  # type: ignore[arg-type]
    with connection_string(FREETDS, target, 50123) as text:
        path = pathlib.Path(os.environ["FREETDSCONF"])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        lines = path.read_text(encoding="utf-8").splitlines()
        assert {"[groupid]", "host = sql01", "port = 50123", *expected} <= set(lines)
        assert ("ca file" in path.read_text()) == (encrypt == "verified")
        assert "s3cret" not in path.read_text()
        assert "SERVERNAME=groupid;" in text
        assert "TDSDUMP" not in os.environ
    assert not path.exists()
    assert "FREETDSCONF" not in os.environ
    assert os.environ["TDSDUMP"] == "/tmp/dump"


def test_the_environment_is_put_back_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREETDSCONF", "/before")
    with pytest.raises(OSError, match="cut"), connection_string(FREETDS, TARGET, 1433):
        raise OSError("cut")
    assert os.environ["FREETDSCONF"] == "/before"


def test_a_freetds_that_checks_nothing_is_refused() -> None:
    check_freetds("01.03.0017")
    for version in ("00.95.0019", "unknown", ""):
        with pytest.raises(NoConnectionError, match="checks no certificates"):
            check_freetds(version)
