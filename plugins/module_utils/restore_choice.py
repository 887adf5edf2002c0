# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployments of a restore, and the part that each server restores.

A restore replaces data. If it is not certain what to restore, the whole restore is refused before a part is read.
``Facts`` is as in `deployments`.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import listing, shared_places
from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import LATEST
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Plan, short_name
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.shared_parts import is_shared
from ansible_collections.identityops.groupid.plugins.module_utils.spelling import did_you_mean
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import DEFAULT_PORT

Facts = c.Mapping[str, c.Mapping[str, t.Any]]

WHAT = "The restore was refused, and nothing was read or changed"
_GLOB = frozenset("*?[")


class Source(t.TypedDict):
    """The server whose part a host restores, and whether ``groupid_restore_map`` names it.

    An entry there accepts that the part was made on another machine, or on this one before it was reinstalled.
    """

    server: str
    mapped: bool


class Choice(t.TypedDict):
    """The choice for a restore: the plan with only the chosen deployments, each host's source, and the refusals.

    refusals: `Failure` in parts. If there are any, nothing may be restored.
    """

    plan: Plan
    sources: dict[str, Source]
    refusals: list[dict[str, str | None]]


def choose(facts: Facts, plan: Plan) -> Choice:
    """Choose the deployments of a restore, and the part for each server.

    A deployment has the set if one of its servers lists it, or if the sets of one server could not be listed. If more
    than one deployment has it, each must be named in ``groupid_deployments``, and not by a glob. The choice must be
    confirmed as pairs ``deployment/set id``. The id is enough if only one deployment has the set.
    """
    chosen = [name for name in plan["deployments"] if _has_set(facts, plan["deployments"][name]["hosts"])]
    refusals = _unnamed_set(facts, plan) or _unclear(facts, plan, chosen) or _unconfirmed(facts, plan, chosen)
    deployments = {name: plan["deployments"][name] for name in chosen}
    hosts = [host for group in deployments.values() for host in group["hosts"]]
    refusals = refusals or _shared_database(facts, hosts) or _wrong_map(facts, hosts) or _contested(facts, hosts)
    sources = {} if refusals else {host: _source(facts, host) for host in hosts}
    return {
        "plan": {**plan, "hosts": hosts, "deployments": deployments},
        "sources": sources,
        "refusals": [refusal.explained() for refusal in refusals],
    }


def _asked(facts: Facts, hosts: c.Sequence[str]) -> c.Mapping[str, t.Any]:
    """Return the values of the first host's variables. It is checked elsewhere that all hosts have the same."""
    asked: c.Mapping[str, t.Any] = facts[hosts[0]]["__groupid_asked"]
    return asked


def _has_set(facts: Facts, hosts: c.Sequence[str]) -> bool:
    return any(
        listing.sets_of(facts, host) is None or listing.find(facts, host, facts[host]["__groupid_asked"]["set_id"])
        for host in hosts
    )


def _unnamed_set(facts: Facts, plan: Plan) -> list[Failure]:
    ids = {host: str(facts[host]["__groupid_asked"]["set_id"]) for host in plan["hosts"]}
    if all(set_id not in ("", LATEST) for set_id in ids.values()):
        return []
    name, group = next(iter(plan["deployments"].items()))
    return [
        Failure(
            "set_not_named",
            WHAT,
            "groupid_set_id does not name a set by its id",
            f"Set it and confirm it: -e groupid_deployments={name} -e groupid_set_id=ID -e groupid_restore_confirm="
            f"{name}/ID. Sets of {name}: {listing.known_sets(facts, group['hosts'])}.",
        )
    ]


def _unclear(facts: Facts, plan: Plan, chosen: c.Sequence[str]) -> list[Failure]:
    """Refuse a set that no deployment has, or that more deployments have than were named."""
    literal = _literal(facts, plan)
    for name in [name for name in plan["deployments"] if name not in chosen and (name in literal or not chosen)]:
        hosts = plan["deployments"][name]["hosts"]
        return [
            Failure(
                "set_missing",
                WHAT,
                f"deployment {name} has no set {_asked(facts, hosts)['set_id']} below its backup root "
                f"{_asked(facts, hosts)['backup_root']}",
                f"Its sets: {listing.known_sets(facts, hosts)}. Correct groupid_set_id, groupid_deployments or "
                "groupid_backup_root.",
            )
        ]
    if len(chosen) < 2 or set(chosen) <= literal:
        return []
    lines = " or ".join(
        f"-e groupid_deployments={name} -e groupid_set_id={set_id} -e groupid_restore_confirm={name}/{set_id}"
        for name, set_id in _pairs(facts, plan, chosen)
    )
    return [
        Failure(
            "deployment_not_named",
            WHAT,
            f"{len(chosen)} deployments of this run have the set, or their sets could not be listed "
            f"({', '.join(chosen)}), and groupid_deployments does not name each of them in full",
            f"Choose one: {lines}.",
        )
    ]


