# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads one value as people write it (a list as text with commas, a number as text) by its word in the vocabulary."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import datetime
import json
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    backup_set,
    signature,
    verify_mode,
    windows_path,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import is_domain
from ansible_collections.identityops.groupid.plugins.module_utils.network import endpoint
from ansible_collections.identityops.groupid.plugins.module_utils.spelling import closest
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import Word

_BOOLEANS: t.Final = {
    **dict.fromkeys(("yes", "y", "true", "t", "on", "1"), True),
    **dict.fromkeys(("no", "n", "false", "f", "off", "0"), False),
}
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
_SET_ID = re.compile(r"[0-9]{8}t[0-9]{6}z(?:-.*)?")
_ACCOUNT = re.compile(r"[^\\@]+\\[^\\@]+|[^\\@]+@[^\\@]+")
_ENTRY = re.compile(r"\s*([^:=,]+?)\s*[:=](.*)", re.DOTALL)
_NEXT_ENTRY = re.compile(r"[,\n](?=[^:=,\\/\n]+[:=])")
_DOMAIN_COMPONENT = re.compile(r"\s*dc\s*=[^\\]*", re.IGNORECASE)
_GUID = re.compile(r"\s*(?:<guid=)?\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?>?\s*", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[A-Za-z]:[\\/]")
_PLAIN = re.compile(r"[\w.,\s-]+")


@dataclasses.dataclass(frozen=True)
class Fault:
    """One fault in a given value.

    place: the variable and the place in it, such as ``groupid_folders, item 2, path``. must: what it must be.
    value: as it was given. hidden: it is a secret, or may contain one. hint: a sentence that helps, or empty.
    why: text to show instead of the value. detail: text to show after it.
    """

    place: str
    must: str
    value: t.Any
    hidden: bool = False
    hint: str = ""
    why: str = ""
    detail: str = ""


class _RefusedError(ValueError):
    """The value is not valid. The message says what it must be."""

    def __init__(self, must: str, hint: str = "", detail: str = "") -> None:
        super().__init__(must)
        self.must, self.hint, self.detail = must, hint, detail


def is_empty(value: t.Any) -> bool:
    """Whether a value means that nothing was set: None, or a blank text."""
    return value is None or (isinstance(value, str) and not value.strip())


def read(word: Word, value: t.Any, place: str = "") -> tuple[t.Any, list[Fault]]:
    """Return the meaning of a value, None if it is empty, and its errors.

    Lists and dictionaries are new objects with plain texts, numbers and booleans. If there is a fault, do not use the
    value.
    """
    place = place or word.name
    if is_empty(value):
        return None, []
    if word.type == "list":
        return _read_list(word, value, place)
    if word.type == "dict":
        return _read_dict(word, value, place)
    try:
        return _scalar(word, word.type, value), []
    except _RefusedError as problem:
        return None, [Fault(place, problem.must, value, word.secret, problem.hint, detail=problem.detail)]


def _read_list(word: Word, value: t.Any, place: str) -> tuple[list[t.Any], list[Fault]]:
    hidden = word.secret or any(option.secret for option in word.options)
    items = _items(word, value, hidden)
    if items is None:
        must = "must be a list of dictionaries" if word.options else "must be a list, or a text with commas"
        return [], [Fault(place, must, value, hidden and not isinstance(value, (bool, int, float)))]
    found: list[t.Any] = []
    faults: list[Fault] = []
    for number, item in enumerate((item for item in items if not is_empty(item)), 1):
        if word.options:
            read_item, wrong = _read_options(word, item, f"{place}, item {number}", hidden)
        else:
            read_item, wrong = _read_element(word, str(word.elements), item, f"{place}, item {number}")
        faults += wrong
        if not wrong and read_item not in found:
            found.append(read_item)
    return found, faults


def _read_element(word: Word, kind: str, item: t.Any, place: str) -> tuple[t.Any, list[Fault]]:
    try:
        return _scalar(word, kind, item), []
    except _RefusedError as problem:
        return None, [Fault(place, problem.must, item, word.secret, problem.hint, detail=problem.detail)]


def _read_options(word: Word, item: t.Any, place: str, hidden: bool) -> tuple[dict[str, t.Any], list[Fault]]:
    if not isinstance(item, c.Mapping):
        return {}, [Fault(place, f"must be a dictionary with {_required(word)}", item, hidden)]
    known = {option.name: option for option in word.options}
    wrong_names = [str(key) for key in item if key not in known]
    meant = {closest(name, known) for name in wrong_names}
    faults = [
        Fault(
            place,
            f'has an unknown option "{name}"',
            name,
            hint=_meant(name, known),
            why=f"the options are: {', '.join(known)}",
        )
        for name in wrong_names
    ]
    found: dict[str, t.Any] = {}
    for name, option in known.items():
        value, wrong = read(option, item.get(name), f"{place}, {name}")
        faults += wrong
        if value is None and not wrong and option.required and name not in meant:
            faults.append(Fault(place, f"has no {name}", None, why="each item needs one"))
        if value is not None or option.default is not None:
            found[name] = option.default_in("") if value is None else value
    return found, faults


def _required(word: Word) -> str:
    return " and ".join(option.name for option in word.options if option.required)


def _read_dict(word: Word, value: t.Any, place: str) -> tuple[dict[str, t.Any], list[Fault]]:
    entries = _entries(value)
    if entries is None:
        return {}, [Fault(place, "must be a dictionary, or a text such as a=b,c=d", value)]
    found: dict[str, t.Any] = {}
    faults: list[Fault] = []
    for key, item in entries:
        name, wrong = _read_element(word, word.keys, key, f"{place}, the name {key}")
        if not wrong and name in found:
            wrong = [Fault(place, f"has {name} more than once", key)]
        if not wrong:
            found[name], wrong = _read_element(word, str(word.elements), item, f"{place}, {name}")
        faults += wrong
    return found, faults


# Texts that are read as lists and dictionaries.


def _items(word: Word, value: t.Any, hidden: bool) -> list[t.Any] | None:
    """Return the items of a value for a list; None if it cannot be one."""
    if isinstance(value, str) or hasattr(value, "__ENCRYPTED__"):
        return _items_of_text(word, str(value).strip(), hidden)
    if isinstance(value, c.Mapping):
        return [value] if word.options else None
    if isinstance(value, (c.Sequence, c.Set)):
        return list(value)
    return None if word.options or isinstance(value, bool) else [value]


def _items_of_text(word: Word, text: str, hidden: bool) -> list[t.Any] | None:
    document = _json(text)
    if document is not None:
        return [document] if isinstance(document, dict) and word.options else _list_or_none(document)
    if word.options:
        return _named_items(word, text) if _PLAIN.fullmatch(text) or not hidden else None
    if word.elements == "dn":
        return _names(text)
    # A glob may begin with a bracket.
    return _split(text if word.elements == "glob" else _without_brackets(text, "[]"))


def _list_or_none(document: t.Any) -> list[t.Any] | None:
    return document if isinstance(document, list) else None


def _named_items(word: Word, text: str) -> list[t.Any] | None:
    """Read a list of names, if an item needs only a name."""
    required = [option.name for option in word.options if option.required]
    return [{required[0]: part} for part in _split(text) if part] if len(required) == 1 else None


def _split(text: str) -> list[str]:
    return [_unquoted(part) for part in re.split(r"[,\n]", text)]


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _names(text: str) -> list[str]:
    """Split distinguished names, which contain commas. A name ends where a DC= is followed by something else."""
    names: list[str] = []
    last = ""
    for piece in re.split(r"[,\n]", text):
        ended = _GUID.fullmatch(last) or (_DOMAIN_COMPONENT.fullmatch(last) and not _DOMAIN_COMPONENT.fullmatch(piece))
        if names and not ended:
            names[-1] += f",{piece}"
        else:
            names.append(piece)
        last = piece
    return [name for part in names for name in part.split(";")]


def _entries(value: t.Any) -> list[tuple[t.Any, t.Any]] | None:
    """Return the entries of a value for a dictionary; None if it cannot be one."""
    if isinstance(value, str):
        document = _json(value.strip())
        if document is None:
            return _entries_of_text(_without_brackets(value.strip(), "{}"))
        value = document
    return list(value.items()) if isinstance(value, c.Mapping) else None


def _entries_of_text(text: str) -> list[tuple[t.Any, t.Any]] | None:
    if _ABSOLUTE.match(text):
        return None
    found = [_ENTRY.fullmatch(part) for part in _NEXT_ENTRY.split(text.rstrip(", \t\r\n"))] if text else []
    return None if None in found else [(_unquoted(one[1]), _unquoted(one[2])) for one in found if one]


def _json(text: str) -> t.Any:
    """Return the list or dictionary in a JSON text; None if it is no such text."""
    if text[:1] not in ("[", "{"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _without_brackets(text: str, brackets: str) -> str:
    """Remove the brackets of a list whose quotes a shell has removed."""
    return text[1:-1].strip() if len(text) > 1 and text[0] == brackets[0] and text[-1] == brackets[1] else text


# One text, number or boolean.


def _scalar(word: Word, kind: str, value: t.Any) -> t.Any:
    if word.secret:
        text = _secret(value)
        return _KINDS[kind](text) if kind in _KINDS else text
    if kind == "bool":
        return _boolean(value)
    if kind in ("int", "float"):
        return _number(word, kind, value)
    if word.choices:
        return _choice(word, value)
    if kind == "pattern" and isinstance(value, (list, tuple)):
        return ",".join(_text(item) for item in value if not is_empty(item)) or None
    text = _text(value)
    if kind == "path":
        return _path(text)
    return _KINDS[kind](text) if kind in _KINDS else text


def _secret(value: t.Any) -> str:
    # Inline vault values of ansible-core up to 2.18 are objects of their own.
    if not isinstance(value, str) and not hasattr(value, "__ENCRYPTED__"):
        raise _RefusedError("must be a text", f"Put it in quotes: YAML reads it as {type(value).__name__}.")
    return str(value)


def _boolean(value: t.Any) -> bool:
    if isinstance(value, bool):
        return value
    key = str(value).strip().lower() if isinstance(value, (str, int)) else ""
    if key not in _BOOLEANS:
        raise _RefusedError("must be true or false")
    return _BOOLEANS[key]


def _number(word: Word, kind: str, value: t.Any) -> int | float:
    must = f"must be a {'whole number' if kind == 'int' else 'number'}{_range(word)}"
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _RefusedError(must)
    text = str(value).strip()
    if kind == "int" and isinstance(value, float) and value.is_integer():
        text = str(int(value))
    if not (_WHOLE if kind == "int" else _DECIMAL).fullmatch(text):
        raise _RefusedError(must)
    number = int(text) if kind == "int" else float(text)
    if (word.least is not None and number < word.least) or (word.most is not None and number > word.most):
        raise _RefusedError(must)
    return number


def _range(word: Word) -> str:
    least, most = (None if bound is None else f"{bound:g}" for bound in (word.least, word.most))
    if least is not None and most is not None:
        return f" from {least} to {most}"
    return f" of at least {least}" if least is not None else ""


def _choice(word: Word, value: t.Any) -> str:
    if isinstance(value, bool) and "off" in word.choices:
        value = "on" if value else "off"  # YAML reads these words as booleans
    must = f"must be one of {', '.join(word.choices)}"
    if isinstance(value, bool):
        raise _RefusedError(must)
    text = _text(value).lower()
    for form in (text, re.sub(r"[\s_]+", "-", text), f"{text}.0"):
        if form in word.choices:
            return form
    raise _RefusedError(must, _meant(text, word.choices))


def _text(value: t.Any) -> str:
    """Return a text. Numbers and dates, which YAML makes of text without quotes, are returned as they were written."""
    if isinstance(value, bool):
        raise _RefusedError("must be a text", 'Put it in quotes: YAML reads it as "true" or "false".')
    if isinstance(value, datetime.date):
        return value.isoformat()
    if not isinstance(value, (str, int, float)) and not hasattr(value, "__ENCRYPTED__"):
        raise _RefusedError("must be a text")
    text = str(value).strip()
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text):
        raise _RefusedError("must be a text without control characters", "In JSON a backslash is written twice.")
    return text


def _meant(given: t.Any, known: c.Iterable[str]) -> str:
    near = closest(str(given), known)
    return f"Did you mean {near}?" if near else ""


def _path(text: str) -> str:
    """Return a Windows path in its usual form. Raises _RefusedError."""
    try:
        return windows_path.canonical(text)
    except windows_path.UnclearPathError as error:
        raise _RefusedError("must be a full path", f"Did you mean {error.example}?", str(error)) from None


def _set_id(text: str) -> str:
    folded = text.lower()
    if folded == backup_set.LATEST:
        return folded
    if _SET_ID.fullmatch(folded):
        folded = folded[:16].upper() + folded[16:]
    try:
        return str(backup_set.SetId.parse(folded))
    except backup_set.InvalidNameError:
        raise _RefusedError("must be the id of a set, as in 20261122T150405Z") from None


def _label(text: str) -> str:
    try:
        return backup_set.SetId.parse(f"20000101T000000Z-{text.lower()}").label
    except backup_set.InvalidNameError:
        raise _RefusedError("must be up to 40 characters of a-z 0-9 . _ - and not end with a dot") from None


def _deployment(text: str) -> str:
    try:
        return backup_set.check_deployment(text)
    except backup_set.InvalidNameError:
        raise _RefusedError(
            "must be up to 63 characters of a-z 0-9 . _ -, begin with a letter or a digit, not end with a dot, and not "
            "be the name of a Windows device"
        ) from None


def _component(text: str) -> str:
    try:
        return backup_set.check_component(text.lower())
    except backup_set.InvalidNameError:
        raise _RefusedError("must be up to 63 characters of a-z 0-9 _ and begin with a letter") from None


def _server(text: str) -> str:
    if not endpoint.is_address(text):
        with contextlib.suppress(backup_set.InvalidNameError):
            return backup_set.check_part(text)
    raise _RefusedError("must be the name of a computer, not an address")


def _domain(text: str) -> str:
    if not is_domain(text):
        raise _RefusedError("must be the DNS name of a domain, such as corp.example")
    return text.lower()


def _account(text: str) -> str:
    # Windows would read a name without a domain as a local account of the server, which a share does not know.
    if not _ACCOUNT.fullmatch(text):
        raise _RefusedError("must be DOMAIN\\user or user@domain")
    return text


def _verify_mode(text: str) -> str:
    try:
        return verify_mode.check(re.sub(r"\s+", "", text).lower())
    except verify_mode.InvalidModeError:
        raise _RefusedError("must be full, quick, or a share such as 2/7") from None


def _confirmation(text: str) -> str:
    deployment, slash, set_id = text.rpartition("/")
    try:
        return f"{_deployment(deployment.strip())}/{_set_id(set_id.strip())}" if slash else _set_id(text)
    except _RefusedError:
        raise _RefusedError("must be a deployment and the id of its set, as in hq/20261122T150405Z") from None


def _signing_key(text: str) -> str:
    key = text.strip()
    if len(key) < signature.SHORTEST_KEY:
        must = f"must have at least {signature.SHORTEST_KEY} characters"
        raise _RefusedError(must, "Make a key with: openssl rand -hex 32.")
    return key


_KINDS: t.Final[dict[str, c.Callable[[str], str]]] = {
    "name": str.lower,
    "set_id": _set_id,
    "label": _label,
    "deployment": _deployment,
    "component": _component,
    "server": _server,
    "domain": _domain,
    "account": _account,
    "verify_mode": _verify_mode,
    "confirmation": _confirmation,
    "signing_key": _signing_key,
}
