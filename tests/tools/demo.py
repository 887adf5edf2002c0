# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: back up, damage and restore a fleet on this machine, and show that everything is back.

Twice: each server with a backup folder of its own, then all of them on one share.
"""

from __future__ import annotations

import shutil
import signal
import sys
import time

import fleet
from demonstration import DEMO, LAB, PLACES, Demonstration, Row, SharedRow, heading


def _table(rows: list[Row], shared: list[SharedRow]) -> None:
    heading("Result")
    line = "{:<20} {:<8} {:<8} {:<18} {:<7} {:>6}  {}"
    print(line.format("backup root", "server", "GroupID", "set", "sealed", "files", "after the restore"))
    for row in rows:
        sealed = "yes" if row.sealed else "NO"
        where = row.place.backup_root
        print(line.format(where, row.server.name, row.version, row.set_id, sealed, row.files, row.verdict))
    for one in shared:
        print(f"{one.place.backup_root:<20} {one.what:<52} {one.verdict}")


def main() -> int:
    began = time.monotonic()
    # make and CI end a run by SIGTERM; the fleet ends with it, as on Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    where = fleet.ready()
    fleet.lab(where, "stop", root=LAB)
    shutil.rmtree(DEMO, ignore_errors=True)
    LAB.mkdir(parents=True)
    demonstration = Demonstration(where)
    try:
        demonstration.start()
        rounds = [demonstration.round(place) for place in PLACES]
    finally:
        demonstration.stop()
    rows = [row for servers, dummy in rounds for row in servers]
    shared = [one for dummy, found in rounds for one in found]
    _table(rows, shared)
    good = all(row.sealed and row.verdict.startswith("equal") for row in rows)
    good &= all(one.verdict.startswith("equal") for one in shared)
    verdict = "Everything is back, byte for byte" if good else "NOT everything is back"
    print(f"\n{verdict} ({time.monotonic() - began:.0f} s).")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
