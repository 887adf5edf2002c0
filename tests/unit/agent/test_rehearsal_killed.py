# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal that is killed, wherever it is: no backup or restore meets it, and the next call removes it."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from unit.agent.rehearsing import LabServer, subject

from ansible_collections.identityops.groupid.plugins.module_utils import rehearsal


class KilledError(BaseException):
    """The controller is gone."""


class Killed(LabServer):
    """A controller that is killed before its n-th call, or, with ``die``, a host whose agent is killed within it."""

    def __init__(self, host: t.Any, call: int, die: int) -> None:
        super().__init__(host)
        self.call = call
        self.die = die

    def ask(self, request: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        if self.calls < self.call:
            return super().ask(request)
        if self.calls == self.call and self.die:
            self.host.faults = {"die_at": self.die}
            with contextlib.suppress(AssertionError):
                super().ask(request)
            self.host.faults = {}
        self.calls = self.call + 1
        raise KilledError


# A call of the rehearsal, and the change of a disk within it before which the agent is killed (0: it is not).
MOMENTS = [
    (0, 1), (0, 3), (0, 40), (0, 150), (0, 250), (1, 0), (2, 0), (2, 30), (3, 0), (4, 0), (4, 400), (5, 0),
    (5, 90), (6, 0), (6, 5), (7, 0), (8, 0), (8, 3), (9, 0), (9, 60), (9, 200), (10, 0), (10, 5), (11, 20), (11, 0),
    (12, 5), (13, 0), (13, 3), (13, 150), (14, 60),
]  # fmt: skip


@pytest.mark.parametrize(("call", "die"), MOMENTS)
def test_it_is_in_nobodys_way_and_goes_with_the_next_call(host: t.Any, call: int, die: int) -> None:
    host.write(a="a file of the product", sub__b="another")
    about = subject(host)
    server = Killed(host, call, die)
    with pytest.raises(KilledError):
        rehearsal.rehearse(server, about)
    assert host.backup()["state"] == "complete"
    before = host.picture(host.source, times=False)
    (host.source / "a.txt").write_text("damaged")
    restored = host.restore()
    assert (restored["failed"], restored["replaced"], restored["warnings"]) == (False, 1, []), restored
    assert host.picture(host.source, times=False) == before
    cleaned = LabServer(host).ask(about.step("clean"))
    assert (cleaned["failed"], cleaned["left"]) == (False, [])
    assert not list(host.folder.rglob(".rehearsal-*"))
