# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answers to ``poll`` and ``cancel``, made from what job.ps1 found on the host."""

from __future__ import annotations

import base64
import binascii
import collections.abc as c
import json
import typing as t

PROGRESS = {"phase": str, "files": int, "files_total": int, "bytes": int, "bytes_total": int, "seconds": int}
"""Members of a job's state, and their types."""

_DIED_NEXT = (
    "Find out what ended the process (a restart, an antivirus, a person, a full drive), and run again. If your "
    "antivirus stopped it, docs/windows.md says what to exclude."
)


def job_answer(found: c.Mapping[str, t.Any], identity: str) -> dict[str, t.Any]:
    """Return the answer to ``poll`` or ``cancel``, in the form that ``start`` has.

    found: the script's line: ``code`` (``running``, ``ended``, or of a failure), ``path``, ``cause`` and ``note`` in
    base64 of UTF-8, and ``result``, ``state`` and ``failure``, the job's documents in base64, empty if there is none.
    Files on a disk are never trusted: an invalid document counts as none.
    identity: of the job.
    """
    head = {"protocol": found["protocol"], "operation": found["operation"], "seconds": found["seconds"]}
    code, path, cause = found["code"], _text(found["path"]), _text(found["cause"])
    if code not in ("running", "ended"):
        error = {"code": code, "component": None, "path": path or None, "cause": cause, **_FAILURES.get(code, _OTHER)}
        return {**head, "failed": True, "changed": False, "warnings": [], "error": error}
    state = _progress(found["state"])
    answer = None
    if code == "ended":
        answer = _result(found["result"]) or _died(identity, path, state, _document(found["failure"]))
    note = _text(found["note"])
    unnoted = "It could not be recorded that this answer was delivered. For one day the same operation may get it"
    return {
        **head,
        "failed": False,
        "changed": found["operation"] == "cancel",
        "warnings": [f"{unnoted} again: {note}"] if note else [],
        "id": identity,
        "state": code,
        "attached": False,
        "ended": None,
        "progress": None if answer else state,
        "answer": answer,
    }


_FAILURES = {
    "job_missing": {"what": "The job was not found", "next": "Start it again."},
    "state_owner": {"what": "The job was not found", "next": "Find out who made it, and remove it."},
}
_OTHER = {"what": "The state of the job was not read", "next": "Look up the number, remove the cause, and run again."}


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode("utf-8", errors="replace")


def _document(encoded: str) -> dict[str, t.Any] | None:
    """Return a document of the job; None if there is none, or if it is not valid."""
    try:
        document = json.loads(base64.b64decode(encoded).decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError, binascii.Error):
        return None
    return document if isinstance(document, dict) else None


def _once(members: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member named twice")
    return found


def _progress(encoded: str) -> dict[str, t.Any] | None:
    state = _document(encoded)
    if state is None:
        return None
    # JSON's true and false are numbers to Python.
    sound = (
        isinstance(state.get(name), kind) and not isinstance(state.get(name), bool) for name, kind in PROGRESS.items()
    )
    return state if all(sound) else None


def _result(encoded: str) -> dict[str, t.Any] | None:
    result = _document(encoded)
    if result is None or not isinstance(result.get("failed"), bool) or not isinstance(result.get("warnings"), list):
        return None
    whole = isinstance(result.get("error"), dict) if result["failed"] else True
    return result if whole else None


def _died(
    identity: str, folder: str, state: c.Mapping[str, t.Any] | None, failure: c.Mapping[str, t.Any] | None
) -> dict[str, t.Any]:
    """Return the answer for a job that left none, as Job.cs does."""
    cause = "Its process ended without an answer. "
    if failure is not None:
        cause += str(failure.get("cause"))
    elif state is None:
        cause += "It had not started, or could not write there."
    else:
        cause += (
            f"It was last seen at {state.get('heartbeat')}, in the phase '{state['phase']}', with {state['files']} of "
            f"{state['files_total']} files."
        )
    what = "The operation did not come to its end"
    error = {"code": "job_died", "what": what, "component": None, "path": folder, "cause": cause, "next": _DIED_NEXT}
    head = {"protocol": 1, "operation": identity.partition("-")[0], "failed": True, "changed": state is not None}
    return {**head, "warnings": [], "seconds": 0.0, "error": error}
