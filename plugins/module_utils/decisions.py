# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decisions of a run for one host, from the answers of all hosts so far.

``Facts`` is as in `deployments`. Shared are the database and the domains, which a deployment has once: its first
server works on them. What refuses a run is in `objections` and `restore_choice`.
"""

from __future__ import annotations

import collections.abc as c
import datetime
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    database_hosts,
    deployments,
    listing,
    narrower,
    narrowing,
    prediction,
    products,
    quiesce_proof,
    seals,
    shared_parts,
    shared_places,
)
from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import LATEST, SAFETY_LABEL, is_future

Facts = c.Mapping[str, c.Mapping[str, t.Any]]


def review(facts: Facts, host: str) -> deployments.Review:
    """Return the comparison of the answers of the deployment's hosts."""
    found: deployments.Review = facts[host]["__groupid_review"][deployments.name_of(facts, host)]
    return found


def _asks_for(facts: Facts, host: str, component: str, usual: bool) -> bool:
    """Whether a shared component is wanted. usual: where no components are named."""
    components = facts[host]["__groupid_asked"]["components"]
    return usual if components is None else component in components


def must_verify(facts: Facts, host: str) -> bool:
    """Whether each part of the set must be verified in full before it is sealed. In check mode there is no part.

    The backup did not read files that it linked. Only a verification finds damage in the older set's files.
    """
    asked = facts[host]["__groupid_asked"]
    return bool(asked["verify_after"] or asked["link_unchanged"]) and not asked["check"]


def is_first(facts: Facts, host: str) -> bool:
    """Whether the host works on its deployment's database and domains, and can continue."""
    return deployments.ready(facts, host) and review(facts, host)["first"] == host


def saves_database(facts: Facts, host: str) -> bool:
    """Whether the database of the host's deployment is saved, by this host."""
    asked = facts[host]["__groupid_asked"]
    return is_first(facts, host) and _asks_for(facts, host, shared_parts.DATABASE, bool(asked["sql_server"]))


def saves_domains(facts: Facts, host: str) -> bool:
    """Whether the group attributes of the host's deployment are saved, by this host."""
    asked = facts[host]["__groupid_asked"]
    return is_first(facts, host) and _asks_for(facts, host, shared_parts.GROUP_ATTRIBUTES, bool(asked["domains"]))


def reaches_database(facts: Facts, host: str) -> bool:
    """Whether this run, which may not include all members, can save the database."""
    external = facts[host]["__groupid_asked"]["sql_backup_mode"] == "external"
    return not review(facts, host)["missing"] or not external


def reaches_domains(facts: Facts, host: str) -> bool:
    """Whether this run, which may not include all members, can save the group attributes."""
    share = str(facts[host]["__groupid_asked"]["backup_root"]).startswith("\\\\")
    return not review(facts, host)["missing"] or share


def restores_database(facts: Facts, host: str) -> bool:
    """Whether the database of the host's deployment is restored, by this host.

    A run that includes only some of the servers restores only their folders, unless the database is named: it belongs
    to all servers.
    """
    usual = holds_database(facts, host) and not review(facts, host)["missing"] if is_first(facts, host) else False
    return is_first(facts, host) and _asks_for(facts, host, shared_parts.DATABASE, usual)


def restores_domains(facts: Facts, host: str) -> bool:
    """Whether group attributes are restored, by this host. A run with some of the servers is as for the database."""
    if not is_first(facts, host):
        return False
    held = shared_parts.domains_in_set(facts[host]["__groupid_probe"], str(facts[host]["__groupid_asked"]["set_id"]))
    usual = bool(held) and not review(facts, host)["missing"]
    return _asks_for(facts, host, shared_parts.GROUP_ATTRIBUTES, usual)


def set_at_hand(facts: Facts, host: str) -> str:
    """Return the id of the set that the run makes, verifies or restores. Empty until it is chosen."""
    known = facts[host]
    return str(known.get("__groupid_set_id") or known.get("__groupid_verify_set") or known["__groupid_asked"]["set_id"])


def holds_database(facts: Facts, host: str) -> bool:
    """Whether the set of this run has the database, here or on another computer."""
    return database_is_here(facts, host) or shared_parts.DATABASE in _members(facts, host)


