# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions that the tasks of roles ask: which steps of a run a host takes, and with what.

``Facts`` is a `run_state.RunState`. A host takes no step while a host of its deployment has failed.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    database_hosts,
    decisions,
    deployments,
    failures,
    listing,
    quiesce_proof,
    quiescing,
    saving,
    seals,
    shared_parts,
)
from ansible_collections.identityops.groupid.plugins.module_utils.objections import by_step
from ansible_collections.identityops.groupid.plugins.module_utils.summary import report

Facts = c.Mapping[str, c.Mapping[str, t.Any]]


class Step(t.TypedDict):
    """What a step of a seal needs beside the set's id. digest: of the document that every server has prepared.

    quiesce: what was stopped for the set. None: the document of an older version does not say.
    """

    members: list[dict[str, t.Any]]
    decider: str
    parts: list[str]
    digest: str
    quiesce: quiesce_proof.Quiesce | None


def _chosen(facts: Facts, host: str) -> bool:
    """Whether the run's plan has the host."""
    return bool(deployments.fellows(facts, host))


def _failed(facts: Facts, host: str) -> list[str]:
    """Name what went wrong on the host, by code."""
    return list(dict.fromkeys(one["code"] for one in facts[host].get("__groupid_failures") or []))


def _safety_set(facts: Facts, host: str) -> str:
    return str(facts[host]["__groupid_safety_id"])


def _lists_away(facts: Facts, host: str) -> bool:
    """Whether the host asks the SQL Server's own computer for its sets, on behalf of the whole deployment."""
    asked = facts[host]["__groupid_asked"]
    first = deployments.fellows(facts, host)[:1] == [host]
    away = asked["sql_backup_mode"] == "host" and bool(asked["sql_server"])
    return first and away and database_hosts.uses_database(asked, "list")


def _rehearses(facts: Facts, host: str) -> bool:
    return _chosen(facts, host) and not _failed(facts, host)


def _places_rehearsal(facts: Facts, host: str) -> bool:
    """Whether the rehearsal makes a scratch database whose backup is in a folder of this collection."""
    asked = facts[host]["__groupid_asked"]
    in_folder = asked["sql_rehearse"] and asked["sql_backup_mode"] != "external" and not asked["check"]
    return bool(in_folder and _rehearses_database(facts, host))


def _rehearses_database(facts: Facts, host: str) -> bool:
    return decisions.saves_database(facts, host) and not facts[host]["__groupid_asked"]["rehearsal_clean"]


def _cleans_rehearsal(facts: Facts, host: str) -> bool:
    """Whether a folder must be removed: this run's, or one that a killed run has left."""
    asked, place = facts[host]["__groupid_asked"], facts[host].get("__groupid_sql_rehearsal_place") or {}
    left = asked["rehearsal_clean"] and asked["sql_backup_mode"] == "host"
    return bool(place.get("folder") or (left and decisions.saves_database(facts, host)))


def _rehearses_domains(facts: Facts, host: str) -> list[str]:
    wanted = decisions.saves_domains(facts, host)
    return [str(domain["name"]) for domain in facts[host]["__groupid_asked"]["domains"]] if wanted else []


def _asks_database(facts: Facts, host: str) -> bool:
    return decisions.saves_database(facts, host) and decisions.reaches_database(facts, host)


def _asks_domains(facts: Facts, host: str) -> list[str]:
    """Name the domains whose groups are to be exported."""
    if not (decisions.saves_domains(facts, host) and decisions.reaches_domains(facts, host)):
        return []
    return [str(domain["name"]) for domain in facts[host]["__groupid_asked"]["domains"]]


def _places_database(facts: Facts, host: str) -> bool:
    known = facts[host].get("__groupid_database")
    return deployments.ready(facts, host) and known is not None and known["mode"] != "external"


def _records_first(facts: Facts, host: str) -> bool:
    """Whether the host's record is the lock of its deployment, which is taken before any other record."""
    return _recorder(facts, host) == host


def _recorder(facts: Facts, host: str) -> str:
    """Name the host of the deployment that is recorded before all others. Empty if none is."""
    return quiescing.recorder(facts, host) if deployments.ready(facts, host) else ""


