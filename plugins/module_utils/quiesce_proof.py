# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a set is one point in time: what was stopped for it, what proves that, and what prevents its seal.

``Facts`` is as in `deployments` and `seals`. ``__groupid_quiesced`` says of each host how GroupID was stopped there::

    mode     ``all``, ``elasticsearch`` or ``none``: what the run may stop on it
    running  answer of groupid_services with V(reported), before anything was stopped; None: not known
    stopped  its answer with V(quiesced); None: nothing was stopped
    resumed  its answer with V(resumed), with ``proof`` and ``down_ms``; None: nothing was started again

All of that comes from hosts. What is not understood proves nothing.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    backup_set,
    failures,
    listing,
    products,
    signature,
    windows_path,
)
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure

Facts = c.Mapping[str, c.Mapping[str, t.Any]]
Answer = c.Mapping[str, t.Any]

ALL, ELASTICSEARCH, NONE = "all", "elasticsearch", "none"
MODES = backup_set.QUIESCE_MODES

INHIBITORS = backup_set.INHIBITORS
"""What prevents a seal unless ``groupid_waive`` names it. A broken epoch cannot be waived."""

SHOWN = 3
"""Number of groups of sessions that a message names."""

_COMPONENT = products.ELASTICSEARCH.name
_KINDS = ("services", "pools", "tasks", "processes")


class Server(t.TypedDict):
    """What proves that all was stopped on a server. samples: how often somebody looked.

    longest_gap_ms: longest time between two looks. down_ms: how long GroupID was stopped. None: not known.
    """

    samples: int
    longest_gap_ms: int
    down_ms: int | None


class Quiesce(t.TypedDict):
    """The member ``quiesce`` of a seal.

    mode: what was asked to be stopped. epoch: the set's id; None: nothing was stopped.
    servers: those on which something was stopped. waived: inhibitors that were there, and were accepted by name.
    """

    mode: str
    epoch: str | None
    servers: dict[str, Server]
    waived: list[str]


def kept(facts: Facts, hosts: c.Sequence[str], set_id: str) -> tuple[bool, Quiesce | None]:
    """Return whether an earlier run has prepared the set on one of the hosts, and what its document says.

    That run has seen how the parts were made, and has decided. A document with other bytes is refused there, so this
    one counts for no other parts.
    """
    for host in hosts:
        one = listing.find(facts, host, set_id) or {}
        if one.get("prepared_sha256") and signature.accepted(one.get("prepared_signature")):
            return True, understood(one.get("quiesce"))
    return False, None


def understood(found: object) -> Quiesce | None:
    """Return the member of a document on a disk as a list shows it. None if there is none, or it is not understood."""
    one = _map(found)
    waived = one.get("waived")
    if one.get("mode") not in MODES or not isinstance(waived, list):
        return None
    servers = {str(name): _server_of_document(_map(server)) for name, server in _map(one.get("servers")).items()}
    epoch = one.get("epoch")
    return {
        "mode": str(one["mode"]),
        "epoch": None if epoch is None else str(epoch),
        "servers": {name: server for name, server in servers.items() if server},
        "waived": [str(code) for code in waived],
    }


def _server_of_document(one: Answer) -> Server | None:
    samples, gap = _count(one.get("samples")), _count(one.get("longest_gap_ms"))
    if samples is None or gap is None:
        return None
    return {"samples": samples, "longest_gap_ms": gap, "down_ms": _count(one.get("down_ms"))}


def broken(facts: Facts, hosts: c.Sequence[str], set_id: str) -> list[str]:
    """Return why the epoch of a set is broken: a phrase for each host and cause. Empty: it is not.

    It is broken if something was stopped, and nothing proves that it stayed so until the run has started it again.
    """
    found = [f"{_name(facts, host)} {cause}" for host in hosts if (cause := _broken_on(facts, host, set_id))]
    modes = sorted({_mode(facts, host) for host in hosts})
    if len(modes) > 1:
        found.append(f"groupid_quiesce differs between its servers ({', '.join(modes)})")
    return found


