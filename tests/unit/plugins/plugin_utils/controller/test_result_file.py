# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results that stay on the controller."""

from __future__ import annotations

import json
import os
import pathlib
import pwd
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.result_file import (
    ResultFileError,
    place_of,
    require_file,
    require_writable,
    with_file,
)


def test_a_document_stands_under_its_name(tmp_path: pathlib.Path) -> None:
    path = require_file(str(tmp_path / "new" / "results"), "rehearsal-a/b.json", check=False)
    assert path == tmp_path / "new" / "results" / "rehearsal-a_b.json"
    assert with_file({"changed": True}, path, {"a": 1}) == {"changed": True, "file": str(path)}
    assert json.loads(path.read_text()) == {"a": 1}


def test_a_directory_is_tried_before_the_work_and_nothing_stays_in_it(tmp_path: pathlib.Path) -> None:
    require_file(str(tmp_path / "results"), "a.json", check=False)
    assert list((tmp_path / "results").iterdir()) == []


def test_no_file_is_written_where_none_is_asked_for_and_in_check_mode(tmp_path: pathlib.Path) -> None:
    for directory, check in ((None, False), ("", False), (str(tmp_path / "results"), True)):
        path = require_file(directory, "a.json", check=check)
        assert with_file({}, path, {"a": 1}) == {"file": None}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("directory", "at"), [("file", "file"), (".", "a.json")])
def test_what_cannot_be_written_is_refused_before_the_work(tmp_path: pathlib.Path, directory: str, at: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "a.json").mkdir()
    with pytest.raises(ResultFileError) as refused:
        require_file(str(tmp_path / directory), "a.json", check=False)
    failure = refused.value.failure
    assert (failure.code, failure.path) == ("result_file", str(tmp_path / at))
    assert "this user may write to" in failure.next


@pytest.mark.parametrize("kind", ["pipe", "link", "loop"])
def test_what_is_no_plain_file_is_refused_and_stays(tmp_path: pathlib.Path, kind: str) -> None:
    """Root can put a file in the place of /dev/null, and who reads a pipe waits for ever."""
    path = tmp_path / "a.json"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path if kind == "loop" else tmp_path / "elsewhere")
    with pytest.raises(ResultFileError) as refused:
        require_file(str(tmp_path), "a.json", check=False)
    assert refused.value.failure.path == str(path)
    assert "a link, a pipe or a device" in refused.value.failure.cause
    assert not path.is_file()


@pytest.mark.parametrize("directory", ["~nobody-of-this-name/results", "x" * 300])
def test_a_place_that_cannot_be_is_refused(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, directory: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for act in (lambda: require_file(directory, "a.json", check=False), lambda: require_writable(place_of(directory))):
        with pytest.raises(ResultFileError) as refused:
            act()
        assert refused.value.failure.cause


def test_a_home_that_nobody_knows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run as a user without a name and without HOME."""

    def unknown(user: int) -> t.NoReturn:
        raise KeyError(user)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for text, named in (("~/run.json", "~"), ("~nobody-of-this-name/run.json", "~nobody-of-this-name")):
        with pytest.raises(ResultFileError) as refused:
            place_of(text)
        assert f"it is not known which folder {named} is" in refused.value.failure.cause


def test_a_file_that_cannot_be_written_after_the_work_keeps_the_result(tmp_path: pathlib.Path) -> None:
    path = require_file(str(tmp_path), "a.json", check=False)
    assert path is not None
    path.mkdir()
    result = with_file({"changed": True, "left": ["x"]}, path, {"a": 1})
    assert (result["failed"], result["error"]["code"], result["file"]) == (True, "result_file", None)
    assert (result["changed"], result["left"]) == (True, ["x"])
    # What failed before says more.
    earlier = {"failed": True, "error": {"code": "scratch_left"}}
    assert with_file(earlier, path, {"a": 1}) == {**earlier, "file": None}
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]
