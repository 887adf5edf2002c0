# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""quiesce and resume, where Windows' managers of services, tasks and pools do not just obey."""

from __future__ import annotations

import datetime
import json
import os
import time
import typing as t
from concurrent import futures

import pytest
from unit.agent.conftest import Host
from unit.agent.runtime_host import RuntimeHost, settled, time_in

from lab.appcmd import Pool
from lab.waiting import until

HOUR = 3_600_000
STRANGER = 4711
NEEDS_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to give files to somebody else"
)


@pytest.fixture
def server(host: Host) -> RuntimeHost:
    return RuntimeHost(host)


def notes(answer: dict[str, t.Any]) -> dict[str, tuple[str, str | None]]:
    return {item["name"]: (item["outcome"], item["note"]) for item in answer["entries"]}


SERVICES: dict[str, dict[str, t.Any]] = {
    "the manager is busy with another one": {"codes": {"stop": [1053, 1061], "start": [1055, 1053]}},
    "dies, and starts again": {"dies": True, "recovery": True, "takes_ms": 60},
    "dies, and starts again later": {"dies": True, "recovery": True, "recovery_ms": HOUR},
    "fails, and starts again": {"exit_code": 5, "recovery": True, "recovers_from_errors": True},
    "fails, and starts again later": {
        "exit_code": 1066,
        "recovery": True,
        "recovers_from_errors": True,
        "recovery_ms": HOUR,
    },
    "fails, and nothing follows": {"exit_code": 5},
    "recovers, and does not fail": {"recovery": True, "recovers_from_errors": True},
    "is in a process with others": {"shares_process": True},
    "its process's number is given to another": {"reused_by": "C:/other.exe"},
    "its process ends later": {"lingers_ms": 200},
    "needs the paused one": {"depends_on": ["paused"]},
    "paused": {"state": "paused"},
    "hides its configuration": {"hides_configuration": True, "display_name": "Imanami Replication"},
}


def test_every_service_stops_and_comes_back(server: RuntimeHost) -> None:
    for name, facts in SERVICES.items():
        server.service(name, start_type="manual", **facts)
    server.write()
    before = server.picture()
    answer = server.quiesce()
    assert answer["failed"] is False, answer["error"]
    stopped = server.picture()["services"]
    assert {one["state"] for one in stopped.values()} == {"stopped"}
    # What Windows would start again is disabled until the resume. Nothing else keeps it from that.
    held = {name for name, one in stopped.items() if one["start_type"] == "disabled"}
    assert held == {name for name in SERVICES if "starts again" in name}
    previewed = server.resume(check=True)
    answer = server.resume()
    assert answer["failed"] is False, answer
    assert notes(answer) == notes(previewed) == dict.fromkeys(SERVICES, ("resumed", None))
    assert server.picture() == before


def test_one_that_has_failed_before_is_kept_from_starting_meanwhile(server: RuntimeHost) -> None:
    """Its restart is queued, and cannot be canceled."""
    server.service("failed", "stopped", recovery=True, exit_code_now=1067)
    server.service("never started", "stopped", recovery=True, exit_code_now=1077)
    server.service("stopped", "stopped", recovery=True)
    server.write()
    before = server.picture()
    previewed = server.quiesce(check=True)
    answer = server.quiesce()
    assert {one["name"]: one["stopped"] for one in answer["entries"]} == {
        "failed": True,
        "never started": False,
        "stopped": False,
    }
    assert previewed["entries"] == answer["entries"]
    types = {name: one["start_type"] for name, one in server.picture()["services"].items()}
    assert types == {"failed": "disabled", "never started": "automatic", "stopped": "automatic"}
    assert notes(server.resume())["failed"] == ("resumed", None)
    assert server.picture() == before


def test_a_configuration_that_is_hidden_is_told_so(server: RuntimeHost) -> None:
    server.service("a", hides_configuration=True, display_name="Imanami Replication")
    server.write()
    assert server.ask("state")["services"][0]["start_type"] == "unknown"


