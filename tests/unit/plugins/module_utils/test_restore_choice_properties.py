# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the inventory, the sets and the words of the person are: a restore touches nothing that was not meant.

The steps of the role run here on its own functions. What they let through is held against the rule, which is written
out below from what a person would say it is, over the scenario and not over what the code notes.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import fnmatch
import typing as t

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.plugins import run_facts

from ansible_collections.identityops.groupid.plugins.module_utils import deployments, review, shared_parts, steps
from ansible_collections.identityops.groupid.plugins.module_utils.run_state import RunState

SETS = ("20261122T120000Z", "20261123T120000Z")
NAMES = ("hq", "branch", "lyon", "oslo")
COMPUTERS = ("web01", "web02", "web03")
DOMAINS = ("corp.example", "other.example")
EXAMPLES = 2000
BYTES = 300
NOW = datetime.datetime(2026, 11, 25, tzinfo=datetime.timezone.utc)

T = t.TypeVar("T")
Place: t.TypeAlias = "tuple[str, str, int | None, str]"
Touched: t.TypeAlias = "set[tuple[str, ...] | tuple[str, Place]]"


@dataclasses.dataclass
class Server:
    """One host. sets: names of the parts that its root shows, by set id. asked_set: what it is asked for."""

    host: str
    computer: str
    deployment: str
    in_run: bool
    listing: str
    sets: dict[str, list[str]]
    asked_set: str
    same_windows: bool

    @property
    def fqdn(self) -> str:
        return f"{self.computer}.{self.deployment}.example"


@dataclasses.dataclass
class Database:
    """Where a deployment's database is, and the name that its backup has on record."""

    server: str
    instance: str | None
    port: int | None
    name: str
    recorded: str

    def place(self, name: str) -> Place:
        port = self.port or (None if self.instance else 1433)
        return self.server.lower(), (self.instance or "").lower(), port, name.lower()


@dataclasses.dataclass
class Scenario:
    """An inventory, what lies on its backup roots, and what a person typed."""

    servers: list[Server]
    databases: dict[str, Database]
    domains: dict[str, list[str]]
    wanted: list[str]
    confirm: list[str]
    mapping: dict[str, str]
    components: list[str] | None

    def of(self, deployment: str, in_run: bool = True) -> list[Server]:
        return [one for one in self.servers if one.deployment == deployment and one.in_run >= in_run]


# A random world.


class Dice:
    """Chooses by one byte after the other: so thousands of worlds cost little, and zeros are the first choice."""

    def __init__(self, data: bytes) -> None:
        self._data = iter(data)

    def pick(self, choices: t.Sequence[T]) -> T:
        return choices[next(self._data, 0) % len(choices)]

    def seldom(self, times: int = 16) -> bool:
        """Say yes one time of so many."""
        return self.pick(range(times)) == times - 1

    def some(self, choices: t.Sequence[T], least: int, most: int) -> list[T]:
        """Choose a few, none twice."""
        left, chosen = list(choices), []
        for dummy in range(self.pick(range(least, most + 1))):
            chosen.append(self.pick(left))
            left.remove(chosen[-1])
        return chosen


def _servers(dice: Dice, deployment: str, holds: bool) -> list[Server]:
    found = []
    for computer in dice.some(COMPUTERS, 1, 3):
        sets = {one: _parts(dice, computer) for one in SETS if dice.seldom() != (holds and one == SETS[0])}
        listing = dice.pick(["shown"] * 30 + ["error", "no root", "unreachable"])
        asked, in_run, same = SETS[dice.seldom(40)], not dice.seldom(), not dice.seldom()
        found.append(Server(f"{deployment}-{computer}", computer, deployment, in_run, listing, sets, asked, same))
    return found


def _parts(dice: Dice, computer: str) -> list[str]:
    """Name the parts that a server's root shows of a set; a shared root shows those of others too."""
    own = [] if dice.seldom() else [computer]
    shared = ["database", *(shared_parts.part_of_domain(domain) for domain in DOMAINS)]
    return [*dict.fromkeys([*own, *dice.some(COMPUTERS, 0, 2)]), *shared[: dice.pick([3, 3, 2, 1, 0])]]


def _database(dice: Dice, deployment: str) -> Database:
    server = dice.pick([*[f"sql-{deployment}"] * 8, "sql01", "SQL01"])
    instance = dice.pick([None, None, "HQ"])
    port = None if instance else dice.pick([None, None, 1433, 1533])
    name = dice.pick(["GroupID", deployment])
    return Database(server, instance, port, name, dice.pick([*[name] * 12, name.upper(), "GroupID", "hq"]))


def _mapping(dice: Dice, servers: list[Server]) -> dict[str, str]:
    names = [*COMPUTERS, *COMPUTERS, "web99", "database", "group_attributes.corp.example"]
    names += [one.fqdn for one in servers]
    targets = [*names, *(one.computer.upper() for one in servers), "10.0.0.7", "web01.nowhere.example"]
    return {dice.pick(names): dice.pick(targets) for dummy in range(dice.pick([0, 0, 0, 1, 2]))}


