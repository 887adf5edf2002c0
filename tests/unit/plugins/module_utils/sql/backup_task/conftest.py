# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server of every test of a backup's task, over each driver that is here."""

from __future__ import annotations

import collections.abc as c
import pathlib

import pytest
from unit.plugins.module_utils.sql.backup_task.backing_up import running
from unit.plugins.sql_drivers import DRIVERS

from lab.sql.server import SqlServerDouble


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(tmp_path: pathlib.Path, statements: list[str]) -> c.Iterator[SqlServerDouble]:
    with running(tmp_path) as double:
        yield double
    statements += double.statements
