# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches of Ansible itself."""

from __future__ import annotations

from integration.mistakes.mistake import Mistake

MISTAKES = (
    Mistake("tags", "backup --tags backup", ("no task of the plan ran", "tags backup", "Run again without --tags")),
    Mistake("tags to skip", "backup --skip-tags all", ("no task of the plan ran", "Run again without")),
    Mistake(
        "tags of the environment",
        "backup",
        ("no task of the plan ran", "nightly", "ANSIBLE_RUN_TAGS"),
        environment={"ANSIBLE_RUN_TAGS": "nightly"},
    ),
    Mistake(
        "start at a task",
        "backup --start-at-task 'Copy the folders of each server into its part of the set'",
        ("--start-at-task", "skips the plan", "Run again without it"),
    ),
)