def _broken_on(facts: Facts, host: str, set_id: str) -> str:
    if facts[host].get("__groupid_quiesced") is None:
        return "does not say whether GroupID was stopped"
    if _mode(facts, host) not in MODES:
        return "does not say what was stopped"
    if _was_stopped(facts, host):
        stray = _mode(facts, host) == NONE
        return "was stopped, although nothing was to be stopped" if stray else _unproven(facts, host, set_id)
    if _mode(facts, host) == NONE:
        return ""
    if _map(_quiesced(facts, host).get("running")) == {}:
        return "does not say what ran there"
    return "was not stopped, although GroupID ran there" if _runs(facts, host) else ""


def _unproven(facts: Facts, host: str, set_id: str) -> str:
    """Return why nothing proves that a host stayed stopped. Empty if something does."""
    stopped, resumed = (_map(_quiesced(facts, host).get(name)) for name in ("stopped", "resumed"))
    if failures.of_result(stopped):
        return "was not stopped as a whole"
    if not resumed or failures.of_result(resumed):
        return "was not started again as it was"
    epochs = {_map(one.get("record")).get("epoch") for one in (stopped, resumed)}
    if epochs != {set_id}:
        return "was stopped for something else"
    proof = _map(resumed.get("proof"))
    if not proof:
        return (
            "has no proof that GroupID stayed stopped (groupid_quiesce_max was 0, so no watchdog checked it, or it "
            "died)"
        )
    if proof.get("broken") is not None:
        return f"did not stay stopped: {_shown(proof['broken'], 'the reason is not known', 500).rstrip('.')}"
    if proof.get("resumed_by") != "run":
        return "was started again by its watchdog, before the run did it"
    if not _count(proof.get("samples")) or _count(proof.get("longest_gap_ms")) is None:
        return "has a proof without samples"
    return ""


def inhibitors(facts: Facts, hosts: c.Sequence[str], what: str) -> list[Failure]:
    """Return what prevents the seal of a set besides a broken epoch, waived or not. what: the step that is not done."""
    copied = [_name(facts, host) for host in hosts if _copied_while_it_ran(facts, host)]
    cause = f"nothing shows that Elasticsearch was stopped while its folder was copied on {', '.join(copied)}"
    found = [elasticsearch_runs(what, cause)] if copied else []
    found += [*_workers(facts, hosts, what), *_programs(facts, hosts, what)]
    return [*found, *(one for host in hosts for one in _sessions(facts, host, hosts, what))]


def elasticsearch_runs(what: str, cause: str) -> Failure:
    """Return the inhibitor of an Elasticsearch that is not stopped for its copy. cause: where, and what is known."""
    return Failure(
        "elasticsearch_running",
        what,
        f"{cause}, and Elastic does not support a copy of a running node",
        "Run it with all servers of the deployment and groupid_quiesce=all or elasticsearch; or remove elasticsearch "
        "from groupid_components; or accept it with groupid_waive=elasticsearch_running.",
    )


def sessions_hidden(what: str, login: str) -> Failure:
    """Return the inhibitor of a login that does not see the sessions of others. Empty: it is not known which."""
    who = f"the login {login} does not see" if login else "it is not known"
    return Failure(
        "sessions_unknown",
        what,
        f"{who} who else is connected to the database while GroupID is stopped, and may change it",
        "GRANT VIEW SERVER STATE to the login (in SQL Server 2022 and later, VIEW SERVER PERFORMANCE STATE is enough); "
        "or accept it with groupid_waive=sessions_unknown.",
    )


def unwaived(facts: Facts, host: str, found: c.Iterable[Failure]) -> list[Failure]:
    """Return those of some inhibitors that the variables of the host do not accept by name."""
    accepted = {str(name) for name in _map(facts[host].get("__groupid_asked")).get("waive") or ()}
    return [one for one in found if one.code not in accepted]


def member(facts: Facts, hosts: c.Sequence[str], set_id: str) -> Quiesce | None:
    """Return what the seal of a set says. Only for a set that may be sealed.

    None: an older version has prepared the set, and its document does not say.
    """
    prepared, recorded = kept(facts, hosts, set_id)
    if prepared:
        return recorded
    servers = {
        listing.server_of(facts, host) or host: proof
        for host in hosts
        if _was_stopped(facts, host) and (proof := _proof(facts, host))
    }
    return {
        "mode": _mode(facts, hosts[0]),
        "epoch": set_id if servers else None,
        "servers": servers,
        "waived": sorted({one.code for one in inhibitors(facts, hosts, "")}),
    }


