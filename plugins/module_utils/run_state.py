# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run knows of its hosts: the facts that decisions read, derived from the answers that tasks registered.

Roles set three facts: ``__groupid_review`` (`review`), ``__groupid_predictions``, and ``__groupid_unsealed``, what
prevents a seal. Everything else that a decision needs is derived here. So one file says what it means that a task
failed, was skipped, or ran for several items.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    decisions,
    failures,
    listing,
    quiescing,
)
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.objections import by_step

Facts = c.Mapping[str, c.Mapping[str, t.Any]]
Answer = c.Mapping[str, t.Any]

PHASES: t.Mapping[str, tuple[str, ...]] = {
    "preflight": (
        "__groupid_probe",
        "__groupid_running",
        "__groupid_sql",
        "__groupid_domains_found",
        "__groupid_sql_reread",
        "__groupid_sql_checked",
        "__groupid_part",
        "__groupid_probe_away",
        "__groupid_restored",
        "__groupid_domains_restored",
    ),
    "rehearsal": (
        "__groupid_rehearsal",
        "__groupid_sql_rehearsal_place",
        "__groupid_sql_rehearsal",
        "__groupid_sql_rehearsal_clean",
        "__groupid_domains_rehearsed",
    ),
    "resume": ("__groupid_resumed",),
    "list": ("__groupid_sets", "__groupid_sets_away"),
    "backup": (
        "__groupid_sql_place",
        "__groupid_recorded_first",
        "__groupid_recorded",
        "__groupid_saved",
        "__groupid_released",
        "__groupid_sql_part",
    ),
    "restore": ("__groupid_sql_restored", "__groupid_restored", "__groupid_domains_restored"),
    "verify": ("__groupid_verified", "__groupid_sql_verified", "__groupid_domains_verified"),
    "seal": (
        "__groupid_finish_decided",
        "__groupid_finish_carried",
        "__groupid_finish_carried_away",
        "__groupid_seal_prepared_away",
        "__groupid_seal_prepared",
        "__groupid_seal_decided",
        "__groupid_seal_carried",
        "__groupid_seal_carried_away",
    ),
}
"""The names under which tasks register, by phase, in the order of a run.

Two have two phases, as the preflight of a restore does a dry run of their work: of the group attributes before each
restore, and of the folders where something was named by hand. A backup has its dry run of the folders under a name of
its own.
"""

_DRY_RUNS = {*PHASES["preflight"]} & {name for names in (PHASES["backup"], PHASES["restore"]) for name in names}
"""Those two. They do not show that the work of a phase has begun."""

_OBJECTIONS: t.Mapping[str, str] = {
    "__groupid_running": "running",
    "__groupid_sql": "database",
    "__groupid_sql_reread": "unsealed_database",
}
"""A step of `objections`, by the answer that it reads. It may prevent the next step although the task succeeded."""

LOOP_VARIABLE = "__groupid_item"
"""The loop variable of tasks that run for several items. Each item's answer has the item under this name."""


class Hosts(c.Mapping[str, c.Mapping[str, t.Any]]):
    """The hosts of ``hostvars``. A subclass says what their variables are."""

    def __init__(self, hostvars: t.Any) -> None:
        self._hostvars = hostvars

    def __contains__(self, host: object) -> bool:
        return host in self._hostvars

    def __iter__(self) -> c.Iterator[str]:
        return iter(self._hostvars)

    def __len__(self) -> int:
        return len(self._hostvars)


class RunState(Hosts):
    """``hostvars`` with the facts that follow from the answers in them. Each is derived once, when it is asked for.

    reviewed: the review, if the hosts do not have it yet.
    """

    def __init__(self, hostvars: Facts, reviewed: Answer | None = None) -> None:
        super().__init__(hostvars)
        self._hosts: dict[str, _Host] = {}
        self.reviewed = reviewed

    def __getitem__(self, host: str) -> c.Mapping[str, t.Any]:
        # Ansible collects all variables of a host again each time that they are read.
        if host not in self._hosts:
            self._hosts[host] = _Host(self, host, self._hostvars[host])
        return self._hosts[host]


