# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of one host: read and checked once, or refused with the value as it was given."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import json
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import given, signature
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.spelling import closest
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import (
    BACKUP,
    PREFIX,
    PREFLIGHT,
    RUN,
    Word,
)
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.words import BY_NAME, WORDS, words_of
from ansible_collections.identityops.groupid.plugins.module_utils.wholeness import Asked, complaints

CODE = "variable"
UNKNOWN = "unknown_variable"

_DEPLOYMENT, _SERVERS = "groupid_deployment", "groupid_deployment_servers"
_ONLY_IN_INVENTORY = (_DEPLOYMENT, _SERVERS)
"""`refused_extra` refuses these with ``-e``."""

_SHOWN = 100
_LONGEST = 500
_HIDDEN = "its value is not shown, because it may contain a password"
_UNDEFINED = re.compile(r"'?[\w.]+'? is undefined")
_ENVIRONMENT = "\"{{ lookup('ansible.builtin.env', 'GROUPID_PASSWORD') }}\""


@dataclasses.dataclass(frozen=True)
class Unreadable:
    """Takes the place of a variable that Ansible could not resolve. reason: Ansible's message."""

    reason: str


@dataclasses.dataclass(frozen=True)
class Understood:
    """The variables of a host.

    values: each word by its name without the prefix, converted to its type. If nothing is given, or if the role does
      not use the word, its default.
      There are no secrets in them: no secret words, and no passwords of domains.
    failures: one for each fault. If there are any, the values must not be used.
    signing_key_id: identifies groupid_signing_key. None if it is not given.
    """

    values: dict[str, t.Any]
    failures: list[Failure]
    signing_key_id: str | None = None


def understand(variables: c.Mapping[str, t.Any], role: str) -> Understood:
    """Read the variables of one host for a role's run.

    variables: with templates resolved; ``Unreadable`` for one that could not be. Variables of others are ignored.
    role: preflight, backup, verify or restore; any other raises ValueError.
    """
    words = words_of(role)
    values: dict[str, t.Any] = {word.key: word.default_in(role) for word in WORDS if not word.secret}
    failures: list[Failure] = []
    faulty: set[str] = set()
    for word in words:
        value = variables.get(word.name)
        meant, wrong = _understood(word, value)
        values[word.key] = word.default_in(role) if meant is None or wrong else meant
        failures += wrong
        if wrong:
            faulty.add(word.name)
    said = {word.name for word in words if not given.is_empty(variables.get(word.name))} - faulty
    for found in complaints(Asked(role, values, said, faulty, _folders(variables))):
        failures.append(_on_one_line(found.what, found.cause, found.next))
    key = values.get("signing_key")
    shown = _without_secrets(WORDS, values, role, _folders(variables))
    return Understood(shown, failures, signature.key_id(key) if key else None)


def read(name: str, value: t.Any) -> t.Any:
    """Return the value of one variable, converted to its type. It may be a secret. None if nothing is given.

    Raises ValueError with all faults, without secrets.
    """
    meant, wrong = _understood(dataclasses.replace(BY_NAME[name], required=False), value)
    if wrong:
        raise ValueError(" ".join(map(str, wrong)))
    return meant


def unknown(names: c.Iterable[str]) -> list[Failure]:
    """Return a failure for each variable that has our prefix, in any case, and is not one of ours."""
    known = {*BY_NAME, RUN}
    ours = [name for name in names if name.lower().startswith(PREFIX) and name not in known]
    return [_unknown(name) for name in sorted(set(ours))]


def reserved(names: c.Iterable[str]) -> list[Failure]:
    """Refuse variables in which a run keeps what its own tasks have found. names: of the inventory and of ``-e``."""
    return [
        Failure(
            UNKNOWN,
            f"{shown(name)[1:-1]} was set by hand",
            "roles store the results of their own tasks in it",
            "Remove it from the inventory and the command line.",
        )
        for name in sorted(name for name in names if name.startswith(f"__{PREFIX}"))
    ]


