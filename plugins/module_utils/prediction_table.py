# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup will need, as tables for a terminal: the parts of each deployment, then the places they go to."""

from __future__ import annotations

import collections.abc as c

from ansible_collections.identityops.groupid.plugins.module_utils.columns import Cell
from ansible_collections.identityops.groupid.plugins.module_utils.narrow_table import narrow_table
from ansible_collections.identityops.groupid.plugins.module_utils.prediction import Part, Prediction, Room

_PARTS = ("part", "files", "MB", "size by", "minutes", "time by")
_ROOMS = ("place", "MB needed", "MB free", "enough")


def lines(predictions: c.Mapping[str, Prediction]) -> list[str]:
    """Write what `prediction.predict` gave. A place that several deployments need stands there once."""
    told: list[str] = []
    rooms: dict[str, Room] = {}
    for name, one in predictions.items():
        told += [f"Deployment {name}:", *narrow_table(_PARTS, [*map(_row, one["parts"]), ("all", _sum(one))]), ""]
        rooms.update({room["parts"][0]: room for room in one["rooms"]})
    return [*told, *narrow_table(_ROOMS, [(room["root"] or "-", _room(room)) for room in rooms.values()])]


def _row(part: Part) -> tuple[str, list[Cell]]:
    cells = [part["files"], _mb(part["bytes"]), _source(part["basis"])]
    return part["part"], [*cells, _minutes(part["seconds"]), _source(part["time_basis"])]


def _sum(one: Prediction) -> list[Cell]:
    """Of a sum that lacks something, say so."""
    sizes, times = (f"without {len(names)}" if names else "" for names in (one["unknown"], one["untimed"]))
    return [one["files"], _mb(one["bytes"]), sizes, _minutes(one["seconds"]), times]


def _room(room: Room) -> list[Cell]:
    free = room["free_bytes"]
    enough = "not known" if free is None else "yes" if room["enough"] else "no"
    return [_mb(room["needed_bytes"]), None if free is None else free // 10**6, enough]


def _source(basis: str) -> str:
    """Leave the id of a set out, which is in the data: the columns would be too wide."""
    return "last set" if basis.startswith("last set") else basis


def _mb(size: int | None) -> int | None:
    return None if size is None else -(-size // 10**6)


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60
