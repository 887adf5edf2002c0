# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A few hundred mutations of a part's documents; tests/faults/fuzz_parts.py runs many more."""

from __future__ import annotations

import json
import pathlib

import pytest
from faults import fuzz_parts
from faults.part_mutations import FILES, MANIFEST, PART, SEAL, Record, redone, resealed
from unit.agent.win32_session import NEEDS_MONO, lacks

pytestmark = pytest.mark.skipif(lacks("mcs", "mono"), reason=NEEDS_MONO)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return fuzz_parts.compile_agent(tmp_path_factory.mktemp("fuzz"))


def test_no_mutation_is_taken_wrongly(agent: pathlib.Path) -> None:
    outcomes = fuzz_parts.fuzz(agent, range(1, 301), seed=1)
    assert outcomes["damaged"] > 200
    assert outcomes["verified"] > 5  # What changes nothing that the part says of its files.


def test_the_fuzzer_knows_a_wrong_part(agent: pathlib.Path, tmp_path: pathlib.Path) -> None:
    subject = fuzz_parts.Subject(agent, tmp_path)
    try:
        for wrong in wrong_records(subject.record):
            with pytest.raises(fuzz_parts.FoundError):
                subject.compare(wrong)
        subject.compare(subject.record)
    finally:
        subject.close()


def wrong_records(record: Record) -> list[Record]:
    """Records that would be taken wrongly if they verified."""
    lists = [
        {FILES: b"".join(record[FILES].splitlines(keepends=True)[:-1])},
        {FILES: record[FILES].replace(b"/a.txt", b"/../a.txt")},
        {MANIFEST: record[MANIFEST].replace(b"/a.txt", b"/b.txt", 1)},
        {MANIFEST: record[MANIFEST][:1].replace(b"0", b"1") + b"f" + record[MANIFEST][2:]},
    ]
    seal = json.loads(record[SEAL])
    seal["parts"][0]["part_sha256"] = "0" * 64
    return [
        *(resealed(redone({**record, **one})) for one in lists),
        {**record, PART: record[PART] + b" "},
        {**record, SEAL: json.dumps(seal).encode()},
    ]


def test_a_seal_of_very_many_parts_is_read_in_time(agent: pathlib.Path, tmp_path: pathlib.Path) -> None:
    subject = fuzz_parts.Subject(agent, tmp_path)
    try:
        seal = json.loads(subject.record[SEAL])
        others = [{"server": f"s{number}", "part_sha256": "0" * 64} for number in range(100_000)]
        (subject.set / SEAL).write_text(json.dumps({**seal, "parts": [*others, *seal["parts"]]}))
        assert subject.ask("verify")["sealed"] is True
    finally:
        subject.close()
