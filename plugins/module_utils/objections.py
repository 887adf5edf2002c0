# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against a step of a run on one host: decisions that need the answers of several tasks or hosts.

Each function takes ``Facts`` (as in `deployments`) and the host, and gives a `Failure` for each fault. No host is
named in one: who has it is told once, beside it.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    decisions,
    deployments,
    listing,
    narrowing,
    products,
    restore_choice,
    seals,
    shared_parts,
)
from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import LATEST, SAFETY_LABEL
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure

Facts = c.Mapping[str, c.Mapping[str, t.Any]]

BACKUP = "The backup was not started"
RESTORE = "The restore was not started"


def against(facts: Facts, host: str, step: str) -> list[Failure]:
    """Return what stands against a step, a name of `STEPS`."""
    return STEPS[step](facts, host)


def _server(facts: Facts, host: str) -> list[Failure]:
    """What one server's answer tells: is its backup root usable, and is it a computer of its own?"""
    probe, asked = facts[host]["__groupid_probe"], facts[host]["__groupid_asked"]
    root = probe.get("backup_root") or {}
    failures = []
    if root.get("error"):
        failures.append(
            Failure(
                "root_unusable",
                "The backup root cannot be used",
                str(root["error"]),
                f"Correct groupid_backup_root, or let {probe['computer']['user']} read and write there.",
                path=asked["backup_root"],
            )
        )
    if root.get("inside"):
        failures.append(
            Failure(
                "root_in_product",
                "The backup root cannot be used",
                f"it lies below GroupID's own folder {root['inside']}, which an upgrade or an uninstall removes",
                "Name a folder elsewhere in groupid_backup_root.",
                path=asked["backup_root"],
            )
        )
    twins = decisions.review(facts, host)["twins"].get(host)
    if twins:
        failures.append(
            Failure(
                "one_computer",
                f"The hosts {' and '.join(sorted([host, *twins]))} of the inventory are one computer",
                f"both are {probe['computer']['fqdn']}, which has one part in a set",
                "Correct ansible_host of one of them, or take one out of the inventory.",
            )
        )
    return failures


def _rehearsal(facts: Facts, host: str) -> list[Failure]:
    """What a rehearsal found by which data would be lost: of the server, and of what its deployment has once."""
    return [
        Failure(
            "rehearsal",
            f"A backup or a restore of {what} would lose data",
            sentence,
            "Remove the cause and run the playbook identityops.groupid.rehearse again, or report what it found: "
            "docs/windows.md says how.",
        )
        for what, answer in rehearsed(facts, host).items()
        for sentence in answer.get("losses") or []
    ]


def rehearsed(facts: Facts, host: str) -> dict[str, c.Mapping[str, t.Any]]:
    """Return the answers of rehearsals that a host holds, by what they are about."""
    own = facts[host]
    domains = own.get("__groupid_directory_rehearsal") or {}
    found = {
        "this server": own.get("__groupid_rehearsal"),
        "the database": own.get("__groupid_sql_rehearsal"),
        **{f"the group attributes of {name}": answer for name, answer in domains.items()},
    }
    return {what: answer for what, answer in found.items() if answer}


def _backup(facts: Facts, host: str) -> list[Failure]:
    checks = (_differing, _undeclared, _unseen, _no_folders, _which_product, _named_set)
    return [failure for check in checks for failure in check(facts, host)]


def _differing(facts: Facts, host: str) -> list[Failure]:
    differing = decisions.review(facts, host)["differing"]
    if not differing:
        return []
    return [
        Failure(
            "differing",
            f"The hosts of deployment {_deployment(facts, host)} do not agree on what it is",
            f"they differ in {', '.join(differing)}",
            "Set the same value for all of them, for example in the variables of their group.",
        )
    ]


def _undeclared(facts: Facts, host: str) -> list[Failure]:
    name = decisions.review(facts, host)["undeclared"].get(host)
    if name is None:
        return []
    servers = ", ".join(facts[host]["__groupid_asked"]["deployment_servers"])
    return [
        Failure(
            "undeclared",
            f"{host} is not one of the servers of deployment {_deployment(facts, host)}",
            f"its computer, {name}, does not stand in groupid_deployment_servers ({servers})",
            "Add it there, or correct groupid_deployment of this host.",
        )
    ]


def _unseen(facts: Facts, host: str) -> list[Failure]:
    missing = decisions.review(facts, host)["missing"]
    if not missing or facts[host]["__groupid_asked"]["set_id"]:
        return []
    return [
        Failure(
            "members_missing",
            BACKUP,
            f"this run does not see {', '.join(missing)} of deployment {_deployment(facts, host)} (--limit, or serial "
            "in a play), and a set without their parts could not be sealed",
            "Run again without --limit; or name a set with -e groupid_set_id=ID to add parts to it, which a run of all "
            "members then seals.",
        )
    ]


