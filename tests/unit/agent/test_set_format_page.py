# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/reference/set-format.md promises what a set has on the disk; a set really made has that, and nothing else."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, signature
from lab.streams import keeps_streams, put_stream

PAGE = (pathlib.Path(__file__).parents[3] / "docs" / "reference" / "set-format.md").read_text(encoding="utf-8")
MARK = b"[ZoneTransfer]\r\nZoneId=3\r\n"


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no section {title!r}"
    return found[1]


def named(title: str) -> list[str]:
    """The members in the first column of a section's table."""
    rows = re.findall(r"^\| (`.*?`) \|", section(title), re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def examples(title: str) -> list[dict[str, t.Any]]:
    """The JSON documents of a section's example, of which each may be broken into lines."""
    [text] = re.findall(r"^```json\n(.*?)^```", section(title), re.MULTILINE | re.DOTALL)
    decoder, found, at = json.JSONDecoder(), [], 0
    while text[at:].strip():
        document, length = decoder.raw_decode(text[at:].lstrip())
        at += len(text[at:]) - len(text[at:].lstrip()) + length
        found.append(document)
    return found


def shape(value: object) -> object:
    """What a document consists of: names of members and kinds of values; of a list, what its items consist of."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value]
    return type(value).__name__


@pytest.fixture
def made(host: t.Any, tmp_path: pathlib.Path) -> t.Any:
    """A host with the sealed set of the page, verified."""
    if not keeps_streams(tmp_path):
        pytest.skip("needs a disk with extended attributes of users")
    host.file("templates/plain.htm", "<p>a template</p>\n")
    put_stream(host.file("weekly.rpt", "a report\n"), "Zone.Identifier", MARK)
    component = {"name": "reports", "path": str(host.source)}
    answer = host.call(
        "backup",
        components=[component],
        version="10.0",
        products=[{"version": "10.0", "registry": [], "installation": "G", "data": "G", "components": []}],
        inventory_name="web01.corp.example",
        narrowed=[],
        scope={},
    )
    assert answer["state"] == "complete", answer
    proof = {"samples": 46, "longest_gap_ms": 2210, "down_ms": 95120}
    quiesce = {"mode": "all", "epoch": answer["epoch"], "servers": {"web01": proof}, "waived": []}
    sealed = backup_set.seal_document("hq", answer["epoch"], "web01", [answer], quiesce=quiesce)
    for members in (
        {"phase": "prepared", "document": sealed.text},
        {"phase": "sealed", "document_sha256": sealed.sha256},
    ):
        assert not host.call("seal", **members)["failed"]
    assert host.call("verify")["state"] == "verified"
    return host


def test_the_manifest_is_the_page_s(made: t.Any) -> None:
    [example] = re.findall(r"^```\n(.*?)^```", section("manifest.sha256"), re.MULTILINE | re.DOTALL)
    assert (made.part() / "manifest.sha256").read_text() == example


def test_lines_of_the_list_have_the_page_s_members(made: t.Any) -> None:
    lines = [json.loads(line) for line in (made.part() / "files.jsonl").read_bytes().splitlines()]
    folder, file = examples("files.jsonl")
    security = {"security"}  # Linux keeps none
    assert [line["path"] for line in lines] == [
        "reports",
        "reports/templates",
        "reports/templates/plain.htm",
        file["path"],
    ]
    assert set(lines[0]) == set(folder) - security
    assert set(lines[3]) == set(file) - security
    assert lines[3]["streams"] == file["streams"]
    assert (lines[3]["size"], lines[3]["attributes"]) == (file["size"], file["attributes"])
    assert set(named("files.jsonl")) == set(file)


def test_the_record_of_a_part_is_the_page_s(made: t.Any) -> None:
    [example] = examples("part.json")
    assert shape(made.part_document()) == shape(example), "docs/reference/set-format.md, part.json, the example"
    assert set(named("part.json")) == set(example), "docs/reference/set-format.md, part.json, the table"


OF_THE_FIRST_RELEASE = {
    "schema", "deployment", "set_id", "epoch", "server", "fqdn", "machine_guid", "inventory_name", "version", "started",
    "finished", "state", "agent", "files", "directories", "bytes", "excluded", "components", "problems",
    "problem_count", "manifest_sha256", "files_sha256", "details", "warnings",
}  # fmt: skip


def test_a_part_without_the_members_of_later_versions_is_read(host: t.Any) -> None:
    host.write(a="x")
    host.backup()
    document = host.part_document()
    old = {name: value for name, value in document.items() if name in OF_THE_FIRST_RELEASE}
    assert OF_THE_FIRST_RELEASE == old.keys() < document.keys()
    (host.part() / "part.json").write_text(json.dumps(old))
    [listed] = host.call("list")["sets"]
    assert [(part["state"], part["unreadable"]) for part in listed["parts"]] == [("complete", None)], "Part.Parse"
    assert host.call("verify")["state"] == "verified"
    (host.source / "a.txt").unlink()
    assert host.restore()["added"] == 1


def test_the_seal_is_the_page_s(made: t.Any) -> None:
    [example] = examples("The seal")
    text = (made.part().parent / "set.json").read_text()
    assert text == (made.part().parent / "set.prepared.json").read_text()
    assert shape(json.loads(text)) == shape(example)
    assert json.dumps(example, indent=2, sort_keys=True) + "\n" in PAGE
    assert set(named("The seal")) == set(example)


def test_the_signature_is_the_page_s(made: t.Any) -> None:
    [key] = re.findall(r"With the key `(.*?)`", section("The signature"))
    [shown] = re.findall(r"^```json\n(.*?)^```", section("The signature"), re.MULTILINE | re.DOTALL)
    [seal] = re.findall(r"^```json\n(.*?)^```", section("The seal"), re.MULTILINE | re.DOTALL)
    text = signature.signed(seal, key)
    assert text == seal.removesuffix("\n}\n") + ",\n" + shown
    assert named("The signature") == list(json.loads(text)["signature"])
    (made.part().parent / "set.json").write_text(signature.signed((made.part().parent / "set.json").read_text(), key))
    [found] = [signature.judged(one, [key]) for one in made.call("list")["sets"]]
    assert signature.is_valid(found["signature"])


def test_the_record_of_a_verification_is_the_page_s(made: t.Any) -> None:
    [path] = (made.lock.parent / "verified").rglob("*.json")
    [example] = examples("Records outside of the set")
    record = json.loads(path.read_bytes())
    assert set(record) == set(example)
    assert {**record, "root": "", "time": "", "seal_sha256": ""} == {
        **example,
        "root": "",
        "time": "",
        "seal_sha256": "",
    }


def test_nothing_else_lies_in_a_set(made: t.Any) -> None:
    found = {path.name for path in made.part().parent.iterdir()} | {path.name for path in made.part().iterdir()}
    shown = set(re.findall(r"^ +([\w.]+)(?=$|  )", section("Folders"), re.MULTILINE))
    assert found == {"web01", "reports", "manifest.sha256", "files.jsonl", "part.json", "set.prepared.json", "set.json"}
    assert found <= shown


def test_what_is_planted_is_found(made: t.Any) -> None:
    [example] = examples("part.json")
    document = made.part_document()
    assert shape({**document, "planted": 1}) != shape(example)
    assert shape({**document, "components": [{**document["components"][0], "planted": 1}]}) != shape(example)
    assert shape({name: value for name, value in document.items() if name != "losses"}) != shape(example)
