# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: back up, damage and restore a fleet on this machine, and show that everything is back.

GroupID runs on it. The backup stops it, and starts again what ran. What GroupID has written shows that each set is one
point in time.

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
    line = "{:<20} {:<8} {:<8} {:<18} {:<7} {:>6} {:>8}  {:<24} {}"
    head = ("backup root", "server", "GroupID", "set", "sealed", "files", "down", "what runs after it")
    print(line.format(*head, "after the restore"))
    for row in rows:
        sealed = "yes" if row.sealed else "NO"
        where, down = row.place.backup_root, f"{row.downtime:.1f} s"
        about = (where, row.server.name, row.version, row.set_id, sealed, row.files, down, row.services)
        print(line.format(*about, row.verdict))
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
    good = all(row.sealed and row.verdict.startswith("equal") and row.services.startswith("equal") for row in rows)
    good &= all(one.verdict.startswith("equal") for one in shared)
    verdict = "Everything is back, byte for byte" if good else "NOT everything is back"
    print(f"\n{verdict} ({time.monotonic() - began:.0f} s).")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