def refused_extra(extra: c.Iterable[str]) -> list[Failure]:
    """Return a failure for variables that are given with ``-e`` and can only be variables of hosts.

    extra: names. If it is a mapping, the command line in the message has the value.
    """
    names = list(extra)
    refusals = []
    if _DEPLOYMENT in names:
        value = extra[_DEPLOYMENT] if isinstance(extra, c.Mapping) else "NAME"
        line = f"-e groupid_deployments={value}" if _is_word(value) else "-e groupid_deployments=NAME"
        refusals.append(
            Failure(
                CODE,
                "groupid_deployment was given with -e",
                "it would make every host of the inventory a member of one deployment",
                f"To choose a deployment, write {line}, with an s. To say which deployment a host belongs to, set "
                "groupid_deployment in the variables of the host or its group.",
            )
        )
    if _SERVERS in names:
        refusals.append(_servers_elsewhere("was given with -e"))
    return refusals


def refused_outside(inventory: c.Mapping[str, t.Any], effective: c.Mapping[str, t.Any], declared: str) -> list[Failure]:
    """Return a failure if a play or task names a deployment, or servers of it, that the inventory does not.

    Both: values of `understand`. declared: the host's deployment as runs of other hosts see it.
    A play may name a deployment that the inventory does not know, together with its servers.
    """
    if effective["deployment"] is not None and effective["deployment"] != declared:
        return [] if not declared and effective["deployment_servers"] else [_deployment_elsewhere()]
    if inventory["deployment_servers"] == effective["deployment_servers"]:
        return []
    return [_servers_elsewhere("is not as in the inventory: a play or a task sets it")]


def _deployment_elsewhere() -> Failure:
    return Failure(
        CODE,
        f"{_DEPLOYMENT} is not as in the inventory: a play or a task sets it",
        "hosts that --limit or serial leave out would not count as members of the deployment",
        f"Set it in the variables of the host or its group. Or, if the inventory does not set it, also set {_SERVERS} "
        "in the play.",
    )


def _servers_elsewhere(how: str) -> Failure:
    return Failure(
        CODE,
        f"{_SERVERS} {how}",
        "a run of some servers of a deployment could then count as a run of all of them",
        "Set it in the variables of the deployment's group. To work on some of its servers, use --limit.",
    )


def unused_in_playbooks(inventory: c.Container[str]) -> list[Failure]:
    """Return a failure for each variable that the playbooks read only from ``-e``, if the inventory sets it.

    inventory: names of variables that the inventory sets, and the command line does not.
    """
    hosts, run_file = f"{PREFIX}hosts", f"{PREFIX}run_file"
    refusals = {
        hosts: Failure(
            CODE,
            f"{hosts} is set in the inventory, and has no effect there",
            "a playbook must know its hosts before it reads their variables",
            f"Set it on the command line, as in -e {hosts}=PATTERN, or add the servers to the group groupid.",
        ),
        run_file: Failure(
            CODE,
            f"{run_file} is set in the inventory, and has no effect there",
            "a playbook begins its result before it reads the variables of hosts",
            f"Set it on the command line, as in -e {run_file}=run.json.",
        ),
    }
    return [failure for name, failure in refusals.items() if name in inventory]


def shown(value: t.Any) -> str:
    """Return a value as it was given: on one line, up to 100 characters, without control characters."""
    text = f'"{value}"' if isinstance(value, str) else _document(value)
    return _line(text, _SHOWN)


def example(word: Word) -> str:
    """Return a line that sets a word."""
    if word.where == "extra":
        return f"-e {word.name}={_example_value(word)}"
    return f"{word.name}: {_example_value(word)}"


def _example_value(word: Word) -> str:
    if word.secret:
        return _ENVIRONMENT
    return word.example or (word.choices[-1] if word.choices else "true")


def _line(text: str, longest: int) -> str:
    text = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _step(word: Word, verb: str) -> str:
    """Return a next step that says where a word is set, with an example."""
    place = "" if word.where == "extra" else " in the variables of the host or its group"
    if place and word.name not in _ONLY_IN_INVENTORY:
        place += ", or with -e"
    return f"{verb}{place}, for example: {example(word)}"


