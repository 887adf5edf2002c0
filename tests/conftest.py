# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the work tree under its import name before any test imports it, however pytest was started."""

from __future__ import annotations

import collection

collection.link()