class _Host(c.Mapping[str, t.Any]):
    """The variables of one host, and what follows from them."""

    def __init__(self, facts: RunState, host: str, variables: c.Mapping[str, t.Any]) -> None:
        self.facts = facts
        self.name = host
        self.variables = variables
        self._derived: dict[str, t.Any] = {}

    def __getitem__(self, name: str) -> t.Any:
        if name not in DERIVED:
            return self.variables[name]
        if name not in self._derived:
            self._derived[name] = self._derive(name)
        if self._derived[name] is None:
            raise KeyError(name)
        return self._derived[name]

    def _derive(self, name: str) -> t.Any:
        try:
            return DERIVED[name](self)
        except KeyError as error:
            # A KeyError of its own would make a fact that cannot be derived one that the host does not have.
            raise RuntimeError(f"{name} of {self.name} cannot be derived: {error} is missing") from error

    def __iter__(self) -> c.Iterator[str]:
        return iter({*self.variables, *DERIVED})

    def __len__(self) -> int:
        return len({*self.variables, *DERIVED})

    def answer(self, name: str) -> Answer:
        """Return what a task registered. Empty if it did not run, or was skipped."""
        found = self.variables.get(name) or {}
        return {} if found.get("skipped") else found

    def success(self, name: str) -> Answer:
        """Return what a task registered. Empty also if it failed."""
        found = self.answer(name)
        return {} if failures.of_result(found) else found

    def each(self, name: str) -> list[tuple[t.Any, Answer]]:
        """Return each item of a task's loop with what was registered for it, without items that were skipped."""
        found = (self.variables.get(name) or {}).get("results") or []
        return [(one.get(LOOP_VARIABLE), one) for one in found if not one.get("skipped")]

    def review(self) -> Answer:
        """Return what the review found. Empty before the review."""
        return self.facts.reviewed or self.variables.get("__groupid_review") or {}


def _asked(host: _Host) -> Answer | None:
    return host.success("__groupid_settings").get("asked")


def _plan(host: _Host) -> Answer | None:
    choice = host.review().get("choice")
    if choice and not choice["refusals"]:
        chosen: Answer = choice["plan"]
        return chosen
    return host.success("__groupid_planned").get("plan")


def _source(host: _Host) -> Answer | None:
    sources = (host.review().get("choice") or {}).get("sources") or {}
    return sources.get(host.name)


def _of_deployment(name: str) -> c.Callable[[_Host], t.Any]:
    """Derive what the review has under a name for the host's deployment."""
    return lambda host: (host.review().get(name) or {}).get((_asked(host) or {}).get("deployment"))


def _failures(host: _Host) -> list[failures.Recorded]:
    """Return everything that went wrong on the host, in the order of the phases."""
    found = list(host.success("__groupid_settings").get("failures") or [])
    for phase, names in PHASES.items():
        for name in names:
            if _phase(host, name) == phase:
                found += _of_answer(host, name, phase)
        if phase == "preflight":
            found += (host.review().get("objections") or {}).get(host.name) or []
            if host.variables.get("__groupid_predictions"):
                for step in ("space", "duration"):
                    found += _recorded(phase, by_step.against(host.facts, host.name, step))
        # Losses count only if the rehearsal ended. What stopped one is a failure of its own.
        if phase == "rehearsal" and not found and any(host.variables.get(name) for name in names):
            found += _recorded(phase, by_step.against(host.facts, host.name, "rehearsal"))
    return found + list(host.variables.get("__groupid_unsealed") or [])


def _phase(host: _Host, name: str) -> str:
    """Return the phase of an answer: of those that have its name, the last one that has begun."""
    phases = [phase for phase, names in PHASES.items() if name in names]
    begun = [phase for phase in phases if any(host.variables.get(only) for only in {*PHASES[phase]} - _DRY_RUNS)]
    return [*phases[:1], *begun][-1]


def _phases(host: _Host) -> dict[str, bool]:
    """Return the phases that the run has reached on the host, and whether one of their tasks ran or all were skipped.

    A dry run in the preflight does not count as work.
    """
    come_to = {
        phase: [name for name in names if host.variables.get(name) and _phase(host, name) == phase]
        for phase, names in PHASES.items()
    }
    return {phase: any(map(host.answer, names)) for phase, names in come_to.items() if names}


