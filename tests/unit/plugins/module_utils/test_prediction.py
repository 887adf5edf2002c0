# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup is said to need before it is begun."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from unit.plugins.sql_drivers import both_drivers, target

from ansible_collections.identityops.groupid.plugins.module_utils import prediction
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.modules.groupid_sql_info import look
from lab.sql.server import SqlServerDouble

MB = 10**6
SHARE = "\\\\nas01\\backup"
RESERVE = prediction.SPARE_BYTES


def answer(size: int = 200 * MB, files: int = 2000, **fields: t.Any) -> dict[str, t.Any]:
    """What groupid_backup_folder says in check mode."""
    return {"server": "web01", "files": files, "bytes": size, "copied_bytes": size, "seconds": 0.5, **fields}


def known_set(set_id: str = "20261120T000000Z", seconds: float = 10, **fields: t.Any) -> dict[str, t.Any]:
    part = {
        "server": "web01",
        "state": "complete",
        "files": 2000,
        "bytes": 200 * MB,
        "started": "2026-11-20T00:00:00.5000000Z",
        "finished": f"2026-11-20T00:00:{seconds + 0.5:010.7f}Z",
    }
    return {"set_id": set_id, "sealed": True, "narrowed": [], "parts": [{**part, **fields.pop("part", {})}], **fields}


def root(*sets: dict[str, t.Any], path: str = "D:\\Backups", free: int | None = 10**12) -> dict[str, t.Any]:
    return {"path": path, "free_bytes": free, "sets": list(sets)}


def timed(*sets: dict[str, t.Any], **fields: t.Any) -> tuple[float | None, str]:
    part = prediction.folders("web01", answer(**fields), root(*sets))
    return part["seconds"], part["time_basis"]


def test_folders_are_as_large_as_the_walk_says() -> None:
    part = prediction.folders("inventory-name", answer(), root())
    assert (part["part"], part["host"], part["root"]) == ("web01", "inventory-name", "D:\\Backups")
    assert (part["files"], part["bytes"], part["basis"]) == (2000, 200 * MB, "walk")
    assert part["needed_bytes"] == 202 * MB + RESERVE


def test_a_restore_needs_room_beside_the_folders_on_each_drive() -> None:
    drives = [
        {"path": "C:\\", "bytes": 150 * MB, "free_bytes": 10**12},
        {"path": "E:\\", "bytes": 50 * MB, "free_bytes": None},
        {"path": "F:\\", "bytes": 0, "free_bytes": 0},
    ]
    part = prediction.folders("web01", answer(sources=drives), root())
    assert part["sources"] == [
        {"path": "C:\\", "needed_bytes": 151_500_000 + RESERVE, "free_bytes": 10**12},
        {"path": "E:\\", "needed_bytes": 50_500_000 + RESERVE, "free_bytes": None},
        {"path": "F:\\", "needed_bytes": 0, "free_bytes": 0},
    ]
    assert prediction.domain("web01", {"bytes": 1}, "D:\\Backups")["sources"] == []


def test_an_answer_without_a_walk_says_nothing() -> None:
    part = prediction.folders("web01", {"failed": True, "error": {"code": "source_missing"}}, root(known_set()))
    assert (part["part"], part["bytes"], part["needed_bytes"], part["seconds"]) == ("web01", None, None, None)
    found = prediction.predict({"hq": [part]}, {"web01": root()})["hq"]
    assert (found["unknown"], found["untimed"], found["enough"]) == (["web01"], ["web01"], None)


def test_time_is_that_of_the_last_set() -> None:
    assert timed(known_set()) == (pytest.approx(10), "last set 20261120T000000Z")


def test_time_grows_with_bytes_and_with_files() -> None:
    twice = timed(known_set(), size=400 * MB, files=4000)[0]
    assert twice == pytest.approx(20)
    larger, more = timed(known_set(), size=400 * MB)[0], timed(known_set(), files=4000)[0]
    assert larger is not None
    assert more is not None
    assert 10 < more < 20
    assert 10 < larger < 20