def _no_folders(facts: Facts, host: str) -> list[Failure]:
    asked = facts[host]["__groupid_asked"]
    components = asked["components"]
    if components is None or shared_parts.server_components(components) or asked["folders"]:
        return []
    return [
        Failure(
            "no_folders",
            BACKUP,
            "a set has a part of every server, and groupid_components names nothing of theirs: "
            f"{', '.join(components) or 'it is empty'}",
            "Name a component of the servers too; or save those by themselves, with the modules "
            "identityops.groupid.groupid_sql_backup and identityops.groupid.groupid_ldif_export.",
        )
    ]


def _which_product(facts: Facts, host: str) -> list[Failure]:
    asked, found = facts[host]["__groupid_asked"], facts[host]["__groupid_probe"]["installations"]
    usable = [one for one in found if asked["version"] in (products.AUTO, one["version"])]
    if len(usable) == 1 or (not usable and (asked["component_paths"] or asked["components"] == [])):
        return []
    wanted = "" if asked["version"] == products.AUTO else f" {asked['version']}"
    have = ", ".join(one["version"] for one in found) or "none"
    return [
        Failure(
            "which_product",
            BACKUP,
            f"a server should have one GroupID{wanted}, and this one has: {have}",
            "Name the one to back up in groupid_version, or the folders in groupid_component_paths.",
        )
    ]


def _named_set(facts: Facts, host: str) -> list[Failure]:
    """A set that is asked for by its id must take this server's part, or have it already."""
    set_id = facts[host]["__groupid_asked"]["set_id"]
    again = "Leave groupid_set_id out to make a new set."
    what = f"Nothing can be added to set {set_id}"
    if set_id == LATEST:
        return [Failure("set_id", what, "latest is no name for a new set", again)]
    listed = listing.find(facts, host, set_id)
    part = listing.part_of(listed, listing.server_of(facts, host))
    if listed and listed["sealed"]:
        return [Failure("set_sealed", what, "it is sealed, and so it is complete", again)]
    if part is None or part["state"] in listing.SEALABLE or _at_work(facts, host, set_id):
        return []
    return [
        Failure(
            "part_unfinished",
            what,
            f"the part of this server there is {part['state']}, and no job on it is at work",
            f"{again} What is unfinished is never used, and can be deleted.",
        )
    ]


def _at_work(facts: Facts, host: str, set_id: str) -> bool:
    """Whether a backup into the set, which an earlier run began, is at work on the host."""
    busy = facts[host]["__groupid_probe"].get("busy") or {}
    return (busy.get("operation"), busy.get("subject")) == ("backup", f"{_deployment(facts, host)} {set_id}")


def _database(facts: Facts, host: str) -> list[Failure]:
    """Asked of the first host of a deployment whose database is to be saved, after the SQL Server has answered."""
    asked, found = facts[host]["__groupid_asked"], facts[host].get("__groupid_sql") or {}
    if found.get("skipped") or "can_backup" not in found:
        return []
    reasons = [*found["can_backup"]["reasons"], *found["can_verify"]["reasons"]]
    if found["can_backup"]["ok"] and found["can_verify"]["ok"]:
        return []
    return [
        Failure(
            "database_not_ready",
            f"The database {asked['sql_database']} on {asked['sql_server']} cannot be backed up",
            " ".join(dict.fromkeys(reasons)),
            "",
        )
    ]


def _space(facts: Facts, host: str) -> list[Failure]:
    """Asked after a preflight has measured what a backup needs."""
    found = (facts[host].get("__groupid_predictions") or {}).get(_deployment(facts, host)) or {}
    return [Failure.from_mapping(failure) for failure in found.get("failures") or []]


def _shared_unseen(facts: Facts, host: str, component: str, reached: bool, where: str) -> list[Failure]:
    """A component of the whole deployment was named, and this run cannot save it."""
    components = facts[host]["__groupid_asked"]["components"] or []
    if reached or component not in components:
        return []
    return [
        Failure(
            "members_missing",
            f"{component} of deployment {_deployment(facts, host)} cannot be saved by this run",
            f"it does not see {', '.join(decisions.review(facts, host)['missing'])}, {where}",
            f"Run again without --limit, or take {component} out of groupid_components.",
        )
    ]


def _unseen_database(facts: Facts, host: str) -> list[Failure]:
    where = "and with groupid_sql_backup_mode external only a run of all members records where the backup lies"
    return _shared_unseen(facts, host, shared_parts.DATABASE, decisions.reaches_database(facts, host), where)