def _announcement(facts: Facts, host: str) -> list[str]:
    """Return what the host's task shows before anything is recorded: once in a run, what is stopped on all servers."""
    plan: deployments.Plan = facts[host]["__groupid_plan"]
    hosts = plan["hosts"]
    # In this order, as each host that is looked at takes time, and every host that is recorded asks.
    each = (group["hosts"][0] for group in plan["deployments"].values())
    if next((found for one in each if (found := _recorder(facts, one))), "") != host:
        return []
    if any(quiescing.is_asked_first(facts, one) for one in hosts):
        return []
    return report.stopping(facts, [one for one in hosts if deployments.ready(facts, one)])


def _records(facts: Facts, host: str) -> bool:
    """Whether the host is recorded after the first server has been."""
    recorder = _recorder(facts, host)
    if not recorder or recorder == host or not quiescing.is_recorded(facts, recorder):
        return False
    return bool(quiescing.things(facts, host))


def _verifies_database(facts: Facts, host: str) -> bool:
    if not decisions.is_first(facts, host) or not decisions.set_at_hand(facts, host):
        return False
    return facts[host].get("__groupid_database") is not None or decisions.holds_database(facts, host)


def _verifies_domains(facts: Facts, host: str) -> list[str]:
    """Name the domains whose parts must be read again: those of the set, and those that this run saved."""
    if not decisions.is_first(facts, host) or not decisions.set_at_hand(facts, host):
        return []
    held = shared_parts.domains_in_set(facts[host]["__groupid_probe"], decisions.set_at_hand(facts, host))
    return list(dict.fromkeys([*held, *(facts[host].get("__groupid_attributes") or {})]))


def _restores_folders(facts: Facts, host: str) -> bool:
    return (
        deployments.ready(facts, host)
        and decisions.has_part(facts, host)
        and decisions.restore_components(facts, host) != []
    )


def _restores_database(facts: Facts, host: str) -> bool:
    return deployments.ready(facts, host) and facts[host].get("__groupid_sql_source") is not None


def _restores_domains(facts: Facts, host: str) -> list[dict[str, str]]:
    """Return the domains of the set, whose group attributes must be restored.

    The restore asks the server that the preflight has asked.
    """
    if not decisions.restores_domains(facts, host):
        return []
    known = facts[host].get("__groupid_attributes") or {}
    tried = {name: one.get("restore") or one.get("preflight") or {} for name, one in known.items()}
    return [{"domain": name, "directory_server": one.get("directory_server") or ""} for name, one in tried.items()]


def _seals(facts: Facts, host: str) -> bool:
    """Whether the run makes a set, and sees all members of it."""
    made = deployments.ready(facts, host) and not facts[host]["__groupid_asked"]["check"]
    return made and not decisions.review(facts, host)["missing"]


def _unsealed(facts: Facts, host: str) -> list[failures.Recorded]:
    """Return the failures that prevent a seal of the set of the host's deployment."""
    return [failures.recorded("seal", one) for one in by_step.against(facts, host, "seal")]


def _seal(facts: Facts, host: str) -> Step:
    hosts, set_id = deployments.fellows(facts, host), str(facts[host]["__groupid_set_id"])
    candidate = seals.candidate(facts, hosts, set_id, decisions.must_verify(facts, host))
    domains = [shared_parts.part_of_domain(name) for name in facts[host].get("__groupid_attributes") or {}]
    database = facts[host].get("__groupid_database") is not None and not _is_away(facts, host)
    return {
        "members": candidate["members"],
        "decider": _decider(facts, host),
        "parts": [*([shared_parts.DATABASE] if database else []), *domains],
        "digest": seals.progress(facts, hosts, set_id)["prepared"],
        "quiesce": quiesce_proof.member(facts, hosts, set_id),
    }


def _decider(facts: Facts, host: str) -> str:
    return min(listing.server_of(facts, fellow) for fellow in deployments.fellows(facts, host))


def _is_away(facts: Facts, host: str) -> bool:
    """Whether the part of the database is on another computer than the host that is responsible for it."""
    known = facts[host].get("__groupid_database")
    return known is not None and known["holder"] != host


def _decided(facts: Facts, host: str) -> bool:
    hosts = deployments.fellows(facts, host)
    return seals.progress(facts, hosts, str(facts[host]["__groupid_set_id"]))["decided"]


def _prepares_seal_away(facts: Facts, host: str) -> bool:
    return _seals(facts, host) and _is_away(facts, host)


def _decides_seal(facts: Facts, host: str) -> bool:
    first = listing.server_of(facts, host) == _decider(facts, host)
    return _seals(facts, host) and first and bool(_seal(facts, host)["digest"])