def test_hard_links_cost_no_bytes() -> None:
    linked = timed(known_set(), copied_bytes=0)[0]
    assert linked is not None
    assert 0 < linked < 10
    assert timed(known_set(part={"linked_bytes": 200 * MB}), copied_bytes=0)[0] == pytest.approx(10)


def test_the_newest_set_of_the_server_counts() -> None:
    sets = [known_set("20261122T000000Z", part={"server": "web02"}), known_set(), known_set("20261110T000000Z", 30)]
    assert timed(*sets)[1] == "last set 20261120T000000Z"


@pytest.mark.parametrize(
    "fields",
    [
        {"sealed": False},
        {"narrowed": ["components"]},
        {"part": {"state": "partial"}},
        {"part": {"started": None}},
        {"part": {"started": "soon"}},
        {"part": {"started": "2026-02-31T00:00:00.0000000Z"}},
        {"part": {"started": "2026-11-20T00:00:59.0000000Z"}},
        {"part": {"files": 0, "bytes": 0}},
        {"parts": []},
    ],
)
def test_a_set_without_a_speed_is_passed_over(fields: dict[str, t.Any]) -> None:
    assert timed(known_set(**fields)) == (None, "not known")
    older = known_set("20261110T000000Z", 30)
    assert timed(known_set(**fields), older) == (pytest.approx(30), "last set 20261110T000000Z")


def test_a_set_that_is_surely_full_is_preferred_to_one_that_may_not_be() -> None:
    unsure = {name: value for name, value in known_set("20261121T000000Z").items() if name != "narrowed"}
    assert timed(unsure, known_set())[1] == "last set 20261120T000000Z"
    assert timed(unsure)[1] == "last set 20261121T000000Z"


def test_a_listing_that_does_not_say_when_a_part_was_begun() -> None:
    old = known_set()
    del old["parts"][0]["started"]
    assert timed(old) == (None, "not known")


def test_a_sample_stands_in_for_a_first_set() -> None:
    sample = {"files": 200, "bytes": 20 * MB, "seconds": 0.4}
    seconds, basis = timed(sample=sample)
    assert basis == "sample"
    assert seconds == pytest.approx(0.1 + 10 * 0.4 * prediction.BACKUP_FACTOR)
    assert timed(known_set(), sample=sample)[1] == "last set 20261120T000000Z"


def test_nothing_to_copy_takes_no_time() -> None:
    assert timed(size=0, files=0, sample={"files": 0, "bytes": 0, "seconds": 0}) == (0.0, "walk")
    assert prediction.folders("web01", answer(0, 0), root())["needed_bytes"] == 0


BACKUP = {
    "name": "groupid hq 20261120T000000Z",
    "kind": "full",
    "damaged": False,
    "bytes": 100 * MB,
    "data_bytes": 400 * MB,
    "seconds": 8,
}


def sql(*backups: dict[str, t.Any], **fields: t.Any) -> dict[str, t.Any]:
    return {"database": {"bytes": 1000 * MB, "used_bytes": 600 * MB, **fields}, "backups": list(backups)}


def database(looked: dict[str, t.Any]) -> tuple[int | None, str, float | None, str]:
    part = prediction.database("web01", looked, SHARE, "hq")
    assert (part["part"], part["host"], part["root"]) == ("database", "web01", SHARE)
    return part["bytes"], part["basis"], part["seconds"], part["time_basis"]


def test_used_pages_bound_a_database() -> None:
    assert database(sql()) == (600 * MB, "upper bound", None, "not known")
    assert database({**sql(), "server": {"compresses": True}})[0] == 600 * MB
    assert database(sql(used_bytes=None)) == (1000 * MB, "upper bound", None, "not known")
    assert database(sql(used_bytes=None, bytes=None)) == (None, "not known", None, "not known")
    assert database({"database": None, "backups": None}) == (None, "not known", None, "not known")


