# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures that prevent a step of a run on one host: decisions that need the answers of several tasks or hosts.

Each function gets ``Facts`` (as in `deployments`) and the host, and returns a `Failure` for each fault. A failure does
not name its host: the summary prints it once, with all hosts that have it.
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
    quiesce_proof,
    quiescing,
    restore_choice,
    seals,
    shared_parts,
    signature,
)
from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import LATEST, SAFETY_LABEL
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure

Facts = c.Mapping[str, c.Mapping[str, t.Any]]

BACKUP = "The backup was not started"
RESTORE = "The restore was not started"
_CLOSE = "Close the root to them: docs/design/trust.md has the commands."


def against(facts: Facts, host: str, step: str) -> list[Failure]:
    """Return the failures that prevent a step. step: a name of `STEPS`."""
    return STEPS[step](facts, host)


def _server(facts: Facts, host: str) -> list[Failure]:
    """Check the answer of one server: can its backup root be used, and is no other host the same computer?"""
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
                f"it is inside GroupID's own folder {root['inside']}, which an upgrade or an uninstall removes",
                "Set groupid_backup_root to a folder elsewhere.",
                path=asked["backup_root"],
            )
        )
    twins = decisions.review(facts, host)["twins"].get(host)
    if twins:
        failures.append(
            Failure(
                "one_computer",
                f"The hosts {' and '.join(sorted([host, *twins]))} of the inventory are the same computer",
                f"both are {probe['computer']['fqdn']}, and a computer has only one part in a set",
                "Correct ansible_host of one of them, or remove one of them from the inventory.",
            )
        )
    return failures


def _rehearsal(facts: Facts, host: str) -> list[Failure]:
    """Return the losses of data that rehearsals found on the server, and on its deployment's database and domains."""
    return [
        Failure(
            "rehearsal",
            f"A backup or a restore of {what} would lose data",
            sentence,
            "Remove the cause and run the playbook identityops.groupid.rehearse again; or report what it found, as "
            "docs/windows.md describes.",
        )
        for what, answer in rehearsed(facts, host).items()
        for sentence in answer.get("losses") or []
    ]


def rehearsed(facts: Facts, host: str) -> dict[str, c.Mapping[str, t.Any]]:
    """Return the answers of the rehearsals on a host, by their subject."""
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
            f"The hosts of deployment {_deployment(facts, host)} have different settings for it",
            f"these variables differ: {', '.join(differing)}",
            "Set the same values for all of them, for example in the variables of their group.",
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
            f"its computer, {name}, is not in groupid_deployment_servers ({servers})",
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
            f"this run does not include {', '.join(missing)} of deployment {_deployment(facts, host)} (because of "
            "--limit, or serial in a play), and a set without their parts cannot be sealed",
            "Run again without --limit; or add parts to a set with -e groupid_set_id=ID. A later run of all members "
            "with this id seals the set.",
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
            "a set needs a part of every server, and groupid_components names no component of a server: "
            f"{', '.join(components) or 'it is empty'}",
            "Also name a component of the servers. Or save the database and the domains separately, with the modules "
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
            f"a server must have exactly one GroupID{wanted}, and this one has: {have}",
            "Set groupid_version to the one to back up, or set the folders in groupid_component_paths.",
        )
    ]


def _named_set(facts: Facts, host: str) -> list[Failure]:
    """Check that a set named by its id accepts this server's part, or has it already."""
    set_id = facts[host]["__groupid_asked"]["set_id"]
    again = "Leave groupid_set_id out to make a new set."
    what = f"Nothing can be added to set {set_id}"
    if set_id == LATEST:
        return [Failure("set_id", what, "'latest' cannot be the id of a new set", again)]
    listed = listing.find(facts, host, set_id)
    part = listing.part_of(listed, listing.server_of(facts, host))
    if listed and listed["sealed"]:
        return [Failure("set_sealed", what, "it is sealed, so it is complete", again)]
    if part is None or part["state"] in listing.SEALABLE or _at_work(facts, host, set_id):
        return []
    return [
        Failure(
            "part_unfinished",
            what,
            f"this server's part in it is {part['state']}, and no job is working on it",
            f"{again} An unfinished part is never used, and can be deleted.",
        )
    ]