def _of_answer(host: _Host, name: str, phase: str) -> list[failures.Recorded]:
    registered = host.variables.get(name)
    if not registered:
        return []
    # If nothing is to be stopped, an answer is not needed. What that means for the seal is an objection.
    unneeded = name == "__groupid_running" and quiescing.asked(host.facts, host.name) == quiescing.NONE
    parts = registered.get("results") or (_parts_of(registered) if name == "__groupid_saved" else [])
    outcomes = [failures.of_result(one) for one in parts or [registered]]
    found = [] if unneeded else [one for one in outcomes if one]
    if not found and parts:
        found = [one for one in [failures.of_result(registered)] if one]
    if not found and name in _OBJECTIONS and not registered.get("skipped"):
        found = by_step.against(host.facts, host.name, _OBJECTIONS[name])
    return _recorded(phase, found)


def _parts_of(saved: Answer) -> list[Answer]:
    """Return the answers of all that was done on a server in one task, in the order of the work."""
    found = [saved.get("stopped"), saved.get("database"), *(saved.get("domains") or [])]
    return [one for one in [*found, saved.get("part"), saved.get("resumed")] if one]


def _recorded(phase: str, found: c.Iterable[Failure]) -> list[failures.Recorded]:
    return [failures.recorded(phase, one) for one in found]


def _notes(host: _Host) -> list[str] | None:
    """Return what a person should know of a backup, a verification or a restore, before or after it."""
    if "verify_sets" in host.review():
        return decisions.verify_notes(host.facts, host.name)
    if "choice" in host.review():
        return decisions.restore_notes(host.facts, host.name)
    if "set_ids" not in host.review():
        return None
    unstopped = quiescing.note(host.facts, host.name)
    return [*decisions.backup_notes(host.facts, host.name), *([unstopped] if unstopped else [])]


def _warnings(host: _Host) -> list[str]:
    """Return what the parts of the task that saves a server warn of, also if they failed.

    Ansible shows the warnings of a task, and not those of its parts. Those of the database are the task's own.
    """
    saved = host.answer("__groupid_saved")
    found = [one for one in _parts_of(saved) if one is not saved.get("database")]
    return list(dict.fromkeys(str(warning) for one in found for warning in one.get("warnings") or ()))


def _part(host: _Host) -> Answer | None:
    """Return the host's own part, or the one that an earlier run of the same set completed."""
    if not host.variables.get("__groupid_saved"):
        return None
    return _saved(host, "part") or listing.taken_part(host.facts, host.name)


def _saved(host: _Host, name: str) -> Answer | None:
    """Return one of the answers of the task that saves a server. If it has none, what the task itself registered."""
    answer = host.answer("__groupid_saved")
    if failures.of_result(answer) and name not in answer:
        return answer
    found: Answer | None = answer.get(name)
    return found


def _saved_domains(host: _Host) -> list[Answer]:
    """Return the answers of the exports that this run has made. Each has ``domain``."""
    return list(host.answer("__groupid_saved").get("domains") or [])


def _quiesced(host: _Host) -> Answer | None:
    """Return how GroupID was stopped on the host, and how it was started again."""
    if "set_ids" not in host.review():
        return None
    return {
        "mode": quiescing.mode(host.facts, host.name) if _asked(host) else quiescing.NONE,
        "running": host.success("__groupid_running") or None,
        "stopped": host.answer("__groupid_saved").get("stopped"),
        "resumed": quiescing.resumed(host.facts, host.name) or None,
    }


def _restored(host: _Host) -> Answer | None:
    dry_run = _phase(host, "__groupid_restored") == "preflight"
    return None if dry_run else host.variables.get("__groupid_restored")


