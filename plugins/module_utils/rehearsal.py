# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal of the folders: the shipped backup, verify and restore, on scratch folders of one server.

This module has no connection. A ``Server`` sends the requests. `rehearsal_judge` decides what each answer means for a
claim.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import time
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, shared_parts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure, FailureError
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import NOT_HELD, Finding
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_judge import files, jobs, surroundings

Answer = dict[str, t.Any]
Request = c.Mapping[str, t.Any]

DEPLOYMENT: t.Final = "rehearsal"
FIRST_SET: t.Final = "20000101T000000Z"
OTHER_SETS: t.Final = ("20000101T000001Z", "20000101T000002Z", "20000101T000003Z")
POWERSHELL: t.Final = "%SystemRoot%\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
KILL_WAIT: t.Final = 60
"""Seconds until a restore must have reached the moment at which it is killed. On Windows it compiles first."""
HICCUP_WAIT: t.Final = 90
"""Seconds until a job whose compiler fails once must have ended."""

_ALLOWED = ("*/junction/**", "*/reserved/**", "*/open/**", "*/twins/**")
_EVERY_PROPERTY = ("size", "attributes", "created", "written", "content", "security", "streams")
_BY_WITNESS = ("size", "content", "access", "streams")
_OF_A_COPY = ("size", "content", "streams")


def place_request(server: str, identity: str, root: str, account: str | None) -> Answer:
    """Return the request for a folder that another program will fill, like the folder of a set for a database.

    It is in a scratch folder of the server in the backup root, and is removed with it.
    account: account that gets access.
    """
    separator = "/" if root.startswith("/") else "\\"
    return {
        "operation": "place",
        "root": f"{root.rstrip(separator)}{separator}.rehearsal-{server}-{identity}",
        "deployment": DEPLOYMENT,
        "set_id": FIRST_SET,
        "part": shared_parts.DATABASE,
        "component": shared_parts.DATABASE,
        "account": account,
        "allow_open_roots": [],
    }


class Server(t.Protocol):
    """A server that answers requests. No method raises for an answer that is a failure."""

    def ask(self, request: Request) -> Answer:
        """Perform one request in one call."""

    def job(self, request: Request, route: str | None = None) -> Answer:
        """Perform one request as a job. The connection is closed as soon as the job has started.

        route: the only way to start the job; None: any.
        """

    def start(self, request: Request) -> Request:
        """Return the request that starts a job for another request."""


class StoppedError(FailureError):
    """The rehearsal cannot continue. failure: the agent's failure."""


@dataclasses.dataclass(frozen=True)
class Subject:
    """What is rehearsed.

    folders: ``{"component", "path"}`` of the components that were found. products: the products in a request.
    root: the backup root. None: only the volumes of the folders are checked.
    network: whether shares are opened with a separate account.
    witness: PowerShell script that reads a place with commands of Windows. Empty: none.
    """

    identity: str
    folders: c.Sequence[c.Mapping[str, str]]
    root: str | None
    products: c.Mapping[str, t.Any]
    network: bool = False
    witness: str = ""

    def step(self, step: str, **members: t.Any) -> Answer:
        """Return a request of the operation ``rehearsal``."""
        where = {"folders": list(self.folders), "root": self.root, **self.products}
        return {"operation": "rehearsal", "step": step, **where, **members}


class Outcome(t.NamedTuple):
    """findings: answers to claims. measured: speeds. platform: of the server. left: why files could not be removed.

    warnings: what a rehearsal may disturb, and components whose volume was not tested, with the cause.
    """

    findings: list[Finding]
    measured: dict[str, float]
    platform: dict[str, t.Any]
    left: Failure | None = None
    warnings: tuple[str, ...] = ()


def rehearse(server: Server, subject: Subject) -> Outcome:
    """Rehearse, and always remove everything at the end.

    Raises StoppedError if the scratch folders cannot be made.
    """
    began = time.monotonic()
    run = _Run(server, subject)
    try:
        run.perform()
    except BaseException:
        with contextlib.suppress(Exception):  # the first exception says more
            run.clean()
        raise
    left = run.clean()
    measured = {**run.measured, "seconds": round(time.monotonic() - began)}
    return Outcome(run.findings, measured, run.platform, left, run.warnings)