def _carries_seal(facts: Facts, host: str) -> bool:
    first = listing.server_of(facts, host) == _decider(facts, host)
    return _seals(facts, host) and not first and _decided(facts, host)


def _carries_seal_away(facts: Facts, host: str) -> bool:
    return _seals(facts, host) and _is_away(facts, host) and _decided(facts, host)


def _unfinished(facts: Facts, host: str) -> list[seals.Unfinished]:
    """Return the seals of earlier runs that this host may finish."""
    if facts[host]["__groupid_asked"]["check"] or not deployments.ready(facts, host):
        return []
    return [one for one in seals.unfinished(facts, deployments.fellows(facts, host)) if not one["refused"]]


def _decided_of(facts: Facts, host: str, one: seals.Unfinished) -> bool:
    return one["decided"] or seals.progress(facts, deployments.fellows(facts, host), one["set_id"])["decided"]


def _decides_unfinished(facts: Facts, host: str) -> list[seals.Unfinished]:
    server = listing.server_of(facts, host)
    return [one for one in _unfinished(facts, host) if server == one["decider"] and server in one["servers"]]


def _carries_unfinished(facts: Facts, host: str) -> list[seals.Unfinished]:
    server = listing.server_of(facts, host)
    return [
        one
        for one in _unfinished(facts, host)
        if server != one["decider"] and server in one["servers"] and _decided_of(facts, host, one)
    ]


def _carries_unfinished_away(facts: Facts, host: str) -> list[seals.Unfinished]:
    """Return those whose decision the computer of the database may not have: it was in no list of sets."""
    if not _is_away(facts, host):
        return []
    return [one for one in _unfinished(facts, host) if one["database"] and _decided_of(facts, host, one)]


def _finishes(facts: Facts, host: str) -> bool:
    """Whether a seal of an earlier run waits for the host, or for the computer of its database."""
    own = any(listing.server_of(facts, host) in one["servers"] for one in _unfinished(facts, host))
    return own or bool(_carries_unfinished_away(facts, host))


QUESTIONS: t.Mapping[str, c.Callable[[Facts, str], t.Any]] = {
    "chosen": _chosen,
    "ready": deployments.ready,
    "first": decisions.is_first,
    "failed": _failed,
    "lists_away": _lists_away,
    "rehearses": _rehearses,
    "places_rehearsal": _places_rehearsal,
    "rehearses_database": _rehearses_database,
    "cleans_rehearsal": _cleans_rehearsal,
    "rehearses_domains": _rehearses_domains,
    "set_at_hand": decisions.set_at_hand,
    "safety_set": _safety_set,
    "narrowed": decisions.narrowed,
    "scope": decisions.scope,
    "predictions": decisions.predictions,
    "database_holder": decisions.database_holder,
    "database_root": decisions.database_root,
    "reader_of_database": decisions.reader_of_database,
    "root_of_database": decisions.root_of_database,
    "details_of_database": decisions.details_of_database,
    "asks_database": _asks_database,
    "places_database": _places_database,
    "adopts_database": saving.adopts_database,
    "verifies_database": _verifies_database,
    "reads_database": decisions.restores_database,
    "restores_database": _restores_database,
    "asks_domains": _asks_domains,
    "verifies_domains": _verifies_domains,
    "restores_domains": _restores_domains,
    "backup_components": decisions.backup_components,
    "looks_first": decisions.looks_first,
    "saves_folders": saving.saves_folders,
    "records_first": _records_first,
    "announcement": _announcement,
    "records": _records,
    "quiesce": saving.quiesce,
    "quiesced_kind": quiescing.kind,
    "saves": saving.saves,
    "saves_together": deployments.ready,
    "saving": saving.saving,
    "releases": quiescing.is_left,
    "release": saving.release,
    "restore_components": decisions.restore_components,
    "restores_at_once": decisions.restores_at_once,
    "restores_folders": _restores_folders,
    "must_verify": decisions.must_verify,
    "seals": _seals,
    "unsealed": _unsealed,
    "seal": _seal,
    "prepares_seal_away": _prepares_seal_away,
    "decides_seal": _decides_seal,
    "carries_seal": _carries_seal,
    "carries_seal_away": _carries_seal_away,
    "finishes": _finishes,
    "decides_unfinished": _decides_unfinished,
    "carries_unfinished": _carries_unfinished,
    "carries_unfinished_away": _carries_unfinished_away,
}
"""How each question is answered, by the name under which roles ask it."""
