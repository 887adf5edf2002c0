# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup stops GroupID on all servers of a deployment, and starts again what ran, whatever becomes of it."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import signal
import typing as t

import pytest
from integration import sets
from integration.controller import COLLECTION, Controller, Run

from lab import inventory, task_clock
from lab.elasticsearch import Node
from lab.lab import Lab
from lab.waiting import until

HQ = ("web01", "web02")
BEFORE = {"Data": "running", "Elastic": "running", "Off": "stopped"}
STOPS = "Note (web01, web02): A backup stops services Data, Elastic."
SLOW: dict[str, t.Any] = {"groupid_allow_partial": ["**"], "groupid_retries": 60, "groupid_retry_wait": 0.1}
"""A backup that waits about 6 s for a file that another program holds."""


def service(name: str, **facts: t.Any) -> dict[str, t.Any]:
    command = "%ProgramFiles%/Imanami/GroupID 10.0/bin/x.exe"
    process = 1000 + sum(map(ord, name))
    usual = {"name": name, "display_name": name, "command": command, "process": process, "start_type": "automatic"}
    return {**usual, "state": "running", **facts}


def write(lab: Lab, server: str, **changed: dict[str, t.Any]) -> None:
    """Let the services of BEFORE be on a server. changed: more of them by name."""
    services = [
        service(
            name, state=state, start_type="automatic" if state == "running" else "disabled", **changed.get(name, {})
        )
        for name, state in BEFORE.items()
    ]
    (lab.root / "hosts" / server / "services.json").write_text(
        json.dumps({"services": services, "tasks": [], "processes": []}), encoding="utf-8"
    )


ENDS = {"start_pending": "running", "stop_pending": "stopped"}
"""A transition ends when its time has come, and the file says so when somebody asks the server next."""


def states(lab: Lab, server: str) -> dict[str, str]:
    content = json.loads((lab.root / "hosts" / server / "services.json").read_text(encoding="utf-8"))
    return {one["name"]: ENDS.get(one["state"], one["state"]) for one in content["services"]}


def stopped(lab: Lab, server: str) -> bool:
    return set(states(lab, server).values()) == {"stopped"}


def hold(lab: Lab, server: str) -> None:
    """Let another program hold a file of a server, for which a backup waits."""
    held = next(path for path in sorted(lab.components(server)["reports"].rglob("*")) if path.is_file())
    lab.faults[server] = {"locked": [str(held)]}


def parts(lab: Lab, server: str) -> list[pathlib.Path]:
    return list(lab.path(server, inventory.LOCAL_ROOT).glob(f"hq/*/{server}/part.json"))


def record(lab: Lab, server: str) -> pathlib.Path:
    return lab.path(server, "C:\\ProgramData\\identityops.groupid\\quiesce.json")


def summary(run: Run) -> list[str]:
    """Return the lines of its summary."""
    printed = run.output.partition("TASK [identityops.groupid.preflight : Print the summary]")[2]
    return printed.partition("\nTASK [")[0].splitlines()[1:]


def too_long(lines: t.Iterable[str]) -> list[str]:
    """Return the lines of a report with more than 80 columns. A single path or id may be longer than that."""
    return [line for line in lines if len(line) > 80 and " " in line.strip()]


@pytest.fixture
def running(lab: Lab) -> Lab:
    for server in (*HQ, "old01"):
        write(lab, server)
    return lab


