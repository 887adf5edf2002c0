# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills the controller of backups at random moments, and looks at what its servers come to.

    PYTHONPATH=tests/tools:tests:build/source build/venv/bin/python -m faults.kill_controller 50          # 50 kills
    PYTHONPATH=tests/tools:tests:build/source build/venv/bin/python -m faults.kill_controller 15 reboot 7 # with seed 7

What happens in each round:

    kill    A backup is killed.
    reboot  A backup is killed, and at that moment or soon after it one of the servers is restarted.
    twice   A backup is killed, and then what another controller makes of that: a backup, or the playbook resume.
    both    Two controllers begin a backup at the same moment. Nobody is killed.

With the controller, its workers are killed, or they are left to end their task, as Ansible's do. Half of the moments
are anywhere in the run, and half are soon after a server was asked for something.

After each round: within groupid_quiesce_max, all that ran on the servers runs as before, and no watchdog is left; what
was saved is unchanged; no record has anything but that as the state before; and a backup from another controller is
sealed. Each sealed set has the parts that its seal names, and is one point in time. Of two runs, for each deployment,
one has stopped and saved everything, and the other one was refused before it stopped anything.
"""

from __future__ import annotations

import collections
import collections.abc as c
import concurrent.futures
import contextlib
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import traceback
import typing as t

import collection
import environment
from integration.at_work import check_set, running, services, sources
from integration.controller import Controller

from faults.lab_at_work import SQL, Place, Record, state_of
from lab import processes, snapshot
from lab.fleet import Fleet, Host, make_host
from lab.mishaps import Mishap
from lab.waiting import until

Mode = t.Literal["kill", "reboot", "twice", "both"]

QUIESCE_MAX = 60
"""Seconds (groupid_quiesce_max) of runs that are killed."""
LATE = 60.0
"""Seconds after its time within which a watchdog must have done its work, on a machine that has other work too."""
RACES = 5
"""Deployments for which two runs that begin at the same moment race, each on its own."""
ROUNDS_OF_A_LAB = 10
"""What GroupID writes grows, and makes later rounds longer."""
ASKED = {"record": ("quiesce", 1), "stop": ("quiesce", 2), "backup": ("backup", 1), "resume": ("resume", 1)}
ASKED |= {"verify": ("verify", 1), "seal": ("seal", 1), "decide": ("seal", 2)}
"""What a server is asked for, and how often it was then."""


class FoundError(AssertionError):
    """A kill that leaves what must not be."""


def demand(holds: object, otherwise: str) -> None:
    """Raise FoundError if something does not hold."""
    if not holds:
        raise FoundError(otherwise)


class Asked(Mishap):
    """Harms nothing, and remembers which run has asked which server for the operation quiesce, and for which phase."""

    def __init__(self) -> None:
        super().__init__("", "quiesce")
        self.seen: list[tuple[str, str, str]] = []
        """Host, run, and ``record`` or ``stop``."""
        self.epochs: set[tuple[str, str]] = set()
        """Run and epoch, which is the id of the set."""

    def meets(self, host: Host, request: c.Mapping[str, t.Any]) -> bool:
        asked = request.get("request", request)
        if asked.get("operation") == "quiesce":
            self.seen.append((host.name, asked["run"], asked.get("phase") or "stop"))
            self.epochs.add((asked["run"], asked["epoch"]))
        return False


class Round:
    """One round in a place. lasts: the seconds of an undisturbed run, by playbook."""

    def __init__(self, place: Place, chance: random.Random, lasts: c.Mapping[str, float]) -> None:
        self._place = place
        self._chance = chance
        self._lasts = lasts
        self._since = place.written()
        self._known = place.sealed()
        self._records = {name: place.record(name) for name in self._place.servers}
        self._expected = {name: dict(picture) for name, picture in place.before.items()}
        self.met: collections.Counter[str] = collections.Counter()
        """What the kills met, by server, and what became of it."""
        self.late = 0.0
        """Seconds after its time until a watchdog had done its work, at most."""

    def kill(self, mode: Mode) -> None:
        """Kill, and look at what comes of it. Raises AssertionError."""
        with contextlib.ExitStack() as runs:
            begun = [self._kill(runs, "backup", ["stop", "backup", "resume"] if mode == "twice" else [*ASKED])]
            if mode == "twice":
                begun.append(self._kill(runs, self._chance.choice(["backup", "resume"]), ["resume"]))
            elif mode == "reboot":
                time.sleep(self._chance.choice([0.0, self._chance.uniform(0, 3)]))
                self._reboot(self._chance.choice(self._place.servers))
            self._let_time_pass(begun)
        self._look()
        for deployment, set_id in self._new_sets():
            self.met["sealed before the kill"] += 1
            wanted = {"groupid_deployments": [deployment], "groupid_set_id": set_id}
            verified = self._place.controller().play("verify", extra=wanted)
            demand(verified.code == 0, f"verify rejects {deployment}/{set_id}: {verified.output[-3000:]}")
        self._run_from_another_controller()

    def both(self) -> None:
        """Let two runs begin at the same moment, and look at what comes of it. Raises AssertionError."""
        asked = Asked()
        self._place.lab.mishaps.append(asked)
        controllers = [self._place.controller() for dummy in range(2)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(self._place.back_up, controllers))
        self._look()
        new = self._new_sets()
        self.met["the same set id"] += len({epoch for _run, epoch in asked.epochs}) < len(asked.epochs)
        for name, hosts in self._place.deployments.items():
            ends = [(run.deployments[name]["class"], run.deployments[name]["sealed"]) for run in runs]
            told = f"{name} ended as {ends}: {[run.deployments[name] for run in runs]}, {asked.seen}"
            demand([sealed for _class, sealed in ends].count(True) == 1, told)
            demand([deployment for deployment, _set_id in new].count(name) == 1, f"{new} are sealed: {told}")
            demand(not any(run.deployments[name]["still_stopped"] for run in runs), told)
            stopped = {(host, run) for host, run, phase in asked.seen if phase == "stop" and host in hosts}
            demand(sorted(host for host, _run in stopped) == sorted(hosts), f"stopped by two: {told}")
            demand(len({run for _host, run in stopped}) == 1, f"half each: {told}")
            codes = {failure["code"] for run in runs for failure in run.deployments[name]["failures"]}
            self.met[f"{sorted(ends)}, {', '.join(sorted(codes))}"] += 1

    def _kill(self, runs: contextlib.ExitStack, playbook: str, asked: c.Sequence[str]) -> Controller:
        """Begin a playbook at another controller, and kill it. Its workers are killed, or may end what they are at."""
        extra = {"groupid_quiesce_max": QUIESCE_MAX} if playbook == "backup" else None
        controller = self._place.controller()
        with contextlib.ExitStack() as block:
            process = block.enter_context(controller.playing(playbook, extra))
            self._await_a_moment(process, self._lasts[playbook], asked)
            if process.poll() is not None:
                self.met[f"the {playbook} had ended"] += 1
            elif self._chance.random() < 0.5:
                process.kill()
                runs.push(block.pop_all())
                self.met["workers were left"] += 1
        for name in self._place.servers:
            self.met[self._phase(name)] += 1
        return controller

    def _await_a_moment(self, process: subprocess.Popen[str], lasts: float, asked: c.Sequence[str]) -> None:
        """Wait for a moment of a run, or for its end."""
        if self._chance.random() < 0.5:
            pause = self._chance.uniform(0, 1.05 * lasts)
        else:
            operation, number = ASKED[self._chance.choice(asked)]
            mishap = Mishap(self._chance.choice(self._place.servers), operation, number=number)
            self._place.lab.mishaps.append(mishap)
            until(lambda: mishap.happened.is_set() or process.poll() is not None, f"{operation} or the end of the run")
            pause = self._chance.uniform(0, 1)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(pause)

    def _phase(self, name: str) -> str:
        """Return how far a server is in this round."""
        record = self._place.record(name)
        if record is None or record == self._records[name]:
            return "not recorded"
        if record["resumed"]:
            return "resumed"
        if record["ending"]:
            return "resuming"
        return "stopped" if record["stopped"] else "stopping" if record["begun_ticks"] is not None else "recorded"

    def _reboot(self, name: str) -> None:
        """Restart a server, and expect what Windows does, and what a watchdog brings back."""
        record = self._place.restart(name)
        self.met[f"restarted when {'' if record else 'not '}recorded"] += 1
        expected = self._expected[name]
        expected["service GroupIDEmailService"] = "running, automatic"
        touched = {f"{one['kind']} {one['name']}" for one in (record or {"items": []})["items"] if one["stopping"]}
        for what, state in expected.items():
            if state == "running, disabled" and what not in touched:
                expected[what] = "stopped, disabled"

    def _let_time_pass(self, controllers: c.Sequence[Controller]) -> None:
        """Let the time of the watchdogs come, in the middle of all work or after it, and wait for what they do."""
        place = self._place
        if self._chance.random() < 0.4:
            self._await_watchdogs(comes=True)
        self._await_all_work(controllers)
        self._await_watchdogs(comes=self._chance.random() < 0.8)
        try:
            until(lambda: place.is_as(self._expected), "what ran before, and the end of the watchdogs")
        except AssertionError as error:
            self._look()
            raise FoundError(f"{error}: {[place.record(name) for name in self._place.servers]}") from None
        records = {name: place.record(name) for name in self._place.servers}
        new = [record for name, record in records.items() if record and record != self._records[name]]
        self.met["brought back by a watchdog"] += [record["resumed_by"] for record in new].count("watchdog")

    def _await_all_work(self, controllers: c.Sequence[Controller]) -> None:
        """Wait for the end of all work. A worker that hangs is killed: its controller may have taken a lock along."""
        place = self._place
        workers = [f"ANSIBLE_HOME={one.environment()['ANSIBLE_HOME']}" for one in controllers]
        try:
            until(lambda: not place.agents() and not any(map(processes.marked, workers)), "the end of all work")
        except AssertionError as error:
            demand(not place.agents(), f"{error}: {[_command(process) for process in place.agents()]}")
            self.met["workers hung"] += 1
            for mark in workers:
                processes.kill_marked(mark)

    def _await_watchdogs(self, *, comes: bool) -> None:
        """Wait for the end of all records. comes: their time comes now, and not after its seconds."""
        place = self._place
        waiting = {name: record for name in place.servers if (record := place.record(name)) and not record["resumed"]}
        for name in waiting if comes else ():
            place.let_time_come(name)
        begun = time.monotonic()

        def ended() -> bool:
            return all((now := place.record(name)) and now["resumed"] for name in waiting)

        until(ended, f"the end of the records {waiting}")
        for name, record in waiting.items():
            same = place.boot(name) == record["boot"]
            late = (place.ticks(name) - record["deadline_ticks"]) / 1000 if same else time.monotonic() - begun
            demand(late < LATE, f"{name} came back {late:.0f} s late: {record}")
            self.late = max(self.late, late)

    def _look(self) -> None:
        """Demand that all is as expected, that the source is unchanged, and that no record has another state before."""
        place = self._place
        now, source = services(place.lab), sources(place.lab)
        for name in self._place.servers:
            wrong = _difference(self._expected[name], now[name])
            demand(not wrong, f"{name} is not as before: {wrong}, and its record is {place.record(name)}")
            changed = snapshot.compare(place.source[name], source[name])
            demand(not changed, f"{name}: what was saved has changed: {changed}")
            record = place.record(name)
            for one in record["items"] if record and record != self._records[name] else []:
                what = f"{one['kind']} {one['name']}"
                known = {state_of(picture[what]) for picture in (place.before[name], self._expected[name])}
                demand(_recorded(one) in known, f"{name} remembers {one}, and before was {known}")

    def _new_sets(self) -> list[tuple[str, str]]:
        """Check the sets that were sealed in this round, and return them."""
        found = sorted(self._place.sealed() - self._known)
        for deployment, set_id in found:
            check_set(
                self._place.lab,
                (*self._place.deployments[deployment], SQL),
                deployment,
                set_id,
                self._since[deployment],
            )
        return found

    def _run_from_another_controller(self) -> None:
        """Demand that a backup now seals a set of each deployment."""
        run = self._place.back_up(self._place.controller())
        ends = {name: (one.get("class"), one.get("sealed")) for name, one in run.deployments.items()}
        demand(
            ends == dict.fromkeys(self._place.deployments, (0, True)),
            f"the next backup ended as {ends}: {run.output[-4000:]}",
        )
        self._look()
        made = {(name, one["set_id"]) for name, one in run.deployments.items()}
        demand(made <= set(self._new_sets()), f"{made} are not sealed")


def _command(process: int) -> str:
    text = pathlib.Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8", errors="replace")
    return text.replace("\0", " ")


def _difference(one: dict[str, str], other: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    names = one.keys() | other.keys()
    return {name: (one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)}


def _recorded(item: Record) -> str:
    """Return the state before that a record has of a thing, as `Services.picture` names it."""
    before = item["before"]
    return ("enabled" if before["enabled"] else "disabled") if item["kind"] == "task" else str(before["state"]).lower()


def _fleet(deployments: int) -> Fleet:
    """Return so many deployments of two servers each, which share a SQL Server."""
    names = [(f"site{number // 2}-{number % 2}", f"site{number // 2}") for number in range(2 * deployments)]
    hosts = [make_host(name, "10.0", deployment, number=number) for number, (name, deployment) in enumerate(names)]
    sql = make_host(SQL, "", "", number=len(hosts))
    return Fleet(tuple(hosts), scale="small", at_work=True, sql=sql, sql_password="pA1-of-the-lab")


def undisturbed(place: Place, playbook: str) -> float:
    """Run a playbook that nobody kills, as those that are killed. Returns its seconds."""
    begun = time.monotonic()
    with place.controller().playing(playbook) as process:
        output, _none = process.communicate()
        demand(process.returncode == 0, f"undisturbed, {playbook} fails: {output[-3000:]}")
    return time.monotonic() - begun


def rounds(mode: Mode, count: int, seed: int) -> int:
    """Play so many rounds, print what they met, and return the number of finds."""
    met: collections.Counter[str] = collections.Counter()
    late, finds, left = 0.0, 0, collections.deque(range(1, count + 1))
    lasts: dict[str, float] = {}
    fleet = _fleet(RACES if mode == "both" else 1)
    while left:
        with tempfile.TemporaryDirectory() as folder, running(pathlib.Path(folder), fleet) as (lab, _controller):
            place = Place(lab, pathlib.Path(folder))
            lasts = {playbook: undisturbed(place, playbook) for playbook in ("backup", "resume")}
            place.reset()
            for dummy in range(min(ROUNDS_OF_A_LAB, len(left))):
                number = left.popleft()
                begun = time.monotonic()
                one = Round(place, random.Random(f"{mode} {seed} {number}"), lasts)
                try:
                    one.both() if mode == "both" else one.kill(mode)
                except AssertionError:
                    finds += 1
                    print(f"{mode} {number}, seed {seed}, FOUND:", dict(one.met), traceback.format_exc(), flush=True)
                    break
                print(f"{mode} {number}: {time.monotonic() - begun:.0f} s", dict(one.met), flush=True)
                met += one.met
                late = max(late, one.late)
                place.reset()
    seconds = {playbook: round(found, 1) for playbook, found in lasts.items()}
    print(f"{mode}: {count} rounds, seed {seed}, {finds} finds, undisturbed {seconds} s:", dict(met), end=" ")
    print(f"no watchdog was later than {late:.1f} s", flush=True)
    return finds


if __name__ == "__main__":
    found = environment.Environment(environment.BUILD / "venv", "")
    os.environ["PATH"] = os.pathsep.join(
        [str(pathlib.Path(found.command("ansible-playbook")).parent), os.environ["PATH"]]
    )
    collection.install(found)  # the playbooks are those of the work tree
    given = dict(enumerate(sys.argv))
    sys.exit(bool(rounds(t.cast("Mode", given.get(2, "kill")), int(sys.argv[1]), int(given.get(3, 1)))))