def _unseen_domains(facts: Facts, host: str) -> list[Failure]:
    where = "and where groupid_backup_root is no share, only a run of all members knows which of them is the first"
    return _shared_unseen(facts, host, shared_parts.GROUP_ATTRIBUTES, decisions.reaches_domains(facts, host), where)


def _seal(facts: Facts, host: str) -> list[Failure]:
    """Say what stands against sealing the set of the host's deployment."""
    set_id = facts[host]["__groupid_set_id"]
    hosts = deployments.fellows(facts, host)
    refusals = seals.candidate(facts, hosts, set_id, decisions.must_verify(facts, host))["refusals"]
    if not refusals:
        return []
    return [
        Failure(
            "not_sealed",
            f"Set {set_id} of deployment {_deployment(facts, host)} is not sealed",
            "; ".join(refusals),
            "Its parts stay where they are. Run the backup again for a new set.",
        )
    ]


def _restore(facts: Facts, host: str) -> list[Failure]:
    """Say what stands against restoring the part that was chosen for a host."""
    asked = facts[host]["__groupid_asked"]
    source, set_id = facts[host]["__groupid_source"], str(asked["set_id"])
    listed = listing.find(facts, host, set_id)
    part = listing.part_of(listed, source["server"])
    differing = _differing(facts, host)
    if differing:
        return differing
    if listed is None or part is None:
        return [] if set_id.endswith(f"-{SAFETY_LABEL}") else [_part_missing(facts, host)]
    checks = (_not_whole(asked, listed, part), _other_machine(facts, host, part), _not_held(facts, host))
    return [failure for failure in checks if failure]


def _part_missing(facts: Facts, host: str) -> Failure:
    asked, source = facts[host]["__groupid_asked"], facts[host]["__groupid_source"]
    return Failure(
        "part_missing",
        RESTORE,
        f"set {asked['set_id']} of deployment {asked['deployment']} has no part of {source['server']} there; its sets: "
        f"{listing.known_sets(facts, [host])}",
        "Correct groupid_set_id or groupid_backup_root, name another server's part in groupid_restore_map, or leave "
        "this host out with --limit.",
        path=asked["backup_root"],
    )


def _not_whole(
    asked: c.Mapping[str, t.Any], listed: c.Mapping[str, t.Any], part: c.Mapping[str, t.Any]
) -> Failure | None:
    trusted = listed["sealed"] or (part.get("details") or {}).get("kind") == "before_restore"
    if asked["restore_unsealed"] or (trusted and part["state"] in listing.SEALABLE):
        return None
    return Failure(
        "not_sealed",
        RESTORE,
        f"the part of {part['server']} in set {listed['set_id']} is {part['state']}, and the set is "
        f"{'sealed' if listed['sealed'] else 'not sealed'}: only a whole part of a sealed set is restored",
        "Choose another set; or, knowing what it lacks, set groupid_restore_unsealed=true.",
    )


def _not_held(facts: Facts, host: str) -> Failure | None:
    """A component was named that no server's part of the set has."""
    asked = facts[host]["__groupid_asked"]
    listed = [listing.find(facts, fellow, str(asked["set_id"])) for fellow in deployments.fellows(facts, host)]
    held = {name for one in listed if one for part in one["parts"] for name in part["components"]}
    missing = [name for name in shared_parts.server_components(asked["components"] or []) if name not in held]
    if not missing:
        return None
    return Failure(
        "component_missing",
        RESTORE,
        f"groupid_components names {', '.join(missing)}, which set {asked['set_id']} does not have",
        f"It has: {', '.join(sorted(held)) or 'none'}. Choose another set, or correct groupid_components.",
    )


def _other_machine(facts: Facts, host: str, part: c.Mapping[str, t.Any]) -> Failure | None:
    here, mapped = facts[host]["__groupid_probe"]["computer"], facts[host]["__groupid_source"]["mapped"]
    if mapped or part["machine_guid"] == here["machine_guid"]:
        return None
    return Failure(
        "other_machine",
        RESTORE,
        f"the part of {part['server']} was made on another installation of Windows (machine GUID "
        f"{part['machine_guid']}, here {here['machine_guid']})",
        f"If it belongs here, say so with groupid_restore_map: {{{part['server']}: {here['server']}}}.",
    )


def _restore_database(facts: Facts, host: str) -> list[Failure]:
    """Asked of the first host of a deployment whose set holds the database, or that was told to restore it."""
    asked = facts[host]["__groupid_asked"]
    what = f"The database of deployment {asked['deployment']} cannot be restored"
    if not decisions.holds_database(facts, host):
        return [
            Failure(
                "component_missing",
                what,
                f"set {asked['set_id']} holds no backup of it, and groupid_components names it",
                "Choose a set that does, or take database out of groupid_components.",
            )
        ]
    if not asked["sql_server"]:
        return [
            Failure(
                "sql_server_missing",
                what,
                f"set {asked['set_id']} holds a backup of it, and groupid_sql_server is not set",
                "Name the server to restore it to in groupid_sql_server; or name the other components in "
                "groupid_components to leave the database alone.",
            )
        ]
    return []


