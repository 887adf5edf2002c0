# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker of a fleet's run needs is loaded before there are workers: each would load it again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t

import pytest

PLUGINS = "ansible_collections.identityops.groupid.plugins"
JOBS: tuple[dict[str, t.Any], ...] = (
    {"operation": "quiesce", "watchdog_seconds": 7200},
    {"operation": "backup"},
    {"operation": "resume"},
    {"operation": "verify"},
    {"operation": "restore"},
)
REQUESTS = [
    *({"operation": operation} for operation in ("probe", "state", "seal")),
    *({"operation": "start", "request": job} for job in JOBS),
]
"""What a backup and a restore ask each server for."""

CODE = f"""
import gc, json, os, sys
from {PLUGINS}.module_utils.backup_set import SetId
from {PLUGINS}.plugin_utils import workers
from {PLUGINS}.plugin_utils.client.parts import operations_of
from {PLUGINS}.plugin_utils.client.source import agent_source
from {PLUGINS}.plugin_utils.controller.task_secrets import collect_secrets
workers.prepare()
loaded, packed = set(sys.modules), agent_source.cache_info().misses
for request in json.loads(sys.argv[1]):
    agent_source(*operations_of(request))
collect_secrets({{"ansible_password": "hunter22"}}, lambda leaf: leaf, {{}}).scrub("hunter22")
SetId.parse("20260101T000000Z")
late = sorted(set(sys.modules) - loaded)
known = len(gc.get_objects())
worker = os.fork()
if not worker:
    os._exit(len(gc.get_objects()) > known / 10)
found = {{"loaded": sorted(loaded), "late": late, "packed": agent_source.cache_info().misses - packed}}
print(json.dumps({{**found, "collected": os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])}}))
"""


@pytest.fixture(scope="module")
def prepared() -> dict[str, t.Any]:
    """What a process that is prepared has loaded, and what it still loads and packs when it works."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(REQUESTS)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, t.Any] = json.loads(done.stdout)
    return found


def test_the_agents_source_is_packed(prepared: dict[str, t.Any]) -> None:
    assert prepared["packed"] == 0


def test_no_module_is_left_to_the_first_secret_and_the_first_id(prepared: dict[str, t.Any]) -> None:
    """To find one, a worker reads all folders of Python's path, and shares none of that memory."""
    assert prepared["late"] == []


def test_a_workers_collector_leaves_alone_what_it_shares(prepared: dict[str, t.Any]) -> None:
    """It writes to each object that it looks at."""
    assert prepared["collected"] == 0


@pytest.mark.parametrize("name", ["settings", "info", "services", "backup_server", "backup_verify", "backup_seal"])
def test_the_actions_of_each_server_are_loaded(prepared: dict[str, t.Any], name: str) -> None:
    assert f"{PLUGINS}.action.groupid_{name}" in prepared["loaded"]
