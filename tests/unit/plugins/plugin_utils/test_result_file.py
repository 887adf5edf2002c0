# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results that stay on the controller."""

from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_error import AgentCallError
from ansible_collections.identityops.groupid.plugins.plugin_utils.result_file import require_directory, write_result


def test_a_document_stands_under_its_name(tmp_path: pathlib.Path) -> None:
    path = write_result(str(tmp_path / "new" / "results"), "rehearsal-a/b.json", {"a": 1})
    assert pathlib.Path(path) == tmp_path / "new" / "results" / "rehearsal-a_b.json"
    assert json.loads(pathlib.Path(path).read_text()) == {"a": 1}


def test_a_directory_is_tried_before_the_work_and_nothing_stays_in_it(tmp_path: pathlib.Path) -> None:
    require_directory(None)
    require_directory(str(tmp_path / "results"))
    assert list((tmp_path / "results").iterdir()) == []


def test_one_that_cannot_be_used_is_refused_before_the_work(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AgentCallError) as refused:
        require_directory(str(tmp_path / "file"))
    failure = refused.value.failure
    assert (failure.code, failure.path) == ("result_file", str(tmp_path / "file"))
    assert "this user may write to" in failure.next
