# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One long operation as a job of the agent: started once, followed to its end, found again after a lost connection."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import hashlib
import json
import secrets
import time
import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.utils.display import Display

from ansible_collections.identityops.groupid.plugins.module_utils import retry, set_again
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.answer import PROTOCOL
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.client import NOT_STARTED, AgentClient
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.job_look import look
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.job_progress import progress_text
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.screen import show

HOST_WAIT = 10.0
"""Seconds that one call waits on the host for the job's end: a job that has ended by then needs no second call.

Less than WinRM's usual operation timeout of 20 s, after which a client must ask again.
"""
LINE_SECONDS = 30.0

# In all of these cases, the job continues or has never begun: asking by its id shows which.
_LOST = frozenset({"connection_lost", "no_answer", NOT_STARTED})
# It also continues if a poll could not read its folder: usually an antivirus has a file there open for a moment.
_UNREADABLE = frozenset({"state_owner", "system"})

# How the job was started, by the agent's name for it. Only for a job of this run.
_ROUTES = {
    "breakaway": "as a process outside of the connection's job object",
    "wmi": "by WMI (Win32_Process.Create), because the connection's job object does not let a process leave it",
    "inside": "inside the connection",
}

_MET = "The operation was started by an earlier run, and this one waited for its end."
_MET_ENDED = "The operation was started by an earlier run, and had ended at {}: nothing was done now."


def run_job(
    client: AgentClient, request: c.Mapping[str, t.Any], *, alone: bool = False, route: str | None = None
) -> dict[str, t.Any]:
    """Run a request of the agent as a job, and return its answer, of success or failure.

    request: operation backup, restore or verify, with its fields. The job's id is made from it. So a run with the same
      request finds a job of an earlier run that still works, or its answer if no run has received it.
    alone: close the connection as soon as the job has begun, and ask for it by a new one: a job continues meanwhile.
    The answer then has ``route`` too, how the job was started.
    route: start it only in this way; for a rehearsal's own jobs.

    The network identity is a member of the request that starts the job. It is not in the job's own request, which is on
    the host's disk, and not in its id: with a new password, the job that was started with the old one is found.

    Raises as each call. If a connection is lost when the job may have begun, it is opened again according to ``retry``.
    After that, it is an AgentCallError, never an unreachable host, while the job continues. On any other interruption
    (Ctrl-C, the task's timeout) the job is cancelled, as well as the connection allows.
    """
    job = _Job(client, request, alone, route)
    try:
        return job.answer()
    except (AgentCallError, AnsibleConnectionFailure):
        raise
    except BaseException:
        job.cancel()
        raise


def job_id(request: c.Mapping[str, t.Any]) -> str:
    """Return the id of the job that performs a request: the same for the same request.

    Each run chooses anew where a restore stores the replaced files, so this is not part of the id.
    """
    asked = {name: value for name, value in request.items() if name != "safety_set_id"}
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode("utf-8")).hexdigest()
    return f"{request['operation']}-{digest[:32]}"


def job_place(request: c.Mapping[str, t.Any]) -> dict[str, str]:
    """Return the members of start, poll and cancel that name the job of a request, for one attempt.

    Attempt: gets its own answer again, but not an answer that another run has received. A rehearsal's jobs are in a
    state folder of its own.
    """
    own = {"state": str(request["state"])} if "state" in request else {}
    return {"id": job_id(request), "attempt": secrets.token_hex(8), **own}