class _Run:
    def __init__(self, server: Server, subject: Subject) -> None:
        self._server = server
        self._subject = subject
        self._made: Answer = {}
        self.findings: list[Finding] = []
        self.measured: dict[str, float] = {}
        self.platform: dict[str, t.Any] = {}

    # ---- the steps, in order

    def perform(self) -> None:
        self._made = self._required(self._subject.step("make", id=self._subject.identity))
        self.platform = self._made["platform"]
        self.findings += surroundings.platform(self.platform)
        self.findings += files.not_made(self._places)
        if self._made["root"] is None:
            return
        backup = self._first_backup()
        stages: list[c.Callable[[], None]] = [self._witnessed, self._trust]
        if not backup["failed"]:
            self.findings += surroundings.share(self._made, self._subject.network)
            stages += [
                lambda: self._started_by_service(backup),
                self._compiled_late,
                lambda: self._sealed(backup),
                lambda: self._damaged_part(backup),
                self._restored,
                self._held_open,
                lambda: self._killed("plan.jsonl"),
                lambda: self._killed("ready"),
            ]
        for stage in stages:
            self._tried(stage)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the server warns of, and the components whose volume was not tested, with the cause."""
        not_placed = (
            f"The volume of {one['component'] or 'the system'} was not tested. {one['cause']}"
            for one in self._made.get("not_placed", ())
        )
        return (*self._made.get("warnings", ()), *not_placed)

    def _tried(self, stage: c.Callable[[], None]) -> None:
        """Try some claims. If this is stopped, the other claims are still tried."""
        try:
            stage()
        except StoppedError as error:
            self.findings.append(Finding("operations.succeed", NOT_HELD, str(error.failure)))

    def clean(self) -> Failure | None:
        """Remove everything, also after an interrupted start. Returns why it failed."""
        answer = self._server.ask(self._subject.step("clean"))
        return Failure.from_mapping(answer["error"]) if answer["failed"] else None

    def _first_backup(self) -> Answer:
        began = time.monotonic()
        self._server.ask({"operation": "list", "root": self._made["root"], "deployment": None, **self._own})
        self.measured["ms_per_call"] = round((time.monotonic() - began) * 1000)
        backup = self._server.job(self._backup(FIRST_SET))
        self.findings += jobs.job(backup, self.platform)
        self.findings += files.backup(backup, self._places, self._made)
        if not backup["failed"]:
            seconds = max(float(backup["seconds"]), 0.001)
            self.measured["files_per_second"] = round(backup["files"] / seconds)
            self.measured["mb_per_second"] = round(backup["bytes"] / seconds / 1e6, 1)
        return backup

    def _started_by_service(self, backup: Answer) -> None:
        """Where a job can leave the connection by itself, WMI starts one too."""
        if backup["route"] == jobs.BROKEN_AWAY:
            verified = self._server.job(self._verify(FIRST_SET), jobs.BY_SERVICE)
            self.findings += jobs.job_by_service(verified, self.platform)

    def _compiled_late(self) -> None:
        """A job whose compiler fails once, because the folder for its files does not exist until then."""
        start = self._server.start({**self._verify(FIRST_SET), "mode": "quick"})
        place = self._places[0]["path"]
        folder = f"{place}{'/' if '/' in place else chr(92)}temp"
        step = self._subject.step(
            "hiccup", path=folder, wait_ms=HICCUP_WAIT * 1000, request=start, state=self._made["state"]
        )
        self.findings += jobs.compiled_late(self._server.ask(step))

    def _sealed(self, backup: Answer) -> None:
        """Seal the first set, make a second one with links to it, remove it, and check that the first is unchanged."""
        document = backup_set.seal_document(DEPLOYMENT, FIRST_SET, backup["server"], [_member(backup)])
        seal = {"operation": "seal", **self._set(FIRST_SET), "own_part": True, "parts": []}
        second = OTHER_SETS[0]
        separator = "/" if "/" in self._made["root"] else "\\"
        answers = self._batch(
            self._verify(FIRST_SET),
            *self._looks(_EVERY_PROPERTY),
            *self._looks(_OF_A_COPY, part=backup["part_path"]),
            {**seal, "phase": "prepared", "document": document.text},
            {**seal, "phase": "sealed", "document_sha256": document.sha256},
            {**self._backup(second), "link_unchanged": True},
            self._verify(second),
            self._subject.step("remove", path=separator.join([self._made["root"], DEPLOYMENT, second])),
            *self._looks(("attributes",), part=backup["part_path"]),
        )
        looks = len(self._places)
        verified, live, copies = answers[0], answers[1 : looks + 1], answers[looks + 1 : 2 * looks + 1]
        prepared, sealed, linked, proven, removed, *after = answers[2 * looks + 1 :]
        self.findings += files.verified(verified)
        self.findings += files.untouched(live)
        self.findings += [*files.copied(copies), *files.streams_reported(backup, copies)]
        self.findings += [*files.succeeded(prepared), *files.succeeded(sealed)]
        self.findings += files.linked(linked, proven, removed, after, self._places)

    def _damaged_part(self, backup: Answer) -> None:
        """Change one byte of the part: verify must find it, and a restore must change nothing. Then repair the byte."""
        separator = "/" if "/" in backup["part_path"] else "\\"
        victim = separator.join([backup["part_path"], "volume1", "speed", "1.bin"])
        flip = self._subject.step("part", path=victim)
        answers = self._batch(
            flip,
            self._verify(FIRST_SET),
            self._restore("mirror"),
            *self._looks(_EVERY_PROPERTY),
            flip,
            self._verify(FIRST_SET),
        )
        self.findings += files.damage_found(answers[1], answers[2], answers[3:-2], answers[-1])

    def _restored(self) -> None:
        """Damage files and restore them: once with merge, which keeps newer files, and once with mirror."""
        looks = len(self._places)
        answers = self._batch(
            *self._damage(),
            {**self._restore("merge"), "check": True},
            self._restore("merge"),
            *self._looks(_EVERY_PROPERTY, extra=True),
            *self._damage(),
            self._restore("mirror"),
            *self._looks(_EVERY_PROPERTY),
        )
        previewed, merged = answers[looks], answers[looks + 1]
        kept = answers[looks + 2 : 2 * looks + 2]
        mirrored, exact = answers[3 * looks + 2], answers[3 * looks + 3 :]
        self.findings += files.predicted(previewed, merged)
        self.findings += files.restored("restore.merge", merged, kept, self._places)
        self.findings += files.restored("restore.mirror", mirrored, exact, self._places)

    def _held_open(self) -> None:
        """Hold files open: a backup copies, counts or names them, and a restore must roll back."""
        tree = self._places[0]["tree"]
        separator = "/" if "/" in tree else "\\"

        def held(folder: str, name: str, **what: bool) -> dict[str, t.Any]:
            return {"path": separator.join([tree, folder, name]), **what}

        in_use = [
            held("open", "reading.bin", read=True),
            held("open", "shared.bin", writes=True, read=True, write=True),
            held("open", "writing.bin", writes=True, read=True),
            held("open", "exclusive.bin", writes=True),
        ]
        in_the_way = [held("speed", "0.bin", writes=True), held("speed", "2.bin", read=True)]
        backup = {**self._backup(OTHER_SETS[1]), "retries": 0}
        looks = len(self._places)
        answers = self._batch(
            self._subject.step("hold", files=in_use, request=backup),
            *self._damage(),
            *self._each("record", name="damaged"),
            *(self._subject.step("hold", files=[one], request=self._restore("mirror")) for one in in_the_way),
            *self._looks(("size", "attributes", "written", "content", "streams"), record="damaged"),
            self._restore("mirror"),
        )
        self.findings += files.in_use(answers[0])
        first = 2 * looks + 1
        refused, after = answers[first : first + len(in_the_way)], answers[first + len(in_the_way) : -1]
        for file, answer in zip(in_the_way, refused, strict=True):
            self.findings += files.went_back(file["path"], answer, after)

    def _killed(self, moment: str) -> None:
        """Damage files, kill a restore at a mark of its journal, and let the next restore complete it."""
        kill = self._subject.step(
            "kill",
            moment=moment,
            wait_ms=KILL_WAIT * 1000,
            request=self._server.start(self._restore("mirror")),
            state=self._made["state"],
        )
        answers = self._batch(*self._damage(), kill, self._restore("mirror"), *self._looks(_EVERY_PROPERTY))
        killed, ended, *looks = answers[len(self._places) :]
        self.findings += files.killed(killed, ended, looks, self._places)

    def _witnessed(self) -> None:
        place = self._places[0]["path"]
        script = f"{place}{'/' if '/' in place else chr(92)}witness.ps1"
        shell = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Unrestricted", "-File", script, place]
        run = {
            "operation": "run",
            "program": POWERSHELL,
            "arguments": shell,
            "time_limit": 60,
            "collect": [],
            **self._own,
        }
        compare = {"place": place, "extra": True}
        answers = self._batch(
            self._subject.step("script", place=place, text=self._subject.witness),
            run,
            self._subject.step("compare", **compare, **{"with": "witness_files"}, properties=list(_BY_WITNESS)),
            self._subject.step("compare", **compare, **{"with": "witness_folders"}, properties=["access"]),
            self._subject.step("compare", **compare, **{"with": "witness_lists"}, properties=["security"]),
            self._subject.step("compare", **compare, **{"with": "witness_links"}, properties=["attributes"]),
        )
        self.findings += files.witnessed(answers[1], answers[2:])

    def _trust(self) -> None:
        separator = "/" if "/" in self._made["root"] else "\\"
        folder = f"{self._made['root']}{separator}open"
        backup = {**self._backup(OTHER_SETS[2]), "root": folder}
        opened, refused = self._batch(self._subject.step("open", path=folder), backup)
        self.findings += surroundings.trust(opened, refused, bool(self._made["root_is_share"]))

    # ---- requests

    @property
    def _places(self) -> list[Answer]:
        places: list[Answer] = self._made["places"]
        return places

    @property
    def _own(self) -> dict[str, t.Any]:
        return {"state": self._made["state"]}

    def _set(self, set_id: str) -> dict[str, t.Any]:
        return {"root": self._made["root"], "deployment": DEPLOYMENT, "set_id": set_id, **self._own}

    def _components(self) -> list[str]:
        return [f"volume{number}" for number in range(1, len(self._places) + 1)]

    def _backup(self, set_id: str) -> dict[str, t.Any]:
        components = [
            {"name": name, "path": place["tree"]} for name, place in zip(self._components(), self._places, strict=True)
        ]
        return {
            "operation": "backup",
            **self._set(set_id),
            "components": components,
            "allow_partial": list(_ALLOWED),
            "narrowed": [],
            "scope": {},
            "retry_wait_ms": 1,
        }

    def _verify(self, set_id: str) -> dict[str, t.Any]:
        return {"operation": "verify", **self._set(set_id), "mode": "full"}

    def _restore(self, policy: str) -> dict[str, t.Any]:
        components = [{"name": name, "policy": policy} for name in self._components()]
        return {"operation": "restore", **self._set(FIRST_SET), "unsealed": True, "components": components}

    def _each(self, step: str, **members: t.Any) -> list[Answer]:
        return [self._subject.step(step, place=place["path"], **members) for place in self._places]

    def _damage(self) -> list[Answer]:
        return self._each("damage")

    def _looks(
        self, properties: c.Sequence[str], part: str | None = None, extra: bool = False, record: str = "made"
    ) -> list[Answer]:
        """Return the requests that compare the tree of each place, or its copy in a part, with a record."""
        requests = []
        for name, place in zip(self._components(), self._places, strict=True):
            copy = None if part is None else f"{part}{'/' if '/' in part else chr(92)}{name}"
            look = {"place": place["path"], "path": copy, "with": record, "extra": extra}
            requests.append(self._subject.step("compare", **look, properties=list(properties)))
        return requests

    def _batch(self, *requests: Request) -> list[Answer]:
        """Perform requests in one call. Raises StoppedError if there is no answer."""
        answers: list[Answer] = self._required(self._subject.step("batch", requests=list(requests)))["answers"]
        return answers

    def _required(self, request: Request) -> Answer:
        answer = self._server.ask(request)
        if answer["failed"]:
            raise StoppedError(Failure.from_mapping(answer["error"]))
        return answer


def _member(backup: Answer) -> dict[str, t.Any]:
    fields = ("server", "part_sha256", "state", "machine_guid", "version", "files", "bytes", "epoch", "finished")
    return {**{field: backup[field] for field in fields}, "narrowed": [], "scope": {}}
