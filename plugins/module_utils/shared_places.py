# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""Folders on shares that several servers name: which server saves them, and which servers would overwrite others.

A share is the same place for every server. A path with a drive is a different place on each server, and is never
compared. Names are not resolved: an address and a name of the same file server are two places here.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses

from ansible_collections.identityops.groupid.plugins.module_utils.network.endpoint import is_address


@dataclasses.dataclass(frozen=True)
class _Share:
    host: str
    names: tuple[str, ...]  # the share and the folders below it

    @classmethod
    def of(cls, path: str) -> _Share | None:
        text = path.strip().replace("/", "\\").casefold()
        if not text.startswith("\\\\"):
            return None
        host, *names = [name for name in text.split("\\") if name] or [""]
        return cls(host.rstrip("."), tuple(names)) if host and names else None

    def holds(self, other: _Share) -> bool:
        return _same_host(self.host, other.host) and self.names == other.names[: len(self.names)]


@dataclasses.dataclass(frozen=True)
class Claim:
    """What a server saves or restores of one component. path: its folder. files: what is chosen in it, to compare."""

    path: str
    files: c.Hashable


def same_place(a: str, b: str) -> bool:
    r"""Whether two UNC paths are the same folder.

    Case, slashes, separators at the end and the domain behind a host's short name make no difference. False for paths
    with a drive, and if one path has an address and the other a name.
    """
    first, second = _Share.of(a), _Share.of(b)
    return first is not None and second is not None and first.holds(second) and second.holds(first)


def shared_sources(claims_by_server: c.Mapping[str, c.Mapping[str, Claim]]) -> dict[str, dict[str, str]]:
    """Return, by server, the components that another server saves and restores for it, with that server's name.

    claims_by_server: the claim on each component, for the servers of one deployment.
    If several servers claim the same files on the same share for a component, the first by name saves them. The result
    has that component only for the other servers, and no entry for a server without such components.
    """
    left: dict[str, dict[str, str]] = {}
    workers: dict[str, list[tuple[str, Claim]]] = {}  # by component
    for server in sorted(claims_by_server):
        for component, claim in claims_by_server[server].items():
            known = workers.setdefault(component, [])
            first = next((other for other, one in known if _same_claim(one, claim)), None)
            if first is None:
                known.append((server, claim))
            else:
                left.setdefault(server, {})[component] = first
    return left


def contested(targets_by_server: c.Mapping[str, c.Iterable[str]]) -> list[tuple[str, list[str]]]:
    """Return the shared folders that more than one server would write, each with those servers, in order of the paths.

    targets_by_server: the folders that each server restores to.
    If one folder contains another, the outer one is returned.
    """
    targets = [
        (server, path, share)
        for server in sorted(targets_by_server)
        for path in targets_by_server[server]
        if (share := _Share.of(path)) is not None
    ]
    outermost: list[tuple[str, _Share]] = []
    for dummy, path, share in sorted(targets, key=lambda target: len(target[2].names)):
        if not any(outer.holds(share) for dummy, outer in outermost):
            outermost.append((path, share))
    claims = [
        (path, sorted({server for server, dummy, share in targets if outer.holds(share)})) for path, outer in outermost
    ]
    return sorted((path, servers) for path, servers in claims if len(servers) > 1)


def _same_claim(a: Claim, b: Claim) -> bool:
    return a.files == b.files and same_place(a.path, b.path)


def _same_host(a: str, b: str) -> bool:
    if a == b:
        return True
    if is_address(a) or is_address(b) or ("." in a) == ("." in b):
        return False
    return a.partition(".")[0] == b.partition(".")[0]