class _Job:
    def __init__(self, client: AgentClient, request: c.Mapping[str, t.Any], alone: bool, route: str | None) -> None:
        self._client = client
        self._alone = alone
        self._only = {"route": route} if route else {}
        self._request = {"protocol": PROTOCOL, "check": False, **request}
        self._place = job_place(request)
        self._begun = False
        self._started = time.monotonic()
        self._next_line = self._started + LINE_SECONDS

    def answer(self) -> dict[str, t.Any]:
        """Start the job and follow it to its end."""
        wait = 0.0 if self._alone else self._longest_wait()
        reply = self._call("start", wait, request=self._request, **self._only, **self._client.network)
        if self._alone:
            self._client.disconnect()
        attached, ended = (False, None) if reply["failed"] else (reply["attached"], reply["ended"])
        self._show_route(reply)
        route = {"route": reply.get("route")} if self._alone else {}
        polls = 0
        while not reply["failed"] and reply["state"] == "running":
            self._show(reply["progress"])
            self._pause(retry.poll_pause(time.monotonic() - self._started))
            reply = self._poll()
            polls += 1
        if reply["failed"]:
            # A job that has begun continues, even if its state cannot be read.
            return {**reply, "changed": polls > 0 and self._request["operation"] != "verify"}
        answer: dict[str, t.Any] = reply["answer"]
        met = [_MET if ended is None else _MET_ENDED.format(ended)] if attached else []
        return {**answer, **route, "warnings": [*reply["warnings"], *met, *answer["warnings"]]}

    def _poll(self) -> dict[str, t.Any]:
        """Ask for the progress of the job, several times if the host could not read it."""
        for pause in retry.attempts():
            reply = self._call("poll", min(self._longest_wait(), max(0.0, self._next_line - time.monotonic())))
            if pause is None or not reply["failed"] or reply["error"]["code"] not in _UNREADABLE:
                break
            self._client.wait("poll", reply["error"]["cause"], pause)
        return reply

    def cancel(self) -> None:
        """Ask the job to end. If it does not end, the host ends its process, except for a restore.

        Errors are ignored: the caller already has one.
        """
        Display().warning(
            f"{self._client.host}: {self._request['operation']}: interrupted, the job on the host is cancelled"
        )
        with contextlib.suppress(Exception):
            self._client = dataclasses.replace(self._client, sharing=None)  # which may have ended
            self._client.disconnect()
            self._send("cancel", HOST_WAIT)

    def _longest_wait(self) -> float:
        sharing = self._client.sharing
        return HOST_WAIT if sharing is None else min(HOST_WAIT, sharing.patience)

    def _pause(self, seconds: float) -> None:
        if self._client.sharing is None:
            time.sleep(seconds)
        else:
            self._client.sharing.sleep(seconds)

    def _call(self, operation: str, wait: float, **fields: t.Any) -> dict[str, t.Any]:
        """Send one request, over new connections if one is lost, or if the host did not start the agent.

        A second ``start`` of the same id finds the job that the first one has begun.
        """
        for pause in retry.attempts():
            try:
                return self._send(operation, wait, **fields)
            except AgentCallError as error:
                if error.failure.code not in _LOST:
                    raise
                lost: AgentCallError | AnsibleConnectionFailure = error
                self._begun = self._begun or error.failure.code != NOT_STARTED
            except AnsibleConnectionFailure as error:
                if not self._begun:
                    raise
                lost = error
            if pause is not None:
                self._client.wait(operation, _cause(lost), pause)
                self._client.disconnect()
        raise self._given_up(lost)

    def _given_up(self, lost: AgentCallError | AnsibleConnectionFailure) -> AgentCallError:
        """Return the error of a call that got no answer. If the job may have started, it continues."""
        if isinstance(lost, AgentCallError) and (lost.failure.code == "no_answer" or not self._begun):
            return lost
        return AgentCallError(
            Failure(
                code="connection_lost",
                what=f"The host did not answer again after the operation ({self._request['operation']}) was started",
                cause=f"{_cause(lost)} (attempt {len(retry.PAUSES) + 1})",
                next=f"The operation continues on the host as job {self._place['id']}. {self._again()}",
            )
        )

    def _again(self) -> str:
        """Return how the user finds the job again. For a backup, a new set would be another job."""
        asked = self._request
        found = "it waits for the end of that job, and does not start a second one"
        if asked["operation"] != "backup" or "state" in asked:
            return f"Run the same again: {found}."
        added = set_again.options(asked["deployment"], asked["set_id"])
        return (
            f"Run the same again, and add {added} (in a task of your own: the same set_id): {found}. If the job ends "
            "without a complete part, leave this out, and a new set is made."
        )

    def _send(self, operation: str, wait: float, **fields: t.Any) -> dict[str, t.Any]:
        if operation == "start":
            call = {"operation": operation, **self._place, "wait_ms": round(wait * 1000), **fields}
            answer = self._client.call_once(call)
        else:
            answer = look(self._client, operation, self._place, wait)
        self._begun = True
        return answer

    def _show_route(self, reply: c.Mapping[str, t.Any]) -> None:
        if route := _ROUTES.get(str(reply.get("route"))):
            limits = "; a job object of Windows limits it" if reply["in_job_object"] else ""
            text = f"{self._client.host}: {self._request['operation']}: started {route}{limits}"
            Display().vv(text, host=self._client.host)

    def _show(self, progress: c.Mapping[str, t.Any] | None) -> None:
        if time.monotonic() >= self._next_line:
            self._next_line = max(self._next_line + LINE_SECONDS, time.monotonic())
            show([f"{self._client.host}: {self._request['operation']}: {progress_text(progress)}"])


def _cause(lost: AgentCallError | AnsibleConnectionFailure) -> str:
    return lost.failure.cause if isinstance(lost, AgentCallError) else str(lost)