def may_hold_database(facts: Facts, host: str) -> bool:
    """Whether only another computer can show if the set of this run has the database: nothing here names its parts."""
    if set_at_hand(facts, host).endswith(f"-{SAFETY_LABEL}"):
        # A restore made it. SQL Server keeps the safety backup of the database elsewhere.
        return False
    elsewhere = facts[host]["__groupid_asked"]["sql_backup_mode"] == "host"
    return elsewhere and not _members(facts, host) and not database_is_here(facts, host)


def _members(facts: Facts, host: str) -> list[str]:
    """Name the parts of the set of this run, by its seal or by what was prepared. Empty if the host has neither."""
    return list((listing.find(facts, host, set_at_hand(facts, host)) or {}).get("members") or [])


def database_is_here(facts: Facts, host: str) -> bool:
    """Whether the host lists a part of the database in the set of this run."""
    listed = listing.find(facts, host, set_at_hand(facts, host))
    return listing.part_of(listed, shared_parts.DATABASE) is not None


def database_holder(facts: Facts, host: str) -> str:
    """Name the host whose agent makes the part of the database."""
    asked = facts[host]["__groupid_asked"]
    return str(asked["sql_host"]) if asked["sql_backup_mode"] == "host" else host


def database_root(facts: Facts, host: str) -> str:
    """Return the backup root in which that host makes the part of the database."""
    holder = database_holder(facts, host)
    return str(facts[host]["__groupid_asked"]["backup_root"]) if holder == host else database_hosts.root(facts, holder)


def version_of_database(facts: Facts, host: str) -> str:
    """Return the version of GroupID whose database is backed up: as configured, or the installed one."""
    version = str(facts[host]["__groupid_asked"]["version"])
    return next(iter(review(facts, host)["versions"]), version) if version == products.AUTO else version


def details_of_database(facts: Facts, host: str) -> dict[str, t.Any]:
    """Return what the part's record stores about a backup. In check mode some of it is not known yet."""
    asked, made = facts[host]["__groupid_asked"], facts[host]["__groupid_sql_backup"]
    own = {"server": asked["sql_server"], "database": asked["sql_database"], "mode": asked["sql_backup_mode"]}
    return {**{name: made[name] for name in RECORDED if name in made}, **own}


RECORDED = (
    "files",
    "server_version",
    "backup_set_uuid",
    "family_guid",
    "first_lsn",
    "last_lsn",
    "checkpoint_lsn",
    "encryption_thumbprint",
    "tde_thumbprint",
)
"""Members of the answer of ``groupid_sql_backup`` that the record of the database's part stores."""


def reader_of_database(facts: Facts, host: str) -> str:
    """Name the host whose agent reads the part of the database in the set of this run."""
    return host if database_is_here(facts, host) else database_holder(facts, host)


def root_of_database(facts: Facts, host: str) -> str:
    """Return the backup root that has this part."""
    own = str(facts[host]["__groupid_asked"]["backup_root"])
    return own if database_is_here(facts, host) else database_root(facts, host)


def has_part(facts: Facts, host: str) -> bool:
    """Whether the set to be restored has the part that was chosen for the host."""
    listed = listing.find(facts, host, str(facts[host]["__groupid_asked"]["set_id"]))
    return listing.part_of(listed, facts[host]["__groupid_source"]["server"]) is not None


def verified_set(facts: Facts, host: str) -> str | None:
    """Return the id of the set to verify: as configured, or the newest full one of the deployment."""
    asked = facts[host]["__groupid_asked"]
    if asked["set_id"] != LATEST:
        return str(asked["set_id"])
    newest = narrowing.newest_full(sets_of_deployment(facts, host), now=_now())
    return None if newest is None else str(newest["set_id"])


def sets_of_deployment(facts: Facts, host: str) -> list[c.Mapping[str, t.Any]]:
    """Return the sets of the host's deployment, merged from the lists of its servers."""
    return list(narrowing.merged(listing.sets_of(facts, fellow) or [] for fellow in deployments.fellows(facts, host)))


