# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The signature of a seal: an HMAC with a key that only the controller has.

Whoever can write to a backup root can write a set that agrees with its own seal. Only the key shows who made the seal.
The agent cuts the signature off and hashes the rest of the document, so a seal of any size is judged by three short
texts. A key is a text. Keys come in an order: the first one signs, and each of them verifies.
"""

from __future__ import annotations

import collections.abc as c
import hashlib
import hmac
import json
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure

SHORTEST_KEY = 32
"""Characters that a key must have."""

ALGORITHM = "hmac-sha256"
_OF_SEAL = "identityops.groupid seal v1"
_OF_KEY = "identityops.groupid key v1"
"""What an HMAC begins with. No signature can be taken for something else that is made with the same key."""

_END = "\n}\n"
_KEY_ID = re.compile(r"[0-9a-f]{16}")

State = t.Literal["valid", "missing", "other_key", "wrong", "unchecked"]


class Verdict(t.TypedDict):
    """What is known about the signature of a seal.

    state: ``unchecked``: there is one, and no key was given. ``other_key``: it was made with none of the given keys.
    key_id: of the key that made it, as the signature says. None if it does not say.
    given: ids of the given keys.
    """

    state: State
    key_id: str | None
    given: list[str]


def key_id(key: str) -> str:
    """Return a short text that identifies a key, and does not reveal it."""
    return _hmac(key, _OF_KEY)[:16]


def signed(document: str, key: str) -> str:
    """Return a seal document with its signature, which is always the last member."""
    body = document.removesuffix(_END)
    if body == document:
        raise ValueError("The document does not end as a seal does.")
    member = {"algorithm": ALGORITHM, "key_id": key_id(key), "value": _value(key, _sha256(document))}
    text = json.dumps({"signature": member}, indent=2)
    return f"{body},{text.removeprefix('{')}\n"


def judged(listed: c.Mapping[str, t.Any], keys: c.Sequence[str]) -> dict[str, t.Any]:
    """Return a set as the agent lists it, with a verdict in place of what the agent cut off.

    ``signature`` is that of the seal, and ``prepared_signature`` that of the prepared document. They are None if
    nothing is known: no key was given, and there is no signature.
    """
    told = {name: value for name, value in listed.items() if name not in ("seal_signed", "prepared_signed")}
    return {
        **told,
        "signature": _verdict(listed.get("seal_signed"), keys),
        "prepared_signature": _verdict(listed.get("prepared_signed"), keys),
    }


def accepted(verdict: Verdict | None) -> bool:
    """Whether a set may be used: its signature is valid, or no key was given."""
    return verdict is None or verdict["state"] in ("valid", "unchecked")


def is_valid(verdict: Verdict | None) -> bool:
    """Whether a signature was checked, and is valid."""
    return verdict is not None and verdict["state"] == "valid"


def cause(verdict: Verdict) -> str:
    """Return why a seal is not accepted, for the middle of a sentence."""
    return refusal("", "", verdict).cause


def refusal(what: str, set_path: str, verdict: Verdict) -> Failure:
    """Return why a set is refused. what: what is not done. set_path: the folder of the set."""
    path, given = f"{set_path}\\set.json", ", ".join(verdict["given"])
    if verdict["state"] == "other_key":
        return Failure(
            "signing_key_unknown",
            what,
            f"the seal was signed with the key {verdict['key_id']}, and the given ones are {given}",
            "If this is a key that you used before, add it to groupid_old_signing_keys. Otherwise, somebody else made "
            "this set: do not use it.",
            path=path,
        )
    if verdict["state"] == "wrong":
        return Failure(
            "signature_wrong",
            what,
            "the signature does not belong to this seal: one of them was changed after the set was sealed",
            "Do not use this set. Find out who changed it.",
            path=path,
        )
    return Failure(
        "signature_missing",
        what,
        "the set has no seal with a signature, and groupid_signing_key is given",
        "Use a signed set. To use this one without a check, because it is older than the key or a restore has left it, "
        "run with -e groupid_signing_key= once. This never allows a restore from a root that others can change.",
        path=path,
    )


def _verdict(found: c.Mapping[str, t.Any] | None, keys: c.Sequence[str]) -> Verdict | None:
    if found is None and not keys:
        return None
    made_by = str((found or {}).get("key_id") or "")
    named = made_by if _KEY_ID.fullmatch(made_by) else None
    return {"state": _state(found, named, keys), "key_id": named, "given": [key_id(key) for key in keys]}


def _state(found: c.Mapping[str, t.Any] | None, made_by: str | None, keys: c.Sequence[str]) -> State:
    if found is None:
        return "missing"
    if not keys:
        return "unchecked"
    if made_by is None:
        return "wrong"
    key = next((key for key in keys if hmac.compare_digest(key_id(key), made_by)), None)
    if key is None:
        return "other_key"
    right, offered = _value(key, str(found.get("signed_sha256"))), str(found.get("value"))
    return "valid" if offered.isascii() and hmac.compare_digest(right, offered) else "wrong"


def _value(key: str, digest: str) -> str:
    """Return the value of a signature. digest: of the document without its signature."""
    return _hmac(key, f"{_OF_SEAL}\n{digest}")


def _hmac(key: str, text: str) -> str:
    return hmac.new(_bytes(key), _bytes(f"{text}\n"), hashlib.sha256).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