def _at_work(facts: Facts, host: str, set_id: str) -> bool:
    """Return whether a backup of an earlier run into the set is still running on the host."""
    busy = facts[host]["__groupid_probe"].get("busy") or {}
    return (busy.get("operation"), busy.get("subject")) == ("backup", f"{_deployment(facts, host)} {set_id}")


def _database(facts: Facts, host: str) -> list[Failure]:
    """Check the SQL Server's answer, on the first host of a deployment whose database is saved."""
    asked, found = facts[host]["__groupid_asked"], facts[host].get("__groupid_sql") or {}
    if found.get("skipped") or "can_backup" not in found:
        return []
    reasons = [*found["can_backup"]["reasons"], *found["can_verify"]["reasons"]]
    if found["can_backup"]["ok"] and found["can_verify"]["ok"]:
        return _hidden_sessions(facts, host, found)
    return [
        Failure(
            "database_not_ready",
            f"The database {asked['sql_database']} on {asked['sql_server']} cannot be backed up",
            " ".join(dict.fromkeys(reasons)).rstrip("."),
            "Correct this on the SQL Server, and run the preflight again."
            if found.get("database")
            else "Correct groupid_sql_database, or give the login a user in the database.",
        )
    ]


def _hidden_sessions(facts: Facts, host: str, found: c.Mapping[str, t.Any]) -> list[Failure]:
    """Refuse to stop GroupID for a set that could not be sealed, because the login does not see who else is there."""
    if quiescing.mode(facts, host) != quiescing.ALL or not quiescing.recorder(facts, host):
        return []
    if (found.get("database") or {}).get("sessions") is not None:
        return []
    login = str((found.get("server") or {}).get("login") or "")
    return quiesce_proof.unwaived(facts, host, [quiesce_proof.sessions_hidden(BACKUP, login)])


def _unwatched(facts: Facts, host: str) -> list[Failure]:
    """Refuse to stop GroupID for a set that is never sealed, because nothing would prove that it stayed stopped."""
    if facts[host]["__groupid_asked"]["quiesce_max"] or not quiescing.recorder(facts, host):
        return []
    return [
        Failure(
            "epoch_broken",
            BACKUP,
            "groupid_quiesce_max is 0, so no watchdog would look whether GroupID stays stopped, and without that the "
            "set is never sealed",
            "Set groupid_quiesce_max to the seconds for which GroupID may be stopped; or set groupid_quiesce to none, "
            "and GroupID is not stopped.",
        )
    ]


def _unstopped_elasticsearch(facts: Facts, host: str) -> list[Failure]:
    """Refuse to copy the folder of an Elasticsearch that runs, before anything is done."""
    asked_set = str(facts[host]["__groupid_asked"]["set_id"])
    if asked_set and quiesce_proof.kept(facts, deployments.fellows(facts, host), asked_set)[0]:
        return []  # another run has decided it, and its document says how
    runs = quiesce_proof.runs_elasticsearch(facts, host)
    if runs is False or not decisions.copies_elasticsearch(facts, host):
        return []
    where = listing.server_of(facts, host)
    known = f"Elasticsearch runs on {where}" if runs else f"it is not known whether Elasticsearch runs on {where}"
    cause = f"{known}, and this run copies its folder without stopping it"
    return quiesce_proof.unwaived(facts, host, [quiesce_proof.elasticsearch_runs(BACKUP, cause)])


def _running(facts: Facts, host: str) -> list[Failure]:
    """Check what a host says of the services of GroupID there: may a backup stop them, and could the set be sealed?"""
    if quiescing.mode(facts, host) == quiescing.NONE:
        return _unstopped_elasticsearch(facts, host)
    return [*_stopped_already(facts, host), *_forks(facts, host), *_unwatched(facts, host)]


