# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore changes, as text for people."""

from __future__ import annotations

import collections.abc as c

_SIGNS = {"added": "+", "replaced": "~", "removed": "-", "attributes": "@"}


def differences_text(counts: c.Mapping[str, int], paths: c.Mapping[str, c.Sequence[str]]) -> str:
    """List the paths, each kind under its full count.

    counts, paths: by kind (added, replaced, removed, attributes); there may be fewer paths than were counted.
    """
    lines = []
    for kind, sign in _SIGNS.items():
        if counts[kind]:
            lines.append(f"{kind}: {counts[kind]}")
            lines.extend(f"{sign} {path}" for path in paths[kind])
        if counts[kind] > len(paths[kind]):
            lines.append(f"{sign} ... and {counts[kind] - len(paths[kind])} more")
    return "".join(f"{line}\n" for line in lines)
