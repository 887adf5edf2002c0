# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller reads of a typed path, the agent takes, and takes for the same place."""

from __future__ import annotations

import collections.abc as c
import os
import typing as t

import pytest
from hypothesis import given, settings
from unit.agent.win32_session import FOLDER, MCS, NEEDS_MONO, SERVING, Session, lacks, run
from unit.windows_paths import READ, TYPED

from ansible_collections.identityops.groupid.plugins.module_utils.windows_path import understand
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_files

pytestmark = pytest.mark.skipif(lacks("mcs", "mono"), reason=NEEDS_MONO)

HOST = {"ProgramData": "C:\\ProgramData", "SystemDrive": "C:", "RELATIVE": "x\\y", "EMPTY": ""}


@pytest.fixture(scope="module")
def absolute(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[c.Callable[[str], t.Any]]:
    """Paths.Absolute as shipped, over the shipped Win32.cs: of that only what looks at texts runs here."""
    driver = tmp_path_factory.mktemp("paths") / "driver.exe"
    run([*MCS, f"-out:{driver}", *agent_files().values(), SERVING, FOLDER / "paths_driver.cs"])
    # Windows finds its variables in any case, and Mono on Linux as they are written.
    environment = {**os.environ, **HOST, **{name.lower(): value for name, value in HOST.items()}}
    session = Session(lambda port: ["mono", str(driver), str(port)], environment)
    yield lambda path: session("Absolute", path)
    session.close()


def expanded(path: str) -> str:
    for name in HOST:
        if path.lower().startswith(f"%{name.lower()}%"):
            value = HOST[name] + path[len(name) + 2 :]
            return value + "\\" if value.endswith(":") else value
    return path


@pytest.mark.parametrize("typed", READ)
def test_the_agent_takes_what_was_read(absolute: c.Callable[[str], t.Any], typed: str) -> None:
    assert absolute(understand(typed, "root")) == {"path": expanded(READ[typed])}


@settings(max_examples=300)
@given(TYPED)
def test_the_agent_takes_whatever_was_read(absolute: c.Callable[[str], t.Any], typed: str) -> None:
    try:
        meant = understand(typed, "root")
    except ValueError:
        return
    assert absolute(meant) == {"path": expanded(meant)}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("D:", "must be a full path"),
        ("%NoSuchThing%\\x", "%NoSuchThing%, which this computer does not have"),
        ("%EMPTY%\\x", "%EMPTY%, which this computer does not have"),
        ("%RELATIVE%\\x", "must be a full path, and is 'x\\y\\x'"),
        ("%ProgramData%\\..\\x", "'..'"),
        ("%ProgramData", "must be a full path"),
        ("%%\\x", "must be a full path"),
    ],
)
def test_the_agent_refuses_what_its_host_cannot_read(absolute: c.Callable[[str], t.Any], path: str, why: str) -> None:
    assert why in absolute(path)["refused"]