def _proof(facts: Facts, host: str) -> Server | None:
    resumed = _map(_quiesced(facts, host).get("resumed"))
    return _server_of_document({**_map(resumed.get("proof")), "down_ms": resumed.get("down_ms")})


def runs_elasticsearch(facts: Facts, host: str) -> bool | None:
    """Whether Elasticsearch ran on a host before anything was stopped. None: not known."""
    running = _map(_quiesced(facts, host).get("running"))
    if not running:
        return None
    return any(_is_elasticsearch(one) and _at_work(kind, one) for kind, one in _things(running))


def _copied_while_it_ran(facts: Facts, host: str) -> bool:
    """Whether the host's part has a copy of Elasticsearch's folder, and nothing shows that it was stopped."""
    if not _has_copy(facts, host):
        return False
    if _map(facts[host].get("__groupid_part")).get("taken"):
        return True  # by an earlier run; this run has no information about it
    stopped = _map(_quiesced(facts, host).get("stopped"))
    if _was_stopped(facts, host):
        # Processes of no service go on.
        return any(_is_elasticsearch(one) for kind, one in _things(stopped) if kind == "processes")
    return runs_elasticsearch(facts, host) is not False


def _has_copy(facts: Facts, host: str) -> bool:
    components = _map(facts[host].get("__groupid_part")).get("components") or {}
    if isinstance(components, c.Mapping):
        status = components.get(_COMPONENT)
    else:
        status = next((one.get("status") for one in components if _map(one).get("name") == _COMPONENT), None)
    return status not in (None, "absent", "external")


def _workers(facts: Facts, hosts: c.Sequence[str], what: str) -> list[Failure]:
    """Return that worker processes of IIS may have worked on, as far as the watchdogs could see."""
    unknown = {host: _map(_map(_quiesced(facts, host).get("resumed")).get("proof")).get("unknown") for host in hosts}
    told = [
        f"{_name(facts, host)} ({_shown(cause, 'the reason is not known', 500).rstrip('.')})"
        for host, cause in unknown.items()
        if cause is not None
    ]
    if not told:
        return []
    return [
        Failure(
            "workers_unknown",
            what,
            "it is not known whether all worker processes of the application pools had ended, which may write until "
            f"they end, on {', '.join(told)}",
            "Add the feature Web-Request-Monitor (IIS Request Monitor) to the server, and run the backup again; or "
            "accept it with groupid_waive=workers_unknown.",
        )
    ]


def _programs(facts: Facts, hosts: c.Sequence[str], what: str) -> list[Failure]:
    """Return that programs of GroupID went on after the stop. A node of Elasticsearch is an inhibitor of its own."""
    told = []
    for host in hosts:
        stopped = _map(_quiesced(facts, host).get("stopped")) if _mode(facts, host) == ALL else {}
        names = {
            _shown(windows_path.last_name(str(one.get("program"))), "a program without a name")
            for kind, one in _things(stopped)
            if kind == "processes" and not _is_elasticsearch(one)
        }
        told += [f"{_name(facts, host)} ({', '.join(sorted(names))})"] if names else []
    if not told:
        return []
    return [
        Failure(
            "programs_running",
            what,
            "programs in GroupID's folders, which may write there, went on after the services, application pools and "
            f"tasks were stopped, on {', '.join(told)}",
            "End these programs, and run the backup again; or accept it with groupid_waive=programs_running.",
        )
    ]


def _sessions(facts: Facts, host: str, hosts: c.Sequence[str], what: str) -> list[Failure]:
    """Return what the database of a deployment says, on the host that takes care of it.

    If GroupID continues to run, as when only Elasticsearch is stopped, its own sessions are in the database.
    """
    database = facts[host].get("__groupid_database")
    stopped = any(_mode(facts, fellow) == ALL and _was_stopped(facts, fellow) for fellow in hosts)
    if database is None or not stopped:
        return []
    sessions = _map(_map(_map(database).get("backup")).get("sessions"))
    open_ = {when: _groups(sessions.get(when)) for when in ("before", "after")}
    if sessions.get("visible") is not True or None in open_.values():
        return [sessions_hidden(what, "")]
    told = [f"{when} the backup {', '.join(groups)}" for when, groups in open_.items() if groups]
    if not told:
        return []
    return [
        Failure(
            "sessions_open",
            what,
            f"others were connected to the database while GroupID was stopped: {'; '.join(told)}",
            "Stop these programs, or add their servers to the deployment, and run the backup again; or accept it with "
            "groupid_waive=sessions_open.",
        )
    ]