def _database(host: _Host) -> Answer | None:
    """Return what is known of the database that the host saves or verifies. None if there is none."""
    verified = host.answer("__groupid_sql_verified")
    if not host.answer("__groupid_sql"):
        return {**(verified.get("details") or {}), "verified": verified} if verified else None
    asked = host["__groupid_asked"]
    place, part = host.success("__groupid_sql_place"), host.success("__groupid_sql_part")
    return {
        "holder": decisions.database_holder(host.facts, host.name),
        "root": decisions.database_root(host.facts, host.name),
        "server": asked["sql_server"],
        "database": asked["sql_database"],
        "mode": asked["sql_backup_mode"],
        "part": place if place.get("complete") else part,
        "backup": {"shared": True} if place.get("complete") else _saved(host, "database") or {},
        "verified": verified,
    }


def _domains(host: _Host) -> dict[str, dict[str, Answer]] | None:
    """Return the answers about each domain: ``found``, ``part``, ``verified``, ``preflight`` and ``restore``."""
    known: dict[str, dict[str, Answer]] = {name: {} for name in (host.review().get("domains") or {}).get(host.name, ())}
    restore = {_phase(host, "__groupid_domains_restored"): "__groupid_domains_restored"}
    answers = [(done, host.each(name)) for done, name in {**_OF_DOMAINS, **restore}.items()]
    parts = [(one["domain"], one) for one in _saved_domains(host)]
    for done, found in [*answers, ("part", parts)]:
        for domain, one in found:
            key = domain if isinstance(domain, str) else str(domain["domain"])
            known.setdefault(key, {})
            if done not in ("found", "part") or not failures.of_result(one):
                known[key][done] = one
    return known or None


_OF_DOMAINS = {
    "found": "__groupid_domains_found",
    "verified": "__groupid_domains_verified",
}


def _seals(host: _Host) -> dict[str, dict[str, str]]:
    """Return the steps of seals that the host has taken: digests by step, by set."""
    own = host.get("__groupid_set_id")
    taken = [
        (own, "prepared", host.success("__groupid_seal_prepared")),
        (own, "sealed", host.success("__groupid_seal_decided")),
        (own, "sealed", host.success("__groupid_seal_carried")),
        *(
            (one["set_id"], "sealed", answer)
            for name in ("__groupid_finish_decided", "__groupid_finish_carried")
            for one, answer in host.each(name)
            if not failures.of_result(answer)
        ),
    ]
    steps: dict[str, dict[str, str]] = {}
    for set_id, step, answer in taken:
        if set_id and answer.get("document_sha256"):
            steps.setdefault(str(set_id), {})[step] = str(answer["document_sha256"])
    return steps


def _rehearsed_domains(host: _Host) -> dict[str, Answer] | None:
    return dict(host.each("__groupid_domains_rehearsed")) or None


DERIVED: t.Mapping[str, c.Callable[[_Host], t.Any]] = {
    "__groupid_asked": _asked,
    "__groupid_plan": _plan,
    "__groupid_run": lambda host: host.success("__groupid_planned") or None,
    "__groupid_review": lambda host: host.review().get("deployments"),
    "__groupid_source": _source,
    "__groupid_set_id": _of_deployment("set_ids"),
    "__groupid_safety_id": _of_deployment("safety_ids"),
    "__groupid_verify_set": lambda host: (host.review().get("verify_sets") or {}).get(host.name),
    "__groupid_narrowed": lambda host: decisions.narrowed(host.facts, host.name) if _asked(host) else None,
    "__groupid_notes": _notes,
    "__groupid_warnings": _warnings,
    "__groupid_failures": _failures,
    "__groupid_phases": _phases,
    "__groupid_part": _part,
    "__groupid_sql_backup": lambda host: _saved(host, "database"),
    "__groupid_domain_parts": lambda host: {"results": found} if (found := _saved_domains(host)) else None,
    "__groupid_quiesced": _quiesced,
    "__groupid_restored": _restored,
    "__groupid_walked": lambda host: host.success("__groupid_part"),
    "__groupid_database": _database,
    "__groupid_attributes": _domains,
    "__groupid_seals": _seals,
    "__groupid_sql_source": lambda host: host.success("__groupid_sql_reread").get("details"),
    "__groupid_directory_rehearsal": _rehearsed_domains,
}
"""How each derived fact is found, by its name. None means that the host does not have the fact."""