def _stopped_already(facts: Facts, host: str) -> list[Failure]:
    """Refuse a server on which the record of another run is open, whether that run has stopped anything yet or not."""
    record = (facts[host].get("__groupid_running") or {}).get("record")
    if not record or record.get("resumed"):
        return []
    run = (
        f"run {record['run']} on {record['controller']}, as {record['user']}, since {record['started']} "
        f"(epoch {record['epoch']})"
    )
    stopped = f"another run has stopped GroupID on this server and has not started it again: {run}"
    recorded = f"another run has recorded what runs of GroupID on this server, and has stopped nothing yet: {run}"
    return [
        Failure(
            "quiesced",
            BACKUP,
            stopped if record["begun"] else recorded,
            "Wait for the end of that run. If it has ended, start GroupID again with the playbook "
            "identityops.groupid.resume, and run the backup again.",
        )
    ]


def _forks(facts: Facts, host: str) -> list[Failure]:
    """Refuse a run in which servers that must wait for each other, while GroupID is stopped, cannot all be at work."""
    run = facts[host].get("__groupid_run") or {}
    if "forks" not in run or not quiescing.recorder(facts, host):
        return []
    batched = bool(run.get("batched"))
    hosts = deployments.fellows(facts, host) if batched else facts[host]["__groupid_plan"]["hosts"]
    if len(hosts) <= run["forks"]:
        return []
    whose = f"deployment {_deployment(facts, host)}" if batched else "this play"
    playbook = "identityops.groupid.backup" if batched else "PLAYBOOK"
    return [
        Failure(
            "forks",
            BACKUP,
            f"Ansible works on {run['forks']} servers at the same time, and {whose} has {len(hosts)}, which are saved "
            "together while GroupID is stopped on them",
            f"Run it with --forks {len(hosts)}, as in: ansible-playbook -i INVENTORY {playbook} --forks {len(hosts)}. "
            "Or set groupid_quiesce to none, and GroupID is not stopped.",
        )
    ]


def _duration(facts: Facts, host: str) -> list[Failure]:
    """Refuse a backup that is expected to take longer than GroupID may be stopped."""
    found = (facts[host].get("__groupid_predictions") or {}).get(_deployment(facts, host)) or {}
    limit = int(facts[host]["__groupid_asked"]["quiesce_max"])
    if not limit or float(found.get("seconds") or 0) <= limit or not quiescing.recorder(facts, host):
        return []
    minutes = max(1, round(float(found["seconds"]) / 60))
    return [
        Failure(
            "too_long",
            f"GroupID would be stopped for too long on deployment {_deployment(facts, host)}",
            f"a backup takes about {minutes} min, and after groupid_quiesce_max ({limit} s) each server starts GroupID "
            "again by itself, so that the set cannot be sealed",
            "Set groupid_quiesce_max to more seconds; or save less at a time, as with groupid_link_unchanged.",
        )
    ]


def _space(facts: Facts, host: str) -> list[Failure]:
    """Check free space, after a preflight has measured what a backup needs."""
    found = (facts[host].get("__groupid_predictions") or {}).get(_deployment(facts, host)) or {}
    return [Failure.from_mapping(failure) for failure in found.get("failures") or []]


def _shared_unseen(facts: Facts, host: str, component: str, reached: bool, where: str) -> list[Failure]:
    """Refuse a named component of the whole deployment that this run cannot save."""
    components = facts[host]["__groupid_asked"]["components"] or []
    if reached or component not in components:
        return []
    return [
        Failure(
            "members_missing",
            f"{component} of deployment {_deployment(facts, host)} cannot be saved by this run",
            f"it does not include {', '.join(decisions.review(facts, host)['missing'])}, {where}",
            f"Run again without --limit, or remove {component} from groupid_components.",
        )
    ]


def _unseen_database(facts: Facts, host: str) -> list[Failure]:
    where = "and with groupid_sql_backup_mode external only a run of all members records where the backup is"
    return _shared_unseen(facts, host, shared_parts.DATABASE, decisions.reaches_database(facts, host), where)


def _unseen_domains(facts: Facts, host: str) -> list[Failure]:
    where = "and if groupid_backup_root is not a share, only a run of all members knows which of them is the first"
    return _shared_unseen(facts, host, shared_parts.GROUP_ATTRIBUTES, decisions.reaches_domains(facts, host), where)