def _understood(word: Word, value: t.Any) -> tuple[t.Any, list[Failure]]:
    if isinstance(value, Unreadable):
        return None, [_unreadable(word, value.reason)]
    meant, faults = given.read(word, value)
    if word.required and meant is None and not faults:
        return None, [_missing(word)]
    return meant, [_failure(word, fault) for fault in faults]


def _missing(word: Word) -> Failure:
    return Failure(
        CODE,
        f"{word.name} is not set",
        "every host of a run needs it",
        f"Set it in the variables of the deployment's group in the inventory, for example: {example(word)}",
    )


def _unreadable(word: Word, reason: str) -> Failure:
    line = " ".join(reason.split())
    if word.secret or any(option.secret for option in word.options):
        # A template may contain the password itself.
        undefined = _UNDEFINED.search(line)
        line = undefined[0] if undefined else "its template cannot be evaluated"
    return Failure(
        CODE,
        f"{word.name} cannot be read",
        shown(line).strip('"'),
        _step(word, "Correct its template, or the variable that it uses,"),
    )


def _failure(word: Word, fault: given.Fault) -> Failure:
    what = fault.must if fault.must.startswith(word.name) else f"{fault.place} {fault.must}"
    cause = fault.why or ", ".join(part for part in (f"it is {shown(fault.value)}", fault.detail) if part)
    step = f"{fault.hint} {_step(word, 'Correct it')}".strip()
    return _on_one_line(what, _HIDDEN if fault.hidden else cause, step)


def _on_one_line(what: str, cause: str, step: str) -> Failure:
    """Return the failure with texts on one line, because they contain keys and values as they were given."""
    return Failure(CODE, *(_line(text, _LONGEST) for text in (what, cause, step)))


def _unknown(name: str) -> Failure:
    near = closest(name[len(PREFIX) :], (word.key for word in WORDS))
    meant = f"Did you mean {PREFIX}{near}?" if near else "The README lists all variables."
    return Failure(
        UNKNOWN,
        f"{shown(name)[1:-1]} is not a variable of this collection",
        "nothing reads it, so it would have no effect",
        f"{meant} A variable of your own needs a name that does not begin with {PREFIX}.",
    )


def _is_word(value: t.Any) -> bool:
    return isinstance(value, (str, int)) and bool(re.fullmatch(r"[\w.*?-]+", str(value)))


def _document(value: t.Any) -> str:
    try:
        return json.dumps(_masked(value), ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        return f"a {type(value).__name__}"


def _masked(value: t.Any) -> t.Any:
    """Return a value without vault values, and without values whose name contains ``pass`` or ``secret``."""
    if hasattr(value, "__ENCRYPTED__"):
        return "..."
    if isinstance(value, c.Mapping):
        return {str(k): "..." if re.search("pass|secret", str(k), re.I) else _masked(v) for k, v in value.items()}
    return [_masked(item) for item in value] if isinstance(value, (list, tuple)) else value


def _folders(variables: c.Mapping[str, t.Any]) -> list[str]:
    """Name the folders in groupid_folders, for every role, even if something else is wrong with them."""
    value = variables.get("groupid_folders")
    found = [] if isinstance(value, Unreadable) else given.read(BY_NAME["groupid_folders"], value)[0]
    return [folder["name"] for folder in found or () if "name" in folder]


def _without_secrets(
    words: c.Iterable[Word], values: c.Mapping[str, t.Any], role: str, folders: c.Container[str]
) -> dict[str, t.Any]:
    """Return the values without secrets, as `Understood` has them."""
    visible = {word.key: values[word.key] for word in words if not word.secret}
    for word in words:
        hidden = {option.name for option in word.options if option.secret}
        if hidden:
            visible[word.key] = [
                {name: value for name, value in item.items() if name not in hidden} for item in visible[word.key]
            ]
    if role in (PREFLIGHT, BACKUP) and visible["components"] is not None:
        # Folders of groupid_folders are saved in any case.
        visible["components"] = [name for name in visible["components"] if name not in folders]
    return visible
