# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines as a Windows host gets them, the one that the mono runner knows (the bootstrap), and its input."""

from __future__ import annotations

import base64
import binascii
import re

_MOST_LAYERS = 3
_ENCODED = re.compile(
    r"powershell(?:\.exe)?(?: -NoProfile| -NonInteractive| -ExecutionPolicy Unrestricted)*"
    r" -EncodedCommand ([A-Za-z0-9+/=]+)",
    re.IGNORECASE,
)


# What the ssh connection plugin of ansible-core before 2.18 puts before every command.
_CODE_PAGE = "chcp.com 65001 > $null ; "


def normalise(script: str) -> str:
    """Return a script as Ansible's shell plugin encodes it: lines stripped, without blank lines and comment lines."""
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("#"))


def peel(command_line: str) -> str:
    """Decode up to three layers of ``powershell -EncodedCommand``; Ansible adds one or two, by version."""
    text = command_line.strip()
    for _layer in range(_MOST_LAYERS):
        match = _ENCODED.fullmatch(text.removeprefix(_CODE_PAGE))
        if match is None:
            break
        try:
            text = base64.b64decode(match[1], validate=True).decode("utf-16-le").strip()
        except (binascii.Error, UnicodeDecodeError):
            break
    return text


def read_input(stdin: bytes) -> tuple[str, list[str]]:
    """Split the bootstrap's input as it does: the script, and the lines for it. Raises ValueError."""
    lines = [line.strip() for line in stdin.decode("ascii").splitlines() if line.strip()]
    if not lines:
        raise ValueError("Index was outside the bounds of the array.")
    count = int(lines[0])
    return "\n".join(lines[1 : count + 1]), lines[count + 1 :]