def _seal(facts: Facts, host: str) -> list[Failure]:
    """Return why the set of the host's deployment cannot be sealed."""
    set_id = facts[host]["__groupid_set_id"]
    hosts = deployments.fellows(facts, host)
    what = f"Set {set_id} of deployment {_deployment(facts, host)} is not sealed"
    refusals = seals.candidate(facts, hosts, set_id, decisions.must_verify(facts, host))["refusals"]
    found = []
    if refusals:
        found.append(
            Failure(
                "not_sealed",
                what,
                "; ".join(refusals),
                "Its parts stay where they are. Run the backup again for a new set.",
            )
        )
    causes = quiesce_proof.broken(facts, hosts, set_id)
    if causes:
        found.append(
            Failure(
                "epoch_broken",
                what,
                f"it is not one point in time: {'; '.join(causes)}",
                "Find out what started GroupID or kept it from starting, and run the backup again for a new set. The "
                "parts of this one stay where they are.",
            )
        )
    if quiesce_proof.kept(facts, hosts, set_id)[0]:
        return found  # another run has decided it, and its document says how
    return [*found, *quiesce_proof.unwaived(facts, host, quiesce_proof.inhibitors(facts, hosts, what))]


def _restore(facts: Facts, host: str) -> list[Failure]:
    """Return why the part that was chosen for a host cannot be restored."""
    asked = facts[host]["__groupid_asked"]
    source, set_id = facts[host]["__groupid_source"], str(asked["set_id"])
    listed = listing.find(facts, host, set_id)
    part = listing.part_of(listed, source["server"])
    differing = _differing(facts, host)
    if differing:
        return differing
    untrusted = [*_not_trusted(RESTORE, listed), *_open_root(facts, host, RESTORE, listed, staged=True)]
    if listed is not None and untrusted:
        return untrusted
    if listed is None or part is None:
        return [] if set_id.endswith(f"-{SAFETY_LABEL}") else [_part_missing(facts, host)]
    checks = (_not_whole(asked, listed, part), _other_machine(facts, host, part), _not_held(facts, host))
    return [failure for failure in checks if failure]


def _not_trusted(what: str, listed: c.Mapping[str, t.Any] | None) -> list[Failure]:
    """Refuse a set without a valid signature, if a key is given."""
    verdict = (listed or {}).get("signature")
    if listed is None or verdict is None or signature.accepted(verdict):
        return []
    return [signature.refusal(what, str(listed["path"]), verdict)]


def _open_root(
    facts: Facts, host: str, what: str, listed: c.Mapping[str, t.Any] | None, *, staged: bool
) -> list[Failure]:
    """Refuse a backup root that ordinary users can write, before anything is read there. The agent looks closer.

    staged: what is restored is hashed as it is taken, so a root that is named is used for a signed set.
    """
    asked, root = facts[host]["__groupid_asked"], facts[host]["__groupid_probe"].get("backup_root") or {}
    named = str(asked["backup_root"]).lower() in (str(one).lower() for one in asked["allow_open_roots"])
    if not root.get("writable_by") or (staged and named and signature.is_valid((listed or {}).get("signature"))):
        return []
    return [
        Failure(
            "root_open",
            what,
            f"the backup root can be changed by {', '.join(root['writable_by'])}, who may have changed the set",
            f"{_CLOSE} Or name the root in groupid_allow_open_roots and set groupid_signing_key: files of a set with a "
            "valid signature are restored from it."
            if staged
            else f"{_CLOSE} Or, to leave the database unchanged, name only the other components in groupid_components.",
            path=str(asked["backup_root"]),
        )
    ]


def _part_missing(facts: Facts, host: str) -> Failure:
    asked, source = facts[host]["__groupid_asked"], facts[host]["__groupid_source"]
    return Failure(
        "part_missing",
        RESTORE,
        f"set {asked['set_id']} of deployment {asked['deployment']} has no part of {source['server']} here; existing "
        f"sets: {listing.known_sets(facts, [host])}",
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
        f"{'sealed' if listed['sealed'] else 'not sealed'}: only a complete or waived part of a sealed set is restored",
        "Choose another set; or accept what is missing with groupid_restore_unsealed=true.",
    )