def test_a_manager_that_stays_busy_is_named(server: RuntimeHost) -> None:
    server.service("a", codes={"stop": [1053] * 99})
    server.service("b")
    server.write()
    before = server.picture()
    error = server.quiesce(item_seconds=1)["error"]
    assert (error["code"], "'a'" in error["cause"], "(1053)" in error["cause"]) == ("stop_failed", True, True)
    assert server.picture() == before


def test_a_start_type_that_somebody_changes_meanwhile_stays(server: RuntimeHost) -> None:
    """Also of a service that the quiesce had disabled."""
    server.service("a", dies=True, recovery=True, recovery_ms=HOUR)
    server.write()
    server.quiesce()
    server.change("services", 0, start_type="manual")
    assert notes(server.resume()) == {"a": ("changed", "its start type was automatic and is manual")}
    found = server.picture()["services"]["a"]
    assert (found["state"], found["start_type"]) == ("running", "manual")


def test_a_service_that_is_deleted_meanwhile_holds_no_other_up(server: RuntimeHost) -> None:
    server.task("\\Imanami\\Job")
    server.service("a deleted one")
    server.service("running but disabled", start_type="disabled")
    server.service("z vanishes", start_type="disabled", vanishes=True)
    server.write()
    assert server.quiesce()["failed"] is False
    server.change("services", 0, deleted=True)
    told = notes(server.resume())
    assert told == {
        "\\Imanami\\Job": ("resumed", None),
        "a deleted one": ("changed", "somebody has deleted it"),
        "running but disabled": ("resumed", None),
        "z vanishes": ("changed", "it is no longer there"),
    }
    assert server.record()["resumed"]


def test_one_that_may_not_be_asked_for_is_named(server: RuntimeHost) -> None:
    server.service("Elastic")
    server.service("Monitor", command="C:\\m.exe", depends_on=["Elastic"], denied=True)
    server.write()
    assert server.ask("state")["services"][0]["dependents"] == ["Monitor"]
    error = server.quiesce()["error"]
    assert (error["code"], "'Monitor'" in error["cause"], "(5)" in error["cause"]) == ("service_unreadable", True, True)
    assert not (server.host.lock.parent / "quiesce.json").exists()


def test_an_instance_that_waits_or_is_another_accounts_is_awaited(server: RuntimeHost) -> None:
    ends = time_in(0.7)
    server.task("\\Imanami\\Queued", queued_until_ms=ends)
    server.task("\\Imanami\\Others", busy_until_ms=ends, hidden_instances=True)
    server.write()
    assert server.quiesce()["failed"] is False
    assert time_in(0) >= ends


def test_a_task_that_cannot_be_read_is_told(server: RuntimeHost) -> None:
    server.task("\\Schema Replication", unreadable=0x80041321)
    server.task("\\Microsoft\\Windows\\Old", unreadable=0x80041321)
    server.task("\\Imanami\\Job")
    server.write()
    look = server.ask("state")
    assert [(one["path"], one["found_by"]) for one in look["tasks"]] == [
        ("\\Imanami\\Job", "folder"),
        ("\\Schema Replication", "name"),
    ]
    [warning] = look["warnings"]
    assert "'\\Microsoft\\Windows\\Old'" in warning
    answer = server.quiesce()
    assert (answer["failed"], answer["warnings"]) == (False, [warning])


def pool(server: RuntimeHost, name: str, **facts: t.Any) -> Pool:
    return Pool(name, applications={f"Site/{name}": f"{server.folder}/{name}"}, **facts)


def test_pools_whose_process_goes_on_and_that_others_are_quicker_with(server: RuntimeHost) -> None:
    server.web(
        pool(server, "lingers", habits={"lingers": "3"}),
        pool(server, "stopped by another", habits={"races": "stop"}),
        pool(server, "started by another", habits={"races": "start"}),
    )
    server.write()
    before = server.picture()
    assert server.quiesce()["failed"] is False
    assert (server.iis.folder / "pools" / "0000" / "lingers").read_text().strip() == "0"
    assert {state for state, dummy in server.picture()["pools"].values()} == {"Stopped"}
    answer = server.resume()
    assert answer["failed"] is False, answer
    assert server.picture() == before


def left(server: RuntimeHost, number: int = 0) -> str:
    """Return how many looks still see a worker process of a pool."""
    return (server.iis.folder / "pools" / f"{number:04}" / "lingers").read_text().strip()


