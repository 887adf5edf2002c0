# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of the repository that the lab reads from and builds in."""

from __future__ import annotations

import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = REPOSITORY / "plugins" / "plugin_utils" / "client"
CACHE = REPOSITORY / "build" / "lab" / "cache"
MONO_FILES = sorted((pathlib.Path(__file__).parent / "mono").glob("*.cs"))
"""What a mono host has in place of the files that call Windows."""
