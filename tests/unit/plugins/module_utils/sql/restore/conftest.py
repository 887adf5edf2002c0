# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server of every test of a restore, over each driver that is here."""

from __future__ import annotations

import collections.abc as c
import pathlib

import pytest
from unit.plugins.module_utils.sql.restore.site import Site, backup
from unit.plugins.sql_drivers import DRIVERS

from lab.sql.server import SqlServerDouble


@pytest.fixture(params=DRIVERS)
def site(request: pytest.FixtureRequest, tmp_path: pathlib.Path, statements: list[str]) -> c.Iterator[Site]:
    with SqlServerDouble(tmp_path / "server") as double:
        double.engine.add_database("GroupID")
        made = Site(double, request.param)
        made.write("saved")
        made.run(backup())
        made.write("new")
        double.statements.clear()
        yield made
    statements += double.statements