def test_a_worker_process_is_awaited_where_iis_lists_none(server: RuntimeHost) -> None:
    """It may write until its shutdownTimeLimit (90 seconds), whether Web-Request-Monitor is installed or not."""
    server.web(pool(server, "a", habits={"lingers": "4"}), pool(server, "b"))
    server.iis.hide_workers()
    server.write()
    answer = server.quiesce()
    assert answer["failed"] is False, answer["error"]
    assert (left(server), answer["warnings"]) == ("0", [])


def test_a_worker_process_that_does_not_end_is_named(server: RuntimeHost) -> None:
    server.web(pool(server, "a", habits={"works": ""}))
    server.iis.hide_workers()
    server.write()
    error = server.quiesce(item_seconds=1)["error"]
    assert error["code"] == "stop_failed"
    assert "'a': it has stopped, but a worker process of it has not ended" in error["cause"]


def test_a_worker_process_whose_command_line_is_hidden_is_looked_up_in_iis(server: RuntimeHost) -> None:
    server.web(pool(server, "a", habits={"lingers": "20"}), Pool("Default", applications={"Default Web Site/": "C:/w"}))
    server.iis.hide_commands()
    server.write()
    answer = server.quiesce()
    assert (answer["failed"], answer["warnings"], left(server)) == (False, [], "0")


def test_worker_processes_of_nobody_knows_which_pool_are_told_once(server: RuntimeHost) -> None:
    """Of another pool, perhaps: that goes on, and nobody waits for it."""
    server.web(pool(server, "a"), pool(server, "b"), Pool("Default", applications={"Default Web Site/": "C:/w"}))
    server.iis.hide_commands()
    server.iis.hide_workers()
    server.write()
    answer = server.quiesce()
    assert answer["failed"] is False, answer["error"]
    [warning] = answer["warnings"]
    assert "is not supported" in warning
    assert "the command lines of all processes w3wp.exe" in warning


def test_where_no_worker_process_is_left_nothing_is_unknown(server: RuntimeHost) -> None:
    server.web(pool(server, "a"))
    server.iis.hide_commands()
    server.iis.hide_workers()
    server.write()
    assert server.quiesce()["warnings"] == []


def test_without_wmi_iis_is_asked(server: RuntimeHost) -> None:
    server.web(pool(server, "a", habits={"lingers": "3"}))
    server.host.faults = {"wmi_error": 5}
    server.write()
    answer = server.quiesce()
    assert (answer["failed"], answer["warnings"], left(server)) == (False, [], "0")


def test_a_pool_that_somebody_stops_after_the_record_stays_stopped_and_its_process_is_awaited(
    server: RuntimeHost,
) -> None:
    server.web(pool(server, "a"), pool(server, "b"))
    server.write()
    assert server.quiesce(phase="record")["failed"] is False
    server.iis.change(0, state="Stopped", lingers="3")
    assert server.quiesce(phase="stop")["failed"] is False
    assert (server.iis.folder / "pools" / "0000" / "lingers").read_text().strip() == "0"
    answer = server.resume()
    assert {one["name"]: one["outcome"] for one in answer["entries"] if one["kind"] == "pool"} == {
        "a": "changed",
        "b": "resumed",
    }
    assert server.iis.pools()["a"][0] == "Stopped"


def test_a_pool_that_somebody_is_stopping_after_the_record_stays_stopped(server: RuntimeHost) -> None:
    """IIS would refuse to stop it once more. It is awaited, and nothing else."""
    server.web(pool(server, "a"), pool(server, "b"))
    server.write()
    assert server.quiesce(phase="record")["failed"] is False
    server.iis.change(0, state="Stopping", slow="3", lingers="3")
    answer = server.quiesce(phase="stop")
    assert answer["failed"] is False, answer["error"]
    [item] = [one for one in server.record()["items"] if one["name"] == "a"]
    assert (item["stopping"], left(server)) == (None, "0")
    told = notes(server.resume())
    assert told["a"] == ("changed", "it was started and is stopped")
    assert told["b"] == ("resumed", None)
    assert (server.iis.pools()["a"][0], server.iis.pools()["b"][0]) == ("Stopped", "Started")
    assert not (server.iis.folder / "pools" / "0000" / "log").exists()


