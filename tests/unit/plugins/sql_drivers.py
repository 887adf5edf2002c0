# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both ODBC drivers as parameters of a test, and targets for them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target
from lab.sql.drivers import drivers
from lab.sql.server import SqlServerDouble

DRIVERS = [
    pytest.param(
        driver.value.strip("{}"), id=driver.name, marks=pytest.mark.skipif(not driver.value, reason=driver.install)
    )
    for driver in drivers()
]
both_drivers = pytest.mark.parametrize("driver", DRIVERS)


def target(double: SqlServerDouble, driver: str, **changes: t.Any) -> Target:
    """The double, as sa, in plain text unless changed."""
    options: dict[str, t.Any] = {
        "server": "127.0.0.1",
        "port": double.port,
        "username": "sa",
        "password": double.password,
        "encrypt": "off",
        "driver": driver,
        "login_timeout": 30,
    }
    return Target(**{**options, **changes})