def test_the_last_backup_gives_the_ratio_and_the_time() -> None:
    last = "last set 20261120T000000Z"
    assert database(sql(BACKUP)) == (150 * MB, last, pytest.approx(12), last)
    assert database(sql({**BACKUP, "seconds": None})) == (150 * MB, last, None, "not known")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "nightly"},
        {"name": None},
        {"name": "groupid branch 20261120T000000Z"},
        {"name": "groupid hq tomorrow"},
        {"kind": "log"},
        {"damaged": True},
        {"bytes": 0},
        {"data_bytes": 0},
    ],
)
def test_backups_without_a_ratio_are_passed_over(fields: dict[str, t.Any]) -> None:
    assert database(sql({**BACKUP, **fields}))[1] == "upper bound"
    assert database(sql({**BACKUP, **fields}, BACKUP))[1] == "last set 20261120T000000Z"


@both_drivers
def test_a_database_is_at_most_as_large_as_was_said(driver: str, tmp_path: pathlib.Path) -> None:
    with SqlServerDouble(tmp_path) as double:
        double.engine.add_database("GroupID")
        session = open_session(target(double, driver))
        for set_id, basis in (("20261120T000000Z", "upper bound"), ("20261121T000000Z", "last set 20261120T000000Z")):
            looked = look(session, "GroupID", None, probe=False, check=True)
            predicted = prediction.database("web01", looked, "D:\\", "hq")
            assert predicted["basis"] == basis
            name = f"NAME = N'groupid hq {set_id}'"
            session.execute(
                rf"BACKUP DATABASE [GroupID] TO DISK = N'D:\MSSQL\Backup\{set_id}.bak' WITH COPY_ONLY, {name};"
            )
            made = look(session, "GroupID", None, probe=False, check=True)["backups"][0]["bytes"]
            assert 0 < made <= predicted["bytes"]
        session.close()


def test_a_domain_was_asked_already() -> None:
    part = prediction.domain(
        "web01", {"server": "group_attributes.corp.example", "bytes": 5, "files": 2, "seconds": 3.0}, "D:\\"
    )
    assert (part["part"], part["bytes"], part["basis"]) == ("group_attributes.corp.example", 5, "query")
    assert (part["seconds"], part["time_basis"]) == (3.0, "query")
    unknown = prediction.domain("web01", {"failed": True, "seconds": 3.0, "domain": "corp.example"}, "D:\\")
    assert (unknown["part"], unknown["bytes"], unknown["seconds"]) == ("corp.example", None, None)


def folders(host: str, path: str, size: int = 200 * MB, seconds: float = 10) -> prediction.Part:
    return prediction.folders(
        host,
        answer(size, server=host, copied_bytes=size),
        root(known_set(seconds=seconds, part={"server": host, "bytes": size}), path=path),
    )


def test_everything_is_saved_at_once() -> None:
    parts = [
        folders("web01", "D:\\Backups", seconds=10),
        folders("web02", "D:\\Backups", seconds=30),
        prediction.database("web01", sql(BACKUP), "D:\\Backups", "hq"),
    ]
    found = prediction.predict({"hq": parts}, {"web01": root(), "web02": root()})["hq"]
    assert found["seconds"] == pytest.approx(30)
    assert (found["untimed"], found["unknown"]) == ([], [])
    assert (found["files"], found["bytes"]) == (4001, 550 * MB)
    assert found["needed_bytes"] == sum(part["needed_bytes"] or 0 for part in parts)


def test_local_drives_are_a_place_each() -> None:
    parts = [folders("web01", "D:\\Backups"), folders("web02", "D:\\Backups")]
    roots = {"web01": root(free=300 * MB), "web02": root(free=300 * MB)}
    found = prediction.predict({"hq": parts}, roots)["hq"]
    assert [room["parts"] for room in found["rooms"]] == [["hq/web01"], ["hq/web02"]]
    assert found["enough"]
    assert found["failures"] == []


def test_a_share_is_one_place_however_it_is_spelt() -> None:
    parts = [folders("web01", SHARE), folders("web02", "\\\\NAS01\\Backup\\hq\\")]
    roots = {"web01": root(path=SHARE, free=300 * MB), "web02": root(path="\\\\NAS01\\Backup\\hq\\", free=310 * MB)}
    found = prediction.predict({"hq": parts}, roots)["hq"]
    assert found["rooms"] == [
        {
            "host": "",
            "root": SHARE,
            "parts": ["hq/web01", "hq/web02"],
            "unknown": [],
            "needed_bytes": 404 * MB + 2 * RESERVE,
            "free_bytes": 300 * MB,
            "enough": False,
        }
    ]
    assert not found["enough"]
    [failure] = found["failures"]
    reported = str(Failure.from_mapping(failure))
    assert failure["code"] == "space"
    assert reported == (
        "There is not enough free space for a backup of hq: \\\\nas01\\backup: "
        "438 MB are needed there, and 300 MB are free. "
        "Free disk space, or choose another groupid_backup_root."
    )