def test_a_service_that_somebody_is_stopping_after_the_record_stays_stopped(server: RuntimeHost) -> None:
    """Its process is awaited, too."""
    server.service("a")
    server.service("b")
    server.write()
    assert server.quiesce(phase="record")["failed"] is False
    ends = time.time() + 2
    found = server.read()
    found["services"][0] |= {"state": "stop_pending", "target": "stopped", "asked": "stop", "due_ms": time_in(1.0)}
    process = {"id": server.services["a"]["process"], "program": f"{server.folder}/bin/a.exe", "until_ms": time_in(2.0)}
    server._replace({**found, "processes": [process]})
    answer = server.quiesce(phase="stop")
    assert answer["failed"] is False, answer["error"]
    assert datetime.datetime.fromisoformat(answer["record"]["stopped"]).timestamp() >= ends
    assert {item["name"]: item["stopping"] for item in server.record()["items"]} == {"a": None, "b": "done"}
    assert notes(server.resume()) == {
        "a": ("changed", "it was running and is stopped"),
        "b": ("resumed", None),
    }
    found = server.read()["services"]
    assert (found[0]["state"], "log" in found[0], settled(found[1])) == ("stopped", False, "running")


def test_a_worker_process_that_wmi_did_not_show_for_a_moment_is_no_pool_that_runs_again(server: RuntimeHost) -> None:
    """The pool has stopped, and its process is awaited when WMI answers again. Nothing is changed in IIS."""
    server.service("Repl", takes_ms=3000)
    server.web(pool(server, "a", habits={"lingers": "4"}))
    server.iis.hide_workers()
    server.iis.share_configuration()
    server.write()
    log = server.iis.folder / "pools" / "0000" / "log"
    with futures.ThreadPoolExecutor() as threads:
        with server.iis.silent_management():
            answer = threads.submit(server.quiesce)
            until(log.exists)
            time.sleep(5)
        found = answer.result()
    assert found["failed"] is False, found["error"]
    assert (left(server), log.read_text().split()) == ("0", ["stop"])


def test_a_pool_that_somebody_has_just_stopped_is_awaited_before_the_record(server: RuntimeHost) -> None:
    server.web(pool(server, "a", state="Stopped", habits={"lingers": "3"}), pool(server, "b"))
    server.write()
    before = server.picture()
    answer = server.quiesce()
    assert (answer["failed"], left(server)) == (False, "0")
    assert server.resume()["failed"] is False
    assert server.picture() == before
    server.iis.change(0, works="")
    error = server.quiesce(item_seconds=1, run="run-2")["error"]
    assert error["code"] == "service_pending"
    assert "'a' has stopped, but still has a worker process after 1 seconds" in error["cause"]


def test_programs_that_go_on_are_named_after_the_stop(server: RuntimeHost) -> None:
    """Not those of services and pools, and not a service's own helper, which ends a moment after it."""
    server.service("Repl", lingers_ms=200)
    server.web(pool(server, "a"))
    helper = {"id": 8, "program": f"{server.folder}/bin/controller.exe", "until_ms": time_in(1.5)}
    console = {"id": 7, "program": f"{server.folder}/Console.exe"}
    server.processes = [console, helper]
    server.write()
    recorded = server.quiesce(phase="record")
    assert recorded["processes"] == [console, {key: helper[key] for key in ("id", "program")}]
    assert server.quiesce(phase="stop")["processes"] == [console]


def test_an_iis_that_somebody_has_stopped_meanwhile(server: RuntimeHost) -> None:
    """Its pools start with it; one that does not is not forgotten."""
    server.web(pool(server, "a"), pool(server, "held", habits={"again": "1"}), pool(server, "z", auto_start=False))
    server.write()
    before = server.picture()
    server.quiesce()
    for number in range(3):
        server.iis.change(number, state="Unknown")
    answer = server.resume()
    told = notes(answer)
    later = "IIS is stopped, and starts the pool when IIS starts"
    assert (told["a"], told["held"], told["z"][0]) == (("changed", later), ("changed", later), "failed")
    assert "The service has not been started" in answer["error"]["cause"]
    for number, state in enumerate(["Started", "Started", "Stopped"]):
        server.iis.change(number, state=state)
    assert server.resume()["failed"] is False
    assert server.picture() == before


