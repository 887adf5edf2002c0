# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal whose backup root lies on a share that lets one account in."""

from __future__ import annotations

import hashlib
import typing as t

import pytest
from unit.agent.rehearsing import rehearse, verdicts

from ansible_collections.identityops.groupid.plugins.module_utils import rehearsal
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import HELD, NOT_HELD

IDENTITY = {"username": "CORP\\svc-share", "password": "N3twork"}


@pytest.fixture
def share(host: t.Any) -> t.Any:
    """A host whose backup root lies on another computer's share, which is there for one account."""
    folder = host.folder / "shares" / "nas01"
    folder.mkdir(parents=True)
    host.root = folder / "Backups"
    digest = hashlib.sha256(IDENTITY["password"].encode()).hexdigest()
    host.shares = {str(folder): {"username": IDENTITY["username"], "password_sha256": digest}}
    return host


def test_the_share_is_reached_by_its_own_account(share: t.Any) -> None:
    reported = rehearse(share, network=IDENTITY)
    by = verdicts(reported)
    assert {"share.identity", "operations.succeed", "backup.content", "restore.mirror", "restore.killed"} <= by[HELD]
    assert NOT_HELD not in by, [reported[one].seen for one in by[NOT_HELD]]
    assert list(share.root.iterdir()) == []


def test_without_the_account_it_is_refused_with_the_cures_and_nothing_is_left(share: t.Any) -> None:
    share.root.mkdir()
    with pytest.raises(rehearsal.StoppedError) as refused:
        rehearse(share)
    failure = refused.value.failure
    assert (failure.code, failure.path) == ("root_unreadable", str(share.root))
    assert "groupid_network_username" in failure.next
    assert list(share.root.iterdir()) == []
    assert list(share.folder.rglob(".rehearsal-*")) == []
