# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controllers as processes of their own, each with forks, that back up the same database."""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.pool
import multiprocessing.process
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.checks import Request
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup_task import BackupTask
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target

PATIENCE = 120.0

_PROCESSES = multiprocessing.get_context("spawn")


def back_up(target: Target, request: Request) -> dict[str, t.Any]:
    """One host's task."""
    return BackupTask(request, lambda: open_session(target), PATIENCE).run(check=False)


def batches(target: Target, requests: list[list[Request]]) -> list[dict[str, t.Any]]:
    """One controller's run: serial batches, in each a fork for every host."""
    results = []
    for batch in requests:
        with concurrent.futures.ThreadPoolExecutor(len(batch)) as forks:
            results += list(forks.map(back_up, [target] * len(batch), batch))
    return results


def controllers(target: Target, runs: list[list[list[Request]]]) -> list[list[dict[str, t.Any]]]:
    """Controllers at the same time: the results of each one's run."""
    with _PROCESSES.Pool(len(runs)) as pool:
        return pool.starmap(batches, [(target, run) for run in runs])


@contextlib.contextmanager
def controller(target: Target, request: Request) -> t.Iterator[multiprocessing.process.BaseProcess]:
    """A controller with one host, running for the length of the block."""
    process = _PROCESSES.Process(target=back_up, args=(target, request))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