def _unconfirmed(facts: Facts, plan: Plan, chosen: c.Sequence[str]) -> list[Failure]:
    pairs = [f"{name}/{set_id}" for name, set_id in _pairs(facts, plan, chosen)]
    typed = {str(one).strip() for host in plan["hosts"] for one in facts[host]["__groupid_asked"]["restore_confirm"]}
    given = {one.lower() for one in typed}
    wanted = {pair.lower() for pair in pairs}
    if given == wanted or (len(pairs) == 1 and given == {pairs[0].partition("/")[2].lower()}):
        return []
    return [
        Failure(
            "not_confirmed",
            WHAT,
            f"groupid_restore_confirm is {', '.join(sorted(typed)) or 'not given'}, but this run would restore "
            f"{', '.join(pairs)}",
            f"If this is what you want, run again with -e groupid_restore_confirm={','.join(pairs)}.",
        )
    ]


def _pairs(facts: Facts, plan: Plan, chosen: c.Iterable[str]) -> list[tuple[str, str]]:
    return [(name, str(_asked(facts, plan["deployments"][name]["hosts"])["set_id"])) for name in chosen]


def _literal(facts: Facts, plan: Plan) -> set[str]:
    """Return the deployments that every host's ``groupid_deployments`` names in full, not by a glob."""
    named = [
        {str(name) for name in facts[host]["__groupid_asked"]["deployments"] if not _GLOB & set(str(name))}
        for host in plan["hosts"]
    ]
    return set.intersection(*named) if named else set()


def database_users(facts: Facts, host: str, database: str) -> list[str]:
    """Name the deployments that use a database on the host's SQL Server, in the run or not."""
    place = _place({**facts[host]["__groupid_asked"], "sql_database": database})
    return sorted(
        {
            str(asked["deployment"]).lower()
            for asked in map(_asked_of_any, facts.values())
            if asked.get("deployment") and asked.get("sql_database") and _may_be_one(_place(asked), place)
        }
    )


def _asked_of_any(variables: c.Mapping[str, t.Any]) -> c.Mapping[str, t.Any]:
    """Return the settings of a host. For a host that is not in the run, its variables as they are written."""
    asked: c.Mapping[str, t.Any] | None = variables.get("__groupid_asked")
    if asked is not None:
        return asked
    names = ("deployment", "sql_server", "sql_instance", "sql_port", "sql_database")
    return {name: _written(variables, f"groupid_{name}") for name in names}


def _written(variables: c.Mapping[str, t.Any], name: str) -> t.Any:
    try:
        return variables.get(name)
    except Exception:
        # A template may raise any exception. A host that is not in the run must not stop it.
        return None


def _place(asked: c.Mapping[str, t.Any]) -> tuple[str, ...]:
    """Return what identifies a database."""
    instance = str(asked.get("sql_instance") or "")
    port = str(asked.get("sql_port") or ("" if instance else DEFAULT_PORT))
    return tuple(
        part.strip().lower() for part in (str(asked["sql_server"]), instance, port, str(asked["sql_database"]))
    )


