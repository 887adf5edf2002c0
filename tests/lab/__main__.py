# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command line: ``python -m lab start | stop | status | damage | snapshot | compare``."""

from __future__ import annotations

import argparse
import json
import pathlib
import sys

from lab import daemon, damage, databases, fleet, groups, inventory, layout, snapshot, wine_host, writers
from lab.directory.administration import Administration
from lab.lab import LabError, live_components, load_fleet, prepare
from lab.repository import ROOT, shell_line
from lab.services import Services


def main(arguments: list[str] | None = None) -> int:
    """Run one command and give its exit code: 0 done, 1 differences or nothing running, 2 failed."""
    options = _parser().parse_args(arguments)
    options.root = options.root.resolve()
    try:
        code: int = options.command(options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 2
    return code


def _start(options: argparse.Namespace) -> int:
    port = daemon.running(options.root)
    if port is not None:
        raise LabError(f"A lab runs here already, on port {port}. End it with: {shell_line('stop', options.root)}")
    obstacle = wine_host.why_not() if options.wine else None
    if obstacle:
        print(f"lab: no host on Wine: {obstacle}", file=sys.stderr)
    wine = options.wine and not obstacle
    made = fleet.default_fleet(
        options.hosts, scale=options.scale, seed=options.seed, wine=wine, sql=True, directory=True, at_work=True
    )
    prepare(options.root, made)
    port = daemon.start(options.root, options.port)
    file = options.root / "inventory.yml"
    root = inventory.SHARED_ROOT if options.backup_root == "shared" else inventory.LOCAL_ROOT
    style = inventory.Style(
        options.naming,
        options.localhost,
        backup_root=root,
        sql_port=daemon.port_of(options.root, "sql"),
        sql_ca=str(databases.authority(options.root)),
        sql_mode="unc" if root == inventory.SHARED_ROOT else "host",
        directory_port=daemon.port_of(options.root, "ldaps"),
        directory_ca=str(groups.authority(options.root)),
    )
    inventory.write(file, made, port, style)
    print(f"{len(made.hosts)} hosts on 127.0.0.1:{port}, inventory: {file}")
    print(f"next:  ansible-playbook -i {file} identityops.groupid.preflight")
    print("       ansible-playbook -i ... identityops.groupid.backup")
    print(f"end:   {shell_line('stop', options.root)}")
    return 0


def _stop(options: argparse.Namespace) -> int:
    stopped = daemon.stop(options.root)
    print("The lab has ended." if stopped else f"No lab runs on {options.root}.")
    return 0


def _status(options: argparse.Namespace) -> int:
    port = daemon.running(options.root)
    if port is None:
        print(f"No lab runs on {options.root}.")
        return 1
    print(f"A lab runs on 127.0.0.1:{port}, inventory: {options.root / 'inventory.yml'}")
    for host in load_fleet(options.root).hosts:
        print(f"  {host.name:12} GroupID {host.version:5} deployment {host.deployment:10} runner {host.runner}")
    return 0


def _serve(options: argparse.Namespace) -> int:
    daemon.serve(options.root, options.port)
    return 0


def _damage(options: argparse.Namespace) -> int:
    components = live_components(options.root, options.host)
    folder = components.get(options.component)
    if folder is None:
        raise LabError(f"{options.host} has no component {options.component}; it has {', '.join(components)}.")
    try:
        victim = damage.inflict(folder, options.kind, options.seed)
    except LookupError as error:
        raise LabError(str(error)) from error
    print(f"{options.host}: {options.kind} at {options.component}/{victim.relative_to(folder)}")
    return 0


def _harm_database(options: argparse.Namespace) -> int:
    before = databases.rows(options.root, options.deployment)
    databases.harm(options.root, options.deployment, below=writers.FIRST_ROW)
    lost = len(set(before) - set(databases.rows(options.root, options.deployment)))
    print(f"{databases.name_of(options.deployment)}: {lost} of {len(before)} rows changed or deleted")
    return 0


def _rows(options: argparse.Namespace) -> int:
    for row in databases.rows(options.root, options.deployment):
        if row[0] not in range(writers.FIRST_ROW, writers.LAST_ROW):
            print(*row, sep="\t")
    return 0


def _harm_groups(options: argparse.Namespace) -> int:
    print(*groups.harm(_directory(options)), sep="\n")
    return 0


def _groups(options: argparse.Namespace) -> int:
    print(*groups.listing(_directory(options)), sep="\n")
    return 0


def _directory(options: argparse.Namespace) -> Administration:
    port = daemon.port_of(options.root, "ldap")
    if not port:
        raise LabError(f"No lab with a directory runs on {options.root}.")
    return groups.connect(options.root, load_fleet(options.root), port)


def _services(options: argparse.Namespace) -> int:
    for what, state in Services(options.root, load_fleet(options.root).host(options.host)).picture().items():
        print(f"{what}: {state}")
    return 0


def _written(options: argparse.Namespace) -> int:
    print(writers.last_written(options.root, options.deployment))
    return 0


def _cut(options: argparse.Namespace) -> int:
    found = writers.cut(options.root, load_fleet(options.root), options.deployment, options.set_id, options.since)
    for fault in found.faults[:20]:
        print(fault)
    verdict = f"is torn, {len(found.faults)} faults" if found.faults else "is one point in time"
    held = ", ".join(f"{target} up to {number}" for target, number in found.held.items())
    print(f"{options.deployment}: the set {verdict}: {held}")
    return 1 if found.faults else 0


def _picture(options: argparse.Namespace) -> snapshot.Picture:
    """Look at a host, past what GroupID writes while it runs."""
    found = snapshot.take(live_components(options.root, options.host))
    return {path: facts for path, facts in found.items() if path.rpartition("/")[2] not in writers.FILES}


def _snapshot(options: argparse.Namespace) -> int:
    picture = _picture(options)
    options.file.write_text(json.dumps(picture, indent=0), encoding="utf-8")
    print(f"{len(picture)} files and folders of {options.host} noted in {options.file}")
    return 0


def _compare(options: argparse.Namespace) -> int:
    before = json.loads(options.file.read_text(encoding="utf-8"))
    after = _picture(options)
    differences = snapshot.compare(before, after, folder_times=options.folder_times)
    for difference in differences:
        print(f"{difference.what}: {difference.path}")
    print(f"{options.host}: {f'{len(differences)} differences' if differences else f'{len(after)} entries, all equal'}")
    return 1 if differences else 0


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--root", type=pathlib.Path, default=ROOT, help="folder of the lab")
    parser = argparse.ArgumentParser(prog="python -m lab", description="A fleet of GroupID servers on loopback.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    start = commands.add_parser("start", parents=[common], help="make a fleet with fresh disks and serve it")
    start.add_argument("--hosts", type=int, default=3)
    start.add_argument("--scale", choices=fleet.SCALES, default="default")
    start.add_argument("--seed", type=int, default=1)
    start.add_argument("--wine", action="store_true", help="add a host on Wine")
    start.add_argument("--port", type=int, default=0, help="0 finds a free one")
    start.add_argument("--naming", choices=inventory.NAMINGS, default="name", help="what the inventory calls the hosts")
    start.add_argument("--localhost", action="store_true", help="name localhost in the inventory")
    start.add_argument("--backup-root", choices=("local", "shared"), default="local")
    start.set_defaults(command=_start)
    for name, command, text in (("stop", _stop, "end it"), ("status", _status, "tell what runs")):
        commands.add_parser(name, parents=[common], help=text).set_defaults(command=command)
    serve = commands.add_parser("serve", parents=[common], help="serve a prepared lab in the foreground")
    serve.add_argument("--port", type=int, default=0)
    serve.set_defaults(command=_serve)

    for name, command, text in (
        ("damage-database", _harm_database, "change rows of a deployment's database"),
        ("rows", _rows, "print the rows of a deployment's database, without those that GroupID writes while it runs"),
        ("written", _written, "print the number of what GroupID has written last"),
    ):
        database = commands.add_parser(name, parents=[common], help=text)
        database.add_argument("deployment")
        database.set_defaults(command=command)

    for name, command, text in (
        ("damage-groups", _harm_groups, "change, clear and set attributes of groups, move, rename and add one"),
        ("groups", _groups, "print all groups: objectGUID, digest of the attributes, DN"),
    ):
        commands.add_parser(name, parents=[common], help=text).set_defaults(command=command)

    cut = commands.add_parser("cut", parents=[common], help="say whether a set is one point in time; 1 if it is not")
    cut.add_argument("deployment")
    cut.add_argument("set_id")
    cut.add_argument("--since", type=int, default=0, help="number of what was written last before the backup")
    cut.set_defaults(command=_cut)
    services = commands.add_parser("services", parents=[common], help="print what runs on a host, and how")
    services.add_argument("host")
    services.set_defaults(command=_services)

    harm = commands.add_parser("damage", parents=[common], help="harm a live server")
    harm.add_argument("host")
    harm.add_argument("kind", choices=damage.KINDS)
    harm.add_argument("--component", choices=layout.COMPONENTS, default="self_service_portals")
    harm.add_argument("--seed", type=int, default=1)
    harm.set_defaults(command=_damage)
    for name, command, text in (
        ("snapshot", _snapshot, "note what is in a host's components"),
        ("compare", _compare, "compare a host with a snapshot; exit code 1 when they differ"),
    ):
        picture = commands.add_parser(name, parents=[common], help=text)
        picture.add_argument("host")
        picture.add_argument("file", type=pathlib.Path)
        picture.set_defaults(command=command)
        if name == "compare":
            picture.add_argument("--no-folder-times", dest="folder_times", action="store_false")
    return parser


if __name__ == "__main__":
    sys.exit(main())
