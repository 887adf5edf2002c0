# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets that make sense."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.arguments import (
    CONNECTION_SPEC,
    target_of,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target, check_target
from lab.sql.server import make_certificate

GOOD = Target("sql01.corp.example", username="u", password="s3cret-Word")


@pytest.mark.parametrize("server", ["sql01", "SQL_01.corp.example.", "fe80::1"])
def test_servers_by_name_and_address(server: str) -> None:
    assert check_target(dataclasses.replace(GOOD, server=server)).server == server


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"server": "sql01\\HQ"}, "instance"),
        ({"server": "sql01,1433"}, "port"),
        ({"instance": "HQ", "port": 1433}, "not both"),
        ({"instance": "H Q"}, "instance"),
        ({"instance": "a;b"}, "instance"),
        ({"port": 0}, "TCP port"),
        ({"password": None}, "needs username and password"),
        ({"username": None}, "needs username and password"),
        ({"username": "a\0b"}, "username contains a control character"),
        ({"auth": "windows"}, "kinit"),
        ({"encrypt": "off", "ca_file": "/etc/passwd"}, "only used with encrypt: verified or strict"),
        ({"encrypt": "unverified", "host_name_in_certificate": "a"}, "only used with encrypt: verified or strict"),
        ({"ca_file": "/etc/passwd"}, "contains no certificate"),
        ({"ca_file": "/tmp/a;b"}, "';'"),
        ({"host_name_in_certificate": "a b"}, "DNS name"),
        ({"driver": "a\nb"}, "driver"),
        ({"login_timeout": 0}, "at least 1"),
    ],
)
def test_bad_targets_are_refused_by_name(changes: dict[str, t.Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        check_target(dataclasses.replace(GOOD, **changes))
    assert "s3cret-Word" not in str(caught.value)


def test_windows_needs_no_login() -> None:
    assert check_target(Target("sql01", auth="windows")).auth == "windows"


def test_the_password_is_not_shown() -> None:
    assert "s3cret-Word" not in repr(GOOD) + str(GOOD)


def test_names_for_people() -> None:
    assert str(Target("sql01")) == "sql01,1433"
    assert str(Target("sql01", port=50123)) == "sql01,50123"
    assert str(Target("sql01", instance="HQ")) == "sql01\\HQ"


def test_options_are_the_target_s_fields(tmp_path: pathlib.Path) -> None:
    assert list(CONNECTION_SPEC) == [field.name for field in dataclasses.fields(Target)]
    assert CONNECTION_SPEC["password"]["no_log"] is True
    params = {**{name: option.get("default") for name, option in CONNECTION_SPEC.items()}, "server": "sql01"}
    ca_file = make_certificate(tmp_path)[0]
    found = target_of({**params, "username": "u", "password": "p", "ca_file": str(ca_file), "database": "GroupID"})
    assert found == Target("sql01", username="u", password="p", ca_file=str(ca_file))
    with pytest.raises(ValueError, match="needs username"):
        target_of(params)