def _may_be_one(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two places can be the same database. A short server name may be any full name that begins with it."""
    names = {one[0].rstrip("."), other[0].rstrip(".")}
    same_host = len({name.partition(".")[0] for name in names}) == 1 and any("." not in name for name in names)
    return one[1:] == other[1:] and (len(names) == 1 or same_host)


def _shared_database(facts: Facts, hosts: c.Iterable[str]) -> list[Failure]:
    """Refuse to restore a database that another deployment also uses."""
    for host in hosts:
        asked = facts[host]["__groupid_asked"]
        names = database_users(facts, host, asked["sql_database"]) if asked["sql_server"] else []
        if len(names) > 1:
            return [
                Failure(
                    "shared_database",
                    WHAT,
                    f"the deployments {', '.join(names)} name the same database, {asked['sql_database']} on "
                    f"{asked['sql_server']}",
                    "A deployment is the servers that share one database. Correct groupid_deployment or "
                    "groupid_sql_database in the inventory.",
                )
            ]
    return []


def _wrong_map(facts: Facts, hosts: c.Sequence[str]) -> list[Failure]:
    """Refuse entries of the map whose source or target does not belong to the chosen deployments."""
    maps = [facts[host]["__groupid_asked"]["restore_map"] for host in hosts]
    failures = [failure for mapping in maps for failure in _wrong_entries(facts, hosts, mapping)]
    return list(dict.fromkeys(failures))


def _wrong_entries(facts: Facts, hosts: c.Sequence[str], mapping: c.Mapping[str, str]) -> c.Iterator[Failure]:
    met: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for part, target in mapping.items():
        places = tuple(host for host in hosts if _is_called(facts, host, target))
        met.setdefault(places, []).append((part, target))
    for places, entries in met.items():
        if places and len(entries) > 1:
            # It is not known which entry is correct, so other faults of the entries are not reported.
            yield Failure(
                "restore_map",
                WHAT,
                f"groupid_restore_map sends more than one part to {entries[0][1]}",
                "A server can restore only one part: keep one of these entries.",
            )
            continue
        for part, target in entries:
            yield from _wrong_entry(facts, hosts, part, target, places)


def _contested(facts: Facts, hosts: c.Sequence[str]) -> list[Failure]:
    """Refuse a folder on a share to which several servers would restore.

    Servers of one deployment may have a component on one share: one of them restores it.
    """
    asked = {host: facts[host]["__groupid_asked"] for host in hosts}
    targets = {host: list(asked[host]["restore_targets"].values()) for host in hosts}
    places = {host: [*targets[host], *_own_places(asked[host])] for host in hosts}
    claims = [("groupid_restore_targets sends", claim) for claim in shared_places.contested(targets)]
    claims += [
        ("groupid_component_paths or groupid_folders sends", (path, claimants))
        for path, claimants in ([] if claims else shared_places.contested(places))
        if len({asked[host]["deployment"] for host in claimants}) > 1
    ]
    names = _names_of(facts, hosts)
    return [
        Failure(
            "target_shared",
            WHAT,
            f"{cause} the parts of {', '.join(sorted(names[host] for host in claimants))} into the same folder, {path}",
            "Set a different folder for each server, or restore one of them with --limit.",
        )
        for cause, (path, claimants) in claims
    ]


def _own_places(asked: c.Mapping[str, t.Any]) -> list[str]:
    """Return the folders that were given for what is restored, and have no target."""
    wanted = asked["components"]
    given = {**asked["component_paths"], **{folder["name"]: folder["path"] for folder in asked["folders"]}}
    return [
        path
        for name, path in given.items()
        if name not in asked["restore_targets"] and (wanted is None or name in wanted)
    ]


def _names_of(facts: Facts, hosts: c.Sequence[str]) -> dict[str, str]:
    """Name each host's computer, with its deployment if several of them have that name."""
    names = {host: listing.server_of(facts, host) or host for host in hosts}
    known = list(names.values())
    return {
        host: name if known.count(name) == 1 else f"{name} of {facts[host]['__groupid_asked']['deployment']}"
        for host, name in names.items()
    }


def _wrong_entry(
    facts: Facts, hosts: c.Sequence[str], part: str, target: str, places: c.Sequence[str]
) -> list[Failure]:
    entry = f"groupid_restore_map sends the part of {part} to {target}"
    if not places:
        servers = {listing.server_of(facts, host) for host in hosts} - {""}
        return [_met_nothing(entry, f"no server of this restore is called {target}", target, servers)]
    if len(places) > 1:
        names = [str(facts[host]["__groupid_probe"]["computer"]["fqdn"]) for host in places]
        return [_met_nothing(entry, f"{len(places)} servers of this restore are called {target}", "", names)]
    listed = listing.find(facts, places[0], facts[places[0]]["__groupid_asked"]["set_id"])
    parts = [one["server"] for one in (listed or {"parts": []})["parts"] if not is_shared(one["server"])]
    # If the sets could not be listed, nothing is restored.
    if is_shared(part) or (part.lower() not in parts and listing.sets_of(facts, places[0]) is not None):
        return [
            _met_nothing(
                entry, f"the set has no part of {part} below the backup root of {target}", short_name(part), parts
            )
        ]
    return []


def _is_called(facts: Facts, host: str, name: str) -> bool:
    """Whether a host's computer has this name, short or with its domain. With another domain it is another computer."""
    computer = (facts[host].get("__groupid_probe") or {}).get("computer") or {}
    return bool(name) and name.lower() in (computer.get("server"), str(computer.get("fqdn") or "").lower())


def _met_nothing(entry: str, cause: str, name: object, names: c.Iterable[str]) -> Failure:
    known = sorted(names)
    return Failure(
        "restore_map",
        WHAT,
        f"{entry}, and {cause}",
        f"{did_you_mean(str(name), known)}Known names: {', '.join(known) or 'none'}.",
    )


def _source(facts: Facts, host: str) -> Source:
    """Return the part that a host restores: its own, unless the map has another one for it."""
    mapping = facts[host]["__groupid_asked"]["restore_map"]
    parts = [str(part).lower() for part, target in mapping.items() if _is_called(facts, host, str(target))]
    return {"server": parts[0] if parts else listing.server_of(facts, host), "mapped": bool(parts)}
