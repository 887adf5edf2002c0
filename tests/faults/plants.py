# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plants each fault that a rehearsal has to find by itself, and compares what is told with the table.

    PYTHONPATH=tests:build/source build/venv/bin/python -m faults.plants                  # all of them
    PYTHONPATH=tests:build/source build/venv/bin/python -m faults.plants "hard links"     # some, by name

The table is unit/agent/plants.py. The unit tests plant those together that break different claims, and rely on what it
says of each one. A plant that is missed, or that breaks more or less than it says there, ends the run with code 1.
"""

from __future__ import annotations

import pathlib
import sys
import tempfile
import time

from unit.agent.conftest import Host, compile_agent
from unit.agent.plants import PLANTS, unlike


def main(names: list[str]) -> int:
    """Plant some faults, or all, and print what became of each. Returns how many are not as the table has them."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        agent = compile_agent(pathlib.Path(folder))
        for number, name in enumerate(names or PLANTS):
            begun = time.monotonic()
            found = unlike(Host(agent, pathlib.Path(folder, str(number))), [name])
            wrong += bool(found)
            print(f"{name}: {'; '.join(found) or 'as in the table'} ({time.monotonic() - begun:.0f} s)", flush=True)
    print(f"{len(names or PLANTS)} plants, {wrong} not as in the table")
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
