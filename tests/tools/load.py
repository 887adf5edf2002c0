# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test-load`: the tests marked `timing`, again and again, while two loops keep the machine busy."""

from __future__ import annotations

import argparse
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import collection
import environment
import outcome
import packages

# Each ends with this program too, however that ends.
BUSY = "import os; parent = os.getppid()\nwhile os.getppid() == parent: pass"


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """Keep that many cores at work for the length of the block."""
    running = [subprocess.Popen([sys.executable, "-c", BUSY]) for dummy in range(loops)]
    try:
        yield
    finally:
        for loop in running:
            loop.kill()
            loop.wait()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=20, help="how often they run (20)")
    arguments.add_argument("--loops", type=int, default=2, help="how many loops keep the machine busy (2)")
    arguments.add_argument("--workers", type=int, default=2, help="how many tests run at the same time (2)")
    arguments.add_argument("tests", nargs="*", default=["tests/unit", "tests/integration"], help="all of them if none")
    given = arguments.parse_args()

    packages.require(packages.LAB)
    packages.require_odbc()
    development = environment.development()
    collection.link()
    collection.install(development)
    # So that it ends its loops and its tests, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *dummy: sys.exit(143))
    passed = failed = 0
    with busy(given.loops):
        for number in range(1, given.rounds + 1):
            began = time.monotonic()
            result = outcome.of_pytest(
                f"load-{number}", development, *given.tests, "-m", "timing", "-n", str(given.workers)
            )
            good = result.passed > 0 and not result.failed
            passed, failed = passed + good, failed + (not good)
            counts = f"{result.passed} tests passed, {result.failed} failed, {sum(result.skipped.values())} skipped"
            print(f"round {number:>3}  {counts}  {time.monotonic() - began:7.1f} s", flush=True)
            if not good:
                print(*(f"    {line}" for line in result.complaint()), sep="\n", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