def backup_components(facts: Facts, host: str) -> list[str] | None:
    """Name the components that the host saves itself. None means the usual ones of its version.

    If several servers choose the same files on a share for a component, only the first of them saves it.
    """
    left = saved_by_others(facts, host)
    if facts[host]["__groupid_asked"]["components"] is None and not left:
        return None
    return [name for name in _to_save(facts, host) if name not in left]


def copies_elasticsearch(facts: Facts, host: str) -> bool:
    """Whether this run copies the folder of Elasticsearch on the host."""
    name = products.ELASTICSEARCH.name
    if listing.taken_part(facts, host) is not None:
        return False
    return name in _to_save(facts, host) and name not in saved_by_others(facts, host)


def saved_by_others(facts: Facts, host: str) -> dict[str, str]:
    """Return the host's components that another server of the deployment saves, with that server.

    Empty if nothing would be left for the host: a set has a part of every server, and a part has a component.
    """
    left = _left_to_others(facts, host, _saved)
    return left if facts[host]["__groupid_asked"]["folders"] or set(_to_save(facts, host)) - left.keys() else {}


def _saved(facts: Facts, host: str) -> dict[str, shared_places.Claim]:
    """Return what is asked of the host for each component whose folder is known."""
    places, asked = _places(facts, host), facts[host]["__groupid_asked"]
    files = tuple(map(narrower.globs, (asked["include"], asked["exclude"], narrower.default_excludes(asked))))
    return {name: shared_places.Claim(places[name], files) for name in _to_save(facts, host) if name in places}


def _to_save(facts: Facts, host: str) -> list[str]:
    components = facts[host]["__groupid_asked"]["components"]
    if components is None:
        return list(products.default_components(_version(facts, host)))
    return shared_parts.server_components(components)


def looks_first(facts: Facts, host: str) -> bool:
    """Whether a dry run over the folders comes before anything else is saved or restored.

    Names and globs that a person wrote may match nothing. Only the server can check that.
    """
    asked = facts[host]["__groupid_asked"]
    named = ("components", "include", "exclude", "folders", "component_paths", "restore_targets")
    return any(asked[name] for name in named)


def restore_components(facts: Facts, host: str) -> list[str] | None:
    """Name the components that the host restores itself. None means all components of its part.

    Files that go back to a share are restored once, by the first server whose part has them.
    """
    components, left = facts[host]["__groupid_asked"]["components"], _left_to_others(facts, host, _restored)
    if components is None and not left:
        return None
    return [name for name in _to_restore(facts, host) if name not in left]


def _restored(facts: Facts, host: str) -> dict[str, shared_places.Claim]:
    """Return what the host restores of each component of its part: which files of the part, and where to.

    The variables may have changed since the backup. Empty if the list does not say what was chosen for the part.
    """
    asked = facts[host]["__groupid_asked"]
    chosen: c.Mapping[str, t.Any] = _source_part(facts, host).get("selection") or {}
    return {
        name: shared_places.Claim(
            asked["restore_targets"].get(name, chosen[name]["source"]),
            tuple(map(narrower.globs, [*(chosen[name][key] for key in _FILTERS), *(asked[key] for key in _FILTERS)])),
        )
        for name in _to_restore(facts, host)
        if name in chosen
    }


_FILTERS = ("include", "exclude")


def restores_at_once(facts: Facts, host: str) -> int:
    """Count how many hosts may restore beside this one. 0 means any: nothing that it writes on a share is another's.

    Two restores of one folder would each see the files of the other as a change that nobody expects.
    """
    claims = {listing.server_of(facts, fellow): _restored(facts, fellow) for fellow in deployments.fellows(facts, host)}
    left = shared_places.shared_sources(claims)
    places = {
        server: [claim.path for name, claim in own.items() if name not in left.get(server, {})]
        for server, own in claims.items()
    }
    server = listing.server_of(facts, host)
    return int(any(server in servers for dummy, servers in shared_places.contested(places)))


def _source_part(facts: Facts, host: str) -> c.Mapping[str, t.Any]:
    """Return the part that was chosen for the host to restore. Empty if it is not listed."""
    listed = listing.find(facts, host, str(facts[host]["__groupid_asked"]["set_id"]))
    return listing.part_of(listed, (facts[host].get("__groupid_source") or {}).get("server", "")) or {}