@pytest.mark.parametrize("shared", [True, False])
def test_a_process_of_32_bits_reads_what_iis_reads(server: RuntimeHost, shared: bool) -> None:
    """System32 is another folder to it, in which IIS' program is, but not its configuration."""
    server.web(pool(server, "a"))
    server.iis.share_configuration(shared)
    folder = server.iis.program.parents[1]
    folder.rename(folder.with_name("Sysnative"))
    server.iis.install([pool(server, "a")])
    server.host.habits = {"process_32_bit": True}
    server.write()
    assert server.ask("state")["iis"]["shared_configuration"] is shared


@NEEDS_ROOT
def test_a_record_of_somebody_else_is_not_read(server: RuntimeHost) -> None:
    """An ordinary user could have any service started by it, where an administrator has made the folder for all."""
    server.service("a")
    server.service("Other", "stopped", command="C:\\Windows\\o.exe")
    server.write()
    before = server.picture()
    server.host.lock.parent.mkdir()
    server.host.lock.parent.chmod(0o777)
    record = server.host.lock.parent / "quiesce.json"
    item = {"kind": "service", "name": "Other", "before": {"state": "running", "start_type": "automatic"}}
    head = {"schema": 1, "epoch": "20260101T000000Z", "run": "r", "controller": "c", "user": "u", "started": "s"}
    record.write_text(json.dumps({**head, "items": [{**item, "changed": [], "stopping": "done"}]}))
    os.chown(record, STRANGER, STRANGER)
    for answer in (server.resume(), server.quiesce()):
        assert (answer["error"]["code"], answer["error"]["path"]) == ("state_owner", str(record))
    [warning] = server.ask("state")["warnings"]
    assert "owner" in warning
    assert server.picture() == before


@NEEDS_ROOT
def test_a_record_of_another_administrator_is(server: RuntimeHost) -> None:
    """Where the policy NoDefaultAdminOwner is set, he owns it, and nobody else can put one into the closed folder."""
    server.service("a")
    server.write()
    before = server.picture()
    server.quiesce()
    os.chown(server.host.lock.parent / "quiesce.json", STRANGER, STRANGER)
    assert notes(server.resume()) == {"a": ("resumed", None)}
    assert server.picture() == before


def test_a_link_in_its_place_is_not_followed(server: RuntimeHost) -> None:
    server.service("a")
    server.write()
    server.host.lock.parent.mkdir()
    (server.host.folder / "planted.json").write_text("{}")
    (server.host.lock.parent / "quiesce.json").symlink_to(server.host.folder / "planted.json")
    for answer in (server.resume(), server.quiesce()):
        assert answer["error"]["code"] in ("quiesce_record", "state_owner")
        assert "link" in answer["error"]["cause"]


def test_a_record_of_a_later_version_is_named_so(server: RuntimeHost) -> None:
    server.service("a")
    server.write()
    server.host.lock.parent.mkdir()
    (server.host.lock.parent / "quiesce.json").write_text('{"schema": 2}')
    error = server.resume()["error"]
    assert error["code"] == "quiesce_record"
    assert "a later version of this collection" in error["cause"]
    assert "resume with that version" in error["next"]


def test_who_removes_the_record_ends_the_quiesce_and_all_is_started_again(server: RuntimeHost) -> None:
    server.service("a")
    server.service("b", hangs=["stop"])
    server.service("c")
    server.write()
    before = server.picture()
    record = server.host.lock.parent / "quiesce.json"
    with futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(server.quiesce, item_seconds=100)
        until(lambda: server.read()["services"][1]["state"] == "stop_pending", "b is asked to stop")
        record.unlink()
        server.change("services", 1, due_ms=0)
    error = answer.result()["error"]
    assert error["code"] == "stop_failed"
    assert "was removed or replaced" in error["cause"]
    assert "What had been stopped was started again." in error["cause"]
    assert server.record()["resumed"]  # written again, so that a later resume knows that all runs
    assert server.picture() == before
