# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Under another name, with other logins, and with names that need quoting."""

from __future__ import annotations

import dataclasses
import sqlite3

import pytest
from unit.plugins.module_utils.sql.restore.site import (
    REQUEST,
    SET,
    TABLE,
    Site,
    backup,
    refused,
)

from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import Request
from lab.sql.engine import DataFile, User


def test_under_another_name_beside_the_first(site: Site) -> None:
    site.restore(dataclasses.replace(REQUEST, as_database="GroupID Test"))
    copy = site.double.engine.database("GroupID Test")
    assert [file.path for file in copy.files] == [
        r"D:\MSSQL\DATA\GroupID Test.mdf",
        r"D:\MSSQL\LOG\GroupID Test_log.ldf",
    ]
    assert (site.row(), site.stands()) == ("new", True)


def test_a_file_in_the_place_of_a_new_one_is_refused(site: Site) -> None:
    site.file(r"D:\MSSQL\DATA\Copy.mdf").write_bytes(b"somebody's")
    explained = refused(site, dataclasses.replace(REQUEST, as_database="Copy"))
    assert explained["code"] == "no_place"
    assert r"D:\MSSQL\DATA\Copy.mdf" in explained["cause"]


def test_streams_and_full_text_are_moved_too(site: Site) -> None:
    site.database.files += (
        DataFile(3, "Photos", r"D:\MSSQL\DATA\Photos", "FILESTREAM"),
        DataFile(4, "Search", r"D:\MSSQL\DATA\Search", "FULLTEXT"),
    )
    for path in (r"D:\MSSQL\DATA\Photos", r"D:\MSSQL\DATA\Search"):
        site.file(path).write_bytes(b"content")
    site.run(backup(path=r"D:\MSSQL\Backup\streams.bak"))
    request = dataclasses.replace(REQUEST, files=(r"D:\MSSQL\Backup\streams.bak",), as_database="Copy")
    paths = {file["name"]: file["path"] for file in site.restore(request)["files"]}
    assert paths["Photos"] == r"D:\MSSQL\DATA\Copy_Photos"
    assert paths["Search"] == r"D:\MSSQL\DATA\Copy_Search"


def test_orphaned_users_are_named_and_mended(site: Site) -> None:
    old = User("portal", b"\x09" * 16, frozenset(("db_owner",)))
    site.database.users = (old,)
    site.run(backup(path=r"D:\MSSQL\Backup\users.bak"))
    site.double.engine.add_login("portal", "Portal-Passw0rd!")
    owner = site.double.engine.add_login("owner", "Owner-Passw0rd!")
    request = dataclasses.replace(REQUEST, files=(r"D:\MSSQL\Backup\users.bak",))
    result = site.restore(request)
    assert result["orphaned_users"] == ["portal"]
    assert any("login_map" in step for step in result["next_steps"])
    result = site.restore(dataclasses.replace(request, login_map={"portal": "portal", "dbo": "owner"}))
    assert (result["orphaned_users"], result["joined_users"]) == ([], {"portal": "portal", "dbo": "owner"})
    assert result["owner"] == "owner"
    assert site.database.owner_sid == owner.sid


def test_a_login_map_that_the_server_refuses_fails_after_the_restore(site: Site) -> None:
    login = site.double.engine.add_login("portal", "Portal-Passw0rd!")
    site.database.users = (User("portal", login.sid),)
    site.run(backup(path=r"D:\MSSQL\Backup\users.bak"))
    error = site.fail(dataclasses.replace(REQUEST, files=(r"D:\MSSQL\Backup\users.bak",), login_map={"dbo": "portal"}))
    assert (error.failure.explained()["code"], error.result["outcome"]) == ("login_map", "restored")
    assert "15110" in error.failure.explained()["cause"]
    assert site.stands()


def test_login_map_that_names_no_login_is_refused_before(site: Site) -> None:
    assert refused(site, dataclasses.replace(REQUEST, login_map={"portal": "gone"}))["code"] == "login_missing"


@pytest.mark.parametrize("name", ["Group]ID", "it's", "a;--b", "Gruppe-ÄÖ€", "x" * 128])
def test_names_that_need_quoting(site: Site, name: str) -> None:
    files = (DataFile(1, "Data", r"D:\MSSQL\DATA\long.mdf"), DataFile(2, "Log", r"D:\MSSQL\LOG\long.ldf", "LOG"))
    site.double.engine.add_database(name, files=files)
    site.write("saved", name)
    site.run(
        f"BACKUP DATABASE [{name.replace(']', ']]')}] TO DISK = N'D:\\MSSQL\\Backup\\it''s.bak' "
        f"WITH COPY_ONLY, CHECKSUM, NAME = N'groupid hq {SET}'"
    )
    site.write("new", name)
    result = site.restore(Request(name, (r"D:\MSSQL\Backup\it's.bak",), SET))
    assert len(result["safety"]["name"]) <= 128
    with sqlite3.connect(site.double.engine.path_of(site.double.engine.database(name))) as rows:
        assert rows.execute(f"SELECT Name FROM {TABLE}").fetchone() == ("saved",)


HOSTILE = ("A]b'; DROP DATABASE x;--", "ü漢字𝄞", "n" * 128, "]" * 64, "'" * 128, "𝄞" * 64, "a/b\\c:d*e?f")


@pytest.mark.parametrize("name", HOSTILE, ids=["sql", "unicode", "long", "brackets", "quotes", "pairs", "path"])
def test_hostile_names_to_restore_under(site: Site, name: str) -> None:
    wanted = dataclasses.replace(REQUEST, as_database=name)
    made = site.restore(wanted)
    copy = site.double.engine.database(name)
    assert (made["outcome"], copy.state, copy.user_access) == ("restored", "ONLINE", "MULTI_USER")
    assert [file["path"] for file in made["files"]] == [file.path for file in copy.files]
    folders = {file.path.rpartition("\\")[0] for file in copy.files}
    assert folders == {r"D:\MSSQL\DATA", r"D:\MSSQL\LOG"}
    site.write("new", name)
    again = site.restore(wanted)
    assert (again["outcome"], bool(again["safety"])) == ("restored", True)
    assert site.double.engine.sql(name, f"SELECT Name FROM {TABLE}") == [("saved",)]
    assert set(site.double.engine.databases) == {"master", "tempdb", "model", "msdb", "groupid", name.casefold()}


def test_hostile_logical_names(site: Site) -> None:
    files = (
        DataFile(1, "Da'ta]; --", r"D:\MSSQL\DATA\it's.mdf"),
        DataFile(2, "漢" * 64, r"D:\MSSQL\LOG\l]o'g.ldf", "LOG"),
    )
    site.double.engine.add_database("odd", files=files)
    site.run(backup("odd", r"D:\MSSQL\Backup\odd.bak"))
    made = site.restore(Request("odd", (r"D:\MSSQL\Backup\odd.bak",), SET, as_database="x" * 128))
    assert [file["name"] for file in made["files"]] == [file.name for file in files]
    copy = site.double.engine.database("x" * 128)
    assert [file.path for file in copy.files] == [file["path"] for file in made["files"]]
