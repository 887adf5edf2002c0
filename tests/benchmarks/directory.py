# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an export of group attributes costs beside OpenLDAP's own client, and a comparison beside an export.

Both clients read the same groups from the same server over LDAPS on loopback, in pages of 1,000. Ours runs in a process
of its own, whose peak memory is part of its bar.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES, GUID
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export import Exported, export_pages
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export_files import Pair
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.selection import Selection
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.compare import Comparison
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target
from lab.directory.groups import Made
from lab.directory.slapd import Slapd

GROUPS = 100_000
EXPORT_LIMIT = 3.5
"""Times ldapsearch's wall time; GUIDs, sort, hash and the companion included."""
COMPARE_LIMIT = 3.0
"""Times an export's wall time; the export that it begins with included."""
PEAK_LIMIT = 64
"""MB that the process of an export or a comparison may hold."""

_FILTER = "(&(objectClass=group)(objectCategory=group))"
_DOMAIN = "corp.example"


def rows(place: pathlib.Path, pairs: int) -> t.Iterator[dict[str, t.Any]]:
    """Two rows of the table. Each has peak_mb besides, the larger one of its runs."""
    folder = place / "directory"
    shutil.rmtree(folder, ignore_errors=True)
    with Slapd(folder / "slapd", groups=Made(GROUPS)) as server, tempfile.TemporaryDirectory(dir=folder) as then:
        _ours("export", server, pathlib.Path(then))
        runs = []
        for dummy in range(pairs):
            with tempfile.TemporaryDirectory(dir=folder) as one, tempfile.TemporaryDirectory(dir=folder) as other:
                export = _ours("export", server, pathlib.Path(one))
                peer = _ldapsearch(server, folder / "peer.ldif")
                runs.append((export, peer, _ours("compare", server, pathlib.Path(other), then)))
    yield _row(f"export of {GROUPS:,} groups", "ldapsearch", [(ours, peer) for ours, peer, dummy in runs], EXPORT_LIMIT)
    yield _row(
        f"compare of {GROUPS:,} groups", "export", [(ours, export[0]) for export, dummy, ours in runs], COMPARE_LIMIT
    )
    shutil.rmtree(folder)


def _row(name: str, peer: str, runs: list[tuple[tuple[float, int], float]], limit: float) -> dict[str, t.Any]:
    ratio = statistics.median(seconds / theirs for (seconds, dummy), theirs in runs)
    peak = max(peak for (dummy, peak), dummy in runs)
    return {
        "name": f"{name}, {peak} MB",
        "ours_s": round(statistics.median(seconds for (seconds, dummy), dummy in runs), 3),
        "peer": peer,
        "peer_s": round(statistics.median(theirs for dummy, theirs in runs), 3),
        "ratio": round(ratio, 3),
        "bar": limit,
        "holds": ratio <= limit and peak <= PEAK_LIMIT,
        "peak_mb": peak,
    }


def _ldapsearch(server: Slapd, output: pathlib.Path) -> float:
    """Seconds of the client that comes with OpenLDAP, from its start to its end."""
    command = ["ldapsearch", "-LLL", "-x", "-E", "pr=1000/noprompt", "-H", _uri(server), "-b", server.base]
    secret = output.with_name("secret")
    secret.touch(mode=0o600)
    secret.write_text(server.password, encoding="utf-8")
    begin = time.perf_counter()
    with output.open("wb") as file:
        subprocess.run(
            [*command, "-D", server.bind_dn, "-y", str(secret), _FILTER, GUID, *ATTRIBUTES],
            env={**os.environ, "LDAPTLS_CACERT": str(server.ca_file)},
            stdout=file,
            check=True,
        )
    return time.perf_counter() - begin


def _uri(server: Slapd) -> str:
    return f"ldaps://localhost:{server.ldaps_port}"


def _ours(operation: str, server: Slapd, folder: pathlib.Path, then: str = "") -> tuple[float, int]:
    """Seconds and peak MB of one run in a new process; the start of Python is not in the seconds."""
    request = {
        "operation": operation,
        "folder": str(folder),
        "then": then,
        "target": {
            "domain": _DOMAIN,
            "server": "localhost",
            "port": server.ldaps_port,
            "username": server.bind_dn,
            "password": server.password,
            "ca_file": str(server.ca_file),
        },
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.directory"],
        input=json.dumps(request),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    return answer["seconds"], answer["peak_mb"]


def _run(request: dict[str, t.Any]) -> dict[str, t.Any]:
    """One export, or one export and its comparison with an earlier one: what the child does."""
    target = Target(**request["target"])
    folder = pathlib.Path(request["folder"])
    begin = time.perf_counter()
    exported = _export(target, folder)
    if request["operation"] == "compare":
        earlier = pathlib.Path(request["then"])
        then = Pair(earlier / exported.ldif.path.name, earlier / exported.companion.path.name, exported.attributes)
        now = Pair(exported.ldif.path, exported.companion.path, exported.attributes)
        comparison = Comparison(then, now, Selection())
        if list(comparison.differences()) or comparison.counts.equal != GROUPS:
            raise RuntimeError(f"an unchanged directory differs: {comparison.counts}")
    seconds = time.perf_counter() - begin
    if exported.groups != GROUPS:
        raise RuntimeError(f"{exported.groups} groups were exported")
    # getrusage tells the larger one of this program and of the one that it was forked from.
    status = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    [peak] = re.findall(r"VmHWM:\s*(\d+) kB", status)
    return {"seconds": seconds, "peak_mb": round(int(peak) / 1024)}


def _export(target: Target, folder: pathlib.Path) -> Exported:
    directory = open_directory(target)
    try:
        pages = directory.pages("DC=corp,DC=example", _FILTER, [GUID, *ATTRIBUTES])
        return export_pages(pages, ATTRIBUTES, folder, _DOMAIN)
    finally:
        directory.close()


if __name__ == "__main__":
    print(json.dumps(_run(json.load(sys.stdin))))
