# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions of group attributes between a host that answers as recorded and a directory that runs."""

from __future__ import annotations

import base64
import gzip
import hashlib
import itertools
import typing as t

from unit.plugins.recorded_host import Host, answer

from lab.directory.samba_server import Samba
from lab.directory.slapd import Slapd

Make = t.Callable[..., Host]
SET = "20261122T150405Z"
_numbers = itertools.count()
ARGS = {"backup_root": "D:\\Backups", "deployment": "HQ", "set_id": SET, "domain": "Corp.Example"}
RESTORE = {**ARGS, "confirm": SET}
PART = {"deployment": "hq", "part": "group_attributes.corp.example", "component": "group_attributes"}
ADOPTED = answer("adopt", changed=True, server=PART["part"], part_path="D:\\p", part_sha256="a" * 64, state="complete")
LIST = answer("list", sets=[])
STORE = [answer("place", changed=True), answer("put", changed=True), answer("put", changed=True), ADOPTED]


def domains(server: Slapd | Samba, **changes: t.Any) -> dict[str, t.Any]:
    """The variable for a directory, its one item changed."""
    item = {
        "name": "corp.example",
        "server": "127.0.0.1",
        "port": server.ldaps_port,
        "username": server.username,
        "password": server.password,
        "ca_file": str(server.ca_file),
    }
    return {"groupid_domains": [{**item, **changes}]}


def file(content: bytes, **facts: t.Any) -> dict[str, t.Any]:
    """The agent's answer to ``get``."""
    return answer(
        "get",
        content=base64.b64encode(gzip.compress(content)).decode(),
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        **{"sealed": True, "details": {}, **facts},
    )


def export(host: Make, server: Slapd) -> tuple[dict[str, bytes], dict[str, t.Any]]:
    """Export the directory as it is: files by name, and details of the part."""
    made = host("groupid_ldif_export", {**ARGS, "engine": "ldap"}, *STORE)
    assert made.run(**domains(server))["failed"] is False
    puts = [one for one in made.requests if one["operation"] == "put"]
    files = {one["name"]: gzip.decompress(base64.b64decode(one["content"])) for one in puts}
    return files, made.requests[-1]["details"]


def changed(directory: Slapd) -> str:
    """Change one group; its DN."""
    dn = next(dn for dn, attributes in directory.groups().values() if attributes.get("extensionAttribute12"))
    directory.change(dn, "extensionAttribute12", b"changed %d" % next(_numbers))
    return dn


def fetched(files: dict[str, bytes], details: dict[str, t.Any], **facts: t.Any) -> list[dict[str, t.Any]]:
    """The answers to both gets, in the order they are asked."""
    return [
        file(files["corp.example.groups.jsonl"], details=details, **facts),
        file(files["corp.example.ldf"], details=details, **facts),
    ]


def with_two_changed(host: Make, directory: Slapd) -> tuple[dict[str, bytes], dict[str, t.Any], list[str]]:
    """Export, then change two groups: files, details, their DNs."""
    files, details = export(host, directory)
    dns = [dn for dn, attributes in directory.groups().values() if attributes.get("extensionAttribute12")][:2]
    for dn in dns:
        directory.change(dn, "extensionAttribute12", b"changed %d" % next(_numbers))
    return files, details, dns


def undo_of(made: Host) -> tuple[dict[str, bytes], dict[str, t.Any]]:
    """What a restore stored: the files of the undo, and details."""
    puts = [one for one in made.requests if one["operation"] == "put"]
    files = {one["name"]: gzip.decompress(base64.b64decode(one["content"])) for one in puts}
    return files, made.requests[-1]["details"]


def with_others(directory: Slapd, *names: str) -> dict[str, t.Any]:
    """The variable with more domains, which nobody asks."""
    variable = domains(directory)
    [own] = variable["groupid_domains"]
    return {"groupid_domains": [own, *({**own, "name": name} for name in names)]}
