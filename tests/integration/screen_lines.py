# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person has to read of a run: the lines that are not Ansible's own for each play, task and host."""

from __future__ import annotations

import re

# A banner, the line of one host that did well, was skipped or did not answer, and the recap's line of a host.
_ORDINARY = re.compile(
    r"(PLAY|TASK|PLAY RECAP|RUNNING HANDLER)\b.*"
    r"|(ok|changed|skipping|included|rescued|ignored|\.\.\.ignoring):?.*"
    r"|fatal: \[[^]]+\]: UNREACHABLE!.*"
    r"|\S+ +: ok=\d+ .*"
)


def to_read(output: str) -> list[str]:
    """Return the lines that are left.

    Not counted beside the ordinary lines: blank ones, and what ansible-core 2.19 and later print once of a task that
    failed, which is its ``[ERROR]`` with the lines of the playbook and their marker.
    """
    lines = output.splitlines()
    left = []
    number = 0
    while number < len(lines):
        if lines[number].startswith("[ERROR]: "):
            # Of a task it says what its host's line says; else it is all that is said.
            left += [] if lines[number].startswith("[ERROR]: Task failed") else [lines[number]]
            number = _after_excerpt(lines, number)
            continue
        if lines[number].strip() and not _ORDINARY.fullmatch(lines[number]):
            left.append(lines[number])
        number += 1
    return left


def _after_excerpt(lines: list[str], number: int) -> int:
    """Return the number of the line behind an error and the source that it shows."""
    number += 1
    while number < len(lines) and (
        not lines[number].strip() or re.match(r"Origin: | *\d+( |$)|<<< caused by >>>| +[\^.]", lines[number])
    ):
        number += 1
    return number