def test_deployments_on_one_share_need_room_together() -> None:
    roots = {"web01": root(path=SHARE, free=300 * MB), "app01": root(path=SHARE, free=300 * MB)}
    parts = {"hq": [folders("web01", SHARE)], "branch": [folders("app01", SHARE)], "far": [folders("far01", "D:\\")]}
    found = prediction.predict(parts, roots)
    assert [found[name]["enough"] for name in parts] == [False, False, None]
    [failure] = found["branch"]["failures"]
    assert failure["cause"] == "438 MB are needed there (hq: 219 MB, branch: 219 MB), and 300 MB are free"
    assert "groupid_deployments" in str(failure["next"])


def test_a_place_that_nobody_measured_stands_against_nothing_and_is_never_enough() -> None:
    part = prediction.database("sql01", sql(), "E:\\Dumps", "hq")
    parts = [folders("web01", "D:\\Backups"), part]
    found = prediction.predict({"hq": parts}, {"web01": root()})["hq"]
    assert [(room["host"], room["free_bytes"], room["enough"]) for room in found["rooms"]] == [
        ("web01", 10**12, True),
        ("sql01", None, None),
    ]
    assert (found["enough"], found["failures"]) == (None, [])


def test_a_part_whose_size_nobody_knows_is_never_enough() -> None:
    part = prediction.database("web01", {"database": {"used_bytes": None, "bytes": None}}, "D:\\Backups", "hq")
    parts = [folders("web01", "D:\\Backups"), part]
    found = prediction.predict({"hq": parts}, {"web01": root()})["hq"]
    assert [(room["unknown"], room["enough"]) for room in found["rooms"]] == [(["hq/database"], None)]
    assert found["enough"] is None
    found = prediction.predict({"hq": parts}, {"web01": root(free=1)})["hq"]
    assert (found["rooms"][0]["enough"], found["enough"]) == (False, False)


def test_places_of_computers_outside_of_the_run_are_measured_too() -> None:
    external = prediction.database("sql01", sql(), "E:\\Dumps", "hq", "groupid_sql_backup_dir")
    parts = {"hq": [folders("web01", "E:\\Backups"), external], "branch": [{**external}]}
    roots = {"web01": root(path="E:\\Backups")}
    found = prediction.predict(parts, roots, [("sql01", root(path="E:\\Dumps", free=500 * MB))])
    assert [(room["host"], room["free_bytes"]) for room in found["hq"]["rooms"]] == [
        ("web01", 10**12),
        ("sql01", 500 * MB),
    ]
    [failure] = found["branch"]["failures"]
    assert failure["path"] == "E:\\Dumps"
    assert "are needed there, on sql01 (hq: " in str(failure["cause"])
    assert "groupid_sql_backup_dir" in str(failure["next"])
    assert "groupid_backup_root" not in str(failure["next"])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("D:\\Backups", "d:/Other", True),
        ("D:\\Backups", "E:\\Backups", False),
        ("\\\\nas\\backup\\a", "\\\\?\\UNC\\NAS\\backup\\b", True),
        ("\\\\nas\\backup", "\\\\nas\\other", False),
        ("\\\\?\\D:\\Backups", "D:\\Backups", True),
        ("/lab/Backups/", "/LAB/backups", True),
    ],
)
def test_places(one: str, other: str, same: bool) -> None:
    assert (prediction.place_of("web01", one) == prediction.place_of("web01", other)) is same


def test_the_same_drive_of_another_host_is_another_place() -> None:
    assert prediction.place_of("web01", "D:\\") != prediction.place_of("web02", "D:\\")
    assert prediction.place_of("web01", SHARE) == prediction.place_of("web02", SHARE)
