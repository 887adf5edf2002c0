# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of the demonstration: a fleet is backed up, damaged and restored, and the lab judges the result."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fleet
from environment import BUILD, Environment

DEMO = BUILD / "demo"
LAB = DEMO / "lab"
WIDTH = 118

# Kind of damage, and the component that suffers it.
DAMAGE = (
    ("flip", "self_service_portals"),
    ("remove-folder", "password_center_user"),
    ("truncate", "synchronize_jobs"),
    ("remove", "reports"),
    ("add", "reports"),
)


@dataclass(frozen=True)
class Server:
    """A server of the lab's inventory."""

    name: str
    deployment: str


@dataclass(frozen=True)
class Place:
    """A backup root, where the lab keeps it (below a server's own disk, or once for all), and the database's mode."""

    title: str
    backup_root: str
    on_disk: str
    sql_mode: str

    def sets(self, deployment: str) -> list[Path]:
        """The folders of a deployment's sets: one on a share, else one for each server."""
        return sorted(LAB.glob(f"{self.on_disk}/{deployment}/*"), key=lambda folder: folder.name)


PLACES = (
    Place("Each server to a folder of its own", r"D:\GroupIDBackups", "hosts/*/D/GroupIDBackups", "host"),
    Place("All servers to one share", r"\\nas01\backup", "shares/nas01/backup", "unc"),
)


@dataclass(frozen=True)
class Row:
    """What became of one server in one place."""

    place: Place
    server: Server
    version: str
    set_id: str
    sealed: bool
    files: int
    verdict: str
    downtime: float
    services: str


@dataclass(frozen=True)
class SharedRow:
    """What became in one place of something that servers share. what: a database or a domain's groups."""

    place: Place
    what: str
    verdict: str