@pytest.fixture
def result(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "run.json"


def document(result: pathlib.Path) -> dict[str, t.Any]:
    found: dict[str, t.Any] = json.loads(result.read_text(encoding="utf-8"))
    return found


def test_a_preflight_says_what_would_be_stopped_and_what_prevents_it(running: Lab, controller: Controller) -> None:
    run = controller.play("preflight").succeeded()
    assert "Note (web01, web02): A backup stops services Data, Elastic." in " ".join(run.output.split())
    controller.play("preflight", extra={"groupid_quiesce_max": 0}).failed("groupid_quiesce_max is 0")
    controller.play("preflight", "--forks", "1").failed("--forks 2")
    assert {server: states(running, server) for server in HQ} == dict.fromkeys(HQ, BEFORE)
    controller.module("web01", "groupid_services", {"state": "quiesced"})
    run = controller.play("preflight").failed("another run has stopped GroupID on this server", f"{COLLECTION}.resume")
    assert "branch" in run.output
    assert stopped(running, "web01")


def test_servers_are_stopped_together_and_each_runs_again_as_soon_as_it_can(
    running: Lab, controller: Controller, result: pathlib.Path
) -> None:
    previewed = controller.play("backup", "--check").succeeded()
    assert "hq: GroupID would be stopped on web01, web02" in previewed.output
    assert previewed.output.count(STOPS) == 1
    assert {server: states(running, server) for server in HQ} == dict.fromkeys(HQ, BEFORE)
    hold(running, "web01")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        extra = {**SLOW, "groupid_run_file": str(result)}
        play = pool.submit(controller.play, "backup", extra=extra)
        until(lambda: (stopped(running, "web01") and stopped(running, "web02")) or play.done(), "both are stopped")
        assert not any(parts(running, server) for server in HQ), "nothing is saved before that"
        until(lambda: states(running, "web02") == BEFORE or play.done(), "web02 runs again")
        assert parts(running, "web02")
        assert not parts(running, "web01")
        assert stopped(running, "web01"), "its part is not saved"
        run = play.result().succeeded()
    assert {server: states(running, server) for server in HQ} == dict.fromkeys(HQ, BEFORE)
    shown, stop = run.output.index(STOPS), run.output.index("TASK [identityops.groupid.backup : Stop GroupID, save")
    assert shown < stop, "what is stopped is shown before it is"
    assert run.output.count("A backup stops") == 1
    assert re.search(r"^hq: GroupID was stopped for [\d.]+ s$", run.output, re.MULTILINE)
    told = summary(run)
    assert sum(line.startswith(("web0", "host ", "hq: GroupID")) for line in told) >= 4
    assert too_long([STOPS, *told]) == []
    assert run.tasks() <= 32
    ended = document(result)
    assert (ended["class"], ended["deployments"]["hq"]["still_stopped"]) == (0, [])
    downtimes = ended["deployments"]["hq"]["downtimes"]
    assert downtimes["web02"] < downtimes["web01"] == ended["deployments"]["hq"]["downtime_seconds"]
    assert len(sets.sealed(running.path("web01", inventory.LOCAL_ROOT), "hq")) == 1


def test_one_that_does_not_stop_fails_its_deployment_and_everything_runs_again(
    running: Lab, controller: Controller, result: pathlib.Path
) -> None:
    write(running, "web02", Data={"codes": {"stop": 5}})
    run = controller.play("backup", extra={"groupid_run_file": str(result)}).failed("'Data'", "FAILED in backup: web02")
    assert {server: states(running, server) for server in HQ} == dict.fromkeys(HQ, BEFORE)
    assert not any(parts(running, server) for server in HQ), run.output
    ended = document(result)
    classes = {name: one["class"] for name, one in ended["deployments"].items()}
    assert classes == {"branch": 0, "hq": 3}
    assert ended["deployments"]["hq"]["still_stopped"] == []


def test_one_that_does_not_start_is_named_and_holds_no_other_up(
    running: Lab, controller: Controller, result: pathlib.Path
) -> None:
    write(running, "web01", Elastic={"codes": {"start": 1069}})
    controller.play("backup", extra={"groupid_run_file": str(result)}).failed("'Elastic'", "(1069)")
    assert states(running, "web01") == {**BEFORE, "Elastic": "stopped"}
    assert states(running, "web02") == BEFORE
    ended = document(result)["deployments"]["hq"]
    assert ended["class"] == 4
    assert [(one["host"], one["what"], one["name"]) for one in ended["still_stopped"]] == [
        ("web01", "service", "Elastic")
    ]


@pytest.mark.timing
def test_warnings_of_the_parts_are_shown_once_with_their_servers(running: Lab, controller: Controller) -> None:
    """Here Elasticsearch does not get as healthy as it was. On one of the servers, the task has failed too."""
    home = "%ProgramFiles%/Imanami/GroupID 10.0/ElasticSearch/elasticsearch-6.2.4"
    node = {"command": f'"{home}/bin/elasticsearch-service-x64.exe" //RS//Elastic'}
    write(running, "old01")
    with contextlib.ExitStack() as nodes:
        for server in HQ:
            write(running, server, Elastic=node)
            config = running.path(server, home.replace("%ProgramFiles%", "C:\\Program Files")) / "config"
            config.mkdir(parents=True)
            port = nodes.enter_context(Node("green", "red")).port
            (config / "elasticsearch.yml").write_text(f"http.port: {port}\n", encoding="utf-8")
        hold(running, "web02")
        extra = {"groupid_services_timeout": 6, "groupid_retries": 0, "groupid_deployments": ["hq"]}
        run = controller.play("backup", extra=extra).failed("FAILED in backup: web02")
    told = " ".join(" ".join(summary(run)).split())
    warning = "Warning (web01, web02): Elasticsearch (service 'Elastic') was green before it was stopped, and 6 seconds"
    assert (told.count(warning), run.output.count("green before")) == (1, 1)
    assert too_long(summary(run)[:-3]) == [], "the last lines are the failure"


@pytest.mark.timing
def test_a_controller_that_is_gone_leaves_a_record_which_resume_ends(running: Lab, controller: Controller) -> None:
    hold(running, "web01")
    with controller.playing("backup", SLOW) as process:
        until(lambda: stopped(running, "web01") or process.poll() is not None, "web01 is stopped")
    assert stopped(running, "web01")
    controller.play("backup").failed("another run has stopped GroupID on this server", f"{COLLECTION}.resume")
    assert stopped(running, "web01")
    controller.play("resume").succeeded()
    assert {server: states(running, server) for server in HQ} == dict.fromkeys(HQ, BEFORE)


@pytest.mark.timing
def test_ctrl_c_starts_everything_again(running: Lab, controller: Controller) -> None:
    hold(running, "web01")
    extra = {**SLOW, "groupid_retries": 100, "groupid_retry_wait": 1.0}
    with controller.playing("backup", extra) as process:
        until(lambda: stopped(running, "web01") or process.poll() is not None, "web01 is stopped")
        until(lambda: bool(parts(running, "web02")) or process.poll() is not None, "the part of web02")
        os.killpg(process.pid, signal.SIGINT)
        process.communicate()
    until(lambda: states(running, "web01") == BEFORE, "web01 runs again")
    assert states(running, "web02") == BEFORE


def test_two_runs_at_once_never_have_half_of_the_servers_each(
    running: Lab, controller: Controller, tmp_path: pathlib.Path
) -> None:
    hold(running, "web01")
    (tmp_path / "second").mkdir()
    others = Controller(running, tmp_path / "second")
    wanted = {**SLOW, "groupid_deployments": ["hq"]}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = [one.result() for one in [pool.submit(who.play, "backup", extra=wanted) for who in (controller, others)]]
    first, second = sorted(runs, key=lambda run: run.code)
    first.succeeded()
    # It may come while the first one writes the record, or after that.
    at_work, recorded = "Another operation is at work: quiesce of set", f"{COLLECTION}.resume"
    second.failed("FAILED in ", at_work if at_work in second.output else recorded)
    assert {server: states(running, server) for server in HQ} == dict.fromkeys(HQ, BEFORE)
    assert len(sets.sealed(running.path("web01", inventory.LOCAL_ROOT), "hq")) == 1


def test_a_run_of_some_servers_and_one_that_may_stop_nothing(running: Lab, controller: Controller) -> None:
    extra = {"groupid_set_id": "20260101T000000Z"}
    run = controller.play("backup", "--limit", "web01", extra=extra).succeeded()
    assert "This run does not stop GroupID on hq: this run does not include web02." in " ".join(run.output.split())
    assert "GroupID was stopped" not in run.output
    run = controller.play("backup", extra={"groupid_quiesce": "none", "groupid_deployments": ["branch"]}).succeeded()
    assert "stop" not in run.output.lower().replace("stop groupid, save each server", "").replace(
        "recorded as stop", ""
    )
    assert {server: states(running, server) for server in HQ} == dict.fromkeys(HQ, BEFORE)


def test_too_few_forks_are_refused_with_the_command_line(running: Lab, controller: Controller) -> None:
    run = controller.play("backup", "--forks", "1")
    run.failed("Run it with --forks 2, as in: ansible-playbook -i INVENTORY identityops.groupid.backup --forks 2.")
    assert {server: states(running, server) for server in HQ} == dict.fromkeys(HQ, BEFORE)


def without_its_record(lab: Lab, controller: Controller, result: pathlib.Path, *, watched: bool) -> Run:
    """Run a backup, and remove the record of web01 while it is stopped. watched: its watchdog is at work."""
    hold(lab, "web01")
    extra = {**SLOW, "groupid_retries": 100, "groupid_retry_wait": 0.2, "groupid_run_file": str(result)}
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        play = pool.submit(controller.play, "backup", extra=extra)
        until(lambda: bool(parts(lab, "web02")) or play.done(), "the part of web02")
        if not watched:
            task_clock.end_engine(lab.root / "hosts" / "web01")
        record(lab, "web01").unlink()
        return play.result()


@pytest.mark.timing
def test_a_record_that_is_removed_while_all_is_stopped_is_brought_back_by_the_watchdog(
    running: Lab, controller: Controller, result: pathlib.Path
) -> None:
    run = without_its_record(running, controller, result, watched=True)
    run.failed("web01")
    assert {server: states(running, server) for server in HQ} == dict.fromkeys(HQ, BEFORE)
    assert json.loads(record(running, "web01").read_text(encoding="utf-8"))["resumed_by"] == "watchdog"
    ended = document(result)["deployments"]["hq"]
    assert (ended["class"], ended["still_stopped"], ended["sealed"]) == (3, [], False)


@pytest.mark.timing
def test_a_record_that_is_removed_where_no_watchdog_is_left_is_told(
    running: Lab, controller: Controller, result: pathlib.Path
) -> None:
    """Nobody has read what ran, so nobody brings it back."""
    run = without_its_record(running, controller, result, watched=False)
    run.failed("The record of what ran before was removed or replaced", "start by hand what is missing")
    assert stopped(running, "web01")
    assert states(running, "web02") == BEFORE
    ended = document(result)["deployments"]["hq"]
    assert (ended["class"], [one["host"] for one in ended["still_stopped"]]) == (4, ["web01"])
