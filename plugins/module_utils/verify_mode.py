# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a part a verification reads: every file, no content, or a share of the files."""

from __future__ import annotations

import re

FULL = "full"
QUICK = "quick"

_SHARE = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")


class InvalidModeError(ValueError):
    """The text is not a mode."""


def check(text: str) -> str:
    """Return the mode unchanged: ``full``, ``quick`` or ``n/t``, as in ``2/7``. Raises InvalidModeError."""
    share = _SHARE.fullmatch(text)
    if text in (FULL, QUICK) or (share and int(share[1]) <= int(share[2])):
        return text
    raise InvalidModeError(
        f"Mode {text!r} is not full, quick, or a share such as 2/7 (the second of seven; up to 9999)."
    )