def _unsealed_database(facts: Facts, host: str) -> list[Failure]:
    """Asked after the part of the database was verified where it lies."""
    check, asked = facts[host].get("__groupid_sql_reread") or {}, facts[host]["__groupid_asked"]
    if "state" not in check:
        return []
    what = f"The database of deployment {asked['deployment']} cannot be restored"
    recorded = str((check.get("details") or {}).get("database") or "")
    failures = _other_database(facts, host, what, recorded) if recorded else [_not_recorded(what, asked)]
    if not check.get("sealed") and not asked["restore_unsealed"]:
        failures.append(
            Failure(
                "not_sealed",
                what,
                f"its part in set {asked['set_id']} is not sealed where it lies",
                "A backup of the deployment finishes a seal that was cut; or, knowing what it lacks, set "
                "groupid_restore_unsealed=true.",
            )
        )
    return failures


def _not_recorded(what: str, asked: c.Mapping[str, t.Any]) -> Failure:
    return Failure(
        "not_recorded",
        what,
        f"the record of its part in set {asked['set_id']} does not say of which database it is a backup",
        "Restore its files with the module identityops.groupid.groupid_sql_restore, and name the other components in "
        "groupid_components.",
    )


def _other_database(facts: Facts, host: str, what: str, recorded: str) -> list[Failure]:
    """The part says which database is written over: that must be the deployment's, and nobody else's."""
    asked = facts[host]["__groupid_asked"]
    named = str(asked["sql_database"] or "")
    others = [name for name in restore_choice.database_users(facts, host, recorded) if name != asked["deployment"]]
    if (not named or named.lower() == recorded.lower()) and not others:
        return []
    theirs = f"that is the one of {', '.join(others)}" if others else f"groupid_sql_database is {named}"
    return [
        Failure(
            "other_database",
            what,
            f"its part in set {asked['set_id']} is a backup of the database {recorded}, and {theirs}",
            "Choose another set; or name that database in groupid_sql_database, if it is the deployment's.",
        )
    ]


def _restore_domains(facts: Facts, host: str) -> list[Failure]:
    asked = facts[host]["__groupid_asked"]
    held = shared_parts.domains_in_set(facts[host]["__groupid_probe"], str(asked["set_id"]))
    what = f"The group attributes of deployment {asked['deployment']} cannot be restored"
    if not held and shared_parts.GROUP_ATTRIBUTES in (asked["components"] or []):
        return [
            Failure(
                "component_missing",
                what,
                f"set {asked['set_id']} holds none, and groupid_components names them",
                "Choose a set that does, or take group_attributes out of groupid_components.",
            )
        ]
    unknown = sorted(set(held) - {str(domain["name"]).lower() for domain in asked["domains"]})
    if not unknown:
        return []
    return [
        Failure(
            "domain_unknown",
            what,
            f"set {asked['set_id']} holds those of {', '.join(unknown)}, and groupid_domains does not say how to "
            "reach that",
            "Name it there; or name the other components in groupid_components to leave the group attributes alone.",
        )
    ]


def _verify(facts: Facts, host: str) -> list[Failure]:
    """Say why no set can be chosen, where the newest one is to be verified."""
    asked = facts[host]["__groupid_asked"]
    if decisions.verified_set(facts, host):
        return []
    sets = decisions.sets_of_deployment(facts, host)
    return [narrowing.no_full_set(sets, None, asked["backup_root"])]


def of_choice(choice: restore_choice.Choice) -> list[Failure]:
    """What stands against the whole restore."""
    return [Failure.from_mapping(refusal) for refusal in choice["refusals"]]


def _deployment(facts: Facts, host: str) -> str:
    return str(facts[host]["__groupid_asked"]["deployment"])


STEPS: t.Mapping[str, c.Callable[[Facts, str], list[Failure]]] = {
    "server": _server,
    "rehearsal": _rehearsal,
    "backup": _backup,
    "database": _database,
    "unseen_database": _unseen_database,
    "unseen_domains": _unseen_domains,
    "space": _space,
    "seal": _seal,
    "verify": _verify,
    "restore": _restore,
    "restore_database": _restore_database,
    "unsealed_database": _unsealed_database,
    "restore_domains": _restore_domains,
}
"""What can be asked about, by the name that roles use."""