def _to_restore(facts: Facts, host: str) -> list[str]:
    """Name the requested components that are in the part that was chosen for the host."""
    asked = facts[host]["__groupid_asked"]
    components: c.Mapping[str, str] = _source_part(facts, host).get("components") or {}
    held = [name for name, status in components.items() if status not in ("absent", "external")]
    if asked["components"] is None:
        return held
    return [name for name in shared_parts.server_components(asked["components"]) if name in held]


def _left_to_others(
    facts: Facts, host: str, claims_of: c.Callable[[Facts, str], dict[str, shared_places.Claim]]
) -> dict[str, str]:
    """Return the host's components on a share that another server saves or restores, with that server."""
    claims = {listing.server_of(facts, fellow): claims_of(facts, fellow) for fellow in deployments.fellows(facts, host)}
    return shared_places.shared_sources(claims).get(listing.server_of(facts, host), {})


def _places(facts: Facts, host: str) -> dict[str, str]:
    """Return the folder of each of a host's components, and its other folders."""
    found = (facts[host].get("__groupid_probe") or {}).get("installations") or []
    located = {one["name"]: one["path"] for product in found for one in product["components"] if one["path"]}
    asked = facts[host]["__groupid_asked"]
    return {**located, **asked["component_paths"], **{folder["name"]: folder["path"] for folder in asked["folders"]}}


def narrowed(facts: Facts, host: str) -> list[str]:
    """Return what makes the host's part smaller than the inventory alone would."""
    asked = facts[host]["__groupid_asked"]
    if asked["usual"] is None:
        return []
    return narrower.narrower(asked["usual"], asked, _installed(facts, host))


def scope(facts: Facts, host: str) -> dict[str, t.Any] | None:
    """Return what the inventory itself leaves out. None if it leaves out nothing."""
    asked = facts[host]["__groupid_asked"]
    usual = asked["usual"] or asked
    chosen = {name: usual[name] for name in ("components", "include", "exclude") if usual[name]}
    if usual["exclude_defaults"] is not None and list(usual["exclude_defaults"]) != list(products.DEFAULT_EXCLUDES):
        chosen["exclude_defaults"] = usual["exclude_defaults"]
    return chosen or None


def _version(facts: Facts, host: str) -> str:
    """Return the version of GroupID that is backed up: as configured, or the installed one."""
    return narrower.version_of(facts[host]["__groupid_asked"], _installed(facts, host))


def _installed(facts: Facts, host: str) -> list[str]:
    """Return the versions of GroupID that were found on the host."""
    found = (facts[host].get("__groupid_probe") or {}).get("installations") or []
    return [str(one["version"]) for one in found]


def backup_notes(facts: Facts, host: str) -> list[str]:
    """Return what a person should know about a backup besides its result: sentences without the host's name."""
    asked, probe = facts[host]["__groupid_asked"], facts[host].get("__groupid_probe") or {}
    found, root = review(facts, host), probe.get("backup_root") or {}
    notes = []
    if len(found["versions"]) > 1:
        versions = "; ".join(f"{version} on {', '.join(hosts)}" for version, hosts in sorted(found["versions"].items()))
        notes.append(f"The servers of deployment {asked['deployment']} have different versions of GroupID: {versions}.")
    if root.get("writable_by"):
        notes.append(
            f"The backup root {asked['backup_root']} can be changed by {', '.join(root['writable_by'])}. Backup and "
            "restore refuse it, unless groupid_allow_open_roots names it; and restore also needs groupid_signing_key."
        )
    if is_first(facts, host):
        notes += [
            f"The seal of set {one['set_id']} of deployment {asked['deployment']} is not finished: {one['refused']}."
            for one in seals.unfinished(facts, deployments.fellows(facts, host))
            if one["refused"]
        ]
    if found["missing"] and asked["set_id"]:
        notes.append(
            f"This run does not seal set {asked['set_id']} of deployment {asked['deployment']}: it does not include "
            f"{', '.join(found['missing'])}. A run of all members with the same groupid_set_id seals it. If the set "
            "has Elasticsearch, that run needs elasticsearch_running in groupid_waive."
        )
    notes += [
        f"ignored, because its date is in the future: {one['path']}. Was a clock wrong?"
        for one in listing.sets_of(facts, host) or []
        if is_future(str(one["set_id"]), _now())
    ]
    for name, saves, reaches in SHARED:
        if saves(facts, host) and not reaches(facts, host):
            unseen = ", ".join(found["missing"])
            notes.append(f"This run does not save the {name} of {asked['deployment']}: it does not include {unseen}.")
    notes += [f"{name} is on a share, and {server} saves it." for name, server in saved_by_others(facts, host).items()]
    notes += _accepted(facts, host)
    causes = narrowed(facts, host)
    if causes:
        notes.append(f"The set of {asked['deployment']} is narrowed by {'; '.join(causes)}. 'latest' never chooses it.")
    return notes