def scenario_of(data: bytes) -> Scenario:
    """Make a world in which most is well, and what was typed is nearly right."""
    dice = Dice(data)
    names = NAMES[: dice.pick([1, 2, 3, 4])]
    holders = [name for name in names if dice.pick([True, False])] or [names[0]]
    servers = [one for name in names for one in _servers(dice, name, name in holders)]
    patterns = [*names, "h*", "b?anch", "[l]yon", "*", "paris"]
    wanted: list[str] = dice.pick([[], holders, list(names), dice.some(names, 1, 1), dice.some(patterns, 1, 3)])
    right = [f"{name}/{SETS[0]}" for name in (wanted or holders)]
    pairs = [*(f"{name}/{one}" for name in NAMES for one in SETS), *SETS]
    confirm = dice.pick([right, right, right, right[:1], [SETS[0]], dice.some(pairs, 0, 3)])
    return Scenario(
        servers,
        {name: _database(dice, name) for name in names if not dice.seldom(8)},
        {name: list(DOMAINS[: 1 if dice.seldom(8) else 2]) for name in names},
        wanted,
        confirm,
        _mapping(dice, servers),
        dice.pick([None, None, ["reports"], ["reports", "database"], ["database", "group_attributes"]]),
    )


# What the role does, step by step.


def _variables(scenario: Scenario, server: Server) -> dict[str, t.Any]:
    database = scenario.databases.get(server.deployment)
    variables: dict[str, t.Any] = {"groupid_deployment": server.deployment}
    if database:
        given_ = {"server": database.server, "instance": database.instance, "port": database.port}
        given_["database"] = database.name
        variables.update({f"groupid_sql_{name}": value for name, value in given_.items() if value is not None})
    if not server.in_run:
        return variables
    asked = run_facts.asked(server.deployment, "restore", set_id=server.asked_set, restore_confirm=scenario.confirm)
    asked.update({name.removeprefix("groupid_"): value for name, value in variables.items()})
    asked.update(deployments=scenario.wanted, components=scenario.components, restore_map=scenario.mapping)
    asked["domains"] = [{"name": domain} for domain in scenario.domains[server.deployment]]
    return {**variables, "__groupid_settings": {"asked": asked, "failures": []}}


def _answer(server: Server, database: Database | None) -> dict[str, t.Any]:
    if server.listing == "unreachable":
        return {"unreachable": True, "msg": "no route to host"}
    details = {"database": database.recorded if database else "GroupID"}
    sets = [
        run_facts.listed(
            *(run_facts.part(name, details=details if name == "database" else None) for name in sorted(parts)),
            set_id=set_id,
        )
        for set_id, parts in server.sets.items()
    ]
    if server.listing == "error":
        answer = run_facts.probe(server.computer, error="Access is denied. (5)")
    else:
        answer = run_facts.probe(server.computer, *sets)
    if server.listing == "no root":
        answer["backup_root"] = None
    answer["computer"]["fqdn"] = server.fqdn
    if not server.same_windows:
        answer["computer"]["machine_guid"] = "another"
    return answer


def restore(scenario: Scenario) -> Touched:
    """Run the steps of the playbook on its own functions, and give what would be written to."""
    hostvars = {one.host: _variables(scenario, one) for one in scenario.servers}
    run = [one.host for one in scenario.servers if one.in_run]
    if not run or deployments.unmet(RunState(hostvars), run, scenario.wanted):
        return set()
    plan = deployments.plan(RunState(hostvars), run, hostvars, scenario.wanted)
    for one in scenario.servers:
        hostvars[one.host]["__groupid_planned"] = {"plan": plan}
        if one.host in plan["hosts"]:
            hostvars[one.host]["__groupid_probe"] = _answer(one, scenario.databases.get(one.deployment))
    reviewed = review.review(hostvars, plan, "restore", NOW)
    for host in run:
        hostvars[host]["__groupid_review"] = reviewed
    _check_database(scenario, hostvars, run)
    return _write(hostvars, run)


def _check_database(scenario: Scenario, hostvars: run_facts.Facts, run: list[str]) -> None:
    """Register what a verification of the part of the database would find, where one is made."""
    recorded = {one.host: scenario.databases.get(one.deployment) for one in scenario.servers}
    for host in [host for host in run if _asks(hostvars, host, "reads_database")]:
        database = recorded[host]
        details = {"database": database.recorded if database else "GroupID", "files": []}
        found = {"schema": 1, "state": "verified", "sealed": True, "details": details}
        hostvars[host]["__groupid_sql_reread"] = found


def _asks(hostvars: run_facts.Facts, host: str, question: str) -> t.Any:
    """Answer a question as the filter of the roles does."""
    return steps.QUESTIONS[question](RunState(hostvars), host)


