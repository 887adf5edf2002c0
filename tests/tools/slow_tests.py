# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write tests/slow_tests.txt by the times of the last `make test LANES=unit`: what `make check` leaves out."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

from environment import ROOT
from outcome import RESULTS

LIST = ROOT / "tests" / "slow_tests.txt"
SECONDS = 0.5


def main() -> int:
    reports = [Path(argument) for argument in sys.argv[1:]] or [RESULTS / "unit.xml"]
    slow = {
        _function(case)
        for report in reports
        for case in ElementTree.parse(report).getroot().iter("testcase")
        if float(case.attrib["time"]) >= SECONDS
    }
    LIST.write_text("".join(f"{name}\n" for name in sorted(slow)), encoding="utf-8")
    print(f"{len(slow)} functions of tests take {SECONDS} s or more: {LIST.relative_to(ROOT)}")
    return 0


def _function(case: ElementTree.Element) -> str:
    """Return the name that pytest selects a function of tests by. A report has folders, file and class in one name."""
    names = case.attrib["classname"].split(".")
    file = next(end for end in range(1, len(names) + 1) if ROOT.joinpath(*names[:end]).with_suffix(".py").is_file())
    path = Path(*names[:file]).with_suffix(".py").as_posix()
    return "::".join([path, *names[file:], case.attrib["name"].partition("[")[0]])


if __name__ == "__main__":
    sys.exit(main())
