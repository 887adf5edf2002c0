# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs, most of them for one test each, and a controller for them."""

from __future__ import annotations

import collections.abc as c
import pathlib

import pytest
from integration.controller import Controller

from lab import fleet, wine_host
from lab.lab import Lab, discard, prepare


@pytest.fixture
def lab(tmp_path: pathlib.Path) -> c.Iterator[Lab]:
    """The default fleet (web01 and web02 of hq, old01 of branch) with small trees."""
    root = tmp_path / "lab"
    prepare(root, fleet.default_fleet(scale="small"))
    with Lab(root) as running:
        yield running


@pytest.fixture
def controller(lab: Lab, tmp_path: pathlib.Path) -> Controller:
    """A controller whose inventory names the hosts as they name themselves."""
    folder = tmp_path / "controller"
    folder.mkdir()
    return Controller(lab, folder)


@pytest.fixture(scope="session")
def wine_lab(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Lab]:
    """One Wine host (wine01 of deployment wine) beside no others; nothing of it is left running at the end.

    For all tests, as it takes long to come up: each has sets and files of its own.
    """
    root = tmp_path_factory.mktemp("wine-lab")
    prepare(root, fleet.default_fleet(0, scale="small", wine=True))
    with Lab(root) as running:
        yield running
    assert wine_host.programs_on((root / "wine").resolve()) == []
    discard(root)


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Lab]:
    """A lab of one server (web01 of deployment hq) that answers over HTTP and HTTPS."""
    root = tmp_path_factory.mktemp("one-server")
    prepare(root, fleet.default_fleet(1, scale="small"))
    with Lab(root, https=True) as running:
        yield running
    discard(root)