def _accepted(facts: Facts, host: str) -> list[str]:
    """Return the problems of the set that this run has made that were accepted by name, and are in its seal."""
    hosts = deployments.fellows(facts, host)
    if host != hosts[0] or not all(facts[fellow].get("__groupid_part") for fellow in hosts):
        return []
    found = quiesce_proof.inhibitors(facts, hosts, "")
    refused = quiesce_proof.unwaived(facts, host, found)
    deployment = deployments.name_of(facts, host)
    return [
        f"Accepted by groupid_waive for the set of {deployment}, as its seal says: {one.code}, because {one.cause}."
        for one in found
        if one not in refused
    ]


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


SHARED = (
    ("database", saves_database, reaches_database),
    ("group attributes", saves_domains, reaches_domains),
)
"""Shared data of a deployment: its name, whether this host saves it, and whether this run can save it."""


def predictions(facts: Facts, host: str) -> dict[str, prediction.Prediction]:
    """Predict what the set of each deployment of the run will need, from the answers of a preflight."""
    plan: deployments.Plan = facts[host]["__groupid_plan"]
    parts = {
        name: [part for member in group["hosts"] for part in _parts_to_come(facts, name, member)]
        for name, group in plan["deployments"].items()
    }
    roots = {member: _root_of(facts, member) for member in plan["hosts"]}
    places = (_place_of_database(facts, member) for member in plan["hosts"] if facts[member].get("__groupid_database"))
    return prediction.predict(parts, roots, [(host, root) for host, root, dummy in places])


def _place_of_database(facts: Facts, host: str) -> tuple[str, c.Mapping[str, t.Any], str]:
    """Return where the backup of the host's database goes: the computer, its folder, and the variable that sets this.

    The folder has ``path`` and ``free_bytes``, which is missing or None if it is not known. With mode unc it is the
    host's own root.
    """
    asked, known = facts[host]["__groupid_asked"], facts[host]["__groupid_database"]
    if known["mode"] == "external":
        seen = (facts[host].get("__groupid_sql") or {}).get("folder") or {}
        place = {"path": str(asked["sql_backup_dir"]), "free_bytes": seen.get("free_bytes")}
        return str(asked["sql_server"]).lower(), place, "groupid_sql_backup_dir"
    root = (facts[host].get("__groupid_probe_away") or {}).get("backup_root") or {}
    return str(known["holder"]), {"path": known["root"], **root}, "groupid_backup_root"


def _parts_to_come(facts: Facts, deployment: str, host: str) -> c.Iterator[prediction.Part]:
    variables, root = facts[host], _root_of(facts, host)
    walked = variables.get("__groupid_walked") or {}
    if walked.get("bytes") is not None:
        yield prediction.folders(host, walked, root)
    known, found = variables.get("__groupid_database"), variables.get("__groupid_sql") or {}
    if known and found.get("database"):
        holder, place, setting = _place_of_database(facts, host)
        yield prediction.database(holder, found, str(place["path"]), deployment, setting)
    for domain in (variables.get("__groupid_attributes") or {}).values():
        if (domain.get("found") or {}).get("bytes") is not None:
            yield prediction.domain(host, domain["found"], str(root.get("path") or ""))


def _root_of(facts: Facts, host: str) -> c.Mapping[str, t.Any]:
    return (facts[host].get("__groupid_probe") or {}).get("backup_root") or {}