class Demonstration:
    """The steps, each with what it runs and where its output went."""

    def __init__(self, where: Environment) -> None:
        self._where = where
        self._step = 0
        self._servers: list[Server] = []

    def start(self) -> None:
        """A fresh fleet."""
        heading("Start a fleet: two GroupID 10 servers (hq), a GroupID 9 server (branch), a SQL Server, a directory")
        print("GroupID runs on the three, and writes into its folders and databases.")
        self._lab("start")
        listing = [self._where.command("ansible-inventory"), "-i", str(LAB / "inventory.yml"), "--list"]
        done = subprocess.run(listing, env=self._where.variables(), capture_output=True, text=True, check=True)
        facts = json.loads(done.stdout)["_meta"]["hostvars"]
        self._servers = [
            Server(name, host["groupid_deployment"])
            for name, host in sorted(facts.items())
            if "groupid_deployment" in host
        ]

    def stop(self) -> None:
        """End the fleet, however far the demonstration came."""
        fleet.lab(self._where, "stop", root=LAB)

    def round(self, place: Place) -> tuple[list[Row], list[SharedRow]]:
        """Back up, verify, damage, restore and compare: servers, databases and groups."""
        heading(f"{place.title}: {place.backup_root}")
        for server in self._servers:
            self._lab("snapshot", server.name, str(DEMO / f"{server.name}.json"))
        before = {deployment: self._lab("rows", deployment) for deployment in self._deployments()}
        groups = _digests(self._lab("groups"))
        self._play(place, "preflight")
        running = {server.name: self._lab("services", server.name) for server in self._servers}
        written = {deployment: self._lab("written", deployment).strip() for deployment in self._deployments()}
        report = DEMO / "run.json"
        self._play(place, "backup", groupid_exclude_defaults=[], groupid_run_file=str(report))
        set_ids = {deployment: place.sets(deployment)[-1].name for deployment in self._deployments()}
        downtimes = _downtimes(json.loads(report.read_text(encoding="utf-8")))
        services = {server.name: self._compare_services(server, running[server.name]) for server in self._servers}
        print()
        for deployment, set_id in set_ids.items():
            print("  " + self._lab("cut", deployment, set_id, "--since", written[deployment]).strip())
        self._check_by_hand(place, set_ids)
        self._play(place, "verify")

        self._stop_groupid()
        print()
        for server in self._servers:
            self._damage(server)
        print(*(f"  {line}" for line in self._lab("damage-groups").splitlines()), sep="\n")
        for deployment, set_id in set_ids.items():
            print("  " + self._lab("damage-database", deployment).strip())
            wanted = {
                "groupid_deployments": [deployment],
                "groupid_set_id": set_id,
                "groupid_restore_confirm": set_id,
                "groupid_restore_policy": "mirror",
                "groupid_ldif_clear": True,
            }
            self._play(place, "restore", **wanted)
        # Once more, to see that nothing differs any more.
        self._play(place, "restore", "--check", **wanted)
        shared = [
            SharedRow(place, f"database of {name}", _verdict(self._lab("rows", name) == rows))
            for name, rows in before.items()
        ]
        now = _digests(self._lab("groups"))
        same = all(now.get(guid) == digest for guid, digest in groups.items())
        shared.append(SharedRow(place, f"attributes of {len(groups)} groups", _verdict(same)))
        rows = [
            self._judge(place, server, set_ids[server.deployment], downtimes[server.name], services[server.name])
            for server in self._servers
        ]
        self._play(place, "resume")
        return rows, shared

    def _compare_services(self, server: Server, before: str) -> str:
        """Show what ran on a server before the backup and what runs after it, and say whether it is the same."""
        after = self._lab("services", server.name)
        print(f"\n  What runs on {server.name}{'':<{max(0, 31 - len(server.name))}} {'before the backup':<30} after it")
        now = dict(line.split(": ", 1) for line in after.splitlines())
        for line in before.splitlines():
            what, state = line.split(": ", 1)
            print(f"    {what:<42} {state:<30} {now.get(what, 'gone')}", flush=True)
        return _verdict(before == after)

    def _stop_groupid(self) -> None:
        """Stop it on all servers, as an administrator does before a restore."""
        command = [self._where.command("ansible"), "-i", str(LAB / "inventory.yml"), "groupid", "-m"]
        stop = [*command, "identityops.groupid.groupid_services", "-a", json.dumps({"state": "quiesced"})]
        done = subprocess.run(
            stop, env=self._where.variables(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise SystemExit(f"GroupID was not stopped: {done.stdout}{done.stderr}")
        print("\n  GroupID is stopped on all servers for the restore.")

    def _damage(self, server: Server) -> None:
        """Harm a server, and see that the comparison finds it."""
        for kind, component in DAMAGE:
            print("  " + self._lab("damage", server.name, kind, "--component", component).strip()[:WIDTH])
        compared = self._compared(server)
        if compared.returncode != 1:
            raise SystemExit(f"The damage to {server.name} does not show: {compared.stdout}{compared.stderr}")
        print(f"  {compared.stdout.splitlines()[-1]}", flush=True)

    def _compared(self, server: Server) -> subprocess.CompletedProcess[str]:
        """The server beside what it was at the start of the round: exit code 0 when equal."""
        return fleet.lab(self._where, "compare", server.name, str(DEMO / f"{server.name}.json"), root=LAB)

    def _deployments(self) -> list[str]:
        return sorted({server.deployment for server in self._servers})

    def _check_by_hand(self, place: Place, set_ids: dict[str, str]) -> None:
        """Every part, with nothing but sha256sum."""
        for deployment, set_id in set_ids.items():
            for manifest in LAB.glob(f"{place.on_disk}/{deployment}/{set_id}/*/manifest.sha256"):
                command = ["sha256sum", "--check", "--quiet", "--strict", manifest.name]
                done = subprocess.run(command, cwd=manifest.parent, capture_output=True, text=True, check=False)
                if done.returncode != 0:
                    raise SystemExit(f"sha256sum --check in {manifest.parent}:\n{done.stdout}{done.stderr}")
                lines = manifest.read_bytes().count(b"\n")
                print(f"  sha256sum --check {manifest.relative_to(LAB)}: {lines} files OK")

    def _judge(self, place: Place, server: Server, set_id: str, downtime: float, services: str) -> Row:
        [part] = LAB.glob(f"{place.on_disk}/{server.deployment}/{set_id}/{server.name}")
        record = json.loads((part / "part.json").read_text(encoding="utf-8"))
        compared = self._compared(server)
        verdict = (
            "equal to the original" if compared.returncode == 0 else f"DIFFERS\n{compared.stdout}{compared.stderr}"
        )
        sealed = (part.parent / "set.json").is_file()
        return Row(place, server, record["version"], set_id, sealed, record["files"], verdict, downtime, services)

    def _lab(self, *arguments: str) -> str:
        done = fleet.lab(self._where, *arguments, root=LAB)
        if done.returncode != 0:
            raise SystemExit(f"lab {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def _play(self, place: Place, playbook: str, *options: str, **variables: object) -> None:
        """One playbook, its output in a file and its summary here."""
        self._step += 1
        log = DEMO / f"{self._step:02}-{playbook}.log"
        extra = json.dumps(
            {"groupid_backup_root": place.backup_root, "groupid_sql_backup_mode": place.sql_mode, **variables}
        )
        command = [
            "ansible-playbook",
            "-e",
            extra,
            "-i",
            str(LAB / "inventory.yml"),
            f"identityops.groupid.{playbook}",
            *options,
        ]
        began = time.monotonic()
        with log.open("w", encoding="utf-8") as output:
            code = subprocess.run(
                [self._where.command(command[0]), *command[1:]],
                env=self._where.variables(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            ).returncode
        named = " ".join([playbook, *options])
        print(f"\n  ansible-playbook identityops.groupid.{named}   ({time.monotonic() - began:.1f} s, {log})")
        print(*(f"    {line}" for line in _summary(log.read_text(encoding="utf-8"))), sep="\n", flush=True)
        if code != 0:
            raise SystemExit(f"{playbook} ended with code {code}; all of its output is in {log}.")


def _downtimes(report: dict[str, Any]) -> dict[str, float]:
    """For how long each server was stopped, by the run's own report."""
    return {host: seconds for one in report["deployments"].values() for host, seconds in one["downtimes"].items()}


def _digests(listing: str) -> dict[str, str]:
    """objectGUID -> digest of its attributes, of each group of a listing; names may change."""
    return dict(line.split("\t")[:2] for line in listing.splitlines())


def _verdict(same: bool) -> str:
    return "equal to the original" if same else "DIFFERS"


def _summary(output: str) -> list[str]:
    """The lines of a play's last task, its summary; the recap where the play did not come so far."""
    printed = output.rpartition(": Print the summary]")[2].partition("\nok: [")[0]
    if printed:
        return printed.strip(" *\n").splitlines()
    return output.partition("PLAY RECAP")[2].splitlines()[1:] or output.splitlines()


def heading(text: str) -> None:
    print(f"\n== {text}", flush=True)