def _groups(found: object) -> list[str] | None:
    """Return groups of sessions as phrases. None: it is no list of them."""
    if not isinstance(found, list):
        return None
    phrases = [
        f"{_count(one.get('count')) or 'some'} of {_shown(one.get('login'), 'an unknown login')} from "
        f"{_shown(one.get('host'), 'an unknown host')} ({_shown(one.get('program'), 'an unknown program')})"
        for one in map(_map, found[:SHOWN])
    ]
    return [*phrases, f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else phrases


def _was_stopped(facts: Facts, host: str) -> bool:
    """Whether anything was stopped, or may have been."""
    stopped, resumed = (_quiesced(facts, host).get(name) for name in ("stopped", "resumed"))
    if stopped is None:
        # What was started again had been stopped, even if that answer is missing.
        return bool(_map(resumed).get("entries")) or _map(_map(resumed).get("proof")) != {}
    answer = _map(stopped)
    return not answer or bool(failures.of_result(answer) or answer.get("record") or answer.get("entries"))


def _runs(facts: Facts, host: str) -> bool:
    """Whether anything runs on a host that its mode would stop."""
    running = _map(_quiesced(facts, host).get("running"))
    only = _mode(facts, host) == ELASTICSEARCH
    return any(
        _at_work(kind, one) and (not only or _is_elasticsearch(one))
        for kind, one in _things(running)
        if kind != "processes"  # they are never stopped
    )


def _things(answer: Answer) -> c.Iterator[tuple[str, Answer]]:
    for kind in _KINDS:
        found = answer.get(kind)
        yield from ((kind, _map(one)) for one in (found if isinstance(found, list) else ()))


def _at_work(kind: str, one: Answer) -> bool:
    """Whether a thing runs. A task that is enabled may run any time."""
    if kind == "tasks":
        return bool(one.get("enabled"))
    return kind == "processes" or one.get("state") != "stopped"


def _is_elasticsearch(one: Answer) -> bool:
    """Whether a thing is a node of Elasticsearch, by its name or its program."""
    texts = (one.get(name) for name in ("name", "display_name", "program"))
    return any("elasticsearch" in str(text).casefold() for text in texts)


def _quiesced(facts: Facts, host: str) -> Answer:
    return _map(facts[host].get("__groupid_quiesced"))


def _mode(facts: Facts, host: str) -> str:
    return str(_quiesced(facts, host).get("mode"))


def _name(facts: Facts, host: str) -> str:
    return listing.server_of(facts, host) or host


def _map(found: object) -> Answer:
    return found if isinstance(found, c.Mapping) else {}


def _count(found: object) -> int | None:
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def _shown(found: object, otherwise: str = "", longest: int = 128) -> str:
    """Return a text of a host for a message: limited in length, and without control characters."""
    text = "".join(char if char.isprintable() else " " for char in str(found or "")[:longest])
    return " ".join(text.split()) or otherwise


def told(set_id: str, deployment: str, quiesce: object) -> list[str]:
    """Return what a person should know of a sealed set that is not one point in time. quiesce: as a list shows it.

    Empty if it is, and if this is not known, as for sets of older versions.
    """
    one = understood(quiesce)
    if one is None:
        return []
    why = not_one_point(one)
    return [f"Set {set_id} of {deployment} is not one point in time: {why}."] if why else []


def not_one_point(one: Quiesce) -> str:
    """Return why a set is not one point in time, for the end of a sentence. Empty if it is."""
    mode = {NONE: "GroupID was not stopped for it", ELASTICSEARCH: "only Elasticsearch was stopped for it"}
    causes = [mode[one["mode"]]] if one["mode"] in mode else []
    return "; ".join([*causes, *([f"its seal accepts {', '.join(one['waived'])}"] if one["waived"] else [])])


def copied_while_it_ran(quiesce: object) -> bool:
    """Whether the seal of a set says that a folder of Elasticsearch in it was copied while Elasticsearch ran."""
    one = understood(quiesce)
    return one is not None and "elasticsearch_running" in one["waived"]