def verify_notes(facts: Facts, host: str) -> list[str]:
    """Return what a person should know of a verification beside its result, a sentence each."""
    asked, set_id = facts[host]["__groupid_asked"], set_at_hand(facts, host)
    latest = is_first(facts, host) and asked["set_id"] == LATEST and bool(set_id)
    passed = narrowing.passed_over(sets_of_deployment(facts, host), {"set_id": set_id}) if latest else []
    passed += _narrowed_set(facts, host)
    passed += _not_one_point(facts, host)
    elsewhere = is_first(facts, host) and asked["sql_backup_mode"] == "host"
    if not elsewhere or not set_id or holds_database(facts, host):
        return passed
    return [*passed, _unnamed_database(facts, host, "verified")]


def _unnamed_database(facts: Facts, host: str, done: str) -> str:
    """Return the sentence that the database was not verified or restored, in case another computer has a part of it."""
    asked = facts[host]["__groupid_asked"]
    return (
        f"Set {set_at_hand(facts, host)} of {asked['deployment']} does not say that it has the database. A part of it "
        f"on {asked['sql_host']} was not {done}."
    )


def restore_notes(facts: Facts, host: str) -> list[str]:
    """Return what a person should know of the set that is restored, a sentence each."""
    if not deployments.fellows(facts, host):
        return []
    listed = listing.find(facts, host, set_at_hand(facts, host)) or {}
    notes = [*_narrowed_set(facts, host), *_not_one_point(facts, host), *_database_left(facts, host)]
    left = _left_to_others(facts, host, _restored)
    notes += [f"{name} is on a share, and {server} restores it." for name, server in left.items()]
    name = products.ELASTICSEARCH.name
    if quiesce_proof.copied_while_it_ran(listed.get("quiesce")) and name in _to_restore(facts, host):
        notes.append(
            f"Elasticsearch was not stopped while its folder in set {listed['set_id']} was copied, and Elastic does "
            "not support such a copy. Afterwards, check that Elasticsearch starts and that the search of the portal "
            "finds everything. If not, restore an older set of it, or let GroupID replicate the objects again."
        )
    return notes


def _database_left(facts: Facts, host: str) -> list[str]:
    """Return a note if the run would restore the deployment's database, but does not find it in the set."""
    if not is_first(facts, host) or holds_database(facts, host):
        return []
    asked, set_id = facts[host]["__groupid_asked"], set_at_hand(facts, host)
    usual = bool(asked["sql_server"]) and not review(facts, host)["missing"]
    if not _asks_for(facts, host, shared_parts.DATABASE, usual):
        return []
    if not may_hold_database(facts, host):
        return [f"Set {set_id} of {asked['deployment']} has no backup of the database, so it was not restored."]
    folder = f"{asked['deployment']}\\{set_id}\\{shared_parts.DATABASE}"
    return [
        f"{_unnamed_database(facts, host, 'restored')} The set is not sealed, so it is not known whether it has one. "
        f"If {folder} is below the backup root of {asked['sql_host']}, restore its files with the module "
        "identityops.groupid.groupid_sql_restore."
    ]


def _not_one_point(facts: Facts, host: str) -> list[str]:
    """Return a note if the set at hand is known not to be one point in time, once for its deployment."""
    hosts, set_id = deployments.fellows(facts, host), set_at_hand(facts, host)
    if hosts[:1] != [host] or not set_id:
        return []
    listed = [one for fellow in hosts if (one := listing.find(facts, fellow, set_id)) and one.get("quiesce")]
    deployment = deployments.name_of(facts, host)
    return quiesce_proof.told(set_id, deployment, listed[0]["quiesce"]) if listed else []


def _narrowed_set(facts: Facts, host: str) -> list[str]:
    """Return a note if the set that is verified or restored is narrowed. Empty if the set is not in the lists."""
    set_id, deployment = set_at_hand(facts, host), deployments.name_of(facts, host)
    known = [one for one in sets_of_deployment(facts, host) if one["set_id"] == set_id] if is_first(facts, host) else []
    return [f"Set {set_id} of {deployment} {text}." for one in known if (text := narrowing.shortage(one))]