def _not_held(facts: Facts, host: str) -> Failure | None:
    """Refuse a named component that no server's part of the set has."""
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
        f"If it is the right part for this server, set groupid_restore_map: {{{part['server']}: {here['server']}}}.",
    )


def _restore_database(facts: Facts, host: str) -> list[Failure]:
    """Check the first host of a deployment whose set holds the database, or that names the database."""
    asked = facts[host]["__groupid_asked"]
    what = f"The database of deployment {asked['deployment']} cannot be restored"
    if not decisions.holds_database(facts, host):
        return [
            Failure(
                "component_missing",
                what,
                f"set {asked['set_id']} holds no backup of it, and groupid_components names it",
                "Choose a set with a backup of it, or remove database from groupid_components.",
            )
        ]
    if not asked["sql_server"]:
        return [
            Failure(
                "sql_server_missing",
                what,
                f"set {asked['set_id']} holds a backup of it, and groupid_sql_server is not set",
                "Set groupid_sql_server to the server to restore it to; or, to leave the database unchanged, name only "
                "the other components in groupid_components.",
            )
        ]
    here = decisions.database_is_here(facts, host)
    # SQL Server reads the file itself, after it was checked.
    return _open_root(facts, host, what, None, staged=False) if here else []


def _unsealed_database(facts: Facts, host: str) -> list[Failure]:
    """Check the verification of the database's part, on the computer that holds it."""
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
                f"its part in set {asked['set_id']} is not sealed on the computer that holds it",
                "If the playbook list shows a server that has not sealed the set, run a backup of the deployment: it "
                "completes the seal. Otherwise accept the part with groupid_restore_unsealed=true.",
            )
        )
    return failures


def _not_recorded(what: str, asked: c.Mapping[str, t.Any]) -> Failure:
    return Failure(
        "not_recorded",
        what,
        f"the record of its part in set {asked['set_id']} does not name the database that was backed up",
        "Restore its files with the module identityops.groupid.groupid_sql_restore, and name the other components in "
        "groupid_components.",
    )


def _other_database(facts: Facts, host: str, what: str, recorded: str) -> list[Failure]:
    """Check that the database to be replaced, which the part names, belongs to the deployment alone."""
    asked = facts[host]["__groupid_asked"]
    named = str(asked["sql_database"] or "")
    others = [name for name in restore_choice.database_users(facts, host, recorded) if name != asked["deployment"]]
    if (not named or named.lower() == recorded.lower()) and not others:
        return []
    theirs = f"that database belongs to {', '.join(others)}" if others else f"groupid_sql_database is {named}"
    return [
        Failure(
            "other_database",
            what,
            f"its part in set {asked['set_id']} is a backup of the database {recorded}, and {theirs}",
            "Choose another set; or set groupid_sql_database to that database, if it belongs to the deployment.",
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
                "Choose a set that has them, or remove group_attributes from groupid_components.",
            )
        ]
    unknown = sorted(set(held) - {str(domain["name"]).lower() for domain in asked["domains"]})
    if not unknown:
        return []
    return [
        Failure(
            "domain_unknown",
            what,
            f"set {asked['set_id']} has those of {', '.join(unknown)}, but groupid_domains does not list it",
            "Add it to groupid_domains; or, to leave the group attributes unchanged, name only the other components in "
            "groupid_components.",
        )
    ]


def _verify(facts: Facts, host: str) -> list[Failure]:
    """Return why there is no newest set to verify, or why the set is not trusted."""
    asked = facts[host]["__groupid_asked"]
    chosen = decisions.verified_set(facts, host)
    if chosen:
        return _not_trusted("The set was not verified", listing.find(facts, host, chosen))
    sets = decisions.sets_of_deployment(facts, host)
    return [narrowing.no_full_set(sets, None, asked["backup_root"])]


def of_choice(choice: restore_choice.Choice) -> list[Failure]:
    """Return the failures that prevent the whole restore."""
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
    "running": _running,
    "duration": _duration,
    "seal": _seal,
    "verify": _verify,
    "restore": _restore,
    "restore_database": _restore_database,
    "unsealed_database": _unsealed_database,
    "restore_domains": _restore_domains,
}
"""Functions by the name of the step that roles use."""
