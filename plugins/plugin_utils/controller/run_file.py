# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a run in a file on the controller, from the moment at which it begins (``groupid_run_file``).

The steps of a run share only the file: the filter `run_hosts` begins it, the plan and the report continue it. The
process in it shows each of them that it belongs to this ansible-playbook. Ansible's workers are forks of that process.
"""

from __future__ import annotations

import atexit
import collections.abc as c
import datetime
import functools
import json
import multiprocessing
import os
import pathlib
import platform
import re
import typing as t

from ansible import constants
from ansible.release import __version__ as ansible_version
from ansible.utils.display import Display

from ansible_collections.identityops.groupid.plugins.module_utils import (
    deployments,
    failures,
    run_document,
    run_outcome,
    settings,
)
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller import result_file
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.result_file import ResultFileError

NAME = "groupid_run_file"

_ROOT = pathlib.Path(__file__).parents[3]

_watched: dict[pathlib.Path, int] = {}
"""The files that runs of this process write, and the process that began them."""


def begin(given: t.Any, kind: Kind, *, check: bool) -> pathlib.Path | None:
    """Begin the file of a run, or continue the one that the filter `run_hosts` has begun.

    given: the variable, as it was given. Raises ResultFileError, and ValueError if it is not the name of a file.
    """
    text = settings.read(NAME, given)
    if not text:
        return None
    path = result_file.place_of(text)
    result_file.require_writable(path)
    before = _read(path)
    if not run_document.is_begun(before, _process()):
        versions = {"collection": _version(), "ansible_core": ansible_version}
        result_file.write(path, run_document.begun(_process(), versions, kind, check, _now(), before))
    return path


def watch(path: pathlib.Path | None) -> None:
    """End the file when this process ends and no report has done it. A process that is killed leaves it as it is."""
    if path is not None:
        if path not in _watched:
            atexit.register(_end_unreported, path)
        _watched[path] = os.getpid()


def plan(path: pathlib.Path, made: deployments.Plan, *, check: bool, stops: bool = False) -> None:
    """Note the plan of the run. stops: it may stop GroupID. Raises ResultFileError."""
    result_file.write(path, run_document.planned(_own(path), made, check, stops))


def refuse(path: pathlib.Path, told: c.Sequence[failures.Shared]) -> None:
    """End the file of a run that was refused. Raises ResultFileError."""
    own = _own(path)
    result_file.write(path, run_document.ended(own, own["kind"], run_outcome.refused(told), _now()))


def refuse_watched(failure: Failure) -> None:
    """End the files that are watched, where a run has begun and has no plan. Raises ResultFileError."""
    for path in _watched:
        if run_document.is_begun(_read(path), _process()):
            refuse(path, [run_outcome.of_run(failure)])


def document_of_end(path: pathlib.Path, kind: Kind, outcome: run_outcome.Outcome) -> run_document.Document:
    """Return what the file says at the end of a run. Raises ResultFileError."""
    return run_document.ended(_own(path), kind, outcome, _now())


def _own(path: pathlib.Path) -> run_document.Document:
    """Read the file of this run. Raises ResultFileError if it is another run's by now."""
    found = _read(path)
    if found is None or found["process"] != _process():
        raise ResultFileError(
            Failure(
                "run_file",
                "The result of the run was not written",
                "the file was removed during the run" if found is None else "another run has written the file since",
                f"Give each run a file of its own in {NAME}, and leave it there until the run has ended.",
                path=str(path),
            )
        )
    return found


def _read(path: pathlib.Path) -> run_document.Document | None:
    """Read the document that is there. None if there is none.

    Raises ResultFileError for any other file: it may have been named by mistake and would be lost.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ResultFileError(result_file.failure_of(path, error)) from error
    if not text.strip():
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not document.keys() >= run_document.MARKS:
        raise ResultFileError(
            Failure(
                "run_file",
                f"{NAME} names a file that cannot be used",
                "it exists, and is not the result of a run",
                "Name another file, or remove this one.",
                path=str(path),
            )
        )
    return document


def _end_unreported(path: pathlib.Path) -> None:
    if _watched.get(path) != os.getpid():
        return
    try:
        found = _read(path)
        if found and found["process"] == _process() and found["state"] == run_document.RUNNING:
            result_file.write(path, run_document.unreported(found, _now()))
    except ResultFileError as error:
        Display().warning(str(error))


@functools.cache
def _version() -> str | None:
    """Return the version of this collection: as it was installed, or from its source."""
    installed, source = _ROOT / "MANIFEST.json", _ROOT / "galaxy.yml"
    if installed.is_file():
        return str(json.loads(installed.read_text(encoding="utf-8"))["collection_info"]["version"])
    found = (
        re.search(r"^version: (\S+)$", source.read_text(encoding="utf-8"), re.MULTILINE) if source.is_file() else None
    )
    return found[1] if found else None


def _process() -> run_document.Process:
    """Return the ansible-playbook: this process, or the one that it was forked from."""
    forked = multiprocessing.parent_process() is not None
    # Ansible makes this folder anew for each process, and workers share it.
    own = pathlib.PurePath(constants.DEFAULT_LOCAL_TMP).name
    return {"host": platform.node(), "pid": os.getppid() if forked else os.getpid(), "id": own}


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
