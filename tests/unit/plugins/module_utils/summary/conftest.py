# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two servers of a run that has done everything."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils.summary.hosts import healthy
from unit.plugins.run_facts import Facts


@pytest.fixture
def facts() -> Facts:
    return healthy("web01", "web02")