def _write(hostvars: run_facts.Facts, run: list[str]) -> Touched:
    touched: Touched = set()
    for host in run:
        state = RunState(hostvars)
        asked = state[host]["__groupid_asked"]
        if _asks(hostvars, host, "restores_database"):
            name = state[host]["__groupid_sql_source"]["database"]
            place = Database(asked["sql_server"], asked["sql_instance"], asked["sql_port"], name, name).place(name)
            touched.add(("database", host, place))
        if _asks(hostvars, host, "restores_folders"):
            touched.add(("folders", host, asked["set_id"], state[host]["__groupid_source"]["server"]))
        for domain in _asks(hostvars, host, "restores_domains"):
            touched.add(("domain", host, domain["domain"]))
    return touched


# The rule.


@dataclasses.dataclass(frozen=True)
class Rule:
    """What may be touched, said over the scenario alone."""

    scenario: Scenario

    def meant(self) -> set[str]:
        """Return the deployments that are named clearly and confirmed; none when anything is unclear."""
        scenario = self.scenario
        seen = {one.deployment for one in scenario.servers if one.in_run}
        wanted = {
            name
            for name in seen
            if not scenario.wanted or any(fnmatch.fnmatchcase(name, pattern) for pattern in scenario.wanted)
        }
        having = {name for name in wanted if any(self._may_have(one) for one in scenario.of(name))}
        by_name = {word for word in scenario.wanted if not set("*?[]") & set(word)}
        if len(having) > 1 and not having <= by_name:
            return set()
        return having if self._is_confirmed(having) and self._map_is_sound(having) else set()

    def _is_confirmed(self, having: set[str]) -> bool:
        """Whether each pair stands there and nothing else, or the id of the only one."""
        asked = {name: {one.asked_set for one in self.scenario.of(name)} for name in having}
        left = set(self.scenario.confirm)
        if len(having) == 1 and len(left) == 1 and left <= asked[next(iter(having))]:
            return True
        for name, ids in asked.items():
            pairs = {f"{name}/{one}" for one in ids} & left
            if len(pairs) != 1:
                return False
            left -= pairs
        return not left

    @staticmethod
    def _may_have(server: Server) -> bool:
        return server.listing != "shown" or server.asked_set in server.sets

    def _map_is_sound(self, meant: set[str]) -> bool:
        """Whether each target is one server that is meant, each source a server's part of its set, none twice."""
        targets = []
        for source, target in self.scenario.mapping.items():
            called = [one for name in meant for one in self.scenario.of(name) if self._is(one, target)]
            if len(called) != 1 or shared_parts.is_shared(source):
                return False
            [server] = called
            if server.listing == "shown" and source not in server.sets.get(server.asked_set, []):
                return False
            targets.append(called[0].host)
        return len(targets) == len(set(targets))

    @staticmethod
    def _is(server: Server, name: str) -> bool:
        return name.lower() in (server.computer, server.fqdn) and server.listing != "unreachable"

    def may_touch(self, what: tuple[t.Any, ...]) -> bool:
        """Whether one thing that a restore would write to was meant."""
        kind, host = what[:2]
        server = next(one for one in self.scenario.servers if one.host == host)
        fellows = self.scenario.of(server.deployment)
        if server.deployment not in self.meant() or not server.in_run:
            return False
        if any(one.listing != "shown" or one.asked_set != server.asked_set for one in fellows):
            return False
        if kind == "folders":
            return self._folders(server, *what[2:])
        components = self.scenario.components or []
        whole = len(fellows) == len(self.scenario.of(server.deployment, in_run=False))
        if kind == "database":
            return self._database(server, what[2]) and (whole or "database" in components)
        held = [name for one in fellows for name in one.sets.get(server.asked_set, [])]
        known = what[2] in self.scenario.domains[server.deployment] and f"group_attributes.{what[2]}" in held
        return known and (whole or "group_attributes" in components)

    def _folders(self, server: Server, set_id: str, source: str) -> bool:
        mapped = [part for part, target in self.scenario.mapping.items() if self._is(server, target)]
        own = source == server.computer and server.same_windows
        return (
            set_id == server.asked_set and source in server.sets[set_id] and (source in mapped or (own and not mapped))
        )

    def _database(self, server: Server, place: Place) -> bool:
        """Whether a place is the deployment's own database, and nobody else's."""
        databases = self.scenario.databases
        users = {name for name, one in databases.items() if one.place(one.name) == place}
        return users == {server.deployment}


def test_a_restore_touches_nothing_that_was_not_named_and_confirmed() -> None:
    seen: collections.Counter[str] = collections.Counter()

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
    @given(st.binary(min_size=BYTES, max_size=BYTES))
    def check(data: bytes) -> None:
        scenario = scenario_of(data)
        touched = restore(scenario)
        wrong = [what for what in touched if not Rule(scenario).may_touch(what)]
        assert not wrong, f"{wrong}\n{scenario}"
        seen.update({str(what[0]) for what in touched} or {"nothing"})
        seen["examples"] += 1

    check()
    assert seen["examples"] >= 1000
    # Most of a random world is refused; what is not must be enough to say something.
    assert min(seen["folders"], seen["database"], seen["domain"]) >= 20, seen
