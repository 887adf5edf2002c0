# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run is for. The summary and the file of a run depend on it."""

from __future__ import annotations

import typing as t

Kind = t.Literal["preflight", "list", "resume", "rehearse", "backup", "verify", "restore"]
