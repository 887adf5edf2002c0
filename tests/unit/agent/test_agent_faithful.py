# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owners and access lists in a part, on a file system that keeps none; and the account's privileges."""

from __future__ import annotations

import json
import shutil
import typing as t

import pytest

PRIVILEGES = ["SeBackupPrivilege", "SeRestorePrivilege", "SeSecurityPrivilege", "SeTakeOwnershipPrivilege"]
SDDL = "O:BAG:SYD:P(A;OICI;FA;;;SY)"


def code(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


def losses(answer: dict[str, t.Any]) -> dict[str, tuple[int, str]]:
    """Kind -> (count, first); after checking that each is a warning too."""
    assert code(answer) == "none", answer
    for loss in answer["losses"]:
        beginning = f"{loss['count']} files or folders "
        assert [line for line in answer["warnings"] if line.startswith(beginning) and loss["first"] in line]
    return {loss["kind"]: (loss["count"], loss["first"]) for loss in answer["losses"]}


def lines(host: t.Any) -> list[dict[str, t.Any]]:
    return [json.loads(line) for line in (host.part() / "files.jsonl").read_bytes().splitlines()]


def secure(host: t.Any, **securities: object) -> None:
    """Return entries of the part a security, as a host with access lists does; ``__`` in a keyword is ``/``."""
    named = {name.replace("__", "/"): security for name, security in securities.items()}
    kept = [{**line, "security": named[line["path"]]} if line["path"] in named else line for line in lines(host)]
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in kept)
    (host.part() / "files.jsonl").write_text(text)
    host.record()


@pytest.fixture
def part(host: t.Any) -> t.Any:
    """A host with a part of four entries: data, data/a, data/sub, data/sub/b."""
    host.file("a", "first")
    host.file("sub/b", "second")
    assert host.backup()["state"] == "complete"
    return host


def test_nothing_is_lost_where_there_is_nothing_to_lose(part: t.Any) -> None:
    assert all("security" not in line for line in lines(part))
    document = part.part_document()
    assert (document["losses"], document["warnings"]) == ([], [])
    answer = part.restore()
    assert (losses(answer), answer["warnings"], answer["changed"]) == ({}, [], False)


def test_privileges_are_reported(part: t.Any) -> None:
    part.faults = {"no_privileges": ["SeSecurityPrivilege"]}
    for answer in (part.restore(), part.backup(set_id="20260102T000000Z", check=True)):
        assert answer["privileges"]["missing"] == ["SeSecurityPrivilege"]
        assert answer["privileges"]["enabled"] == [name for name in PRIVILEGES if name != "SeSecurityPrivilege"]
        assert answer["warnings"] == []


@pytest.mark.parametrize("missing", [True, False])
def test_a_missing_privilege_is_a_warning_where_it_matters(host: t.Any, missing: bool) -> None:
    host.write(a="first", b="second")
    host.faults = {"denied": ["*/a.txt"], "no_privileges": PRIVILEGES[: int(missing)]}
    answer = host.backup(allow_partial=["**"])
    assert answer["state"] == "waived"
    assert len(answer["warnings"]) == int(missing)
    assert all(line.startswith("1 files or folders could not be") and "SeBackup" in line for line in answer["warnings"])
    assert host.part_document()["warnings"] == answer["warnings"]


def test_access_lists_that_the_target_cannot_keep(part: t.Any) -> None:
    secure(part, data=SDDL, data__a="O:BAG:SYD:", data__sub=0, data__sub__b=1)
    (part.source / "sub" / "b").unlink()
    for check in (True, False):
        answer = part.restore(check=check)
        assert losses(answer) == {"security_not_kept_here": (4, "data")}
        assert (answer["added"], answer["attributes"]) == (1, 0)
    assert (part.source / "sub" / "b").read_text() == "second"


@pytest.mark.parametrize("elsewhere", ["target", "machine", "inherit"])
def test_access_lists_stay_where_they_came_from(part: t.Any, elsewhere: str) -> None:
    secure(part, data__a=SDDL)
    members: dict[str, t.Any] = {"other_machine": True}
    if elsewhere == "machine":
        part.machine_guid = "22222222-0000-4000-8000-000000000002"
    else:
        members.update(
            {"target": str(part.folder / "D" / "else")} if elsewhere == "target" else {"security": "inherit"}
        )
    assert losses(part.restore(**members)) == {}
    wanted = {} if elsewhere == "inherit" else {"security_not_kept_here": (1, "data/a")}
    assert {**losses(part.restore(**{"security": "original", **members})), "security_not_in_part": None} == {
        **wanted,
        "security_not_in_part": None,
    }


def test_an_older_part_restores(part: t.Any) -> None:
    shutil.rmtree(part.source)
    answer = part.restore(security="original")
    assert losses(answer) == {"security_not_in_part": (4, "data")}
    assert (part.source / "a").read_text() == "first"
    assert losses(part.restore(security="auto")) == {}


def test_a_choice_that_there_is_not(part: t.Any) -> None:
    answer = part.restore(security="Original")
    assert (code(answer), "'security'" in answer["error"]["cause"]) == ("bad_request", True)


@pytest.mark.parametrize(
    "security",
    [1, -1, 10**12, 0.5, True, [], {}, "O:BA\0", "O:BAD:" + "(A;;FA;;;SY)" * 11_000],
    ids=["ahead", "negative", "huge", "half", "true", "list", "object", "zero", "long"],
)
def test_a_table_that_cannot_be(part: t.Any, security: object) -> None:
    before = part.picture(part.source)
    secure(part, data=SDDL, data__a=security)
    (part.source / "a").write_text("other")
    answer = part.restore()
    assert code(answer) == "damaged"
    assert "files.jsonl" in json.dumps(answer["error"]), answer["error"]
    assert (part.source / "a").read_text() == "other"
    assert part.picture(part.source).keys() == before.keys()
