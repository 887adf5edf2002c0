# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore that was interrupted is finished, or undone."""

from __future__ import annotations

import pytest
from unit.plugins.directory_exports import BASE
from unit.plugins.module_utils.directory.restore.domains import (
    Domains,
    Watched,
    lost,
)

from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import (
    StoppedError,
    apply_steps,
)
from lab.directory.proxy import forgetting_cookies


class TestInterrupted:
    @pytest.mark.parametrize("at", [1, 30, 51, 90])
    def test_the_next_run_finishes(self, domains: Domains, at: int) -> None:
        before = domains.values()
        domains.damage()
        steps = domains.steps(clear=True)
        with pytest.raises(StoppedError) as caught:
            domains.restore(steps, Watched(domains.directory, at, lost))
        assert caught.value.failure.code == "connection_lost"
        assert (len(caught.value.done.written), caught.value.left) == (at - 1, len(steps) - at + 1)
        assert str(at - 1) in str(caught.value)
        again = domains.steps(clear=True)
        assert len(again) == len(steps) - at + 1
        domains.restore(again)
        after = domains.values()
        del after[b"\x42" * 16]
        assert after == before

    def test_the_error_that_stopped_it_is_the_one_that_is_reported(self, domains: Domains) -> None:
        """The server goes away under the modify, and with it the look at what the group holds now."""
        domains.damage()
        steps = domains.steps()

        def gone(dn: str) -> None:
            domains.directory.close()
            lost(dn)

        with pytest.raises(StoppedError, match="Can't contact LDAP server") as caught:
            domains.restore(steps, Watched(domains.directory, 3, gone))
        assert caught.value.failure.code == "connection_lost"
        assert len(caught.value.done.written) == 2

    @pytest.mark.parametrize("at", [1, 30, 51, 90])
    def test_or_the_undo_goes_back(self, domains: Domains, at: int) -> None:
        domains.damage()
        damaged = domains.values()
        steps = domains.steps(clear=True)
        with pytest.raises(StoppedError):
            domains.restore(steps, Watched(domains.directory, at, lost))
        undone = domains.undo(steps)
        assert (len(undone.written), undone.unchanged, undone.conflicts) == (at - 1, len(steps) - at + 1, [])
        assert domains.values() == damaged

    def test_a_search_that_the_server_forgot_is_begun_anew_once(self, domains: Domains) -> None:
        """Small pages, of which the second is lost: within the comparison, the rights and each batch of the writing."""
        before = domains.values()
        domains.damage()
        steps = domains.steps(clear=True)
        with domains.through(forgetting_cookies(domains.slapd, 30, 1, 3, 5)) as session:
            written = domains.restore(steps, session)
        assert (len(written.written), written.conflicts, written.refused) == (len(steps), [], [])
        after = domains.values()
        del after[b"\x42" * 16]
        assert after == before

    def test_one_that_it_forgets_again_stops_it_and_the_next_run_finishes(self, domains: Domains) -> None:
        domains.damage()
        steps = domains.steps(clear=True)
        forgetting = forgetting_cookies(domains.slapd, 30, 3, 4)
        with domains.through(forgetting) as session, pytest.raises(StoppedError) as caught:
            apply_steps(session, BASE, steps)
        assert caught.value.failure.code == "search_lost"
        assert len(apply_steps(domains.directory, BASE, steps).written) == caught.value.left

    def test_an_interrupted_undo_is_finished_by_the_next(self, domains: Domains) -> None:
        domains.damage()
        damaged = domains.values()
        steps = domains.steps(clear=True)
        domains.restore(steps)
        with pytest.raises(StoppedError):
            domains.undo(steps, Watched(domains.directory, 40, lost))
        assert len(domains.undo(steps).written) == len(steps) - 39
        assert domains.values() == damaged
