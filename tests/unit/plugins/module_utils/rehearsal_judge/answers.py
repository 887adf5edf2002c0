# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of the agent."""

from __future__ import annotations

FAILED = {"failed": True, "error": {"code": "job_died", "path": "C:\\jobs\\1", "cause": "It had not started."}}
DONE = {"failed": False}
DAMAGED = {"failed": True, "error": {"code": "damaged", "path": "D:\\Sets\\1", "cause": "1 differences"}}
