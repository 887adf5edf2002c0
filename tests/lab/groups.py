# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory of a fleet: slapd with the groups of its domain, what ldifde.exe reads, and what harms them."""

from __future__ import annotations

import hashlib
import pathlib
import uuid

from lab import fleet as fleets
from lab import layout
from lab.directory import ldifde
from lab.directory.administration import ADMINISTRATOR, Administration
from lab.directory.groups import ATTRIBUTES, TOP_UNIT, UNITS, Group, Made, unit_dn
from lab.directory.slapd import Slapd
from lab.fleet import Fleet

BASE = "DC=corp,DC=example"
COUNTS = {"small": 300, "default": 2000, "large": 2000}
# What the inventory calls the server; it stands in the certificate.
SERVER = "127.0.0.1"
_ANY_UNIT = unit_dn((UNITS[0], TOP_UNIT), BASE)
_ADDED = bytes.fromhex("aabbccdd") * 3 + bytes(3)


def authority(root: pathlib.Path) -> pathlib.Path:
    """Name the file with the certificate that the server shows, for those who check it."""
    return root / "directory" / "ca.pem"


def serve(root: pathlib.Path, fleet: Fleet, cache: pathlib.Path) -> Slapd:
    """Make the directory of a prepared lab; ``start`` and ``stop`` are the caller's. Its groups begin anew."""
    server = Slapd(
        root / "directory",
        base=BASE,
        domain=fleets.DOMAIN,
        groups=Made(COUNTS[fleet.scale], fleet.seed),
        password=fleet.directory_password,
        cache=cache,
    )
    assert server.ca_file is not None
    authority(root).write_bytes(server.ca_file.read_bytes())
    return server


def install_ldifde(root: pathlib.Path, fleet: Fleet, server: Slapd) -> None:
    """Put the stand-in for ldifde.exe on every mono host; it reads the running directory."""
    account = ldifde.Account(
        uri=server.uri,
        bind_dn=server.bind_dn,
        password=server.password,
        ca_file=str(authority(root)),
        base=BASE,
        servers=(SERVER, "localhost", fleets.DOMAIN),
    )
    for host in fleet.hosts:
        if host.runner == "mono":
            ldifde.install(layout.drive(root, host, "C"), account)


def connect(root: pathlib.Path, fleet: Fleet, port: int) -> Administration:
    """Come to the directory of a running lab past the collection; ``port`` is its plain one."""
    return Administration(BASE, f"{ADMINISTRATOR},{BASE}", fleet.directory_password, authority(root), port)


def listing(directory: Administration) -> list[str]:
    """Return a line for each group, by objectGUID: that, the digest of its attributes ("-": none), its DN."""
    return [
        f"{uuid.UUID(bytes_le=guid)}\t{_digest(attributes)}\t{dn}"
        for guid, (dn, attributes) in sorted(directory.groups().items())
    ]


def harm(directory: Administration) -> list[str]:
    """Change, clear and set attributes, move, rename and add a group, as an upgrade does that went wrong.

    Returns a line for each kind of harm. None is deleted. It can be done more than once.
    """
    groups = sorted(directory.groups().items())
    number = 1 + sum("added by an upgrade" in dn for dummy, (dn, _attributes) in groups)
    held = [(dn, attributes) for dummy, (dn, attributes) in groups if attributes]
    bare = [dn for dummy, (dn, attributes) in groups if not attributes]
    for place, (dn, attributes) in enumerate(held[::7]):
        name = sorted(attributes)[place % len(attributes)]
        directory.change(dn, name, b"\0changed" if name == "extensionData" else b"changed by an upgrade")
    cleared = held[3::7]
    for dn, attributes in cleared:
        for name in attributes:
            directory.change(dn, name)
    for dn in bare[:5]:
        directory.change(dn, "extensionAttribute12", b"set by an upgrade")
    directory.move(held[1][0], f"moved by an upgrade {number}", _ANY_UNIT)
    directory.move(held[2][0], f"renamed by an upgrade {number}")
    added = Group(
        f"added by an upgrade {number}", _ADDED + bytes([number]), attributes={"extensionAttribute15": (b"new",)}
    )
    directory.add(added)
    return [
        f"{len(held[::7])} groups changed",
        f"{len(cleared)} groups cleared",
        f"{len(bare[:5])} groups without attributes given one",
        "1 group moved, 1 renamed, 1 added",
    ]


def _digest(attributes: dict[str, list[bytes]]) -> str:
    held = sorted((name, sorted(values)) for name, values in attributes.items() if name in ATTRIBUTES)
    return hashlib.sha256(repr(held).encode()).hexdigest()[:16] if held else "-"
